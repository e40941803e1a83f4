//! BLAS and LAPACK through ndarray and ndarray-linalg; the final binary chooses the provider.

use super::Kernels;
use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut1, ArrayViewMut2, LinalgScalar, s};
use ndarray_linalg::{Cholesky, Diag, EigValsh, Eigh, SolveTriangularInplace, UPLO, error::LinalgError};

/// The lower triangle on both sides, in standard layout: for a row-major matrix the eigenvalue routines read the triangle
/// opposite to the one they are told to.
fn mirrored<T: Clone>(a: ArrayView2<'_, T>) -> Array2<T> {
    Array2::from_shape_fn(a.dim(), |(i, j)| a[[i.max(j), i.min(j)]].clone())
}

/// x ← L⁻¹ x, or L⁻ᵀ x if `transposed`, row by row of L.
fn substitute<T: LinalgScalar>(l: ArrayView2<'_, T>, transposed: bool, mut x: ArrayViewMut1<'_, T>) {
    let order = x.len();
    if transposed {
        for i in (0..order).rev() {
            x[i] = x[i] / l[[i, i]];
            let known = x[i];
            x.slice_mut(s![..i]).scaled_add(T::zero() - known, &l.slice(s![i, ..i]));
        }
    } else {
        for i in 0..order {
            let known = l.slice(s![i, ..i]).dot(&x.slice(s![..i]));
            x[i] = (x[i] - known) / l[[i, i]];
        }
    }
}

macro_rules! kernels {
    ($float:ty) => {
        impl Kernels for $float {
            fn gemm(
                a: ArrayView2<'_, Self>,
                b: ArrayView2<'_, Self>,
                accumulate: bool,
                mut c: ArrayViewMut2<'_, Self>,
            ) {
                general_mat_mul(1.0, &a, &b, if accumulate { 1.0 } else { 0.0 }, &mut c);
            }

            fn cholesky(a: ArrayView2<'_, Self>) -> Result<Array2<Self>, usize> {
                a.cholesky(UPLO::Lower).map_err(|error| match error {
                    // LAPACK counts the failing leading minor from one.
                    LinalgError::Lapack(lax::error::Error::LapackComputationalFailure { return_code }) => {
                        usize::try_from(return_code - 1).unwrap_or(0)
                    }
                    _ => 0,
                })
            }

            fn solve_triangular(l: ArrayView2<'_, Self>, transposed: bool, mut x: ArrayViewMut2<'_, Self>) {
                // For one right-hand side LAPACK would first copy a row-major factor, which costs more than the solve.
                if x.ncols() == 1 {
                    return substitute(l, transposed, x.column_mut(0));
                }
                // L is invertible (it comes from `cholesky`), so LAPACK has nothing to refuse but strides; fresh copies have
                // those that it expects, and cost little beside several right-hand sides.
                let (side, factor) = if transposed {
                    (UPLO::Upper, Array2::from_shape_fn(l.dim(), |(i, j)| l[[j, i]]))
                } else {
                    (UPLO::Lower, Array2::from_shape_fn(l.dim(), |(i, j)| l[[i, j]]))
                };
                let mut work = Array2::from_shape_fn(x.dim(), |(i, j)| x[[i, j]]);
                if factor.solve_triangular_inplace(side, Diag::NonUnit, &mut work).is_ok() {
                    x.assign(&work);
                } else {
                    x.fill(Self::NAN);
                }
            }

            fn eigh(a: ArrayView2<'_, Self>) -> Option<(Array1<Self>, Array2<Self>)> {
                mirrored(a).eigh(UPLO::Lower).ok()
            }

            fn eigvalsh(a: ArrayView2<'_, Self>) -> Option<Array1<Self>> {
                mirrored(a).eigvalsh(UPLO::Lower).ok()
            }
        }
    };
}

kernels!(f32);
kernels!(f64);
