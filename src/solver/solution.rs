use crate::linalg::norm;
use crate::solver::Damping;
use crate::{Error, Result, Scalar};
use ndarray::{Array1, ArrayView1};
use std::fmt;

/// A direction and how it was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Solution<T> {
    /// d, P entries: descend along -d.
    pub direction: Array1<T>,
    /// How it was found.
    pub info: SolveInfo,
}

/// What a solver did.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SolveInfo {
    /// The path that ran, for example `cholesky`.
    pub solver: &'static str,
    /// What was added to the operator.
    pub damping: Damping,
    /// ‖(F + damping) d - g‖ / ‖g‖, computed afresh from d; 0 if g = 0.
    pub residual: f64,
    /// Iterations; 1 for direct solvers.
    pub iterations: usize,
    /// The residual asked for; 0 for direct solvers.
    pub tolerance: f64,
    /// Estimate of the condition number of F + damping (a lower bound of it).
    pub condition: f64,
}

impl SolveInfo {
    /// Whether the tolerance was reached; true for direct solvers.
    pub fn converged(&self) -> bool {
        self.tolerance <= 0.0 || self.residual <= self.tolerance
    }
}

impl fmt::Display for SolveInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}, {}: residual {:.1e} after {} iteration(s), condition ≥ {:.1e}",
            self.solver, self.damping, self.residual, self.iterations, self.condition
        )
    }
}

impl<T: Scalar> Solution<T> {
    /// The solution itself if the tolerance was reached; a truncated iteration is not an error by itself.
    ///
    /// # Errors
    /// [`Error::NotConverged`] with residual, iterations and tolerance.
    pub fn converged(self) -> Result<Self> {
        if self.info.converged() {
            return Ok(self);
        }
        Err(Error::NotConverged {
            solver: self.info.solver,
            iterations: self.info.iterations,
            residual: self.info.residual,
            tolerance: self.info.tolerance,
        })
    }
}

/// ‖product - g‖/‖g‖.
pub(crate) fn relative_residual<T: Scalar>(product: &Array1<T>, gradient: ArrayView1<'_, T>) -> f64 {
    let scale = norm(gradient).as_f64();
    if scale > 0.0 { norm((product - &gradient).view()).as_f64() / scale } else { 0.0 }
}
