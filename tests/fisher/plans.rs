//! Plans of draws: their formulas on printed numbers, and whether they keep their promise.

use super::error_bars::unlisted;
use super::monte_carlo::case;
use super::support::*;
use natgrad::fisher::{MonteCarlo, MonteCarloPlan, Root, Sampler};
use natgrad::likelihood::Bernoulli;
use natgrad::model::{Activation, Linearization};
use natgrad::ndarray::{Array2, Array3, array};
use natgrad::{Error, Labels, Result};

const BAND: f64 = 4.0;

#[test]
fn plans_are_the_formulas_and_refuse_what_has_no_answer() {
    let lin = reference("M2").linearize::<f64>();
    let plan = MonteCarloPlan::new(&lin).unwrap();
    // Printed by a numpy program apart from the library.
    let (trace, norm, variance, error) =
        (1.9643055916817, 0.974429218958548, 0.138412251249304, 0.5798397771081162);
    assert_close("trace", plan.trace, trace, 1e-12);
    assert_close("norm", plan.frobenius, norm, 1e-12);
    assert_close("V₁", plan.single_draw.trace_variance, variance, 1e-12);
    for (r, alpha, z) in [(0.1, 0.05, 1.959963984540054), (0.03, 0.1, 1.6448536269514722)] {
        let expected = (z * z * variance / (r * trace).powi(2)).ceil() as usize;
        assert_eq!(plan.draws_for_trace(r, alpha).unwrap(), expected);
        let expected = (variance / (alpha * (r * trace).powi(2))).ceil() as usize;
        assert_eq!(plan.draws_for_trace_guaranteed(r, alpha).unwrap(), expected);
        let expected = (error / (alpha * (r * norm).powi(2))).ceil() as usize;
        assert_eq!(plan.draws_for_matrix(r, alpha).unwrap(), expected);
    }
    let signs = MonteCarloPlan::of_signs(&lin, Root::Labels).unwrap();
    assert_close("signs", signs.single_draw.mean_squared_error, 0.8461018274683584, 1e-12);
    // A wide problem, whose norm comes from the Gram matrix of its scores.
    let wide = Problem::random("bernoulli", Activation::Tanh, &[7, 11, 2], true, 3, 4);
    let norm = fisher_of(&wide).mapv(|x| x * x).sum().sqrt();
    assert_close("wide", MonteCarloPlan::new(&wide.linearize::<f64>()).unwrap().frobenius, norm, 1e-12);
    type Rule = fn(&MonteCarloPlan, f64, f64) -> Result<usize>;
    let rules: [Rule; 3] = [
        MonteCarloPlan::draws_for_trace,
        MonteCarloPlan::draws_for_trace_guaranteed,
        MonteCarloPlan::draws_for_matrix,
    ];
    for rule in rules {
        for (r, alpha) in [(0.0, 0.1), (-1.0, 0.1), (f64::INFINITY, 0.1), (f64::NAN, 0.1)] {
            assert!(matches!(rule(&plan, r, alpha), Err(Error::Setting { option: "relative error", .. })));
        }
        for alpha in [0.0, 1.0, -0.1, f64::NAN] {
            assert!(matches!(rule(&plan, 0.1, alpha), Err(Error::Setting { option: "alpha", .. })));
        }
        assert!(matches!(rule(&plan, 1e-12, 0.1), Err(Error::TooLarge { .. })));
        assert_eq!(rule(&plan, 1e6, 0.5).unwrap(), 1);
        // One output has one sign: no variance, one draw.
        let certain =
            MonteCarloPlan::of_signs(&reference("M3").linearize::<f64>(), Root::Likelihood).unwrap();
        assert_eq!(rule(&certain, 1e-9, 1e-9).unwrap(), 1);
        // A Jacobian of zeros.
        let y = Labels::new(array![[1.0]]).unwrap();
        let zero =
            Linearization::from_jacobian(&Bernoulli, Array3::zeros((1, 1, 2)), array![[0.5]], &y).unwrap();
        let error = rule(&MonteCarloPlan::new(&zero).unwrap(), 0.1, 0.1).unwrap_err();
        assert!(matches!(error, Error::Unsupported { what: "a relative error", .. }), "{error}");
    }
    let error = MonteCarloPlan::new(&unlisted::<f64>(&reference("M2"))).unwrap_err();
    assert!(matches!(error, Error::Unsupported { what: "a plan of draws", .. }), "{error}");
}

#[test]
fn planned_draws_keep_their_promise() {
    let (problem, f) = case("M2");
    let lin = problem.linearize::<f64>();
    let plan = MonteCarloPlan::new(&lin).unwrap();
    let (r, alpha) = (0.15, 0.2);
    let exceed = |draws: usize, r: f64, of: &dyn Fn(&Array2<f64>) -> f64| {
        let count = (0..2000).filter(|&seed| {
            let estimator = MonteCarlo { draws, sampler: Sampler::Independent, seed };
            of(&lin.scores(&estimator).unwrap().dense().unwrap().into_operator().into_matrix()) > r
        });
        count.count() as f64 / 2000.0
    };
    let trace = |m: &Array2<f64>| (m.diag().sum() / f.diag().sum() - 1.0).abs();
    let norm = |m: &Array2<f64>| ((m - &f).mapv(|x| x * x).sum() / f.mapv(|x| x * x).sum()).sqrt();
    // Normal: α, for M = 39 is 38.8 rounded up, which moves α by 0.001.
    let draws = plan.draws_for_trace(0.05, 0.1).unwrap();
    assert_eq!(draws, 39);
    let share = exceed(draws, 0.05, &trace);
    let z = (share - 0.1) / (0.1 * 0.9 / 2000.0f64).sqrt();
    assert!(z.abs() < BAND, "trace by the normal rule: {share}, z = {z}");
    // Guaranteed: at most α; the bounds are far from sharp.
    let share = exceed(plan.draws_for_trace_guaranteed(r, alpha).unwrap(), r, &trace);
    assert!(share < alpha / 2.0, "trace, guaranteed: {share}");
    let draws = plan.draws_for_matrix(r, alpha).unwrap();
    assert!(draws > 100, "{draws}");
    let count = (0..200).filter(|&seed| {
        let estimator = MonteCarlo { draws, sampler: Sampler::Independent, seed };
        norm(&lin.scores(&estimator).unwrap().dense().unwrap().into_operator().into_matrix()) > r
    });
    assert!((count.count() as f64) < 200.0 * alpha / 2.0);
}
