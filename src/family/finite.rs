use crate::Result;
use ndarray::{Array1, Array2};

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
        crate::check::shape("log carrier", &[sufficient.nrows()], log_carrier.shape())?;
        Ok(FiniteSupport { log_carrier, sufficient })
    }
}
