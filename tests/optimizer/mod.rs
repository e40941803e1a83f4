//! The optimizer floor.

#![allow(
    clippy::float_cmp,
    reason = "the same operations give the same bits, and rates at powers of two are exact"
)]

mod adafisher;
mod adafactor;
mod algebra;
mod conda;
mod configuration;
mod convergence;
mod decay;
mod deep_linear;
mod diagonal_laws;
mod divergence_limit;
mod every_method;
mod dp_adam_ac;
mod failures;
mod golden_vectors;
mod groups;
mod heavy_tails;
mod inverse_free_shampoo;
mod kronecker;
mod kronecker_recorded;
mod lion;
mod max_variance;
mod named_stages;
mod ekfac;
mod kfac;
mod kfac_recorded;
mod kfac_written_out;
mod layered;
mod natural_descent;
mod recorded;
mod recorded_diagonal;
mod rmsprop_adagrad;
mod root_free;
mod scale;
mod shampoo;
mod soap;
mod tensors;
mod logits;
mod nd_adam;
mod sphere_adam;
mod small_network;
mod schedules;
mod several_tensors;
mod sgld;
mod sophia_g;
mod swan;
mod transcriptions;
mod training;
mod two_level_kfac;

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
