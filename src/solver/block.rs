use crate::operator::BlockOperator;
use crate::solver::cholesky::largest_eigenvalue;
use crate::solver::refine::refined;
use crate::solver::solution::System;
use crate::solver::spectral::ends;
use crate::solver::{Damping, Solution, SolveInfo, Solver};
use crate::{Result, Scalar, check};
use ndarray::{Array1, ArrayView1};

/// Factors every block by itself.
///
/// ```text
/// F_b + damping = L Lᵀ,    d_b = L⁻ᵀ L⁻¹ g_b        for every block b
/// ```
///
/// # Errors
/// [`Error::NotPositiveDefinite`](crate::Error::NotPositiveDefinite) with the order and the pivot of the first block that is
/// singular; [`Error::Unsupported`](crate::Error::Unsupported) for the damping of Kronecker factors.
///
/// # Cost
/// Σ p_b³/3 flops, O(P) for [`QuasiDiagonal`](crate::operator::QuasiDiagonal), and some products for the condition estimate,
/// which is one over all blocks.
///
/// # Numerical notes
/// As [`Cholesky`](super::Cholesky).
///
/// # Example
/// ```
/// use natgrad::{Solver, ndarray::array, operator::BlockDiagonal, solver::BlockSolver};
/// let f = BlockDiagonal::new(vec![array![[3.0, 2.0], [2.0, 4.0]], array![[7.0]]])?;
/// let solution = BlockSolver::damped(1.0).solve(&f, array![8.0, 7.0, 4.0].view())?.converged()?;
/// let expected = array![1.625, 0.75, 0.5];                // (8·5 - 2·7)/16, (4·7 - 2·8)/16, 4/8
/// assert!((solution.direction - expected).iter().all(|x: &f64| x.abs() < 1e-15));
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct BlockSolver {
    /// What is added to the operator.
    pub damping: Damping,
}

impl BlockSolver {
    /// F + λ I.
    pub fn damped(lambda: f64) -> Self {
        BlockSolver { damping: Damping::Exact(lambda) }
    }
}

impl<T: Scalar, F: BlockOperator<T>> Solver<T, F> for BlockSolver {
    fn solve(&self, operator: &F, gradient: ArrayView1<'_, T>) -> Result<Solution<T>> {
        check::vector("gradient", operator.dim(), &gradient)?;
        let shift = self.damping.shift(operator)?;
        let inverse = operator.inverse(shift.view())?;
        let apply = |v: &Array1<T>| Ok(operator.apply(v.view())? + &shift * v);
        let found = refined(apply, |v| inverse.apply(v), gradient)?;
        let largest = largest_eigenvalue(operator.dim(), |v| apply(&v.to_owned()))?;
        let condition = largest * largest_eigenvalue(operator.dim(), |v| inverse.apply(v))?;
        let system =
            System { direction: &found.direction, rest: &found.rest, gradient, operator_norm: largest };
        let info = SolveInfo {
            iterations: 1 + found.steps,
            shift: Some(ends(&shift)),
            ..SolveInfo::direct("block", self.damping, system, condition)
        };
        Ok(Solution { direction: found.direction, info })
    }
}
