//! Inverses of quasi-diagonal units, which are never written out, against nalgebra and against their definition.

use crate::support::cases::{double, network, vector};
use crate::support::{Stream, close::rounding, naive};
use natgrad::fisher::{Exact, Fisher};
use natgrad::likelihood::Gaussian;
use natgrad::operator::{BlockOperator, QuasiDiagonal};
use natgrad::solver::BlockSolver;
use natgrad::{Error, Labels, LinearOperator, Scalar, Solver};
use ndarray::{Array1, Array2};

/// Of one affine layer under a Gaussian of variance 1/4: d_n = 4 for every unit.
fn form<T: Scalar>(x: &Array2<f64>, outputs: usize, bias: bool) -> Fisher<QuasiDiagonal<T>> {
    let parameters = outputs * (x.ncols() + usize::from(bias));
    let network = network::<T>(&[x.ncols(), outputs], &[bias], &[], &vec![0.25; parameters]);
    let labels = Labels::new(Array2::zeros((x.nrows(), outputs))).unwrap();
    let lin = network.linearize(&Gaussian::with_variance(0.25).unwrap(), &x.mapv(T::of), &labels).unwrap();
    lin.scores(&Exact).unwrap().quasi_diagonal().unwrap()
}

fn inputs(data: usize, width: usize, shift: f64) -> Array2<f64> {
    let mut stream = Stream(width as u64);
    Array2::from_shape_simple_fn((data, width), || stream.dyadic() + shift)
}

/// Every column of the inverse by LU with full pivoting, for shifts of all sizes, of weights and biases alike.
fn columns_agree_with_nalgebra<T: Scalar>() {
    for (bias, shift) in [(true, 0.0), (true, 3.0), (false, 3.0)] {
        let f = form::<T>(&inputs(13, 7, shift), 3, bias);
        let order = f.dim();
        for scale in [1e-3, 1.0, 1e3] {
            let mut stream = Stream(5);
            let damping: Vec<f64> = (0..order).map(|_| scale * (1.5 + stream.dyadic())).collect();
            let mut matrix = double(&f.to_dense().unwrap());
            damping.iter().enumerate().for_each(|(i, d)| matrix[[i, i]] += d);
            let twin = nalgebra::DMatrix::from_fn(order, order, |i, j| matrix[[i, j]]);
            let inverse = f.inverse(vector::<T>(&damping).view()).unwrap();
            assert_eq!(inverse.stored(), 3 * order);
            let found = double(&inverse.to_dense().unwrap());
            let values = twin.clone().symmetric_eigenvalues();
            let condition = values.max() / values.min();
            let expected = twin.full_piv_lu().try_inverse().unwrap();
            let error = found.indexed_iter().map(|((i, j), x)| (x - expected[(i, j)]).abs());
            let relative = error.fold(0.0, f64::max) / expected.amax();
            assert!(relative <= rounding::<T>(2.0) * condition, "{bias} {shift} {scale}: {relative:e}");
        }
    }
}

/// A unit of 40,009 weights has a matrix of 13 GB: its system is solved without, and checked by sums over the data.
fn wide_units<T: Scalar>() {
    let (data, width) = (3, 40_009);
    // Small, so that the norm of 40,009 products is some ten and the residual tells of the solver alone.
    let x = inputs(data, width, 1.0) / 256.0;
    let f = form::<T>(&x, 1, true);
    let mut stream = Stream(29);
    let g = Array1::from_shape_simple_fn(width + 1, || stream.dyadic());
    let solution = BlockSolver::damped(0.5).solve(&f, g.mapv(T::of).view()).unwrap();
    let d = double(&solution.direction);
    // F_00 = 4, F_0i = 4 mean a_i, and what weights have of their own is four times their variance.
    let mean = |i: usize| (0..data).map(|n| x[[n, i]]).sum::<f64>() / 3.0;
    let along = d[width] + (0..width).map(|i| mean(i) * d[i]).sum::<f64>();
    let rest = Array1::from_shape_fn(width + 1, |i| {
        if i == width {
            return 4.0 * along + 0.5 * d[i] - g[i];
        }
        let variance = (0..data).map(|n| (x[[n, i]] - mean(i)).powi(2)).sum::<f64>() / 3.0;
        4.0 * (variance * d[i] + mean(i) * along) + 0.5 * d[i] - g[i]
    });
    let relative = naive::norm(&rest) / naive::norm(&g);
    assert!(relative <= rounding::<T>(8.0), "{relative:e}");
}

/// A weight whose input is always the same has nothing of its own, and no information beside its bias.
fn singular_units<T: Scalar>() {
    let mut x = inputs(5, 3, 1.0);
    x.column_mut(1).fill(0.75);
    let f = form::<T>(&x, 2, true);
    let refused = |shift: Vec<f64>| f.inverse(vector::<T>(&shift).view()).map(|_| ()).unwrap_err();
    // Elimination of the weight takes all that the bias has.
    assert_eq!(refused(vec![0.0; 8]), Error::NotPositiveDefinite { order: 4, pivot: 3 });
    assert!(f.inverse(vector::<T>(&[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.5, 0.5]).view()).is_ok());
    assert!(f.inverse(vector::<T>(&[0.0, 0.5, 0.0, 0.0, 0.5, 0.0, 0.0, 0.0]).view()).is_ok());
    // The weights of both units come first, then both biases: the second unit is the one that fails.
    assert_eq!(
        refused(vec![0.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.5, 0.0]),
        Error::NotPositiveDefinite { order: 4, pivot: 3 }
    );
    x.column_mut(1).fill(0.0);
    let f = form::<T>(&x, 2, true);
    let error = f.inverse(Array1::zeros(8).view()).map(|_| ()).unwrap_err();
    assert_eq!(error, Error::NotPositiveDefinite { order: 4, pivot: 1 });
    for bad in [f64::NAN, f64::INFINITY] {
        let error = f.inverse(vector::<T>(&[bad; 8]).view()).map(|_| ()).unwrap_err();
        assert!(matches!(error, Error::NonFinite { index: 0, .. }), "{error}");
    }
    let largest = T::max_value();
    let error = f.inverse(Array1::from_elem(8, largest).view()).map(|_| ()).err();
    assert_eq!(error, None, "a shift beside which the entries vanish");
    assert!(matches!(f.inverse(Array1::zeros(7).view()), Err(Error::Shape { .. })));
}

on_both!(columns_agree_with_nalgebra, wide_units, singular_units);
