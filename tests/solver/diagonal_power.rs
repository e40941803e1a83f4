//! Powers of a diagonal.

use crate::support::cases::vector;
use crate::support::close::{all_close, close, rounding};
use natgrad::operator::Diagonal;
use natgrad::solver::{Damping, DiagonalPower, Solution};
use natgrad::{Error, Result, Scalar, Solver};
use ndarray::Array1;

fn solve<T: Scalar>(power: f64, damping: Damping, f: &[f64], g: &[f64]) -> Result<Solution<T>> {
    let operator = Diagonal::new(vector::<T>(f)).unwrap();
    DiagonalPower::new(power)?.with_damping(damping).solve(&operator, vector::<T>(g).view())
}

/// f^0.3 of 2¹⁰, 3¹⁰, 5¹⁰ is 8, 27, 125; roots of squares; quotients.
fn powers_by_hand<T: Scalar>() {
    let none = Damping::None;
    let d = |power, f: &[f64], g: &[f64]| solve::<T>(power, none, f, g).unwrap().direction;
    assert_eq!(d(1.0, &[4.0, 0.5, 8.0], &[6.0, -3.0, 1.0]), vector(&[1.5, -6.0, 0.125]));
    assert_eq!(d(0.5, &[4.0, 0.25, 9.0], &[6.0, -3.0, 0.75]), vector(&[3.0, -6.0, 0.25]));
    let third = d(0.3, &[1024.0, 59049.0, 9765625.0], &[24.0, -54.0, 1000.0]);
    all_close(&third, &[3.0, -2.0, 8.0], rounding::<T>(8.0));
    assert_eq!(d(0.0, &[4.0, 7.0], &[6.0, -3.0]), vector(&[6.0, -3.0]));
    all_close(&d(-1.0, &[4.0, 7.0], &[6.0, -3.0]), &[24.0, -21.0], rounding::<T>(4.0));
    all_close(&d(-0.5, &[4.0, 9.0], &[6.0, -3.0]), &[12.0, -9.0], rounding::<T>(4.0));
}

/// Damping goes under the power: (f + λ)^p, not f^p + λ.
fn damping_goes_under_the_power<T: Scalar>() {
    let exact = solve::<T>(0.5, Damping::Exact(5.0), &[4.0, 11.0, 0.0], &[6.0, -2.0, 5.0]).unwrap();
    all_close(&exact.direction, &[2.0, -0.5, 5.0 / 5f64.sqrt()], rounding::<T>(2.0));
    let relative = solve::<T>(0.5, Damping::RelativeDiagonal(3.0), &[4.0, 9.0], &[6.0, -3.0]).unwrap();
    all_close(&relative.direction, &[1.5, -0.5], rounding::<T>(2.0));
    let one = solve::<T>(1.0, Damping::Exact(0.5), &[1.5, 0.0], &[6.0, -3.0]).unwrap();
    assert_eq!(one.direction, vector(&[3.0, -6.0]));
    assert_eq!((one.info.solver, one.info.damping), ("diagonal power", Damping::Exact(0.5)));
}

/// 0/0 = 0 for every power; x/0 is refused with its place.
fn zero_over_zero<T: Scalar>() {
    for power in [1.0, 0.5, 0.3, 2.0, -1.0, 0.0] {
        let solution = solve::<T>(power, Damping::None, &[4.0, 0.0, 9.0], &[0.0, 0.0, 0.0]).unwrap();
        assert_eq!(solution.direction, Array1::zeros(3), "power {power}");
        close(solution.info.residual, 0.0, 0.0);
    }
    for power in [1.0, 0.5, 0.3] {
        assert_eq!(
            solve::<T>(power, Damping::None, &[4.0, 0.0, 0.0], &[1.0, 0.0, -1.0]).unwrap_err(),
            Error::Domain {
                quantity: "damped diagonal",
                index: 2,
                value: 0.0,
                requirement: "positive where the gradient is not 0; raise the damping",
            }
        );
        assert!(solve::<T>(power, Damping::RelativeDiagonal(0.5), &[4.0, 0.0], &[1.0, 1.0]).is_err());
        assert!(solve::<T>(power, Damping::Exact(0.5), &[4.0, 0.0], &[1.0, 1.0]).is_ok());
    }
}

/// The condition number of (f + λ)^p, the residual, and no number that is none.
fn info_is_finite<T: Scalar>() {
    let solution = solve::<T>(0.5, Damping::Exact(1.0), &[3.0, 8.0, 99.0], &[1.0, 2.0, 3.0]).unwrap();
    close(solution.info.condition, 5.0, rounding::<T>(4.0));
    assert!(solution.info.residual <= rounding::<T>(2.0) && solution.info.converged());
    assert_eq!(solution.info.iterations, 1);
    for (power, f) in [(1.0, [4.0, 0.0]), (-1.0, [4.0, 0.0]), (1.0, [0.0, 0.0]), (0.0, [0.0, 0.0])] {
        for g in [[1.0, 0.0], [0.0, 0.0]] {
            if let Ok(solution) = solve::<T>(power, Damping::None, &f, &g) {
                let info = solution.info;
                assert!(
                    !info.residual.is_nan() && !info.condition.is_nan(),
                    "{power}, {f:?}, {g:?}: {info:?}"
                );
            }
        }
    }
    let empty = solve::<T>(0.5, Damping::None, &[], &[]).unwrap();
    assert_eq!(empty.direction.len(), 0);
}

fn refusals<T: Scalar>() {
    for power in [f64::NAN, f64::INFINITY] {
        assert!(matches!(DiagonalPower::new(power), Err(Error::Setting { option: "power", .. })));
    }
    close(DiagonalPower::new(0.3).unwrap().power(), 0.3, 0.0);
    let error = solve::<T>(1.0, Damping::None, &[1.0, 2.0], &[1.0, 2.0, 3.0]).unwrap_err();
    assert_eq!(error, Error::Shape { quantity: "gradient", expected: vec![2], found: vec![3] });
    let error = solve::<T>(1.0, Damping::None, &[1.0, 2.0], &[1.0, f64::INFINITY]).unwrap_err();
    assert_eq!(error, Error::NonFinite { quantity: "gradient", index: 1, value: f64::INFINITY });
    // A quotient that overflows is refused.
    let tiny = T::min_positive_value().as_f64();
    let error = solve::<T>(1.0, Damping::None, &[1.0, tiny], &[1.0, 1e9]).unwrap_err();
    assert!(matches!(error, Error::NonFinite { quantity: "direction", index: 1, .. }), "{error}");
    let error = solve::<T>(1.0, Damping::Exact(-1.0), &[1.0], &[1.0]).unwrap_err();
    assert!(matches!(error, Error::Setting { option: "damping", .. }));
}

on_both!(powers_by_hand, damping_goes_under_the_power, zero_over_zero, info_is_finite, refusals);
