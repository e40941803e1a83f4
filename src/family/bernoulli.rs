use crate::Result;
use crate::family::one_parameter::{
    self, Interval, OneParameter, one_parameter_family, univariate_by_statistic,
};
use crate::family::{Discrete, Expectation, Natural, Source, lattice};
use crate::{check, special};
use ndarray::Array2;
use rand::Rng;

/// The coin: x = 1 with probability p, else 0.
///
/// ```text
/// θ = ln(p/(1-p)),   η = p,   ψ = ln(1 + e^θ),   G_θ = p(1-p),   G_λ = G_η = 1/(p(1-p))
/// ```
///
/// # Numerical notes
/// A logit of -700 is as good as one of zero: p, G and KL keep their digits down to 5e-324. η next to 1 is a rounded
/// number: an unlikely *failure* is better said by θ.
///
/// # Example
/// ```
/// use natgrad::family::{Bernoulli, Family, Source};
/// let coin = Bernoulli::new();
/// let (p, q) = (coin.source_to_natural(&Source::from(0.3))?, coin.source_to_natural(&Source::from(0.6))?);
/// assert!((coin.kullback_leibler(&p, &q)? - 0.18378689738681229).abs() < 1e-16);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `tests/family/laws.rs`, `tests/family/extremes.rs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bernoulli;

impl Bernoulli {
    /// The family.
    pub fn new() -> Self {
        Bernoulli
    }

    fn title(&self) -> String {
        "Bernoulli".to_owned()
    }
}

/// (0, 1), the domain of a probability.
pub(super) const PROBABILITY: Interval =
    Interval { quantity: "probability", lower: 0.0, upper: 1.0, requirement: "strictly between 0 and 1" };

/// The whole line, the domain of a logit.
pub(super) const LOGIT: Interval = Interval {
    quantity: "natural parameter",
    lower: f64::NEG_INFINITY,
    upper: f64::INFINITY,
    requirement: "finite",
};

impl OneParameter for Bernoulli {
    fn sources(&self) -> Interval {
        PROBABILITY
    }

    fn naturals(&self) -> Interval {
        LOGIT
    }

    fn expectations(&self) -> Interval {
        Interval { quantity: "expectation parameter", ..PROBABILITY }
    }

    fn theta_of_lambda(&self, lambda: f64) -> f64 {
        special::logit(lambda)
    }

    fn lambda_of_theta(&self, theta: f64) -> f64 {
        special::sigmoid(theta)
    }

    fn eta_of_theta(&self, theta: f64) -> Result<f64> {
        Ok(special::sigmoid(theta))
    }

    fn theta_of_eta(&self, eta: f64) -> Result<f64> {
        Ok(special::logit(eta))
    }

    fn eta_of_lambda(&self, lambda: f64) -> Result<f64> {
        Ok(lambda)
    }

    fn lambda_of_eta(&self, eta: f64) -> Result<f64> {
        Ok(eta)
    }

    fn psi(&self, theta: f64) -> Result<f64> {
        Ok(special::softplus(theta))
    }

    fn phi(&self, eta: f64) -> Result<f64> {
        Ok(eta * eta.ln() + (1.0 - eta) * (-eta).ln_1p())
    }

    fn derivatives(&self, theta: f64) -> Result<[f64; 3]> {
        let variance = special::sigmoid(theta) * special::sigmoid(-theta);
        // 1 - 2p without the subtraction.
        let lean = (-0.5 * theta).tanh();
        Ok([variance, variance * lean, variance * (1.0 - 6.0 * variance)])
    }

    fn fisher_of_lambda(&self, lambda: f64) -> Result<f64> {
        Ok(1.0 / (lambda * (1.0 - lambda)))
    }

    fn fisher_of_eta(&self, eta: f64) -> Result<f64> {
        self.fisher_of_lambda(eta)
    }

    fn slope(&self, lambda: f64) -> f64 {
        1.0 / (lambda * (1.0 - lambda))
    }

    fn entropy_of_theta(&self, theta: f64) -> Result<f64> {
        let (heads, tails) = (special::sigmoid(theta), special::sigmoid(-theta));
        Ok(heads * special::softplus(-theta) + tails * special::softplus(theta))
    }

    fn divergence(&self, theta: f64, step: f64) -> Result<f64> {
        let heads = (-special::softplus(-theta), special::sigmoid(theta), step);
        let tails = (-special::softplus(theta), special::sigmoid(-theta), 0.0);
        Ok(special::tilt([heads, tails].into_iter()))
    }

    fn holds(&self, x: f64) -> bool {
        x == 0.0 || x - 1.0 == 0.0
    }

    fn log_base(&self, _: f64) -> f64 {
        0.0
    }

    fn log_mass(&self, theta: f64, x: f64) -> Result<f64> {
        Ok(-special::softplus(if x > 0.5 { -theta } else { theta }))
    }

    fn draws(&self, theta: f64, count: usize, rng: &mut dyn Rng) -> Result<Vec<f64>> {
        // The rarer side by its own probability, which does not round to one.
        let (rare, rarely, mostly) = if theta < 0.0 { (theta, 1.0, 0.0) } else { (-theta, 0.0, 1.0) };
        let p = special::sigmoid(rare);
        let toss = |u: f64| if u < p { rarely } else { mostly };
        Ok((0..count).map(|_| toss(crate::random::open_unit(rng.next_u64()))).collect())
    }
}

one_parameter_family!(Bernoulli);
univariate_by_statistic!(Bernoulli);

impl Discrete for Bernoulli {
    fn support(&self, theta: &Natural, tail: f64) -> Result<Array2<f64>> {
        crate::family::Family::check_natural(self, theta)?;
        check::setting("tail", tail, tail > 0.0 && tail < 1.0, "strictly between 0 and 1")?;
        Ok(lattice::column(0.0, 1.0))
    }
}
