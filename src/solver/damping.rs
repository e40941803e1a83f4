use crate::operator::LinearOperator;
use crate::{Result, Scalar, check};
use ndarray::Array1;
use std::fmt;

/// What is added to an operator before it is inverted: never a bare number, for the same number means
/// different things to different libraries.
///
/// Schemes that act on Kronecker factors join when the factors do.
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
}

impl Damping {
    /// λ.
    pub fn value(self) -> f64 {
        match self {
            Damping::None => 0.0,
            Damping::Exact(lambda) | Damping::RelativeDiagonal(lambda) => lambda,
        }
    }

    /// What is added to each diagonal entry of `operator`.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless 0 ≤ λ < ∞; those of the operator.
    pub fn shift<T: Scalar, F: LinearOperator<T> + ?Sized>(self, operator: &F) -> Result<Array1<T>> {
        self.check()?;
        let lambda = self.value();
        Ok(match self {
            Damping::RelativeDiagonal(_) => operator.diagonal()? * T::of(lambda),
            _ => Array1::from_elem(operator.dim(), T::of(lambda)),
        })
    }

    /// 0 ≤ λ < ∞.
    pub(crate) fn check(self) -> Result<()> {
        let lambda = self.value();
        check::setting("damping", lambda, lambda >= 0.0 && lambda.is_finite(), "finite and at least 0")
    }
}

impl fmt::Display for Damping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Damping::None => write!(f, "undamped"),
            Damping::Exact(lambda) => write!(f, "F + {lambda} I"),
            Damping::RelativeDiagonal(lambda) => write!(f, "F + {lambda} diag(F)"),
        }
    }
}
