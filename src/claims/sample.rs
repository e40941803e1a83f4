//! Random inputs of the claims, all from counter-based streams.

use crate::random::{Purpose, Streams, Uniforms};
use ndarray::{Array1, Array2};
use rand_distr::{Distribution, StandardNormal};

/// Random directions: a function of (seed, number) alone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Directions(Streams);

impl Directions {
    pub(crate) fn new(seed: u64) -> Self {
        Directions(Streams::new(seed, Purpose::Directions))
    }

    /// Direction `k`: standard normal entries.
    pub(crate) fn normal(&self, k: usize, order: usize) -> Array1<f64> {
        let mut generator = self.0.generator(k as u64);
        Array1::from_shape_simple_fn(order, || StandardNormal.sample(&mut generator))
    }
}

/// A sequence of gradients, steps × order: random signs, sizes uniform in the logarithm between 10^low and
/// 10^high.
pub(crate) fn gradients(seed: u64, stream: u64, shape: (usize, usize), low: f64, high: f64) -> Array2<f64> {
    let mut uniforms = Streams::new(seed, Purpose::Data).uniforms(stream);
    Array2::from_shape_simple_fn(shape, || {
        sign(&mut uniforms) * 10f64.powf(low + (high - low) * next(&mut uniforms))
    })
}

/// Random signs, steps × order.
pub(crate) fn signs(seed: u64, stream: u64, shape: (usize, usize)) -> Array2<f64> {
    let mut uniforms = Streams::new(seed, Purpose::Data).uniforms(stream);
    Array2::from_shape_simple_fn(shape, || sign(&mut uniforms))
}

fn sign(uniforms: &mut Uniforms) -> f64 {
    if next(uniforms) < 0.5 { -1.0 } else { 1.0 }
}

/// The streams never end.
fn next(uniforms: &mut Uniforms) -> f64 {
    uniforms.next().unwrap_or(0.5)
}
