//! The `fisher` floor: estimators, representations, and what `model` and `likelihood` feed into them.
//!
//! Known answers come by another route than the library's: printed goldens, 80-digit files, triple loops,
//! forward passes written here, and closed forms of variances. Conventions: the matrix is the mean over the
//! data; θ holds the weight row-major, then the bias, layer by layer.

pub mod cases;
mod counts;
mod entry_variances;
mod error_bars;
mod exactness;
mod failures;
mod golden;
mod hessian;
mod invariance;
mod kl;
mod laws;
mod mixed_outputs;
mod monte_carlo;
mod plans;
mod printed_representations;
mod probes;
mod routes;
mod samplers;
pub mod support;
mod trial_step;
