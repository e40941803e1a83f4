//! The direct solver.

use crate::support::cases::vector;
use crate::support::close::{all_close, rounding};
use natgrad::operator::Dense;
use natgrad::solver::{Cholesky, Damping};
use natgrad::{Error, Scalar, Solver};
use ndarray::{Array1, Array2, array};

/// No jitter: a singular F is an error with its pivot, and any damping cures it.
fn singular_undamped<T: Scalar>() {
    // Rank one: (1, 2, 3) (1, 2, 3)ᵀ; the second pivot is 4 - 4 = 0.
    let f = Dense::new(array![[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [3.0, 6.0, 9.0]].mapv(T::of)).unwrap();
    let g = vector::<T>(&[1.0, 2.0, 3.0]);
    for solver in
        [Cholesky::default(), Cholesky::damped(0.0), Cholesky { damping: Damping::RelativeDiagonal(0.0) }]
    {
        let error = solver.solve(&f, g.view()).unwrap_err();
        assert_eq!(error, Error::NotPositiveDefinite { order: 3, pivot: 1 });
        assert!(error.to_string().contains("raise the damping"));
    }
    // (ssᵀ + λ)⁻¹ s = s/(14 + λ).
    let solution = Cholesky::damped(2.0).solve(&f, g.view()).unwrap();
    all_close(&solution.direction, &[1.0 / 16.0, 2.0 / 16.0, 3.0 / 16.0], rounding::<T>(8.0));
    // A parameter that nothing depends on has no relative damping either.
    let dead = Dense::new(Array2::from_diag(&vector::<T>(&[2.0, 0.0]))).unwrap();
    let relative = Cholesky { damping: Damping::RelativeDiagonal(0.5) };
    let error = relative.solve(&dead, vector::<T>(&[1.0, 1.0]).view()).unwrap_err();
    assert_eq!(error, Error::NotPositiveDefinite { order: 2, pivot: 1 });
}

/// The example of curvlinops: (2/9, 1/9, 13/9).
fn three_by_hand<T: Scalar>() {
    let f = Dense::new(array![[4.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 2.0]].mapv(T::of)).unwrap();
    let solution = Cholesky::default().solve(&f, vector::<T>(&[1.0, 2.0, 3.0]).view()).unwrap();
    all_close(&solution.direction, &[2.0 / 9.0, 1.0 / 9.0, 13.0 / 9.0], rounding::<T>(4.0));
    // One step of refinement in single precision, where the first residual is above rounding.
    assert_eq!(solution.info.solver, "cholesky");
    assert!((1..=2).contains(&solution.info.iterations), "{}", solution.info);
}

/// A direction that overflows is an error, not infinity.
#[test]
fn overflowing_direction() {
    let f = Dense::new(Array2::from_diag(&array![1e-300, 1.0])).unwrap();
    let error = Cholesky::default().solve(&f, array![1e300, 1.0].view()).unwrap_err();
    assert!(matches!(error, Error::NonFinite { quantity: "direction", index: 0, .. }), "{error}");
}

/// A strided gradient is the same gradient.
#[test]
fn strided_gradient() {
    let f = Dense::new(array![[4.0, 1.0], [1.0, 3.0]]).unwrap();
    let wide = array![1.0, f64::NAN, 2.0, f64::NAN];
    let strided = Cholesky::default().solve(&f, wide.slice(ndarray::s![..;2])).unwrap();
    let plain = Cholesky::default().solve(&f, Array1::from(vec![1.0, 2.0]).view()).unwrap();
    assert_eq!(strided, plain);
}

on_both!(singular_undamped, three_by_hand);
