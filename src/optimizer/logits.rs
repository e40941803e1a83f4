use super::State;
use crate::{Error, Linearization, Network, Result, Scalar, check};
use ndarray::{Array1, Array2, Axis};
use std::fmt;
use std::str::FromStr;

/// What keeps the outputs of a network from growing without bound: the regularised softmax of ND-Adam.
///
/// ```text
/// penalty:     loss + weight · mean_n ½ ‖η_n‖²
/// batch-norm:  loss at z = C (u − mean u)/√(var u + ε) + b,     u = η − b, statistics over the batch, one per output
/// ```
///
/// Unit weight vectors bound the layers that a normalisation follows, but not the last one, whose outputs are logits.
/// b, the bias of the last layer, is the shift that is learned; C is not. A network is evaluated with running
/// statistics, r ← decay · r + (1 − decay) · batch, from mean 0 and variance 1.
///
/// | symbol | default | |
/// |---|---|---|
/// | weight | 1e-3 | [`penalty`](Self::penalty) |
/// | C | 2.5 | [`batch_norm`](Self::batch_norm); 1 for a hundred classes |
/// | ε, decay | 1e-3, 0.9 | |
///
/// As words: `none`, `penalty:WEIGHT`, `batch-norm:C`, `batch-norm:C:EPSILON:DECAY`.
///
/// # Example
/// ```
/// use natgrad::optimizer::LogitRegularization;
/// assert_eq!("batch-norm:2.5".parse::<LogitRegularization>()?, LogitRegularization::batch_norm());
/// assert_eq!(LogitRegularization::penalty().to_string(), "penalty:0.001");
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Zhang, Ma, Li & Wu 2017 (arXiv 1709.04546), section 4; the code `zj10/ND-Adam` at b4a9d59, where the first version of the
/// method has the batch norm and the later one the penalty.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum LogitRegularization {
    /// The loss as it is.
    #[default]
    None,
    /// A penalty on the squares of the logits.
    Penalty {
        /// Its weight.
        weight: f64,
    },
    /// The loss of logits that the batch normalises; the variance is that of the population.
    BatchNorm {
        /// C.
        scale: f64,
        /// ε.
        epsilon: f64,
        /// Of the running statistics.
        decay: f64,
    },
}

impl LogitRegularization {
    /// The penalty of the official code.
    pub fn penalty() -> Self {
        LogitRegularization::Penalty { weight: 1e-3 }
    }

    /// The batch norm of the official code, for ten classes.
    pub fn batch_norm() -> Self {
        LogitRegularization::BatchNorm { scale: 2.5, epsilon: 1e-3, decay: 0.9 }
    }
}

impl FromStr for LogitRegularization {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut parts = text.split(':');
        let form = parts.next().unwrap_or_default();
        let numbers: Option<Vec<f64>> = parts.map(|part| part.parse().ok()).collect();
        match (form, numbers.as_deref()) {
            ("none", Some([])) => Ok(Self::None),
            ("penalty", Some(&[weight])) => Ok(Self::Penalty { weight }),
            ("batch-norm", Some(&[scale])) => Ok(Self::BatchNorm { scale, epsilon: 1e-3, decay: 0.9 }),
            ("batch-norm", Some(&[scale, epsilon, decay])) => Ok(Self::BatchNorm { scale, epsilon, decay }),
            _ => Err(Error::Unknown {
                what: "regularisation of logits",
                name: text.to_owned(),
                known: "none, penalty:WEIGHT, batch-norm:C, batch-norm:C:EPSILON:DECAY".to_owned(),
            }),
        }
    }
}

impl fmt::Display for LogitRegularization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Penalty { weight } => write!(f, "penalty:{weight}"),
            Self::BatchNorm { scale, epsilon, decay } => write!(f, "batch-norm:{scale}:{epsilon}:{decay}"),
        }
    }
}

/// [`LogitRegularization`] at work: with its running statistics.
///
/// # Cost
/// One more [`Linearization::vjp`] per step, and 20 NC flops. State: 2 C numbers.
///
/// # Numerical notes
/// Statistics and their derivatives are computed in f64. In a batch of one the normalised logits are b, whatever the input.
#[derive(Debug, Clone, PartialEq)]
pub struct LogitLayer<T> {
    form: LogitRegularization,
    mean: Array1<T>,
    variance: Array1<T>,
}

/// What a [`LogitLayer`] makes of one batch.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LogitStep<T> {
    /// The mean loss of the logits that count, nats per datum, without the penalty.
    pub loss: T,
    /// The objective: the loss, and the penalty if there is one.
    pub objective: T,
    /// The gradient of the objective, P entries.
    pub gradient: Array1<T>,
    /// The layer after the batch.
    pub next: LogitLayer<T>,
}

impl<T: Scalar> LogitLayer<T> {
    /// For the outputs of a network.
    ///
    /// # Errors
    /// [`Error::Setting`] for a number outside its domain; [`Error::Unsupported`] for a batch norm without a bias in the last layer.
    pub fn new(form: LogitRegularization, network: &Network<T>) -> Result<Self> {
        let finite =
            |option, x: f64, holds| check::setting(option, x, x.is_finite() && holds, "positive and finite");
        match form {
            LogitRegularization::None => {}
            LogitRegularization::Penalty { weight } => {
                check::at_least_zero("weight of the logits' penalty", weight)?;
            }
            LogitRegularization::BatchNorm { scale, epsilon, decay } => {
                finite("scale of the logits", scale, scale > 0.0)?;
                finite("epsilon of the logits", epsilon, epsilon > 0.0)?;
                check::below_one("decay of the logits' statistics", decay)?;
                last_bias(network)?;
            }
        }
        let outputs = network.outputs();
        Ok(LogitLayer { form, mean: Array1::zeros(outputs), variance: Array1::ones(outputs) })
    }

    /// The choice.
    pub fn form(&self) -> LogitRegularization {
        self.form
    }

    /// Loss and gradient at the linearization of `network` on a batch.
    ///
    /// # Errors
    /// [`Error::Shape`], [`Error::NonFinite`] for statistics that overflow, and those of the likelihood at normalised logits.
    pub fn step(&self, network: &Network<T>, lin: &Linearization<T>) -> Result<LogitStep<T>> {
        let (loss, next) = (lin.loss(), self.clone());
        match self.form {
            LogitRegularization::None => {
                Ok(LogitStep { loss, objective: loss, gradient: lin.gradient().clone(), next })
            }
            LogitRegularization::Penalty { weight } => {
                let share = weight / lin.data() as f64;
                let squares: f64 = lin.eta().iter().map(|eta| eta.as_f64() * eta.as_f64()).sum();
                let added = lin.vjp(lin.eta().mapv(|eta| T::of(share * eta.as_f64())).view())?;
                let objective = T::of(loss.as_f64() + 0.5 * share * squares);
                Ok(LogitStep { loss, objective, gradient: lin.gradient() + &added, next })
            }
            LogitRegularization::BatchNorm { scale, epsilon, decay } => {
                self.normalised(network, lin, scale, epsilon, decay)
            }
        }
    }

    fn normalised(
        &self,
        network: &Network<T>,
        lin: &Linearization<T>,
        scale: f64,
        epsilon: f64,
        decay: f64,
    ) -> Result<LogitStep<T>> {
        let bias = last_bias(network)?;
        check::shape("logits", &[lin.data(), bias.len()], lin.eta().shape())?;
        let data = lin.data() as f64;
        let mean_of = |x: &Array2<f64>| x.sum_axis(Axis(0)) / data;
        let mut centred = lin.eta().mapv(Scalar::as_f64) - bias.mapv(Scalar::as_f64);
        let mean = mean_of(&centred);
        centred -= &mean;
        let variance = mean_of(&centred.mapv(|u| u * u));
        let spread = variance.mapv(|v| (v + epsilon).sqrt());
        let unit = centred / &spread;
        let logits = (scale * &unit + bias.mapv(Scalar::as_f64)).mapv(T::of);

        let (mut loss, mut slopes) = (0.0, Array2::<f64>::zeros(unit.dim()));
        for (n, (z, mut slope)) in logits.outer_iter().zip(slopes.outer_iter_mut()).enumerate() {
            let shifted = |error: Error| error.shifted(n * bias.len());
            let label = lin.labels().row(n);
            loss += lin.likelihood().nll(z, label).map_err(shifted)?.as_f64() / data;
            let score = lin.likelihood().score(z, label).map_err(shifted)?;
            slope.assign(&score.mapv(|s| -s.as_f64() / data));
        }
        let shift = slopes.sum_axis(Axis(0));
        // ∂/∂u: what changes the batch's mean or variance changes nothing, and is taken out.
        let along = mean_of(&(&slopes * &unit));
        let inner = (&slopes - &(&shift / data) - &unit * &along) * (scale / &spread);
        let mut gradient = lin.vjp(inner.mapv(T::of).view())?;
        // u is without b, which comes back as the shift.
        let start = gradient.len().saturating_sub(bias.len());
        gradient.slice_mut(ndarray::s![start..]).assign(&shift.mapv(T::of));

        let running = |old: &Array1<T>, new: &Array1<f64>| {
            (decay * old.mapv(Scalar::as_f64) + (1.0 - decay) * new).mapv(T::of)
        };
        let next = LogitLayer {
            form: self.form,
            mean: running(&self.mean, &mean),
            variance: running(&self.variance, &variance),
        };
        check::finite("running mean of the logits", &next.mean)?;
        check::finite("running variance of the logits", &next.variance)?;
        Ok(LogitStep { loss: T::of(loss), objective: T::of(loss), gradient, next })
    }

    /// The network to evaluate with: the running statistics folded into its last layer, or the network itself.
    ///
    /// ```text
    /// W ← C W/√(variance + ε),   b ← b − C mean/√(variance + ε)
    /// ```
    ///
    /// # Errors
    /// Those of [`Network::with_parameters`].
    pub fn fold(&self, network: &Network<T>) -> Result<Network<T>> {
        let LogitRegularization::BatchNorm { scale, epsilon, .. } = self.form else {
            return Ok(network.clone());
        };
        let outputs = last_bias(network)?.len();
        check::shape("logits", self.mean.shape(), &[outputs])?;
        let factors = self.variance.mapv(|v| scale / (v.as_f64() + epsilon).sqrt());
        let mut theta = network.parameters();
        let inputs = network.layers().last().map_or(0, |layer| layer.inputs());
        let first = theta.len().saturating_sub(outputs * (inputs + 1));
        for (k, &factor) in factors.iter().enumerate() {
            let weights = first + k * inputs;
            theta
                .slice_mut(ndarray::s![weights..weights + inputs])
                .mapv_inplace(|w| T::of(factor * w.as_f64()));
            let bias = &mut theta[first + outputs * inputs + k];
            *bias = T::of(bias.as_f64() - factor * self.mean[k].as_f64());
        }
        network.with_parameters(theta.view())
    }

    /// The running statistics, for a checkpoint; nothing but for a batch norm.
    pub fn state(&self) -> State {
        let mut state = State::default();
        if matches!(self.form, LogitRegularization::BatchNorm { .. }) {
            state.put("running_mean", &self.mean).put("running_variance", &self.variance);
        }
        state
    }

    /// Puts them back.
    ///
    /// # Errors
    /// Those of [`StateReader`](super::StateReader).
    pub fn restore(&mut self, state: &State) -> Result<()> {
        let mut reader = state.reader();
        let (mut mean, mut variance) = (self.mean.clone(), self.variance.clone());
        if matches!(self.form, LogitRegularization::BatchNorm { .. }) {
            mean = reader.array("running_mean", mean.shape())?;
            variance = reader.non_negative("running_variance", variance.shape())?;
        }
        reader.finish()?;
        (self.mean, self.variance) = (mean, variance);
        Ok(())
    }
}

fn last_bias<T: Scalar>(network: &Network<T>) -> Result<&Array1<T>> {
    let bias = network.layers().last().and_then(|layer| layer.bias());
    bias.ok_or(Error::Unsupported {
        what: "batch norm of the logits",
        reason: "the last layer has no bias, which would be the shift",
    })
}
