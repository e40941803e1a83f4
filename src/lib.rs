//! **[log-likelihood](likelihood) → [scores](model) → [Fisher](fisher) → [natural direction](solver) →
//! [step](optimizer) → [FAdam](optimizer::FAdam)**, and beside it **[families](family) → [divergences](divergence) →
//! [manifolds](manifold) → [dual connections](connection) → [Riemannian steps](descent)**
//!
//! `natgrad` is a library of information-geometry primitives for people who want to *know* what an approximation
//! of the Fisher information does, and what a natural-gradient step does on the laws themselves. Every closed form is checked
//! against an independent route, a sum, a quadrature, a differential equation or another program, from the centre to the boundary.
//! Its modules are the floors of a house: each is useful without those over it, and every import points down.
//!
//! | floor | holds | if unsure, start with |
//! |---|---|---|
//! | [`error`], [`scalar`], [`linalg`], [`random`], [`operator`] | the foundations | [`Error`] |
//! | [`family`] | exponential families in source, natural and expectation coordinates | [`family::Categorical`] |
//! | [`divergence`] | divergences between discrete laws | [`divergence::KullbackLeibler`] |
//! | [`likelihood`] | losses in output space: value, score, Fisher, labels | [`likelihood::Categorical`] |
//! | [`model`] | parameters and inputs to natural parameters; the factored Jacobian | [`Network`] |
//! | [`manifold`] | Fisher-Rao metric, exponential map, distance, transport, curvature; retractions | [`manifold::Simplex`] |
//! | [`connection`] | α-connections, projections between flat families, stochastic maps | [`connection::AlphaConnection`] |
//! | [`fisher`] | estimators, representations, comparison with the exact matrix | [`fisher::Exact`] |
//! | [`solver`] | F and a gradient to a direction | [`solver::Auto`] |
//! | [`optimizer`] | the natural gradient and K-FAC; Adam to FAdam as choices of stages; methods for matrices and spheres | [`optimizer::AdamW`] |
//! | [`descent`] | Riemannian steps: mirror descent, integrators, minimizers on manifolds | [`descent::ConjugateGradient`] |
//! | [`data`], [`report`] | the workshop: data and formats, tables and pictures | |
//! | [`verify`] | checks of your own gradients, retractions, manifolds, families | [`verify::check_gradient`] |
//! | [`experiment`] | training runs: comparable, tuned by one rule, resumable | [`experiment::Experiment`] |
//! | [`claims`] | the ledger of claims | |
//!
//! ```text
//! F = (1/N) Σ_n J_nᵀ H_n J_n = (1/N) SᵀS,      x₊ = R_x(-h G⁻¹∂f)
//! ```
//!
//! One score matrix S, two independent axes: the *estimator* chooses the rows of S, the *representation* is a view of
//! it. A solver turns F and a gradient into a direction; an optimizer makes steps of it; FAdam is a name for one
//! choice of stages, and with all of its corrections off it is Adam, to the last bit.
//!
//! # A first look
//! ```
//! use natgrad::fisher::{Exact, MonteCarlo, Reference, Sampler};
//! use natgrad::likelihood::Categorical;
//! use natgrad::{Labels, LinearOperator, Network, Solver};
//! use natgrad::{model::Activation, ndarray::array, solver::Cholesky};
//!
//! let network = Network::random(&[2, 3, 3], Activation::Tanh, 7)?;
//! let x = array![[1.0, 0.5], [-0.5, 1.0], [0.25, -1.5], [2.0, -0.25]];
//! let y = Labels::classes(&[0, 2, 1, 0])?;
//!
//! let lin = network.linearize(&Categorical, &x, &y)?;           // loss, gradient, factored Jacobian
//! let exact = lin.scores(&Exact)?.dense()?;                     // the Fisher itself, P × P
//! let direction = Cholesky::damped(0.1).solve(&exact, lin.gradient().view())?.direction;
//!
//! let draws = MonteCarlo { draws: 4, sampler: Sampler::Systematic, seed: 0 };
//! let estimate = lin.scores(&draws)?.dense()?;                  // unbiased, and it knows its error
//! println!("{estimate}: trace {:.4}", estimate.trace()?);
//!
//! let verdict = Reference::new(&exact, lin.gradient().view(), 0.1)?.compare(&estimate)?;
//! assert!(verdict.direction.metric_cosine >= verdict.kantorovich_bound);
//! # assert_eq!(direction.len(), 21);
//! # Ok::<(), natgrad::Error>(())
//! ```
//!
//! Laws themselves are points of a manifold, where a gradient is no direction before the metric has made it one:
//! ```
//! use natgrad::divergence::{Divergence, KullbackLeibler};
//! use natgrad::manifold::{Manifold, Retraction, Simplex, simplex::MultiplicativeRetraction};
//! use natgrad::ndarray::array;
//!
//! let simplex = Simplex::new(3)?;
//! let p = simplex.point(array![0.2, 0.3, 0.5])?;
//! let q = simplex.point(array![0.1, 0.6, 0.3])?;
//! let halfway = simplex.geodesic(&p, &q, 0.5)?;                  // Fisher-Rao
//! assert!((simplex.distance(&p, &halfway)? / simplex.distance(&p, &q)? - 0.5).abs() < 1e-15);
//!
//! let partials = (&p.values() / &q.values()).mapv(f64::ln);      // of KL(·‖q), at p
//! let step = -1.0 * &simplex.gradient(&p, partials)?;            // the natural gradient
//! let arrived = MultiplicativeRetraction.retract(&simplex, &p, &step)?;
//! assert!(KullbackLeibler.of(arrived.values(), q.values())? < 1e-30);   // one step is exact
//! assert!(simplex.exp(&p, &(9.0 * &step)).is_err());             // no reflection
//! # Ok::<(), natgrad::Error>(())
//! ```
//!
//! # Conventions
//! A Fisher is the mean over data, in nats per squared unit of θ; log is natural. θ is flat: layer by layer the weight
//! row-major (out × in), then the bias. "Fisher" alone is the expectation under the model; the score second
//! moment at observed labels is always called empirical. A solver's damping is never a bare number,
//! seeds are always given, and zero is a seed. The geometry of laws is computed in f64: their entries go down to 1e-300. There T is
//! the sufficient statistic, θ, η and λ are natural, expectation and source parameters, and α = -1 is the mixture connection.
//!
//! # Features
//! The default build needs no system library: factorisations and products are faer's. `blas` routes the same
//! calls to BLAS/LAPACK, and the final binary chooses the provider (`openblas-system`, or its own). `cli` builds
//! the command line.

// Foundations

// What can go wrong, with the numbers.
pub mod error;

// The one seam to linear-algebra libraries.
mod backend;

// `f32` or `f64`: the only float bound.
pub mod scalar;

// Uniform argument checks.
mod check;

// Dense linear algebra: thin, checked.
pub mod linalg;

// Random draws that are a function of (seed, purpose, datum, draw).
pub mod random;

// Symmetric positive semidefinite operators v ↦ F v.
pub mod operator;

// Probability

// Functions of one variable that keep their digits.
mod special;

// Exponential families: source, natural and expectation coordinates.
pub mod family;

// Divergences between discrete distributions.
pub mod divergence;

// log-likelihood: losses in output space.
pub mod likelihood;

// Parameters and inputs to natural parameters, with their derivative.
pub mod model;

// Geometry

// Manifolds: metric, exponential map, distance, transport, curvature; retractions.
pub mod manifold;

// Dual connections, and projections between flat families.
pub mod connection;

// scores → Fisher: estimators, representations, comparison.
pub mod fisher;

// Directions and steps

// natural direction: (F + damping)⁻¹ g.
pub mod solver;

// step → FAdam: stages, the methods composed of them, and those that need the model.
pub mod optimizer;

// Riemannian steps: mirror descent, integrators, descent on manifolds.
pub mod descent;

// The workshop beside the house

// Data that ship with the crate, and the formats data come in.
pub mod data;

// Tables, figures, pages.
pub mod report;

// Numerical checks that a user may run on their own functions and manifolds.
pub mod verify;

// Training runs: comparable, tuned by one rule, resumable.
pub mod experiment;

// The ledger: what the papers and their critics say, measured.
pub mod claims;

pub use error::{Error, Result};
pub use likelihood::{Labels, Likelihood};
pub use model::{Linearization, Network, ParameterLayout};
pub use ndarray;
pub use operator::LinearOperator;
pub use optimizer::Optimizer;
pub use scalar::Scalar;
pub use solver::Solver;

/// The name of the linear-algebra backend in this build: `faer` or `blas`.
pub fn backend_name() -> &'static str {
    backend::NAME
}

/// The README's example is compiled and run with the documentation's.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
