//! Dense linear algebra: thin, checked, on any [`Scalar`].
//!
//! The floor turns the private backend into functions that check shapes and return errors with numbers.
//! Work that is worth threads is cut into pieces of fixed size, whatever the number of threads, so results
//! are bit-identical on one thread or many.
//!
//! | item | computes | flops |
//! |---|---|---|
//! | [`matmul`] | A B | 2mnk |
//! | [`syrk`] | Sᵀ S | rows·n² |
//! | [`Cholesky`] | A = L Lᵀ, solves, log-determinant | n³/3 |
//! | [`qr`] | A = Q R of the numerical rank | 8nkr |
//! | [`eigh`], [`eigvalsh`] | A = U diag(λ) Uᵀ; λ alone | ≈ 9n³; 4n³/3 |
//! | [`tridiagonal`] | the same of a tridiagonal matrix, as far as needed | ≈ 15n² |
//! | [`Lanczos`] | A Q = Q T + rest, from k products | 4k²n |
//! | [`extreme_eigenvalues`] | λ_min, λ_max from products, with bounds | 4k²n |

mod cholesky;
mod diagonal_rank_one;
mod eigh;
mod extremes;
mod lanczos;
mod matmul;
mod qr;
mod singular_basis;
mod syrk;
mod tridiagonal;

pub use cholesky::Cholesky;
pub(crate) use diagonal_rank_one::DiagonalRankOne;
pub use eigh::{Eigh, eigh, eigvalsh};
pub use extremes::{Extremes, extreme_eigenvalues};
pub(crate) use extremes::{greatest_eigenvalue, spectral_radius, start_vector};
pub use lanczos::{Lanczos, Ritz};
pub use matmul::matmul;
pub(crate) use matmul::{product, times};
pub use qr::{Qr, qr};
pub(crate) use singular_basis::singular_basis;
pub(crate) use syrk::SymmetricAccumulator;
pub use syrk::syrk;
pub use tridiagonal::{Tridiagonal, tridiagonal};

use crate::Scalar;
use ndarray::{Array1, ArrayView1};

/// xᵀy, in eight sums where the memory is contiguous.
pub(crate) fn dot<T: Scalar>(x: ArrayView1<'_, T>, y: ArrayView1<'_, T>) -> T {
    let (Some(x), Some(y)) = (x.as_slice(), y.as_slice()) else {
        return x.iter().zip(y).fold(T::zero(), |sum, (&a, &b)| sum + a * b);
    };
    let (x_chunks, y_chunks) = (x.chunks_exact(8), y.chunks_exact(8));
    let rest =
        x_chunks.remainder().iter().zip(y_chunks.remainder()).fold(T::zero(), |sum, (&a, &b)| sum + a * b);
    let mut sums = [T::zero(); 8];
    for (x, y) in x_chunks.zip(y_chunks) {
        for ((sum, &a), &b) in sums.iter_mut().zip(x).zip(y) {
            *sum += a * b;
        }
    }
    sums.iter().fold(rest, |sum, &part| sum + part)
}

/// Euclidean norm, scaled so that neither overflow nor underflow of the squares spoils it.
pub(crate) fn norm<T: Scalar>(x: ArrayView1<'_, T>) -> T {
    let largest = x.iter().fold(T::zero(), |m, v| m.max(v.abs()));
    if largest.is_zero() || !largest.is_finite() {
        return largest;
    }
    largest * x.iter().map(|&v| (v / largest).powi(2)).sum::<T>().sqrt()
}

/// Numbers in ascending order.
pub(crate) fn ascending<T: Scalar>(mut values: Vec<T>) -> Array1<T> {
    values.sort_by(|a, b| a.as_f64().total_cmp(&b.as_f64()));
    Array1::from(values)
}
