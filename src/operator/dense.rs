use crate::operator::LinearOperator;
use crate::{Error, Result, Scalar, check, linalg};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2};

/// An operator with explicit entries, which can be factored.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no explicit matrix to factor",
    label = "this solver factors a matrix",
    note = "ask the scores for `.dense()`, or use `ConjugateGradient`, which needs products only"
)]
pub trait DenseOperator<T: Scalar>: LinearOperator<T> {
    /// The matrix, P × P.
    fn matrix(&self) -> ArrayView2<'_, T>;
}

/// An explicit symmetric matrix.
///
/// # Cost
/// P² numbers; 2P² flops per product.
///
/// # Example
/// ```
/// use natgrad::{LinearOperator, ndarray::array, operator::Dense};
/// let f = Dense::new(array![[2.0, 1.0], [1.0, 3.0]])?;
/// assert_eq!(f.quadratic_form(array![1.0, 1.0].view())?, 7.0);
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Dense<T> {
    matrix: Array2<T>,
}

impl<T: Scalar> Dense<T> {
    /// Wraps a symmetric matrix.
    ///
    /// # Errors
    /// [`Error::Shape`] if it is not square, [`Error::NonFinite`], and [`Error::Domain`] at the first entry
    /// that differs from its mirror image by more than rounding (√ε relative to the largest entry).
    pub fn new(matrix: Array2<T>) -> Result<Self> {
        let order = matrix.nrows();
        check::shape("matrix", &[order, order], matrix.shape())?;
        check::finite("matrix", &matrix)?;
        let largest = matrix.iter().fold(T::zero(), |m, x| m.max(x.abs()));
        for ((i, j), &entry) in matrix.indexed_iter().filter(|((i, j), _)| j < i) {
            if (entry - matrix[[j, i]]).abs() > T::epsilon().sqrt() * largest {
                return Err(Error::Domain {
                    quantity: "matrix",
                    index: i * order + j,
                    value: entry.as_f64(),
                    requirement: "equal to its mirror image (the matrix must be symmetric)",
                });
            }
        }
        Ok(Dense { matrix })
    }

    /// Wraps a matrix that is symmetric by construction.
    pub(crate) fn symmetric(matrix: Array2<T>) -> Self {
        Dense { matrix }
    }

    /// The matrix, moved out.
    pub fn into_matrix(self) -> Array2<T> {
        self.matrix
    }
}

impl<T: Scalar> DenseOperator<T> for Dense<T> {
    fn matrix(&self) -> ArrayView2<'_, T> {
        self.matrix.view()
    }
}

impl<T: Scalar> LinearOperator<T> for Dense<T> {
    fn dim(&self) -> usize {
        self.matrix.nrows()
    }

    fn apply(&self, v: ArrayView1<'_, T>) -> Result<Array1<T>> {
        check::shape("vector", &[self.dim()], v.shape())?;
        Ok(linalg::times(self.matrix.view(), v))
    }

    fn apply_columns(&self, v: ArrayView2<'_, T>) -> Result<Array2<T>> {
        check::shape("vectors", &[self.dim(), v.ncols()], v.shape())?;
        linalg::matmul(self.matrix.view(), v)
    }

    fn to_dense(&self) -> Result<Array2<T>> {
        Ok(self.matrix.clone())
    }

    fn diagonal(&self) -> Result<Array1<T>> {
        Ok(self.matrix.diag().to_owned())
    }

    fn eigenvalues(&self) -> Result<Array1<T>> {
        linalg::eigvalsh(self.matrix.view())
    }

    /// By Cholesky: a third of n³ flops, and more accurate than a sum over eigenvalues.
    fn log_determinant(&self, damping: T) -> Result<T> {
        check::damping(damping)?;
        let mut damped = self.matrix.clone();
        damped.diag_mut().mapv_inplace(|x| x + damping);
        Ok(linalg::Cholesky::factor(damped.view())?.log_determinant())
    }
}
