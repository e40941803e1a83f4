//! Mirror descent, which is the natural gradient with the retraction of the dual coordinate.

use crate::family::{Expectation, Family, Natural};
use crate::manifold::{Cotangent, Manifold, Point, Simplex};
use crate::special::log_sum_exp;
use crate::{Result, check, linalg};
use ndarray::{Array1, Array2};

/// ∂f/∂θ: ordinary partial derivatives with respect to the natural parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct NaturalPartials(Array1<f64>);

/// ∂f/∂η: ordinary partial derivatives with respect to the expectation parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpectationPartials(Array1<f64>);

macro_rules! partials {
    ($name:ident) => {
        impl $name {
            /// The numbers; the method that takes them checks their length.
            pub fn new(values: impl Into<Array1<f64>>) -> Self {
                $name(values.into())
            }

            /// The numbers.
            pub fn values(&self) -> ndarray::ArrayView1<'_, f64> {
                self.0.view()
            }
        }
    };
}

partials!(NaturalPartials);
partials!(ExpectationPartials);

impl NaturalPartials {
    /// ∂f/∂η = G_θ⁻¹ ∂f/∂θ.
    pub fn to_expectation<F: Family + ?Sized>(
        &self,
        family: &F,
        theta: &Natural,
    ) -> Result<ExpectationPartials> {
        Ok(ExpectationPartials(raised(fisher(family, theta)?, &self.0)?))
    }
}

impl ExpectationPartials {
    /// ∂f/∂θ = G_θ ∂f/∂η.
    pub fn to_natural<F: Family + ?Sized>(&self, family: &F, eta: &Expectation) -> Result<NaturalPartials> {
        check::vector("derivative", family.dim(), &self.0.view())?;
        Ok(NaturalPartials(fisher(family, &family.expectation_to_natural(eta)?)?.dot(&self.0)))
    }
}

fn fisher<F: Family + ?Sized>(family: &F, theta: &Natural) -> Result<Array2<f64>> {
    family.check_natural(theta)?;
    family.fisher_natural(theta)
}

fn raised(metric: Array2<f64>, covector: &Array1<f64>) -> Result<Array1<f64>> {
    check::vector("derivative", metric.nrows(), &covector.view())?;
    linalg::Cholesky::factor(metric.view())?.solve(covector.view())
}

fn rate(h: f64) -> Result<()> {
    check::setting("learning rate", h, h > 0.0 && h.is_finite(), "positive")
}

/// Mirror descent on θ with the log-partition ψ as its potential: η ← η - h ∂f/∂θ.
///
/// ```text
/// θ₊ = argmin h⟨∂f, θ⟩ + KL(p_θₖ ‖ p_θ),      ∇ψ(θ₊) = ∇ψ(θₖ) - h ∂f/∂θ
/// ```
///
/// Since ∂f/∂θ = G_η⁻¹ ∂f/∂η, this is the plain natural gradient in η, the step of the m-retraction:
/// [`natural_gradient_expectation`].
///
/// # Errors
/// If η leaves its domain.
///
/// # References
/// Raskutti & Mukherjee, IEEE Trans. Inf. Theory 61 (2015), arXiv:1310.7780; Nemirovski & Yudin (1983).
pub fn mirror_natural<F: Family + ?Sized>(
    family: &F,
    theta: &Natural,
    partials: &NaturalPartials,
    h: f64,
) -> Result<Natural> {
    rate(h)?;
    check::vector("derivative", family.dim(), &partials.values())?;
    family.check_natural(theta)?;
    let eta = family.natural_to_expectation(theta)?;
    let next = Expectation::new(&eta.values() - &(h * &partials.0));
    family.check_expectation(&next)?;
    family.expectation_to_natural(&next)
}

/// Mirror descent on η with the dual potential φ: θ ← θ - h ∂f/∂η.
///
/// ```text
/// η₊ = argmin h⟨∂f, η⟩ + KL(p_η ‖ p_ηₖ),      ∇φ(η₊) = ∇φ(ηₖ) - h ∂f/∂η
/// ```
///
/// The plain natural gradient in θ, the step of the e-retraction: [`natural_gradient_natural`]. On the simplex it is
/// [`exponentiated_gradient`].
///
/// # Errors
/// If θ leaves its domain.
pub fn mirror_expectation<F: Family + ?Sized>(
    family: &F,
    eta: &Expectation,
    partials: &ExpectationPartials,
    h: f64,
) -> Result<Expectation> {
    rate(h)?;
    check::vector("derivative", family.dim(), &partials.values())?;
    family.check_expectation(eta)?;
    let theta = family.expectation_to_natural(eta)?;
    let next = Natural::new(&theta.values() - &(h * &partials.0));
    family.check_natural(&next)?;
    family.natural_to_expectation(&next)
}

/// The plain natural gradient in θ: θ ← θ - h G_θ⁻¹ ∂f/∂θ, by a Cholesky solve.
///
/// # Errors
/// If θ leaves its domain, or G_θ is not positive definite.
pub fn natural_gradient_natural<F: Family + ?Sized>(
    family: &F,
    theta: &Natural,
    partials: &NaturalPartials,
    h: f64,
) -> Result<Natural> {
    rate(h)?;
    let direction = raised(fisher(family, theta)?, &partials.0)?;
    let next = Natural::new(&theta.values() - &(h * &direction));
    family.check_natural(&next)?;
    Ok(next)
}

/// The plain natural gradient in η: η ← η - h G_η⁻¹ ∂f/∂η, by a Cholesky solve.
///
/// # Errors
/// If η leaves its domain, or G_η is not positive definite.
pub fn natural_gradient_expectation<F: Family + ?Sized>(
    family: &F,
    eta: &Expectation,
    partials: &ExpectationPartials,
    h: f64,
) -> Result<Expectation> {
    rate(h)?;
    family.check_expectation(eta)?;
    let direction = raised(family.fisher_expectation(eta)?, &partials.0)?;
    let next = Expectation::new(&eta.values() - &(h * &direction));
    family.check_expectation(&next)?;
    Ok(next)
}

/// Exponentiated gradient on the simplex: p ← p∘e^{-h ∂f/N}/Z, the e-retraction of the natural gradient.
///
/// ```text
/// p₊ = argmin h⟨∂f, p⟩ + N KL(p ‖ pₖ)
/// ```
///
/// # Errors
/// If an entry falls below the least positive number.
///
/// # Example
/// ```
/// use natgrad::{descent::exponentiated_gradient, manifold::{Manifold, Simplex}, ndarray::array};
///
/// let simplex = Simplex::new(2)?;
/// let p = simplex.point(array![0.5, 0.5])?;
/// let q = exponentiated_gradient(&simplex, &p, &[0.0, 3f64.ln()].into(), 1.0)?;
/// assert!((q.values()[0] - 0.75).abs() < 1e-15);                    // odds of 1 : 1 become 3 : 1
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Kivinen & Warmuth, Information and Computation 132 (1997).
pub fn exponentiated_gradient(simplex: &Simplex, p: &Point, partials: &Cotangent, h: f64) -> Result<Point> {
    rate(h)?;
    simplex.check_point(p.values())?;
    check::vector("derivative", simplex.coordinates(), &partials.values())?;
    let exponents = &p.values().mapv(f64::ln) - &(h / simplex.trials() * &partials.values());
    let total = log_sum_exp(exponents.iter().copied());
    let weights = exponents.mapv(|x| (x - total).exp());
    let sum = weights.sum();
    simplex.point(weights / sum)
}
