//! **[log-likelihood](likelihood) → [scores](model) → [Fisher](fisher) → [natural direction](solver) →
//! [step](optimizer) → [FAdam](optimizer::FAdam)**
//!
//! `natgrad` is a library of information-geometry primitives for people who want to *know* what an approximation
//! of the Fisher information does. Its modules are the floors of a house: each is useful without those over it, and
//! every import points down.
//!
//! | floor | holds |
//! |---|---|
//! | [`error`], [`scalar`], [`linalg`], [`random`], [`operator`] | the foundations |
//! | [`likelihood`] | losses in output space: value, score, Fisher, labels |
//! | [`model`] | parameters and inputs to natural parameters; the factored Jacobian |
//! | [`fisher`] | estimators, representations, comparison with the exact matrix |
//! | [`solver`] | F and a gradient to a direction |
//! | [`optimizer`] | the natural gradient; SGD, Adam, AdamW, FAdam as choices of stages |
//! | [`data`], [`report`], [`claims`] | the workshop: data and formats, tables and pictures, the ledger of claims |
//!
//! ```text
//! F = (1/N) Σ_n J_nᵀ H_n J_n = (1/N) SᵀS
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
//! # Conventions
//! A Fisher is the mean over data, in nats per squared unit of θ; log is natural. θ is flat: layer by layer the weight
//! row-major (out × in), then the bias. "Fisher" alone is the expectation under the model; the score second
//! moment at observed labels is always called empirical. A solver's damping is never a bare number,
//! seeds are always given, and zero is a seed.
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

// step → FAdam: stages, and the methods composed of them.
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
