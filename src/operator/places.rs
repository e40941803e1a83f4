//! Where the parts of a flat parameter vector lie (private to the crate, but for [`MatrixBlock`]).

use crate::Scalar;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, ArrayViewMut1, s};
use std::ops::Range;

/// Positions in a flat vector, in the order in which a block counts them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Places {
    /// A contiguous piece.
    Range(Range<usize>),
    /// Any positions, each once.
    List(Vec<usize>),
}

impl Places {
    pub(crate) fn len(&self) -> usize {
        match self {
            Places::Range(range) => range.len(),
            Places::List(list) => list.len(),
        }
    }

    /// The k-th position.
    pub(crate) fn get(&self, k: usize) -> usize {
        match self {
            Places::Range(range) => range.start + k,
            Places::List(list) => list[k],
        }
    }

    pub(crate) fn gather<T: Scalar>(&self, v: ArrayView1<'_, T>) -> Array1<T> {
        match self {
            Places::Range(range) => v.slice(s![range.clone()]).to_owned(),
            Places::List(list) => list.iter().map(|&i| v[i]).collect(),
        }
    }

    /// Adds the block's entries to their places.
    pub(crate) fn scatter<T: Scalar>(&self, part: ArrayView1<'_, T>, mut into: ArrayViewMut1<'_, T>) {
        for (k, &x) in part.iter().enumerate() {
            into[self.get(k)] += x;
        }
    }
}

/// The parameters of one affine layer as a matrix inside a flat vector.
///
/// ```text
/// V̄ = [W b] ∈ R^(out × (in + 1));   W row-major from `offset`, then b
/// ```
///
/// With row-major W the Kronecker order of a score δ ⊗ ā is (output, input): B ⊗ A with the gradient factor first.
///
/// # Example
/// ```
/// use natgrad::{ndarray::array, operator::MatrixBlock};
/// let block = MatrixBlock { offset: 1, outputs: 2, inputs: 2, bias: true };
/// let theta = array![9.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
/// assert_eq!(block.gather(theta.view()), array![[1.0, 2.0, 5.0], [3.0, 4.0, 6.0]]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MatrixBlock {
    /// Where W begins.
    pub offset: usize,
    /// Rows of W, and entries of b.
    pub outputs: usize,
    /// Columns of W.
    pub inputs: usize,
    /// Whether b, which follows W, is the last column.
    pub bias: bool,
}

impl MatrixBlock {
    /// The shape of V̄.
    pub fn shape(&self) -> (usize, usize) {
        (self.outputs, self.inputs + usize::from(self.bias))
    }

    /// Number of parameters.
    pub fn dim(&self) -> usize {
        let (rows, columns) = self.shape();
        rows * columns
    }

    /// One past the last parameter.
    pub fn end(&self) -> usize {
        self.offset + self.dim()
    }

    /// Its parameters in the flat vector.
    pub(crate) fn range(&self) -> Range<usize> {
        self.offset..self.end()
    }

    /// W and b out of a flat vector that reaches to [`end`](Self::end) at least.
    pub(crate) fn parts<'a, T: Scalar>(
        &self,
        v: ArrayView1<'a, T>,
    ) -> (Array2<T>, Option<ArrayView1<'a, T>>) {
        let weight = Array2::from_shape_fn((self.outputs, self.inputs), |(o, i)| v[self.place(o, i)]);
        let start = self.offset + weight.len();
        (weight, self.bias.then(|| v.slice_move(s![start..self.end()])))
    }

    /// The place of V̄\[o, i\] in the flat vector.
    pub fn place(&self, o: usize, i: usize) -> usize {
        if i < self.inputs {
            self.offset + o * self.inputs + i
        } else {
            self.offset + self.outputs * self.inputs + o
        }
    }

    /// V̄ out of a flat vector that reaches to [`end`](Self::end) at least.
    pub fn gather<T: Scalar>(&self, v: ArrayView1<'_, T>) -> Array2<T> {
        Array2::from_shape_fn(self.shape(), |(o, i)| v[self.place(o, i)])
    }

    /// Adds V̄ to its places.
    pub(crate) fn scatter<T: Scalar>(&self, part: ArrayView2<'_, T>, mut into: ArrayViewMut1<'_, T>) {
        for ((o, i), &x) in part.indexed_iter() {
            into[self.place(o, i)] += x;
        }
    }

    /// The places of one unit: its row of W, and its bias.
    pub(crate) fn unit(&self, o: usize) -> Places {
        let start = self.place(o, 0);
        if self.bias {
            Places::List((0..=self.inputs).map(|i| self.place(o, i)).collect())
        } else {
            Places::Range(start..start + self.inputs)
        }
    }
}
