use super::{Fisher, Representation};
use crate::fisher::Scores;
use crate::linalg::product;
use crate::operator::Diagonal;
use crate::{Result, Scalar};
use ndarray::{Array1, Axis};

impl<T: Scalar> Scores<T> {
    /// The Kronecker product of diagonals: AdaFisher's form, before its normalisation.
    ///
    /// ```text
    /// F_l ≈ diag(d) ⊗ diag(h),   h = (1/N) Σ_n ā_n∘ā_n,   d = (1/N) Σ_k δ_k∘δ_k
    /// ```
    ///
    /// The diagonal of [`kfac`](Self::kfac), at the price of vectors. AdaFisher rescales h and d to \[0, 1\] before it
    /// multiplies them; that is a matter of the optimizer, not of the estimate.
    ///
    /// # Errors
    /// As [`kfac`](Self::kfac).
    ///
    /// # Cost
    /// N·in + rows·out flops per layer, and P to multiply out.
    ///
    /// # References
    /// Martins Gomes, Zhang, Belilovsky, Wolf & Hosseini 2025, "AdaFisher", arXiv 2405.16397.
    pub fn diagonal_kronecker(&self) -> Result<Fisher<Diagonal<T>>> {
        let mut entries = Array1::zeros(self.dim());
        for layer in self.layers("diagonal Kronecker product")? {
            let h = layer.inputs().mapv(|x| x * x).sum_axis(Axis(0)) * layer.scale();
            let d = layer.delta.mapv(|x| x * x).sum_axis(Axis(0)) * layer.scale();
            let outer = product(d.insert_axis(Axis(1)).view(), h.insert_axis(Axis(0)).view());
            layer.block.scatter(outer.view(), entries.view_mut());
        }
        self.represented(Diagonal::new(entries)?, "diagonal-kronecker")
    }
}

/// [`Scores::diagonal_kronecker`] as a value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DiagonalKroneckerForm;

impl<T: Scalar> Representation<T> for DiagonalKroneckerForm {
    type Operator = Diagonal<T>;

    fn represent(&self, scores: &Scores<T>) -> Result<Fisher<Diagonal<T>>> {
        scores.diagonal_kronecker()
    }
}
