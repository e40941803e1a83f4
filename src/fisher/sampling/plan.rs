use super::estimate::two_sided;
use super::{ErrorKind, MonteCarloError};
use crate::fisher::{CurvaturePropagation, Exact, MonteCarlo, Root, Sampler, Scores};
use crate::model::Linearization;
use crate::operator::LinearOperator;
use crate::{Error, Result, Scalar, check};

/// The largest number of draws that is an answer: whole numbers beyond it are no doubles.
const DRAWS_LIMIT: f64 = 9_007_199_254_740_992.0;

/// How many independent draws a relative error needs, from exact variances: nothing is sampled.
///
/// ```text
/// trace, normal:       M = ⌈z² V₁/(r tr F)²⌉,        z = Φ⁻¹(1 - α/2)
/// trace, guaranteed:   M = ⌈V₁/(α (r tr F)²)⌉        (Chebyshev)
/// matrix, guaranteed:  M = ⌈E₁/(α (r ‖F‖)²)⌉         (Markov, on the squared error)
/// ```
///
/// with V₁ = Var tr F̂ and E₁ = E‖F̂ - F‖² at one draw per datum. With such M the relative error is larger than r with
/// probability at most α; for the normal rule as far as the trace, a mean over data and draws, is normal.
///
/// # Example
/// ```
/// use natgrad::{Labels, Linearization, fisher::MonteCarloPlan, likelihood::Bernoulli, ndarray::array};
/// // p = ¾: F = 3/16 and the variance of one draw is 3/64, so V₁/F² = 4/3.
/// let y = Labels::new(array![[1.0]])?;
/// let lin = Linearization::from_jacobian(&Bernoulli, array![[[1.0]]], array![[3f64.ln()]], &y)?;
/// let plan = MonteCarloPlan::new(&lin)?;
/// assert_eq!(plan.draws_for_trace(0.1, 0.05)?, 513);               // 1.96² · 4/3 · 100 = 512.2
/// assert_eq!(plan.draws_for_trace_guaranteed(0.1, 0.05)?, 2667);   // 4/3 · 100 · 20
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct MonteCarloPlan {
    /// tr F.
    pub trace: f64,
    /// ‖F‖ in the Frobenius norm.
    pub frobenius: f64,
    /// V₁ and E₁, exact.
    pub single_draw: MonteCarloError,
}

impl MonteCarloPlan {
    /// For labels drawn independently ([`Sampler::Independent`]). The errors of the other samplers do not fall like
    /// 1/M: ask [`MonteCarloError::exact`] for theirs.
    ///
    /// # Errors
    /// [`Error::Unsupported`] if the exact variance cannot be had (a categorical of more than 4096 classes);
    /// [`Error::NonFinite`] if F overflows; those of the likelihood.
    ///
    /// # Cost
    /// That of the exact scores and of the smaller of F and the Gram matrix of its scores.
    pub fn new<T: Scalar>(lin: &Linearization<T>) -> Result<Self> {
        let single = MonteCarlo { draws: 1, sampler: Sampler::Independent, seed: 0 };
        Self::of(MonteCarloError::exact(&single, lin)?, lin)
    }

    /// For random signs on a root ([`CurvaturePropagation`]).
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn of_signs<T: Scalar>(lin: &Linearization<T>, root: Root) -> Result<Self> {
        let single = CurvaturePropagation { draws: 1, seed: 0, root };
        Self::of(MonteCarloError::of_signs(&single, lin)?, lin)
    }

    fn of<T: Scalar>(single_draw: Option<MonteCarloError>, lin: &Linearization<T>) -> Result<Self> {
        let Some(single_draw) = single_draw.filter(|error| error.kind == ErrorKind::Exact) else {
            let reason =
                "the exact variance of one draw cannot be had here; estimate it from a sample of a few draws";
            return Err(Error::Unsupported { what: "a plan of draws", reason });
        };
        let scores = lin.scores(&Exact)?;
        let trace = scores.diagonal()?.trace()?.as_f64();
        Ok(MonteCarloPlan { trace, frobenius: frobenius(&scores)?, single_draw })
    }

    /// The draws with which |tr F̂ - tr F| ≤ r tr F with probability 1 - α, taking the trace to be normal.
    ///
    /// # Errors
    /// [`Error::Setting`] unless r > 0 is finite and 0 < α < 1; [`Error::Unsupported`] if F is zero;
    /// [`Error::TooLarge`] beyond 2⁵³ draws.
    pub fn draws_for_trace(&self, r: f64, alpha: f64) -> Result<usize> {
        let factor = two_sided(checked(r, alpha)?).powi(2);
        draws(factor * (self.single_draw.trace_variance.sqrt() / (r * self.trace)).powi(2), self.trace)
    }

    /// The draws with which |tr F̂ - tr F| ≤ r tr F with probability at least 1 - α, whatever the distribution.
    ///
    /// # Errors
    /// As [`draws_for_trace`](Self::draws_for_trace).
    pub fn draws_for_trace_guaranteed(&self, r: f64, alpha: f64) -> Result<usize> {
        let alpha = checked(r, alpha)?;
        draws((self.single_draw.trace_variance.sqrt() / (r * self.trace)).powi(2) / alpha, self.trace)
    }

    /// The draws with which ‖F̂ - F‖ ≤ r‖F‖ with probability at least 1 - α, whatever the distribution.
    ///
    /// # Errors
    /// As [`draws_for_trace`](Self::draws_for_trace).
    pub fn draws_for_matrix(&self, r: f64, alpha: f64) -> Result<usize> {
        let alpha = checked(r, alpha)?;
        let ratio = self.single_draw.mean_squared_error.sqrt() / (r * self.frobenius);
        draws(ratio.powi(2) / alpha, self.frobenius)
    }
}

/// α, if both are in their domain.
fn checked(r: f64, alpha: f64) -> Result<f64> {
    check::setting("relative error", r, r > 0.0 && r.is_finite(), "positive and finite")?;
    check::setting("alpha", alpha, alpha > 0.0 && alpha < 1.0, "strictly between 0 and 1")?;
    Ok(alpha)
}

/// The number of draws, at least one; `size` is what the error is relative to.
fn draws(needed: f64, size: f64) -> Result<usize> {
    if size <= 0.0 {
        let reason = "the Fisher is zero, and so is every estimate of it";
        return Err(Error::Unsupported { what: "a relative error", reason });
    }
    if needed <= DRAWS_LIMIT {
        return Ok(needed.ceil().max(1.0) as usize);
    }
    let advice = "allow a larger relative error, or use the estimator `Exact`";
    Err(Error::TooLarge { quantity: "draws per datum", needed, limit: DRAWS_LIMIT, advice })
}

/// ‖F‖ from F or from the Gram matrix of S, whichever is smaller.
fn frobenius<T: Scalar>(scores: &Scores<T>) -> Result<f64> {
    if scores.dim() <= scores.rows() {
        return Ok(scores.dense()?.frobenius_norm()?.as_f64());
    }
    Ok(scores.gram()?.frobenius_norm()?.as_f64())
}
