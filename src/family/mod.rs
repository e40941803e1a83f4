//! Exponential families in source, natural and expectation coordinates.

mod coordinates;
mod finite;

pub use coordinates::{Expectation, Natural, Source};
pub use finite::FiniteSupport;

use crate::{Result, linalg};
use ndarray::{Array1, Array2, Array3, ArrayView1, ArrayView2};
use rand::Rng;
use std::fmt::Debug;

/// A minimal exponential family.
///
/// ```text
/// p(x; θ) = h(x) exp(⟨θ, T(x)⟩ - ψ(θ)),   η = ∇ψ(θ) = E[T],   G_θ = ∇²ψ(θ) = Cov(T),   φ(η) = ⟨θ, η⟩ - ψ(θ)
/// ```
///
/// An outcome x is a vector of [`outcome_len`](Family::outcome_len) numbers (one, but for counts of several categories).
/// Every method checks its arguments: a parameter outside its domain is an error with the number.
pub trait Family: Debug + Send + Sync {
    /// The name, with its fixed parameters.
    fn name(&self) -> String;

    /// Number of natural parameters d.
    fn dim(&self) -> usize;

    /// Length of an outcome.
    fn outcome_len(&self) -> usize {
        1
    }

    /// Whether the numbers are in the open domain of θ.
    fn check_natural(&self, theta: &Natural) -> Result<()>;

    /// Whether the numbers are in the interior of the domain of η.
    fn check_expectation(&self, eta: &Expectation) -> Result<()>;

    /// Whether the numbers are in the open domain of λ.
    fn check_source(&self, lambda: &Source) -> Result<()>;

    /// θ(λ).
    fn source_to_natural(&self, lambda: &Source) -> Result<Natural>;

    /// λ(θ).
    fn natural_to_source(&self, theta: &Natural) -> Result<Source>;

    /// η = ∇ψ(θ).
    fn natural_to_expectation(&self, theta: &Natural) -> Result<Expectation>;

    /// θ = ∇φ(η).
    fn expectation_to_natural(&self, eta: &Expectation) -> Result<Natural>;

    /// ψ(θ), nats.
    fn log_partition(&self, theta: &Natural) -> Result<f64>;

    /// G_θ = ∇²ψ(θ) = Cov(T), d × d.
    fn fisher_natural(&self, theta: &Natural) -> Result<Array2<f64>>;

    /// ∂³ψ(θ): third cumulants of T, d × d × d, which is the Amari-Chentsov tensor in θ.
    fn third_cumulants(&self, theta: &Natural) -> Result<Array3<f64>>;

    /// T(x), d numbers.
    fn sufficient(&self, x: ArrayView1<'_, f64>) -> Result<Array1<f64>>;

    /// ln h(x); negative infinity outside the support.
    fn log_carrier(&self, x: ArrayView1<'_, f64>) -> Result<f64>;

    /// Independent outcomes, one per row.
    fn sample(&self, theta: &Natural, draws: usize, rng: &mut dyn Rng) -> Result<Array2<f64>>;

    /// η(λ).
    fn source_to_expectation(&self, lambda: &Source) -> Result<Expectation> {
        self.natural_to_expectation(&self.source_to_natural(lambda)?)
    }

    /// λ(η).
    fn expectation_to_source(&self, eta: &Expectation) -> Result<Source> {
        self.natural_to_source(&self.expectation_to_natural(eta)?)
    }

    /// φ(η) = ⟨θ, η⟩ - ψ(θ), nats.
    fn dual_potential(&self, eta: &Expectation) -> Result<f64> {
        let theta = self.expectation_to_natural(eta)?;
        Ok(theta.values().dot(&eta.values()) - self.log_partition(&theta)?)
    }

    /// G_η = ∇²φ(η) = G_θ⁻¹, d × d.
    fn fisher_expectation(&self, eta: &Expectation) -> Result<Array2<f64>> {
        let fisher = self.fisher_natural(&self.expectation_to_natural(eta)?)?;
        linalg::Cholesky::factor(fisher.view())?.solve_columns(Array2::eye(self.dim()).view())
    }

    /// ln p(x; θ), nats.
    fn log_probability(&self, theta: &Natural, x: ArrayView1<'_, f64>) -> Result<f64> {
        let (carrier, psi) = (self.log_carrier(x)?, self.log_partition(theta)?);
        Ok(carrier + theta.values().dot(&self.sufficient(x)?) - psi)
    }

    /// KL(first ‖ second), nats.
    fn kullback_leibler(&self, first: &Natural, second: &Natural) -> Result<f64> {
        let eta = self.natural_to_expectation(first)?;
        let step = &second.values() - &first.values();
        Ok(self.log_partition(second)? - self.log_partition(first)? - step.dot(&eta.values()))
    }

    /// The maximum-likelihood expectation parameters, the mean of T over the rows of `outcomes`.
    ///
    /// # Errors
    /// If the mean lies on the boundary of the domain, where no maximum is attained.
    fn maximum_likelihood(&self, outcomes: ArrayView2<'_, f64>) -> Result<Expectation>;
}
