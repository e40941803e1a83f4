use crate::likelihood::Likelihood;
use crate::{Labels, Linearization, Network, Result, Scalar};
use ndarray::{Array1, Array2, ArrayView1};
use std::sync::Arc;

/// What a [`Method`](super::Method) may look at in one step: the linearization of the batch at θ, and, for methods that
/// try a step before they trust it, the batch at any other point.
///
/// # Example
/// ```
/// use natgrad::{Labels, Network, likelihood::{Bernoulli, Likelihood}, model::Activation, ndarray::array};
/// use natgrad::optimizer::Minibatch;
/// use std::sync::Arc;
/// let network = Network::random(&[1, 1], Activation::Tanh, 0)?;
/// let (x, y) = (array![[1.0], [-1.0]], Labels::new(array![[1.0], [0.0]])?);
/// let likelihood: Arc<dyn Likelihood<f64>> = Arc::new(Bernoulli);
/// let batch = Minibatch::new(&network, &likelihood, &x, &y, &[0, 1])?;
/// let here = batch.linearization().loss();
/// assert_eq!(batch.loss_at(network.parameters().view())?, here);
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Minibatch<'a, T> {
    network: &'a Network<T>,
    likelihood: &'a Arc<dyn Likelihood<T>>,
    x: &'a Array2<T>,
    y: &'a Labels<T>,
    linearization: Linearization<T>,
    gradient: Option<Array1<T>>,
}

impl<'a, T: Scalar> Minibatch<'a, T> {
    /// The batch at the parameters of `network`.
    ///
    /// # Shapes
    /// `x`: N × D; `y`: N labels; `ids`: N, the identities of the data, which decide random draws.
    ///
    /// # Errors
    /// Those of [`Network::linearize`] and [`Linearization::with_ids`].
    pub fn new(
        network: &'a Network<T>,
        likelihood: &'a Arc<dyn Likelihood<T>>,
        x: &'a Array2<T>,
        y: &'a Labels<T>,
        ids: &[u64],
    ) -> Result<Self> {
        let linearization = network.linearize(likelihood, x, y)?.with_ids(ids)?;
        Ok(Minibatch { network, likelihood, x, y, linearization, gradient: None })
    }

    /// The same batch with another gradient: that of the mean loss and whatever is added to it.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) unless it has P entries.
    pub fn with_gradient(mut self, gradient: Array1<T>) -> Result<Self> {
        self.network.layout().check("gradient", gradient.len())?;
        self.gradient = Some(gradient);
        Ok(self)
    }

    /// The linearization at θ.
    pub fn linearization(&self) -> &Linearization<T> {
        &self.linearization
    }

    /// The gradient of the objective at θ, P entries: of the mean loss, unless something was added to it.
    pub fn gradient(&self) -> &Array1<T> {
        self.gradient.as_ref().unwrap_or_else(|| self.linearization.gradient())
    }

    /// Data in the batch, N.
    pub fn data(&self) -> usize {
        self.linearization.data()
    }

    /// The mean loss of the batch at another θ, nats per datum.
    ///
    /// # Errors
    /// Those of [`Network::with_parameters`] and [`Network::loss`].
    pub fn loss_at(&self, theta: ArrayView1<'_, T>) -> Result<T> {
        self.network.with_parameters(theta)?.loss(self.likelihood, self.x, self.y)
    }
}
