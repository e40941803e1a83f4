//! Solves through eigenvalues that somebody has already (private).

use crate::operator::{LinearOperator, SpectralDecomposition};
use crate::solver::refine::refined;
use crate::solver::solution::System;
use crate::solver::{Damping, Solution, SolveInfo};
use crate::{Error, Result, Scalar};
use ndarray::{Array1, ArrayView1};

/// (F + λI)⁻¹ g with λ the damping's, which must be uniform.
///
/// An error unless F + λI is positive definite; `solver` is the name of the path.
pub(super) fn invert<T: Scalar, F: LinearOperator<T>>(
    solver: &'static str,
    damping: Damping,
    operator: &F,
    decomposition: &SpectralDecomposition<T>,
    gradient: ArrayView1<'_, T>,
) -> Result<Solution<T>> {
    let lambda = T::of(damping.value());
    decomposition.check_positive(solver, lambda)?;
    let apply = |v: &Array1<T>| Ok(operator.apply(v.view())? + v * lambda);
    let inverse = |v: ArrayView1<'_, T>| decomposition.map(v, |value| T::one() / (value + lambda));
    let (least, greatest) = ends(&(decomposition.eigenvalues() + lambda));
    let found = refined(apply, inverse, gradient).map_err(|error| match error {
        // Positive, and so small that its reciprocal is not a number.
        Error::NonFinite { quantity: "direction", .. } => {
            Error::Singular { what: solver, eigenvalue: least, largest: greatest }
        }
        other => other,
    })?;
    let system = System { direction: &found.direction, rest: &found.rest, gradient, operator_norm: greatest };
    let info = SolveInfo {
        iterations: 1 + found.steps,
        spectrum: Some((least, greatest)),
        ..SolveInfo::direct(solver, damping, system, ratio(least, greatest))
    };
    Ok(Solution { direction: found.direction, info })
}

/// The least and the greatest of some numbers; zeros of none.
pub(super) fn ends<T: Scalar>(values: &Array1<T>) -> (f64, f64) {
    let fold = |pick: fn(f64, f64) -> f64| values.iter().map(|x| x.as_f64()).reduce(pick).unwrap_or(0.0);
    (fold(f64::min), fold(f64::max))
}

/// The condition number of a spectrum; 1 of none.
pub(super) fn ratio(least: f64, greatest: f64) -> f64 {
    match (least > 0.0, greatest > 0.0) {
        (true, _) => greatest / least,
        (false, true) => f64::INFINITY,
        (false, false) => 1.0,
    }
}
