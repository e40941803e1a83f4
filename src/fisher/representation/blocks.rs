use super::dense::CHUNK;
use super::{Fisher, Representation};
use crate::fisher::Scores;
use crate::linalg::SymmetricAccumulator;
use crate::operator::{BlockDiagonal, Places};
use crate::{Result, Scalar};
use ndarray::{Array2, Axis};
use rayon::prelude::*;

impl<T: Scalar> Scores<T> {
    /// The blocks of F that belong to one layer each.
    ///
    /// ```text
    /// F_l = (1/N) Σ_k (δ_k ⊗ ā)(δ_k ⊗ ā)ᵀ     per layer
    /// ```
    ///
    /// The Frobenius-nearest block diagonal; no generalised eigenvalue of (F, blocks) exceeds the number of
    /// blocks. For a bare Jacobian the blocks are the tensors of its layout.
    ///
    /// # Errors
    /// [`Error::NonFinite`](crate::Error::NonFinite) if a product overflows.
    ///
    /// # Cost
    /// rows·Σ p_l² flops.
    pub fn blocks(&self) -> Result<Fisher<BlockDiagonal<T>>> {
        let owner = self.owner();
        let blocks = self
            .block_ranges()
            .into_iter()
            .enumerate()
            .map(|(b, range)| {
                let mut sum = SymmetricAccumulator::new(range.len());
                for start in (0..self.rows()).step_by(CHUNK) {
                    let rows = start..(start + CHUNK).min(self.rows());
                    sum.add(self.block_panel(b, range.clone(), rows, &owner).view());
                }
                (Places::Range(range), sum.finish(T::of(1.0 / self.data() as f64)))
            })
            .collect();
        self.represented(BlockDiagonal::placed(self.dim(), blocks)?, "block")
    }

    /// The blocks of F that belong to one output unit each: its row of weights, and its bias.
    ///
    /// ```text
    /// F_lo = (1/N) Σ_n d_no ā_n ā_nᵀ,    d_no = Σ_{k of n} δ_ko²
    /// ```
    ///
    /// # Errors
    /// As [`kfac`](Self::kfac).
    ///
    /// # Cost
    /// N·Σ out·(in + 1)² flops.
    ///
    /// # References
    /// Le Roux, Manzagol & Bengio 2007; Ollivier 2015, arXiv 1303.0818 ("unitwise").
    pub fn unit_blocks(&self) -> Result<Fisher<BlockDiagonal<T>>> {
        let mut blocks = Vec::new();
        for layer in self.layers("unit blocks")? {
            let (inputs, squares) = (layer.inputs(), layer.squares());
            let units: Vec<(Places, Array2<T>)> = (0..layer.block.outputs)
                .into_par_iter()
                .map(|o| {
                    let sum = layer.weighted_inputs(&inputs, squares.index_axis(Axis(1), o));
                    (layer.block.unit(o), sum * layer.scale())
                })
                .collect();
            blocks.extend(units);
        }
        self.represented(BlockDiagonal::placed(self.dim(), blocks)?, "unit-block")
    }
}

/// [`Scores::blocks`] as a value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BlockForm;

impl<T: Scalar> Representation<T> for BlockForm {
    type Operator = BlockDiagonal<T>;

    fn represent(&self, scores: &Scores<T>) -> Result<Fisher<BlockDiagonal<T>>> {
        scores.blocks()
    }
}

/// [`Scores::unit_blocks`] as a value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UnitBlockForm;

impl<T: Scalar> Representation<T> for UnitBlockForm {
    type Operator = BlockDiagonal<T>;

    fn represent(&self, scores: &Scores<T>) -> Result<Fisher<BlockDiagonal<T>>> {
        scores.unit_blocks()
    }
}
