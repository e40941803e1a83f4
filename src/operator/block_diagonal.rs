use crate::linalg::{self, norm, times};
use crate::operator::block_inverse::{BlockInverse, Factor};
use crate::operator::places::Places;
use crate::operator::spectral::{Part, SpectralDecomposition};
use crate::operator::{BlockOperator, LinearOperator};
use crate::{Result, Scalar, check};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2};
use rayon::prelude::*;

/// A matrix that is zero outside square blocks, each on its own set of parameters.
///
/// ```text
/// F = ⊕_b F_b
/// ```
///
/// # Cost
/// Σ p_b² numbers; 2 Σ p_b² flops per product; a decomposition is one per block.
///
/// # Example
/// ```
/// use natgrad::{LinearOperator, ndarray::array, operator::BlockDiagonal};
/// let f = BlockDiagonal::new(vec![array![[2.0, 1.0], [1.0, 2.0]], array![[5.0]]])?;
/// assert_eq!(f.apply(array![1.0, 0.0, 1.0].view())?, array![2.0, 1.0, 5.0]);
/// assert!((f.spectral_norm()? - 5.0f64).abs() < 1e-15);
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct BlockDiagonal<T> {
    dim: usize,
    blocks: Vec<(Places, Array2<T>)>,
}

impl<T: Scalar> BlockDiagonal<T> {
    /// Blocks one after the other on consecutive parameters.
    ///
    /// # Errors
    /// As [`Dense::new`](crate::operator::Dense::new), for every block.
    pub fn new(blocks: Vec<Array2<T>>) -> Result<Self> {
        let mut dim = 0;
        let mut placed = Vec::with_capacity(blocks.len());
        for block in blocks {
            let matrix = crate::operator::Dense::new(block)?.into_matrix();
            let end = dim + matrix.nrows();
            placed.push((Places::Range(dim..end), matrix));
            dim = end;
        }
        Ok(BlockDiagonal { dim, blocks: placed })
    }

    /// Blocks that are symmetric by construction, on places that cover 0..dim once.
    pub(crate) fn placed(dim: usize, blocks: Vec<(Places, Array2<T>)>) -> Result<Self> {
        for (_, matrix) in &blocks {
            check::finite("Fisher block", matrix)?;
        }
        Ok(BlockDiagonal { dim, blocks })
    }

    /// The matrices of the blocks, in order.
    pub fn blocks(&self) -> impl Iterator<Item = ArrayView2<'_, T>> {
        self.blocks.iter().map(|(_, matrix)| matrix.view())
    }
}

impl<T: Scalar> BlockOperator<T> for BlockDiagonal<T> {
    fn count(&self) -> usize {
        self.blocks.len()
    }

    fn inverse(&self, shift: ArrayView1<'_, T>) -> Result<Box<dyn LinearOperator<T>>> {
        check::shape("shift", &[self.dim], shift.shape())?;
        let factor = |(places, matrix): &(Places, Array2<T>)| {
            let mut damped = matrix.clone();
            damped.diag_mut().zip_mut_with(&places.gather(shift), |entry, &shift| *entry += shift);
            Ok((places.clone(), Factor::Dense(linalg::Cholesky::factor(damped.view())?)))
        };
        let blocks = self.blocks.iter().map(factor).collect::<Result<_>>()?;
        Ok(Box::new(BlockInverse { dim: self.dim, blocks }))
    }
}

impl<T: Scalar> LinearOperator<T> for BlockDiagonal<T> {
    fn dim(&self) -> usize {
        self.dim
    }

    fn apply(&self, v: ArrayView1<'_, T>) -> Result<Array1<T>> {
        check::shape("vector", &[self.dim], v.shape())?;
        let mut result = Array1::zeros(self.dim);
        for (places, matrix) in &self.blocks {
            let part = times(matrix.view(), places.gather(v).view());
            places.scatter(part.view(), result.view_mut());
        }
        Ok(result)
    }

    fn stored(&self) -> usize {
        self.blocks.iter().map(|(_, matrix)| matrix.len()).sum()
    }

    fn to_dense(&self) -> Result<Array2<T>> {
        let mut dense = Array2::zeros((self.dim, self.dim));
        for (places, matrix) in &self.blocks {
            for ((i, j), &x) in matrix.indexed_iter() {
                dense[[places.get(i), places.get(j)]] = x;
            }
        }
        Ok(dense)
    }

    fn diagonal(&self) -> Result<Array1<T>> {
        let mut diagonal = Array1::zeros(self.dim);
        for (places, matrix) in &self.blocks {
            places.scatter(matrix.diag(), diagonal.view_mut());
        }
        Ok(diagonal)
    }

    fn frobenius_norm(&self) -> Result<T> {
        let norms: Array1<T> = self.blocks.iter().map(|(_, matrix)| norm(matrix.flatten().view())).collect();
        Ok(norm(norms.view()))
    }

    fn decompose(&self) -> Result<SpectralDecomposition<T>> {
        let parts: Result<Vec<Part<T>>> = self
            .blocks
            .par_iter()
            .map(|(places, matrix)| {
                let eigen = linalg::eigh(matrix.view())?;
                Ok(Part::dense(places.clone(), eigen))
            })
            .collect();
        Ok(SpectralDecomposition::new(self.dim, parts?))
    }

    fn eigenvalues(&self) -> Result<Array1<T>> {
        let values: Result<Vec<Array1<T>>> =
            self.blocks.par_iter().map(|(_, matrix)| linalg::eigvalsh(matrix.view())).collect();
        Ok(linalg::ascending(values?.into_iter().flatten().collect()))
    }
}
