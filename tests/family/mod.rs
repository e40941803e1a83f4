//! Exponential families.

mod charts;
pub mod dual;
mod extremes;
mod known;
mod laws;
mod limits;
pub mod table;
mod waiting;
