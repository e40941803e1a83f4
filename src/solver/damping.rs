use crate::operator::{KroneckerFactors, LinearOperator};
use crate::{Error, Result, Scalar, check};
use ndarray::{Array1, ArrayView2};
use std::fmt;

/// What is added to an operator before it is inverted: never a bare number, for the same number means
/// different things to different libraries.
///
/// # Units
/// λ of `Exact` and of `Factored` is in the units of F; that of `RelativeDiagonal` has none. `PerFactor` adds one λ to
/// factors of different units, as some libraries do; it is here for comparison with them.
///
/// # Numerical notes
/// On B ⊗ A, damping of the factors adds more than λ: with γ² = λ
///
/// ```text
/// (B + γ/π I) ⊗ (A + πγ I) = B ⊗ A + λ I + πγ B ⊗ I + γ/π I ⊗ A
/// ```
///
/// [`SolveInfo::shift`](super::SolveInfo::shift) tells how much.
///
/// # References
/// Martens & Grosse 2015, arXiv 1503.05671, section 6.3 (factored); Marquardt 1963 (relative to the diagonal).
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[non_exhaustive]
pub enum Damping {
    /// Nothing.
    #[default]
    None,
    /// F + λ I, λ in the units of F.
    Exact(f64),
    /// F + λ diag(F): a shift without units, invariant to rescaling each parameter (Marquardt 1963).
    RelativeDiagonal(f64),
    /// (B + √λ/π I) ⊗ (A + π√λ I) in every block B ⊗ A, B the factor of the gradients and A that of the inputs.
    Factored {
        /// λ, in the units of F.
        lambda: f64,
        /// How √λ is shared out.
        pi: Pi,
    },
    /// (B + λ I) ⊗ (A + λ I) in every block B ⊗ A.
    PerFactor(f64),
}

/// How √λ is shared out between the factors of B ⊗ A: √λ/π to B, π√λ to A.
///
/// # Example
/// ```
/// use natgrad::{ndarray::array, operator::{KroneckerFactors, MatrixBlock}, solver::Pi};
/// let block = MatrixBlock { offset: 0, outputs: 2, inputs: 1, bias: false };
/// let factors = KroneckerFactors::new(block, array![[3.0, 1.0], [1.0, 5.0]], array![[9.0]])?;
/// assert_eq!(Pi::TraceRatio.of(&factors), 1.5);       // √((9/1)/(8/2))
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Pi {
    /// π = √((tr A/dim A)/(tr B/dim B)): of all π the one with the least trace of what is added beyond λ I. 1 unless both
    /// traces are positive.
    #[default]
    TraceRatio,
    /// π = 1.
    One,
}

impl Pi {
    /// π of these factors.
    pub fn of<T: Scalar>(self, factors: &KroneckerFactors<T>) -> f64 {
        let mean = |matrix: ArrayView2<'_, T>| {
            let diagonal = matrix.diag();
            diagonal.iter().map(|x| x.as_f64()).sum::<f64>() / diagonal.len() as f64
        };
        let (left, right) = (mean(factors.left()), mean(factors.right()));
        match self {
            // One root each: the ratio itself may leave the range of numbers.
            Pi::TraceRatio if left > 0.0 && right > 0.0 => right.sqrt() / left.sqrt(),
            Pi::TraceRatio | Pi::One => 1.0,
        }
    }
}

impl Damping {
    /// λ.
    pub fn value(self) -> f64 {
        match self {
            Damping::None => 0.0,
            Damping::Exact(lambda)
            | Damping::RelativeDiagonal(lambda)
            | Damping::Factored { lambda, .. }
            | Damping::PerFactor(lambda) => lambda,
        }
    }

    /// What is added to each diagonal entry of `operator`.
    ///
    /// # Errors
    /// [`Error::Setting`] unless 0 ≤ λ < ∞; [`Error::Unsupported`] for the damping of factors, which is no diagonal; those of
    /// the operator.
    pub fn shift<T: Scalar, F: LinearOperator<T> + ?Sized>(self, operator: &F) -> Result<Array1<T>> {
        self.check()?;
        match self {
            Damping::None | Damping::Exact(_) => Ok(Array1::from_elem(operator.dim(), T::of(self.value()))),
            Damping::RelativeDiagonal(lambda) => Ok(operator.diagonal()? * T::of(lambda)),
            Damping::Factored { .. } | Damping::PerFactor(_) => Err(Error::Unsupported {
                what: "damping of Kronecker factors",
                reason: "this solver sees no factors; ask the scores for `.kfac()`, `.kfoc()` or `.tkfac()` and use \
                         `KroneckerSolver`, or damp by `Exact`",
            }),
        }
    }

    /// λ where the damping is λ I.
    pub(crate) fn uniform(self) -> Option<f64> {
        match self {
            Damping::None | Damping::Exact(_) => Some(self.value()),
            _ => None,
        }
    }

    /// What is added to the diagonals of B and A, where the damping is one of the factors.
    pub(crate) fn on_factors<T: Scalar>(self, factors: &KroneckerFactors<T>) -> Option<(T, T)> {
        match self {
            Damping::Factored { lambda, pi } => {
                let (root, pi) = (lambda.sqrt(), pi.of(factors));
                Some((T::of(root / pi), T::of(root * pi)))
            }
            Damping::PerFactor(lambda) => Some((T::of(lambda), T::of(lambda))),
            _ => None,
        }
    }

    /// 0 ≤ λ < ∞.
    pub(crate) fn check(self) -> Result<()> {
        let lambda = self.value();
        check::at_least_zero("damping", lambda)
    }
}

impl fmt::Display for Damping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Damping::None => write!(f, "undamped"),
            Damping::Exact(lambda) => write!(f, "F + {lambda} I"),
            Damping::RelativeDiagonal(lambda) => write!(f, "F + {lambda} diag(F)"),
            Damping::Factored { lambda, pi: Pi::TraceRatio } => {
                write!(f, "(B + √{lambda}/π I) ⊗ (A + π√{lambda} I), π² the ratio of mean traces")
            }
            Damping::Factored { lambda, pi: Pi::One } => {
                write!(f, "(B + √{lambda} I) ⊗ (A + √{lambda} I)")
            }
            Damping::PerFactor(lambda) => write!(f, "(B + {lambda} I) ⊗ (A + {lambda} I)"),
        }
    }
}
