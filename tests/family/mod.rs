//! Exponential families.

#![allow(clippy::float_cmp, reason = "whole numbers, zeros and infinities come back exactly")]

mod affinity;
mod charts;
pub mod dual;
mod extremes;
mod finite;
mod known;
mod laws;
mod limits;
mod refusals;
mod sampling;
pub mod table;
mod twin;
mod waiting;
