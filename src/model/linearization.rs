use crate::model::{Differential, ParameterLayout};
use crate::{Error, Labels, Likelihood, Result, Scalar, check};
use ndarray::{Array1, Array2, Array3, ArrayView1, ArrayView2, Axis};
use std::sync::Arc;

/// A model at one θ on N data, to first order: outputs, loss, gradient, and the Jacobian in whatever form it has.
///
/// ```text
/// loss = (1/N) Σ_n -log p(y_n|η_n),    g = ∂loss/∂θ = -(1/N) Σ_n J_nᵀ s_n
/// ```
///
/// The starting point of every Fisher estimate: `lin.scores(estimator)` in [`fisher`](crate::fisher).
///
/// # Shapes
/// η: N × C; J_n: C × P; g: P.
///
/// # Units
/// Loss in nats per datum; g in nats per unit of θ.
///
/// # Example
/// ```
/// use natgrad::{Labels, model::Linearization, likelihood::Bernoulli, ndarray::array};
/// // One datum, one output, two parameters: η = 0.5 θ₀ + 2 θ₁ = 0.
/// let lin = Linearization::from_jacobian(
///     &Bernoulli,
///     array![[[0.5, 2.0]]],
///     array![[0.0]],
///     &Labels::new(array![[1.0]])?,
/// )?;
/// assert_eq!(lin.gradient(), &array![-0.25, -1.0]);
/// assert_eq!(lin.loss(), 2f64.ln());
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Linearization<T> {
    likelihood: Arc<dyn Likelihood<T>>,
    differential: Arc<Differential<T>>,
    eta: Array2<T>,
    labels: Labels<T>,
    layout: ParameterLayout,
    ids: Vec<u64>,
    loss: T,
    gradient: Array1<T>,
}

impl<T: Scalar> Linearization<T> {
    pub(crate) fn new(
        likelihood: Arc<dyn Likelihood<T>>,
        differential: Differential<T>,
        eta: Array2<T>,
        labels: Labels<T>,
        layout: ParameterLayout,
    ) -> Result<Self> {
        let loss = mean_nll(likelihood.as_ref(), &eta, &labels)?;
        let data = eta.nrows();
        let mut residuals = Array2::zeros(eta.dim());
        for (n, (eta, mut row)) in eta.outer_iter().zip(residuals.outer_iter_mut()).enumerate() {
            let score = likelihood.score(eta, labels.row(n))?;
            row.assign(&(score / T::of(-(data as f64))));
        }
        let gradient = differential.vjp(residuals.view());
        check::finite("gradient", &gradient)?;
        let ids = (0..data as u64).collect();
        let differential = Arc::new(differential);
        Ok(Linearization { likelihood, differential, eta, labels, layout, ids, loss, gradient })
    }

    /// A model from elsewhere, by its outputs and their Jacobian.
    ///
    /// # Shapes
    /// `jacobian`: N × C × P, ∂η_n/∂θ; `eta`: N × C; `y`: N labels.
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::Shape`], [`Error::NonFinite`] and [`Error::Domain`] with the flat index.
    pub fn from_jacobian<L>(
        likelihood: &L,
        jacobian: Array3<T>,
        eta: Array2<T>,
        y: &Labels<T>,
    ) -> Result<Self>
    where
        L: Likelihood<T> + Clone + 'static,
    {
        check::not_empty("jacobian", &jacobian)?;
        check::finite("jacobian", &jacobian)?;
        let (data, outputs, order) = jacobian.dim();
        check::shape("eta", &[data, outputs], eta.shape())?;
        let jacobian = jacobian.as_standard_layout().into_owned();
        let layout = ParameterLayout::flat(order)?;
        Self::new(Arc::new(likelihood.clone()), Differential::Jacobian(jacobian), eta, y.clone(), layout)
    }

    /// Gives every datum an identity of its own, which keys its random draws; the default is its position.
    ///
    /// With identities, the labels drawn for a datum do not depend on its place or its batch.
    ///
    /// # Errors
    /// [`Error::Shape`] unless there is one identity per datum.
    pub fn with_ids(mut self, ids: &[u64]) -> Result<Self> {
        check::shape("ids", &[self.data()], &[ids.len()])?;
        self.ids = ids.to_vec();
        Ok(self)
    }

    /// Names the tensors of θ, which are the blocks of [`Scores::blocks`](crate::fisher::Scores::blocks) for a bare
    /// Jacobian; a network's blocks are its layers whatever the names.
    ///
    /// # Errors
    /// [`Error::Shape`] unless the layout has P entries.
    pub fn with_layout(mut self, layout: ParameterLayout) -> Result<Self> {
        check::shape("layout", &[self.dim()], &[layout.dim()])?;
        self.layout = layout;
        Ok(self)
    }

    /// N, the number of data.
    pub fn data(&self) -> usize {
        self.eta.nrows()
    }

    /// C, the number of outputs.
    pub fn outputs(&self) -> usize {
        self.eta.ncols()
    }

    /// P, the number of parameters.
    pub fn dim(&self) -> usize {
        self.layout.dim()
    }

    /// Names and places of the tensors in θ.
    pub fn layout(&self) -> &ParameterLayout {
        &self.layout
    }

    /// The identities that key random draws, one per datum.
    pub fn ids(&self) -> &[u64] {
        &self.ids
    }

    /// The likelihood.
    pub fn likelihood(&self) -> &Arc<dyn Likelihood<T>> {
        &self.likelihood
    }

    /// η, N × C.
    pub fn eta(&self) -> ArrayView2<'_, T> {
        self.eta.view()
    }

    /// The observed labels.
    pub fn labels(&self) -> &Labels<T> {
        &self.labels
    }

    /// The mean negative log-likelihood, nats per datum.
    pub fn loss(&self) -> T {
        self.loss
    }

    /// The gradient of [`loss`](Self::loss), P.
    pub fn gradient(&self) -> &Array1<T> {
        &self.gradient
    }

    /// J_n v for every datum: the change of the outputs along v, N × C.
    ///
    /// # Errors
    /// [`Error::Shape`] unless v has P entries.
    ///
    /// # Cost
    /// About 4NP flops through a network, 2NCP through an explicit Jacobian.
    pub fn jvp(&self, v: ArrayView1<'_, T>) -> Result<Array2<T>> {
        self.layout.check("vector", v.len())?;
        Ok(self.differential.jvp(v))
    }

    /// Σ_n J_nᵀ r_n: P, the transpose of [`jvp`](Self::jvp).
    ///
    /// # Shapes
    /// `vectors`: N × C, one output-space vector per datum.
    ///
    /// # Errors
    /// [`Error::Shape`].
    ///
    /// # Cost
    /// As [`jvp`](Self::jvp).
    pub fn vjp(&self, vectors: ArrayView2<'_, T>) -> Result<Array1<T>> {
        check::shape("output vectors", self.eta.shape(), vectors.shape())?;
        Ok(self.differential.vjp(vectors))
    }

    pub(crate) fn differential(&self) -> &Arc<Differential<T>> {
        &self.differential
    }
}

/// The mean nll over rows of η, summed in f64, with every η and label checked.
pub(crate) fn mean_nll<T: Scalar>(
    likelihood: &dyn Likelihood<T>,
    eta: &Array2<T>,
    labels: &Labels<T>,
) -> Result<T> {
    let (data, outputs) = eta.dim();
    let width = likelihood.label_width(outputs);
    check::shape("labels", &[data, width], labels.values().shape())?;
    let mut sum = 0.0;
    for (n, eta) in eta.axis_iter(Axis(0)).enumerate() {
        let nll = likelihood.nll(eta, labels.row(n)).map_err(|error| match error {
            Error::Domain { quantity: "label", index, value, requirement } => {
                Error::Domain { quantity: "label", index: n * width + index, value, requirement }
            }
            other => other.shifted(n * outputs),
        })?;
        sum += nll.as_f64();
    }
    let mean = T::of(sum / data as f64);
    if mean.is_finite() {
        Ok(mean)
    } else {
        Err(Error::NonFinite { quantity: "loss", index: 0, value: mean.as_f64() })
    }
}
