//! Regularised logits: gradients against differences of an objective written with loops, and the network to evaluate with.

use crate::support::distance;
use natgrad::likelihood::Categorical;
use natgrad::model::{Activation, Affine};
use natgrad::ndarray::{Array1, Array2};
use natgrad::optimizer::{
    Batches, LogitLayer, LogitRegularization, NdAdam, Optimizer, Sgd, SingleInput, Training,
};
use natgrad::{Error, Labels, Network};
use std::sync::Arc;

const DATA: usize = 11;
const WIDTHS: [usize; 3] = [3, 5, 7];

fn problem() -> (Network<f64>, Array2<f64>, Vec<usize>) {
    let x = Array2::from_shape_fn((DATA, 3), |(n, d)| ((n * 5 + d * 7) % 11) as f64 / 5.0 - 1.0);
    let classes = (0..DATA).map(|n| (3 * n + n * n / 2) % 7).collect();
    let network = Network::random(&WIDTHS, Activation::Tanh, 1).unwrap();
    let theta: Array1<f64> =
        network.parameters().iter().enumerate().map(|(i, w)| w + (i as f64).sin() / 3.0).collect();
    (network.with_parameters(theta.view()).unwrap(), x, classes)
}

/// The logits without the last bias, and that bias, from θ alone.
fn outputs(theta: &[f64], x: &Array2<f64>) -> (Vec<Vec<f64>>, Vec<f64>) {
    let [inputs, hidden, classes] = WIDTHS;
    let (w0, rest) = theta.split_at(inputs * hidden);
    let (b0, rest) = rest.split_at(hidden);
    let (w1, b1) = rest.split_at(hidden * classes);
    let row = |n: usize| -> Vec<f64> {
        let a: Vec<f64> = (0..hidden)
            .map(|j| (b0[j] + (0..inputs).map(|i| w0[j * inputs + i] * x[[n, i]]).sum::<f64>()).tanh())
            .collect();
        (0..classes).map(|k| (0..hidden).map(|j| w1[k * hidden + j] * a[j]).sum()).collect()
    };
    ((0..x.nrows()).map(row).collect(), b1.to_vec())
}

fn moments(u: &[Vec<f64>], k: usize) -> (f64, f64) {
    let n = u.len() as f64;
    let mean = u.iter().map(|row| row[k]).sum::<f64>() / n;
    (mean, u.iter().map(|row| (row[k] - mean).powi(2)).sum::<f64>() / n)
}

fn cross_entropy(z: &[Vec<f64>], classes: &[usize]) -> f64 {
    let nll = |z: &Vec<f64>, class: usize| z.iter().map(|z| z.exp()).sum::<f64>().ln() - z[class];
    z.iter().zip(classes).map(|(z, &class)| nll(z, class)).sum::<f64>() / z.len() as f64
}

fn objective(form: LogitRegularization, theta: &[f64], x: &Array2<f64>, classes: &[usize]) -> f64 {
    let (u, b) = outputs(theta, x);
    let eta: Vec<Vec<f64>> = u.iter().map(|u| u.iter().zip(&b).map(|(u, b)| u + b).collect()).collect();
    match form {
        LogitRegularization::None => cross_entropy(&eta, classes),
        LogitRegularization::Penalty { weight } => {
            let squares: f64 = eta.concat().iter().map(|z| z * z).sum();
            cross_entropy(&eta, classes) + weight * 0.5 * squares / eta.len() as f64
        }
        LogitRegularization::BatchNorm { scale, epsilon, .. } => {
            let statistics: Vec<(f64, f64)> = (0..b.len()).map(|k| moments(&u, k)).collect();
            let z: Vec<Vec<f64>> = u
                .iter()
                .map(|u| {
                    (0..b.len())
                        .map(|k| scale * (u[k] - statistics[k].0) / (statistics[k].1 + epsilon).sqrt() + b[k])
                        .collect()
                })
                .collect();
            cross_entropy(&z, classes)
        }
    }
}

fn forms() -> [LogitRegularization; 5] {
    [
        LogitRegularization::None,
        LogitRegularization::Penalty { weight: 0.3 },
        LogitRegularization::penalty(),
        LogitRegularization::batch_norm(),
        LogitRegularization::BatchNorm { scale: 0.7, epsilon: 0.5, decay: 0.5 },
    ]
}

#[test]
fn gradients_are_those_of_the_objective() {
    let (network, x, classes) = problem();
    let theta = network.parameters().to_vec();
    let lin = network.linearize(&Categorical, &x, &Labels::classes(&classes).unwrap()).unwrap();
    let mut seen: Vec<Vec<f64>> = Vec::new();
    for form in forms() {
        let step = LogitLayer::new(form, &network).unwrap().step(&network, &lin).unwrap();
        assert!((step.objective - objective(form, &theta, &x, &classes)).abs() < 1e-14, "{form:?}");
        let differences: Vec<f64> = (0..theta.len())
            .map(|i| {
                let at = |h: f64| {
                    let mut moved = theta.clone();
                    moved[i] += h;
                    objective(form, &moved, &x, &classes)
                };
                // Of sixth order: at h = 4e-3 the error is 3e-10 where a batch is normalised, here 4⁻⁶ of it; rounding is 1e-16/h.
                let h = 1e-3;
                let slope = |m: f64| (at(m * h) - at(-m * h)) / (2.0 * m * h);
                1.5 * slope(1.0) - 0.6 * slope(2.0) + 0.1 * slope(3.0)
            })
            .collect();
        let off = distance(step.gradient.as_slice().unwrap(), &differences);
        println!("{form:?}: {off:e}");
        assert!(off < 1e-11, "{form:?}: {off:e}");
        assert!(seen.iter().all(|other| distance(other, &differences) > 1e-4));
        seen.push(differences);
    }
}

fn training(form: LogitRegularization, batch: usize) -> Training<f64> {
    let (network, x, classes) = problem();
    let y = Labels::classes(&classes).unwrap();
    let batches = Batches::new(batch, 3).unwrap();
    Training::new(network, Arc::new(Categorical), x, y, batches).unwrap().with_logits(form).unwrap()
}

fn sgd(learning_rate: f64) -> Box<dyn Optimizer<f64>> {
    let network = problem().0;
    Box::new(Sgd { learning_rate, ..Sgd::default() }.build(network.layout().clone()).unwrap())
}

#[test]
fn a_training_step_takes_the_gradient_of_the_objective() {
    for form in forms() {
        let mut run = training(form, DATA);
        let before = run.network().parameters();
        let lin = run.network().linearize(&Categorical, run.inputs(), run.labels()).unwrap();
        let step = run.logits().step(run.network(), &lin).unwrap();
        let seen = run.step(&mut sgd(0.25)).unwrap();
        let moved = (before - run.network().parameters()) / 0.25;
        // The data come in another order.
        assert!(distance(moved.as_slice().unwrap(), step.gradient.as_slice().unwrap()) < 1e-14);
        assert!((seen.loss - step.loss).abs() < 1e-14);
    }
    // A penalty of weight 0 is no penalty, to the last bit.
    let (mut plain, mut zero) =
        (training(LogitRegularization::None, 4), training(LogitRegularization::Penalty { weight: 0.0 }, 4));
    for _ in 0..10 {
        assert_eq!(plain.step(&mut sgd(0.5)).unwrap(), zero.step(&mut sgd(0.5)).unwrap());
    }
    assert_eq!(plain.network(), zero.network());
    assert_eq!(&plain.evaluation_network().unwrap(), plain.network());
}

#[test]
fn the_network_to_evaluate_with_has_the_running_statistics() {
    let form = LogitRegularization::BatchNorm { scale: 2.5, epsilon: 1e-3, decay: 0.9 };
    let mut run = training(form, 4);
    let batches = Batches::new(4, 3).unwrap();
    let (mut mean, mut variance) = (vec![0.0; 7], vec![1.0; 7]);
    for epoch in 0..4 {
        for rows in batches.epoch(DATA, epoch) {
            let theta = run.network().parameters().to_vec();
            let (u, _) = outputs(&theta, &run.inputs().select(natgrad::ndarray::Axis(0), &rows));
            for k in 0..7 {
                let (m, v) = moments(&u, k);
                mean[k] = 0.9 * mean[k] + 0.1 * m;
                variance[k] = 0.9 * variance[k] + 0.1 * v;
            }
            run.step(&mut sgd(0.3)).unwrap();
        }
    }
    let (u, b) = outputs(run.network().parameters().as_slice().unwrap(), run.inputs());
    let expected: Vec<f64> = u
        .iter()
        .flat_map(|u| {
            (0..7).map(|k| 2.5 * (u[k] - mean[k]) / (variance[k] + 1e-3).sqrt() + b[k]).collect::<Vec<_>>()
        })
        .collect();
    let found = run.evaluation_network().unwrap().forward(run.inputs()).unwrap();
    assert!(distance(found.as_slice().unwrap(), &expected) < 1e-13);
    assert!(
        distance(found.as_slice().unwrap(), run.network().forward(run.inputs()).unwrap().as_slice().unwrap())
            > 0.1
    );
}

#[test]
fn at_rest_the_running_statistics_become_those_of_the_batch() {
    // What is left of mean 0 and variance 1 after T steps is 0.9^T of the distance; 0.9^350 = 1e-16.
    let mut run = training(LogitRegularization::batch_norm(), DATA);
    let mut loss = 0.0;
    for _ in 0..350 {
        loss = run.step(&mut sgd(0.0)).unwrap().loss;
    }
    let evaluated = run.evaluation_network().unwrap();
    let there = evaluated.loss(&Categorical, run.inputs(), run.labels()).unwrap();
    assert!((there - loss).abs() < 1e-13, "{there} {loss}");
}

#[test]
fn the_size_of_the_last_weights_does_not_matter_where_epsilon_is_nothing() {
    let (network, x, classes) = problem();
    let form = LogitRegularization::BatchNorm { scale: 2.5, epsilon: 1e-30, decay: 0.9 };
    let mut theta = network.parameters();
    let mut last = theta.slice_mut(natgrad::ndarray::s![20..55]);
    last *= 17.0;
    let scaled = network.with_parameters(theta.view()).unwrap();
    let y = Labels::classes(&classes).unwrap();
    let step = |network: &Network<f64>| {
        let lin = network.linearize(&Categorical, &x, &y).unwrap();
        LogitLayer::new(form, network).unwrap().step(network, &lin).unwrap()
    };
    let (a, b) = (step(&network), step(&scaled));
    assert!((a.loss - b.loss).abs() < 1e-14);
    // Hence the gradient is orthogonal to the weights of every class.
    for k in 0..7 {
        let row = natgrad::ndarray::s![20 + 5 * k..25 + 5 * k];
        assert!(a.gradient.slice(row).dot(&network.parameters().slice(row)).abs() < 1e-15);
    }
}

#[test]
fn single_precision_is_the_same_to_its_rounding() {
    let (network, x, classes) = problem();
    let theta = network.parameters();
    let narrow = Network::<f32>::random(&WIDTHS, Activation::Tanh, 1).unwrap();
    let narrow = narrow.with_parameters(theta.mapv(|w| w as f32).view()).unwrap();
    let lin = narrow
        .linearize(&Categorical, &x.mapv(|x| x as f32), &Labels::<f32>::classes(&classes).unwrap())
        .unwrap();
    let wide = network.linearize(&Categorical, &x, &Labels::classes(&classes).unwrap()).unwrap();
    for form in forms() {
        let a = LogitLayer::new(form, &narrow).unwrap().step(&narrow, &lin).unwrap();
        let b = LogitLayer::new(form, &network).unwrap().step(&network, &wide).unwrap();
        assert!(distance(&a.gradient.mapv(f64::from).to_vec(), &b.gradient.to_vec()) < 2e-6);
    }
}

#[test]
fn unit_vectors_and_normalised_logits_fit_the_labels() {
    let mut run = training(LogitRegularization::batch_norm(), DATA);
    let layout = run.network().layout().clone();
    let settings = NdAdam { learning_rate: 2e-3, single_input: SingleInput::Freeze, ..NdAdam::tensorflow() };
    let mut method: Box<dyn Optimizer<f64>> = Box::new(settings.build(layout).unwrap());
    let first = run.step(&mut method).unwrap().loss;
    let mut last = first;
    for _ in 0..400 {
        last = run.step(&mut method).unwrap().loss;
    }
    println!("{first} to {last}");
    assert!(last < 0.25 * first, "{first} to {last}");
    for row in run.network().layers()[1].weight().rows() {
        assert!((row.dot(&row) - 1.0).abs() < 1e-15);
    }
}

#[test]
fn the_state_is_saved_and_a_failed_step_leaves_it() {
    let mut run = training(LogitRegularization::batch_norm(), 4);
    for _ in 0..5 {
        run.step(&mut sgd(0.3)).unwrap();
    }
    let state = run.logits().state();
    assert_eq!(state.vector("running_mean").unwrap().len(), 7);
    let mut other = LogitLayer::new(LogitRegularization::batch_norm(), run.network()).unwrap();
    assert_ne!(&other, run.logits());
    other.restore(&state).unwrap();
    assert_eq!(&other, run.logits());
    assert!(LogitLayer::new(LogitRegularization::penalty(), run.network()).unwrap().restore(&state).is_err());
    *run.logits_mut() = other;
    let mut diverging = sgd(1e300);
    let kept = loop {
        let kept = run.logits().clone();
        if run.step(&mut diverging).is_err() {
            break kept;
        }
        assert!(run.steps() < 100, "it never fails");
    };
    assert_eq!(&kept, run.logits());
}

#[test]
fn what_cannot_be_is_refused() {
    let (network, ..) = problem();
    let refused = |form| LogitLayer::new(form, &network).unwrap_err().to_string();
    assert!(
        refused(LogitRegularization::Penalty { weight: -1.0 })
            .starts_with("weight of the logits' penalty = -1;")
    );
    let norm = |scale, epsilon, decay| LogitRegularization::BatchNorm { scale, epsilon, decay };
    assert!(refused(norm(0.0, 1e-3, 0.9)).starts_with("scale of the logits = 0;"));
    assert!(refused(norm(f64::INFINITY, 1e-3, 0.9)).starts_with("scale of the logits = inf;"));
    assert!(refused(norm(1.0, 0.0, 0.9)).starts_with("epsilon of the logits = 0;"));
    assert!(refused(norm(1.0, 1e-3, 1.0)).starts_with("decay of the logits' statistics = 1;"));
    let bare = Network::new(vec![Affine::new(Array2::<f64>::ones((2, 3)), None).unwrap()], Activation::Tanh)
        .unwrap();
    let error = LogitLayer::new(LogitRegularization::batch_norm(), &bare).unwrap_err();
    assert!(matches!(error, Error::Unsupported { .. }), "{error}");
    assert!(LogitLayer::new(LogitRegularization::penalty(), &bare).is_ok());
}
