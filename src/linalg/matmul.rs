use crate::{Result, Scalar, check};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};

/// The product of two matrices.
///
/// ```text
/// C = A B
/// ```
///
/// # Shapes
/// `a`: m × k, `b`: k × n; returns m × n. Views may be transposed.
///
/// # Errors
/// [`Error::Shape`](crate::Error::Shape) if the inner dimensions differ.
///
/// # Cost
/// 2mnk flops, sequential.
///
/// # Example
/// ```
/// use natgrad::{linalg::matmul, ndarray::array};
/// let c = matmul(array![[1.0, 2.0]].view(), array![[3.0], [4.0]].view())?;
/// assert_eq!(c, array![[11.0]]);
/// # Ok::<(), natgrad::Error>(())
/// ```
pub fn matmul<T: Scalar>(a: ArrayView2<'_, T>, b: ArrayView2<'_, T>) -> Result<Array2<T>> {
    check::shape("right factor of a product", &[a.ncols(), b.ncols()], b.shape())?;
    Ok(product(a, b))
}

/// [`matmul`] for shapes that fit by construction.
pub(crate) fn product<T: Scalar>(a: ArrayView2<'_, T>, b: ArrayView2<'_, T>) -> Array2<T> {
    let mut c = Array2::zeros((a.nrows(), b.ncols()));
    if a.ncols() > 0 {
        T::gemm(a, b, false, c.view_mut());
    }
    c
}

/// A v, for lengths that fit by construction.
pub(crate) fn times<T: Scalar>(a: ArrayView2<'_, T>, v: ArrayView1<'_, T>) -> Array1<T> {
    product(a, v.insert_axis(Axis(1))).remove_axis(Axis(1))
}
