use crate::family::logarithmic_series::{in_domain, positive_integer};
use crate::family::{Discrete, Expectation, Family, Natural, SUPPORT_LIMIT, Source};
use crate::special::log_zeta;
use crate::{Error, Result, check};
use ndarray::{Array1, Array2, Array3, Array4, ArrayView1, array};
use rand::Rng;
use rand_distr::Distribution;

/// The zeta law on 1, 2, 3, … (Zipf's law without an end).
///
/// ```text
/// P(x) = x⁻ˢ/ζ(s),   T = -ln x,   h = 1,   θ = λ = s > 1,   ψ = ln ζ(s),   η = ζ'(s)/ζ(s) < 0
/// ```
///
/// x has a mean only for s > 2; T has every moment, so that the family is regular on all of s > 1.
///
/// # Numerical notes
/// ln ζ and its derivatives come from the Laurent series at the pole up to s = 2, and from ζ - 1 by the
/// Euler-Maclaurin formula beyond; no sum of the series is ever truncated. The digits of s - 1 are those of s.
///
/// # Example
/// ```
/// use natgrad::family::{Family, Natural, Zeta};
/// let theta = Natural::from(2.0);
/// let exact = (std::f64::consts::PI.powi(2) / 6.0).ln();       // ζ(2) = π²/6
/// assert!((Zeta.log_partition(&theta)? - exact).abs() < 1e-15);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `family::zeta`, against forty digits of ζ and its derivatives.
///
/// # References
/// Devroye 1986 (the sampler); Johnson, Kemp & Kotz 2005, §11.2.20.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Zeta;

impl Zeta {
    fn derivatives(self, theta: &Natural) -> Result<[f64; 5]> {
        self.check_natural(theta)?;
        let all = log_zeta(theta.values()[0]);
        check::finite("derivatives of ln ζ", &Array1::from_iter(all))?;
        Ok(all)
    }
}

impl Family for Zeta {
    fn name(&self) -> String {
        "zeta".to_owned()
    }

    fn dim(&self) -> usize {
        1
    }

    fn check_natural(&self, theta: &Natural) -> Result<()> {
        in_domain("natural parameter", theta.values(), |s| s > 1.0, "above 1, where the series converges")
    }

    fn check_expectation(&self, eta: &Expectation) -> Result<()> {
        let requirement = "negative: it is -E[ln x]";
        in_domain("expectation parameter", eta.values(), |x| x < 0.0, requirement)
    }

    fn check_source(&self, lambda: &Source) -> Result<()> {
        in_domain("exponent", lambda.values(), |s| s > 1.0, "above 1, where the series converges")
    }

    fn source_to_natural(&self, lambda: &Source) -> Result<Natural> {
        self.check_source(lambda)?;
        Ok(Natural::new(lambda.values().to_owned()))
    }

    fn natural_to_source(&self, theta: &Natural) -> Result<Source> {
        self.check_natural(theta)?;
        Ok(Source::new(theta.values().to_owned()))
    }

    fn natural_to_expectation(&self, theta: &Natural) -> Result<Expectation> {
        let [_, eta, ..] = self.derivatives(theta)?;
        Ok(Expectation::from(eta))
    }

    /// Newton's method for ln(-η) in z = ln(s - 1): linear at the pole, where -η = 1/(s - 1).
    fn expectation_to_natural(&self, eta: &Expectation) -> Result<Natural> {
        self.check_expectation(eta)?;
        let target = -eta.values()[0];
        // Near the pole 1/(s - 1), far out ln 2 · 2⁻ˢ; the step is kept to a factor of two in s - 1.
        let far = (-(target / std::f64::consts::LN_2).log2()).max(1.0);
        let mut t = if target > 0.4 { 1.0 / target } else { far };
        for _ in 0..100 {
            let [_, slope, curvature, ..] = self.derivatives(&Natural::from(1.0 + t))?;
            let step = ((target / -slope).ln() * slope / curvature).clamp(-0.5 * t, t);
            t += step;
            if step.abs() <= 1e-15 * t {
                break;
            }
        }
        let theta = Natural::from(1.0 + t);
        self.check_natural(&theta).map(|()| theta)
    }

    fn log_partition(&self, theta: &Natural) -> Result<f64> {
        let [psi, ..] = self.derivatives(theta)?;
        Ok(psi)
    }

    fn fisher_natural(&self, theta: &Natural) -> Result<Array2<f64>> {
        let [_, _, second, ..] = self.derivatives(theta)?;
        Ok(array![[second]])
    }

    fn third_cumulants(&self, theta: &Natural) -> Result<Array3<f64>> {
        let [.., third, _] = self.derivatives(theta)?;
        Ok(Array3::from_elem((1, 1, 1), third))
    }

    fn fourth_cumulants(&self, theta: &Natural) -> Result<Array4<f64>> {
        let [.., fourth] = self.derivatives(theta)?;
        Ok(Array4::from_elem((1, 1, 1, 1), fourth))
    }

    fn source_jacobian(&self, lambda: &Source) -> Result<Array2<f64>> {
        self.check_source(lambda)?;
        Ok(array![[1.0]])
    }

    /// s E[ln x] + ln ζ(s): two terms of one sign.
    fn entropy(&self, theta: &Natural) -> Result<f64> {
        let [psi, eta, ..] = self.derivatives(theta)?;
        Ok(psi - theta.values()[0] * eta)
    }

    fn sufficient(&self, x: ArrayView1<'_, f64>) -> Result<Array1<f64>> {
        match positive_integer(x)? {
            Some(x) => Ok(Array1::from_elem(1, -x.ln())),
            None => Err(Error::Domain {
                quantity: "outcome",
                index: 0,
                value: x.first().copied().unwrap_or(f64::NAN),
                requirement: "a positive integer",
            }),
        }
    }

    fn log_carrier(&self, x: ArrayView1<'_, f64>) -> Result<f64> {
        Ok(positive_integer(x)?.map_or(f64::NEG_INFINITY, |_| 0.0))
    }

    /// Devroye's rejection sampler.
    ///
    /// # Errors
    /// [`Error::NonFinite`] if a draw is beyond the floats: P(x > 1e308) = 1e-308(s - 1), no rarity below s = 1.05.
    fn sample(&self, theta: &Natural, draws: usize, rng: &mut dyn Rng) -> Result<Array2<f64>> {
        self.check_natural(theta)?;
        let value = theta.values()[0];
        let law = rand_distr::Zeta::new(value).map_err(|_| Error::Domain {
            quantity: "natural parameter",
            index: 0,
            value,
            requirement: "above 1, where the series converges",
        })?;
        let values = Array2::from_shape_fn((draws, 1), |_| law.sample(rng));
        check::finite("draws", &values)?;
        Ok(values)
    }
}

impl Discrete for Zeta {
    fn support(&self, theta: &Natural, tail: f64) -> Result<Array2<f64>> {
        let [psi, ..] = self.derivatives(theta)?;
        let s = theta.values()[0];
        check::setting("tail", tail, tail > 0.0 && tail < 1.0, "between 0 and 1")?;
        // P(x > n) ≤ n^(1-s)/((s - 1) ζ(s)).
        let needed = (-(tail.ln() + (s - 1.0).ln() + psi) / (s - 1.0)).exp().ceil().max(1.0);
        if needed > SUPPORT_LIMIT as f64 {
            return Err(Error::TooLarge {
                quantity: "outcomes of the zeta law",
                needed,
                limit: SUPPORT_LIMIT as f64,
                advice: "ask for a larger tail",
            });
        }
        Ok(Array2::from_shape_fn((needed as usize, 1), |(row, _)| (row + 1) as f64))
    }
}
