//! Conjugate gradients: truncation, singular systems, finite termination.

use super::residual;
use crate::support::cases::vector;
use crate::support::close::{all_close, close, near};
use crate::support::{Stream, naive};
use natgrad::operator::{Damped, Dense, Diagonal, Scaled, Sum};
use natgrad::solver::{ConjugateGradient, Damping};
use natgrad::{Error, Scalar, Solver};
use ndarray::{Array1, array};

/// The limit of iterations is reported, and is an error only when asked.
#[test]
fn truncation_is_reported() {
    let spectrum: Vec<f64> = (1..=11).map(f64::from).collect();
    let f = naive::with_spectrum(&spectrum, 3);
    let operator = Dense::new(f.clone()).unwrap();
    let mut stream = Stream(5);
    let g = Array1::from_shape_simple_fn(11, || stream.dyadic());
    let mut last = 1.0;
    for limit in [1, 2, 3, 5, 7] {
        let solver = ConjugateGradient { damping: Damping::None, tolerance: 1e-10, max_iterations: limit };
        let solution = solver.solve(&operator, g.view()).unwrap();
        assert!(!solution.info.converged());
        let exact = residual(&f, &solution.direction, &g);
        near(solution.info.residual, exact, 1e-14);
        assert_eq!(solution.info.iterations, limit);
        let error = solution.clone().converged().unwrap_err();
        let Error::NotConverged { solver, iterations, residual, tolerance, at_rounding: false, .. } =
            error.clone()
        else {
            panic!("{error}");
        };
        assert_eq!((solver, iterations), ("conjugate gradient", limit));
        close(residual, solution.info.residual, 0.0);
        close(tolerance, 1e-10, 0.0);
        assert!(error.to_string().contains(&format!("after {limit} iterations")));
        // The error in the metric of F falls with every iteration (Hestenes & Stiefel 1952, theorem 6:1).
        let exact = Array1::from(super::reference(&f, &g));
        let off = &solution.direction - &exact;
        let energy = naive::dot(&off, &naive::apply(&f, &off));
        let start = naive::dot(&exact, &g);
        assert!(energy / start < last, "{limit}: {}", energy / start);
        // Chebyshev's bound, 4 ((√κ-1)/(√κ+1))^(2k) with κ = 11.
        let rate = (11f64.sqrt() - 1.0) / (11f64.sqrt() + 1.0);
        assert!(energy / start <= 4.0 * rate.powi(2 * limit as i32));
        last = energy / start;
    }
    let none = ConjugateGradient { damping: Damping::None, tolerance: 1e-10, max_iterations: 0 };
    let solution = none.solve(&operator, g.view()).unwrap();
    assert_eq!((solution.direction.clone(), solution.info.iterations), (Array1::zeros(11), 0));
    close(solution.info.residual, 1.0, 0.0);
    assert!(solution.converged().is_err());
}

/// The first iterate is the steepest descent with exact line search: d = (gᵀg/gᵀFg) g.
fn first_iterate<T: Scalar>() {
    let operator = Dense::new(array![[4.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 2.0]].mapv(T::of)).unwrap();
    let solver = ConjugateGradient { damping: Damping::None, tolerance: 1e-3, max_iterations: 1 };
    let d = solver.solve(&operator, vector::<T>(&[1.0, 2.0, 3.0]).view()).unwrap().direction;
    // gᵀg = 14, gᵀFg = 4 + 12 + 18 + 2(2 + 6) = 50.
    all_close(&d, &[14.0 / 50.0, 28.0 / 50.0, 42.0 / 50.0], 8.0 * T::epsilon().as_f64());
}

/// As many iterations as there are distinct eigenvalues: 3, in 29 dimensions.
#[test]
fn distinct_eigenvalues_count() {
    let spectrum: Vec<f64> = (0..29).map(|i| [1.0, 4.0, 25.0][i % 3]).collect();
    let operator = Dense::new(naive::with_spectrum(&spectrum, 13)).unwrap();
    let mut stream = Stream(19);
    let g = Array1::from_shape_simple_fn(29, || stream.dyadic());
    let solution = ConjugateGradient::damped(0.0).solve(&operator, g.view()).unwrap();
    assert_eq!(solution.info.iterations, 3);
    close(solution.info.condition, 25.0, 1e-9);
}

/// A singular system with a solution is solved (by the one of least norm); one without a solution says so.
#[test]
fn singular_systems() {
    let operator = Diagonal::new(array![2.0, 0.0, 5.0]).unwrap();
    let solver = ConjugateGradient::damped(0.0);
    let solution = solver.solve(&operator, array![3.0, 0.0, -7.0].view()).unwrap().converged().unwrap();
    all_close(&solution.direction, &[1.5, 0.0, -1.4], 1e-14);
    let stuck = solver.solve(&operator, array![3.0, 1.0, -7.0].view()).and_then(|s| s.converged());
    assert!(matches!(stuck, Err(Error::NotConverged { .. } | Error::NonFinite { .. })), "{stuck:?}");
    let zero = Diagonal::new(Array1::zeros(3)).unwrap();
    let stuck = solver.solve(&zero, array![3.0, 1.0, -7.0].view()).unwrap().converged().unwrap_err();
    let expected = Error::NotConverged {
        solver: "conjugate gradient",
        iterations: 0,
        residual: 1.0,
        tolerance: 1e-10,
        condition: 1.0,
        backward_error: 1.0,
        at_rounding: false,
    };
    assert_eq!(stuck, expected);
}

/// Any operator will do: products are enough. The same system built from parts.
#[test]
fn operators_without_a_matrix() {
    let a = naive::with_spectrum(&[1.0, 2.0, 3.0, 5.0, 8.0], 21);
    let diagonal = array![0.5, 0.25, 1.0, 2.0, 0.0];
    let parts = Sum::new(
        Scaled::new(Dense::new(a.clone()).unwrap(), 3.0).unwrap(),
        Diagonal::new(diagonal.clone()).unwrap(),
    );
    let operator = Damped::new(parts.unwrap(), 0.125).unwrap();
    let g = array![1.0, -2.0, 0.5, 3.0, -0.25];
    let whole = super::shifted(&(a * 3.0), &(diagonal + 0.125).to_vec());
    let found = ConjugateGradient { tolerance: 1e-13, ..ConjugateGradient::damped(0.0) };
    all_close(&found.solve(&operator, g.view()).unwrap().direction, &super::reference(&whole, &g), 1e-12);
}

#[test]
fn tolerance_must_be_positive() {
    let operator = Diagonal::new(array![1.0, 2.0]).unwrap();
    for tolerance in [0.0, -1.0, f64::NAN] {
        let solver = ConjugateGradient { tolerance, ..ConjugateGradient::damped(0.5) };
        let error = solver.solve(&operator, array![1.0, 1.0].view()).unwrap_err();
        assert!(matches!(error, Error::Setting { option: "tolerance", .. }));
    }
}

on_both!(first_iterate);
