//! The derivative ∂η/∂θ of all data, factored or explicit (private).

use crate::Scalar;
use crate::linalg::{product, times};
use crate::model::trace::{Trace, matrix};
use ndarray::{Array1, Array2, Array3, ArrayView1, ArrayView2, Axis, s};

/// J_n for every datum n.
#[derive(Debug, Clone)]
pub(crate) enum Differential<T> {
    /// Of a network: activations and weights, from which J_nᵀ r is a pass back.
    Network(Trace<T>),
    /// From elsewhere: N × C × P.
    Jacobian(Array3<T>),
}

/// The vectors J_nᵀ r of many output-space vectors r: the rows of a score matrix S.
#[derive(Debug, Clone)]
pub(crate) enum Pullback<T> {
    /// δ per layer, rows × out: row k of S is the concatenation over layers of δ_k ⊗ ā.
    Factored(Vec<Array2<T>>),
    /// S itself, rows × P.
    Explicit(Array2<T>),
}

impl<T: Scalar> Differential<T> {
    /// J_n alone.
    pub(crate) fn datum(&self, n: usize) -> Self {
        match self {
            Differential::Network(trace) => Differential::Network(trace.datum(n)),
            Differential::Jacobian(jacobian) => {
                Differential::Jacobian(jacobian.slice(s![n..n + 1, .., ..]).to_owned())
            }
        }
    }

    /// J_nᵀ r for all rows r; `offsets[n]..offsets[n + 1]` are the rows of datum n.
    pub(crate) fn pull_back(&self, vectors: ArrayView2<'_, T>, offsets: &[usize]) -> Pullback<T> {
        match self {
            Differential::Network(trace) => Pullback::Factored(trace.backward(vectors, offsets)),
            Differential::Jacobian(jacobian) => {
                let mut rows = Array2::zeros((vectors.nrows(), jacobian.len_of(Axis(2))));
                for (n, jacobian) in jacobian.outer_iter().enumerate() {
                    let range = offsets[n]..offsets[n + 1];
                    let part = product(vectors.slice(s![range.clone(), ..]), jacobian);
                    rows.slice_mut(s![range, ..]).assign(&part);
                }
                Pullback::Explicit(rows)
            }
        }
    }

    /// J_n v, N × C.
    pub(crate) fn jvp(&self, v: ArrayView1<'_, T>) -> Array2<T> {
        match self {
            Differential::Network(trace) => trace.jvp(v),
            Differential::Jacobian(jacobian) => {
                let (data, outputs, order) = jacobian.dim();
                let flat = jacobian.view().into_shape_with_order((data * outputs, order));
                let images = flat.map(|flat| times(flat, v)).unwrap_or_default();
                matrix(images.view(), data, outputs)
            }
        }
    }

    /// Σ_n J_nᵀ r_n, P.
    pub(crate) fn vjp(&self, vectors: ArrayView2<'_, T>) -> Array1<T> {
        match self {
            Differential::Network(trace) => trace.vjp(vectors),
            Differential::Jacobian(jacobian) => {
                let mut sum = Array1::zeros(jacobian.len_of(Axis(2)));
                for (jacobian, vector) in jacobian.outer_iter().zip(vectors.outer_iter()) {
                    for (row, &weight) in jacobian.outer_iter().zip(vector) {
                        sum.scaled_add(weight, &row);
                    }
                }
                sum
            }
        }
    }
}
