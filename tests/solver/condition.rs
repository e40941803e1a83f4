//! The condition estimate: a lower bound, and not far below.

use crate::support::cases::matrix;
use crate::support::close::rounding;
use crate::support::{Stream, naive};
use natgrad::operator::Dense;
use natgrad::solver::{Cholesky, ConjugateGradient};
use natgrad::{Scalar, Solver};
use ndarray::Array1;

/// Spectra of order 31 with known condition: geometric, linear, one outlier above, one below, clusters.
fn spectra(condition: f64) -> Vec<(&'static str, Vec<f64>)> {
    let n = 31;
    let at = |i: usize| i as f64 / (n - 1) as f64;
    let of = |f: &dyn Fn(usize) -> f64| (0..n).map(f).collect::<Vec<f64>>();
    vec![
        ("geometric", of(&|i| condition.powf(at(i)))),
        ("linear", of(&|i| 1.0 + (condition - 1.0) * at(i))),
        ("outlier above", of(&|i| if i == n - 1 { condition } else { 1.0 })),
        ("outlier below", of(&|i| if i == 0 { 1.0 } else { condition })),
        ("two clusters", of(&|i| if i < 11 { 1.0 } else { condition })),
    ]
}

/// Twelve rounds of power iteration from a start of no special direction find the ends within a factor of 3 each way
/// for these spectra; conjugate gradients, run to convergence, to a percent.
fn estimates_are_tight_lower_bounds<T: Scalar>() {
    let conditions: &[f64] = if T::NAME == "float32" { &[1.0, 7.0, 1e3] } else { &[1.0, 7.0, 1e3, 1e6] };
    for &condition in conditions {
        for (name, spectrum) in spectra(condition) {
            let operator = Dense::new(matrix::<T>(&naive::with_spectrum(&spectrum, 41))).unwrap();
            let mut stream = Stream(43);
            let g = Array1::from_shape_simple_fn(31, || T::of(stream.dyadic()));
            // The spectrum itself is known to ε·largest only, so the smallest is off by ε·condition.
            let above = 1.0 + (1e-6f64).max(rounding::<T>(32.0 * condition));
            let found = Cholesky::default().solve(&operator, g.view()).unwrap().info.condition;
            assert!(found <= condition * above, "{name} {condition:e}: {found:e}");
            assert!(found >= condition / 3.0, "{name} {condition:e}: {found:e}");
            if T::NAME == "float64" {
                // ε·condition of the residual is out of reach: 2e-10 at a million.
                let solver = ConjugateGradient { tolerance: 1e-9, ..ConjugateGradient::damped(0.0) };
                let solution = solver.solve(&operator, g.view()).unwrap().converged().unwrap();
                let found = solution.info.condition;
                assert!(found <= condition * above, "{name} {condition:e}, iterated: {found:e}");
                assert!(found >= 0.9 * condition, "{name} {condition:e}, iterated: {found:e}");
            }
        }
    }
}

/// Damping counts: (2 + λ)/λ for a singular F with largest eigenvalue 2.
fn damping_counts<T: Scalar>() {
    let operator = Dense::new(matrix::<T>(&naive::with_spectrum(&[0.0, 0.0, 0.5, 1.0, 2.0], 47))).unwrap();
    for lambda in [0.03125, 0.5, 64.0] {
        let exact = (2.0 + lambda) / lambda;
        let g = Array1::<T>::ones(5);
        let found = Cholesky::damped(lambda).solve(&operator, g.view()).unwrap().info.condition;
        assert!(
            found <= exact * (1.0 + rounding::<T>(32.0 * exact).max(1e-6)) && found >= exact / 1.5,
            "{found} of {exact}"
        );
    }
}

on_both!(estimates_are_tight_lower_bounds, damping_counts);
