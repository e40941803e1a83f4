use super::{Fisher, Representation};
use crate::fisher::Scores;
use crate::model::Differential;
use crate::operator::LinearOperator;
use crate::{Result, Scalar, check};
use ndarray::{Array1, Array2, ArrayView1};

/// The way that a product with F takes.
///
/// ```text
/// Factors:  F v = Sᵀ(S v)/N,   (S v)_k = Σ_layers δ_kᵀ V ā_n,   Sᵀw = Σ_n (Σ_{k of n} w_k δ_k) ⊗ ā_n per layer
/// Jvp:      F v = (1/N) Σ_n J_nᵀ R_n R_nᵀ (J_n v),   R_n the output-space vectors of datum n as columns
/// ```
///
/// # Cost
/// Per product, through a network: `Factors` 4NP + 4·rows·(sum of layer widths) flops, after the vectors have been
/// pulled back; `Jvp` 8NP + 4·rows·C, at once. Through an explicit Jacobian: 4·rows·P against 4NCP + 4·rows·C. Memory:
/// `Factors` keeps rows·(sum of layer widths) numbers, or rows·P of a Jacobian; `Jvp` rows·C.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Route {
    /// Through the pulled-back factors of S: few rows per datum.
    Factors,
    /// Forward through J, output space, back through Jᵀ: many rows per datum, or little memory.
    Jvp,
}

/// F as products only: nothing of size P² is ever made.
///
/// # Cost
/// Per product that of its [`Route`]; so is the memory. Its diagonal is computed anew whenever it is asked for.
#[derive(Debug, Clone)]
pub struct Implicit<T> {
    scores: Scores<T>,
    route: Route,
}

impl<T: Scalar> Scores<T> {
    /// F as products only, for solvers that need no more, by the cheaper [`Route`] (through J where both cost
    /// the same).
    ///
    /// # Errors
    /// None today; a product that overflows is [`Error::NonFinite`](crate::Error::NonFinite).
    ///
    /// # Example
    /// ```
    /// use natgrad::{Labels, LinearOperator, Network, fisher::{Exact, Route}, likelihood::Bernoulli};
    /// use natgrad::{model::Activation, ndarray::array};
    /// let network = Network::random(&[1, 1], Activation::Tanh, 0)?.with_parameters(array![0.0, 0.0].view())?;
    /// let lin = network.linearize(&Bernoulli, &array![[2.0]], &Labels::new(array![[1.0]])?)?;
    /// let f = lin.scores(&Exact)?.implicit()?;      // F = ¼ (2, 1)(2, 1)ᵀ
    /// assert_eq!(f.apply(array![1.0, 0.0].view())?, array![1.0, 0.5]);
    /// // One row and one output: 4·2 + 4 flops through the factors, 8·2 + 4 through J.
    /// assert_eq!(f.operator().route(), Route::Factors);
    /// # Ok::<(), natgrad::Error>(())
    /// ```
    pub fn implicit(&self) -> Result<Fisher<Implicit<T>>> {
        self.implicit_by(self.cheaper_route())
    }

    /// As [`implicit`](Self::implicit), by a given route.
    ///
    /// # Errors
    /// As [`implicit`](Self::implicit).
    ///
    /// # Numerical notes
    /// The routes sum in different orders and agree to rounding; each is bit-identical for any number of threads.
    pub fn implicit_by(&self, route: Route) -> Result<Fisher<Implicit<T>>> {
        Ok(Fisher {
            operator: Implicit { scores: self.clone(), route },
            representation: "implicit",
            provenance: self.provenance.clone(),
        })
    }
}

impl<T: Scalar> Implicit<T> {
    /// The way that products take.
    pub fn route(&self) -> Route {
        self.route
    }

    /// The numbers that products read beside the model and its activations, or beside its Jacobian.
    pub fn stored(&self) -> usize {
        let (rows, outputs) = self.scores.vectors.dim();
        rows * match (self.route, self.scores.differential.as_ref()) {
            (Route::Jvp, _) => outputs,
            (Route::Factors, Differential::Jacobian(_)) => self.dim(),
            (Route::Factors, Differential::Network(trace)) => {
                trace.layers.iter().map(|layer| layer.weight.nrows()).sum()
            }
        }
    }
}

impl<T: Scalar> LinearOperator<T> for Implicit<T> {
    fn dim(&self) -> usize {
        self.scores.dim()
    }

    fn apply(&self, v: ArrayView1<'_, T>) -> Result<Array1<T>> {
        check::shape("vector", &[self.dim()], v.shape())?;
        let images = self.scores.times_by(self.route, v);
        let scale = T::of(1.0 / self.scores.data() as f64);
        let product = self.scores.transposed_times_by(self.route, images.view()) * scale;
        check::finite("product", &product)?;
        Ok(product)
    }

    fn stored(&self) -> usize {
        Implicit::stored(self)
    }

    fn to_dense(&self) -> Result<Array2<T>> {
        Ok(self.scores.dense()?.into_operator().into_matrix())
    }

    fn diagonal(&self) -> Result<Array1<T>> {
        Ok(self.scores.diagonal()?.into_operator().into_entries())
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
