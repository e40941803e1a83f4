//! Exponential families.

#![allow(clippy::float_cmp, reason = "whole numbers, zeros and infinities come back exactly")]

mod affinity;
mod charts;
mod conway_maxwell_poisson;
pub mod dual;
mod elsewhere;
mod extremes;
pub mod golden;
mod known;
mod laws;
mod limits;
mod logarithmic_series;
mod finite;
mod quadratures;
mod rare;
mod refusals;
mod sampling;
pub mod table;
mod twin;
mod waiting;
mod zeta;
