//! S v and Sᵀ w by either route (private).

use crate::Scalar;
use crate::fisher::{Route, Scores};
use crate::linalg::{dot, product, times};
use crate::model::{Differential, Pullback};
use ndarray::{Array1, Array2, ArrayView1};

impl<T: Scalar> Scores<T> {
    /// The cheaper route for a product with S and one with Sᵀ, by the flops of [`Route`]; equal costs go through J,
    /// which needs nothing pulled back.
    pub(crate) fn cheaper_route(&self) -> Route {
        let (rows, data, order) = (self.rows() as f64, self.data() as f64, self.dim() as f64);
        let outputs = self.vectors.ncols() as f64;
        let (factors, jvp) = match self.differential.as_ref() {
            Differential::Network(trace) => {
                let widths: usize = trace.layers.iter().map(|layer| layer.weight.nrows()).sum();
                (data * order + rows * widths as f64, 2.0 * data * order + rows * outputs)
            }
            Differential::Jacobian(_) => (rows * order, data * outputs * order + rows * outputs),
        };
        if factors < jvp { Route::Factors } else { Route::Jvp }
    }

    /// S v, one entry per row, by the cheaper route.
    pub(crate) fn times(&self, v: ArrayView1<'_, T>) -> Array1<T> {
        self.times_by(self.cheaper_route(), v)
    }

    /// Sᵀ w, P entries, by the cheaper route.
    pub(crate) fn transposed_times(&self, w: ArrayView1<'_, T>) -> Array1<T> {
        self.transposed_times_by(self.cheaper_route(), w)
    }

    /// S v, one entry per row.
    pub(crate) fn times_by(&self, route: Route, v: ArrayView1<'_, T>) -> Array1<T> {
        let mut images = match route {
            Route::Factors => self.times_factors(v),
            Route::Jvp => self.rows_dot(&self.differential.jvp(v), &self.vectors),
        };
        if self.centred {
            images -= mean(images.view());
        }
        images
    }

    /// Sᵀ w, P entries.
    pub(crate) fn transposed_times_by(&self, route: Route, w: ArrayView1<'_, T>) -> Array1<T> {
        let centred = self.centred.then(|| w.mapv(|x| x - mean(w)));
        let w = centred.as_ref().map_or(w, |centred| centred.view());
        match (route, self.differential.as_ref()) {
            (Route::Jvp, differential) => differential.vjp(self.weighted_by_datum(&self.vectors, w).view()),
            (Route::Factors, differential) => match (self.pullback(), differential) {
                (Pullback::Factored(deltas), Differential::Network(trace)) => {
                    let sums: Vec<Array2<T>> =
                        deltas.iter().map(|delta| self.weighted_by_datum(delta, w)).collect();
                    trace.collect(&sums)
                }
                (Pullback::Explicit(rows), _) => times(rows.t(), w),
                // `pull_back` makes a factored pullback of a network only.
                (Pullback::Factored(_), Differential::Jacobian(_)) => Array1::zeros(self.dim()),
            },
        }
    }

    fn times_factors(&self, v: ArrayView1<'_, T>) -> Array1<T> {
        match (self.pullback(), self.differential.as_ref()) {
            (Pullback::Factored(deltas), Differential::Network(trace)) => {
                let mut result = Array1::zeros(self.rows());
                for ((layer, block), delta) in trace.layers.iter().zip(trace.blocks()).zip(deltas) {
                    let (weight, bias) = block.parts(v);
                    let mut images = product(layer.input.view(), weight.t());
                    if let Some(bias) = bias {
                        images += &bias;
                    }
                    result += &self.rows_dot(&images, delta);
                }
                result
            }
            (Pullback::Explicit(rows), _) => times(rows.view(), v),
            // `pull_back` makes a factored pullback of a network only.
            (Pullback::Factored(_), Differential::Jacobian(_)) => Array1::zeros(self.rows()),
        }
    }

    /// For every row k of datum n the inner product of row k of `vectors` with row n of `images`.
    fn rows_dot(&self, images: &Array2<T>, vectors: &Array2<T>) -> Array1<T> {
        let mut result = Array1::zeros(self.rows());
        for (n, image) in images.outer_iter().enumerate() {
            for k in self.offsets[n]..self.offsets[n + 1] {
                result[k] = dot(vectors.row(k), image);
            }
        }
        result
    }

    /// Σ over the rows k of datum n of w_k times row k of `vectors`: N × width.
    fn weighted_by_datum(&self, vectors: &Array2<T>, w: ArrayView1<'_, T>) -> Array2<T> {
        let mut sums = Array2::zeros((self.data(), vectors.ncols()));
        for (n, mut sum) in sums.outer_iter_mut().enumerate() {
            for k in self.offsets[n]..self.offsets[n + 1] {
                sum.scaled_add(w[k], &vectors.row(k));
            }
        }
        sums
    }
}

fn mean<T: Scalar>(x: ArrayView1<'_, T>) -> T {
    x.sum() * T::of(1.0 / x.len().max(1) as f64)
}
