//! Dual connections and projections.

mod alpha_geodesics;
mod alpha_structure;
mod elsewhere;
mod dually_flat;
mod induced;
mod infeasible;
mod markov;
mod projections;
mod support;
