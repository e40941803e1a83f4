use crate::{Error, Result, Scalar, check};
use ndarray::{Array1, Array2, ArrayView2};

/// Eigenvalues and eigenvectors of a symmetric matrix; made by [`eigh`].
#[derive(Debug, Clone)]
pub struct Eigh<T> {
    /// λ in ascending order.
    pub values: Array1<T>,
    /// U: column i belongs to `values[i]`.
    pub vectors: Array2<T>,
}

/// The spectral decomposition of a symmetric matrix.
///
/// ```text
/// A = U diag(λ) Uᵀ,    λ₁ ≤ … ≤ λₙ
/// ```
///
/// # Errors
/// [`Error::Shape`] if `a` is not square, [`Error::NonFinite`], [`Error::NotConverged`] if the iteration
/// fails. Only the lower triangle is read.
///
/// # Cost
/// About 9n³ flops.
///
/// # Example
/// ```
/// use natgrad::{linalg::eigh, ndarray::array};
/// let e = eigh(array![[2.0, 1.0], [1.0, 2.0]].view())?;
/// assert!((e.values[0] - 1.0f64).abs() < 1e-15 && (e.values[1] - 3.0).abs() < 1e-15);
/// # Ok::<(), natgrad::Error>(())
/// ```
pub fn eigh<T: Scalar>(a: ArrayView2<'_, T>) -> Result<Eigh<T>> {
    check_symmetric(&a)?;
    if a.is_empty() {
        return Ok(Eigh { values: Array1::zeros(0), vectors: Array2::zeros((0, 0)) });
    }
    let (values, vectors) = T::eigh(a).ok_or(failure::<T>(a.nrows()))?;
    Ok(Eigh { values, vectors })
}

/// The eigenvalues of a symmetric matrix alone, in ascending order.
///
/// # Errors
/// As [`eigh`].
///
/// # Cost
/// About 4n³/3 flops.
pub fn eigvalsh<T: Scalar>(a: ArrayView2<'_, T>) -> Result<Array1<T>> {
    check_symmetric(&a)?;
    if a.is_empty() {
        return Ok(Array1::zeros(0));
    }
    T::eigvalsh(a).ok_or(failure::<T>(a.nrows()))
}

fn check_symmetric<T: Scalar>(a: &ArrayView2<'_, T>) -> Result<()> {
    check::shape("symmetric matrix", &[a.nrows(), a.nrows()], a.shape())?;
    check::finite("symmetric matrix", a)
}

fn failure<T: Scalar>(order: usize) -> Error {
    Error::NotConverged {
        solver: "symmetric eigenvalue iteration",
        iterations: 30 * order,
        residual: f64::NAN,
        tolerance: T::epsilon().as_f64(),
        condition: f64::NAN,
        backward_error: f64::NAN,
        at_rounding: false,
    }
}
