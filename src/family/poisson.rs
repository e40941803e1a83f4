use crate::family::lattice::Lattice;
use crate::family::one_parameter::{
    self, Interval, OneParameter, one_parameter_family, univariate_by_statistic,
};
use crate::family::{Discrete, Expectation, Natural, Source, bernoulli};
use crate::{Error, Result, special};
use ndarray::Array2;
use rand::Rng;
use rand_distr::Distribution;
use std::f64::consts::{E, TAU};

/// Counts 0, 1, 2, … with rate λ > 0.
///
/// ```text
/// θ = ln λ,   η = λ,   ψ = e^θ,   h = 1/x!,   G_θ = λ,   G_λ = G_η = 1/λ
/// ```
///
/// # Errors
/// θ above 709.78, where the rate is beyond the floats: [`Error::NonFinite`].
///
/// # Numerical notes
/// Log-probabilities in the saddle-point form: no difference of factorials. The entropy is a sum of positive terms,
/// and from a rate of 10⁴ on its expansion in 1/λ, of which the first term left out is below 1e-16.
///
/// # Example
/// ```
/// use natgrad::family::{Family, Poisson, Source};
/// let counts = Poisson::new();
/// let theta = counts.source_to_natural(&Source::from(2.5))?;
/// assert!((counts.entropy(&theta)? - 1.8307266079269717).abs() < 1e-15);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `tests/family/laws.rs`, `tests/family/extremes.rs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Poisson;

impl Poisson {
    /// The family.
    pub fn new() -> Self {
        Poisson
    }

    fn title(&self) -> String {
        "Poisson".to_owned()
    }

    fn lattice(self, theta: f64) -> Result<Lattice<impl Fn(f64) -> f64, impl Fn(f64) -> f64>> {
        let rate = one_parameter::finite("rate", theta.exp())?;
        let mode = rate.floor();
        let ratio = move |k: f64| rate / (k + 1.0);
        let log_mass = self.log_mass(theta, mode)?;
        Ok(Lattice { mode, log_mass, first: 0.0, last: f64::INFINITY, ratio, bound: ratio })
    }
}

/// (0, ∞), the domain of a rate.
pub(super) const POSITIVE: Interval =
    Interval { quantity: "rate", lower: 0.0, upper: f64::INFINITY, requirement: "positive and finite" };

impl OneParameter for Poisson {
    fn sources(&self) -> Interval {
        POSITIVE
    }

    fn naturals(&self) -> Interval {
        bernoulli::LOGIT
    }

    fn expectations(&self) -> Interval {
        Interval { quantity: "expectation parameter", ..POSITIVE }
    }

    fn theta_of_lambda(&self, lambda: f64) -> f64 {
        lambda.ln()
    }

    fn lambda_of_theta(&self, theta: f64) -> f64 {
        theta.exp()
    }

    fn eta_of_theta(&self, theta: f64) -> Result<f64> {
        Ok(theta.exp())
    }

    fn theta_of_eta(&self, eta: f64) -> Result<f64> {
        Ok(eta.ln())
    }

    fn eta_of_lambda(&self, lambda: f64) -> Result<f64> {
        Ok(lambda)
    }

    fn lambda_of_eta(&self, eta: f64) -> Result<f64> {
        Ok(eta)
    }

    fn psi(&self, theta: f64) -> Result<f64> {
        Ok(theta.exp())
    }

    fn phi(&self, eta: f64) -> Result<f64> {
        Ok(eta * (eta.ln() - 1.0))
    }

    fn derivatives(&self, theta: f64) -> Result<[f64; 3]> {
        Ok([theta.exp(); 3])
    }

    fn fisher_of_lambda(&self, lambda: f64) -> Result<f64> {
        Ok(1.0 / lambda)
    }

    fn fisher_of_eta(&self, eta: f64) -> Result<f64> {
        Ok(1.0 / eta)
    }

    fn slope(&self, lambda: f64) -> f64 {
        1.0 / lambda
    }

    fn entropy_of_theta(&self, theta: f64) -> Result<f64> {
        let rate = one_parameter::finite("rate", theta.exp())?;
        if rate >= 1e4 {
            let inverse = 1.0 / rate;
            let series = 1.0 / 12.0 + inverse * (1.0 / 24.0 + inverse * (19.0 / 360.0));
            return Ok(0.5 * (TAU * E * rate).ln() - inverse * series);
        }
        self.lattice(theta)?.entropy(|x| self.log_mass(theta, x))
    }

    fn divergence(&self, theta: f64, step: f64) -> Result<f64> {
        let rate = theta.exp();
        if step > 1.0 {
            return Ok((theta + step).exp() - rate * (1.0 + step));
        }
        Ok(rate * special::exp_remainder(step))
    }

    fn holds(&self, x: f64) -> bool {
        x >= 0.0 && x.fract() == 0.0
    }

    fn log_base(&self, x: f64) -> f64 {
        -libm::lgamma(x + 1.0)
    }

    fn log_mass(&self, theta: f64, x: f64) -> Result<f64> {
        let rate = one_parameter::finite("rate", theta.exp())?;
        if x < 16.0 {
            return Ok(x * theta - rate + self.log_base(x));
        }
        if rate < f64::MIN_POSITIVE {
            return Ok(x * theta + self.log_base(x));
        }
        Ok(-special::poisson_surprise(x, rate))
    }

    fn draws(&self, theta: f64, count: usize, rng: &mut dyn Rng) -> Result<Vec<f64>> {
        let rate = one_parameter::finite("rate", theta.exp())?;
        (0..count).map(|_| draw(rate, rng)).collect()
    }
}

/// One count; zero if the rate is below the floats.
pub(super) fn draw(rate: f64, rng: &mut dyn Rng) -> Result<f64> {
    if rate <= 0.0 {
        return Ok(0.0);
    }
    let law = rand_distr::Poisson::new(rate).map_err(|_| Error::TooLarge {
        quantity: "rate of the Poisson law to draw from",
        needed: rate,
        limit: rand_distr::Poisson::<f64>::MAX_LAMBDA,
        advice: "draw from a normal law",
    })?;
    Ok(law.sample(rng))
}

one_parameter_family!(Poisson);
univariate_by_statistic!(Poisson);

impl Discrete for Poisson {
    fn support(&self, theta: &Natural, tail: f64) -> Result<Array2<f64>> {
        self.lattice(self.naturals().check(theta.values())?)?.outcomes(tail)
    }
}
