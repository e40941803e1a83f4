use super::{norm, times};
use crate::{Result, Scalar, check};
use ndarray::{Array2, ArrayView2, s};

/// An orthonormal basis of the columns of a matrix; made by [`qr`].
#[derive(Debug, Clone, PartialEq)]
pub struct Qr<T> {
    /// Q, n × r: r orthonormal columns.
    pub q: Array2<T>,
    /// R = QᵀA, r × k: upper trapezoidal with positive pivots, one step further right wherever a column is skipped.
    pub r: Array2<T>,
}

/// The thin QR decomposition, of the numerical rank.
///
/// ```text
/// A = Q R,    QᵀQ = I_r,    r = rank A
/// ```
///
/// A column that depends on those before it (what is left of it is at most 8√n·ε times the longest column) adds nothing to Q.
/// A zero matrix has a Q without columns.
///
/// # Shapes
/// `a`: n × k, any of the two larger; r ≤ min(n, k).
///
/// # Errors
/// [`Error::NonFinite`](crate::Error::NonFinite).
///
/// # Cost
/// 8nkr flops.
///
/// # Numerical notes
/// Gram-Schmidt, twice for every column (Giraud et al. 2005, Numer. Math. 101, 87-100): QᵀQ = I to rounding for any A.
///
/// # Example
/// ```
/// use natgrad::{linalg::qr, ndarray::array};
/// let found = qr(array![[3.0, 6.0, 1.0], [4.0, 8.0, 2.0]].view())?;    // the second column is twice the first
/// assert!((found.q[[0, 0]] - 0.6f64).abs() < 1e-15 && (found.r[[0, 1]] - 10.0).abs() < 1e-14);
/// assert_eq!(found.q.dim(), (2, 2));
/// # Ok::<(), natgrad::Error>(())
/// ```
pub fn qr<T: Scalar>(a: ArrayView2<'_, T>) -> Result<Qr<T>> {
    check::finite("matrix to orthogonalise", &a)?;
    let (order, count) = a.dim();
    let longest = a.columns().into_iter().fold(T::zero(), |m, column| m.max(norm(column)));
    let rounding = T::of(8.0 * (order as f64).sqrt()) * T::epsilon() * longest;
    // One row per basis vector, in contiguous memory.
    let mut basis = Array2::<T>::zeros((order.min(count), order));
    let mut r = Array2::zeros((order.min(count), count));
    let mut rank = 0;
    for (k, column) in a.columns().into_iter().enumerate() {
        let mut rest = column.to_owned();
        let earlier = basis.slice(s![..rank, ..]);
        for _ in 0..2 {
            let overlap = times(earlier, rest.view());
            rest -= &times(earlier.t(), overlap.view());
            let mut coefficients = r.slice_mut(s![..rank, k]);
            coefficients += &overlap;
        }
        let length = norm(rest.view());
        if length > rounding && rank < order {
            r[[rank, k]] = length;
            basis.row_mut(rank).assign(&(rest / length));
            rank += 1;
        }
    }
    Ok(Qr {
        q: basis.slice(s![..rank, ..]).t().as_standard_layout().into_owned(),
        r: r.slice(s![..rank, ..]).to_owned(),
    })
}
