//! The Lanczos process and what stands on it, against matrices with known spectra.

use crate::support::cases::{double, matrix};
use crate::support::close::{all_close, close, near, rounding};
use crate::support::{Stream, naive};
use natgrad::linalg::{Extremes, Lanczos, extreme_eigenvalues, tridiagonal};
use natgrad::{Error, Scalar};
use ndarray::{Array1, Array2, array};

/// The discrete Laplacian of order n: 2 - 2cos(kπ/(n+1)), eigenvectors √(2/(n+1))·sin(ikπ/(n+1)).
#[test]
fn tridiagonal_laplacian() {
    for (n, scale) in [(1, 1.0), (2, 1.0), (7, 1e-200), (31, 1e200), (101, 1.0), (211, -3.0)] {
        let (d, e) = (vec![2.0 * scale; n], vec![-scale; n - 1]);
        let identity = Array2::<f64>::eye(n);
        let found = tridiagonal(&d, &e, identity.view()).unwrap();
        let angle = |k: usize| (k + 1) as f64 * std::f64::consts::PI / (n + 1) as f64;
        let mut expected: Vec<f64> = (0..n).map(|k| scale * (2.0 - 2.0 * angle(k).cos())).collect();
        expected.sort_by(f64::total_cmp);
        all_close(&found.values, &expected, 4e-15);
        for k in 0..n {
            // Ascending θ is ascending k, or descending for a negative scale.
            let mode = if scale > 0.0 { k } else { n - 1 - k };
            for i in 0..n {
                let entry = (2.0 / (n + 1) as f64).sqrt() * ((i + 1) as f64 * angle(mode)).sin();
                // The smallest gap is 3π²/n² = 7e-4 of ‖T‖ at n = 211: eigenvectors are good to ε/gap.
                near(found.rows[[i, k]].abs(), entry.abs(), 4e-16 * (n * n) as f64);
            }
        }
        let product = found.rows.dot(&found.rows.t());
        all_close(&product, &identity, 1e-13);
    }
}

/// Nothing, one entry, zeros, blocks that are apart, and entries of very different size.
#[test]
fn tridiagonal_corners() {
    let none = Array2::zeros((1, 0));
    assert_eq!(tridiagonal(&[], &[], none.view()).unwrap().values.len(), 0);
    assert_eq!(tridiagonal(&[0.0, 0.0], &[0.0], array![[1.0, 2.0]].view()).unwrap().values, array![0.0, 0.0]);
    let split = tridiagonal(&[5.0, 2.0, 2.0], &[0.0, 1.0], Array2::eye(3).view()).unwrap();
    all_close(&split.values, &[1.0, 3.0, 5.0], 1e-15);
    // [[0, 1], [1, 0]] has a vanishing diagonal.
    all_close(
        &tridiagonal(&[0.0, 0.0], &[1.0], array![[1.0, 0.0]].view()).unwrap().values,
        &[-1.0, 1.0],
        1e-15,
    );
    let graded: Vec<f64> = (0..23).map(|i| 10f64.powi(-i)).collect();
    let off: Vec<f64> = (0..22).map(|i| 0.25 * 10f64.powi(-i)).collect();
    let t = nalgebra::DMatrix::from_fn(23, 23, |i, j| {
        if i == j {
            graded[i]
        } else if i.abs_diff(j) == 1 {
            off[i.min(j)]
        } else {
            0.0
        }
    });
    let mut expected: Vec<f64> = t.symmetric_eigenvalues().iter().copied().collect();
    expected.sort_by(f64::total_cmp);
    all_close(&tridiagonal(&graded, &off, Array2::eye(23).view()).unwrap().values, &expected, 1e-15);
    let shape = tridiagonal(&[1.0, 2.0], &[], Array2::eye(2).view()).unwrap_err();
    assert_eq!(shape, Error::Shape { quantity: "off-diagonal", expected: vec![1], found: vec![0] });
    let bad = tridiagonal(&[1.0, f64::NAN], &[0.5], Array2::eye(2).view()).unwrap_err();
    assert!(matches!(bad, Error::NonFinite { quantity: "diagonal", index: 1, .. }));
}

fn start<T: Scalar>(n: usize, seed: u64) -> Array1<T> {
    let mut stream = Stream(seed);
    Array1::from_shape_simple_fn(n, || T::of(stream.dyadic() + 0.001))
}

/// QᵀQ = I, QᵀAQ = T, and A Q - Q T is the remainder and nothing else, for a spectrum over ten decades on which the plain
/// three-term recurrence loses all orthogonality.
fn basis_is_orthonormal<T: Scalar>() {
    let spectrum: Vec<f64> = (0..53).map(|i| 10f64.powf(-10.0 * i as f64 / 52.0)).collect();
    let a = matrix::<T>(&naive::with_spectrum(&spectrum, 3));
    let process = Lanczos::run(start::<T>(53, 5).view(), 29, |v| Ok(a.dot(&v))).unwrap();
    let (a, q) = (double(&a), double(&process.basis().to_owned()));
    let k = process.steps();
    all_close(&naive::matmul(&q, &naive::transpose(&q)), &Array2::eye(k), rounding::<T>(16.0));
    let (d, e) = (process.diagonal(), process.off_diagonal());
    let t = Array2::from_shape_fn((k, k), |(i, j)| match i.abs_diff(j) {
        0 => d[i],
        1 => e[i.min(j)],
        _ => 0.0,
    });
    let image = naive::matmul(&q, &naive::matmul(&a, &naive::transpose(&q)));
    all_close(&image, &t, rounding::<T>(16.0));
    let rest = naive::matmul(&q, &a) - naive::matmul(&t, &q);
    for (i, row) in rest.outer_iter().enumerate() {
        let expected = if i + 1 == k { process.remainder() } else { 0.0 };
        // A row holds what was projected away: the rounding of a product in √k directions, 37 ε in f32, where most of
        // the spectrum lies below rounding.
        near(naive::norm(&row.to_owned()), expected, rounding::<T>(64.0));
    }
    // The weights are a quadrature of the measure of the start: Σ w θ = q₁ᵀ A q₁.
    let ritz = process.ritz().unwrap();
    near(ritz.weights.sum(), 1.0, 1e-13);
    close(ritz.weights.dot(&ritz.values), d[0], 1e-12);
}

/// λ I plus rank 3 leaves an invariant space after 4 steps, at any scale of the matrix and of the start.
fn ends_at_an_invariant_space<T: Scalar>() {
    let spectrum: Vec<f64> = (0..37).map(|i| if i < 3 { 2.0 + i as f64 } else { 0.5 }).collect();
    let a = matrix::<T>(&naive::with_spectrum(&spectrum, 7));
    for exponent in [-60, 0, 60] {
        let scale = T::of(2.0).powi(exponent);
        for b in [start::<T>(37, 11), start::<T>(37, 11).mapv(|x| x * scale)] {
            let process = Lanczos::run(b.view(), 37, |v| Ok(a.dot(&v).mapv(|x| x * scale))).unwrap();
            assert_eq!((process.steps(), process.is_invariant()), (4, true), "2^{exponent}");
            close(process.remainder(), 0.0, 0.0);
            let values = process.ritz().unwrap().values.mapv(|x| x / scale.as_f64());
            all_close(&values, &[0.5, 2.0, 3.0, 4.0], rounding::<T>(16.0));
        }
    }
    // Nothing, nothing to start from, and no room left.
    let zero = Lanczos::run(start::<T>(5, 1).view(), 5, |v| Ok(v.mapv(|_| T::zero()))).unwrap();
    assert_eq!((zero.steps(), zero.diagonal(), zero.is_invariant()), (1, &[0.0][..], true));
    let idle = Lanczos::run(Array1::<T>::zeros(5).view(), 5, |v| Ok(v.to_owned())).unwrap();
    assert_eq!((idle.steps(), idle.off_diagonal(), idle.is_invariant()), (0, &[][..], true));
    assert_eq!(Extremes::of(&idle).unwrap_err(), Error::Empty { quantity: "Krylov space" });
    let one = Lanczos::run(array![T::of(-3.0)].view(), 5, |v| Ok(v.mapv(|x| x * T::of(7.0)))).unwrap();
    assert_eq!((one.diagonal(), one.start_norm(), one.is_invariant()), (&[7.0][..], 3.0, true));
}

/// Spectra that mislead: clusters, tiny gaps, an end apart by far or hardly, multiplicities, indefinite, low rank.
fn spectra() -> Vec<(&'static str, Vec<f64>)> {
    let of = |n: usize, f: &dyn Fn(usize) -> f64| (0..n).map(f).collect::<Vec<f64>>();
    vec![
        ("order 1", vec![-3.5]),
        ("order 2", vec![1.0, 1.0 + 1e-3]),
        ("identity", vec![2.0; 31]),
        ("clusters", of(61, &|i| [1.0, 5.0, 5.001, 9.0][i % 4] + 1e-5 * i as f64)),
        ("tiny gap above", of(59, &|i| if i == 58 { 1.0 + 1e-3 } else { i as f64 / 58.0 })),
        ("outlier below", of(43, &|i| if i == 0 { 1e-3 } else { 1.0 + i as f64 / 43.0 })),
        ("geometric", of(71, &|i| 10f64.powf(-3.0 * i as f64 / 70.0))),
        ("shifted low rank", of(67, &|i| if i < 5 { 3.0 + i as f64 } else { 0.125 })),
        ("low rank", of(67, &|i| if i < 5 { 3.0 + i as f64 } else { 0.0 })),
        ("indefinite", of(47, &|i| i as f64 - 29.0)),
        ("zero", vec![0.0; 13]),
    ]
}

/// The ends are found to the tolerance, from inside, and each bound holds an eigenvalue.
fn extremes_of_known_spectra<T: Scalar>() {
    for (name, spectrum) in spectra() {
        let a = matrix::<T>(&naive::with_spectrum(&spectrum, 13));
        let n = spectrum.len();
        let low = spectrum.iter().copied().fold(f64::INFINITY, f64::min);
        let high = spectrum.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let size = low.abs().max(high.abs());
        let slack = rounding::<T>(32.0) * size;
        for tolerance in [0.0, 1e-8, 1e-3] {
            let found = extreme_eigenvalues(n, tolerance, |v| Ok(a.dot(&v))).unwrap();
            assert!(found.products <= n);
            assert!(found.least >= low - slack && found.greatest <= high + slack, "{name}: {found:?}");
            let limit = tolerance * size + slack;
            assert!(found.least <= low + limit && found.greatest >= high - limit, "{name}: {found:?}");
            for (theta, bound) in [(found.least, found.least_bound), (found.greatest, found.greatest_bound)] {
                assert!(bound <= limit, "{name}: {found:?}");
                let nearest = spectrum.iter().map(|x| (x - theta).abs()).fold(f64::INFINITY, f64::min);
                assert!(nearest <= bound + slack, "{name}: {nearest:e} of {bound:e}");
            }
        }
    }
}

/// A start with second differences zero would never see (1, -2, 1); ours does.
#[test]
fn structured_eigenvectors_are_seen() {
    let v = [1.0, -2.0, 1.0];
    for place in 0..20 {
        let mut a = Array2::<f64>::eye(23);
        for i in 0..3 {
            for j in 0..3 {
                a[[place + i, place + j]] += v[i] * v[j];
            }
        }
        let found = extreme_eigenvalues(23, 1e-12, |x| Ok(a.dot(&x))).unwrap();
        near(found.greatest, 7.0, 1e-12);
    }
}

/// Refusals, and a map that fails is asked again after its cure.
#[test]
fn refusals() {
    let none = extreme_eigenvalues::<f64>(0, 1e-3, |v| Ok(v.to_owned())).unwrap_err();
    assert_eq!(none, Error::Empty { quantity: "matrix" });
    for tolerance in [-1.0, f64::NAN] {
        let error = extreme_eigenvalues::<f64>(3, tolerance, |v| Ok(v.to_owned())).unwrap_err();
        assert!(matches!(error, Error::Setting { option: "tolerance", .. }));
    }
    let mut process = Lanczos::new(array![1.0, 2.0, 3.0].view()).unwrap();
    let error = process.step(|_| Ok(array![1.0, 2.0])).unwrap_err();
    assert_eq!(error, Error::Shape { quantity: "product", expected: vec![3], found: vec![2] });
    let error = process.step(|v| Ok(v.mapv(|_| f64::NAN))).unwrap_err();
    assert!(matches!(error, Error::NonFinite { quantity: "product", index: 0, .. }));
    assert_eq!(process.steps(), 0);
    assert!(process.step(|v| Ok(&v * &array![1.0, 2.0, 5.0])).unwrap());
    assert!(matches!(Lanczos::new(array![f64::INFINITY].view()), Err(Error::NonFinite { .. })));
}

on_both!(basis_is_orthonormal, ends_at_an_invariant_space, extremes_of_known_spectra);
