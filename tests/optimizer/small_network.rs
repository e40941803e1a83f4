//! A small network with its data, and its derivatives by plain loops.

use crate::support::Stream;
use natgrad::likelihood::{Categorical, Likelihood};
use natgrad::model::{Activation, Affine};
use natgrad::ndarray::{Array1, Array2, Axis};
use natgrad::optimizer::{Method, MethodSettings, Minibatch, OptimizerConfig};
use natgrad::{Labels, Network, Scalar};
use std::sync::Arc;

/// Widths that are distinct primes, the second layer without a bias, tanh between, a categorical label.
pub const WIDTHS: [usize; 4] = [2, 5, 7, 3];
pub const BIAS: [bool; 3] = [true, false, true];

/// A network of these widths at random parameters that `f32` holds exactly.
pub fn network<T: Scalar>(seed: u64) -> Network<T> {
    let mut stream = Stream(seed);
    let layers = (0..3).map(|l| {
        let weight = Array2::from_shape_simple_fn((WIDTHS[l + 1], WIDTHS[l]), || T::of(stream.dyadic()));
        let bias = BIAS[l].then(|| Array1::from_shape_simple_fn(WIDTHS[l + 1], || T::of(stream.dyadic())));
        Affine::new(weight, bias).unwrap()
    });
    Network::new(layers.collect(), Activation::Tanh).unwrap()
}

/// N inputs and classes.
pub fn data<T: Scalar>(count: usize, seed: u64) -> (Array2<T>, Labels<T>) {
    let mut stream = Stream(seed);
    let x = Array2::from_shape_simple_fn((count, WIDTHS[0]), || T::of(2.0 * stream.dyadic()));
    let classes: Vec<usize> = (0..count).map(|_| (stream.bits() % 3) as usize).collect();
    (x, Labels::classes(&classes).unwrap())
}

/// Steps of a method on batches of rows of the data; every θ, the first included.
pub fn train<T: Scalar>(
    method: &mut dyn Method<T>,
    network: &Network<T>,
    likelihood: &Arc<dyn Likelihood<T>>,
    (x, y): &(Array2<T>, Labels<T>),
    batches: &[Vec<usize>],
) -> Vec<Array1<T>> {
    let mut theta = network.parameters();
    method.prepare(&mut theta).unwrap();
    let mut path = vec![theta.clone()];
    for rows in batches {
        let here = network.with_parameters(theta.view()).unwrap();
        let (x, y) = (x.select(Axis(0), rows), Labels::new(y.values().select(Axis(0), rows)).unwrap());
        let ids: Vec<u64> = rows.iter().map(|&row| row as u64).collect();
        let batch = Minibatch::new(&here, likelihood, &x, &y, &ids).unwrap();
        method.step(&mut theta, &batch).unwrap();
        path.push(theta.clone());
    }
    path
}

/// The categorical likelihood, shared.
pub fn categorical<T: Scalar>() -> Arc<dyn Likelihood<T>> {
    Arc::new(Categorical)
}

/// Batches of 5, 6, 7, 5, … rows out of 11.
pub fn batches(count: usize) -> Vec<Vec<usize>> {
    (0..count).map(|t| (0..5 + t % 3).map(|k| (t * 4 + k) % 11).collect()).collect()
}

/// The method of a TOML text for a network.
pub fn method<T: Scalar>(text: &str, network: &Network<T>) -> Box<dyn Method<T>> {
    OptimizerConfig::from_toml(text).unwrap().method(network.layout().clone()).unwrap()
}

/// What one layer saw of one batch, as the derivatives need it.
pub struct Seen {
    /// ā of every datum.
    pub inputs: Vec<Vec<f64>>,
    /// Derivatives of every datum's own loss by the outputs of the layer.
    pub deltas: Vec<Vec<f64>>,
}

/// Forward and back by loops: per layer inputs and δ, and the gradient of the mean loss in the order of θ.
pub fn by_loops(theta: &[f64], x: &Array2<f64>, classes: &[usize]) -> (Vec<Seen>, Vec<f64>) {
    let mut seen: Vec<Seen> = (0..3).map(|_| Seen { inputs: vec![], deltas: vec![] }).collect();
    let mut offsets = vec![0];
    for l in 0..3 {
        offsets.push(offsets[l] + WIDTHS[l + 1] * (WIDTHS[l] + usize::from(BIAS[l])));
    }
    let mut gradient = vec![0.0; offsets[3]];
    for (n, &class) in classes.iter().enumerate() {
        let mut activations = vec![x.row(n).to_vec()];
        for l in 0..3 {
            let z: Vec<f64> = (0..WIDTHS[l + 1])
                .map(|o| {
                    let weights =
                        (0..WIDTHS[l]).map(|i| theta[offsets[l] + o * WIDTHS[l] + i] * activations[l][i]);
                    let bias = if BIAS[l] { theta[offsets[l] + WIDTHS[l + 1] * WIDTHS[l] + o] } else { 0.0 };
                    weights.sum::<f64>() + bias
                })
                .collect();
            activations.push(if l == 2 { z } else { z.iter().map(|z| z.tanh()).collect() });
        }
        let total: f64 = activations[3].iter().map(|z| z.exp()).sum();
        let mut delta: Vec<f64> =
            (0..3).map(|c| activations[3][c].exp() / total - f64::from(u8::from(c == class))).collect();
        for l in (0..3).rev() {
            let mut inputs = activations[l].clone();
            for o in 0..WIDTHS[l + 1] {
                for i in 0..WIDTHS[l] {
                    gradient[offsets[l] + o * WIDTHS[l] + i] += delta[o] * inputs[i] / classes.len() as f64;
                }
                if BIAS[l] {
                    gradient[offsets[l] + WIDTHS[l + 1] * WIDTHS[l] + o] += delta[o] / classes.len() as f64;
                }
            }
            let below: Vec<f64> = (0..WIDTHS[l])
                .map(|i| {
                    let sum: f64 =
                        (0..WIDTHS[l + 1]).map(|o| delta[o] * theta[offsets[l] + o * WIDTHS[l] + i]).sum();
                    sum * (1.0 - inputs[i] * inputs[i])
                })
                .collect();
            if BIAS[l] {
                inputs.push(1.0);
            }
            seen[l].inputs.push(inputs);
            seen[l].deltas.push(std::mem::replace(&mut delta, below));
        }
    }
    (seen, gradient)
}

/// A restored run goes on to the same bits, and every option of the method survives a file.
pub fn goes_on_after_a_restore(text: &str) {
    let (network, likelihood, data) = (network::<f64>(3), categorical(), data(11, 4));
    let batches = batches(9);
    let whole = train(method(text, &network).as_mut(), &network, &likelihood, &data, &batches);
    let mut first = method(text, &network);
    let half = train(first.as_mut(), &network, &likelihood, &data, &batches[..4]);
    let mut second = method(text, &network);
    let (state, here) = (first.state(), network.with_parameters(half[4].view()).unwrap());
    second.restore(&state).unwrap();
    assert_eq!((second.steps(), second.state()), (4, state));
    let rest = train(second.as_mut(), &here, &likelihood, &data, &batches[4..]);
    assert_eq!(rest[5], whole[9]);
    let config = OptimizerConfig::from_toml(text).unwrap();
    assert_eq!(OptimizerConfig::from_toml(&config.to_toml()).unwrap(), config);
    assert!(MethodSettings::NAMES.contains(&config.name()));
}
