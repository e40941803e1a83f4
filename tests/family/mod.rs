//! Exponential families.

mod charts;
mod conway_maxwell_poisson;
pub mod dual;
mod extremes;
pub mod golden;
mod known;
mod laws;
mod limits;
mod logarithmic_series;
pub mod table;
mod waiting;
mod zeta;
