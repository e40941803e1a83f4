//! The factored scores, layer by layer (private).

use crate::fisher::Scores;
use crate::linalg::product;
use crate::model::{Differential, LayerTrace, Pullback};
use crate::operator::MatrixBlock;
use crate::{Error, Result, Scalar};
use ndarray::{Array1, Array2, ArrayView1, Axis, s};

/// What a representation that knows of layers sees of one of them.
pub(super) struct Layer<'a, T> {
    /// Where its parameters lie.
    pub(super) block: MatrixBlock,
    /// δ, rows × out.
    pub(super) delta: &'a Array2<T>,
    trace: &'a LayerTrace<T>,
    offsets: &'a [usize],
}

impl<T: Scalar> Scores<T> {
    /// The layers, or why there are none.
    pub(super) fn layers(&self, what: &'static str) -> Result<Vec<Layer<'_, T>>> {
        if self.centred {
            let reason =
                "centred scores are no products of layer factors; use dense, diagonal, block or implicit";
            return Err(Error::Unsupported { what, reason });
        }
        let (Pullback::Factored(deltas), Differential::Network(trace)) =
            (self.pullback(), self.differential.as_ref())
        else {
            let reason = "a bare Jacobian has no layers; use dense, diagonal, block, gram or implicit";
            return Err(Error::Unsupported { what, reason });
        };
        let layers = trace.layers.iter().zip(trace.blocks()).zip(deltas);
        let layers =
            layers.map(|((trace, block), delta)| Layer { block, delta, trace, offsets: &self.offsets });
        Ok(layers.collect())
    }
}

impl<T: Scalar> Layer<'_, T> {
    pub(super) fn data(&self) -> usize {
        self.trace.input.nrows()
    }

    /// 1/N.
    pub(super) fn scale(&self) -> T {
        T::of(1.0 / self.data() as f64)
    }

    /// Ā: N × (in + 1), the inputs with a column of ones after them if there is a bias.
    pub(super) fn inputs(&self) -> Array2<T> {
        self.trace.extended_input()
    }

    /// Σ over the rows k of datum n of what `of` makes of δ_k: N entries.
    pub(super) fn per_datum(&self, of: impl Fn(ArrayView1<'_, T>) -> T) -> Array1<T> {
        let mut sums = Array1::zeros(self.data());
        for (n, sum) in sums.iter_mut().enumerate() {
            for k in self.offsets[n]..self.offsets[n + 1] {
                *sum += of(self.delta.row(k));
            }
        }
        sums
    }

    /// Σ over the rows k of datum n of δ_k∘δ_k: N × out.
    pub(super) fn squares(&self) -> Array2<T> {
        self.squares_of(self.delta)
    }

    /// The same of other rows than δ, for example δ in another basis.
    pub(super) fn squares_of(&self, rows: &Array2<T>) -> Array2<T> {
        squares_by_datum(rows, self.offsets)
    }

    /// Σ_n w_n ā_n ā_nᵀ.
    pub(super) fn weighted_inputs(&self, inputs: &Array2<T>, weights: ArrayView1<'_, T>) -> Array2<T> {
        let roots = weights.mapv(|w| w.max(T::zero()).sqrt()).insert_axis(Axis(1));
        crate::linalg::syrk((inputs * &roots).view())
    }

    /// Σ_n w_n Σ_{k of n} δ_k δ_kᵀ.
    pub(super) fn weighted_deltas(&self, weights: ArrayView1<'_, T>) -> Array2<T> {
        let mut rows = self.delta.clone();
        for (n, &w) in weights.iter().enumerate() {
            let root = w.max(T::zero()).sqrt();
            rows.slice_mut(s![self.offsets[n]..self.offsets[n + 1], ..]).mapv_inplace(|x| x * root);
        }
        crate::linalg::syrk(rows.view())
    }

    /// δ_kᵀ M δ_k summed over the rows of every datum: N entries.
    pub(super) fn quadratic_deltas(&self, matrix: &Array2<T>) -> Array1<T> {
        let images = product(self.delta.view(), matrix.view());
        let mut sums = Array1::zeros(self.data());
        for (n, sum) in sums.iter_mut().enumerate() {
            for k in self.offsets[n]..self.offsets[n + 1] {
                *sum += crate::linalg::dot(images.row(k), self.delta.row(k));
            }
        }
        sums
    }
}

/// Σ over the rows k of datum n of their squares, entry by entry: N × width.
pub(super) fn squares_by_datum<T: Scalar>(rows: &Array2<T>, offsets: &[usize]) -> Array2<T> {
    let mut sums = Array2::zeros((offsets.len() - 1, rows.ncols()));
    for (mut sum, of) in sums.outer_iter_mut().zip(offsets.windows(2)) {
        for row in rows.slice(s![of[0]..of[1], ..]).outer_iter() {
            sum.zip_mut_with(&row, |sum, &x| *sum += x * x);
        }
    }
    sums
}
