//! Exponential families in source, natural and expectation coordinates.
//!
//! ```text
//! p(x; θ) = h(x) exp(⟨θ, T(x)⟩ - ψ(θ)),   η = ∇ψ(θ) = E[T],   G_θ = ∇²ψ(θ) = Cov(T),
//! φ(η) = ⟨θ, η⟩ - ψ(θ)
//! ```
//!
//! | family | outcomes | source parameters | if unsure |
//! |---|---|---|---|
//! | [`Bernoulli`] | 0, 1 | p | a coin |
//! | [`Binomial`] | 0..=n | p | n coins, counted |
//! | [`Categorical`] | 0..=n | p₁..pₙ | a die, one throw |
//! | [`Multinomial`] | counts | p₁..pₙ | a die, N throws |
//! | [`Poisson`] | 0, 1, 2, … | rate | counts without a bound |
//! | [`GeometricFailures`] | 0, 1, 2, … | p | failures before the first success |
//! | [`GeometricTrials`] | 1, 2, 3, … | p | trials up to the first success |
//! | [`NegativeBinomial`] | 0, 1, 2, … | p | failures before the r-th success: overdispersed counts |
//! | [`ConwayMaxwellPoisson`] | 0, 1, 2, … | rate, dispersion | counts that may be underdispersed; no closed forms |
//! | [`LogarithmicSeries`] | 1, 2, 3, … | p | abundances of species |
//! | [`Zeta`] | 1, 2, 3, … | s | ranks and sizes without a scale |
//! | [`Normal`] | ℝ | μ, σ | the continuous contrast |
//! | [`FiniteSupport`] | any list | θ | everything else, and the check of all of these |
//!
//! Coordinates are three types that do not mix: a [`Source`] is never mistaken for an [`Expectation`]. All families
//! here are minimal (their Fisher matrices are nonsingular) and every bad parameter is an error with its number.
//!
//! The methods of [`Family`] need no list of outcomes; those that have one are [`Discrete`]; those of one number x
//! are [`Univariate`], whose cumulants are of x. What follows from ψ alone (Rényi, Amari, Bhattacharyya, Chernoff,
//! Jeffreys) is in [`Affinity`], for every family.

mod affinity;
mod bernoulli;
mod binomial;
mod categorical;
mod conway_maxwell_poisson;
mod coordinates;
mod finite;
mod geometric;
mod hull;
mod lattice;
mod logarithmic_series;
mod multinomial;
mod negative_binomial;
mod normal;
mod one_parameter;
mod poisson;
mod quadrature;
mod throws;
mod waiting;
mod zeta;

pub use affinity::{Affinity, ChernoffPoint};
pub use bernoulli::Bernoulli;
pub use binomial::Binomial;
pub use categorical::Categorical;
pub use conway_maxwell_poisson::ConwayMaxwellPoisson;
pub use coordinates::{Expectation, Natural, Source};
pub use finite::FiniteSupport;
pub use geometric::{GeometricFailures, GeometricTrials};
pub(crate) use hull::outside;
pub use logarithmic_series::LogarithmicSeries;
pub use multinomial::Multinomial;
pub use negative_binomial::NegativeBinomial;
pub use normal::Normal;
pub use poisson::Poisson;
pub use zeta::Zeta;

use crate::{Error, Result, check, linalg};
use ndarray::{Array1, Array2, Array3, Array4, ArrayView1, ArrayView2};
use rand::Rng;
use std::fmt::Debug;

/// A minimal exponential family.
///
/// ```text
/// p(x; θ) = h(x) exp(⟨θ, T(x)⟩ - ψ(θ)),   η = ∇ψ(θ) = E[T],   G_θ = ∇²ψ(θ) = Cov(T),
/// φ(η) = ⟨θ, η⟩ - ψ(θ)
/// ```
///
/// # Shapes
/// Parameters have [`dim`](Family::dim) = d entries. An outcome x is a vector of [`outcome_len`](Family::outcome_len)
/// numbers: one, but for counts of several categories.
///
/// # Units
/// ψ, φ, entropy and divergences in nats.
///
/// # Errors
/// Every method checks its arguments: a parameter outside its open domain is [`Error::Domain`] with the number, a
/// result beyond the floats [`Error::NonFinite`]. A result below the floats is zero.
///
/// # Example
/// ```
/// use natgrad::family::{Family, Poisson, Source};
/// let counts = Poisson::new();
/// let theta = counts.source_to_natural(&Source::from(2.5))?;
/// assert!((theta.values()[0] - 2.5f64.ln()).abs() < 1e-15);
/// assert!((counts.fisher_natural(&theta)?[[0, 0]] - 2.5).abs() < 1e-15);
/// assert!((counts.fisher_source(&Source::from(2.5))?[[0, 0]] - 0.4).abs() < 1e-15);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `tests/family/laws.rs`: one table of families, on which all laws run.
///
/// # References
/// Barndorff-Nielsen 1978; Amari & Nagaoka 2000.
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

    /// ∂⁴ψ(θ): fourth cumulants of T, d × d × d × d.
    fn fourth_cumulants(&self, theta: &Natural) -> Result<Array4<f64>>;

    /// ∂θ/∂λ, d × d: row i is the gradient of θ_i. It pulls covectors back, ∂_λ f = Jᵀ ∂_θ f.
    fn source_jacobian(&self, lambda: &Source) -> Result<Array2<f64>>;

    /// -E[ln p], nats (for a continuous family the differential entropy, which may be negative).
    fn entropy(&self, theta: &Natural) -> Result<f64>;

    /// T(x), d numbers.
    fn sufficient(&self, x: ArrayView1<'_, f64>) -> Result<Array1<f64>>;

    /// ln h(x); negative infinity outside the support.
    fn log_carrier(&self, x: ArrayView1<'_, f64>) -> Result<f64>;

    /// Independent outcomes, one per row: `draws` × [`outcome_len`](Family::outcome_len).
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

    /// G_λ = Jᵀ G_θ J with J = ∂θ/∂λ, d × d.
    fn fisher_source(&self, lambda: &Source) -> Result<Array2<f64>> {
        let fisher = self.fisher_natural(&self.source_to_natural(lambda)?)?;
        let jacobian = self.source_jacobian(lambda)?;
        Ok(jacobian.t().dot(&fisher).dot(&jacobian))
    }

    /// ln p(x; θ), nats; negative infinity outside the support.
    fn log_probability(&self, theta: &Natural, x: ArrayView1<'_, f64>) -> Result<f64> {
        let (carrier, psi) = (self.log_carrier(x)?, self.log_partition(theta)?);
        if carrier == f64::NEG_INFINITY {
            return Ok(carrier);
        }
        Ok(carrier + theta.values().dot(&self.sufficient(x)?) - psi)
    }

    /// KL(p_θ ‖ p_{θ+δ}) = ψ(θ + δ) - ψ(θ) - ⟨δ, η⟩ ≥ 0, nats: the Bregman divergence of ψ by the step.
    ///
    /// # Numerical notes
    /// The step is an argument of its own, so that nothing is lost where θ + δ rounds. Where the three terms cancel
    /// this provided method integrates the Fisher instead, ∫₀¹ (1 - t) δᵀ G(θ + tδ) δ dt by Gauss and Legendre: a sum
    /// of positive terms. The closed families have closed forms without cancellation.
    fn kullback_leibler_step(&self, theta: &Natural, step: ArrayView1<'_, f64>) -> Result<f64> {
        quadrature::bregman(self, theta, step)
    }

    /// KL(first ‖ second) ≥ 0, nats; zero if and only if they are equal or the number is below the floats.
    fn kullback_leibler(&self, first: &Natural, second: &Natural) -> Result<f64> {
        self.check_natural(first)?;
        self.check_natural(second)?;
        let step = &second.values() - &first.values();
        self.kullback_leibler_step(first, step.view())
    }

    /// The maximum-likelihood expectation parameters, the mean of T over the rows of `outcomes`.
    ///
    /// # Errors
    /// If an outcome is outside the support, or if the mean lies on the boundary of the domain, where the likelihood
    /// has a supremum and no maximum.
    fn maximum_likelihood(&self, outcomes: ArrayView2<'_, f64>) -> Result<Expectation> {
        mean_statistic(self, outcomes)
    }
}

/// A family whose outcomes can be listed.
pub trait Discrete: Family {
    /// Outcomes, one per row, whose probabilities under θ sum to at least 1 - `tail`.
    ///
    /// # Errors
    /// [`Error::Setting`] unless 0 < tail < 1; [`Error::TooLarge`] if more than [`SUPPORT_LIMIT`] are needed.
    fn support(&self, theta: &Natural, tail: f64) -> Result<Array2<f64>>;
}

/// A family of one number x.
pub trait Univariate: Family {
    /// κ₁, κ₂, κ₃, κ₄ of the outcome x (not of T): mean, variance, and two more.
    fn cumulants(&self, theta: &Natural) -> Result<[f64; 4]>;
}

/// The longest list of outcomes that [`Discrete::support`] makes.
pub const SUPPORT_LIMIT: usize = 10_000_000;

/// The mean of T, if it is in the interior of the domain of η.
fn mean_statistic<F: Family + ?Sized>(family: &F, outcomes: ArrayView2<'_, f64>) -> Result<Expectation> {
    check::not_empty("outcomes", &outcomes)?;
    check::shape("outcomes", &[outcomes.nrows(), family.outcome_len()], outcomes.shape())?;
    let mut sum = Array1::zeros(family.dim());
    for (row, x) in outcomes.outer_iter().enumerate() {
        if family.log_carrier(x)? == f64::NEG_INFINITY {
            let (index, value) = (row * x.len(), x.first().copied().unwrap_or(f64::NAN));
            return Err(Error::Domain { quantity: "outcomes", index, value, requirement: "in the support" });
        }
        sum += &family.sufficient(x)?;
    }
    let eta = Expectation::new(sum / outcomes.nrows() as f64);
    match family.check_expectation(&eta) {
        Err(Error::Domain { index, value, .. }) => Err(Error::Domain {
            quantity: "mean of the sufficient statistics",
            index,
            value,
            requirement: "in the interior of its domain: on the boundary the likelihood has no maximum",
        }),
        other => other.map(|()| eta),
    }
}
