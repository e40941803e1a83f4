use crate::operator::{EigenbasisOperator, LinearOperator};
use crate::solver::solution::tolerance;
use crate::solver::spectral::invert;
use crate::solver::{Damping, PreconditionedConjugateGradient, Solution, SolveInfo, Solver};
use crate::{Error, Result, Scalar, check};
use ndarray::ArrayView1;

/// Divides by the eigenvalues of an operator that is born with its eigenvectors (EKFAC).
///
/// ```text
/// d = (Q_B ⊗ Q_A) (S + λ)⁻¹ (Q_B ⊗ Q_A)ᵀ g        per layer
/// ```
///
/// A damping relative to the diagonal is not diagonal in this basis: conjugate gradients run instead, as the name of the path
/// and a note say.
///
/// # Errors
/// [`Error::Singular`] if an eigenvalue with its damping is not positive; [`Error::Unsupported`] for the damping of Kronecker
/// factors: the eigenvalues S are free, so there are no factors to damp.
///
/// # Cost
/// 8·out·in·(out + in) flops per layer and step of refinement.
///
/// # Numerical notes
/// The eigenvectors are orthonormal to rounding only, which the residual shows and refinement repairs. With a relative damping
/// the preconditioner is (F + c I)⁻¹ in the eigenbasis, c the geometric mean of the ends of λ diag F, unless diag F spreads
/// wider than 1/λ; then, and where the first stops above the tolerance, it is Jacobi's.
///
/// # Example
/// ```
/// use natgrad::{Labels, Network, Solver, fisher::Exact, likelihood::Categorical, solver::Eigenbasis};
/// use natgrad::{model::Activation, ndarray::array};
/// let network = Network::random(&[2, 3, 3], Activation::Tanh, 7)?;
/// let lin = network.linearize(&Categorical, &array![[1.0, 0.5], [-0.5, 1.0]], &Labels::classes(&[0, 2])?)?;
/// let ekfac = lin.scores(&Exact)?.ekfac()?;
/// let solution = Eigenbasis::damped(0.1).solve(&ekfac, lin.gradient().view())?.converged()?;
/// assert!(solution.info.residual < 1e-15);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// George, Laurent, Bouthillier, Ballas & Vincent 2018, arXiv 1806.03884.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Eigenbasis {
    /// What is added to the operator.
    pub damping: Damping,
}

impl Eigenbasis {
    /// F + λ I.
    pub fn damped(lambda: f64) -> Self {
        Eigenbasis { damping: Damping::Exact(lambda) }
    }
}

impl<T: Scalar, F: EigenbasisOperator<T>> Solver<T, F> for Eigenbasis {
    fn solve(&self, operator: &F, gradient: ArrayView1<'_, T>) -> Result<Solution<T>> {
        check::vector("gradient", operator.dim(), &gradient)?;
        self.damping.check()?;
        match self.damping {
            Damping::None | Damping::Exact(_) => {
                invert("eigenbasis", self.damping, operator, &operator.decompose()?, gradient)
            }
            Damping::RelativeDiagonal(lambda) => relative(operator, lambda, gradient),
            Damping::Factored { .. } | Damping::PerFactor(_) => Err(Error::Unsupported {
                what: "damping of factors in an eigenbasis",
                reason: "its eigenvalues are free, no products of those of two factors; damp by `Exact`, or ask the scores for \
                         `.kfac()` and use `KroneckerSolver`",
            }),
        }
    }
}

fn relative<T: Scalar, F: LinearOperator<T>>(
    operator: &F,
    lambda: f64,
    gradient: ArrayView1<'_, T>,
) -> Result<Solution<T>> {
    let damping = Damping::RelativeDiagonal(lambda);
    let shift = damping.shift(operator)?;
    let positive = || shift.iter().map(|x| x.as_f64()).filter(|x| *x > 0.0);
    let (least, greatest) = (positive().fold(f64::INFINITY, f64::min), positive().fold(0.0, f64::max));
    let centre = least.sqrt() * greatest.sqrt();
    let by_jacobi = || {
        let solver = PreconditionedConjugateGradient::jacobi(operator, damping)?;
        let solver = PreconditionedConjugateGradient { tolerance: tolerance::<T>(), ..solver };
        solver.solve(operator, gradient)
    };
    // Rows without a diagonal have no damping either: nothing there but zeros.
    let solution = if least.is_finite() && greatest / least * lambda < 1.0 {
        let preconditioner = operator.decompose()?.power(-1.0, T::of(centre))?;
        let solver = PreconditionedConjugateGradient::new(damping, preconditioner);
        let solver = PreconditionedConjugateGradient { tolerance: tolerance::<T>(), ..solver };
        let first = solver.solve(operator, gradient)?;
        // A preconditioner that is nearly singular itself limits what can be reached.
        if first.info.converged() {
            first
        } else {
            let second = by_jacobi()?;
            if second.info.converged() || second.info.backward_error < first.info.backward_error {
                second
            } else {
                first
            }
        }
    } else {
        by_jacobi()?
    };
    let note = "instead of a division in the eigenbasis, where the diagonal of F is not diagonal";
    let info = SolveInfo {
        note: Some(solution.info.note.map_or(note.to_owned(), |more| format!("{note}; {more}"))),
        ..solution.info
    };
    Ok(Solution { info, ..solution })
}
