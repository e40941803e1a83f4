use crate::linalg::{SymmetricAccumulator, product};
use crate::{Error, Result};
use ndarray::{Array1, Array2, ArrayView2, ArrayView3, ArrayViewMut3, Axis};

/// The axes of a row-major tensor: its unfoldings X₍ₙ₎ (axis n × the rest), without moving a number.
///
/// ```text
/// gram:      X₍ₙ₎ X₍ₙ₎ᵀ
/// multiply:  Y₍ₙ₎ = A X₍ₙ₎
/// ```
///
/// Seen from axis n, the tensor is a stack of (axes before) matrices (axis n × axes behind).
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Axes {
    lengths: Vec<usize>,
}

impl Axes {
    /// All of them. A tensor of dimension 0 has one axis, of length 1.
    pub(super) fn new(shape: &[usize]) -> Self {
        Axes { lengths: if shape.is_empty() { vec![1] } else { shape.to_vec() } }
    }

    /// Those that are longer than 1; if there are none, one of length 1.
    pub(super) fn squeezed(shape: &[usize]) -> Self {
        let longer: Vec<usize> = shape.iter().copied().filter(|&length| length != 1).collect();
        Axes::new(&longer)
    }

    /// Their lengths d₁, …, d_k.
    pub(super) fn lengths(&self) -> &[usize] {
        &self.lengths
    }

    /// k.
    pub(super) fn count(&self) -> usize {
        self.lengths.len()
    }

    /// X₍ₙ₎ X₍ₙ₎ᵀ, exactly symmetric.
    pub(super) fn gram(&self, axis: usize, x: &[f64]) -> Result<Array2<f64>> {
        let stack = self.stack(axis, x)?;
        let mut sum = SymmetricAccumulator::new(stack.dim().1);
        if stack.dim().2 == 1 {
            sum.add(stack.index_axis(Axis(2), 0).reversed_axes());
        } else {
            stack.outer_iter().for_each(|matrix| sum.add(matrix));
        }
        Ok(sum.finish(1.0))
    }

    /// The diagonal of [`gram`](Self::gram).
    pub(super) fn squares(&self, axis: usize, x: &[f64]) -> Result<Array1<f64>> {
        let stack = self.stack(axis, x)?;
        let mut sums = Array1::zeros(stack.dim().1);
        for matrix in stack.outer_iter() {
            for (sum, row) in sums.iter_mut().zip(matrix.rows()) {
                *sum += row.iter().map(|v| v * v).sum::<f64>();
            }
        }
        Ok(sums)
    }

    /// Y with Y₍ₙ₎ = A X₍ₙ₎, for a square A of the length of the axis.
    pub(super) fn multiply(&self, axis: usize, a: ArrayView2<'_, f64>, x: &[f64]) -> Result<Vec<f64>> {
        let stack = self.stack(axis, x)?;
        let mut y = vec![0.0; x.len()];
        let mut written = ArrayViewMut3::from_shape(stack.dim(), &mut y).map_err(|_| self.misfit(x.len()))?;
        if stack.dim().2 == 1 {
            let rows = stack.index_axis(Axis(2), 0);
            written.index_axis_mut(Axis(2), 0).assign(&product(rows, a.reversed_axes()));
        } else {
            for (mut out, matrix) in written.outer_iter_mut().zip(stack.outer_iter()) {
                out.assign(&product(a, matrix));
            }
        }
        Ok(y)
    }

    /// Y with Y₍ₙ₎ = diag(a) X₍ₙ₎.
    pub(super) fn scale(&self, axis: usize, a: &Array1<f64>, x: &[f64]) -> Result<Vec<f64>> {
        let stack = self.stack(axis, x)?;
        let column = a.view().insert_axis(Axis(1));
        Ok((&stack * &column).into_iter().collect())
    }

    /// X with its axis n put in another order: entry i along it comes from `order[i]`.
    pub(super) fn permute(&self, axis: usize, order: &[usize], x: &[f64]) -> Result<Vec<f64>> {
        Ok(self.stack(axis, x)?.select(Axis(1), order).into_iter().collect())
    }

    fn stack<'a>(&self, axis: usize, x: &'a [f64]) -> Result<ArrayView3<'a, f64>> {
        let before = self.lengths.iter().take(axis).product();
        let length = self.lengths.get(axis).copied().unwrap_or(1);
        let behind = self.lengths.iter().skip(axis + 1).product();
        ArrayView3::from_shape((before, length, behind), x).map_err(|_| self.misfit(x.len()))
    }

    fn misfit(&self, found: usize) -> Error {
        Error::Shape { quantity: "tensor", expected: self.lengths.clone(), found: vec![found] }
    }
}
