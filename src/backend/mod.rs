//! The one seam to linear-algebra libraries (private).
//!
//! Everything above is generic over [`Scalar`](crate::Scalar); here the types are literally `f32` and `f64`,
//! so no foreign trait bound escapes. `pure` stands on faer (no system library), `blas` on
//! ndarray and ndarray-linalg, which hand over to the BLAS/LAPACK that the final binary links.
//! All calls are sequential: threads are the business of `linalg`, where work is cut the same way
//! whatever their number.

use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut2};

#[cfg(feature = "blas")]
mod blas;
#[cfg(not(feature = "blas"))]
mod pure;

/// The backend in use: `"faer"` or `"blas"`.
pub(crate) const NAME: &str = if cfg!(feature = "blas") { "blas" } else { "faer" };

/// The five kernels. Shapes are the caller's duty (`linalg` checks them).
pub trait Kernels: Sized {
    /// C ← A B + β C with β ∈ {0, 1} given as `accumulate`.
    fn gemm(a: ArrayView2<'_, Self>, b: ArrayView2<'_, Self>, accumulate: bool, c: ArrayViewMut2<'_, Self>);

    /// Lower triangle L with L Lᵀ = A (only A's lower triangle is read); `Err` holds the failing pivot.
    fn cholesky(a: ArrayView2<'_, Self>) -> Result<Array2<Self>, usize>;

    /// X ← L⁻¹ X, or L⁻ᵀ X if `transposed`.
    fn solve_triangular(l: ArrayView2<'_, Self>, transposed: bool, x: ArrayViewMut2<'_, Self>);

    /// Eigenvalues in ascending order and orthonormal eigenvectors in columns; `None` if the iteration failed.
    fn eigh(a: ArrayView2<'_, Self>) -> Option<(Array1<Self>, Array2<Self>)>;

    /// Eigenvalues alone, in ascending order; `None` if the iteration failed.
    fn eigvalsh(a: ArrayView2<'_, Self>) -> Option<Array1<Self>>;
}
