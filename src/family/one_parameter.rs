//! Families of one parameter (private): their numbers, from which a macro makes the trait.

use crate::family::{Expectation, Natural, Source};
use crate::{Error, Result, check};
use ndarray::{Array1, Array2, ArrayView1};
use rand::Rng;
use std::fmt::Debug;

/// An open interval, and how it is said.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Interval {
    /// Which number.
    pub quantity: &'static str,
    /// Excluded.
    pub lower: f64,
    /// Excluded.
    pub upper: f64,
    /// As the error says it.
    pub requirement: &'static str,
}

impl Interval {
    /// The one number of a parameter, if it is inside.
    pub(crate) fn check(&self, values: ArrayView1<'_, f64>) -> Result<f64> {
        check::vector(self.quantity, 1, &values)?;
        let value = values.first().copied().unwrap_or(f64::NAN);
        if value > self.lower && value < self.upper {
            return Ok(value);
        }
        Err(Error::Domain { quantity: self.quantity, index: 0, value, requirement: self.requirement })
    }
}

/// Everything of a one-parameter family with arguments that are known to be in their domains.
pub(crate) trait OneParameter: Debug + Send + Sync {
    /// Domain of λ.
    fn sources(&self) -> Interval;

    /// Domain of θ.
    fn naturals(&self) -> Interval;

    /// Interior of the domain of η.
    fn expectations(&self) -> Interval;

    /// θ(λ).
    fn theta_of_lambda(&self, lambda: f64) -> f64;

    /// λ(θ).
    fn lambda_of_theta(&self, theta: f64) -> f64;

    /// η(θ).
    fn eta_of_theta(&self, theta: f64) -> Result<f64>;

    /// θ(η).
    fn theta_of_eta(&self, eta: f64) -> Result<f64>;

    /// η(λ).
    fn eta_of_lambda(&self, lambda: f64) -> Result<f64>;

    /// λ(η).
    fn lambda_of_eta(&self, eta: f64) -> Result<f64>;

    /// ψ(θ).
    fn psi(&self, theta: f64) -> Result<f64>;

    /// φ(η).
    fn phi(&self, eta: f64) -> Result<f64>;

    /// ψ''(θ), ψ'''(θ), ψ''''(θ).
    fn derivatives(&self, theta: f64) -> Result<[f64; 3]>;

    /// G in λ.
    fn fisher_of_lambda(&self, lambda: f64) -> Result<f64>;

    /// G in η.
    fn fisher_of_eta(&self, eta: f64) -> Result<f64>;

    /// dθ/dλ.
    fn slope(&self, lambda: f64) -> f64;

    /// Entropy at θ.
    fn entropy_of_theta(&self, theta: f64) -> Result<f64>;

    /// KL(θ ‖ θ + δ), both in the domain.
    fn divergence(&self, theta: f64, step: f64) -> Result<f64>;

    /// T(x) of an outcome of the support.
    fn statistic(&self, x: f64) -> f64 {
        x
    }

    /// Whether x is an outcome.
    fn holds(&self, x: f64) -> bool;

    /// ln h(x) of an outcome of the support.
    fn log_base(&self, x: f64) -> f64;

    /// ln p(x; θ) of an outcome of the support.
    fn log_mass(&self, theta: f64, x: f64) -> Result<f64> {
        Ok(self.log_base(x) + theta * self.statistic(x) - self.psi(theta)?)
    }

    /// Draws one after the other.
    fn draws(&self, theta: f64, count: usize, rng: &mut dyn Rng) -> Result<Vec<f64>>;
}

/// The number, unless it is beyond the floats.
pub(crate) fn finite(quantity: &'static str, value: f64) -> Result<f64> {
    if value.is_finite() { Ok(value) } else { Err(Error::NonFinite { quantity, index: 0, value }) }
}

/// An outcome of one number.
pub(crate) fn outcome(x: ArrayView1<'_, f64>) -> Result<f64> {
    check::vector("outcome", 1, &x)?;
    Ok(x.first().copied().unwrap_or(f64::NAN))
}

/// A matrix of one entry.
pub(crate) fn single(quantity: &'static str, value: f64) -> Result<Array2<f64>> {
    Ok(Array2::from_elem((1, 1), finite(quantity, value)?))
}

/// T(x), an error outside the support.
pub(crate) fn statistic<F: OneParameter>(family: &F, x: ArrayView1<'_, f64>) -> Result<Array1<f64>> {
    let value = outcome(x)?;
    if family.holds(value) {
        return Ok(Array1::from_elem(1, family.statistic(value)));
    }
    Err(Error::Domain { quantity: "outcome", index: 0, value, requirement: "in the support" })
}

/// KL(θ ‖ θ + δ), checked.
pub(crate) fn divergence<F: OneParameter>(
    family: &F,
    theta: &Natural,
    step: ArrayView1<'_, f64>,
) -> Result<f64> {
    let theta = family.naturals().check(theta.values())?;
    check::vector("step", 1, &step)?;
    let step = step.sum();
    family.naturals().check(Array1::from_elem(1, theta + step).view())?;
    finite("Kullback-Leibler divergence", family.divergence(theta, step)?)
}

/// Source, natural and expectation parameters of one number, unless beyond the floats.
pub(crate) fn natural(value: f64) -> Result<Natural> {
    finite("natural parameter", value).map(Natural::from)
}

/// See [`natural`].
pub(crate) fn source(value: f64) -> Result<Source> {
    finite("source parameter", value).map(Source::from)
}

/// See [`natural`].
pub(crate) fn expectation(value: f64) -> Result<Expectation> {
    finite("expectation parameter", value).map(Expectation::from)
}

/// `impl Family` by the numbers of [`OneParameter`]: of the type itself, or of the field named second.
///
/// The type has an inherent method `title`, its name with its fixed parameters.
macro_rules! one_parameter_family {
    ($family:ty $(, $core:ident)?) => {
        impl $crate::family::Family for $family {
            fn name(&self) -> String {
                self.title()
            }

            fn dim(&self) -> usize {
                1
            }

            fn check_natural(&self, theta: &Natural) -> Result<()> {
                self$(.$core)?.naturals().check(theta.values()).map(|_| ())
            }

            fn check_expectation(&self, eta: &Expectation) -> Result<()> {
                self$(.$core)?.expectations().check(eta.values()).map(|_| ())
            }

            fn check_source(&self, lambda: &Source) -> Result<()> {
                self$(.$core)?.sources().check(lambda.values()).map(|_| ())
            }

            fn source_to_natural(&self, lambda: &Source) -> Result<Natural> {
                one_parameter::natural(self$(.$core)?.theta_of_lambda(self$(.$core)?.sources().check(lambda.values())?))
            }

            fn natural_to_source(&self, theta: &Natural) -> Result<Source> {
                one_parameter::source(self$(.$core)?.lambda_of_theta(self$(.$core)?.naturals().check(theta.values())?))
            }

            fn natural_to_expectation(&self, theta: &Natural) -> Result<Expectation> {
                one_parameter::expectation(self$(.$core)?.eta_of_theta(self$(.$core)?.naturals().check(theta.values())?)?)
            }

            fn expectation_to_natural(&self, eta: &Expectation) -> Result<Natural> {
                one_parameter::natural(self$(.$core)?.theta_of_eta(self$(.$core)?.expectations().check(eta.values())?)?)
            }

            fn source_to_expectation(&self, lambda: &Source) -> Result<Expectation> {
                one_parameter::expectation(self$(.$core)?.eta_of_lambda(self$(.$core)?.sources().check(lambda.values())?)?)
            }

            fn expectation_to_source(&self, eta: &Expectation) -> Result<Source> {
                one_parameter::source(self$(.$core)?.lambda_of_eta(self$(.$core)?.expectations().check(eta.values())?)?)
            }

            fn log_partition(&self, theta: &Natural) -> Result<f64> {
                one_parameter::finite("log-partition", self$(.$core)?.psi(self$(.$core)?.naturals().check(theta.values())?)?)
            }

            fn dual_potential(&self, eta: &Expectation) -> Result<f64> {
                one_parameter::finite("dual potential", self$(.$core)?.phi(self$(.$core)?.expectations().check(eta.values())?)?)
            }

            fn fisher_natural(&self, theta: &Natural) -> Result<ndarray::Array2<f64>> {
                let [fisher, ..] = self$(.$core)?.derivatives(self$(.$core)?.naturals().check(theta.values())?)?;
                one_parameter::single("Fisher", fisher)
            }

            fn fisher_source(&self, lambda: &Source) -> Result<ndarray::Array2<f64>> {
                one_parameter::single("Fisher", self$(.$core)?.fisher_of_lambda(self$(.$core)?.sources().check(lambda.values())?)?)
            }

            fn fisher_expectation(&self, eta: &Expectation) -> Result<ndarray::Array2<f64>> {
                one_parameter::single("Fisher", self$(.$core)?.fisher_of_eta(self$(.$core)?.expectations().check(eta.values())?)?)
            }

            fn third_cumulants(&self, theta: &Natural) -> Result<ndarray::Array3<f64>> {
                let [_, third, _] = self$(.$core)?.derivatives(self$(.$core)?.naturals().check(theta.values())?)?;
                let third = one_parameter::finite("third cumulant", third)?;
                Ok(ndarray::Array3::from_elem((1, 1, 1), third))
            }

            fn fourth_cumulants(&self, theta: &Natural) -> Result<ndarray::Array4<f64>> {
                let [_, _, fourth] = self$(.$core)?.derivatives(self$(.$core)?.naturals().check(theta.values())?)?;
                let fourth = one_parameter::finite("fourth cumulant", fourth)?;
                Ok(ndarray::Array4::from_elem((1, 1, 1, 1), fourth))
            }

            fn source_jacobian(&self, lambda: &Source) -> Result<ndarray::Array2<f64>> {
                one_parameter::single("Jacobian", self$(.$core)?.slope(self$(.$core)?.sources().check(lambda.values())?))
            }

            fn entropy(&self, theta: &Natural) -> Result<f64> {
                let theta = self$(.$core)?.naturals().check(theta.values())?;
                one_parameter::finite("entropy", self$(.$core)?.entropy_of_theta(theta)?)
            }

            fn sufficient(&self, x: ndarray::ArrayView1<'_, f64>) -> Result<ndarray::Array1<f64>> {
                one_parameter::statistic(&(*self) $(.$core)?, x)
            }

            fn log_carrier(&self, x: ndarray::ArrayView1<'_, f64>) -> Result<f64> {
                let x = one_parameter::outcome(x)?;
                Ok(if self$(.$core)?.holds(x) { self$(.$core)?.log_base(x) } else { f64::NEG_INFINITY })
            }

            fn log_probability(&self, theta: &Natural, x: ndarray::ArrayView1<'_, f64>) -> Result<f64> {
                let theta = self$(.$core)?.naturals().check(theta.values())?;
                let x = one_parameter::outcome(x)?;
                if !self$(.$core)?.holds(x) {
                    return Ok(f64::NEG_INFINITY);
                }
                one_parameter::finite("log-probability", self$(.$core)?.log_mass(theta, x)?)
            }

            fn kullback_leibler_step(
                &self,
                theta: &Natural,
                step: ndarray::ArrayView1<'_, f64>,
            ) -> Result<f64> {
                one_parameter::divergence(&(*self) $(.$core)?, theta, step)
            }

            fn sample(
                &self,
                theta: &Natural,
                draws: usize,
                rng: &mut dyn rand::Rng,
            ) -> Result<ndarray::Array2<f64>> {
                let theta = self$(.$core)?.naturals().check(theta.values())?;
                let draws = ndarray::Array1::from(self$(.$core)?.draws(theta, draws, rng)?);
                crate::check::finite("draws", &draws)?;
                Ok(draws.insert_axis(ndarray::Axis(1)))
            }
        }
    };
}

/// `impl Univariate` of a family whose T(x) is x: the cumulants of the one are those of the other.
macro_rules! univariate_by_statistic {
    ($family:ty $(, $core:ident)?) => {
        impl $crate::family::Univariate for $family {
            fn cumulants(&self, theta: &Natural) -> Result<[f64; 4]> {
                let theta = self$(.$core)?.naturals().check(theta.values())?;
                let ([second, third, fourth], first) = (self$(.$core)?.derivatives(theta)?, self$(.$core)?.eta_of_theta(theta)?);
                for value in [first, second, third, fourth] {
                    one_parameter::finite("cumulant", value)?;
                }
                Ok([first, second, third, fourth])
            }
        }
    };
}

pub(crate) use {one_parameter_family, univariate_by_statistic};
