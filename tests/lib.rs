//! The test suite: one binary that mirrors the floors of the crate.

#[macro_use]
mod support;

mod errors;
mod likelihood;
mod linalg;
mod model;
mod operator;
mod random;
mod solver;
