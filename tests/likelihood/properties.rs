//! The laws at random parameters: whatever η is, the list of labels, the score, the Fisher, its root, the
//! curvature and the divergence must tell one story. Expectations are taken with textbook probabilities.

use crate::support::naive;
use natgrad::Likelihood;
use natgrad::likelihood::named;
use ndarray::{Array1, Array2};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::sync::Arc;

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 128,
        rng_seed: RngSeed::Fixed(4_711),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// A likelihood, its name, and two parameters: logits to ±30 (of counts to means of 20), log rates
/// from -6 to 4, means to ±30.
fn any_pair() -> impl Strategy<Value = (&'static str, Vec<f64>, Vec<f64>)> {
    let of = |name: &'static str, low: f64, high: f64, outputs: std::ops::Range<usize>| {
        prop::collection::vec((low..high, low..high), outputs).prop_map(move |pairs| {
            (name, pairs.iter().map(|p| p.0).collect(), pairs.iter().map(|p| p.1).collect())
        })
    };
    prop_oneof![
        of("categorical", -30.0, 30.0, 1..6),
        of("bernoulli", -30.0, 30.0, 1..5),
        of("poisson", -6.0, 4.0, 1..3),
        of("binomial:5", -30.0, 30.0, 1..4),
        of("geometric", -2.0, 30.0, 1..3),
        of("negative-binomial:2.5", -30.0, 2.0, 1..3),
        of("gaussian:0.37", -30.0, 30.0, 1..3),
    ]
}

fn law(name: &str) -> Arc<dyn Likelihood<f64>> {
    named(name).unwrap()
}

/// Σ_y p(y) f(y), with textbook probabilities (nodes of a quadrature keep their weights).
fn expectation<const K: usize>(
    name: &str,
    eta: &[f64],
    mut f: impl FnMut(ndarray::ArrayView1<'_, f64>) -> [f64; K],
) -> [f64; K] {
    let support = law(name).support(Array1::from(eta.to_vec()).view()).unwrap();
    let mut sum = [0.0; K];
    for (y, &p) in support.labels.outer_iter().zip(&support.probabilities) {
        let p = if support.quadrature { p } else { naive::probability(name, eta, &y.to_vec()) };
        for (sum, term) in sum.iter_mut().zip(f(y)) {
            *sum += p * term;
        }
    }
    sum
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn scores_have_mean_zero_and_the_fisher_as_covariance((name, eta, direction) in any_pair()) {
        let (law, point, v) = (law(name), Array1::from(eta.clone()), Array1::from(direction));
        let h = law.fisher(point.view()).unwrap();
        let root = law.root(point.view()).unwrap();
        let [mass, mean, second, curvature] = expectation(name, &eta, |y| {
            let along = law.score(point.view(), y).unwrap().dot(&v);
            let bend = v.dot(&law.hessian(point.view(), y).unwrap().dot(&v));
            [1.0, along, along * along, bend]
        });
        // Along v every term is at most |v|² max H, and rounding grows with the terms, not with their sum.
        let size = v.dot(&v) * h.diag().iter().fold(f64::MIN_POSITIVE, |m, x| m.max(*x)) + 1e-300;
        let tolerance = 1e-12 * size;
        prop_assert!((mass - 1.0).abs() < 1e-12, "{name} {eta:?}: mass {mass}");
        prop_assert!(mean.abs() < 1e-12 * (size.sqrt() + v.dot(&v).sqrt()), "{name} {eta:?}: mean {mean:e}");
        let quadratic = v.dot(&h.dot(&v));
        let projected = root.t().dot(&v);
        prop_assert!((second - quadratic).abs() < tolerance, "{name} {eta:?}: {second:e}, {quadratic:e}");
        prop_assert!((curvature - quadratic).abs() < tolerance, "{name} {eta:?}: {curvature:e}, {quadratic:e}");
        prop_assert!((projected.dot(&projected) - quadratic).abs() < tolerance, "{name} {eta:?}: root");
        prop_assert!(root.ncols() <= eta.len().max(1));
    }

    #[test]
    fn the_divergence_is_the_expected_difference_of_losses((name, eta, other) in any_pair()) {
        let (law, point, to) = (law(name), Array1::from(eta.clone()), Array1::from(other.clone()));
        let kl = law.kl(point.view(), to.view()).unwrap();
        let [expected, size] = expectation(name, &eta, |y| {
            let (here, there) = (law.nll(point.view(), y).unwrap(), law.nll(to.view(), y).unwrap());
            [there - here, there.abs() + here.abs()]
        });
        prop_assert!((kl - expected).abs() < 1e-12 * (1.0 + size), "{name} {eta:?} {other:?}: {kl}, {expected}");
        prop_assert!(kl >= 0.0, "{name}: {kl:e}");
        prop_assert!(law.kl(point.view(), point.view()).unwrap().abs() < f64::MIN_POSITIVE);
    }

    #[test]
    fn a_sample_is_where_the_distribution_function_passes_u((name, eta, _) in any_pair(), u in 0.0f64..1.0) {
        prop_assume!(name != "gaussian:0.37" && u > 0.0);
        let (law, point) = (law(name), Array1::from(eta.clone()));
        let sampled = law.sample(point.view(), u).unwrap();
        // The probability of all labels before the sampled one, in lexicographic order, and up to it.
        let support = law.support(point.view()).unwrap();
        let (mut before, mut up_to) = (0.0, 0.0);
        for y in support.labels.outer_iter() {
            let p = naive::probability(name, &eta, &y.to_vec());
            if y.iter().zip(&sampled).find_map(|(a, b)| a.partial_cmp(b).filter(|o| o.is_ne())).is_none() {
                up_to = before + p;
                break;
            }
            before += p;
        }
        prop_assert!(before <= u + 1e-11 && u <= up_to + 1e-11, "{name} {eta:?}: {before} {u} {up_to}");
    }

    #[test]
    fn only_differences_of_logits_matter(
        eta in prop::collection::vec(-30.0f64..30.0, 2..6),
        shift in -1e3f64..1e3,
    ) {
        // Whole numbers of 1/64, so that the shift itself does not round.
        let grid = |x: f64| (x * 64.0).round() / 64.0;
        let eta: Array1<f64> = eta.into_iter().map(grid).collect();
        let (law, moved) = (law("categorical"), &eta + grid(shift));
        prop_assert_eq!(law.fisher(eta.view()).unwrap(), law.fisher(moved.view()).unwrap());
        let null: Array2<f64> = law.fisher(eta.view()).unwrap();
        let rows = null.dot(&Array1::ones(eta.len()));
        prop_assert!(rows.iter().all(|row| row.abs() < 1e-16), "{rows}");
    }
}
