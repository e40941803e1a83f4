//! Solvers: from an operator and a gradient to a direction.
//!
//! ```text
//! d = (F + damping)⁻¹ g        or, for a diagonal,  d = (f + damping)^-p g
//! ```
//!
//! Solvers know operators, not estimators. Which operator a solver accepts is in its type: a wrong pair does
//! not compile, and the message says what to ask for instead. Every solve reports its residual, its backward error, its
//! iterations and the path that ran; [`Solution::converged`] turns a residual above the tolerance into an error that says why.
//!
//! | solver | accepts | costs |
//! |---|---|---|
//! | [`Cholesky`] | explicit matrices | P³/3 (if unsure, for P up to some thousands) |
//! | [`ConjugateGradient`] | anything with products | iterations × a product |
//! | [`PreconditionedConjugateGradient`] | the same, with an approximate inverse | fewer iterations, one product more in each |
//! | [`Lanczos`] | anything with products; any power, many dampings at once | iterations × a product, and that many vectors |
//! | [`DiagonalPower`] | diagonals, any power: 1 natural gradient, ½ Adam's | P |
//! | [`BlockSolver`] | square blocks | Σ p_b³/3, O(P) if quasi-diagonal |
//! | [`KroneckerSolver`] | B ⊗ A per layer, and every meaning of damping there | 9 Σ (out³ + in³) |
//! | [`Eigenbasis`] | EKFAC | 8 Σ out·in·(out + in) |
//! | [`Woodbury`] | Gram matrices | rows³/3 |
//! | [`Eigen`] | anything; pseudo-inverses, announced | a decomposition, 9P³ without structure |
//! | [`Auto`] | anything; chooses among these by the type of the operator | |
//!
//! Scores of which no view has been made yet, P parameters and rows = N times the vectors per datum (C - 1 of an exact
//! categorical Fisher, C of other exact ones, the draws of a Monte Carlo one), are solved by [`Auto::solve_scores`]:
//!
//! | rows | P | path | costs | relative error |
//! |---|---|---|---|---|
//! | ≤ P/2 and ≤ 8192, damping λ I | any | [`Woodbury`] on the Gram matrix | rows³/3 | some ε·‖F‖/λ |
//! | more | ≤ 4096 | [`Cholesky`] on the matrix, [`Eigen`] if that fails | rows·P² + P³/3 | some ε·condition |
//! | more | > 4096 | Jacobi's [`PreconditionedConjugateGradient`] on products | √condition·4NP | tolerance·condition |

mod auto;
mod block;
mod cholesky;
mod conjugate_gradient;
mod conjugate_iteration;
mod damping;
mod diagonal_power;
mod eigen;
mod eigenbasis;
mod kronecker;
mod lanczos;
mod preconditioned;
mod refine;
mod solution;
mod spectral;
mod woodbury;

pub use auto::{Auto, AutoSolve};
pub use block::BlockSolver;
pub use cholesky::Cholesky;
pub use conjugate_gradient::ConjugateGradient;
pub use damping::{Damping, Pi};
pub use diagonal_power::DiagonalPower;
pub use eigen::Eigen;
pub use eigenbasis::Eigenbasis;
pub use kronecker::KroneckerSolver;
pub use lanczos::Lanczos;
pub use preconditioned::PreconditionedConjugateGradient;
pub use solution::{Solution, SolveInfo};
pub use woodbury::Woodbury;

use crate::operator::LinearOperator;
use crate::{Result, Scalar};
use ndarray::ArrayView1;

/// A way from F and g to a direction.
///
/// # Shapes
/// g and the direction: P, the order of F.
///
/// # Errors
/// [`Error::Shape`](crate::Error::Shape), [`Error::NonFinite`](crate::Error::NonFinite) for g, and
/// [`Error::NotPositiveDefinite`](crate::Error::NotPositiveDefinite) or
/// [`Error::Domain`](crate::Error::Domain) where the damped operator is singular.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot solve with an operator of type `{F}`",
    label = "this solver and this operator do not fit",
    note = "`Cholesky` needs `.dense()`, `DiagonalPower` `.diagonal()`, `BlockSolver` `.blocks()`, `KroneckerSolver` \
            `.kfac()`, `Eigenbasis` `.ekfac()`, `Woodbury` `.gram()`; `ConjugateGradient` and `Auto` take any"
)]
pub trait Solver<T: Scalar, F: LinearOperator<T>> {
    /// The direction, and how it was found.
    fn solve(&self, operator: &F, gradient: ArrayView1<'_, T>) -> Result<Solution<T>>;
}
