use crate::{Error, Result, Scalar, check};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};

/// The Cholesky factor of a symmetric positive definite matrix.
///
/// ```text
/// A = L Lᵀ,    A⁻¹ b = L⁻ᵀ L⁻¹ b,    log det A = 2 Σᵢ log Lᵢᵢ
/// ```
///
/// # Cost
/// n³/3 flops to factor, 2n² per right-hand side.
///
/// # Example
/// ```
/// use natgrad::{linalg::Cholesky, ndarray::array};
/// let factor = Cholesky::factor(array![[4.0, 2.0], [2.0, 5.0]].view())?;
/// let x = factor.solve(array![8.0, 8.0].view())?;
/// assert!((x[0] - 1.5f64).abs() < 1e-14 && (x[1] - 1.0).abs() < 1e-14);
/// assert!((factor.log_determinant() - 16f64.ln()).abs() < 1e-14);
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Cholesky<T> {
    lower: Array2<T>,
}

impl<T: Scalar> Cholesky<T> {
    /// Factors `a` (only its lower triangle is read).
    ///
    /// # Errors
    /// [`Error::Shape`] if `a` is not square, [`Error::NonFinite`], and [`Error::NotPositiveDefinite`]
    /// with the failing pivot.
    pub fn factor(a: ArrayView2<'_, T>) -> Result<Self> {
        let order = a.nrows();
        check::shape("matrix to factor", &[order, order], a.shape())?;
        check::finite("matrix to factor", &a)?;
        if order == 0 {
            return Ok(Cholesky { lower: Array2::zeros((0, 0)) });
        }
        let lower = T::cholesky(a).map_err(|pivot| Error::NotPositiveDefinite { order, pivot })?;
        Ok(Cholesky { lower })
    }

    /// The factor L: n × n, lower triangular.
    pub fn lower(&self) -> ArrayView2<'_, T> {
        self.lower.view()
    }

    /// x = A⁻¹ b.
    ///
    /// # Errors
    /// [`Error::Shape`] if `b` has another length than the order.
    pub fn solve(&self, b: ArrayView1<'_, T>) -> Result<Array1<T>> {
        let column = self.solve_columns(b.insert_axis(Axis(1)))?;
        Ok(column.remove_axis(Axis(1)))
    }

    /// X = A⁻¹ B, for n × k right-hand sides at once.
    ///
    /// # Errors
    /// [`Error::Shape`] if `b` has another number of rows than the order.
    pub fn solve_columns(&self, b: ArrayView2<'_, T>) -> Result<Array2<T>> {
        check::shape("right-hand side", &[self.lower.nrows(), b.ncols()], b.shape())?;
        let mut x = b.to_owned();
        T::solve_triangular(self.lower.view(), false, x.view_mut());
        T::solve_triangular(self.lower.view(), true, x.view_mut());
        Ok(x)
    }

    /// L⁻¹ B: half a solve, the map to coordinates in which A is the identity.
    ///
    /// # Errors
    /// [`Error::Shape`] if `b` has another number of rows than the order.
    pub fn whiten(&self, b: ArrayView2<'_, T>) -> Result<Array2<T>> {
        check::shape("matrix to whiten", &[self.lower.nrows(), b.ncols()], b.shape())?;
        let mut x = b.to_owned();
        T::solve_triangular(self.lower.view(), false, x.view_mut());
        Ok(x)
    }

    /// L⁻ᵀ b: the other half.
    ///
    /// # Errors
    /// [`Error::Shape`] if `b` has another length than the order.
    pub(crate) fn whiten_transposed(&self, b: ArrayView1<'_, T>) -> Result<Array1<T>> {
        check::shape("vector to whiten", &[self.lower.nrows()], b.shape())?;
        let mut x = b.to_owned().insert_axis(Axis(1));
        T::solve_triangular(self.lower.view(), true, x.view_mut());
        Ok(x.remove_axis(Axis(1)))
    }

    /// log det A.
    pub fn log_determinant(&self) -> T {
        T::of(2.0) * self.lower.diag().iter().map(|x| x.ln()).sum::<T>()
    }
}
