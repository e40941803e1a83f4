use crate::family::{Discrete, Expectation, Family, Natural, SUPPORT_LIMIT, Source, Univariate};
use crate::special::{integrate, log_series, log_series_inverse, log_series_mean_log};
use crate::{Error, Result, check};
use ndarray::{Array, Array1, Array2, Array3, Array4, ArrayView1, Dimension, array};
use rand::{Rng, RngExt};

/// The logarithmic series on 1, 2, 3, …: Fisher's law of species abundance.
///
/// ```text
/// P(x) = pˣ/(x L),   L = -ln(1 - p),   T = x,   h = 1/x,   θ = ln p < 0,   ψ = ln L,
/// η = p/((1 - p) L) > 1
/// ```
///
/// # Numerical notes
/// As p → 0 all mass goes to x = 1, η → 1 and θ → -∞: η - 1 and ψ - θ are of the size of p there and are computed
/// as such, so that variance, higher cumulants, entropy and divergences keep their digits down to p = 1e-300. An
/// [`Expectation`] cannot: next to 1 its last bit is 2.2e-16, which bounds θ(η) from below by -35.4, and η = 1 itself
/// is an error.
///
/// # Cost
/// O(1); θ(η) a handful of Newton steps; the entropy some hundred terms for any p.
///
/// # Example
/// ```
/// use natgrad::family::{Family, LogarithmicSeries, Source, Univariate};
/// let theta = LogarithmicSeries.source_to_natural(&Source::from(0.3))?;
/// let [mean, variance, ..] = LogarithmicSeries.cumulants(&theta)?;
/// assert!((mean - 1.2015742508816267).abs() < 1e-15);
/// assert!((variance - 0.27275396373486715).abs() < 1e-15);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `family::logarithmic_series`, against sums of forty digits.
///
/// # References
/// Fisher, Corbet & Williams 1943; Kemp 1981 (the sampler LK).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LogarithmicSeries;

impl LogarithmicSeries {
    fn theta(self, theta: &Natural) -> Result<f64> {
        self.check_natural(theta)?;
        Ok(theta.values()[0])
    }
}

/// One number in its domain.
pub(super) fn in_domain(
    quantity: &'static str,
    values: ArrayView1<'_, f64>,
    holds: impl Fn(f64) -> bool,
    requirement: &'static str,
) -> Result<()> {
    check::vector(quantity, 1, &values)?;
    match values.first() {
        Some(&value) if !holds(value) => Err(Error::Domain { quantity, index: 0, value, requirement }),
        _ => Ok(()),
    }
}

/// A result, if it is a number of f64.
pub(super) fn finite<D: Dimension>(quantity: &'static str, result: Array<f64, D>) -> Result<Array<f64, D>> {
    check::finite(quantity, &result).map(|()| result)
}

/// A positive integer, or `None`.
pub(super) fn positive_integer(x: ArrayView1<'_, f64>) -> Result<Option<f64>> {
    check::vector("outcome", 1, &x)?;
    Ok(x.first().copied().filter(|x| *x >= 1.0 && x.is_finite() && x.fract().total_cmp(&0.0).is_eq()))
}

impl Family for LogarithmicSeries {
    fn name(&self) -> String {
        "logarithmic series".to_owned()
    }

    fn dim(&self) -> usize {
        1
    }

    fn check_natural(&self, theta: &Natural) -> Result<()> {
        in_domain("natural parameter", theta.values(), |x| x < 0.0, "negative: it is ln p")
    }

    fn check_expectation(&self, eta: &Expectation) -> Result<()> {
        let requirement = "above 1: at 1 all mass is on x = 1, and the natural parameter is -∞";
        in_domain("expectation parameter", eta.values(), |x| x > 1.0, requirement)
    }

    fn check_source(&self, lambda: &Source) -> Result<()> {
        in_domain("probability", lambda.values(), |x| x > 0.0 && x < 1.0, "between 0 and 1")
    }

    fn source_to_natural(&self, lambda: &Source) -> Result<Natural> {
        self.check_source(lambda)?;
        let p = lambda.values()[0];
        // 1 - p is exact from a half on.
        Ok(Natural::from(if p > 0.5 { (p - 1.0).ln_1p() } else { p.ln() }))
    }

    fn natural_to_source(&self, theta: &Natural) -> Result<Source> {
        let p = self.theta(theta)?.exp();
        let source = Source::from(p);
        self.check_source(&source).map(|()| source)
    }

    fn natural_to_expectation(&self, theta: &Natural) -> Result<Expectation> {
        let eta = finite("mean", array![1.0 + log_series(self.theta(theta)?).excess])?;
        Ok(Expectation::new(eta))
    }

    fn expectation_to_natural(&self, eta: &Expectation) -> Result<Natural> {
        self.check_expectation(eta)?;
        let theta = Natural::from(log_series_inverse(eta.values()[0] - 1.0));
        self.check_natural(&theta).map(|()| theta)
    }

    fn log_partition(&self, theta: &Natural) -> Result<f64> {
        let theta = self.theta(theta)?;
        // Far from p → 0 the sum would cancel.
        let length = -(-theta.exp_m1()).ln();
        Ok(if theta > -0.7 { length.ln() } else { theta + log_series(theta).reduced })
    }

    fn fisher_natural(&self, theta: &Natural) -> Result<Array2<f64>> {
        let [variance, ..] = log_series(self.theta(theta)?).cumulants;
        finite("Fisher information", array![[variance]])
    }

    fn third_cumulants(&self, theta: &Natural) -> Result<Array3<f64>> {
        let [_, third, _] = log_series(self.theta(theta)?).cumulants;
        finite("third cumulant", Array3::from_elem((1, 1, 1), third))
    }

    fn fourth_cumulants(&self, theta: &Natural) -> Result<Array4<f64>> {
        let [.., fourth] = log_series(self.theta(theta)?).cumulants;
        finite("fourth cumulant", Array4::from_elem((1, 1, 1, 1), fourth))
    }

    fn source_jacobian(&self, lambda: &Source) -> Result<Array2<f64>> {
        self.check_source(lambda)?;
        finite("∂θ/∂p", array![[1.0 / lambda.values()[0]]])
    }

    fn entropy(&self, theta: &Natural) -> Result<f64> {
        let theta = self.theta(theta)?;
        let at = log_series(theta);
        // Three terms of one sign.
        let weighted = if at.excess > 0.0 { -theta * at.excess } else { 0.0 };
        Ok(at.reduced + weighted + log_series_mean_log(theta)?)
    }

    fn sufficient(&self, x: ArrayView1<'_, f64>) -> Result<Array1<f64>> {
        match positive_integer(x)? {
            Some(x) => Ok(Array1::from_elem(1, x)),
            None => Err(Error::Domain {
                quantity: "outcome",
                index: 0,
                value: x.first().copied().unwrap_or(f64::NAN),
                requirement: "a positive integer",
            }),
        }
    }

    fn log_carrier(&self, x: ArrayView1<'_, f64>) -> Result<f64> {
        Ok(positive_integer(x)?.map_or(f64::NEG_INFINITY, |x| -x.ln()))
    }

    fn sample(&self, theta: &Natural, draws: usize, rng: &mut dyn Rng) -> Result<Array2<f64>> {
        let theta = self.theta(theta)?;
        let (p, log_q) = (theta.exp(), (-theta.exp_m1()).ln());
        let mut draw = || {
            let v: f64 = rng.random();
            if v >= p {
                return 1.0;
            }
            let u: f64 = rng.random();
            let q = -(log_q * u).exp_m1();
            if v <= q * q {
                // v = 0 or q = 1 have probability 2⁻⁵³.
                return (1.0 + (v.max(f64::MIN_POSITIVE).ln() / q.ln()).floor()).max(1.0);
            }
            if v <= q { 2.0 } else { 1.0 }
        };
        let values = Array2::from_shape_fn((draws, 1), |_| draw());
        check::finite("draws", &values)?;
        Ok(values)
    }

    fn kullback_leibler_step(&self, theta: &Natural, step: ArrayView1<'_, f64>) -> Result<f64> {
        check::vector("step", 1, &step)?;
        let (start, step) = (self.theta(theta)?, step[0]);
        let (first, second) = (log_series(start), log_series(self.theta(&Natural::from(start + step))?));
        // ψ - θ and η - 1 in place of ψ and η: the parts taken away cancel exactly.
        let (rise, linear) = (second.reduced - first.reduced, step * first.excess);
        let difference = rise - linear;
        if difference > 0.05 * (first.reduced + second.reduced).max(linear.abs()) {
            return Ok(difference);
        }
        integrate(|t| Ok((1.0 - t) * step * step * log_series(start + t * step).cumulants[0]), 0.0, 1.0)
    }
}

impl Discrete for LogarithmicSeries {
    fn support(&self, theta: &Natural, tail: f64) -> Result<Array2<f64>> {
        let theta = self.theta(theta)?;
        check::setting("tail", tail, tail > 0.0 && tail < 1.0, "between 0 and 1")?;
        // P(x > n) ≤ p^(n+1)/((n + 1) L (1 - p)) ≤ p^n η.
        let needed = ((tail.ln() - log_series(theta).excess.ln_1p()) / theta).ceil().max(1.0);
        if needed > SUPPORT_LIMIT as f64 {
            return Err(Error::TooLarge {
                quantity: "outcomes of the logarithmic series",
                needed,
                limit: SUPPORT_LIMIT as f64,
                advice: "ask for a larger tail",
            });
        }
        Ok(Array2::from_shape_fn((needed as usize, 1), |(row, _)| (row + 1) as f64))
    }
}

impl Univariate for LogarithmicSeries {
    fn cumulants(&self, theta: &Natural) -> Result<[f64; 4]> {
        let at = log_series(self.theta(theta)?);
        let [second, third, fourth] = at.cumulants;
        Ok([1.0 + at.excess, second, third, fourth])
    }
}
