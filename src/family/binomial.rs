use crate::family::lattice::{self, Lattice};
use crate::family::one_parameter::{
    self, Interval, OneParameter, one_parameter_family, univariate_by_statistic,
};
use crate::family::{Bernoulli, Discrete, Expectation, Natural, Source};
use crate::{Error, Result, check, special};
use ndarray::Array2;
use rand::Rng;
use rand_distr::Distribution;

/// Heads among n tosses, 0..=n; the coin has p.
///
/// ```text
/// θ = ln(p/(1-p)),   η = np,   ψ = n ln(1 + e^θ),   h = C(n, x),   G_θ = np(1-p),
/// G_λ = n/(p(1-p)),   G_η = n/(η(n-η))
/// ```
///
/// Everything but h, entropy and outcomes is n times that of the [`Bernoulli`] family: KL compares equal n only.
///
/// # Numerical notes
/// Log-probabilities in the saddle-point form (Loader 2000); the entropy is a sum of positive terms.
///
/// # Example
/// ```
/// use natgrad::family::{Binomial, Family, Source};
/// let heads = Binomial::new(7)?;
/// assert_eq!(heads.fisher_source(&Source::from(0.5))?[[0, 0]], 28.0);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `tests/family/laws.rs`, `tests/family/limits.rs`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Binomial {
    trials: u64,
}

impl Binomial {
    /// n tosses.
    ///
    /// # Errors
    /// [`Error::Setting`] unless 1 ≤ n ≤ 2⁵³, where counts are exact.
    pub fn new(trials: u64) -> Result<Self> {
        let holds = (1..=1 << 53).contains(&trials);
        check::setting("trials", trials as f64, holds, "from 1 to 2^53")?;
        Ok(Binomial { trials })
    }

    /// n.
    pub fn trials(&self) -> u64 {
        self.trials
    }

    fn title(&self) -> String {
        format!("binomial (n = {})", self.trials)
    }

    fn n(&self) -> f64 {
        self.trials as f64
    }

    fn lattice(&self, theta: f64) -> Result<Lattice<impl Fn(f64) -> f64, impl Fn(f64) -> f64>> {
        let (n, p) = (self.n(), special::sigmoid(theta));
        let odds = theta.exp();
        let mode = ((n + 1.0) * p).floor().min(n);
        let ratio = move |k: f64| (n - k) / (k + 1.0) * odds;
        let log_mass = self.log_mass(theta, mode)?;
        Ok(Lattice { mode, log_mass, first: 0.0, last: n, ratio, bound: ratio })
    }

    fn moments(&self, theta: f64) -> (f64, f64) {
        let mean = self.n() * special::sigmoid(theta);
        (mean, (mean * special::sigmoid(-theta)).sqrt())
    }

    /// E\[f(x)\] of an f that is smooth, and at most as large as a logarithm of a probability.
    pub(super) fn mean_of(&self, theta: f64, f: impl Fn(f64) -> f64) -> Result<f64> {
        let term = |x: f64| self.log_mass(theta, x).map(|log| log.exp() * f(x));
        let (mean, deviation) = self.moments(theta);
        if deviation >= lattice::WIDE {
            return lattice::wide_sum(mean, deviation, term);
        }
        // Rare outcomes count by their size beside what the mean is like.
        let rare = mean.min(self.n() * special::sigmoid(-theta)).min(1.0);
        let (first, last) = self.lattice(theta)?.range((1e-20 * rare).max(f64::MIN_POSITIVE))?;
        let mut sum = 0.0;
        for k in 0..=(last - first) as usize {
            sum += term(first + k as f64)?;
        }
        Ok(sum)
    }
}

impl OneParameter for Binomial {
    fn sources(&self) -> Interval {
        Bernoulli.sources()
    }

    fn naturals(&self) -> Interval {
        Bernoulli.naturals()
    }

    fn expectations(&self) -> Interval {
        let requirement = "strictly between 0 and the number of trials";
        Interval { quantity: "expectation parameter", lower: 0.0, upper: self.n(), requirement }
    }

    fn theta_of_lambda(&self, lambda: f64) -> f64 {
        Bernoulli.theta_of_lambda(lambda)
    }

    fn lambda_of_theta(&self, theta: f64) -> f64 {
        Bernoulli.lambda_of_theta(theta)
    }

    fn eta_of_theta(&self, theta: f64) -> Result<f64> {
        Ok(self.n() * special::sigmoid(theta))
    }

    fn theta_of_eta(&self, eta: f64) -> Result<f64> {
        // The difference to n is exact where it is small.
        let (n, rest) = (self.n(), self.n() - eta);
        if eta > 0.25 * n && rest > 0.25 * n {
            return Ok(2.0 * ((eta - rest) / n).atanh());
        }
        Ok(eta.ln() - rest.ln())
    }

    fn eta_of_lambda(&self, lambda: f64) -> Result<f64> {
        Ok(self.n() * lambda)
    }

    fn lambda_of_eta(&self, eta: f64) -> Result<f64> {
        Ok(eta / self.n())
    }

    fn psi(&self, theta: f64) -> Result<f64> {
        Ok(self.n() * special::softplus(theta))
    }

    fn phi(&self, eta: f64) -> Result<f64> {
        let rest = self.n() - eta;
        Ok(eta * special::log_share(eta, rest) + rest * special::log_share(rest, eta))
    }

    fn derivatives(&self, theta: f64) -> Result<[f64; 3]> {
        Ok(Bernoulli.derivatives(theta)?.map(|cumulant| self.n() * cumulant))
    }

    fn fisher_of_lambda(&self, lambda: f64) -> Result<f64> {
        Ok(self.n() / (lambda * (1.0 - lambda)))
    }

    fn fisher_of_eta(&self, eta: f64) -> Result<f64> {
        Ok(self.n() / (eta * (self.n() - eta)))
    }

    fn slope(&self, lambda: f64) -> f64 {
        Bernoulli.slope(lambda)
    }

    fn entropy_of_theta(&self, theta: f64) -> Result<f64> {
        let (mean, deviation) = self.moments(theta);
        if deviation >= lattice::WIDE {
            let term = |x: f64| self.log_mass(theta, x).map(|log| -log.exp() * log);
            return lattice::wide_sum(mean, deviation, term);
        }
        self.lattice(theta)?.entropy(|x| self.log_mass(theta, x))
    }

    fn divergence(&self, theta: f64, step: f64) -> Result<f64> {
        Ok(self.n() * Bernoulli.divergence(theta, step)?)
    }

    fn holds(&self, x: f64) -> bool {
        x >= 0.0 && x <= self.n() && x.fract() == 0.0
    }

    fn log_base(&self, x: f64) -> f64 {
        special::log_choose(x, self.n() - x)
    }

    fn log_mass(&self, theta: f64, x: f64) -> Result<f64> {
        let (n, rest) = (self.n(), self.n() - x);
        if x <= 0.0 {
            return Ok(-n * special::softplus(theta));
        }
        if rest <= 0.0 {
            return Ok(-n * special::softplus(-theta));
        }
        if theta.abs() > 600.0 {
            return Ok(self.log_base(x) - x * special::softplus(-theta) - rest * special::softplus(theta));
        }
        Ok(special::log_tosses(x, rest, n * special::sigmoid(theta), n * special::sigmoid(-theta)))
    }

    fn draws(&self, theta: f64, count: usize, rng: &mut dyn Rng) -> Result<Vec<f64>> {
        // The rarer side by its own probability, which does not round to one.
        let law = binomial(self.trials, special::sigmoid(-theta.abs()))?;
        let side = |k: u64| if theta > 0.0 { self.trials - k } else { k };
        Ok((0..count).map(|_| side(law.sample(rng)) as f64).collect())
    }
}

/// The sampler; p is a probability.
pub(super) fn binomial(trials: u64, p: f64) -> Result<rand_distr::Binomial> {
    rand_distr::Binomial::new(trials, p).map_err(|_| Error::Domain {
        quantity: "probability",
        index: 0,
        value: p,
        requirement: "between 0 and 1",
    })
}

one_parameter_family!(Binomial);
univariate_by_statistic!(Binomial);

impl Discrete for Binomial {
    fn support(&self, theta: &Natural, tail: f64) -> Result<Array2<f64>> {
        self.lattice(self.naturals().check(theta.values())?)?.outcomes(tail)
    }
}
