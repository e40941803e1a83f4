use crate::likelihood::counts::{Counts, Shape};
use crate::likelihood::{Cell, Support, Univariate, exp_remainder};
use crate::{Error, Result, Scalar};
use statrs::function::factorial::ln_factorial;
use statrs::function::gamma::ln_gamma;

/// C independent counts, η_c the log rate.
///
/// ```text
/// λ = e^η,   -log p(y|η) = λ - yη + log y!,   score = y - λ,   fisher = hessian = λ
/// ```
///
/// # Shapes
/// η: C; label: C whole numbers ≥ 0.
///
/// # Errors
/// [`Error::Domain`] for a log rate whose rate overflows (above 709.78 in f64, 88.72 in f32): the nll there
/// is infinite, not merely large. Listing or sampling labels needs λ ≤ 1e9 ([`Error::TooLarge`]).
///
/// # Numerical notes
/// Probabilities are built by the recurrence p(y+1) = p(y) λ/(y+1) from the mode outwards and normalised, so no
/// factorial enters; the list ends where each end adds less than 1e-20 of the mass, the variance and the
/// fourth moment.
///
/// # Example
/// ```
/// use natgrad::{Likelihood, likelihood::Poisson, ndarray::array};
/// let eta = array![2f64.ln()];
/// let s = Poisson.score(eta.view(), array![5.0].view())?;
/// assert!((s[0] - 3.0).abs() < 1e-15);
/// assert!(Poisson.support(eta.view())?.omitted_mass < 1e-19);
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Poisson;

/// Rates above this have too many labels to walk through (a million within 15 standard deviations).
const RATE_LIMIT: f64 = 1e9;

/// The list of labels.
fn counts(rate: f64) -> Result<Counts> {
    if rate.is_nan() || rate > RATE_LIMIT {
        return Err(Error::TooLarge {
            quantity: "a Poisson rate",
            needed: rate,
            limit: RATE_LIMIT,
            advice: "labels at such rates are not listed; use the estimator `Exact`",
        });
    }
    Ok(Counts::around(&Shape {
        mode: rate.floor(),
        mean: rate,
        variance: rate,
        fourth: rate * (1.0 + 3.0 * rate),
        last: f64::INFINITY,
        ratio_at_infinity: 0.0,
        ratio: |y| (rate, y + 1.0),
    }))
}

impl Univariate for Poisson {
    fn name(&self) -> String {
        "poisson".to_owned()
    }

    fn refuse_parameter<T: Scalar>(&self, eta: T) -> Option<&'static str> {
        (!eta.exp().is_finite())
            .then_some("a log rate whose rate is finite (below 709.78 in f64, 88.72 in f32)")
    }

    fn refuse_label<T: Scalar>(&self, y: T) -> Option<&'static str> {
        (y < T::zero() || y.fract() > T::zero()).then_some("a whole number, at least 0")
    }

    fn nll<T: Scalar>(&self, eta: T, y: T) -> T {
        let (eta, y) = (eta.as_f64(), y.as_f64());
        // The table of factorials is the more accurate one; beyond it y need not even fit an integer.
        let log_factorial = if y <= 170.0 { ln_factorial(y as u64) } else { ln_gamma(y + 1.0) };
        T::of(eta.exp() - y * eta + log_factorial)
    }

    fn score<T: Scalar>(&self, eta: T, y: T) -> T {
        // In f64, for the difference of two large numbers keeps only what they still share.
        T::of(y.as_f64() - eta.as_f64().exp())
    }

    fn fisher<T: Scalar>(&self, eta: T) -> T {
        eta.exp()
    }

    fn root<T: Scalar>(&self, eta: T) -> T {
        (eta / T::of(2.0)).exp()
    }

    fn hessian<T: Scalar>(&self, eta: T, _y: T) -> T {
        eta.exp()
    }

    /// λ (e^d - 1 - d) with d = η' - η.
    fn kl<T: Scalar>(&self, eta: T, other: T) -> T {
        let rate = eta.exp();
        if rate.is_zero() { other.exp() } else { rate * exp_remainder(other - eta) }
    }

    /// λ + 3λ².
    fn fourth_moment<T: Scalar>(&self, eta: T) -> T {
        let rate = eta.exp();
        rate + T::of(3.0) * rate * rate
    }

    fn support<T: Scalar>(&self, eta: T) -> Result<Support<T>> {
        Ok(counts(eta.as_f64().exp())?.support())
    }

    fn cell<T: Scalar>(&self, eta: T, u: f64, _fresh: f64) -> Result<Cell<T>> {
        Ok(counts(eta.as_f64().exp())?.cell(u))
    }
}
