use super::{Fisher, Representation};
use crate::fisher::Scores;
use crate::linalg::{self, Cholesky, SymmetricAccumulator, eigh, product};
use crate::model::{Differential, Pullback};
use crate::operator::{DualOperator, LinearOperator, Part, SpectralDecomposition};
use crate::{Error, Result, Scalar, check};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, s};

/// Rows beyond which the Gram matrix alone takes 8 GiB.
const ROW_LIMIT: usize = 32768;

/// F by its Gram matrix: the dual of F, for fewer scores than parameters.
///
/// ```text
/// G = S Sᵀ/N = (1/N) Σ_layers (Δ Δᵀ) ∘ (Ā Āᵀ),    rows × rows, without ever forming S
/// ```
///
/// G and F have the same eigenvalues but for zeros, so trace, norms, spectrum and log-determinant are G's; the damped
/// inverse is a solve of the order of G. With one output this is the neural tangent kernel over N.
///
/// # Cost
/// Memory rows² and that of the scores; per product that of [`Implicit`](super::Implicit).
#[derive(Debug, Clone)]
pub struct Gram<T> {
    scores: Scores<T>,
    gram: Array2<T>,
}

impl<T: Scalar> Scores<T> {
    /// F by its Gram matrix.
    ///
    /// # Errors
    /// [`Error::TooLarge`] beyond 32768 rows; [`Error::NonFinite`] if a product overflows.
    ///
    /// # Cost
    /// rows²·(sum of layer widths) + N²·(sum of layer inputs) flops; rows²·P from a Jacobian.
    ///
    /// # Example
    /// ```
    /// use natgrad::{Labels, LinearOperator, Network, fisher::Empirical, likelihood::Bernoulli};
    /// use natgrad::{model::Activation, ndarray::array};
    /// let network = Network::random(&[1, 1], Activation::Tanh, 0)?.with_parameters(array![0.0, 0.0].view())?;
    /// let lin = network.linearize(&Bernoulli, &array![[2.0]], &Labels::new(array![[1.0]])?)?;
    /// let f = lin.scores(&Empirical)?.gram()?;      // one score ½(2, 1): G = 5/4
    /// assert_eq!(f.operator().gram(), array![[1.25]]);
    /// assert!((f.log_determinant(1.0)? - 2.25f64.ln()).abs() < 1e-15);
    /// # Ok::<(), natgrad::Error>(())
    /// ```
    pub fn gram(&self) -> Result<Fisher<Gram<T>>> {
        let rows = self.rows();
        if rows > ROW_LIMIT {
            return Err(Error::TooLarge {
                quantity: "rows of the Gram matrix",
                needed: rows as f64,
                limit: ROW_LIMIT as f64,
                advice: "use the dense or the implicit form",
            });
        }
        let mut gram = self.uncentred_gram() * T::of(1.0 / self.data() as f64);
        if self.centred {
            // (I - 11ᵀ/n) G (I - 11ᵀ/n), one side after the other.
            for axis in [Axis(0), Axis(1)] {
                if let Some(mean) = gram.mean_axis(axis) {
                    gram -= &mean.insert_axis(axis);
                }
            }
        }
        check::finite("Gram matrix", &gram)?;
        self.represented(Gram { scores: self.clone(), gram }, "gram")
    }

    /// S Sᵀ of rows as they are, not centred.
    fn uncentred_gram(&self) -> Array2<T> {
        let square = |rows: ArrayView2<'_, T>| {
            let mut sum = SymmetricAccumulator::new(rows.nrows());
            sum.add(rows);
            sum.finish(T::one())
        };
        match (self.pullback(), self.differential.as_ref()) {
            (Pullback::Factored(deltas), Differential::Network(trace)) => {
                let owner = self.owner();
                let mut gram = Array2::zeros((self.rows(), self.rows()));
                for (layer, delta) in trace.layers.iter().zip(deltas) {
                    let mut inputs = square(layer.input.view());
                    if layer.bias {
                        inputs += T::one();
                    }
                    let deltas = square(delta.view());
                    for (k, mut row) in gram.outer_iter_mut().enumerate() {
                        let (inputs, deltas) = (inputs.row(owner[k]), deltas.row(k));
                        for (j, entry) in row.iter_mut().enumerate() {
                            *entry += deltas[j] * inputs[owner[j]];
                        }
                    }
                }
                gram
            }
            (Pullback::Explicit(rows), _) => square(rows.view()),
            // `pull_back` makes a factored pullback of a network only.
            (Pullback::Factored(_), Differential::Jacobian(_)) => Array2::zeros((0, 0)),
        }
    }
}

impl<T: Scalar> Gram<T> {
    /// G, rows × rows.
    pub fn gram(&self) -> ArrayView2<'_, T> {
        self.gram.view()
    }

    /// 1/√N.
    fn root(&self) -> T {
        T::of(1.0 / (self.scores.data() as f64).sqrt())
    }
}

impl<T: Scalar> DualOperator<T> for Gram<T> {
    fn gram(&self) -> ArrayView2<'_, T> {
        self.gram.view()
    }

    fn images(&self, v: ArrayView1<'_, T>) -> Array1<T> {
        self.scores.times(v) * self.root()
    }

    fn combine(&self, weights: ArrayView1<'_, T>) -> Array1<T> {
        self.scores.transposed_times(weights) * self.root()
    }
}

impl<T: Scalar> LinearOperator<T> for Gram<T> {
    fn dim(&self) -> usize {
        self.scores.dim()
    }

    fn apply(&self, v: ArrayView1<'_, T>) -> Result<Array1<T>> {
        check::shape("vector", &[self.dim()], v.shape())?;
        let product = self.combine(self.images(v).view());
        check::finite("product", &product)?;
        Ok(product)
    }

    fn stored(&self) -> usize {
        self.gram.len() + self.scores.stored()
    }

    fn to_dense(&self) -> Result<Array2<T>> {
        Ok(self.scores.dense()?.into_operator().into_matrix())
    }

    fn diagonal(&self) -> Result<Array1<T>> {
        Ok(self.scores.diagonal()?.into_operator().into_entries())
    }

    fn trace(&self) -> Result<T> {
        Ok(self.gram.diag().sum())
    }

    fn frobenius_norm(&self) -> Result<T> {
        Ok(linalg::norm(self.gram.flatten().view()))
    }

    fn eigenvalues(&self) -> Result<Array1<T>> {
        let mut values = linalg::eigvalsh(self.gram.view())?.to_vec();
        // Of more rows than parameters the surplus are zeros, the smallest; of fewer the missing ones are.
        values.sort_by(|a, b| b.as_f64().total_cmp(&a.as_f64()));
        values.resize(self.dim(), T::zero());
        Ok(linalg::ascending(values))
    }

    /// Eigenvectors u = Sᵀq/√(Nμ), largest first, made orthogonal in that order: those of small μ lose it to rounding.
    fn decompose(&self) -> Result<SpectralDecomposition<T>> {
        let eigen = eigh(self.gram.view())?;
        let largest = eigen.values.iter().fold(T::zero(), |m, x| m.max(*x));
        let noise = T::of(self.gram.nrows().max(1) as f64) * T::epsilon() * largest;
        let kept: Vec<usize> =
            (0..eigen.values.len()).rev().filter(|&k| eigen.values[k] > noise).take(self.dim()).collect();
        let mut vectors = Array2::zeros((kept.len(), self.dim()));
        for (mut row, &k) in vectors.outer_iter_mut().zip(&kept) {
            row.assign(&(self.combine(eigen.vectors.column(k)) / eigen.values[k].sqrt()));
        }
        let overlaps = product(vectors.view(), vectors.t());
        let vectors = Cholesky::factor(overlaps.view())?.whiten(vectors.view())?;
        let values = kept.iter().map(|&k| eigen.values[k]).collect();
        let part = Part::LowRank { values, vectors: vectors.reversed_axes() };
        Ok(SpectralDecomposition::new(self.dim(), vec![part]))
    }

    /// (P - rows) log λ + log det(G + λI), for λ > 0 and whichever is larger.
    fn log_determinant(&self, damping: T) -> Result<T> {
        check::damping(damping)?;
        let rows = self.gram.nrows();
        if damping.is_zero() || rows > self.dim() {
            return self.decompose()?.log_determinant(damping);
        }
        let mut damped = self.gram.clone();
        damped.slice_mut(s![.., ..]).diag_mut().mapv_inplace(|x| x + damping);
        let inside = Cholesky::factor(damped.view())?.log_determinant();
        Ok(inside + T::of((self.dim() - rows) as f64) * damping.ln())
    }
}

/// [`Scores::gram`] as a value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GramForm;

impl<T: Scalar> Representation<T> for GramForm {
    type Operator = Gram<T>;

    fn represent(&self, scores: &Scores<T>) -> Result<Fisher<Gram<T>>> {
        scores.gram()
    }
}
