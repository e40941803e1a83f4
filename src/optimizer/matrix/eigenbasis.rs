use crate::Result;
use crate::linalg::{eigh, product, qr};
use ndarray::{Array2, ArrayView2, Axis, concatenate, s};

/// The eigenvectors of a symmetric matrix as columns, the largest eigenvalue first.
pub(super) fn descending(a: ArrayView2<'_, f64>) -> Result<Array2<f64>> {
    let vectors = eigh(a)?.vectors;
    Ok(vectors.slice(s![.., ..;-1]).as_standard_layout().into_owned())
}

/// A basis nearer to the eigenvectors of A, from one that is near: one step of orthogonal iteration.
///
/// ```text
/// order = descending diag(QᵀAQ),    Q' R = A Q[:, order]
/// ```
///
/// Returns Q' and the order. A column of A Q that depends on those before it (A has not full rank) has no direction of
/// its own; its place takes what is left of the old basis, instead of a direction made of rounding.
pub(super) fn iterate(
    a: ArrayView2<'_, f64>,
    basis: ArrayView2<'_, f64>,
) -> Result<(Array2<f64>, Vec<usize>)> {
    let image = product(a, basis);
    let estimates: Vec<f64> =
        image.columns().into_iter().zip(basis.columns()).map(|(x, q)| x.dot(&q)).collect();
    let mut order: Vec<usize> = (0..estimates.len()).collect();
    order.sort_by(|&i, &j| estimates[j].total_cmp(&estimates[i]));
    let image = image.select(Axis(1), &order);
    Ok((orthonormal(image.view(), basis.select(Axis(1), &order).view())?, order))
}

/// Orthonormal columns of which the first k span the first k of `a`, for every k; where `a` has too few, those of the
/// orthogonal matrix `spare` are taken.
fn orthonormal(a: ArrayView2<'_, f64>, spare: ArrayView2<'_, f64>) -> Result<Array2<f64>> {
    let found = qr(a)?;
    let rank = found.q.ncols();
    if rank == a.ncols() {
        return Ok(found.q);
    }
    let Ok(both) = concatenate(Axis(1), &[found.q.view(), spare]) else { return Ok(spare.to_owned()) };
    let completed = qr(both.view())?.q;
    if completed.ncols() != a.ncols() {
        return Ok(spare.to_owned());
    }
    // Row i of R starts at the column that brought direction i.
    let pivots = found.r.rows().into_iter().map(|row| row.iter().position(|value| value.abs() > 0.0));
    let pivots: Vec<Option<usize>> = pivots.collect();
    let mut added = rank..a.ncols();
    let source = (0..a.ncols())
        .filter_map(|column| pivots.iter().position(|&pivot| pivot == Some(column)).or_else(|| added.next()));
    let source: Vec<usize> = source.collect();
    Ok(completed.select(Axis(1), &source))
}
