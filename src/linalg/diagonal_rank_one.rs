use crate::{Error, Result, Scalar, check};
use ndarray::{Array1, ArrayView1};

/// The Cholesky factor of a diagonal and one outer product, without the matrix.
///
/// ```text
/// diag(d) + w wᵀ = L D Lᵀ,    L_ii = 1,    L_ij = w_i β_j  for i > j
/// D_j = d_j + α_j w_j²,    β_j = α_j w_j / D_j,    α_1 = 1,    α_{j+1} = α_j d_j / D_j
/// ```
///
/// # Cost
/// 5n flops to factor, 7n per right-hand side, 3n numbers.
///
/// # Numerical notes
/// For d ≥ 0 nothing is subtracted: every entry of L and D has some n roundings, however ill conditioned the matrix.
///
/// # References
/// Gill, Golub, Murray & Saunders 1974, "Methods for modifying matrix factorizations", Math. Comp. 28, 505-535.
#[derive(Debug, Clone)]
pub(crate) struct DiagonalRankOne<T> {
    w: Array1<T>,
    pivots: Array1<T>,
    beta: Array1<T>,
}

impl<T: Scalar> DiagonalRankOne<T> {
    /// Factors diag(d) + w wᵀ; d and w are equally long.
    ///
    /// # Errors
    /// As [`Cholesky::factor`](super::Cholesky::factor).
    pub(crate) fn factor(d: ArrayView1<'_, T>, w: Array1<T>) -> Result<Self> {
        let order = d.len();
        check::vector("diagonal of the matrix to factor", w.len(), &d)?;
        let (mut pivots, mut beta) = (Array1::zeros(order), Array1::zeros(order));
        let mut alpha = T::one();
        for (j, (&d, &w)) in d.iter().zip(&w).enumerate() {
            let pivot = d + alpha * w * w;
            if !pivot.is_finite() {
                return Err(Error::NonFinite { quantity: "pivot", index: j, value: pivot.as_f64() });
            }
            if pivot <= T::zero() {
                return Err(Error::NotPositiveDefinite { order, pivot: j });
            }
            pivots[j] = pivot;
            beta[j] = alpha * w / pivot;
            alpha *= d / pivot;
        }
        Ok(DiagonalRankOne { w, pivots, beta })
    }

    /// (diag(d) + w wᵀ)⁻¹ b, for b as long as d.
    pub(crate) fn solve(&self, b: Array1<T>) -> Array1<T> {
        let mut x = b;
        let mut above = T::zero();
        for (j, x) in x.iter_mut().enumerate() {
            *x -= self.w[j] * above;
            above += self.beta[j] * *x;
        }
        x /= &self.pivots;
        let mut below = T::zero();
        for (j, x) in x.iter_mut().enumerate().rev() {
            *x -= self.beta[j] * below;
            below += self.w[j] * *x;
        }
        x
    }
}
