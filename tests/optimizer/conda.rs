//! Conda against `pytorch_optimizer`, against its recurrence written out, and its invariances.

use super::run;
use crate::support::{Stream, distance};
use nalgebra::DMatrix;
use natgrad::ndarray::{Array1, Array2, arr1};
use natgrad::optimizer::{Adam, Conda, Optimizer, OptimizerConfig, RefreshCount, replay};
use natgrad::{ParameterLayout, Scalar};
use std::collections::BTreeMap;

#[derive(serde::Deserialize)]
struct Record {
    shapes: BTreeMap<String, Vec<usize>>,
    theta0: Vec<f64>,
    gradients: Vec<Vec<f64>>,
    in_single_precision: Vec<f64>,
    trajectories: BTreeMap<String, Trajectory>,
}

#[derive(serde::Deserialize)]
struct Trajectory {
    config: String,
    theta: BTreeMap<usize, Vec<f64>>,
}

#[test]
fn pytorch_optimizer() {
    let record: Record = serde_json::from_str(include_str!("../golden/conda.json")).unwrap();
    let gradients =
        Array2::from_shape_vec((record.gradients.len(), record.theta0.len()), record.gradients.concat())
            .unwrap();
    let names = ["w0", "b0", "w1", "square", "kernel", "column"];
    let layout = ParameterLayout::new(names.map(|name| (name, record.shapes[name].clone()))).unwrap();
    assert_eq!(record.trajectories.len(), 6);
    let mut worst = 0.0f64;
    for (name, trajectory) in &record.trajectories {
        let config = OptimizerConfig::from_toml(&trajectory.config).unwrap();
        let mut optimizer = config.optimizer::<f64>(layout.clone()).unwrap();
        let path = replay(optimizer.as_mut(), Array1::from(record.theta0.clone()), gradients.view()).unwrap();
        for (&step, theta) in &trajectory.theta {
            let off = distance(path.row(step).as_slice().unwrap(), theta);
            assert!(off < 1e-10, "{name}, step {step}: {off:e}");
            worst = worst.max(off);
        }
        if name.ends_with("T=5") {
            // The vectors in single precision, as released: a difference that is not ours.
            let off = distance(path.row(30).as_slice().unwrap(), &record.in_single_precision);
            println!("single precision of the oracle: {off:e}");
            assert!((1e-10..1e-4).contains(&off), "{off:e}");
        }
    }
    println!("conda worst {worst:e}");
    assert!(worst < 1e-12, "{worst:e}");
}

fn shapes() -> Vec<(&'static str, Vec<usize>)> {
    vec![
        ("wide", vec![3, 7]),
        ("b", vec![5]),
        ("tall", vec![11, 2]),
        ("kernel", vec![2, 3, 2]),
        ("s", vec![]),
        ("none", vec![0, 4]),
    ]
}

fn layout() -> ParameterLayout {
    ParameterLayout::new(shapes()).unwrap()
}

fn problem<T: Scalar>(seed: u64, steps: usize) -> (Vec<T>, Vec<Vec<T>>) {
    let (mut stream, dim) = (Stream(seed), layout().dim());
    let mut numbers = || (0..dim).map(|_| T::of(stream.heavy(-1.0, 0.5))).collect::<Vec<T>>();
    let theta = numbers();
    (theta, (0..steps).map(|_| numbers()).collect())
}

/// The recurrence, by the singular vectors of nalgebra.
fn transcription(s: &Conda, theta0: &[f64], gradients: &[Vec<f64>]) -> Vec<f64> {
    let mut end = Vec::new();
    let mut start = 0;
    for (_, shape) in shapes() {
        let entries: usize = shape.iter().product();
        let (rows, columns) = if shape.len() == 2 { (shape[0], shape[1]) } else { (1, entries) };
        let at = |x: &[f64]| DMatrix::from_row_slice(rows, columns, &x[start..start + entries]);
        let mut theta = at(theta0);
        let (mut m, mut v) = (theta.clone() * 0.0, theta.clone() * 0.0);
        let mut basis = DMatrix::identity(0, 0);
        for (k, gradient) in gradients.iter().enumerate().filter(|_| entries > 0) {
            let (t, g) = (k as i32 + 1, at(gradient));
            m = &m * s.beta1 + &g * (1.0 - s.beta1);
            let adam = shape.len() != 2;
            let refresh = match s.refresh_count {
                RefreshCount::ZeroBased => (k as u64).is_multiple_of(s.interval),
                RefreshCount::OneBased => k == 0 || (k as u64 + 1).is_multiple_of(s.interval),
            };
            let tall = rows >= columns;
            if refresh && !adam {
                let svd = m.clone().svd(true, true);
                basis = if tall { svd.v_t.unwrap().transpose() } else { svd.u.unwrap() };
            }
            let into = |x: &DMatrix<f64>| match (adam, tall) {
                (true, _) => x.clone(),
                (_, true) => x * &basis,
                _ => basis.transpose() * x,
            };
            v = &v * s.beta2 + into(&g).map(|g| g * g) * (1.0 - s.beta2);
            let mut q = into(&m).zip_map(&v, |m, v| m / (v.sqrt() + s.epsilon));
            if s.bias_correction {
                q *= (1.0 - s.beta2.powi(t)).sqrt() / (1.0 - s.beta1.powi(t));
            }
            let d = match (adam, tall) {
                (true, _) => q,
                (_, true) => q * basis.transpose() * s.scale,
                _ => &basis * q * s.scale,
            };
            theta = (theta - d * s.learning_rate) * (1.0 - s.learning_rate * s.weight_decay);
        }
        if entries > 0 {
            end.extend(theta.transpose().iter());
        }
        start += entries;
    }
    end
}

fn variants() -> Vec<Conda> {
    let base = Conda { learning_rate: 0.01, interval: 6, epsilon: 1e-4, ..Conda::default() };
    vec![
        Conda::default(),
        base,
        Conda { refresh_count: RefreshCount::OneBased, ..base },
        Conda { scale: 0.25, weight_decay: 0.4, beta2: 0.9, ..base },
        Conda { bias_correction: false, interval: 1, ..base },
        Conda { beta1: 0.0, interval: 1000, ..base },
    ]
}

#[test]
fn the_recurrence_written_out() {
    let (theta, gradients) = problem::<f64>(31, 100);
    let mut ends: Vec<Vec<f64>> = Vec::new();
    for settings in variants() {
        let found = run(&mut settings.build::<f64>(layout()).unwrap(), &theta, &gradients);
        let expected = transcription(&settings, &theta, &gradients);
        let off = distance(&found[100], &expected);
        println!("conda f64 {off:e}");
        assert!(off < 1e-11, "{off:e} {settings:?}");
        assert!(ends.iter().all(|end| distance(end, &expected) > 1e-3));
        ends.push(expected);
    }
}

#[test]
fn single_precision() {
    let (theta, gradients) = problem::<f32>(32, 30);
    let wide = |x: &[f32]| x.iter().map(|&x| f64::from(x)).collect::<Vec<f64>>();
    let rows: Vec<Vec<f64>> = gradients.iter().map(|g| wide(g)).collect();
    for settings in variants() {
        let found = run(&mut settings.build::<f32>(layout()).unwrap(), &theta, &gradients);
        let off = distance(&wide(&found[30]), &transcription(&settings, &wide(&theta), &rows));
        println!("conda f32 {off:e}");
        assert!(off < 2e-5, "{off:e} {settings:?}");
    }
}

#[test]
fn where_the_basis_is_the_axes_it_is_adam() {
    // The first gradient has orthogonal columns, the longest first, so that B = I up to signs; it is never refreshed.
    let layout = || ParameterLayout::new([("w", vec![5, 3])]).unwrap();
    let mut first = vec![0.0; 15];
    (first[0], first[4], first[8]) = (3.0, -2.0, 1.0);
    let mut stream = Stream(33);
    let mut gradients = vec![first];
    gradients.extend((0..60).map(|_| (0..15).map(|_| stream.heavy(-2.0, 1.0)).collect::<Vec<f64>>()));
    let theta: Vec<f64> = (0..15).map(|_| stream.heavy(-1.0, 0.0)).collect();
    let conda = Conda { epsilon: 0.0, ..Conda::default() };
    let adam = Adam { epsilon: 0.0, ..Adam::default() };
    let found = run(&mut conda.build::<f64>(layout()).unwrap(), &theta, &gradients);
    let expected = run(&mut adam.build::<f64>(layout()).unwrap(), &theta, &gradients);
    for (found, expected) in found.iter().zip(&expected) {
        assert!(distance(found, expected) < 1e-15);
    }
    let mut other = gradients.clone();
    other[0] = gradients[1].clone();
    let found = run(&mut conda.build::<f64>(layout()).unwrap(), &theta, &other);
    let expected = run(&mut adam.build::<f64>(layout()).unwrap(), &theta, &other);
    assert!(distance(&found[61], &expected[61]) > 1e-3);
}

fn orthogonal(order: usize) -> DMatrix<f64> {
    let mut stream = Stream(34);
    DMatrix::from_fn(order, order, |_, _| stream.heavy(-1.0, 0.5)).qr().q()
}

#[test]
fn it_turns_with_the_shorter_side_alone() {
    let mut stream = Stream(35);
    let settings = Conda { learning_rate: 0.05, interval: 4, epsilon: 0.0, ..Conda::default() };
    for (rows, columns) in [(7, 3), (3, 7), (5, 5)] {
        let dim = rows * columns;
        let theta: Vec<f64> = (0..dim).map(|_| stream.heavy(-1.0, 0.0)).collect();
        let gradients: Vec<Vec<f64>> =
            (0..20).map(|_| (0..dim).map(|_| stream.heavy(-1.0, 1.0)).collect()).collect();
        let (p, q) = (orthogonal(rows), orthogonal(columns));
        let apart = |left: bool| {
            let turn = |x: &Vec<f64>| -> Vec<f64> {
                let x = DMatrix::from_row_slice(rows, columns, x);
                let x = if left { &p * x } else { x * &q };
                x.transpose().iter().copied().collect()
            };
            let layout = || ParameterLayout::new([("w", vec![rows, columns])]).unwrap();
            let straight = run(&mut settings.build::<f64>(layout()).unwrap(), &theta, &gradients);
            let turned: Vec<Vec<f64>> = gradients.iter().map(turn).collect();
            let there = run(&mut settings.build::<f64>(layout()).unwrap(), &turn(&theta), &turned);
            distance(&turn(&straight[20]), &there[20])
        };
        let tall = rows >= columns;
        assert!(apart(!tall) < 1e-12, "{:e}", apart(!tall));
        assert!(apart(tall) > 0.01, "{:e}", apart(tall));
    }
}

#[test]
fn without_memory_the_step_is_the_sign_in_the_basis() {
    let mut stream = Stream(36);
    let settings =
        Conda { learning_rate: 1.0, interval: 1, beta1: 0.0, beta2: 0.0, epsilon: 0.0, ..Conda::default() };
    for (rows, columns) in [(7, 3), (3, 7)] {
        let g: Vec<f64> = (0..21).map(|_| stream.heavy(-1.0, 1.0)).collect();
        let layout = ParameterLayout::new([("w", vec![rows, columns])]).unwrap();
        let step = &run(&mut settings.build::<f64>(layout).unwrap(), &[0.0; 21], std::slice::from_ref(&g))[1];
        let svd = DMatrix::from_row_slice(rows, columns, &g).svd(true, true);
        let (u, vt) = (svd.u.unwrap(), svd.v_t.unwrap());
        // sign(U) Vᵀ, and U sign(Vᵀ) for a wide matrix: like U Vᵀ, but of norm √(mn).
        let expected = if rows > columns { u.map(f64::signum) * vt } else { u * vt.map(f64::signum) };
        let expected: Vec<f64> = expected.transpose().iter().map(|d| -d).collect();
        assert!(distance(step, &expected) < 1e-13);
        assert!((step.iter().map(|d| d * d).sum::<f64>() - 21.0).abs() < 1e-12);
    }
}

#[test]
fn the_basis_is_refreshed_when_it_is_said_to_be() {
    let (theta, gradients) = problem::<f64>(37, 12);
    for (count, expected) in
        [(RefreshCount::ZeroBased, vec![1, 5, 9]), (RefreshCount::OneBased, vec![1, 4, 8, 12])]
    {
        let settings = Conda { interval: 4, refresh_count: count, ..Conda::default() };
        let mut optimizer = settings.build::<f64>(layout()).unwrap();
        let mut theta = Array1::from(theta.clone());
        let mut refreshed = Vec::new();
        for (k, g) in gradients.iter().enumerate() {
            let before = optimizer.state();
            optimizer.step(&mut theta, arr1(g).view()).unwrap();
            let after = optimizer.state();
            let basis = |state: &natgrad::optimizer::State| state.get("basis/tall").cloned();
            if basis(&before) != basis(&after) {
                refreshed.push(k + 1);
            }
        }
        assert_eq!(refreshed, expected);
    }
}

#[test]
fn zero_gradients_and_matrices_without_rank_give_finite_steps() {
    let layout = || ParameterLayout::new([("w", vec![5, 3]), ("v", vec![2, 7])]).unwrap();
    let settings = Conda { interval: 2, ..Conda::default() };
    let path = run(&mut settings.build::<f64>(layout()).unwrap(), &[0.5; 29], &vec![vec![0.0; 29]; 4]);
    assert_eq!(path[4], vec![0.5; 29]);
    // Rank 1, at sizes whose squares only just are numbers, as Adam's v needs.
    for size in [1e-140, 1.0, 1e150] {
        let rank_one: Vec<f64> =
            (0..29).map(|i| if i < 15 { size * (1 + i % 3) as f64 } else { size }).collect();
        let conda = Conda { epsilon: 1e-8 * size, ..settings };
        let path = run(&mut conda.build::<f64>(layout()).unwrap(), &[0.5; 29], &vec![rank_one; 6]);
        // One singular direction, one sign: every row of w moves by η along (1, 2, 3)/√14.
        let moved: Vec<f64> = (0..15).map(|i| (0.5 - path[6][i]) / 6e-3).collect();
        let expected: Vec<f64> = (0..15).map(|i| (1 + i % 3) as f64 / 14f64.sqrt()).collect();
        println!("rank one at {size:e}: {:e}", distance(&moved, &expected));
        assert!(distance(&moved, &expected) < 1e-5, "{size:e} {moved:?}");
    }
}

#[test]
fn a_restored_run_goes_on_bit_identically() {
    let (theta, gradients) = problem::<f64>(38, 20);
    let settings = Conda { interval: 6, ..Conda::default() };
    let whole = run(&mut settings.build::<f64>(layout()).unwrap(), &theta, &gradients);
    let mut first = settings.build::<f64>(layout()).unwrap();
    run(&mut first, &theta, &gradients[..9]);
    let mut second = settings.build::<f64>(layout()).unwrap();
    second.restore(&first.state()).unwrap();
    assert_eq!(run(&mut second, &whole[9], &gradients[9..]), whole[9..]);
}

#[test]
fn settings_are_checked_and_presets_are_named() {
    let refused = |settings: Conda| settings.build::<f64>(layout()).unwrap_err().to_string();
    assert!(refused(Conda { interval: 0, ..Conda::default() }).starts_with("interval = 0;"));
    assert!(refused(Conda { scale: f64::NAN, ..Conda::default() }).starts_with("scale = NaN;"));
    assert!(refused(Conda { weight_decay: -1.0, ..Conda::default() }).starts_with("weight_decay = -1;"));
    assert!(refused(Conda { beta1: 1.0, ..Conda::default() }).starts_with("beta1 = 1;"));
    for name in ["llama-60m", "gpt2-125m"] {
        let config = OptimizerConfig::from_toml(&format!("optimizer = 'conda'\npreset = '{name}'")).unwrap();
        assert!(config.to_toml().contains("scale = 0.25"));
    }
}
