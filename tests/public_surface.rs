//! What the crate promises about its types.

use natgrad::connection::{
    AlphaConnection, AlphaGeodesic, DuallyFlat, Induced, Marginal, MarkovEmbedding, MarkovMap, Projection,
    Pythagoras,
};
use natgrad::data::Checkpoint;
use natgrad::descent::{self, Criterion, GradientDescent, Integrator, Lbfgs, Momentum, Newton, TrustRegion};
use natgrad::divergence::{self, KullbackLeibler};
use natgrad::experiment::{self, Experiment};
use natgrad::family::{self, Categorical, FiniteSupport};
use natgrad::fisher::{
    CentredEmpirical, CurvaturePropagation, Empirical, EntryVariances, Estimate, Exact, ExactEnumeration,
    Fisher, Hessian, Implicit, MonteCarlo, MonteCarloError, MonteCarloPlan, NegativeHessian, Reference,
    Scores,
};
use natgrad::likelihood::{Binomial, Geometric, NegativeBinomial};
use natgrad::manifold::{self, Cotangent, HalfPlane, Point, Product, Simplex, Tangent, arc, simplex};
use natgrad::ndarray::Array1;
use natgrad::operator::{Damped, Dense, Diagonal};
use natgrad::optimizer::{AdaFisher, AdaFisherW, FactoredAdam};
use natgrad::optimizer::{Adam, FAdam, OptimizerConfig};
use natgrad::optimizer::{ClippedNewton, SophiaG};
use natgrad::optimizer::{Conda, LogitLayer, LogitRegularization, NdAdam, SphereAdam, Swan};
use natgrad::optimizer::{
    DescentRule, Ekfac, EkfacCurvature, Kfac, KfacCurvature, KroneckerDescent, NaturalDescent,
    TwoLevelCurvature, TwoLevelKfac,
};
use natgrad::optimizer::{DpAdamAc, PrivateAdam};
use natgrad::optimizer::{GradientNoise, Langevin, Sgld};
use natgrad::optimizer::{InverseFreeShampoo, InverseFreeShampooRule, PerTensor};
use natgrad::optimizer::{Shampoo, ShampooRule, Soap, SoapRule};
use natgrad::optimizer::{TensorGroup, stage::Schedule};
use natgrad::solver::{
    Auto, BlockSolver, Cholesky, ConjugateGradient, Damping, DiagonalPower, Eigen, Eigenbasis,
    KroneckerSolver, Lanczos, Pi, PreconditionedConjugateGradient, Solution, Woodbury,
};
use natgrad::verify;
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
    keeps::<(Experiment, experiment::Runs, experiment::Tuned, experiment::Store, Checkpoint)>();
    keeps::<(Schedule, TensorGroup)>();
    keeps::<(Kfac, Ekfac, TwoLevelKfac, NaturalDescent, DescentRule)>();
    keeps::<(KfacCurvature, EkfacCurvature, TwoLevelCurvature, KroneckerDescent<f32, KfacCurvature>)>();
    keeps::<(Shampoo, Soap, InverseFreeShampoo, InverseFreeShampooRule)>();
    keeps::<(PerTensor<f64, ShampooRule>, PerTensor<f32, SoapRule>)>();
    keeps::<(AdaFisher, AdaFisherW, FactoredAdam<f32>)>();
    keeps::<(SophiaG, ClippedNewton<f32>)>();
    keeps::<(Sgld, Langevin<f32>, GradientNoise<f32>)>();
    keeps::<(DpAdamAc, PrivateAdam<f32>)>();
    keeps::<(NdAdam, SphereAdam, Swan, Conda)>();
    keeps::<(LogitLayer<f32>, LogitRegularization)>();
}

#[test]
fn families_and_divergences_are_values() {
    keeps::<(family::Bernoulli, family::Binomial, Categorical, family::Multinomial, family::Poisson)>();
    keeps::<(family::GeometricFailures, family::GeometricTrials, family::NegativeBinomial)>();
    keeps::<(family::LogarithmicSeries, family::Zeta, family::ConwayMaxwellPoisson)>();
    keeps::<(family::Normal, FiniteSupport)>();
    keeps::<(family::Source, family::Natural, family::Expectation, family::ChernoffPoint)>();
    keeps::<(KullbackLeibler, divergence::Swapped<KullbackLeibler>, divergence::Jeffreys)>();
    keeps::<(divergence::JensenShannon, divergence::SquaredHellinger, divergence::Bhattacharyya)>();
    keeps::<(divergence::TotalVariation, divergence::PearsonChiSquare, divergence::NeymanChiSquare)>();
    keeps::<(divergence::AlphaDivergence, divergence::Renyi, divergence::Tsallis)>();
    keeps::<(divergence::Chernoff, divergence::ChernoffOptimum, divergence::Jet)>();
}

#[test]
fn manifolds_and_what_moves_on_them_are_values() {
    keeps::<(Simplex, HalfPlane, manifold::GeodesicShape, manifold::Euclidean, Product<Simplex>)>();
    keeps::<(manifold::Curve<arc::Poisson>, manifold::Curve<arc::Binomial>, arc::NegativeBinomial)>();
    keeps::<(arc::Straight, arc::Logarithmic, manifold::FamilyCurve<family::Zeta>, manifold::End)>();
    keeps::<manifold::FamilyManifold<Categorical>>();
    keeps::<(Point, Tangent, Cotangent, manifold::Order)>();
    keeps::<(manifold::Exponential, manifold::Linear, manifold::QuadraticCorrection)>();
    keeps::<(manifold::LeviCivita, manifold::Factorwise<manifold::Exponential>)>();
    keeps::<(simplex::MixtureRetraction, simplex::MultiplicativeRetraction, simplex::AverageRetraction)>();
    keeps::<(simplex::ProjectionRetraction, simplex::QuadraticRetraction)>();
    keeps::<(simplex::NaturalQuadraticRetraction, manifold::FrechetMean)>();
    keeps::<(simplex::MixtureTransport, simplex::MultiplicativeTransport)>();
    keeps::<(simplex::AverageTransport, simplex::ProjectionTransport)>();
    keeps::<(simplex::DropLast, simplex::LogRatios, simplex::RedundantLogits, simplex::Logits)>();
    keeps::<(AlphaConnection, AlphaGeodesic, DuallyFlat, Induced<KullbackLeibler>)>();
    keeps::<(Marginal, MarkovMap, MarkovEmbedding, Projection, Pythagoras)>();
    keeps::<(GradientDescent, Momentum, descent::RiemannianAdam, descent::ConjugateGradient)>();
    keeps::<(Lbfgs, TrustRegion, Newton, Integrator, descent::Invariance, descent::Hessian)>();
    keeps::<(Criterion, descent::Report, descent::Record, descent::Stop, descent::Failure)>();
    keeps::<(descent::StepRule, descent::Armijo, descent::StrongWolfe, descent::StepLength)>();
    keeps::<(descent::NaturalStep, descent::ConjugateRule, descent::MomentumKind, descent::FamilyCoordinate)>(
    );
    keeps::<(verify::Report, verify::Curve, verify::Law, verify::Sweep, verify::Verdict)>();
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
