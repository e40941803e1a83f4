//! The `fisher` floor: estimators, representations, and what `model` and `likelihood` feed into them.
//!
//! Known answers come by another route than the library's: printed goldens, 80-digit files, triple loops,
//! forward passes written here, and closed forms of variances. Conventions: the matrix is the mean over the
//! data; θ holds the weight row-major, then the bias, layer by layer.

pub mod cases;
mod certificate_limits;
mod certificates;
mod counts;
mod entry_variances;
mod error_bars;
mod every_form;
mod exactness;
mod failures;
mod form_symmetries;
mod golden;
mod hessian;
mod invariance;
mod kl;
mod kronecker_laws;
mod laws;
mod mixed_outputs;
mod monte_carlo;
mod plans;
mod posterior_samples;
mod printed_representations;
mod probes;
mod routes;
mod samplers;
mod score_twin;
pub mod support;
mod trial_step;
