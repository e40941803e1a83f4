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

mod cholesky;
mod conjugate_gradient;
mod conjugate_iteration;
mod damping;
mod diagonal_power;
mod lanczos;
mod preconditioned;
mod refine;
mod solution;

pub use cholesky::Cholesky;
pub use conjugate_gradient::ConjugateGradient;
pub use damping::Damping;
pub use diagonal_power::DiagonalPower;
pub use lanczos::Lanczos;
pub use preconditioned::PreconditionedConjugateGradient;
pub use solution::{Solution, SolveInfo};

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
    note = "`Cholesky` needs `.dense()`, `DiagonalPower` needs `.diagonal()`, `ConjugateGradient` takes any"
)]
pub trait Solver<T: Scalar, F: LinearOperator<T>> {
    /// The direction, and how it was found.
    fn solve(&self, operator: &F, gradient: ArrayView1<'_, T>) -> Result<Solution<T>>;
}
