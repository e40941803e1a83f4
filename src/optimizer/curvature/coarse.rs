use crate::linalg::Cholesky;
use crate::operator::MatrixBlock;
use crate::optimizer::keywords::keywords;
use crate::{Result, check};
use ndarray::{Array1, Array2, ArrayView1, s};

/// What row l of the restriction R is, on the n_l parameters of layer l.
///
/// | word | row |
/// |---|---|
/// | `sum` | 1 |
/// | `mean` | 1/n_l |
/// | `normalised` | 1/√n_l: R Rᵀ = I |
///
/// With a coarse damping of λ R Rᵀ the step is the same for all three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Restriction {
    /// Ones.
    Sum,
    /// The mean.
    Mean,
    /// Unit rows.
    Normalised,
}

keywords!(Restriction, "restriction", { Sum = "sum", Mean = "mean", Normalised = "normalised" });

/// How R F Rᵀ is had.
///
/// | word | entry lm, for rows of ones |
/// |---|---|
/// | `kronecker` | E\[(1ᵀā_l)(1ᵀā_m)\] E\[(1ᵀδ_l)(1ᵀδ_m)\]: activations and gradients as if independent, across layers too |
/// | `exact` | E\[(1ᵀā_l)(1ᵀδ_l)(1ᵀā_m)(1ᵀδ_m)\] = 1ᵀ F_lm 1 |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CoarseFisher {
    /// An entrywise product.
    Kronecker,
    /// Of the scores themselves.
    Exact,
}

keywords!(CoarseFisher, "coarse Fisher", { Kronecker = "kronecker", Exact = "exact" });

/// What is added to the coarse Fisher.
///
/// | word | addition |
/// |---|---|
/// | `restricted` | λ R Rᵀ: that F + λI is restricted |
/// | `identity` | λ I |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CoarseDamping {
    /// λ R Rᵀ.
    Restricted,
    /// λ I.
    Identity,
}

keywords!(CoarseDamping, "coarse damping", { Restricted = "restricted", Identity = "identity" });

/// Rᵀ (F_c + damping)⁻¹ R with one row of R per layer.
#[derive(Debug, Clone)]
pub(crate) struct CoarseInverse {
    blocks: Vec<MatrixBlock>,
    scales: Vec<f64>,
    factor: Cholesky<f64>,
}

impl CoarseInverse {
    /// `ones` is 1ᵀ F_lm 1 for all pairs of layers.
    pub(crate) fn new(
        blocks: &[MatrixBlock],
        restriction: Restriction,
        ones: &Array2<f64>,
        damping: CoarseDamping,
        lambda: f64,
    ) -> Result<Self> {
        check::shape("coarse Fisher", &[blocks.len(), blocks.len()], ones.shape())?;
        let scale = |block: &MatrixBlock| {
            let size = block.dim().max(1) as f64;
            match restriction {
                Restriction::Sum => 1.0,
                Restriction::Mean => 1.0 / size,
                Restriction::Normalised => 1.0 / size.sqrt(),
            }
        };
        let scales: Vec<f64> = blocks.iter().map(scale).collect();
        let mut coarse = Array2::from_shape_fn(ones.dim(), |(l, m)| scales[l] * ones[[l, m]] * scales[m]);
        for (l, (block, scale)) in blocks.iter().zip(&scales).enumerate() {
            coarse[[l, l]] += match damping {
                CoarseDamping::Restricted => lambda * scale * scale * block.dim() as f64,
                CoarseDamping::Identity => lambda,
            };
        }
        Ok(CoarseInverse { blocks: blocks.to_vec(), scales, factor: Cholesky::factor(coarse.view())? })
    }

    /// Adds `weight` times the product with v.
    pub(crate) fn add_to(&self, into: &mut Array1<f64>, v: ArrayView1<'_, f64>, weight: f64) -> Result<()> {
        let restricted: Array1<f64> = self
            .blocks
            .iter()
            .zip(&self.scales)
            .map(|(block, scale)| scale * v.slice(s![block.range()]).sum())
            .collect();
        let coarse = self.factor.solve(restricted.view())?;
        for ((block, scale), x) in self.blocks.iter().zip(&self.scales).zip(&coarse) {
            into.slice_mut(s![block.range()]).mapv_inplace(|entry| entry + weight * scale * x);
        }
        Ok(())
    }
}
