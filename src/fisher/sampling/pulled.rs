use crate::Scalar;
use crate::linalg::product;
use crate::model::{Differential, Pullback};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, s};
use std::borrow::Cow;

/// Pulled-back vectors with their data.
pub(super) struct Pulled<'a, T: Scalar> {
    pullback: Cow<'a, Pullback<T>>,
    differential: &'a Differential<T>,
    offsets: Vec<usize>,
}

impl<'a, T: Scalar> Pulled<'a, T> {
    /// The rows of a score matrix.
    pub(super) fn rows(
        pullback: &'a Pullback<T>,
        differential: &'a Differential<T>,
        offsets: &[usize],
    ) -> Self {
        Pulled { pullback: Cow::Borrowed(pullback), differential, offsets: offsets.to_vec() }
    }

    /// The rows of every J_n: unit vectors pulled back.
    pub(super) fn units(differential: &'a Differential<T>, (data, outputs): (usize, usize)) -> Self {
        let units = Array2::from_shape_fn((data * outputs, outputs), |(row, c)| {
            if row % outputs == c { T::one() } else { T::zero() }
        });
        let offsets: Vec<usize> = (0..=data).map(|n| n * outputs).collect();
        let pullback = Cow::Owned(differential.pull_back(units.view(), &offsets));
        Pulled { pullback, differential, offsets }
    }

    /// Inner products of the rows of datum n with those of datum k.
    pub(super) fn gram(&self, n: usize, k: usize) -> Array2<f64> {
        let rows = |matrix: &Array2<T>, n: usize| {
            matrix.slice(s![self.offsets[n]..self.offsets[n + 1], ..]).mapv(|x| x.as_f64())
        };
        let counts = |n: usize| self.offsets[n + 1] - self.offsets[n];
        let mut gram = Array2::zeros((counts(n), counts(k)));
        match (self.pullback.as_ref(), self.differential) {
            (Pullback::Factored(deltas), Differential::Network(trace)) => {
                for (layer, delta) in trace.layers.iter().zip(deltas) {
                    let (a, b) = (layer.input.row(n), layer.input.row(k));
                    let inner: f64 = a.iter().zip(b).map(|(a, b)| a.as_f64() * b.as_f64()).sum();
                    let weight = inner + if layer.bias { 1.0 } else { 0.0 };
                    gram.scaled_add(weight, &product(rows(delta, n).view(), rows(delta, k).t()));
                }
            }
            (Pullback::Explicit(matrix), _) => {
                gram = product(rows(matrix, n).view(), rows(matrix, k).t());
            }
            // `pull_back` makes a factored pullback of a network only.
            (Pullback::Factored(_), Differential::Jacobian(_)) => {}
        }
        gram
    }

    /// For every block (a layer, or all parameters) and column the images of combinations of the rows of datum n:
    /// (Σ_c a_gc δ_c) for every g. An entry of J belongs to a column times an input.
    pub(super) fn images(
        &self,
        n: usize,
        combinations: &Array2<f64>,
        mut visit: impl FnMut(usize, usize, ArrayView1<'_, f64>),
    ) {
        for (block, matrix) in self.blocks().iter().enumerate() {
            let rows = matrix.slice(s![self.offsets[n]..self.offsets[n + 1], ..]).mapv(|x| x.as_f64());
            let images = product(combinations.view(), rows.view());
            for (column, values) in images.axis_iter(Axis(1)).enumerate() {
                visit(block, column, values);
            }
        }
    }

    fn blocks(&self) -> &[Array2<T>] {
        match self.pullback.as_ref() {
            Pullback::Factored(deltas) => deltas,
            Pullback::Explicit(rows) => std::slice::from_ref(rows),
        }
    }

    /// N × columns for every block, zero.
    pub(super) fn empty(&self) -> Vec<Array2<f64>> {
        let data = self.offsets.len() - 1;
        self.blocks().iter().map(|matrix| Array2::zeros((data, matrix.ncols()))).collect()
    }

    /// Σ_n c_n ā_n⁴ per column of a block: P numbers of dimension (entry of S)⁴.
    pub(super) fn spread(&self, columns: &[Array2<f64>]) -> Array1<f64> {
        let fourth = |x: ArrayView2<'_, T>| x.mapv(|x| x.as_f64().powi(4));
        match self.differential {
            Differential::Network(trace) => {
                let mut entries = Vec::new();
                for (layer, columns) in trace.layers.iter().zip(columns) {
                    entries.extend(product(columns.t(), fourth(layer.input.view()).view()));
                    if layer.bias {
                        entries.extend(columns.sum_axis(Axis(0)));
                    }
                }
                Array1::from(entries)
            }
            Differential::Jacobian(_) => {
                columns.first().map(|columns| columns.sum_axis(Axis(0))).unwrap_or_default()
            }
        }
    }
}
