//! Functions of few variables that keep their digits (private).

mod conway_maxwell_poisson;
mod deviance;
mod exp_remainder;
mod jet;
mod log_series;
mod log_sum_exp;
mod logit;
mod quadrature;
mod stirling;
mod zeta;

pub(crate) use conway_maxwell_poisson::ConwaySum;
pub(crate) use deviance::{deviance, log1p_minus};
pub(crate) use exp_remainder::{exp_remainder, tilt};
pub(crate) use log_series::{log_series, log_series_inverse, log_series_mean_log, sum_of_logs};
pub(crate) use log_sum_exp::log_sum_exp;
pub(crate) use logit::{log_share, logit, sigmoid, softplus};
pub(crate) use quadrature::integrate;
pub(crate) use stirling::{log_choose, log_tosses, poisson_surprise, stirling_error};
pub(crate) use zeta::log_zeta;
