//! The optimizer floor.

mod algebra;
mod conda;
mod configuration;
mod convergence;
mod decay;
mod divergence_limit;
mod failures;
mod golden_vectors;
mod heavy_tails;
mod logits;
mod nd_adam;
mod recorded;
mod scale;
mod sphere_adam;
mod swan;
mod transcriptions;
mod training;

use natgrad::ndarray::{Array1, Array2};
use natgrad::optimizer::{DiagonalNaturalGradient, FAdam, Optimizer, replay};
use natgrad::{ParameterLayout, Scalar};

/// One tensor of P entries.
fn flat(dim: usize) -> ParameterLayout {
    ParameterLayout::flat(dim).unwrap()
}

fn start(fadam: FAdam, dim: usize) -> DiagonalNaturalGradient<f64> {
    fadam.build(flat(dim)).unwrap()
}

fn run<T: Scalar>(optimizer: &mut dyn Optimizer<T>, theta0: &[T], gradients: &[Vec<T>]) -> Vec<Vec<T>> {
    let rows: Vec<T> = gradients.concat();
    let rows = Array2::from_shape_vec((gradients.len(), theta0.len()), rows).unwrap();
    let path = replay(optimizer, Array1::from(theta0.to_vec()), rows.view()).unwrap();
    path.rows().into_iter().map(|row| row.to_vec()).collect()
}

/// A named part of the state.
fn state(optimizer: &dyn Optimizer<f64>, name: &str) -> Vec<f64> {
    optimizer.state().vector(name).unwrap().to_vec()
}

/// FAdam with everything off that is not the natural direction: p = ½, no ε, no clip, no decay, no memory in m.
fn direction_only() -> FAdam {
    FAdam {
        learning_rate: 1.0,
        beta1: 0.0,
        clip: f64::INFINITY,
        weight_decay: 0.0,
        epsilon: 0.0,
        ..FAdam::paper()
    }
}
