//! Exponential families.

mod conway_maxwell_poisson;
pub mod golden;
mod logarithmic_series;
mod zeta;
