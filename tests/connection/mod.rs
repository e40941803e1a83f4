//! Dual connections and projections.

mod alpha_geodesics;
mod alpha_structure;
mod elsewhere;
mod induced;
mod markov;
mod projections;
mod support;
