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
    /// Iterations; for direct solvers 1, and one more for every step of refinement.
    pub iterations: usize,
    /// The residual asked for; for direct solvers 1e-10, or 1e-4 in single precision.
    pub tolerance: f64,
    /// Estimate of the condition number of F + damping (a lower bound of it).
    pub condition: f64,
    /// ‖A d - g‖ / (‖A‖‖d‖ + ‖g‖) with A = F + damping: d solves a system that is off by no more than this,
    /// relatively (Rigal & Gaches 1967). ‖A‖ is an estimate from below, so this one is from above. At rounding level,
    /// no arithmetic of this precision does better.
    pub backward_error: f64,
    /// The least and the greatest eigenvalue of F + damping, where the solver came by them.
    pub spectrum: Option<(f64, f64)>,
    /// The least and the greatest eigenvalue of what was added: the damping that a scheme really amounts to. None if it is
    /// not known.
    pub shift: Option<(f64, f64)>,
    /// A remark, for example on a fallback that ran.
    pub note: Option<String>,
}

impl SolveInfo {
    /// What a direct solver did; others set the fields that differ: `SolveInfo { iterations, ..SolveInfo::direct(…) }`.
    pub(crate) fn direct<T: Scalar>(
        solver: &'static str,
        damping: Damping,
        system: System<'_, T>,
        condition: f64,
    ) -> Self {
        SolveInfo {
            solver,
            damping,
            residual: system.residual(),
            iterations: 1,
            tolerance: tolerance::<T>(),
            condition,
            backward_error: system.backward_error(),
            spectrum: None,
            shift: damping.uniform().map(|lambda| (lambda, lambda)),
            note: None,
        }
    }

    /// Whether the residual reached the tolerance.
    pub fn converged(&self) -> bool {
        self.residual <= self.tolerance
    }
}

impl fmt::Display for SolveInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}, {}: residual {:.1e} after {} iteration(s), condition ≥ {:.1e}, backward error {:.1e}",
            self.solver, self.damping, self.residual, self.iterations, self.condition, self.backward_error
        )?;
        self.note.iter().try_for_each(|note| write!(f, "; {note}"))
    }
}

impl<T: Scalar> Solution<T> {
    /// The solution itself if the tolerance was reached; a truncated iteration is not an error by itself.
    ///
    /// # Errors
    /// [`Error::NotConverged`] with residual, iterations and tolerance, and with the reason: if the backward error is at
    /// rounding level (4√P·ε, at least 16ε), the system itself is too ill conditioned for a smaller residual.
    pub fn converged(self) -> Result<Self> {
        if self.info.converged() {
            return Ok(self);
        }
        let rounding = T::epsilon().as_f64() * (4.0 * (self.direction.len() as f64).sqrt()).max(16.0);
        Err(Error::NotConverged {
            solver: self.info.solver,
            iterations: self.info.iterations,
            residual: self.info.residual,
            tolerance: self.info.tolerance,
            condition: self.info.condition,
            backward_error: self.info.backward_error,
            at_rounding: self.info.backward_error <= rounding,
        })
    }
}

/// The relative residual that a direct solver must reach.
pub(crate) fn tolerance<T: Scalar>() -> f64 {
    if T::epsilon().as_f64() > 1e-10 { 1e-4 } else { 1e-10 }
}

/// A system A d = g as far as it is solved.
#[derive(Debug, Clone, Copy)]
pub(crate) struct System<'a, T> {
    /// d.
    pub(crate) direction: &'a Array1<T>,
    /// A d - g.
    pub(crate) rest: &'a Array1<T>,
    /// g.
    pub(crate) gradient: ArrayView1<'a, T>,
    /// ‖A‖, from below.
    pub(crate) operator_norm: f64,
}

impl<T: Scalar> System<'_, T> {
    /// ‖A d - g‖/‖g‖.
    fn residual(&self) -> f64 {
        let scale = norm(self.gradient).as_f64();
        if scale > 0.0 { norm(self.rest.view()).as_f64() / scale } else { 0.0 }
    }

    /// ‖A d - g‖/(‖A‖‖d‖ + ‖g‖), all in units of ‖g‖.
    fn backward_error(&self) -> f64 {
        let (length, scale) = (norm(self.direction.view()).as_f64(), norm(self.gradient).as_f64());
        // ∞·0: an operator without a norm and nothing for it to act on.
        let grown = if length > 0.0 { self.operator_norm * (length / scale) } else { 0.0 };
        if scale > 0.0 { self.residual() / (grown + 1.0) } else { 0.0 }
    }
}
