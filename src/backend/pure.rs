//! faer: sequential, no system library.

use super::Kernels;
use faer::linalg::matmul::matmul;
use faer::linalg::triangular_solve::{solve_lower_triangular_in_place, solve_upper_triangular_in_place};
use faer::{Accum, MatMut, MatRef, Par, Side};
use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut2};

/// Calls `f` with a faer view of `a`; copies only if neither order of `a` is contiguous in one direction.
fn with_view<T: Clone, R>(a: ArrayView2<'_, T>, f: impl FnOnce(MatRef<'_, T>) -> R) -> R {
    let (rows, columns) = a.dim();
    if let Some((slice, stride)) = row_major(&a) {
        return f(MatRef::from_row_major_slice_with_stride(slice, rows, columns, stride));
    }
    let transposed = a.reversed_axes();
    if let Some((slice, stride)) = row_major(&transposed) {
        return f(MatRef::from_row_major_slice_with_stride(slice, columns, rows, stride).transpose());
    }
    let copy = transposed.as_standard_layout();
    let slice = copy.as_slice().unwrap_or_default();
    f(MatRef::from_row_major_slice_with_stride(slice, columns, rows, rows).transpose())
}

/// The memory behind a view whose rows are contiguous, and its row stride.
fn row_major<'a, T>(a: &ArrayView2<'a, T>) -> Option<(&'a [T], usize)> {
    // A view is row-major with contiguous rows iff it is in standard layout; slices of wider matrices
    // (row stride beyond the width) are copied by the caller, which costs O(mn) beside O(mnk).
    a.to_slice().map(|slice| (slice, a.ncols()))
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
                let (rows, columns) = c.dim();
                if rows == 0 || columns == 0 {
                    return;
                }
                let accum = if accumulate { Accum::Add } else { Accum::Replace };
                with_view(a, |a| {
                    with_view(b, |b| match c.as_slice_mut() {
                        Some(slice) => {
                            let out = MatMut::from_row_major_slice_mut(slice, rows, columns);
                            matmul(out, accum, a, b, 1.0, Par::Seq);
                        }
                        None => {
                            let mut product = Array2::<$float>::zeros((rows, columns));
                            if let Some(slice) = product.as_slice_mut() {
                                let out = MatMut::from_row_major_slice_mut(slice, rows, columns);
                                matmul(out, Accum::Replace, a, b, 1.0, Par::Seq);
                            }
                            if accumulate {
                                c += &product;
                            } else {
                                c.assign(&product);
                            }
                        }
                    })
                });
            }

            fn cholesky(a: ArrayView2<'_, Self>) -> Result<Array2<Self>, usize> {
                let order = a.nrows();
                let factor = with_view(a, |a| a.llt(Side::Lower)).map_err(|error| match error {
                    faer::linalg::cholesky::llt::factor::LltError::NonPositivePivot { index } => index,
                })?;
                let l = factor.L();
                Ok(Array2::from_shape_fn((order, order), |(i, j)| if i >= j { l[(i, j)] } else { 0.0 }))
            }

            fn solve_triangular(l: ArrayView2<'_, Self>, transposed: bool, mut x: ArrayViewMut2<'_, Self>) {
                let (rows, columns) = x.dim();
                let mut work = x.as_standard_layout().into_owned();
                if let Some(slice) = work.as_slice_mut() {
                    let right = MatMut::from_row_major_slice_mut(slice, rows, columns);
                    with_view(l, |l| {
                        if transposed {
                            solve_upper_triangular_in_place(l.transpose(), right, Par::Seq)
                        } else {
                            solve_lower_triangular_in_place(l, right, Par::Seq)
                        }
                    });
                }
                x.assign(&work);
            }

            fn eigh(a: ArrayView2<'_, Self>) -> Option<(Array1<Self>, Array2<Self>)> {
                let order = a.nrows();
                let eigen = with_view(a, |a| a.self_adjoint_eigen(Side::Lower)).ok()?;
                let (values, vectors) = (eigen.S(), eigen.U());
                Some((
                    Array1::from_shape_fn(order, |i| values[i]),
                    Array2::from_shape_fn((order, order), |(i, j)| vectors[(i, j)]),
                ))
            }

            fn eigvalsh(a: ArrayView2<'_, Self>) -> Option<Array1<Self>> {
                with_view(a, |a| a.self_adjoint_eigenvalues(Side::Lower)).ok().map(Array1::from)
            }
        }
    };
}

kernels!(f32);
kernels!(f64);
