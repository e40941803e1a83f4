//! Manifolds.

mod precision;
mod simplex;
