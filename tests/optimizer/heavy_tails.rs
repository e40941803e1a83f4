//! A8: the clip bounds every step, whatever the gradients.

use crate::support::{Stream, rms};
use natgrad::ParameterLayout;
use natgrad::ndarray::Array1;
use natgrad::optimizer::stage::{ClipForm, EpsilonRule};
use natgrad::optimizer::{FAdam, Optimizer};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::cell::Cell;

/// Rounding in a sum of squares and a product, relative.
const ROUNDING: f64 = 1e-12;

#[test]
fn a8_step_bound() {
    let config = Config { cases: 192, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let rules = [EpsilonRule::E1, EpsilonRule::E2, EpsilonRule::E3, EpsilonRule::E5];
    let strategy = (proptest::num::u64::ANY, 0.1f64..3.0, 0.0f64..2.0, 0usize..4, 0usize..2, 0usize..3);
    let tightest = Cell::new(0.0f64);
    runner
        .run(&strategy, |(seed, clip, decay, rule, form, power)| {
            let mut stream = Stream(seed);
            let shapes = [("a", vec![7]), ("b", vec![1]), ("c", vec![3, 5])];
            let layout = ParameterLayout::new(shapes).unwrap();
            let fadam = FAdam {
                learning_rate: 0.013,
                clip,
                clip_form: [ClipForm::Paper, ClipForm::Port][form],
                weight_decay: decay,
                epsilon_rule: rules[rule],
                power: [0.5, 1.0, 0.3][power],
                ..FAdam::paper()
            };
            let mut optimizer = fadam.build::<f64>(layout.clone()).unwrap();
            let mut theta: Array1<f64> = (0..layout.dim()).map(|_| stream.heavy(-3.0, 3.0)).collect();
            for t in 1..=12 {
                let gradient: Array1<f64> = (0..layout.dim())
                    .map(|_| if stream.uniform() < 0.2 { 0.0 } else { stream.heavy(-5.0, 4.0) })
                    .collect();
                let before = theta.to_vec();
                optimizer.step(&mut theta, gradient.view()).unwrap();
                let momentum = super::state(&optimizer, "momentum");
                for tensor in layout.tensors() {
                    let range = tensor.range();
                    let step: Vec<f64> = range.clone().map(|i| theta[i] - before[i]).collect();
                    // Subtracting costs half a unit in the last place of θ, which is below 1e3.
                    let bound = 0.013 * clip * (1.0 + decay) * (1.0 + ROUNDING) + 1e3 * f64::EPSILON;
                    proptest::prop_assert!(rms(&step) <= bound, "step {} above {bound}", rms(&step));
                    let bound = clip * (1.0 - 0.9f64.powi(t)) * (1.0 + ROUNDING);
                    let size = rms(&momentum[range]);
                    proptest::prop_assert!(size <= bound, "momentum {size} above {bound}");
                    tightest.set(tightest.get().max(size / bound));
                }
            }
            Ok(())
        })
        .unwrap();
    // The bound is reached: a clip twice as loose would not pass here.
    assert!(tightest.get() > 0.999, "{}", tightest.get());
}

#[test]
fn without_the_clip_the_bound_fails() {
    let off = FAdam { clip: f64::INFINITY, beta1: 0.0, ..FAdam::paper() };
    let mut optimizer = off.build::<f64>(super::flat(1)).unwrap();
    let mut theta = Array1::zeros(1);
    for g in [1e-5, 1e-5, 1e-5, 1e4] {
        optimizer.step(&mut theta, natgrad::ndarray::arr1(&[g]).view()).unwrap();
    }
    // After three negligible gradients a large one is √s₄ ≈ 2 root mean squares.
    assert!((super::state(&optimizer, "momentum")[0] - 1.9985).abs() < 1e-4);
}
