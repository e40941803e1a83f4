//! Manifolds.

mod charts;
mod elsewhere;
mod laws;
mod orders;
mod precision;
mod simplex;
