use super::{Estimate, Probes};
use crate::linalg::{Lanczos, dot};
use crate::operator::LinearOperator;
use crate::{Error, Result, Scalar, check};
use ndarray::{Array1, ArrayView1};

/// The spectrum as random probes see it; made by [`spectral_density`].
#[derive(Debug, Clone, PartialEq)]
pub struct SpectralDensity {
    order: usize,
    rules: Vec<Rule>,
    products: usize,
    seed: u64,
}

/// Σ_j w_j δ(λ - θ_j): the measure of one probe, normalised to ‖z‖².
#[derive(Debug, Clone, PartialEq)]
struct Rule {
    nodes: Array1<f64>,
    weights: Array1<f64>,
    exact: bool,
}

/// Stochastic Lanczos quadrature: the spectral density of an operator from m Lanczos processes.
///
/// ```text
/// φ(λ) = (1/P) Σ_i δ(λ - λ_i) ≈ (1/mP) Σ_k ‖z_k‖² Σ_j τ_kj² δ(λ - θ_kj),    tr f(F) ≈ (1/m) Σ_k ‖z_k‖² Σ_j τ_kj² f(θ_kj)
/// ```
///
/// θ and τ are the eigenvalues and the first components of the eigenvectors of the tridiagonal matrix that `steps` steps from
/// the probe z_k make: a Gauss quadrature, exact for polynomials of degree 2·steps - 1.
///
/// Two errors: the probes (their scatter is the standard error) and the quadrature (a bias that falls geometrically with the
/// steps for smooth f; none where [`is_exact`](SpectralDensity::is_exact)).
///
/// # Errors
/// [`Error::Empty`] without probes or at order 0, [`Error::Setting`] for no steps; those of the operator.
///
/// # Cost
/// m·steps products, and 4·steps²·P flops per probe for orthogonality.
///
/// # Example
/// ```
/// use natgrad::{operator::{Diagonal, stochastic::{Probes, spectral_density}}, ndarray::array};
/// let f = Diagonal::new(array![1.0, 2.0, 4.0])?;
/// let density = spectral_density(&f, 3, Probes::rademacher(2, 0))?;
/// assert!((density.log_determinant(0.0)?.value - 8f64.ln()).abs() < 1e-14);
/// assert!((density.cumulative(2.5)?.value - 2.0 / 3.0).abs() < 1e-14);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Lin, Saad & Yang 2016, "Approximating spectral densities of large matrices", SIAM Review 58, 34-65; Ubaru, Chen & Saad
/// 2017, "Fast estimation of tr(f(A)) via stochastic Lanczos quadrature", SIAM J. Matrix Anal. Appl. 38, 1075-1099.
pub fn spectral_density<T: Scalar, F: LinearOperator<T> + ?Sized>(
    operator: &F,
    steps: usize,
    probes: Probes,
) -> Result<SpectralDensity> {
    probes.check()?;
    check::setting("steps", steps as f64, steps > 0, "at least 1")?;
    let order = operator.dim();
    if order == 0 {
        return Err(Error::Empty { quantity: "operator" });
    }
    let mut products = 0;
    let mut rule = |z: Array1<T>| {
        let process = Lanczos::run(z.view(), steps, |v| operator.apply(v))?;
        products += process.steps();
        let ritz = process.ritz()?;
        let mass = dot(z.view(), z.view()).as_f64();
        Ok(Rule { nodes: ritz.values, weights: ritz.weights * mass, exact: process.is_invariant() })
    };
    let rules = probes.vectors::<T>(order).map(&mut rule).collect::<Result<Vec<Rule>>>()?;
    Ok(SpectralDensity { order, rules, products, seed: probes.seed })
}

impl SpectralDensity {
    /// P.
    pub fn order(&self) -> usize {
        self.order
    }

    /// One Gauss quadrature per probe: nodes θ and weights, which sum to ‖z‖²/P (1 for signs).
    pub fn rules(&self) -> impl Iterator<Item = (ArrayView1<'_, f64>, Array1<f64>)> {
        self.rules.iter().map(|rule| (rule.nodes.view(), &rule.weights / self.order as f64))
    }

    /// Whether every process ended at an invariant space, so that the probes are the only error.
    pub fn is_exact(&self) -> bool {
        self.rules.iter().all(|rule| rule.exact)
    }

    /// tr f(F).
    ///
    /// # Errors
    /// [`Error::NonFinite`] where f is not finite at a node; the index counts nodes through all probes.
    pub fn trace_of(&self, f: impl Fn(f64) -> f64) -> Result<Estimate> {
        let mut seen = 0;
        let mut terms = Vec::with_capacity(self.rules.len());
        for rule in &self.rules {
            let values = rule.nodes.mapv(&f);
            if let Some(at) = values.iter().position(|value| !value.is_finite()) {
                return Err(Error::NonFinite { quantity: "f(θ)", index: seen + at, value: values[at] });
            }
            seen += values.len();
            terms.push(values.dot(&rule.weights));
        }
        Ok(Estimate::mean(&terms, self.products, self.seed))
    }

    /// log det(F + λ I) = tr log(F + λ I).
    ///
    /// # Errors
    /// [`Error::Setting`] unless 0 ≤ λ < ∞, [`Error::NonFinite`] where F + λ I is singular in what the probes saw.
    pub fn log_determinant(&self, lambda: f64) -> Result<Estimate> {
        check::at_least_zero("damping", lambda)?;
        self.trace_of(|theta| (theta + lambda).ln())
    }

    /// The fraction of eigenvalues at most λ.
    ///
    /// # Errors
    /// [`Error::Setting`] for NaN.
    ///
    /// # Numerical notes
    /// A quadrature with few steps has few nodes: between two of them the truth may lie anywhere between the two values.
    pub fn cumulative(&self, lambda: f64) -> Result<Estimate> {
        check::setting("lambda", lambda, !lambda.is_nan(), "a number")?;
        let step = self.trace_of(|theta| f64::from(u8::from(theta <= lambda)))?;
        Ok(self.per_eigenvalue(step))
    }

    /// The density convolved with a Gaussian of standard deviation `width`, with its standard error, at each λ.
    ///
    /// ```text
    /// φ_σ(λ) = (1/P) Σ_i exp(-(λ - λ_i)²/2σ²)/(σ√2π)
    /// ```
    ///
    /// # Errors
    /// [`Error::Setting`] unless 0 < σ < ∞, [`Error::NonFinite`] for a λ that is not.
    pub fn density(&self, lambdas: ArrayView1<'_, f64>, width: f64) -> Result<Vec<Estimate>> {
        check::setting("width", width, width > 0.0 && width.is_finite(), "positive and finite")?;
        check::finite("lambdas", &lambdas)?;
        let peak = 1.0 / (width * (2.0 * std::f64::consts::PI).sqrt());
        let at = |&lambda: &f64| {
            let bell = self.trace_of(|theta| peak * (-0.5 * ((lambda - theta) / width).powi(2)).exp())?;
            Ok(self.per_eigenvalue(bell))
        };
        lambdas.iter().map(at).collect()
    }

    fn per_eigenvalue(&self, sum: Estimate) -> Estimate {
        sum.scaled(1.0 / self.order as f64)
    }
}
