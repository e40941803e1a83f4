//! What damping means: invariance of the relative one, and nothing left behind.

use crate::support::Stream;
use crate::support::cases::{double, matrix};
use crate::support::close::{all_close, rounding};
use crate::support::naive;
use natgrad::operator::{Dense, Diagonal};
use natgrad::solver::{Cholesky, ConjugateGradient, Damping, DiagonalPower};
use natgrad::{LinearOperator, Scalar, Solver};
use ndarray::{Array1, Array2};

/// Rescaling parameters, θ = Dθ', turns F into DFD and g into Dg; a direction must turn into D⁻¹d. Powers of two make
/// the transformation exact. Relative damping passes; the plain one does not, and is not meant to.
fn relative_damping_has_no_units<T: Scalar>() {
    let f = naive::with_spectrum(&[0.25, 1.0, 2.0, 3.0, 7.0], 3);
    let f = Array2::from_shape_fn(f.dim(), |(i, j)| T::of(f[[i.max(j), i.min(j)]]));
    let mut stream = Stream(5);
    let g = Array1::from_shape_simple_fn(5, || T::of(stream.dyadic()));
    let scale = Array1::from_iter([-7, 3, 0, 11, -2].map(|k| T::of(2.0).powi(k)));
    let scaled = Array2::from_shape_fn(f.dim(), |(i, j)| f[[i, j]] * scale[i] * scale[j]);
    let (plain, scaled) = (Dense::new(f.clone()).unwrap(), Dense::new(scaled).unwrap());
    let off = |damping| {
        let solver = Cholesky { damping };
        let d = solver.solve(&plain, g.view()).unwrap().direction;
        let e = solver.solve(&scaled, (&g * &scale).view()).unwrap().direction;
        let back = double(&(&e * &scale));
        (double(&d), back)
    };
    let (d, back) = off(Damping::RelativeDiagonal(0.37));
    all_close(&d, &back, rounding::<T>(8.0));
    let (d, back) = off(Damping::Exact(0.37));
    assert!(naive::norm(&(&d - &back)) > 0.1 * naive::norm(&d));
    let diagonals = [&plain, &scaled].map(|f| Diagonal::new(f.diagonal().unwrap()).unwrap());
    let solver = DiagonalPower::new(1.0).unwrap().with_damping(Damping::RelativeDiagonal(0.37));
    let d = solver.solve(&diagonals[0], g.view()).unwrap().direction;
    let e = solver.solve(&diagonals[1], (&g * &scale).view()).unwrap().direction;
    all_close(&d, &double(&(&e * &scale)), rounding::<T>(4.0));
}

/// A solve leaves the operator as it was: the second solve is the first, to the bit.
fn nothing_accumulates<T: Scalar>() {
    let operator = Dense::new(matrix::<T>(&naive::with_spectrum(&[1.0, 2.0, 5.0], 7))).unwrap();
    let before = operator.clone();
    let g = Array1::from_iter([1.0, -2.0, 3.0].map(T::of));
    let first = Cholesky::damped(0.5).solve(&operator, g.view()).unwrap();
    for _ in 0..3 {
        assert_eq!(Cholesky::damped(0.5).solve(&operator, g.view()).unwrap(), first);
        ConjugateGradient::damped(0.5).solve(&operator, g.view()).unwrap();
    }
    assert_eq!(operator, before);
}

/// The shift is λ, or λ times the diagonal, by hand.
fn shifts<T: Scalar>() {
    let operator = Dense::new(ndarray::array![[2.0, 1.0], [1.0, 6.0]].mapv(T::of)).unwrap();
    for (damping, expected) in [
        (Damping::None, [0.0, 0.0]),
        (Damping::Exact(0.75), [0.75, 0.75]),
        (Damping::RelativeDiagonal(0.75), [1.5, 4.5]),
    ] {
        assert_eq!(damping.shift::<T, _>(&operator).unwrap(), Array1::from_iter(expected.map(T::of)));
    }
    assert_eq!(Damping::default(), Damping::None);
}

on_both!(relative_damping_has_no_units, nothing_accumulates, shifts);
