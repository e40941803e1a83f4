//! What the crate promises about its types.

use natgrad::fisher::{
    CentredEmpirical, CurvaturePropagation, Empirical, EntryVariances, Estimate, Exact, ExactEnumeration,
    Fisher, Hessian, Implicit, MonteCarlo, MonteCarloError, MonteCarloPlan, NegativeHessian, Reference,
    Scores,
};
use natgrad::likelihood::{Binomial, Geometric, NegativeBinomial};
use natgrad::ndarray::Array1;
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
    keeps::<(Hessian<f32>, NegativeHessian, EntryVariances)>();
    keeps::<(Binomial, Geometric, NegativeBinomial)>();
    keeps::<Solution<f64>>();
    keeps::<ParameterLayout>();
    keeps::<(Exact, ExactEnumeration, MonteCarlo, Empirical)>();
    keeps::<(Auto, BlockSolver, Eigen, Eigenbasis, KroneckerSolver, Woodbury)>();
    keeps::<(Damping, Pi)>();
    keeps::<(Lanczos, PreconditionedConjugateGradient<Diagonal<f32>>)>();
    keeps::<(Exact, ExactEnumeration, MonteCarlo, Empirical, CentredEmpirical, CurvaturePropagation)>();
    keeps::<(Estimate, Estimate<Array1<f64>>, MonteCarloError, MonteCarloPlan)>();
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
