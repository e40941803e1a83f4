use crate::likelihood::logit::{divergence_per_failure, root_sigmoid, sigmoid, softplus};
use crate::likelihood::negative_binomial;
use crate::likelihood::{Cell, Support, Univariate};
use crate::{Error, Result, Scalar};

/// C independent counts of failures before the first success, η_c the logit of success.
///
/// ```text
/// p = 1/(1 + e^-η),   -log p(y|η) = log(1 + e^-η) + y log(1 + e^η)
/// score = (1 - p) - yp,   fisher = 1 - p,   hessian = (1 + y)p(1 - p)
/// ```
///
/// The mean is e^-η: a higher logit makes smaller counts. The logit is not the natural parameter (log(1 - p) is),
/// so the Hessian depends on the label and only its expectation is the Fisher: with this likelihood the
/// Gauss-Newton matrix of the loss is *not* the Fisher.
///
/// # Shapes
/// η: C; label: C whole numbers ≥ 0.
///
/// # Errors
/// Listing labels needs (70 + 20√(1 - p))/p ≤ [`SUPPORT_LIMIT`](crate::likelihood::SUPPORT_LIMIT), sampling a
/// mean of at most 1e9 ([`Error::TooLarge`]).
///
/// # Numerical notes
/// 1 - p is never a difference. The list of labels ends where it adds less than 1e-20 of the mass, the variance
/// and the fourth moment; sampling inverts 1 - (1 - p)^y in closed form. Computed in f64 and rounded once.
///
/// # Example
/// ```
/// use natgrad::{Likelihood, likelihood::Geometric, ndarray::array};
/// let (eta, y) = (array![0.0], array![3.0]);
/// assert_eq!(Geometric.score(eta.view(), y.view())?, array![-1.0]);
/// assert_eq!(Geometric.fisher(eta.view())?, array![[0.5]]);
/// assert_eq!(Geometric.hessian(eta.view(), y.view())?, array![[1.0]]);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// The parametrisation is that of PyTorch's `torch.distributions.Geometric(logits=η)`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Geometric;

/// Means above this are not sampled, as Poisson rates.
const MEAN_LIMIT: f64 = 1e9;

impl Univariate for Geometric {
    fn name(&self) -> String {
        "geometric".to_owned()
    }

    fn refuse_parameter<T: Scalar>(&self, _eta: T) -> Option<&'static str> {
        None
    }

    fn refuse_label<T: Scalar>(&self, y: T) -> Option<&'static str> {
        (y < T::zero() || y.fract() > T::zero()).then_some("a whole number, at least 0")
    }

    fn nll<T: Scalar>(&self, eta: T, y: T) -> T {
        let eta = eta.as_f64();
        T::of(softplus(-eta) + y.as_f64() * softplus(eta))
    }

    fn score<T: Scalar>(&self, eta: T, y: T) -> T {
        let eta = eta.as_f64();
        T::of(sigmoid(-eta) - y.as_f64() * sigmoid(eta))
    }

    fn fisher<T: Scalar>(&self, eta: T) -> T {
        sigmoid(-eta)
    }

    fn root<T: Scalar>(&self, eta: T) -> T {
        root_sigmoid(-eta)
    }

    fn hessian<T: Scalar>(&self, eta: T, y: T) -> T {
        let eta = eta.as_f64();
        T::of((1.0 + y.as_f64()) * sigmoid(eta) * sigmoid(-eta))
    }

    /// 1/p times the divergence of one toss.
    fn kl<T: Scalar>(&self, eta: T, other: T) -> T {
        T::of(divergence_per_failure(-eta.as_f64(), -other.as_f64()))
    }

    /// q(1 + 7q + q²), q = 1 - p.
    fn fourth_moment<T: Scalar>(&self, eta: T) -> T {
        T::of(negative_binomial::fourth_moment(1.0, -eta.as_f64()))
    }

    /// One success ends the count: a negative binomial with the sides of the coin exchanged.
    fn support<T: Scalar>(&self, eta: T) -> Result<Support<T>> {
        Ok(negative_binomial::list(1.0, -eta.as_f64())?.support())
    }

    fn cell<T: Scalar>(&self, eta: T, u: f64, _fresh: f64) -> Result<Cell<T>> {
        let eta = eta.as_f64();
        let mean = (-eta).exp();
        if mean > MEAN_LIMIT {
            return Err(Error::TooLarge {
                quantity: "the mean of a geometric count",
                needed: mean,
                limit: MEAN_LIMIT,
                advice: "labels at such means are not drawn; use the estimator `Exact`",
            });
        }
        // P(Y < y) = 1 - e^-ay.
        let (p, a) = (sigmoid(eta), softplus(eta));
        let cell = |y: f64| Cell { label: T::of(y), below: -(-a * y).exp_m1(), mass: p * (-a * y).exp() };
        let y = (-(-u).ln_1p() / a).floor();
        // Rounding may miss by one.
        let here = cell(y);
        Ok(if u < here.below && y > 0.0 {
            cell(y - 1.0)
        } else if u >= here.below + here.mass && u >= cell(y + 1.0).below {
            cell(y + 1.0)
        } else {
            here
        })
    }
}
