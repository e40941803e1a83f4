use crate::family::{Expectation, Natural};
use crate::special::log_sum_exp;
use crate::{Error, Result, check, linalg};
use ndarray::{Array1, Array2, Array3, ArrayView1, ArrayView2, Axis};

/// Any exponential family on a finite list of outcomes: everything by weighted sums.
///
/// ```text
/// p_i(θ) = exp(ln h_i + ⟨θ, T_i⟩ - ψ(θ)),   ψ(θ) = ln Σ_i exp(ln h_i + ⟨θ, T_i⟩)
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct FiniteSupport {
    log_carrier: Array1<f64>,
    sufficient: Array2<f64>,
}

impl FiniteSupport {
    /// From ln h (m) and T (m × d).
    pub fn new(log_carrier: Array1<f64>, sufficient: Array2<f64>) -> Result<Self> {
        check::not_empty("sufficient statistics", &sufficient)?;
        check::finite("sufficient statistics", &sufficient)?;
        check::vector("log carrier", sufficient.nrows(), &log_carrier.view())?;
        Ok(FiniteSupport { log_carrier, sufficient })
    }

    /// ln h, one number per outcome.
    pub fn log_carriers(&self) -> ArrayView1<'_, f64> {
        self.log_carrier.view()
    }

    /// T, one row per outcome.
    pub fn statistics(&self) -> ArrayView2<'_, f64> {
        self.sufficient.view()
    }

    /// ln p(θ), one number per outcome.
    pub fn log_probabilities(&self, theta: &Natural) -> Result<Array1<f64>> {
        check::vector("natural parameter", self.sufficient.ncols(), &theta.values())?;
        let exponents = &self.log_carrier + &self.sufficient.dot(&theta.values());
        let psi = log_sum_exp(exponents.iter().copied());
        Ok(exponents - psi)
    }

    /// p(θ), one number per outcome.
    pub fn probabilities(&self, theta: &Natural) -> Result<Array1<f64>> {
        Ok(self.log_probabilities(theta)?.mapv(f64::exp))
    }

    /// E[T] under the given weights.
    pub fn mean(&self, weights: ArrayView1<'_, f64>) -> Array1<f64> {
        self.sufficient.t().dot(&weights)
    }

    /// Third central moments of T under θ, d × d × d.
    pub fn third_cumulants(&self, theta: &Natural) -> Result<Array3<f64>> {
        let weights = self.probabilities(theta)?;
        let centred = &self.sufficient - &self.mean(weights.view());
        let d = self.sufficient.ncols();
        let mut third = Array3::zeros((d, d, d));
        for (row, weight) in centred.axis_iter(Axis(0)).zip(&weights) {
            for ((i, j, k), entry) in third.indexed_iter_mut() {
                *entry += weight * row[i] * row[j] * row[k];
            }
        }
        Ok(third)
    }

    /// Cov(T) under θ, d × d.
    pub fn fisher_natural(&self, theta: &Natural) -> Result<Array2<f64>> {
        let weights = self.probabilities(theta)?;
        let mut centred = &self.sufficient - &self.mean(weights.view());
        for (mut row, weight) in centred.axis_iter_mut(Axis(0)).zip(&weights) {
            row *= weight.sqrt();
        }
        Ok(linalg::syrk(centred.view()))
    }

    /// The θ at which E[T] = η, by Newton's method on the convex ψ(θ) - ⟨θ, η⟩ with halved steps.
    ///
    /// # Errors
    /// [`NotConverged`](Error::NotConverged) if η is not in the interior of the convex hull of the rows of T.
    pub fn expectation_to_natural(&self, eta: &Expectation) -> Result<Natural> {
        let d = self.sufficient.ncols();
        check::vector("expectation parameter", d, &eta.values())?;
        let objective = |theta: &Natural| -> f64 {
            let exponents = &self.log_carrier + &self.sufficient.dot(&theta.values());
            log_sum_exp(exponents.iter().copied()) - theta.values().dot(&eta.values())
        };
        let mut theta = Natural::new(Array1::zeros(d));
        let mut residual = f64::INFINITY;
        for _ in 0..200 {
            let gap = self.mean(self.probabilities(&theta)?.view()) - eta.values();
            let factor = linalg::Cholesky::factor(self.fisher_natural(&theta)?.view())?;
            let step = factor.solve(gap.view())?;
            let decrement = step.dot(&gap);
            residual = decrement.sqrt();
            let (start, mut length) = (objective(&theta), 1.0);
            let mut next = Natural::new(&theta.values() - &step);
            while objective(&next) > start - 0.25 * length * decrement + 1e-14 * start.abs() && length > 1e-10
            {
                length *= 0.5;
                next = Natural::new(&theta.values() - &(length * &step));
            }
            theta = next;
            if residual <= 1e-15 {
                return Ok(theta);
            }
        }
        if residual <= 1e-12 {
            return Ok(theta);
        }
        Err(Error::NotConverged {
            solver: "Newton's method for the natural parameter",
            iterations: 200,
            residual,
            tolerance: 1e-12,
            condition: f64::NAN,
            backward_error: f64::NAN,
            at_rounding: false,
        })
    }
}
