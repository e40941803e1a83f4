use crate::likelihood::counts::{Counts, Shape, check_length};
use crate::likelihood::logit::{divergence, root_variance, sigmoid, softplus};
use crate::likelihood::saddle_point::binomial_nll;
use crate::likelihood::{Cell, Support, Univariate};
use crate::{Result, Scalar, check};

/// C independent numbers of successes in n trials, η_c the logit of success.
///
/// ```text
/// p = 1/(1 + e^-η),   -log p(y|η) = n log(1 + e^η) - yη - log C(n, y),   score = y - np,   fisher = hessian = np(1 - p)
/// ```
///
/// # Shapes
/// η: C; label: C whole numbers from 0 to n.
///
/// # Errors
/// Listing or sampling labels needs 70 + 20√(np(1 - p)) ≤ [`SUPPORT_LIMIT`](crate::likelihood::SUPPORT_LIMIT)
/// ([`Error::TooLarge`](crate::Error::TooLarge)).
///
/// # Numerical notes
/// The score is y(1 - p) - (n - y)p with 1 - p never a difference; the nll has no difference of logarithms of
/// factorials (Loader 2000). Labels that add less than 1e-20 of the mass, the variance and the fourth moment are
/// not listed. Computed in f64 and rounded once.
///
/// # Example
/// ```
/// use natgrad::{Likelihood, likelihood::Binomial, ndarray::array};
/// let coins = Binomial::with_trials(3)?;
/// let eta = array![0.0];
/// assert_eq!(coins.fisher(eta.view())?, array![[0.75]]);
/// assert_eq!(coins.score(eta.view(), array![3.0].view())?, array![1.5]);
/// let nll: f64 = coins.nll(eta.view(), array![2.0].view())?;
/// assert!((nll - (8.0f64 / 3.0).ln()).abs() < 1e-15);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Loader 2000, "Fast and accurate computation of binomial probabilities".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Binomial {
    trials: u64,
}

impl Binomial {
    /// n trials per output.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless 1 ≤ n ≤ 2⁵³, the whole numbers that a float can hold.
    pub fn with_trials(trials: u64) -> Result<Self> {
        let holds = (1..=1 << 53).contains(&trials);
        check::setting("trials", trials as f64, holds, "a whole number from 1 to 2^53")?;
        Ok(Binomial { trials })
    }

    /// n.
    pub fn trials(&self) -> u64 {
        self.trials
    }

    fn n(&self) -> f64 {
        self.trials as f64
    }

    fn counts(&self, eta: f64) -> Result<Counts> {
        let (p, q, n) = (sigmoid(eta), sigmoid(-eta), self.n());
        let variance = n * p * q;
        check_length(70.0 + 20.0 * variance.sqrt())?;
        Ok(Counts::around(&Shape {
            mode: ((n + 1.0) * p).floor().min(n),
            mean: n * p,
            variance,
            fourth: fourth_moment(n, eta),
            last: n,
            ratio_at_infinity: 0.0,
            ratio: |y| ((n - y) * p, (y + 1.0) * q),
        }))
    }
}

/// npq(1 + 3(n - 2)pq).
fn fourth_moment(n: f64, eta: f64) -> f64 {
    let variance = sigmoid(eta) * sigmoid(-eta);
    n * variance * (1.0 + 3.0 * (n - 2.0) * variance)
}

impl Univariate for Binomial {
    fn name(&self) -> String {
        format!("binomial:{}", self.trials)
    }

    fn refuse_parameter<T: Scalar>(&self, _eta: T) -> Option<&'static str> {
        None
    }

    fn refuse_label<T: Scalar>(&self, y: T) -> Option<&'static str> {
        let holds = y >= T::zero() && y.as_f64() <= self.n() && y.fract().is_zero();
        (!holds).then_some("a whole number from 0 to the number of trials")
    }

    fn nll<T: Scalar>(&self, eta: T, y: T) -> T {
        let (eta, y, n) = (eta.as_f64(), y.as_f64(), self.n());
        T::of(if y <= 0.0 {
            n * softplus(eta)
        } else if y >= n {
            n * softplus(-eta)
        } else {
            binomial_nll(y, n - y, eta)
        })
    }

    fn score<T: Scalar>(&self, eta: T, y: T) -> T {
        let (eta, y) = (eta.as_f64(), y.as_f64());
        T::of(y * sigmoid(-eta) - (self.n() - y) * sigmoid(eta))
    }

    fn fisher<T: Scalar>(&self, eta: T) -> T {
        let eta = eta.as_f64();
        T::of(self.n() * sigmoid(eta) * sigmoid(-eta))
    }

    fn root<T: Scalar>(&self, eta: T) -> T {
        T::of(self.n().sqrt() * root_variance(eta.as_f64()))
    }

    fn hessian<T: Scalar>(&self, eta: T, _y: T) -> T {
        Univariate::fisher(self, eta)
    }

    /// n times the divergence of one trial.
    fn kl<T: Scalar>(&self, eta: T, other: T) -> T {
        T::of(self.n() * divergence(eta.as_f64(), other.as_f64()))
    }

    /// np(1-p)(1 + 3(n - 2)p(1-p)).
    fn fourth_moment<T: Scalar>(&self, eta: T) -> T {
        T::of(fourth_moment(self.n(), eta.as_f64()))
    }

    fn support<T: Scalar>(&self, eta: T) -> Result<Support<T>> {
        Ok(self.counts(eta.as_f64())?.support())
    }

    fn cell<T: Scalar>(&self, eta: T, u: f64, _fresh: f64) -> Result<Cell<T>> {
        Ok(self.counts(eta.as_f64())?.cell(u))
    }
}
