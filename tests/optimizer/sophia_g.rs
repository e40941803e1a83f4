//! Sophia-G: against the package of its authors, against loops, and its estimate against the Gauss-Newton matrix.

use super::small_network::{
    WIDTHS, batches, by_loops, categorical, data, goes_on_after_a_restore, network, train,
};
use crate::support::distance;
use natgrad::fisher::Exact;
use natgrad::ndarray::{Array1, Array2, Axis};
use natgrad::optimizer::{BatchPlacement, Method, MethodSettings, OptimizerConfig, SophiaG};
use natgrad::{Error, LinearOperator, ParameterLayout, Scalar};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Record {
    theta0: Vec<f64>,
    gradients: Vec<Vec<f64>>,
    sampled: Vec<Vec<f64>>,
    trajectories: BTreeMap<String, Trajectory>,
}

#[derive(Deserialize)]
struct Trajectory {
    config: String,
    counts: Vec<usize>,
    theta: BTreeMap<usize, Vec<f64>>,
}

fn layout() -> ParameterLayout {
    ParameterLayout::new([
        ("w0", vec![3, 2]),
        ("b0", vec![3]),
        ("scale", vec![]),
        ("kernel", vec![2, 5, 7]),
        ("nothing", vec![0]),
    ])
    .unwrap()
}

#[test]
fn recorded_from_sophia_opt() {
    let record: Record = serde_json::from_str(include_str!("../golden/sophia.json")).unwrap();
    assert_eq!(record.trajectories.len(), 5);
    for (name, trajectory) in &record.trajectories {
        let settings = OptimizerConfig::from_toml(&trajectory.config).unwrap().settings;
        let MethodSettings::SophiaG(settings) = settings else { panic!("{settings:?}") };
        let mut method = settings.build::<f64>(layout()).unwrap();
        let mut theta = Array1::from(record.theta0.clone());
        for (t, gradient) in record.gradients.iter().enumerate() {
            let sampled = method.is_estimate_due().then(|| Array1::from(record.sampled[t].clone()));
            let sampled = sampled.as_ref().map(|sampled| sampled.view());
            let gradient = Array1::from(gradient.clone());
            method.advance(&mut theta, gradient.view(), sampled, trajectory.counts[t]).unwrap();
            if let Some(expected) = trajectory.theta.get(&(t + 1)) {
                let off = distance(theta.as_slice().unwrap(), expected);
                assert!(off < 1e-14, "{name}, step {}: off by {off:e}", t + 1);
            }
        }
        assert_eq!(trajectory.theta.len(), 7);
    }
}

/// The recurrence by loops on a network, with the sampled gradients that the method itself drew.
fn against_loops<T: Scalar>(settings: SophiaG, tolerance: f64) {
    let (network, (x, y)) = (network::<T>(1), data::<T>(11, 2));
    let mut method = settings.build::<T>(network.layout().clone()).unwrap();
    let mut theta: Vec<f64> = network.parameters().iter().map(|x| x.as_f64()).collect();
    let start = theta.clone();
    let (mut m, mut h) = (vec![0.0; theta.len()], vec![0.0; theta.len()]);
    let inputs = x.mapv(|x| x.as_f64());
    let mut here = network.clone();
    for (step, rows) in batches(25).iter().enumerate() {
        let classes: Vec<usize> = rows.iter().map(|&row| y.values()[[row, 0]].as_f64() as usize).collect();
        let ids: Vec<u64> = rows.iter().map(|&row| row as u64).collect();
        let labels = natgrad::Labels::new(y.values().select(Axis(0), rows)).unwrap();
        let lin = here.linearize(&categorical(), &x.select(Axis(0), rows), &labels).unwrap();
        let sampled = method.sampled_gradient(&lin.with_ids(&ids).unwrap()).unwrap();
        let (_, gradient) = by_loops(&theta, &inputs.select(Axis(0), rows), &classes);
        let count = rows.len() as f64;
        for k in 0..theta.len() {
            m[k] = settings.beta1 * m[k] + (1.0 - settings.beta1) * gradient[k];
            if (step as u64).is_multiple_of(settings.interval) {
                let square = sampled[k].as_f64().powi(2);
                let inside = if settings.batch_placement == BatchPlacement::Estimate { count } else { 1.0 };
                h[k] = settings.beta2 * h[k] + (1.0 - settings.beta2) * inside * square;
            }
            let outside = if settings.batch_placement == BatchPlacement::Estimate { 1.0 } else { count };
            let ratio = f64::min(m[k].abs() / (settings.rho * outside * h[k] + 1e-15), 1.0);
            theta[k] *= 1.0 - settings.learning_rate * settings.weight_decay;
            theta[k] -= settings.learning_rate * m[k].signum() * ratio;
        }
        let path =
            train(&mut method, &here, &categorical(), &(x.clone(), y.clone()), std::slice::from_ref(rows));
        here = here.with_parameters(path[1].view()).unwrap();
    }
    let found: Vec<f64> = here.parameters().iter().map(|x| x.as_f64()).collect();
    let off = distance(&found, &theta);
    assert!(off < tolerance && distance(&found, &start) > 0.05, "{off:e}");
}

#[test]
fn is_its_transcription() {
    let base = SophiaG { learning_rate: 0.01, beta2: 0.8, rho: 1.5, ..SophiaG::default() };
    for placement in [BatchPlacement::Estimate, BatchPlacement::Denominator] {
        for interval in [1, 4] {
            let settings = SophiaG { batch_placement: placement, interval, ..base };
            against_loops::<f64>(settings, 1e-14);
            against_loops::<f32>(settings, 1e-5);
        }
    }
}

#[test]
fn the_estimate_is_the_gauss_newton_diagonal() {
    // Two data, three classes: nine ways to draw the labels.
    let (network, (x, y)) = (network::<f64>(3), data::<f64>(2, 4));
    let lin = network.linearize(&categorical(), &x, &y).unwrap();
    let exact = LinearOperator::<f64>::diagonal(&lin.scores(&Exact).unwrap().diagonal().unwrap()).unwrap();
    let theta = network.parameters();
    let probability = |n: usize, c: usize| {
        let total: f64 = lin.eta().row(n).iter().map(|z| z.exp()).sum();
        lin.eta()[[n, c]].exp() / total
    };
    let mut mean = Array1::<f64>::zeros(theta.len());
    let mut square = Array1::<f64>::zeros(theta.len());
    let mut all = Vec::new();
    for a in 0..WIDTHS[3] {
        for b in 0..WIDTHS[3] {
            let gradient = Array1::from(by_loops(theta.as_slice().unwrap(), &x, &[a, b]).1);
            let (p, estimate) = (probability(0, a) * probability(1, b), gradient.mapv(|g| 2.0 * g * g));
            mean.scaled_add(p, &estimate);
            square.scaled_add(p, &estimate.mapv(|e| e * e));
            all.push(gradient);
        }
    }
    assert!(distance(mean.as_slice().unwrap(), exact.as_slice().unwrap()) < 1e-15);
    // What is drawn is one of the nine, other ones at other steps, and has that mean: 4 deviations of the sum over entries.
    let settings = SophiaG { learning_rate: 0.0, interval: 1, ..SophiaG::default() };
    let mut method = settings.build::<f64>(network.layout().clone()).unwrap();
    let (mut total, mut kinds, steps) = (Array1::<f64>::zeros(theta.len()), [0usize; 9], 2000);
    for _ in 0..steps {
        let drawn = method.sampled_gradient(&lin).unwrap();
        let kind =
            all.iter().position(|g| distance(g.as_slice().unwrap(), drawn.as_slice().unwrap()) < 1e-14);
        kinds[kind.unwrap()] += 1;
        total += &drawn.mapv(|g| 2.0 * g * g);
        method.advance(&mut theta.clone(), drawn.view(), Some(drawn.view()), 2).unwrap();
    }
    assert!(kinds.iter().all(|count| *count > 0), "{kinds:?}");
    let worst = (0..theta.len()).filter(|k| exact[*k] > 1e-12).map(|k| {
        let deviation = ((square[k] - mean[k] * mean[k]) / f64::from(steps)).sqrt();
        ((total[k] / f64::from(steps) - exact[k]) / deviation).abs()
    });
    let worst = worst.fold(0.0, f64::max);
    assert!(worst < 4.0, "{worst}");
}

#[test]
fn no_entry_moves_further_than_the_rate() {
    let settings = SophiaG { learning_rate: 0.3, weight_decay: 0.0, interval: 1, ..SophiaG::default() };
    let mut method = settings.build::<f64>(layout()).unwrap();
    let mut stream = crate::support::Stream(5);
    let mut theta = Array1::<f64>::zeros(80);
    for _ in 0..50 {
        let gradient = Array1::from_shape_simple_fn(80, || stream.heavy(-12.0, 12.0));
        let before = theta.clone();
        method.advance(&mut theta, gradient.view(), Some(gradient.view()), 7).unwrap();
        assert!((&theta - &before).iter().all(|step| step.abs() <= 0.3 + 1e-12));
    }
    // The first momentum against 0.01 of an estimate at the same gradient: all entries of size 1 are clipped to a sign.
    let mut method = settings.build::<f64>(layout()).unwrap();
    let mut theta = Array1::zeros(80);
    let gradient = Array1::from_shape_fn(80, |k| if k == 0 { 0.0 } else { 1.0 - 2.0 * (k % 2) as f64 });
    method.advance(&mut theta, gradient.view(), Some(gradient.view()), 7).unwrap();
    assert_eq!(theta, gradient.mapv(|g| -0.3 * g));
}

#[test]
fn placements_differ_only_where_batches_do() {
    let run = |placement, counts: &[usize]| {
        let settings = SophiaG {
            batch_placement: placement,
            interval: 2,
            rho: 1.0,
            learning_rate: 0.1,
            ..SophiaG::default()
        };
        let mut method = settings.build::<f64>(layout()).unwrap();
        let mut theta = Array1::ones(80);
        for &count in counts {
            let gradient = Array1::from_shape_fn(80, |k| (k as f64 - 40.0) / 10.0);
            method.advance(&mut theta, gradient.view(), Some(gradient.view()), count).unwrap();
        }
        theta.to_vec()
    };
    let (inside, outside) = (BatchPlacement::Estimate, BatchPlacement::Denominator);
    assert!(distance(&run(inside, &[5, 5, 5]), &run(outside, &[5, 5, 5])) < 1e-14);
    assert!(distance(&run(inside, &[5, 3, 8]), &run(outside, &[5, 3, 8])) > 1e-4);
}

#[test]
fn the_labels_of_the_data_do_not_enter_the_curvature() {
    let (network, (x, y)) = (network::<f64>(3), data::<f64>(11, 4));
    let other = natgrad::Labels::new(y.values().mapv(|y| (y + 1.0) % 3.0)).unwrap();
    let curvature = |labels: &natgrad::Labels<f64>, seed: u64| {
        let settings = SophiaG { seed, ..SophiaG::default() };
        let mut method = settings.build::<f64>(network.layout().clone()).unwrap();
        train(&mut method, &network, &categorical(), &(x.clone(), labels.clone()), &batches(1));
        method.state().vector("curvature").unwrap().to_owned()
    };
    assert_eq!(curvature(&y, 0), curvature(&other, 0));
    assert_ne!(curvature(&y, 0), curvature(&y, 1));
}

#[test]
fn runs_go_on_after_a_restore_and_bad_settings_are_refused() {
    goes_on_after_a_restore("optimizer = 'sophia-g'\nlr = 0.01\ninterval = 3\nrho = 0.7\nseed = 5");
    let base = SophiaG::default();
    for (name, settings) in [
        ("lr", SophiaG { learning_rate: f64::NAN, ..base }),
        ("beta1", SophiaG { beta1: 1.0, ..base }),
        ("beta2", SophiaG { beta2: -0.1, ..base }),
        ("rho", SophiaG { rho: -1.0, ..base }),
        ("weight_decay", SophiaG { weight_decay: f64::INFINITY, ..base }),
        ("interval", SophiaG { interval: 0, ..base }),
    ] {
        let error = settings.build::<f64>(layout()).unwrap_err();
        assert!(matches!(error, Error::Setting { option, .. } if option == name), "{error}");
    }
    let mut method = base.build::<f32>(layout()).unwrap();
    let (mut theta, before) = (Array1::<f32>::ones(80), method.state());
    let large = Array1::from_elem(80, 1e30f32);
    let error = method.advance(&mut theta, large.view(), Some(large.view()), 3).unwrap_err();
    assert!(matches!(error, Error::NonFinite { quantity: "curvature", index: 0, .. }), "{error}");
    assert!(method.advance(&mut theta, Array2::<f32>::zeros((2, 3)).row(0), None, 3).is_err());
    assert_eq!((theta, method.state()), (Array1::ones(80), before));
}
