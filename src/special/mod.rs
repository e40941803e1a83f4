//! Functions of few variables that keep their digits (private).

mod deviance;
mod exp_remainder;
mod log_sum_exp;
mod logit;
mod stirling;

#[allow(unused_imports)]
pub(crate) use deviance::{deviance, log1p_minus};
pub(crate) use exp_remainder::{exp_remainder, tilt};
pub(crate) use log_sum_exp::log_sum_exp;
pub(crate) use logit::{log_share, logit, sigmoid, softplus};
pub(crate) use stirling::{log_choose, log_tosses, poisson_surprise, stirling_error};
