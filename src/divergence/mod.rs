//! Divergences between discrete laws, in nats.
//!
//! ```text
//! D(first ‖ second) ≥ 0, zero only for equal laws;   D(p ‖ p + v) = ½ g(v, v) + O(v³)
//! ```
//!
//! Laws are vectors of the *closed* simplex: zeros are allowed, 0 ln 0 = 0, and the value is infinite where mathematics says so. The
//! logarithm is natural ([`bits`] converts). The order of the arguments is that of the formulas: p is the first, q the second.
//!
//! | divergence | formula | metric | connection ∇^(α) |
//! |---|---|---|---|
//! | [`KullbackLeibler`] (if unsure) | Σ p ln(p/q) | g | -1 |
//! | [`Swapped`] | the same of the arguments exchanged | that of D | -α |
//! | [`Jeffreys`] | Σ (p-q) ln(p/q) | 2g | 0 |
//! | [`JensenShannon`] | w KL(p‖m) + (1-w) KL(q‖m), m = wp + (1-w)q | w(1-w) g | 2w-1 |
//! | [`SquaredHellinger`] | ½ Σ (√p-√q)² | g/4 | 0 |
//! | [`Bhattacharyya`] | -ln Σ √(pq) | g/4 | 0 |
//! | [`TotalVariation`] | ½ Σ abs(p-q) | none | none |
//! | [`PearsonChiSquare`] | Σ (p-q)²/q | 2g | -3 |
//! | [`NeymanChiSquare`] | Σ (p-q)²/p | 2g | 3 |
//! | [`AlphaDivergence`] | 4/(1-α²) (1 - Σ p^{(1-α)/2} q^{(1+α)/2}) | g | α |
//! | [`Renyi`] | ln(Σ p^a q^{1-a})/(a-1) | a g | 1-2a |
//! | [`Tsallis`] | (Σ p^a q^{1-a} - 1)/(a-1) | a g | 1-2a |
//! | [`Chernoff`] | max_a -ln Σ p^a q^{1-a} | g/4 | 0 |
//! | [`FDivergence`] | Σ p f(q/p) | `f''(1) g` | `3 + 2f'''(1)/f''(1)` |
//! | [`Bregman`] | F(x) - F(y) - ⟨∇F(y), x-y⟩ | ∇²F | flat in x |
//!
//! g is the metric of Fisher and Rao. All but the last contract under stochastic maps. Beside them: [`entropy`], [`cross_entropy`].
//!
//! Every one keeps its digits however close the laws are: at q = p(1 + 1e-12·noise) the relative error is some 1e-15, where the
//! textbook sums have no digit.

mod alpha;
mod bregman;
mod chernoff;
mod chi_square;
mod entropy;
mod f_divergence;
mod hellinger;
mod jeffreys;
mod jensen_shannon;
mod jet;
mod kullback_leibler;
mod laws;
mod number;
mod power;
mod quadrature;
mod renyi;
mod total_variation;

pub use alpha::AlphaDivergence;
pub use bregman::{Bregman, Potential};
pub use chernoff::{Chernoff, ChernoffOptimum};
pub use chi_square::{NeymanChiSquare, PearsonChiSquare};
pub use entropy::{bits, cross_entropy, entropy};
pub use f_divergence::{FDivergence, Generator};
pub use hellinger::{Bhattacharyya, SquaredHellinger};
pub use jeffreys::Jeffreys;
pub use jensen_shannon::JensenShannon;
pub use jet::Jet;
pub use kullback_leibler::{KullbackLeibler, Swapped};
pub(crate) use laws::law as check_law;
pub use number::Number;
pub(crate) use power::{log_ratio, scaled_exp_m1, scaled_ln_1p};
pub use renyi::{Renyi, Tsallis};
pub use total_variation::TotalVariation;

use crate::Result;
use ndarray::ArrayView1;
use std::fmt::Debug;

/// A divergence between two laws.
pub trait Divergence: Debug + Send + Sync {
    /// The field's name, with its parameters.
    fn name(&self) -> String;

    /// D(first ‖ second).
    ///
    /// # Errors
    /// Unless both are laws on as many outcomes: [`Error::Empty`](crate::Error::Empty), [`Error::Shape`](crate::Error::Shape),
    /// [`Error::NonFinite`](crate::Error::NonFinite), [`Error::Domain`](crate::Error::Domain) for a negative entry,
    /// [`Error::Setting`](crate::Error::Setting) for a sum that is not 1 within 1e-12.
    fn of(&self, first: ArrayView1<'_, f64>, second: ArrayView1<'_, f64>) -> Result<f64>;

    /// Whether D(K first ‖ K second) ≤ D(first ‖ second) for every stochastic map K.
    fn is_monotone(&self) -> bool {
        true
    }
}

/// A smooth divergence written once for any arithmetic, so that its derivatives are exact.
///
/// This is the plain formula, on vectors of positive entries, checked by nobody; [`Divergence::of`] is the evaluation that keeps its
/// digits. Its derivatives at equal arguments are the metric and the pair of connections that it induces.
pub trait Contrast {
    /// D(first ‖ second).
    fn value<N: Number>(&self, first: &[N], second: &[N]) -> N;
}
