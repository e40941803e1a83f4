//! Factored blocks as an operator (private).

use crate::linalg::{Cholesky, DiagonalRankOne};
use crate::operator::LinearOperator;
use crate::operator::places::Places;
use crate::{Result, Scalar, check};
use ndarray::{Array1, ArrayView1};

/// ⊕_b A_b⁻¹ by factors of the A_b, on places that cover 0..dim once.
#[derive(Debug)]
pub(super) struct BlockInverse<T> {
    pub(super) dim: usize,
    pub(super) blocks: Vec<(Places, Factor<T>)>,
}

/// One block, factored by its structure.
#[derive(Debug)]
pub(super) enum Factor<T> {
    Dense(Cholesky<T>),
    RankOne(DiagonalRankOne<T>),
}

impl<T: Scalar> LinearOperator<T> for BlockInverse<T> {
    fn dim(&self) -> usize {
        self.dim
    }

    fn stored(&self) -> usize {
        let kept = |(places, factor): &(Places, Factor<T>)| match factor {
            Factor::Dense(_) => places.len() * places.len(),
            Factor::RankOne(_) => 3 * places.len(),
        };
        self.blocks.iter().map(kept).sum()
    }

    fn apply(&self, v: ArrayView1<'_, T>) -> Result<Array1<T>> {
        check::shape("vector", &[self.dim], v.shape())?;
        let mut result = Array1::zeros(self.dim);
        for (places, factor) in &self.blocks {
            let part = places.gather(v);
            let solved = match factor {
                Factor::Dense(factor) => factor.solve(part.view())?,
                Factor::RankOne(factor) => factor.solve(part),
            };
            places.scatter(solved.view(), result.view_mut());
        }
        Ok(result)
    }
}
