use crate::likelihood::counts::{Counts, Shape, check_length};
use crate::likelihood::logit::{divergence_per_failure, root_sigmoid, sigmoid, softplus};
use crate::likelihood::saddle_point::binomial_nll;
use crate::likelihood::{Cell, Support, Univariate};
use crate::{Result, Scalar, check};

/// C independent counts of successes before the r-th failure, η_c the logit of success; r > 0 need not be whole.
///
/// ```text
/// p = 1/(1 + e^-η),   -log p(y|η) = r log(1 + e^η) + y log(1 + e^-η) - log Γ(y + r)/(Γ(r) y!)
/// score = y(1 - p) - rp,   fisher = rp,   hessian = (y + r)p(1 - p)
/// ```
///
/// The mean is r e^η and the variance r e^η(1 + e^η): counts more spread out than Poisson's, which is the limit
/// r → ∞ at fixed mean. The logit is not the natural parameter (log p is), so the Hessian depends on the label and
/// only its expectation is the Fisher: with this likelihood the Gauss-Newton matrix of the loss is *not* the Fisher.
///
/// # Shapes
/// η: C; label: C whole numbers ≥ 0.
///
/// # Errors
/// Listing or sampling labels needs (70 + 20√(rp))/(1 - p) ≤ [`SUPPORT_LIMIT`](crate::likelihood::SUPPORT_LIMIT)
/// ([`Error::TooLarge`](crate::Error::TooLarge)).
///
/// # Numerical notes
/// 1 - p is never a difference, and the nll has no difference of log-gamma functions (Loader 2000). The list of
/// labels ends where each end adds less than 1e-20 of the mass, the variance and the fourth moment. Computed in
/// f64 and rounded once.
///
/// # Example
/// ```
/// use natgrad::{Likelihood, likelihood::NegativeBinomial, ndarray::array};
/// let counts = NegativeBinomial::with_failures(3.0)?;
/// let (eta, y) = (array![0.0], array![5.0]);
/// assert_eq!(counts.score(eta.view(), y.view())?, array![1.0]);
/// assert_eq!(counts.fisher(eta.view())?, array![[1.5]]);
/// assert_eq!(counts.hessian(eta.view(), y.view())?, array![[2.0]]);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// The parametrisation is that of PyTorch's `torch.distributions.NegativeBinomial(total_count=r, logits=η)`.
/// Loader 2000, "Fast and accurate computation of binomial probabilities".
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NegativeBinomial {
    failures: f64,
}

impl NegativeBinomial {
    /// r failures end the count.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless 1e-100 ≤ r ≤ 1e100: beyond, powers of r leave the floats.
    pub fn with_failures(failures: f64) -> Result<Self> {
        let holds = (1e-100..=1e100).contains(&failures);
        check::setting("failures", failures, holds, "positive, from 1e-100 to 1e100")?;
        Ok(NegativeBinomial { failures })
    }

    /// r.
    pub fn failures(&self) -> f64 {
        self.failures
    }

    fn counts(&self, eta: f64) -> Result<Counts> {
        list(self.failures, eta)
    }
}

/// The counts before r failures.
pub(super) fn list(r: f64, eta: f64) -> Result<Counts> {
    let (p, q) = (sigmoid(eta), sigmoid(-eta));
    check_length((70.0 + 20.0 * (r * p).sqrt()) / q)?;
    Ok(Counts::around(&Shape {
        mode: ((r - 1.0) * (p / q)).floor().max(0.0),
        mean: r * (p / q),
        variance: r * p / (q * q),
        fourth: fourth_moment(r, eta) / q.powi(4),
        last: f64::INFINITY,
        ratio_at_infinity: p,
        ratio: |y| ((y + r) * p, y + 1.0),
    }))
}

/// E\[score⁴\] = rp(1 + 4p + p² + 3rp).
pub(super) fn fourth_moment(r: f64, eta: f64) -> f64 {
    let p = sigmoid(eta);
    r * p * (1.0 + 4.0 * p + p * p + 3.0 * r * p)
}

impl Univariate for NegativeBinomial {
    fn name(&self) -> String {
        format!("negative-binomial:{}", self.failures)
    }

    fn refuse_parameter<T: Scalar>(&self, _eta: T) -> Option<&'static str> {
        None
    }

    fn refuse_label<T: Scalar>(&self, y: T) -> Option<&'static str> {
        (y < T::zero() || y.fract() > T::zero()).then_some("a whole number, at least 0")
    }

    fn nll<T: Scalar>(&self, eta: T, y: T) -> T {
        let (eta, y, r) = (eta.as_f64(), y.as_f64(), self.failures);
        T::of(if y <= 0.0 {
            r * softplus(eta)
        } else {
            // Γ(y + r)/(Γ(r) y!) = r/(y + r) of the binomial coefficient.
            binomial_nll(y, r, eta) + (y / r).ln_1p()
        })
    }

    fn score<T: Scalar>(&self, eta: T, y: T) -> T {
        let eta = eta.as_f64();
        T::of(y.as_f64() * sigmoid(-eta) - self.failures * sigmoid(eta))
    }

    fn fisher<T: Scalar>(&self, eta: T) -> T {
        T::of(self.failures * sigmoid(eta.as_f64()))
    }

    fn root<T: Scalar>(&self, eta: T) -> T {
        T::of(self.failures.sqrt() * root_sigmoid(eta.as_f64()))
    }

    fn hessian<T: Scalar>(&self, eta: T, y: T) -> T {
        let eta = eta.as_f64();
        T::of((y.as_f64() + self.failures) * sigmoid(eta) * sigmoid(-eta))
    }

    /// r/(1 - p) times the divergence of one toss.
    fn kl<T: Scalar>(&self, eta: T, other: T) -> T {
        T::of(self.failures * divergence_per_failure(eta.as_f64(), other.as_f64()))
    }

    /// rp(1 + 4p + p² + 3rp).
    fn fourth_moment<T: Scalar>(&self, eta: T) -> T {
        T::of(fourth_moment(self.failures, eta.as_f64()))
    }

    fn support<T: Scalar>(&self, eta: T) -> Result<Support<T>> {
        Ok(self.counts(eta.as_f64())?.support())
    }

    fn cell<T: Scalar>(&self, eta: T, u: f64, _fresh: f64) -> Result<Cell<T>> {
        Ok(self.counts(eta.as_f64())?.cell(u))
    }
}
