//! Fisher information: one score matrix, two independent axes.
//!
//! ```text
//! F = (1/N) Σ_n J_nᵀ H_n J_n = (1/N) SᵀS,    rows of S:  J_nᵀ r
//! ```
//!
//! The *estimator* only chooses the output-space vectors r; the *representation* is only a view of S. Any
//! estimator times any representation is legal, and S is kept in factored form until somebody asks for more.
//!
//! Stands on `model` and `operator`; the solvers see operators, and one that chooses among them the scores.
//!
//! | estimator | r for datum n | what it estimates |
//! |---|---|---|
//! | [`Exact`] | columns of a root of H_n | F (if unsure, use this) |
//! | [`ExactEnumeration`] | √p(y) s(y) for every label y | F, by an independent path |
//! | [`MonteCarlo`] | s(y)/√M at M labels drawn from the model | F, with known variance |
//! | [`CurvaturePropagation`] | R ε/√M at M vectors ε of random signs, R a root of H_n | F, with known variance |
//! | [`Empirical`] | s(y_n) at the observed label | *not* F: the uncentred score covariance |
//! | [`CentredEmpirical`] | the same, its mean row taken off S | *not* F: the score covariance |
//!
//! | representation | from the factors | product costs |
//! |---|---|---|
//! | [`Scores::dense`] | SᵀS/N by a symmetric rank-k update | 2P² |
//! | [`Scores::diagonal`] | Σ (Δ∘Δ)ᵀ(Ā∘Ā)/N | P |
//! | [`Scores::blocks`], [`Scores::unit_blocks`] | the blocks of layers, of units | 2 Σ p_b² |
//! | [`Scores::quasi_diagonal`] | the diagonal, and every bias with its weights | 6P |
//! | [`Scores::kfac`], [`Scores::kfac_with`] | E\[δδᵀ\] ⊗ E\[āāᵀ\] per layer | 2 Σ out·in·(out + in) |
//! | [`Scores::ekfac`] | KFAC's eigenbasis, the scores' own second moments | 4 Σ out·in·(out + in) |
//! | [`Scores::kfoc`] | the Frobenius-nearest Kronecker product | as KFAC |
//! | [`Scores::tkfac`] | Kronecker product with the block's trace | as KFAC |
//! | [`Scores::diagonal_kronecker`] | E\[δ²\] ⊗ E\[ā²\] (AdaFisher) | P |
//! | [`Linearization::forward_only`](crate::Linearization::forward_only) | I ⊗ E\[āāᵀ\], not a Fisher | as KFAC |
//! | [`Scores::gram`] | the dual S Sᵀ/N, without S | about 4NP |
//! | [`Scores::implicit`] | Sᵀ(Sv)/N through the factors, or JᵀRRᵀ(Jv)/N | about 4NP, 8NP |
//!
//! A third road is the Hessian: its mean over drawn labels is unbiased too, but may be indefinite, so it is
//! neither an [`Estimator`] nor an operator that a solver takes.
//!
//! | item | is | it estimates |
//! |---|---|---|
//! | [`Linearization::hessian`](crate::Linearization::hessian) | the Hessian of the loss at the observed labels | *not* F |
//! | [`NegativeHessian`] | the mean Hessian at M labels drawn from the model | F, with known variance |
//! | [`EntryVariances`] | the exact variance of every entry, of either Monte Carlo estimator | |
//!
//! # Example
//! ```
//! use natgrad::{Labels, LinearOperator, Network, fisher::{Exact, ExactEnumeration}, likelihood::Categorical};
//! use natgrad::{model::Activation, ndarray::array};
//! let network = Network::random(&[2, 3, 3], Activation::Tanh, 7)?;
//! let lin = network.linearize(&Categorical, &array![[1.0, 0.5], [-0.5, 1.0]], &Labels::classes(&[0, 2])?)?;
//! let by_root = lin.scores(&Exact)?.dense()?;
//! let by_labels = lin.scores(&ExactEnumeration)?.dense()?;
//! let difference = by_root.to_dense()? - by_labels.to_dense()?;
//! assert!(difference.iter().all(|x: &f64| x.abs() < 1e-14));
//! # Ok::<(), natgrad::Error>(())
//! ```

mod certificate;
mod estimator;
mod form;
mod hessian;
mod products;
mod provenance;
mod representation;
mod sampling;
mod scores;

pub use certificate::{
    Candidate, Comparison, Contest, Diagnosis, DirectionComparison, KlCertificate, Loewner, Reference, Row,
    TrialStep,
};
pub use estimator::{
    CentredEmpirical, CurvaturePropagation, Empirical, Estimator, Exact, ExactEnumeration, MonteCarlo,
    OutputVectors, Root, Sampler,
};
pub use form::{BoxedOperator, Form};
pub use hessian::{EntryVariances, Hessian, NegativeHessian};
pub use provenance::Provenance;
pub(crate) use representation::LayerSums;
pub use representation::{
    Bias, BlockForm, DenseForm, DiagonalForm, DiagonalKroneckerForm, EkfacForm, Fisher, Gram, GramForm,
    Implicit, ImplicitForm, KfacForm, KfocForm, LayerDiagonals, QuasiDiagonalForm, Representation, Route,
    TkfacForm, UnitBlockForm,
};
pub use sampling::{ErrorKind, Estimate, MonteCarloError, MonteCarloPlan, StandardError};
pub use scores::Scores;
