use crate::operator::LinearOperator;
use crate::{Result, Scalar, check};
use ndarray::{Array1, Array2, ArrayView1};

/// c F with c ≥ 0, for example N·F: the Fisher of a sum over data from the Fisher of a mean.
///
/// # Errors
/// [`Scaled::new`] returns [`Error::Setting`](crate::Error::Setting) unless 0 ≤ c < ∞.
#[derive(Debug, Clone, PartialEq)]
pub struct Scaled<F, T> {
    operator: F,
    factor: T,
}

impl<T: Scalar, F: LinearOperator<T>> Scaled<F, T> {
    /// c F.
    pub fn new(operator: F, factor: T) -> Result<Self> {
        let holds = factor >= T::zero() && factor.is_finite();
        check::setting("factor", factor.as_f64(), holds, "finite and at least 0")?;
        Ok(Scaled { operator, factor })
    }
}

impl<T: Scalar, F: LinearOperator<T>> LinearOperator<T> for Scaled<F, T> {
    fn dim(&self) -> usize {
        self.operator.dim()
    }

    fn apply(&self, v: ArrayView1<'_, T>) -> Result<Array1<T>> {
        Ok(self.operator.apply(v)? * self.factor)
    }

    fn stored(&self) -> usize {
        self.operator.stored() + 1
    }

    fn to_dense(&self) -> Result<Array2<T>> {
        Ok(self.operator.to_dense()? * self.factor)
    }

    fn diagonal(&self) -> Result<Array1<T>> {
        Ok(self.operator.diagonal()? * self.factor)
    }

    fn eigenvalues(&self) -> Result<Array1<T>> {
        Ok(self.operator.eigenvalues()? * self.factor)
    }
}
