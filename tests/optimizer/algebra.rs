//! Exact properties of the averages: bias correction, momentum, and what is Adam's and what is not.

use super::{direction_only, flat, run, start, state};
use crate::support::{Stream, distance, textbook};
use natgrad::optimizer::stage::BiasCorrection;
use natgrad::optimizer::{Adam, FAdam, Optimizer};

fn heavy_gradients(seed: u64, steps: usize, dim: usize) -> Vec<Vec<f64>> {
    let mut stream = Stream(seed);
    (0..steps).map(|_| (0..dim).map(|_| stream.heavy(-4.0, 3.0)).collect()).collect()
}

/// The stored second moment of a run over these gradients.
fn second_moment(fadam: FAdam, gradients: &[Vec<f64>]) -> Vec<f64> {
    let dim = gradients[0].len();
    let mut optimizer = start(fadam, dim);
    run(&mut optimizer, &vec![0.0; dim], gradients);
    state(&optimizer, "second_moment")
}

/// The momentum after every step.
fn momenta(fadam: FAdam, gradients: &[Vec<f64>]) -> Vec<f64> {
    let mut optimizer = start(fadam, 1);
    let mut theta = natgrad::ndarray::arr1(&[0.0]);
    let step = |g: &Vec<f64>| {
        optimizer.step(&mut theta, natgrad::ndarray::arr1(g).view()).unwrap();
        state(&optimizer, "momentum")[0]
    };
    gradients.iter().map(step).collect()
}

#[test]
fn a1_folded_correction_equals_adams_corrected_second_moment() {
    let gradients = heavy_gradients(11, 1500, 5);
    for t in [1, 2, 3, 17, 200, 1500] {
        let f = second_moment(FAdam::paper(), &gradients[..t]);
        for i in 0..5 {
            let column: Vec<f64> = gradients[..t].iter().map(|g| g[i]).collect();
            let (_, corrected) = textbook::adam_second_moment(&column, 0.999);
            assert!((f[i] / corrected - 1.0).abs() < 1e-12, "t {t}: {} against {corrected}", f[i]);
        }
    }
}

#[test]
fn a2_start_of_the_second_moment_is_irrelevant() {
    let gradients = heavy_gradients(12, 50, 5);
    for t in [1, 2, 50] {
        let reference =
            second_moment(FAdam { initial_second_moment: 0.0, ..FAdam::paper() }, &gradients[..t]);
        for f0 in [1.0, 7.0, 1e6] {
            let found = second_moment(FAdam { initial_second_moment: f0, ..FAdam::paper() }, &gradients[..t]);
            for (x, y) in found.iter().zip(&reference) {
                assert_eq!(x.to_bits(), y.to_bits(), "t {t}, f0 {f0}"); // asked for: 1e-12
            }
        }
    }
}

#[test]
fn a3_weights_of_past_gradients() {
    // Coordinate k has its only gradient, 1, at step k: its second moment is the weight of that step.
    for (t, sum_of_squares) in
        [(2, 0.500_000_125_125_1), (10, 0.100_000_825_824_30), (1000, 0.001_082_057_340_84)]
    {
        let impulses: Vec<Vec<f64>> =
            (0..t).map(|k| (0..t).map(|i| f64::from(u8::from(i == k))).collect()).collect();
        let weights = second_moment(FAdam::paper(), &impulses);
        let closed: Vec<f64> =
            (1..=t).map(|k| 0.001 * 0.999f64.powi(t - k) / (1.0 - 0.999f64.powi(t))).collect();
        assert!(distance(&weights, &closed) < 1e-12);
        assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert!((weights.iter().map(|w| w * w).sum::<f64>() - sum_of_squares).abs() < 1e-12);
    }
}

#[test]
fn a4_without_correction_the_start_lingers() {
    let uncorrected = FAdam { bias_correction: BiasCorrection::None, ..FAdam::paper() };
    for (t, weight) in [(100, 0.904_792_147_113_7), (1000, 0.367_695_424_770_9)] {
        // g² = 9: f = β₂^t + 9 (1 − β₂^t).
        let f = second_moment(uncorrected, &vec![vec![3.0]; t])[0];
        assert!(((9.0 - f) / 8.0 - weight).abs() < 1e-12, "{}", (9.0 - f) / 8.0);
        let corrected = second_moment(FAdam::paper(), &vec![vec![3.0]; t])[0];
        assert!((corrected - 9.0).abs() < 1e-12);
    }
}

#[test]
fn a5_features_off_is_adam_without_momentum() {
    let gradients = heavy_gradients(15, 300, 5);
    let fadam = FAdam { learning_rate: 0.01, ..direction_only() };
    let found = run(&mut start(fadam, 5), &[1.0, -2.0, 3.0, 0.0, 0.5], &gradients);
    let expected = textbook::double::adam(&[1.0, -2.0, 3.0, 0.0, 0.5], &gradients, 0.01, 0.0, 0.999, 0.0);
    for (a, b) in found.iter().zip(&expected) {
        assert!(distance(a, b) < 1e-12);
    }
}

#[test]
fn a6_uncorrected_momentum_is_a_warm_up() {
    let mut stream = Stream(16);
    let gradients: Vec<Vec<f64>> = (0..50).map(|_| vec![0.37 * stream.sign()]).collect();
    let m = momenta(FAdam { beta1: 0.9, ..direction_only() }, &gradients);
    let adam = textbook::double::adam(&[0.0], &gradients, 1.0, 0.9, 0.999, 0.0);
    for (t, factor) in [(1, 0.1), (2, 0.19), (5, 0.40951), (10, 0.6513), (50, 0.9948)] {
        let step = adam[t - 1][0] - adam[t][0];
        assert!((m[t - 1] - (1.0 - 0.9f64.powi(t as i32)) * step).abs() < 1e-12);
        assert!((m[t - 1] / step - factor).abs() < 5e-5, "t {t}: {}", m[t - 1] / step); // printed to four digits
    }
}

#[test]
fn a7_order_of_averaging_and_dividing() {
    let jump = |before: f64, after: f64| [vec![vec![before]; 1000], vec![vec![after]; 5]].concat();
    let cases = [
        (
            jump(1e-3, 1.0),
            [2.537134, 3.395015, 3.949919, 4.339986, 4.622794],
            [3.414504, 4.852318, 5.820710, 6.498227, 6.975639],
        ),
        (
            jump(1.0, 1e-3),
            [0.900812, 0.811472, 0.731002, 0.658522, 0.593238],
            [0.900100, 0.810190, 0.729271, 0.656445, 0.590901],
        ),
    ];
    for (gradients, adam, fadam) in cases {
        let no_epsilon = Adam { learning_rate: 1.0, epsilon: 0.0, ..Adam::default() };
        let path = run(&mut no_epsilon.build::<f64>(flat(1)).unwrap(), &[0.0], &gradients);
        let steps: Vec<f64> = (1000..1005).map(|t| path[t][0] - path[t + 1][0]).collect();
        assert!(distance(&steps, &adam) < 1e-5, "{steps:?}");
        let m = momenta(FAdam { beta1: 0.9, ..direction_only() }, &gradients);
        assert!(distance(&m[1000..], &fadam) < 1e-5, "{:?}", &m[1000..]);
        // With the default clip a scalar tensor never takes a direction above 1.
        let clipped = momenta(FAdam { beta1: 0.9, clip: 1.0, ..direction_only() }, &gradients);
        assert!(clipped.iter().all(|m| *m <= 1.0));
        assert!(
            (clipped[1000..].iter().copied().fold(0.0, f64::max) - 1.0).abs()
                < if gradients[0][0] < 1.0 { 1e-9 } else { 0.1 }
        );
    }
}

#[test]
fn a9_scalar_tensors_take_signs() {
    let gradients = heavy_gradients(19, 200, 1);
    let n = momenta(FAdam { beta1: 0.0, ..FAdam::paper() }, &gradients);
    assert!(n.iter().all(|n| n.abs() <= 1.0));
    // |g| here is at least 1e-4, so that ε_t/|g| is at most 1e-4 by E2's ε and 0.01 by its ε₂.
    assert!((n[0].abs() - 1.0).abs() < 1e-4 && n[0] * gradients[0][0] > 0.0);
    let exact = momenta(FAdam { clip: 1.0, ..direction_only() }, &gradients[..1]);
    assert_eq!(exact[0].to_bits(), gradients[0][0].signum().to_bits());
}

#[test]
fn a_spike_after_silence_reaches_the_root_of_the_weight_sum() {
    for (silence, printed, digit) in [(1, 1.41386, 1e-5), (10, 3.30835, 1e-5), (1000, 25.153, 1e-3)] {
        let gradients = [vec![vec![0.0]; silence], vec![vec![5.0]]].concat();
        let n = momenta(direction_only(), &gradients)[silence];
        let closed = ((1.0 - 0.999f64.powi(silence as i32 + 1)) / (1.0 - 0.999f64)).sqrt();
        assert!((n - closed).abs() < 1e-12 * closed, "{n} against {closed}");
        assert!((n - printed).abs() <= digit / 2.0, "{n}");
    }
}
