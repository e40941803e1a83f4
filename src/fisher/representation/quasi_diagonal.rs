use super::{Fisher, Representation};
use crate::fisher::Scores;
use crate::operator::{QuasiDiagonal, Unit};
use crate::{Result, Scalar};
use ndarray::Array1;

impl<T: Scalar> Scores<T> {
    /// The diagonal with the products of every bias and the weights of its unit.
    ///
    /// ```text
    /// F_00 = (1/N) Σ_n d_n,   F_0i = (1/N) Σ_n d_n a_ni,   F_ii = (1/N) Σ_n d_n a_ni²,   d_n = Σ_{k of n} δ_k²
    /// ```
    ///
    /// Invariant to a shift of the activations (sigmoid against tanh), which the diagonal is not.
    ///
    /// # Errors
    /// As [`kfac`](Self::kfac).
    ///
    /// # Cost
    /// 4NP flops, fewer than 2P numbers.
    ///
    /// # Numerical notes
    /// F_ii - F_0i²/F_00 is summed as a weighted variance, not as a difference.
    ///
    /// # References
    /// Ollivier 2015, "Riemannian metrics for neural networks I", arXiv 1303.0818 (quasi-diagonal reduction).
    pub fn quasi_diagonal(&self) -> Result<Fisher<QuasiDiagonal<T>>> {
        let mut units = Vec::new();
        for layer in self.layers("quasi-diagonal")? {
            let (inputs, squares, scale) = (layer.inputs(), layer.squares(), layer.scale());
            for (o, weights) in squares.columns().into_iter().enumerate() {
                let corner = weights.sum();
                let mut rest = Array1::zeros(layer.block.inputs);
                let mut cross = Array1::zeros(layer.block.inputs);
                for (i, column) in inputs.columns().into_iter().take(layer.block.inputs).enumerate() {
                    let first: T = column.iter().zip(weights).map(|(&a, &d)| d * a).sum();
                    let centre =
                        if layer.block.bias && corner > T::zero() { first / corner } else { T::zero() };
                    let second: T =
                        column.iter().zip(weights).map(|(&a, &d)| d * (a - centre) * (a - centre)).sum();
                    rest[i] = second * scale;
                    cross[i] = first * scale;
                }
                let bias = layer.block.bias.then_some((corner * scale, cross));
                units.push(Unit { places: layer.block.unit(o), rest, bias });
            }
        }
        self.represented(QuasiDiagonal::new(self.dim(), units)?, "quasi-diagonal")
    }
}

/// [`Scores::quasi_diagonal`] as a value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QuasiDiagonalForm;

impl<T: Scalar> Representation<T> for QuasiDiagonalForm {
    type Operator = QuasiDiagonal<T>;

    fn represent(&self, scores: &Scores<T>) -> Result<Fisher<QuasiDiagonal<T>>> {
        scores.quasi_diagonal()
    }
}
