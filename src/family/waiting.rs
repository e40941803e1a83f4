//! Failures before the r-th success, shifted or not (private): what geometric and negative-binomial laws share.

use crate::family::lattice::{Lattice, WIDE, wide_sum};
use crate::family::one_parameter::{Interval, OneParameter};
use crate::family::{bernoulli, poisson};
use crate::{Error, Result, special};
use rand::Rng;
use rand_distr::{Distribution, Exp1, Gamma};
use std::f64::consts::LN_2;

/// x = shift + the failures before `successes` successes, each of probability p = 1 - e^θ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Waiting {
    /// r > 0, not necessarily whole.
    pub successes: f64,
    /// The least outcome.
    pub shift: f64,
}

/// p = 1 - e^θ.
fn success(theta: f64) -> f64 {
    -theta.exp_m1()
}

/// ln p = ln(1 - e^θ), on either side of p = ½ from the smaller of p and 1 - p.
fn log_success(theta: f64) -> f64 {
    if theta > -LN_2 { success(theta).ln() } else { (-theta.exp()).ln_1p() }
}

impl Waiting {
    /// Whether r is one, so that h is.
    fn is_geometric(&self) -> bool {
        self.successes - 1.0 == 0.0
    }

    /// KL(θ ‖ θ + δ) of one success; with μ the mean of the failures it is μ(e^δ - 1 - δ) + (y - ln(1 + y)),
    /// y = -μ(e^δ - 1): two terms that are not negative.
    fn divergence_per_success(theta: f64, step: f64) -> f64 {
        let mean = 1.0 / (-theta).exp_m1();
        // μ(e^δ - 1) and μ(e^δ - 1 - δ), without 0 · ∞ for a large step.
        let (rise, remainder) = if step > 1.0 {
            let rise = ((theta + step).exp() - theta.exp()) / success(theta);
            (rise, rise - mean * step)
        } else {
            (mean * step.exp_m1(), mean * special::exp_remainder(step))
        };
        if rise > 0.5 {
            return log_success(theta) - log_success(theta + step) - mean * step;
        }
        remainder - special::log1p_minus(-rise)
    }

    /// The outcomes around the mode.
    fn lattice(&self, theta: f64) -> Result<Lattice<impl Fn(f64) -> f64, impl Fn(f64) -> f64>> {
        let (r, shift, q) = (self.successes, self.shift, theta.exp());
        let mode = shift + ((r - 1.0) / (-theta).exp_m1()).floor().max(0.0);
        let ratio = move |x: f64| (x - shift + r) / (x - shift + 1.0) * q;
        // For r < 1 the ratios rise to q, for r ≥ 1 they fall to it.
        let bound = move |x: f64| if r < 1.0 { q } else { ratio(x) };
        let log_mass = self.log_mass(theta, mode)?;
        Ok(Lattice { mode, log_mass, first: shift, last: f64::INFINITY, ratio, bound })
    }

    /// See [`Discrete::support`](crate::family::Discrete::support); θ is in the domain.
    pub(super) fn outcomes(&self, theta: f64, tail: f64) -> Result<ndarray::Array2<f64>> {
        self.lattice(theta)?.outcomes(tail)
    }
}

impl OneParameter for Waiting {
    fn sources(&self) -> Interval {
        bernoulli::PROBABILITY
    }

    fn naturals(&self) -> Interval {
        Interval {
            quantity: "natural parameter",
            lower: f64::NEG_INFINITY,
            upper: 0.0,
            requirement: "negative and finite: it is the logarithm of a probability",
        }
    }

    fn expectations(&self) -> Interval {
        Interval {
            quantity: "expectation parameter",
            lower: self.shift,
            upper: f64::INFINITY,
            requirement: "finite and above the least outcome",
        }
    }

    fn theta_of_lambda(&self, lambda: f64) -> f64 {
        (-lambda).ln_1p()
    }

    fn lambda_of_theta(&self, theta: f64) -> f64 {
        success(theta)
    }

    fn eta_of_theta(&self, theta: f64) -> Result<f64> {
        Ok(self.shift + self.successes / (-theta).exp_m1())
    }

    fn theta_of_eta(&self, eta: f64) -> Result<f64> {
        Ok(special::log_share(eta - self.shift, self.successes))
    }

    fn eta_of_lambda(&self, lambda: f64) -> Result<f64> {
        Ok(self.shift + self.successes * ((1.0 - lambda) / lambda))
    }

    fn lambda_of_eta(&self, eta: f64) -> Result<f64> {
        Ok(self.successes / (self.successes + (eta - self.shift)))
    }

    fn psi(&self, theta: f64) -> Result<f64> {
        Ok(self.shift * theta - self.successes * log_success(theta))
    }

    fn phi(&self, eta: f64) -> Result<f64> {
        let (mean, r) = (eta - self.shift, self.successes);
        Ok(mean * special::log_share(mean, r) + r * special::log_share(r, mean))
    }

    fn derivatives(&self, theta: f64) -> Result<[f64; 3]> {
        let (p, q) = (success(theta), theta.exp());
        let variance = self.successes * (q / p / p);
        Ok([variance, variance * ((1.0 + q) / p), variance * ((1.0 + q * (4.0 + q)) / p / p)])
    }

    fn fisher_of_lambda(&self, lambda: f64) -> Result<f64> {
        Ok(self.successes / (lambda * lambda * (1.0 - lambda)))
    }

    fn fisher_of_eta(&self, eta: f64) -> Result<f64> {
        let (mean, r) = (eta - self.shift, self.successes);
        Ok(r / (mean * (mean + r)))
    }

    fn slope(&self, lambda: f64) -> f64 {
        -1.0 / (1.0 - lambda)
    }

    fn entropy_of_theta(&self, theta: f64) -> Result<f64> {
        if self.is_geometric() {
            return Ok(-log_success(theta) - theta / (-theta).exp_m1());
        }
        let (mean, q) = (self.successes / (-theta).exp_m1(), theta.exp());
        // Far from the least outcome it is all but normal.
        if self.successes * q > WIDE * WIDE && mean < f64::MAX * success(theta) {
            let deviation = (mean / success(theta)).sqrt();
            let term = |x: f64| self.log_mass(theta, x).map(|log| -log.exp() * log);
            return wide_sum(self.shift + mean, deviation, term);
        }
        self.lattice(theta)?.entropy(|x| self.log_mass(theta, x))
    }

    fn divergence(&self, theta: f64, step: f64) -> Result<f64> {
        Ok(self.successes * Waiting::divergence_per_success(theta, step))
    }

    fn holds(&self, x: f64) -> bool {
        x >= self.shift && x.fract() == 0.0
    }

    fn log_base(&self, x: f64) -> f64 {
        let (failures, r) = (x - self.shift, self.successes);
        // Γ(x + r)/(Γ(r) x!) is r/(x + r) of the binomial coefficient, and 1 for r = 1.
        if self.is_geometric() { 0.0 } else { special::log_choose(failures, r) - (failures / r).ln_1p() }
    }

    fn log_mass(&self, theta: f64, x: f64) -> Result<f64> {
        let (failures, r) = (x - self.shift, self.successes);
        if self.is_geometric() || failures <= 0.0 {
            return Ok(failures * theta + r * log_success(theta));
        }
        let (tosses, p, q) = (failures + r, success(theta), theta.exp());
        if q < f64::MIN_POSITIVE {
            return Ok(self.log_base(x) + failures * theta + r * log_success(theta));
        }
        Ok(special::log_tosses(failures, r, tosses * q, tosses * p) - (failures / r).ln_1p())
    }

    fn draws(&self, theta: f64, count: usize, rng: &mut dyn Rng) -> Result<Vec<f64>> {
        if self.is_geometric() {
            // The whole part of an exponential law: right also where p is below 2⁻⁵³.
            let draw = |e: f64| self.shift + (e / -theta).floor();
            return Ok((0..count).map(|_| draw(Exp1.sample(rng))).collect());
        }
        // A Poisson law whose rate is drawn from a gamma law.
        let scale = 1.0 / (-theta).exp_m1();
        let rates = Gamma::new(self.successes, 1.0).map_err(|_| Error::Setting {
            option: "successes",
            value: self.successes,
            requirement: "positive and finite",
        })?;
        (0..count).map(|_| Ok(self.shift + poisson::draw(scale * rates.sample(rng), rng)?)).collect()
    }
}
