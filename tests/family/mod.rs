//! Exponential families.

mod conway_maxwell_poisson;
pub mod golden;
mod logarithmic_series;
mod zeta;
mod charts;
pub mod dual;
mod extremes;
mod known;
mod laws;
mod limits;
pub mod table;
mod waiting;
