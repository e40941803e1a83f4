use super::{Fisher, Representation};
use crate::fisher::Scores;
use crate::linalg::product;
use crate::operator::{Diagonal, MatrixBlock};
use crate::{Result, Scalar};
use ndarray::{Array1, Axis};

/// The diagonals of the two Kronecker factors of one affine layer; made by [`Scores::layer_diagonals`].
#[derive(Debug, Clone, PartialEq)]
pub struct LayerDiagonals<T> {
    /// Where the layer's parameters lie.
    pub block: MatrixBlock,
    /// h, the mean square of every input: in entries, and a 1 after them if there is a bias.
    pub inputs: Array1<T>,
    /// d, the mean over the data of the summed squares of every δ: out entries.
    pub outputs: Array1<T>,
}

impl<T: Scalar> Scores<T> {
    /// h and d of every layer, before they are multiplied.
    ///
    /// ```text
    /// h = (1/N) Σ_n ā_n∘ā_n,   d = (1/N) Σ_k δ_k∘δ_k
    /// ```
    ///
    /// δ are those of single data: in a code that differentiates the *mean* loss they carry 1/N, and its d 1/N².
    ///
    /// # Errors
    /// As [`kfac`](Self::kfac).
    pub fn layer_diagonals(&self) -> Result<Vec<LayerDiagonals<T>>> {
        let layers = self.layers("diagonal Kronecker product")?.into_iter();
        let diagonals = layers.map(|layer| LayerDiagonals {
            block: layer.block,
            inputs: layer.inputs().mapv(|x| x * x).sum_axis(Axis(0)) * layer.scale(),
            outputs: layer.delta.mapv(|x| x * x).sum_axis(Axis(0)) * layer.scale(),
        });
        Ok(diagonals.collect())
    }

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
        for LayerDiagonals { block, inputs: h, outputs: d } in self.layer_diagonals()? {
            let outer = product(d.insert_axis(Axis(1)).view(), h.insert_axis(Axis(0)).view());
            block.scatter(outer.view(), entries.view_mut());
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
