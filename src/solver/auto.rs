use crate::fisher::{Fisher, Gram, Implicit, Scores};
use crate::operator::{
    BlockDiagonal, Damped, Dense, Diagonal, EigenKronecker, Kronecker, LinearOperator, Power, QuasiDiagonal,
    Scaled, Sum,
};
use crate::solver::solution::tolerance;
use crate::solver::{
    BlockSolver, Cholesky, Damping, DiagonalPower, Eigen, Eigenbasis, KroneckerSolver,
    PreconditionedConjugateGradient, Solution, SolveInfo, Solver, Woodbury,
};
use crate::{Error, Result, Scalar};
use ndarray::ArrayView1;

/// Order up to which a dense matrix is made where none was asked for: 128 MiB, and seconds to factor.
const DENSE_LIMIT: usize = 4096;

/// Rows up to which a Gram matrix is made where none was asked for: 512 MiB.
const GRAM_LIMIT: usize = 8192;

/// Iterations that conjugate gradients get.
const ITERATIONS: usize = 2000;

/// The solver that fits the operator, by a rule that can be looked up; the name of the path that ran is in the solution.
///
/// | operator | path | if that fails, or stays above the tolerance |
/// |---|---|---|
/// | dense | [`Cholesky`] | [`Eigen`] |
/// | diagonal | [`DiagonalPower`] with p = 1 | |
/// | blocks, quasi-diagonal | [`BlockSolver`] | [`Eigen`] |
/// | Kronecker | [`KroneckerSolver`] | [`Eigen`] |
/// | eigenbasis | [`Eigenbasis`] | [`Eigen`] |
/// | Gram | [`Woodbury`]; for a damping relative to the diagonal as implicit | |
/// | implicit, and all others | Jacobi's [`PreconditionedConjugateGradient`] | the matrix, as dense |
///
/// "Fails" means that the damped operator is not positive definite; a condition beyond 1/(Pε) counts as such. Of two solutions
/// the second is returned if it is good, or if the first is not and has no meaning (a condition beyond 1/(Pε)); of two that are
/// not good that with the smaller backward error. A note tells of the other. No
/// fallback makes a matrix of order above 4096 where there was none.
///
/// # Errors
/// Those of the paths.
///
/// # Example
/// ```
/// use natgrad::{Solver, ndarray::array, operator::Dense, solver::Auto};
/// let f = Dense::new(array![[1.0, 1.0], [1.0, 1.0]])?;
/// let damped = Auto::damped(1.0).solve(&f, array![3.0, 3.0].view())?;
/// assert_eq!(damped.info.solver, "cholesky");
/// let undamped = Auto::default().solve(&f, array![2.0, 2.0].view())?.converged()?;
/// assert_eq!(undamped.info.solver, "eigen");
/// assert!((undamped.direction[0] - 1.0f64).abs() < 1e-15);
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Auto {
    /// What is added to the operator.
    pub damping: Damping,
}

impl Auto {
    /// F + λ I.
    pub fn damped(lambda: f64) -> Self {
        Auto { damping: Damping::Exact(lambda) }
    }

    /// The direction of scores of which no view has been made: the view is chosen too.
    ///
    /// See the table of [`solver`](crate::solver).
    ///
    /// # Errors
    /// Those of the view and of the path.
    ///
    /// # Example
    /// ```
    /// use natgrad::{Labels, Network, fisher::Exact, likelihood::Categorical, solver::Auto};
    /// use natgrad::{model::Activation, ndarray::array};
    /// let network = Network::random(&[2, 7, 3], Activation::Tanh, 7)?;                  // P = 45
    /// let lin = network.linearize(&Categorical, &array![[1.0, 0.5], [-0.5, 1.0]], &Labels::classes(&[0, 2])?)?;
    /// let scores = lin.scores(&Exact)?;                                                 // 4 rows
    /// let solution = Auto::damped(0.1).solve_scores(&scores, lin.gradient().view())?.converged()?;
    /// assert_eq!(solution.info.solver, "woodbury");
    /// # Ok::<(), natgrad::Error>(())
    /// ```
    pub fn solve_scores<T: Scalar>(
        &self,
        scores: &Scores<T>,
        gradient: ArrayView1<'_, T>,
    ) -> Result<Solution<T>> {
        let few = scores.rows() <= scores.dim() / 2 && scores.rows() <= GRAM_LIMIT;
        if few && self.damping.uniform().is_some() {
            self.solve(&scores.gram()?, gradient)
        } else if scores.dim() <= DENSE_LIMIT {
            self.solve(&scores.dense()?, gradient)
        } else {
            self.solve(&scores.implicit()?, gradient)
        }
    }

    /// Jacobi's preconditioned conjugate gradients.
    fn iterate<T: Scalar, F: LinearOperator<T>>(
        self,
        operator: &F,
        gradient: ArrayView1<'_, T>,
    ) -> Result<Solution<T>> {
        let solver = PreconditionedConjugateGradient::jacobi(operator, self.damping)?;
        let solver = PreconditionedConjugateGradient {
            tolerance: tolerance::<T>(),
            max_iterations: ITERATIONS,
            ..solver
        };
        let first = solver.solve(operator, gradient)?;
        if first.info.converged() || operator.dim() > DENSE_LIMIT {
            return Ok(first);
        }
        let Ok(second) = Dense::symmetric(operator.to_dense()?).solve_auto(&self, gradient) else {
            return Ok(first);
        };
        let of = |solution: &Solution<T>| {
            format!("{} left a residual of {:.1e}", solution.info.solver, solution.info.residual)
        };
        if second.info.converged() || second.info.backward_error < first.info.backward_error {
            let remark = format!("instead of the usual path: {}", of(&first));
            Ok(noted(second, remark))
        } else {
            let remark = format!("the matrix was tried as well: {}", of(&second));
            Ok(noted(first, remark))
        }
    }

    /// The first solution if it is good, or else the better of it and `Eigen`'s.
    fn or_eigen<T: Scalar, F: LinearOperator<T>>(
        self,
        first: Result<Solution<T>>,
        operator: &F,
        gradient: ArrayView1<'_, T>,
    ) -> Result<Solution<T>> {
        let singular = 1.0 / (operator.dim().max(1) as f64 * T::epsilon().as_f64());
        let allowed = match self.damping {
            Damping::None | Damping::Exact(_) => true,
            Damping::RelativeDiagonal(_) => operator.dim() <= DENSE_LIMIT,
            _ => false,
        };
        let reason = match &first {
            Ok(solution) if !solution.info.converged() => {
                format!("{} left a residual of {:.1e}", solution.info.solver, solution.info.residual)
            }
            Ok(solution) if solution.info.condition > singular => {
                format!(
                    "{} saw a condition of {:.1e}, singular to rounding",
                    solution.info.solver, solution.info.condition
                )
            }
            // Not finite: divided by an eigenvalue next to nothing.
            Err(
                error @ (Error::NotPositiveDefinite { .. }
                | Error::Singular { .. }
                | Error::NonFinite { quantity: "direction", .. }),
            ) => error.to_string(),
            _ => return first,
        };
        if !allowed {
            return first;
        }
        let second = Eigen { damping: self.damping, cutoff: None }.solve(operator, gradient)?;
        match first {
            // Where both are good, the second is of least norm. Where neither is, a direction without meaning gives way to the
            // pseudo-inverse, and otherwise the one nearer to a solution stays.
            Ok(first)
                if !second.info.converged()
                    && (first.info.converged()
                        || first.info.condition <= singular
                            && first.info.backward_error <= second.info.backward_error) =>
            {
                let tried =
                    format!("eigen was tried as well, and left a residual of {:.1e}", second.info.residual);
                Ok(noted(first, tried))
            }
            _ => Ok(noted(second, format!("instead of the usual path: {reason}"))),
        }
    }
}

/// The solution with one remark more.
fn noted<T>(solution: Solution<T>, remark: String) -> Solution<T> {
    let note = Some(match solution.info.note {
        Some(note) => format!("{note}; {remark}"),
        None => remark,
    });
    Solution { info: SolveInfo { note, ..solution.info }, ..solution }
}

/// An operator for which [`Auto`] knows a path.
///
/// An operator from elsewhere takes part by an empty `impl`: conjugate gradients with the diagonal as preconditioner.
///
/// # Example
/// ```
/// use natgrad::{LinearOperator, Result, Solver, solver::{Auto, AutoSolve}};
/// use natgrad::ndarray::{Array1, ArrayView1, array};
/// struct Twice;
/// impl LinearOperator<f64> for Twice {
///     fn dim(&self) -> usize { 3 }
///     fn apply(&self, v: ArrayView1<'_, f64>) -> Result<Array1<f64>> { Ok(&v * 2.0) }
/// }
/// impl AutoSolve<f64> for Twice {}
/// let solution = Auto::default().solve(&Twice, array![2.0, 4.0, 6.0].view())?;
/// assert_eq!(solution.direction, array![1.0, 2.0, 3.0]);
/// # Ok::<(), natgrad::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`Auto` has no path for `{Self}`",
    note = "write `impl AutoSolve<T> for …{{}}` for preconditioned conjugate gradients"
)]
pub trait AutoSolve<T: Scalar>: LinearOperator<T> + Sized {
    /// The direction by the path that fits this operator.
    ///
    /// # Errors
    /// Those of the path.
    fn solve_auto(&self, auto: &Auto, gradient: ArrayView1<'_, T>) -> Result<Solution<T>> {
        auto.iterate(self, gradient)
    }
}

impl<T: Scalar, F: AutoSolve<T>> Solver<T, F> for Auto {
    fn solve(&self, operator: &F, gradient: ArrayView1<'_, T>) -> Result<Solution<T>> {
        operator.solve_auto(self, gradient)
    }
}

impl<T: Scalar> AutoSolve<T> for Dense<T> {
    fn solve_auto(&self, auto: &Auto, gradient: ArrayView1<'_, T>) -> Result<Solution<T>> {
        let first = Cholesky { damping: auto.damping }.solve(self, gradient);
        auto.or_eigen(first, self, gradient)
    }
}

impl<T: Scalar> AutoSolve<T> for Diagonal<T> {
    fn solve_auto(&self, auto: &Auto, gradient: ArrayView1<'_, T>) -> Result<Solution<T>> {
        DiagonalPower::new(1.0)?.with_damping(auto.damping).solve(self, gradient)
    }
}

impl<T: Scalar> AutoSolve<T> for BlockDiagonal<T> {
    fn solve_auto(&self, auto: &Auto, gradient: ArrayView1<'_, T>) -> Result<Solution<T>> {
        let first = BlockSolver { damping: auto.damping }.solve(self, gradient);
        auto.or_eigen(first, self, gradient)
    }
}

impl<T: Scalar> AutoSolve<T> for QuasiDiagonal<T> {
    fn solve_auto(&self, auto: &Auto, gradient: ArrayView1<'_, T>) -> Result<Solution<T>> {
        let first = BlockSolver { damping: auto.damping }.solve(self, gradient);
        auto.or_eigen(first, self, gradient)
    }
}

impl<T: Scalar> AutoSolve<T> for Kronecker<T> {
    fn solve_auto(&self, auto: &Auto, gradient: ArrayView1<'_, T>) -> Result<Solution<T>> {
        let first = KroneckerSolver { damping: auto.damping }.solve(self, gradient);
        auto.or_eigen(first, self, gradient)
    }
}

impl<T: Scalar> AutoSolve<T> for EigenKronecker<T> {
    fn solve_auto(&self, auto: &Auto, gradient: ArrayView1<'_, T>) -> Result<Solution<T>> {
        let first = Eigenbasis { damping: auto.damping }.solve(self, gradient);
        auto.or_eigen(first, self, gradient)
    }
}

impl<T: Scalar> AutoSolve<T> for Gram<T> {
    fn solve_auto(&self, auto: &Auto, gradient: ArrayView1<'_, T>) -> Result<Solution<T>> {
        match auto.damping {
            Damping::RelativeDiagonal(_) => auto.iterate(self, gradient),
            damping => Woodbury { damping }.solve(self, gradient),
        }
    }
}

impl<T: Scalar> AutoSolve<T> for Implicit<T> {}

impl<T: Scalar> AutoSolve<T> for Power<T> {}

impl<T: Scalar, F: LinearOperator<T>> AutoSolve<T> for Damped<F, T> {}

impl<T: Scalar, F: LinearOperator<T>> AutoSolve<T> for Scaled<F, T> {}

impl<T: Scalar, F: LinearOperator<T>, G: LinearOperator<T>> AutoSolve<T> for Sum<F, G> {}

impl<T: Scalar, R: AutoSolve<T>> AutoSolve<T> for Fisher<R> {
    fn solve_auto(&self, auto: &Auto, gradient: ArrayView1<'_, T>) -> Result<Solution<T>> {
        self.operator().solve_auto(auto, gradient)
    }
}

impl<T: Scalar, F: AutoSolve<T>> AutoSolve<T> for &F {
    fn solve_auto(&self, auto: &Auto, gradient: ArrayView1<'_, T>) -> Result<Solution<T>> {
        (**self).solve_auto(auto, gradient)
    }
}

impl<T: Scalar, F: AutoSolve<T>> AutoSolve<T> for Box<F> {
    fn solve_auto(&self, auto: &Auto, gradient: ArrayView1<'_, T>) -> Result<Solution<T>> {
        (**self).solve_auto(auto, gradient)
    }
}
