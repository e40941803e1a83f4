//! What the crate promises about its types.

use natgrad::fisher::{Empirical, Exact, ExactEnumeration, Fisher, Implicit, MonteCarlo, Reference, Scores};
use natgrad::operator::{Damped, Dense, Diagonal};
use natgrad::optimizer::{Adam, FAdam, OptimizerConfig};
use natgrad::solver::{
    Auto, BlockSolver, Cholesky, ConjugateGradient, Damping, DiagonalPower, Eigen, Eigenbasis,
    KroneckerSolver, Lanczos, Pi, PreconditionedConjugateGradient, Solution, Woodbury,
};
use natgrad::{Error, Labels, Linearization, Network, ParameterLayout};

/// Owned, sendable, printable, and free of lifetimes: what a notebook needs to keep a value between cells.
fn keeps<T: Clone + std::fmt::Debug + Send + Sync + 'static>() {}

#[test]
fn every_result_is_owned_cloneable_and_sendable() {
    keeps::<Network<f64>>();
    keeps::<Linearization<f32>>();
    keeps::<Labels<f64>>();
    keeps::<Scores<f64>>();
    keeps::<Fisher<Dense<f64>>>();
    keeps::<Fisher<Diagonal<f32>>>();
    keeps::<Fisher<Implicit<f64>>>();
    keeps::<Reference<f64>>();
    keeps::<Solution<f64>>();
    keeps::<ParameterLayout>();
    keeps::<(Exact, ExactEnumeration, MonteCarlo, Empirical)>();
    keeps::<(Auto, BlockSolver, Eigen, Eigenbasis, KroneckerSolver, Woodbury)>();
    keeps::<(Damping, Pi)>();
    keeps::<(Lanczos, PreconditionedConjugateGradient<Diagonal<f32>>)>();
    keeps::<(Cholesky, ConjugateGradient, DiagonalPower, Damped<Dense<f64>, f64>)>();
    keeps::<(Adam, FAdam, OptimizerConfig)>();
}

#[test]
fn the_error_is_one_small_sendable_enum() {
    fn error<T: std::error::Error + Clone + PartialEq + Send + Sync + 'static>() {}
    error::<Error>();
    assert!(size_of::<Error>() <= 72, "{} bytes", size_of::<Error>());
}

#[test]
fn the_crate_names_its_backend() {
    let expected = if cfg!(feature = "blas") { "blas" } else { "faer" };
    assert_eq!(natgrad::backend_name(), expected);
}
