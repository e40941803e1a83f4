//! Manifolds.

mod simplex;
