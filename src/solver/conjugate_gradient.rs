use crate::operator::LinearOperator;
use crate::solver::conjugate_iteration::{Limits, iterate};
use crate::solver::solution::System;
use crate::solver::spectral::ends;
use crate::solver::{Damping, Solution, SolveInfo, Solver};
use crate::{Result, Scalar, check};
use ndarray::{Array1, ArrayView1};

/// The method of conjugate gradients: products with F only.
///
/// ```text
/// (F + damping) d = g,    stops at ‖residual‖ ≤ tolerance·‖g‖ or after max_iterations
/// ```
///
/// Reaching the limit is not an error by itself, for truncated iterations are ordinary practice:
/// [`Solution::converged`] turns it into one.
///
/// # Cost
/// One product per iteration, and one per restart; at most √condition·log(2/tolerance)/2 iterations in exact arithmetic.
///
/// # Numerical notes
/// The residual of the recurrence drifts away from the true one. Where the recurrence claims the tolerance, the residual is
/// computed afresh; if it is not there yet, the iteration starts again from it (van der Vorst & Ye 2000, SIAM J. Sci.
/// Comput. 22, 835-852), and stops when a restart does not halve it, with a note: then rounding is all that is left. The
/// condition estimate is that of the Lanczos matrix of the iteration; the norm in the backward error is its largest
/// eigenvalue, or the largest growth of a search direction if that is more.
///
/// # Example
/// ```
/// use natgrad::{Solver, ndarray::array, operator::Dense, solver::ConjugateGradient};
/// let f = Dense::new(array![[4.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 2.0]])?;
/// let d = ConjugateGradient::damped(0.0).solve(&f, array![1.0, 2.0, 3.0].view())?.converged()?;
/// assert!((d.direction[2] - 13.0f64 / 9.0).abs() < 1e-14);
/// assert_eq!(d.info.iterations, 3);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Hestenes & Stiefel 1952, J. Res. Nat. Bur. Standards 49, 409-436.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ConjugateGradient {
    /// What is added to the operator.
    pub damping: Damping,
    /// Relative residual to stop at.
    pub tolerance: f64,
    /// Iterations at most.
    pub max_iterations: usize,
}

impl ConjugateGradient {
    /// F + λ I, relative residual 1e-10, at most 1000 iterations.
    pub fn damped(lambda: f64) -> Self {
        ConjugateGradient { damping: Damping::Exact(lambda), tolerance: 1e-10, max_iterations: 1000 }
    }
}

impl<T: Scalar, F: LinearOperator<T>> Solver<T, F> for ConjugateGradient {
    fn solve(&self, operator: &F, gradient: ArrayView1<'_, T>) -> Result<Solution<T>> {
        check::vector("gradient", operator.dim(), &gradient)?;
        let shift = self.damping.shift(operator)?;
        let limits = Limits::new(self.tolerance, self.max_iterations)?;
        let product = |v: &Array1<T>| -> Result<Array1<T>> { Ok(operator.apply(v.view())? + &shift * v) };
        let run = iterate(product, |residual| Ok(residual.clone()), gradient, limits)?;
        let system = System {
            direction: &run.direction,
            rest: &run.rest,
            gradient,
            operator_norm: run.operator_norm.max(run.largest),
        };
        let info = SolveInfo {
            iterations: run.iterations,
            tolerance: self.tolerance,
            shift: Some(ends(&shift)),
            note: run.note,
            ..SolveInfo::direct("conjugate gradient", self.damping, system, run.condition)
        };
        Ok(Solution { direction: run.direction, info })
    }
}
