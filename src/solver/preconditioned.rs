use crate::operator::{Diagonal, LinearOperator};
use crate::solver::conjugate_iteration::{Limits, iterate};
use crate::solver::solution::System;
use crate::solver::spectral::ends;
use crate::solver::{Damping, Solution, SolveInfo, Solver};
use crate::{Result, Scalar, check};
use ndarray::{Array1, ArrayView1};

/// Conjugate gradients in the metric of an approximate inverse.
///
/// ```text
/// (F + damping) d = g,    as if by conjugate gradients on  M^½ (F + damping) M^½,    M ≈ (F + damping)⁻¹
/// ```
///
/// The preconditioner is any positive definite operator v ↦ M v; its scale does not matter. It changes the number of
/// iterations, and neither the solution nor the residual that is reported, which is the plain ‖(F + damping) d - g‖/‖g‖.
///
/// # Shapes
/// The preconditioner has the order of F.
///
/// # Errors
/// As [`ConjugateGradient`](super::ConjugateGradient); [`Error::Shape`](crate::Error::Shape) for a preconditioner of another
/// order.
///
/// # Cost
/// One product with F and one with M per iteration.
///
/// # Numerical notes
/// Restarts as [`ConjugateGradient`](super::ConjugateGradient) does. The condition estimate is that of M^½ (F + damping)
/// M^½, which decides the number of iterations; a note says so. The norm in the backward error is the largest growth of a
/// search direction. A preconditioner that is not definite on the residual ends the iteration, with a note.
///
/// # Example
/// ```
/// use natgrad::{Solver, ndarray::array, operator::Dense};
/// use natgrad::solver::{Damping, PreconditionedConjugateGradient};
/// // Badly scaled: (1, 1000) in the diagonal. Scaled by it, the condition is 3.
/// let f = Dense::new(array![[2.0, 1e3], [1e3, 2e6]])?;
/// let solver = PreconditionedConjugateGradient::jacobi(&f, Damping::None)?;
/// let solution = solver.solve(&f, array![3.0, 3e3].view())?.converged()?;
/// assert!((solution.direction[0] - 1.0f64).abs() < 1e-12 && (solution.direction[1] - 1e-3).abs() < 1e-15);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Golub & Van Loan 2013, "Matrix Computations", section 11.5.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PreconditionedConjugateGradient<P> {
    /// What is added to the operator.
    pub damping: Damping,
    /// Relative residual to stop at.
    pub tolerance: f64,
    /// Iterations at most.
    pub max_iterations: usize,
    /// M ≈ (F + damping)⁻¹.
    pub preconditioner: P,
}

impl<P> PreconditionedConjugateGradient<P> {
    /// Any preconditioner; relative residual 1e-10, at most 1000 iterations.
    pub fn new(damping: Damping, preconditioner: P) -> Self {
        PreconditionedConjugateGradient { damping, tolerance: 1e-10, max_iterations: 1000, preconditioner }
    }
}

impl<T: Scalar> PreconditionedConjugateGradient<Diagonal<T>> {
    /// Jacobi: M is the inverse of the diagonal of the damped operator, and 0 where that is 0 (in a semidefinite operator
    /// nothing else stands in such a row).
    ///
    /// # Errors
    /// Those of the operator's diagonal; [`Error::Setting`](crate::Error::Setting) for the damping, and
    /// [`Error::NonFinite`](crate::Error::NonFinite) where an inverse overflows.
    ///
    /// # Cost
    /// One diagonal of F.
    pub fn jacobi<F: LinearOperator<T> + ?Sized>(operator: &F, damping: Damping) -> Result<Self> {
        let diagonal = damping.shift(operator)? + operator.diagonal()?;
        let inverse = diagonal.mapv(|x| if x.is_zero() { x } else { x.recip() });
        Ok(PreconditionedConjugateGradient::new(damping, Diagonal::new(inverse)?))
    }
}

impl<T, F, P> Solver<T, F> for PreconditionedConjugateGradient<P>
where
    T: Scalar,
    F: LinearOperator<T>,
    P: LinearOperator<T>,
{
    fn solve(&self, operator: &F, gradient: ArrayView1<'_, T>) -> Result<Solution<T>> {
        let order = operator.dim();
        check::vector("gradient", order, &gradient)?;
        let found = self.preconditioner.dim();
        check::shape("preconditioner", &[order, order], &[found, found])?;
        let shift = self.damping.shift(operator)?;
        let limits = Limits::new(self.tolerance, self.max_iterations)?;
        let product = |v: &Array1<T>| -> Result<Array1<T>> { Ok(operator.apply(v.view())? + &shift * v) };
        let run = iterate(product, |r| self.preconditioner.apply(r.view()), gradient, limits)?;
        let system =
            System { direction: &run.direction, rest: &run.rest, gradient, operator_norm: run.operator_norm };
        let meaning = "the condition is that of the preconditioned operator".to_owned();
        let info = SolveInfo {
            iterations: run.iterations,
            shift: Some(ends(&shift)),
            tolerance: self.tolerance,
            note: Some(run.note.map_or(meaning.clone(), |note| format!("{note}; {meaning}"))),
            ..SolveInfo::direct("preconditioned conjugate gradient", self.damping, system, run.condition)
        };
        Ok(Solution { direction: run.direction, info })
    }
}
