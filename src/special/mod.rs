//! Functions of few variables that keep their digits (private).

mod deviance;
mod log_sum_exp;

#[allow(unused_imports)]
pub(crate) use deviance::{deviance, log1p_minus};
pub(crate) use log_sum_exp::log_sum_exp;
