//! Operators with structure, made by hand: the order of blocks and factors, what is stored, and what is refused.

use crate::support::close::rounding;
use crate::support::naive;
use natgrad::operator::{
    BlockDiagonal, BlockOperator, Dense, Diagonal, Kronecker, KroneckerFactors, KroneckerOperator,
    MatrixBlock,
};
use natgrad::{Error, LinearOperator, Scalar};
use ndarray::{Array1, Array2, array};

/// Definite, with eigenvalues 1, 2, …, n.
fn definite(order: usize, seed: u64) -> Array2<f64> {
    naive::with_spectrum(&(1..=order).map(|k| k as f64).collect::<Vec<_>>(), seed)
}

fn assert_near<T: Scalar>(
    what: &str,
    found: impl IntoIterator<Item = T>,
    wanted: impl IntoIterator<Item = f64>,
) {
    let (mut count, mut error, mut scale) = (0, 0f64, 0f64);
    let mut wanted = wanted.into_iter();
    for x in found {
        let w = wanted.next().unwrap();
        error = error.max((x.as_f64() - w).abs());
        scale = scale.max(w.abs());
        count += 1;
    }
    assert!(wanted.next().is_none() && count > 0, "{what}: lengths");
    let bound = rounding::<T>(200.0) * scale;
    assert!(error <= bound, "{what}: {error:e} > {bound:e}");
}

fn typed<T: Scalar>(matrix: &Array2<f64>) -> Array2<T> {
    matrix.mapv(T::of)
}

/// Two layers, 3 x 2 with a bias and 2 x 5 without; every entry by the place of its parameter.
fn kronecker_places<T: Scalar>() {
    let (b1, a1, b2, a2) = (definite(3, 1), definite(3, 2), definite(2, 3), definite(5, 4));
    let first = MatrixBlock { offset: 0, outputs: 3, inputs: 2, bias: true };
    let second = MatrixBlock { offset: 9, outputs: 2, inputs: 5, bias: false };
    let f = Kronecker::<T>::new(vec![
        KroneckerFactors::new(first, typed(&b1), typed(&a1)).unwrap(),
        KroneckerFactors::new(second, typed(&b2), typed(&a2)).unwrap(),
    ])
    .unwrap();
    assert_eq!((f.dim(), f.stored(), KroneckerOperator::factors(&f).len()), (19, 9 + 9 + 4 + 25, 2));
    // Output and input of every parameter: six weights row by row, three biases (input 2), ten weights.
    let place = |p: usize| match p {
        0..6 => (0, p / 2, p % 2),
        6..9 => (0, p - 6, 2),
        _ => (1, (p - 9) / 5, (p - 9) % 5),
    };
    let wanted = Array2::from_shape_fn((19, 19), |(p, q)| {
        let ((l, o, i), (m, r, j)) = (place(p), place(q));
        match (l, m) {
            (0, 0) => b1[[o, r]] * a1[[i, j]],
            (1, 1) => b2[[o, r]] * a2[[i, j]],
            _ => 0.0,
        }
    });
    assert_near("matrix", f.to_dense().unwrap(), wanted.iter().copied());
    let v = Array1::from_shape_fn(19, |i| ((7 * i) % 19) as f64 - 9.0);
    assert_near("product", f.apply(v.mapv(T::of).view()).unwrap(), naive::apply(&wanted, &v));
    assert_near("diagonal", f.diagonal().unwrap(), wanted.diag().to_owned());
    assert_near("trace", [f.trace().unwrap()], [36.0 + 45.0]);
    // Eigenvalues are all products of 1, 2, 3 with 1, 2, 3 and of 1, 2 with 1, …, 5.
    let mut values: Vec<f64> = (1..=3).flat_map(|b| (1..=3).map(move |a| f64::from(a * b))).collect();
    values.extend((1..=2).flat_map(|b| (1..=5).map(move |a| f64::from(a * b))));
    values.sort_by(f64::total_cmp);
    assert_near("eigenvalues", f.eigenvalues().unwrap(), values.iter().copied());
    let square: f64 = values.iter().map(|x| x * x).sum();
    assert_near("norm", [f.frobenius_norm().unwrap()], [square.sqrt()]);
    let volume = values.iter().map(|x| (x + 0.5).ln()).sum();
    assert_near("volume", [f.log_determinant(T::of(0.5)).unwrap()], [volume]);
    let there = f.decompose().unwrap();
    let half = there.apply_power(0.3, T::of(0.5), v.mapv(T::of).view()).unwrap();
    let back = there.apply_power(0.7, T::of(0.5), half.view()).unwrap();
    let shifted = naive::apply(&wanted, &v) + &v * 0.5;
    assert_near("0.3 + 0.7", back, shifted);
}

fn block_places<T: Scalar>() {
    let blocks = [definite(2, 5), definite(5, 6), definite(3, 7)];
    let f = BlockDiagonal::<T>::new(blocks.iter().map(typed).collect()).unwrap();
    assert_eq!((f.dim(), f.stored(), f.count()), (10, 4 + 25 + 9, 3));
    let starts = [0, 2, 7, 10];
    let wanted = Array2::from_shape_fn((10, 10), |(p, q)| {
        let of = |p: usize| (0..3).find(|&b| p < starts[b + 1]).unwrap();
        if of(p) == of(q) { blocks[of(p)][[p - starts[of(p)], q - starts[of(p)]]] } else { 0.0 }
    });
    assert_near("matrix", f.to_dense().unwrap(), wanted.iter().copied());
    let values = [1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 3.0, 3.0, 4.0, 5.0];
    assert_near("eigenvalues", f.eigenvalues().unwrap(), values);
    assert_near("decomposed", f.decompose().unwrap().eigenvalues(), values);
    assert_near("trace", [f.trace().unwrap()], [24.0]);
    let v = Array1::from_shape_fn(10, |i| T::of(i as f64 - 4.5));
    let shift = Array1::from_shape_fn(10, |i| T::of((i % 4) as f64 / 4.0));
    let inverse = f.inverse(shift.view()).unwrap();
    assert_eq!(inverse.stored(), f.stored());
    let back = f.apply(v.view()).unwrap() + &shift * &v;
    assert_near("inverse", inverse.apply(back.view()).unwrap(), v.mapv(|x| x.as_f64()));
    assert!(matches!(f.inverse(shift.slice(ndarray::s![1..])), Err(Error::Shape { .. })));
    assert!(matches!(inverse.apply(v.slice(ndarray::s![1..])), Err(Error::Shape { .. })));
    // Minus the least eigenvalue, and less than minus the first pivot, in the block of order 5.
    let lowered = Array1::from_shape_fn(10, |i| T::of(if (2..7).contains(&i) { -6.0 } else { 0.0 }));
    let error = f.inverse(lowered.view()).map(|_| ()).unwrap_err();
    assert_eq!(error, Error::NotPositiveDefinite { order: 5, pivot: 0 });
}

/// (F + λI)^s keeps the eigenvectors: powers of powers, the root, and the limits of their arguments.
fn powers<T: Scalar>() {
    let f = Dense::new(typed::<T>(&definite(7, 8))).unwrap().decompose().unwrap();
    let lambda = T::of(0.25);
    for (s, r) in [(-0.5, 2.0), (0.3, 5.0), (2.0, -0.5)] {
        let power = f.power(s, lambda).unwrap();
        let values: Vec<f64> = (1..=7).map(|k| (f64::from(k) + 0.25).powf(s * r)).collect();
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        let again = power.decompose().unwrap().power(r, T::zero()).unwrap();
        assert_near(&format!("{s} then {r}"), again.eigenvalues().unwrap(), sorted);
        assert_near("diagonal", [again.diagonal().unwrap().sum()], [values.iter().sum()]);
        assert_near("trace", [again.trace().unwrap()], [values.iter().sum()]);
    }
    let v = Array1::from_elem(7, T::one());
    assert_near("0", f.apply_power(0.0, lambda, v.view()).unwrap(), [1.0; 7]);
    for exponent in [f64::NAN, f64::INFINITY] {
        assert!(matches!(f.power(exponent, lambda), Err(Error::Setting { .. })));
    }
    for damping in [-0.5, f64::NAN] {
        assert!(matches!(f.apply_power(-1.0, T::of(damping), v.view()), Err(Error::Setting { .. })));
    }
    for cutoff in [-0.1, 1.0, f64::NAN] {
        assert!(matches!(f.pseudo_inverse(cutoff, v.view()), Err(Error::Setting { .. })));
    }
    assert!(matches!(f.apply_power(-1.0, lambda, v.slice(ndarray::s![1..])), Err(Error::Shape { .. })));
    let singular = Diagonal::new(array![0.0, 2.0].mapv(T::of)).unwrap().decompose().unwrap();
    let two = array![1.0, 1.0].mapv(T::of);
    assert!(matches!(singular.apply_power(-0.5, T::zero(), two.view()), Err(Error::Singular { .. })));
    assert_near("0.5", singular.apply_power(0.5, T::zero(), two.view()).unwrap(), [0.0, 2f64.sqrt()]);
    assert_near("pseudo", singular.pseudo_inverse(0.0, two.view()).unwrap(), [0.0, 0.5]);
    assert_eq!(singular.rank(T::zero()), 1);
}

fn refusals<T: Scalar>() {
    let one = |offset: usize| {
        let block = MatrixBlock { offset, outputs: 2, inputs: 3, bias: false };
        KroneckerFactors::new(block, typed::<T>(&definite(2, 9)), typed(&definite(3, 10)))
    };
    for offset in [5, 7] {
        let apart = Kronecker::new(vec![one(0).unwrap(), one(offset).unwrap()]);
        assert!(matches!(apart, Err(Error::Shape { .. })), "offset {offset}");
    }
    assert_eq!(Kronecker::new(vec![one(0).unwrap(), one(6).unwrap()]).unwrap().dim(), 12);
    let block = MatrixBlock { offset: 0, outputs: 2, inputs: 3, bias: true };
    let of = |left, right| KroneckerFactors::<T>::new(block, typed(&left), typed(&right));
    assert!(matches!(of(definite(2, 9), definite(3, 10)), Err(Error::Shape { .. })), "no row for the bias");
    assert!(matches!(of(definite(4, 9), definite(2, 10)), Err(Error::Shape { .. })), "factors swapped");
    let mut lopsided = definite(4, 10);
    lopsided[[0, 3]] += 1.0;
    assert!(matches!(of(definite(2, 9), lopsided), Err(Error::Domain { .. })));
    let mut infinite = definite(2, 9);
    infinite[[1, 1]] = f64::INFINITY;
    assert!(matches!(of(infinite, definite(4, 10)), Err(Error::NonFinite { .. })));
    assert!(matches!(BlockDiagonal::<T>::new(vec![Array2::zeros((2, 3))]), Err(Error::Shape { .. })));
    let f = Kronecker::new(vec![one(0).unwrap()]).unwrap();
    assert!(matches!(f.apply(Array1::zeros(5).view()), Err(Error::Shape { .. })));
}

on_both!(kronecker_places, block_places, powers, refusals);
