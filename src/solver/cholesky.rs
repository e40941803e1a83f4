use crate::linalg::{self, Extremes, Lanczos, start_vector};
use crate::operator::DenseOperator;
use crate::solver::refine::refined;
use crate::solver::solution::System;
use crate::solver::spectral::ends;
use crate::solver::{Damping, Solution, SolveInfo, Solver};
use crate::{Result, Scalar, check};
use ndarray::{Array1, ArrayView1};

/// The direct solver for explicit matrices.
///
/// ```text
/// F + damping = L Lᵀ,    d = L⁻ᵀ L⁻¹ g
/// ```
///
/// # Errors
/// [`Error::NotPositiveDefinite`](crate::Error::NotPositiveDefinite) with the failing pivot: a Fisher of rank
/// below P needs damping. No jitter is ever added.
///
/// # Cost
/// P³/3 flops, and some products for the condition estimate.
///
/// # Numerical notes
/// At most three steps of iterative refinement, each kept only if the residual falls. What they cannot bring below the
/// tolerance (1e-10, or 1e-4 in single precision) is reported as not converged: the system is then too ill conditioned. The
/// condition estimate is from below, by twelve Lanczos steps with A and as many with A⁻¹.
///
/// # Example
/// ```
/// use natgrad::{Solver, ndarray::array, operator::Dense, solver::Cholesky};
/// let f = Dense::new(array![[1.5, 0.0], [0.0, 3.5]])?;
/// let d = Cholesky::damped(0.5).solve(&f, array![1.0, 2.0].view())?;
/// assert!(d.direction.iter().all(|x: &f64| (x - 0.5).abs() < 1e-15));
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Cholesky {
    /// What is added before factoring.
    pub damping: Damping,
}

/// Lanczos steps for each end of the condition estimate.
const STEPS: usize = 12;

impl Cholesky {
    /// F + λ I.
    pub fn damped(lambda: f64) -> Self {
        Cholesky { damping: Damping::Exact(lambda) }
    }
}

impl<T: Scalar, F: DenseOperator<T>> Solver<T, F> for Cholesky {
    fn solve(&self, operator: &F, gradient: ArrayView1<'_, T>) -> Result<Solution<T>> {
        check::vector("gradient", operator.dim(), &gradient)?;
        let shift = self.damping.shift(operator)?;
        let mut matrix = operator.matrix().to_owned();
        matrix.diag_mut().zip_mut_with(&shift, |entry, &shift| *entry += shift);
        let factor = linalg::Cholesky::factor(matrix.view())?;
        let apply = |v: &Array1<T>| Ok(operator.apply(v.view())? + &shift * v);
        let found = refined(apply, |v| factor.solve(v), gradient)?;
        let largest = largest_eigenvalue(operator.dim(), |v| Ok(operator.apply(v)? + &shift * &v))?;
        let inverse = largest_eigenvalue(operator.dim(), |v| factor.solve(v))?;
        let system =
            System { direction: &found.direction, rest: &found.rest, gradient, operator_norm: largest };
        let info = SolveInfo {
            iterations: 1 + found.steps,
            shift: Some(ends(&shift)),
            ..SolveInfo::direct("cholesky", self.damping, system, largest * inverse)
        };
        Ok(Solution { direction: found.direction, info })
    }
}

/// A lower bound of the largest eigenvalue of a positive map; 0 at order 0.
pub(super) fn largest_eigenvalue<T: Scalar>(
    order: usize,
    map: impl Fn(ArrayView1<'_, T>) -> Result<Array1<T>>,
) -> Result<f64> {
    if order == 0 {
        return Ok(0.0);
    }
    let process = Lanczos::run(start_vector(order).view(), STEPS, map)?;
    Ok(Extremes::of(&process)?.largest())
}
