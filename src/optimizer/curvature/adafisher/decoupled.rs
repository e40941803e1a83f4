use super::{AdaFisher, AdaFisherAverage, FactoredAdam, Fallback, MinMax, Reduction};
use crate::optimizer::settings::{ModelSettings, Settings};
use crate::optimizer::stage::named;
use crate::optimizer::{FisherType, Method};
use crate::{ParameterLayout, Result, Scalar};
use serde::{Deserialize, Serialize};

/// AdaFisherW: [`AdaFisher`] with the weight decay beside the preconditioner.
///
/// ```text
/// m_t = β m_(t−1) + (1 − β) g_t
/// θ_t = θ_(t−1) − η (m̂_t / F_t + κ θ_(t−1))                       F_t, m̂_t as in AdaFisher
/// ```
///
/// Options, presets and F are those of [`AdaFisher`]; κ is `weight_decay`, 0.01 by default as in the authors'
/// configuration of transformers, and 0 in the official presets as in their constructor. A penalty inside the gradient
/// would be divided by F: at F = λ = 1e-3 it is a thousand times what it says.
///
/// # Errors
/// As [`AdaFisher`].
///
/// # Cost
/// See [`FactoredAdam`].
///
/// # Example
/// ```
/// use natgrad::{ParameterLayout, ndarray::array, optimizer::AdaFisherW};
/// let settings = AdaFisherW { learning_rate: 0.1, weight_decay: 0.5, ..AdaFisherW::default() };
/// let mut method = settings.build::<f64>(ParameterLayout::new([("w0", vec![1, 2])])?)?;
/// let mut theta = array![2.0, -4.0];
/// method.advance(&mut theta, array![0.0, 0.0].view(), None)?;
/// assert!((theta[0] - 1.9).abs() < 1e-15 && (theta[1] + 3.8).abs() < 1e-15); // (1 − 0.1 · 0.5) θ
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `optimizer::adafisher::decoupled_decay_is_beside_the_step`.
///
/// # References
/// As [`AdaFisher`]; Loshchilov & Hutter 2019 (arXiv 1711.05101) for the decay.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdaFisherW {
    /// η.
    #[serde(rename = "lr")]
    pub learning_rate: f64,
    /// β.
    pub beta1: f64,
    /// λ.
    pub damping: f64,
    /// γ.
    pub gamma: f64,
    /// The weights of the averages.
    pub ema: AdaFisherAverage,
    /// Where the factors are mapped to \[0, 1\].
    pub minmax: MinMax,
    /// ε beside max − min.
    pub minmax_epsilon: f64,
    /// h_0 and d_0.
    pub initial_factor: f64,
    /// Of which loss δ is the derivative.
    pub reduction: Reduction,
    /// T.
    pub interval: u64,
    /// κ.
    pub weight_decay: f64,
    /// Which scores the factors are made of.
    pub fisher: FisherType,
    /// The curvature of tensors outside affine layers.
    pub fallback: Fallback,
    /// The seed of labels drawn for `mc:M`.
    pub seed: u64,
}

impl Default for AdaFisherW {
    fn default() -> Self {
        AdaFisherW { weight_decay: 0.01, ..Self::from(AdaFisher::paper()) }
    }
}

impl From<AdaFisher> for AdaFisherW {
    fn from(settings: AdaFisher) -> Self {
        AdaFisherW {
            learning_rate: settings.learning_rate,
            beta1: settings.beta1,
            damping: settings.damping,
            gamma: settings.gamma,
            ema: settings.ema,
            minmax: settings.minmax,
            minmax_epsilon: settings.minmax_epsilon,
            initial_factor: settings.initial_factor,
            reduction: settings.reduction,
            interval: settings.interval,
            weight_decay: settings.weight_decay,
            fisher: settings.fisher,
            fallback: settings.fallback,
            seed: settings.seed,
        }
    }
}

impl Settings for AdaFisherW {
    const NAME: &'static str = "adafisherw";
    const PRESETS: &'static [&'static str] = AdaFisher::PRESETS;

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn with_learning_rate(self, learning_rate: f64) -> Self {
        AdaFisherW { learning_rate, ..self }
    }

    fn with_seed(self, seed: u64) -> Self {
        AdaFisherW { seed, ..self }
    }

    fn preset(name: &str) -> Result<Self> {
        let table = [
            ("paper", Self::default()),
            ("official", AdaFisher::official().into()),
            ("official-2025-01", AdaFisher::official_2025_01().into()),
            ("official-before-2025", AdaFisher::official_before_2025().into()),
        ];
        named("preset of adafisherw", name, &table)
    }
}

impl ModelSettings for AdaFisherW {
    const NEEDS: &'static str = AdaFisher::NEEDS;

    fn method<T: Scalar>(&self, layout: ParameterLayout) -> Result<Box<dyn Method<T>>> {
        Ok(Box::new(self.build(layout)?))
    }
}

impl AdaFisherW {
    /// The method for a layout, at t = 0.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) for the first setting outside its domain.
    pub fn build<T: Scalar>(&self, layout: ParameterLayout) -> Result<FactoredAdam<T>> {
        let settings = AdaFisher {
            learning_rate: self.learning_rate,
            beta1: self.beta1,
            damping: self.damping,
            gamma: self.gamma,
            ema: self.ema,
            minmax: self.minmax,
            minmax_epsilon: self.minmax_epsilon,
            initial_factor: self.initial_factor,
            reduction: self.reduction,
            interval: self.interval,
            weight_decay: self.weight_decay,
            fisher: self.fisher,
            fallback: self.fallback,
            seed: self.seed,
        };
        FactoredAdam::new(settings, true, layout)
    }
}
