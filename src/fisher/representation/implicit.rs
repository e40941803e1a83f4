use super::{Fisher, Representation};
use crate::fisher::Scores;
use crate::linalg::{dot, product};
use crate::model::{Differential, Pullback};
use crate::operator::LinearOperator;
use crate::{Result, Scalar, check};
use ndarray::{Array1, Array2, ArrayView1, Axis, s};

/// F as products only: nothing of size P² is ever made.
///
/// ```text
/// F v = Sᵀ(S v)/N;   (S v)_k = Σ_layers δ_kᵀ V ā_n,   Sᵀw = Σ_n (Σ_{k of n} w_k δ_k) ⊗ ā_n per layer
/// ```
///
/// # Cost
/// Per product 4NP flops and 4·rows·(sum of layer widths); memory that of the scores.
#[derive(Debug, Clone)]
pub struct Implicit<T> {
    scores: Scores<T>,
    diagonal: Array1<T>,
}

impl<T: Scalar> Scores<T> {
    /// F as products only, for solvers that need no more.
    ///
    /// # Errors
    /// As [`diagonal`](Self::diagonal), which is kept beside the products.
    ///
    /// # Example
    /// ```
    /// use natgrad::{Labels, LinearOperator, Network, fisher::Exact, likelihood::Bernoulli};
    /// use natgrad::{model::Activation, ndarray::array};
    /// let network = Network::random(&[1, 1], Activation::Tanh, 0)?.with_parameters(array![0.0, 0.0].view())?;
    /// let lin = network.linearize(&Bernoulli, &array![[2.0]], &Labels::new(array![[1.0]])?)?;
    /// let f = lin.scores(&Exact)?.implicit()?;      // F = ¼ (2, 1)(2, 1)ᵀ
    /// assert_eq!(f.apply(array![1.0, 0.0].view())?, array![1.0, 0.5]);
    /// # Ok::<(), natgrad::Error>(())
    /// ```
    pub fn implicit(&self) -> Result<Fisher<Implicit<T>>> {
        let diagonal = self.diagonal()?.into_operator().into_entries();
        Ok(Fisher {
            operator: Implicit { scores: self.clone(), diagonal },
            representation: "implicit",
            provenance: self.provenance.clone(),
        })
    }

    /// S v, one entry per row.
    pub(crate) fn times(&self, v: ArrayView1<'_, T>) -> Array1<T> {
        match (&self.pullback, self.differential.as_ref()) {
            (Pullback::Factored(deltas), Differential::Network(trace)) => {
                let mut result = Array1::zeros(self.rows());
                let mut offset = 0;
                for (layer, delta) in trace.layers.iter().zip(deltas) {
                    let (outputs, inputs) = layer.weight.dim();
                    let end = offset + outputs * inputs;
                    // The slice of a flat vector has as many entries as the weight.
                    let block = v.slice(s![offset..end]).to_owned();
                    let block = block.into_shape_with_order((outputs, inputs)).unwrap_or_default();
                    let mut images = product(layer.input.view(), block.t());
                    if layer.bias {
                        images += &v.slice(s![end..end + outputs]);
                    }
                    for (n, image) in images.outer_iter().enumerate() {
                        for k in self.offsets[n]..self.offsets[n + 1] {
                            result[k] += dot(delta.row(k), image);
                        }
                    }
                    offset += layer.dim();
                }
                result
            }
            (Pullback::Explicit(rows), _) => {
                product(rows.view(), v.insert_axis(Axis(1))).remove_axis(Axis(1))
            }
            // `pull_back` makes a factored pullback of a network only.
            (Pullback::Factored(_), Differential::Jacobian(_)) => Array1::zeros(self.rows()),
        }
    }

    /// Sᵀ w, P entries.
    pub(crate) fn transposed_times(&self, w: ArrayView1<'_, T>) -> Array1<T> {
        match (&self.pullback, self.differential.as_ref()) {
            (Pullback::Factored(deltas), Differential::Network(trace)) => {
                let sums: Vec<Array2<T>> =
                    deltas.iter().map(|delta| self.weighted_by_datum(delta, w)).collect();
                trace.collect(&sums)
            }
            (Pullback::Explicit(rows), _) => product(rows.t(), w.insert_axis(Axis(1))).remove_axis(Axis(1)),
            // `pull_back` makes a factored pullback of a network only.
            (Pullback::Factored(_), Differential::Jacobian(_)) => Array1::zeros(self.dim()),
        }
    }

    /// Σ over the rows k of datum n of w_k δ_k: N × out.
    fn weighted_by_datum(&self, delta: &Array2<T>, w: ArrayView1<'_, T>) -> Array2<T> {
        let mut sums = Array2::zeros((self.data(), delta.ncols()));
        for (n, mut sum) in sums.axis_iter_mut(Axis(0)).enumerate() {
            for k in self.offsets[n]..self.offsets[n + 1] {
                sum.scaled_add(w[k], &delta.row(k));
            }
        }
        sums
    }
}

impl<T: Scalar> LinearOperator<T> for Implicit<T> {
    fn dim(&self) -> usize {
        self.scores.dim()
    }

    fn apply(&self, v: ArrayView1<'_, T>) -> Result<Array1<T>> {
        check::shape("vector", &[self.dim()], v.shape())?;
        let images = self.scores.times(v);
        Ok(self.scores.transposed_times(images.view()) * T::of(1.0 / self.scores.data() as f64))
    }

    fn to_dense(&self) -> Result<Array2<T>> {
        Ok(self.scores.dense()?.into_operator().into_matrix())
    }

    fn diagonal(&self) -> Result<Array1<T>> {
        Ok(self.diagonal.clone())
    }
}

/// [`Scores::implicit`] as a value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImplicitForm;

impl<T: Scalar> Representation<T> for ImplicitForm {
    type Operator = Implicit<T>;

    fn represent(&self, scores: &Scores<T>) -> Result<Fisher<Implicit<T>>> {
        scores.implicit()
    }
}
