//! A sketch of the range by the probes themselves, and what it is without one of them.

use super::Probes;
use crate::linalg::{norm, qr, times};
use crate::operator::LinearOperator;
use crate::{Result, Scalar};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2};

/// F Ω = Q R and F Q, for at most P probes Ω.
///
/// ```text
/// Q_i Q_iᵀ = Q (I - s_i s_iᵀ) Qᵀ,    Q_i = orth of all F ω_j but the i-th
/// ```
///
/// s_i is the unit vector orthogonal to all columns of R but the i-th, or 0 where the other columns span what all span.
#[derive(Debug)]
pub(super) struct LeaveOneOut<T> {
    /// Ω, P × m.
    pub(super) probes: Array2<T>,
    /// F Ω, P × m.
    pub(super) images: Array2<T>,
    /// Q, P × r.
    pub(super) basis: Array2<T>,
    /// F Q, P × r.
    pub(super) inside: Array2<T>,
    /// s_i in the columns, r × m.
    missing: Array2<T>,
}

impl<T: Scalar> LeaveOneOut<T> {
    pub(super) fn new<F: LinearOperator<T> + ?Sized>(operator: &F, probes: &Probes) -> Result<Self> {
        let order = operator.dim();
        let mut vectors = Array2::zeros((order, probes.count.min(order)));
        for (z, mut column) in probes.vectors::<T>(order).zip(vectors.columns_mut()) {
            column.assign(&z);
        }
        let images = operator.apply_columns(vectors.view())?;
        let found = qr(images.view())?;
        Ok(LeaveOneOut {
            missing: missing(found.r.view())?,
            inside: operator.apply_columns(found.q.view())?,
            basis: found.q,
            images,
            probes: vectors,
        })
    }

    /// m after it was cut to the order.
    pub(super) fn count(&self) -> usize {
        self.probes.ncols()
    }

    pub(super) fn products(&self) -> usize {
        self.count() + self.basis.ncols()
    }

    /// Whether the sketch spans everything, so that nothing is left to chance.
    pub(super) fn spans(&self) -> bool {
        self.basis.ncols() == self.basis.nrows()
    }

    /// s_i.
    pub(super) fn missing(&self, i: usize) -> ArrayView1<'_, T> {
        self.missing.column(i)
    }

    /// Dimension of the space orthogonal to Q_i.
    pub(super) fn left(&self, i: usize) -> usize {
        let without = usize::from(self.missing(i).iter().any(|s| !s.is_zero()));
        self.basis.nrows() - self.basis.ncols() + without
    }

    /// (I - s_i s_iᵀ) Qᵀ v: coordinates of Q_i Q_iᵀ v in Q.
    pub(super) fn coordinates(&self, i: usize, v: ArrayView1<'_, T>) -> Array1<T> {
        let mut coordinates = times(self.basis.t(), v);
        let along = self.missing(i).dot(&coordinates);
        coordinates.scaled_add(-along, &self.missing(i));
        coordinates
    }
}

/// The vectors s_i of a full-row-rank R (r × m): with Rᵀ = U C, Rᵀ s ∝ e_i has the solution C⁻¹ Uᵀ e_i if e_i lies in the
/// range of U, and else none, for then column i depends on the others.
fn missing<T: Scalar>(r: ArrayView2<'_, T>) -> Result<Array2<T>> {
    let found = qr(r.t())?;
    let mut columns = found.q.t().as_standard_layout().into_owned();
    if found.q.ncols() < r.nrows() {
        // R has pivots at rounding level beside its longest row: no column can be told from the others.
        return Ok(Array2::zeros(r.dim()));
    }
    for mut column in columns.columns_mut() {
        if norm(column.view()) < T::one() - T::of(64.0) * T::epsilon() {
            column.fill(T::zero());
        }
    }
    T::solve_triangular(found.r.t(), true, columns.view_mut());
    for mut column in columns.columns_mut() {
        let length = norm(column.view());
        if length > T::zero() {
            column.mapv_inplace(|x| x / length);
        }
    }
    Ok(columns)
}
