//! What changes when the loss or the parameters are rescaled.

use super::{direction_only, run, start};
use crate::support::{Stream, distance};
use natgrad::optimizer::FAdam;
use natgrad::optimizer::stage::EpsilonRule::{self, E1, E2, E3, E4, E5, E6};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// The directions n_1 … n_T of a run, one after the other (β₁ = 0 and η = 1: each step is −n).
fn directions(fadam: FAdam, gradients: &[Vec<f64>]) -> Vec<f64> {
    use natgrad::ndarray::Array1;
    use natgrad::optimizer::Optimizer;
    let mut optimizer = start(FAdam { beta1: 0.0, weight_decay: 0.0, ..fadam }, gradients[0].len());
    let mut theta = Array1::zeros(gradients[0].len());
    let mut all = Vec::new();
    for gradient in gradients {
        optimizer.step(&mut theta, Array1::from(gradient.clone()).view()).unwrap();
        all.extend(super::state(&optimizer, "momentum"));
    }
    all
}

fn scaled(s: f64) -> Vec<Vec<f64>> {
    let gradients = [[0.1, -0.2, 0.3], [0.05, 0.4, -0.1], [-0.2, 0.1, 0.0], [1.0, -2.0, 0.5]];
    gradients.iter().map(|g| g.iter().map(|x| s * x).collect()).collect()
}

fn change(rule: EpsilonRule, s: f64, reference: f64) -> f64 {
    let fadam = FAdam { epsilon_rule: rule, ..FAdam::paper() };
    distance(&directions(fadam, &scaled(s)), &directions(fadam, &scaled(reference)))
}

#[test]
fn a10_loss_scale_and_epsilon() {
    // RMS(g) reaches 1.33. E3 does not care while s RMS ≤ 1, E4 while s RMS ≤ ε₂, E2 while ε₂ s RMS ≤ ε. The bound is four
    // units in the last place of the largest direction, 1.51.
    let tolerance = 1e-15;
    for s in [1e-3, 1e-6, 1e-9] {
        assert!(change(E3, s, 0.5) < tolerance, "E3 {s}: {:e}", change(E3, s, 0.5));
        assert!(change(E4, s, 5e-3) < tolerance, "E4 {s}: {:e}", change(E4, s, 5e-3));
    }
    for s in [1e-8, 1e-9] {
        assert!(change(E2, s, 5e-7) < tolerance, "E2 {s}: {:e}", change(E2, s, 5e-7));
        // Against the unscaled run the damping is then of the order of ε₂.
        assert!((change(E2, s, 1.0) - 0.0211).abs() < 1e-4, "{}", change(E2, s, 1.0));
    }
    for rule in [E1, E5] {
        assert!((change(rule, 1e-6, 1.0) - 0.106).abs() < 1e-3, "{}", change(rule, 1e-6, 1.0));
        assert!((change(rule, 1e-9, 1.0) - 1.49).abs() < 5e-3, "{}", change(rule, 1e-9, 1.0));
    }
    for rule in [E1, E2, E3, E4, E5, E6] {
        for s in [1e3, 1e6] {
            assert!(change(rule, s, 1.0) < 1.2e-7, "{rule:?} {s}: {:e}", change(rule, s, 1.0));
        }
    }
}

#[test]
fn a11_no_power_is_invariant_to_both_scales() {
    let expected =
        [(0.0, 100.0, 5.0), (0.25, 31.622776601683793, 2.23606797749979), (0.5, 10.0, 1.0), (1.0, 1.0, 0.2)];
    for (power, parameter_factor, loss_factor) in expected {
        let fadam = FAdam { power, ..direction_only() };
        let base = directions(fadam, &scaled(1.0));
        let loss = directions(fadam, &scaled(5.0));
        // θ = a φ: the gradient in φ is a g, and a step in φ moves θ by a times as much.
        let chart: Vec<f64> = directions(fadam, &scaled(10.0)).iter().map(|n| 10.0 * n).collect();
        for ((n, l), c) in base.iter().zip(&loss).zip(&chart).filter(|((n, _), _)| n.abs() > 0.0) {
            assert!((l / n / loss_factor - 1.0).abs() < 1e-12, "p {power}: {}", l / n);
            assert!((c / n / parameter_factor - 1.0).abs() < 1e-12, "p {power}: {}", c / n);
        }
    }
}

#[test]
fn powers_of_two_scale_to_the_last_bit() {
    let config = Config { cases: 64, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let strategy = (proptest::num::u64::ANY, -60i32..60);
    runner
        .run(&strategy, |(seed, exponent)| {
            let mut stream = Stream(seed);
            let gradients: Vec<Vec<f64>> =
                (0..7).map(|_| (0..5).map(|_| stream.heavy(-5.0, 4.0)).collect()).collect();
            let s = 2f64.powi(exponent);
            let larger: Vec<Vec<f64>> = gradients.iter().map(|g| g.iter().map(|x| s * x).collect()).collect();
            for (power, factor) in [(0.5, 1.0), (1.0, 1.0 / s), (0.0, s)] {
                let fadam = FAdam { power, ..direction_only() };
                let n = directions(fadam, &gradients);
                for (a, b) in directions(fadam, &larger).iter().zip(&n) {
                    proptest::prop_assert_eq!(a.to_bits(), (factor * b).to_bits());
                }
            }
            // The adaptive rule E3 with its clip: as long as s RMS(g) ≤ 1 on both sides.
            let small = |g: &[Vec<f64>], s: f64| -> Vec<Vec<f64>> {
                g.iter().map(|g| g.iter().map(|x| x * 2f64.powi(-20) * s).collect()).collect()
            };
            let e3 = FAdam { epsilon_rule: E3, ..FAdam::paper() };
            let shrunk = directions(e3, &small(&gradients, s.min(1.0)));
            for (a, b) in shrunk.iter().zip(&directions(e3, &small(&gradients, 1.0))) {
                proptest::prop_assert_eq!(a.to_bits(), b.to_bits());
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_path_does_not_depend_on_the_scale_of_the_loss() {
    let fadam = FAdam { learning_rate: 0.01, epsilon: 0.0, weight_decay: 0.0, ..FAdam::paper() };
    let theta = [0.5, -1.0, 2.0];
    let base = run(&mut start(fadam, 3), &theta, &scaled(1.0));
    for s in [1e-30, 1e-6, 1e6, 1e30] {
        let found = run(&mut start(fadam, 3), &theta, &scaled(s));
        assert!(distance(&found[4], &base[4]) < 1e-15, "{s}");
    }
}
