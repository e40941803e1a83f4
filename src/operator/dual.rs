use crate::Scalar;
use crate::operator::LinearOperator;
use ndarray::{Array1, ArrayView1, ArrayView2};

/// An operator F = VᵀV known through V, whose dual V Vᵀ is explicit.
///
/// ```text
/// F = VᵀV,   G = V Vᵀ,   (F + λI)⁻¹ g = (g - Vᵀ (G + λI)⁻¹ V g)/λ
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no Gram matrix",
    label = "this solver works in the space of the scores",
    note = "ask the scores for `.gram()`"
)]
pub trait DualOperator<T: Scalar>: LinearOperator<T> {
    /// G, rows × rows.
    fn gram(&self) -> ArrayView2<'_, T>;

    /// V v: rows, for a v of P entries.
    fn images(&self, v: ArrayView1<'_, T>) -> Array1<T>;

    /// Vᵀ w: P, for a w with one entry per row.
    fn combine(&self, weights: ArrayView1<'_, T>) -> Array1<T>;
}
