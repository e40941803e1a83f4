use super::{Batches, LogitLayer, LogitRegularization, Method, Minibatch};
use crate::likelihood::Likelihood;
use crate::{Labels, Network, Result, Scalar, check};
use ndarray::{Array2, Axis};
use std::collections::VecDeque;
use std::sync::Arc;

/// A network in training: minibatch, linearization, step, again.
///
/// ```text
/// θ ← step(θ, linearization of the batch at θ),    batch from `Batches`, epoch after epoch
/// ```
///
/// The loop is the caller's, who may measure, stop or change the method between any two steps. A run is a function
/// of network, data, seed and method, whatever the number of threads.
///
/// # Cost
/// Per step one linearization of a batch and one step of the method; memory, the data and one batch.
///
/// # Example
/// ```
/// use natgrad::{Labels, Network, ParameterLayout, likelihood::Bernoulli, model::Activation, ndarray::array};
/// use natgrad::optimizer::{Batches, Optimizer, Sgd, Training};
/// use std::sync::Arc;
/// let network = Network::random(&[1, 1], Activation::Tanh, 0)?;
/// let (x, y) = (array![[1.0], [-1.0], [2.0]], Labels::new(array![[1.0], [0.0], [1.0]])?);
/// let sgd = Sgd { learning_rate: 0.5, ..Sgd::default() };
/// let mut method: Box<dyn Optimizer<f64>> = Box::new(sgd.build(network.layout().clone())?);
/// let mut training = Training::new(network, Arc::new(Bernoulli), x, y, Batches::new(2, 0)?)?;
/// let first = training.step(&mut method)?;
/// while training.steps() < 100 {
///     training.step(&mut method)?;
/// }
/// assert_eq!((first.data, training.epochs()), (2, 50));
/// assert!(training.network().loss(&Bernoulli, &training.inputs(), training.labels())? < 0.05);
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Training<T> {
    network: Network<T>,
    likelihood: Arc<dyn Likelihood<T>>,
    x: Array2<T>,
    y: Labels<T>,
    logits: LogitLayer<T>,
    batches: Batches,
    ahead: VecDeque<Vec<usize>>,
    steps: u64,
    begun: u64,
    prepared: bool,
}

/// What one step of a [`Training`] saw.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct TrainingStep {
    /// The mean loss of the batch before the step, nats per datum.
    pub loss: f64,
    /// Data in the batch.
    pub data: usize,
}

impl<T: Scalar> Training<T> {
    /// At step 0.
    ///
    /// # Shapes
    /// `x`: N × D; `y`: N labels.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) if inputs and labels differ in number, and the errors of
    /// [`Network::loss`] for data that do not fit the network or the likelihood.
    pub fn new(
        network: Network<T>,
        likelihood: Arc<dyn Likelihood<T>>,
        x: Array2<T>,
        y: Labels<T>,
        batches: Batches,
    ) -> Result<Self> {
        check::shape("labels", &[x.nrows(), y.values().ncols()], y.values().shape())?;
        network.loss(&likelihood, &x, &y)?;
        let logits = LogitLayer::new(LogitRegularization::None, &network)?;
        let (ahead, prepared) = (VecDeque::new(), false);
        Ok(Training { network, likelihood, x, y, logits, batches, ahead, steps: 0, begun: 0, prepared })
    }

    /// After `steps` steps, with the network of then: the next batch is the one that a run from step 0 sees next. The
    /// method goes on from its own state ([`Method::restore`]).
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn resume(
        network: Network<T>,
        likelihood: Arc<dyn Likelihood<T>>,
        x: Array2<T>,
        y: Labels<T>,
        batches: Batches,
        steps: u64,
    ) -> Result<Self> {
        let mut training = Training::new(network, likelihood, x, y, batches)?;
        let (per_epoch, data) = (training.steps_per_epoch(), training.x.nrows());
        let (epoch, place) = (steps / per_epoch, steps % per_epoch);
        training.begun = epoch;
        if place > 0 {
            training.ahead = batches.epoch(data, epoch).into();
            training.ahead.drain(..place as usize);
            training.begun += 1;
        }
        training.steps = steps;
        training.prepared = steps > 0;
        Ok(training)
    }

    /// Puts θ₀ where the iterates of the method live. The first [`step`](Self::step) does it where this was not called.
    ///
    /// # Errors
    /// Those of [`Method::prepare`].
    pub fn prepare(&mut self, method: &dyn Method<T>) -> Result<()> {
        if !self.prepared {
            let mut theta = self.network.parameters();
            method.prepare(&mut theta)?;
            self.network = self.network.with_parameters(theta.view())?;
            self.prepared = true;
        }
        Ok(())
    }

    /// With another objective: a penalty on the logits, or logits that the batch normalises.
    ///
    /// Methods that need more than gradients still see the linearization without it.
    ///
    /// # Errors
    /// Those of [`LogitLayer::new`].
    pub fn with_logits(self, form: LogitRegularization) -> Result<Self> {
        Ok(Training { logits: LogitLayer::new(form, &self.network)?, ..self })
    }

    /// One step on the next batch.
    ///
    /// # Errors
    /// Those of [`Network::linearize`] and of the method, for example
    /// [`Error::NonFinite`](crate::Error::NonFinite) when the run diverges. The network is then as it was.
    pub fn step(&mut self, method: &mut dyn Method<T>) -> Result<TrainingStep> {
        self.prepare(method)?;
        if self.ahead.is_empty() {
            self.ahead = self.batches.epoch(self.x.nrows(), self.begun).into();
            self.begun += 1;
        }
        let rows = self.ahead.pop_front().unwrap_or_default();
        let x = self.x.select(Axis(0), &rows);
        let y = Labels::new(self.y.values().select(Axis(0), &rows))?;
        // A datum keeps its identity, and with it its random draws, in every batch.
        let ids: Vec<u64> = rows.iter().map(|&row| row as u64).collect();
        let batch = Minibatch::new(&self.network, &self.likelihood, &x, &y, &ids)?;
        let logits = self.logits.step(&self.network, batch.linearization())?;
        let batch = batch.with_gradient(logits.gradient)?;
        let mut theta = self.network.parameters();
        method.step(&mut theta, &batch)?;
        let loss = logits.loss.as_f64();
        self.network = self.network.with_parameters(theta.view())?;
        self.logits = logits.next;
        self.steps += 1;
        Ok(TrainingStep { loss, data: rows.len() })
    }

    /// The network as it is.
    pub fn network(&self) -> &Network<T> {
        &self.network
    }

    /// The network to evaluate with: [`network`](Self::network), but for logits that batches normalise, whose running
    /// statistics are folded into the last layer.
    ///
    /// # Errors
    /// Those of [`LogitLayer::fold`].
    pub fn evaluation_network(&self) -> Result<Network<T>> {
        self.logits.fold(&self.network)
    }

    /// The regularisation of the logits, with its state.
    pub fn logits(&self) -> &LogitLayer<T> {
        &self.logits
    }

    /// The same, to restore its state.
    pub fn logits_mut(&mut self) -> &mut LogitLayer<T> {
        &mut self.logits
    }

    /// Steps taken.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Batches of one epoch.
    pub fn steps_per_epoch(&self) -> u64 {
        self.x.nrows().div_ceil(self.batches.size()).max(1) as u64
    }

    /// Epochs completed.
    pub fn epochs(&self) -> u64 {
        self.begun - u64::from(!self.ahead.is_empty())
    }

    /// x, N × D.
    pub fn inputs(&self) -> &Array2<T> {
        &self.x
    }

    /// y, N labels.
    pub fn labels(&self) -> &Labels<T> {
        &self.y
    }
}
