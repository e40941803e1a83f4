use crate::fisher::Scores;
use crate::linalg::syrk;
use crate::{Result, Scalar};
use ndarray::{Array2, Axis};

/// Second moments of one number per layer and side: the sum of the entries of ā, and of δ.
///
/// ```text
/// inputs_lm = (1/N) Σ_n (1ᵀā_nl)(1ᵀā_nm)        deltas_lm = (1/N) Σ_k (1ᵀδ_kl)(1ᵀδ_km)
/// products_lm = (1/N) Σ_k (1ᵀā_nl)(1ᵀδ_kl)(1ᵀā_nm)(1ᵀδ_km)
/// ```
///
/// The last is 1ᵀ F_lm 1, exactly; the entrywise product of the first two is what it would be if activations and gradients were
/// independent.
#[derive(Debug, Clone)]
pub(crate) struct LayerSums<T> {
    pub(crate) inputs: Array2<T>,
    pub(crate) deltas: Array2<T>,
    pub(crate) products: Array2<T>,
}

impl<T: Scalar> Scores<T> {
    /// The second moments of the layers' sums.
    pub(crate) fn layer_sums(&self) -> Result<LayerSums<T>> {
        let layers = self.layers("coarse Fisher of layers")?;
        let owner = self.owner();
        let mut inputs = Array2::zeros((self.data(), layers.len()));
        let mut deltas = Array2::zeros((self.rows(), layers.len()));
        for (l, layer) in layers.iter().enumerate() {
            inputs.column_mut(l).assign(&layer.inputs().sum_axis(Axis(1)));
            deltas.column_mut(l).assign(&layer.delta.sum_axis(Axis(1)));
        }
        let mut products = deltas.clone();
        for (mut row, &n) in products.outer_iter_mut().zip(&owner) {
            row *= &inputs.row(n);
        }
        let scale = T::of(1.0 / self.data() as f64);
        let moment = |matrix: &Array2<T>| syrk(matrix.view()) * scale;
        Ok(LayerSums { inputs: moment(&inputs), deltas: moment(&deltas), products: moment(&products) })
    }
}
