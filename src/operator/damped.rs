use crate::operator::LinearOperator;
use crate::{Result, Scalar, check};
use ndarray::{Array1, Array2, ArrayView1};

/// F + λ I: Tikhonov damping, λ in the units of F.
///
/// # Errors
/// [`Damped::new`] returns [`Error::Setting`](crate::Error::Setting) unless 0 ≤ λ < ∞.
#[derive(Debug, Clone, PartialEq)]
pub struct Damped<F, T> {
    operator: F,
    lambda: T,
}

impl<T: Scalar, F: LinearOperator<T>> Damped<F, T> {
    /// F + λ I.
    pub fn new(operator: F, lambda: T) -> Result<Self> {
        check::damping(lambda)?;
        Ok(Damped { operator, lambda })
    }
}

impl<T: Scalar, F: LinearOperator<T>> LinearOperator<T> for Damped<F, T> {
    fn dim(&self) -> usize {
        self.operator.dim()
    }

    fn apply(&self, v: ArrayView1<'_, T>) -> Result<Array1<T>> {
        let mut product = self.operator.apply(v)?;
        product.scaled_add(self.lambda, &v);
        Ok(product)
    }

    fn stored(&self) -> usize {
        self.operator.stored() + 1
    }

    fn to_dense(&self) -> Result<Array2<T>> {
        let mut matrix = self.operator.to_dense()?;
        matrix.diag_mut().mapv_inplace(|x| x + self.lambda);
        Ok(matrix)
    }

    fn diagonal(&self) -> Result<Array1<T>> {
        Ok(self.operator.diagonal()? + self.lambda)
    }

    fn eigenvalues(&self) -> Result<Array1<T>> {
        Ok(self.operator.eigenvalues()? + self.lambda)
    }

    fn log_determinant(&self, damping: T) -> Result<T> {
        check::damping(damping)?;
        self.operator.log_determinant(self.lambda + damping)
    }
}
