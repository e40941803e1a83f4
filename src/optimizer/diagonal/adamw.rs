use super::{Adam, DiagonalNaturalGradient, Stages};
use crate::optimizer::Optimizer;
use crate::optimizer::settings::{GradientSettings, Settings};
use crate::optimizer::stage::DecayForm;
use crate::{ParameterLayout, Result, Scalar};
use serde::{Deserialize, Serialize};

/// AdamW: [`Adam`] with the weight decay beside the preconditioner instead of inside the gradient.
///
/// ```text
/// m̂_t, v̂_t as in Adam with λ = 0
/// θ_t = θ_(t−1) − η (m̂_t / (√v̂_t + ε) + λ θ_(t−1))
/// ```
///
/// | symbol | option | default |
/// |---|---|---|
/// | η | `learning_rate` | 1e-3 |
/// | β₁, β₂ | `beta1`, `beta2` | 0.9, 0.999 |
/// | ε | `epsilon` | 1e-8 |
/// | λ | `weight_decay` | 0.01 |
/// | hats | `bias_correction` | true |
///
/// The decay is multiplied by the learning rate, as in PyTorch; in the paper only by the schedule, so its λ is
/// η λ here. On a deterministic loss AdamW stops at that loss's own minimum, up to O(η λ θ), and not at the penalised
/// one: near a minimum m̂/√v̂ is a sign, which outweighs λ θ.
///
/// # Errors
/// [`Error::Setting`](crate::Error::Setting) unless η, ε and λ are finite and at least 0, and β₁ and β₂ in [0, 1). A step also ends
/// with [`Error::NonFinite`](crate::Error::NonFinite) where g² overflows.
///
/// # Cost
/// See [`DiagonalNaturalGradient`].
///
/// # Numerical notes
/// Those of [`Adam`].
///
/// # Example
/// ```
/// use natgrad::{ParameterLayout, ndarray::array, optimizer::{AdamW, Optimizer}};
/// let mut adamw = AdamW { learning_rate: 0.1, weight_decay: 0.5, ..AdamW::default() }.build::<f64>(ParameterLayout::flat(1)?)?;
/// let mut theta = array![2.0];
/// adamw.step(&mut theta, array![0.0].view())?;
/// assert!((theta[0] - 1.9f64).abs() < 1e-15); // 2 − 0.1 · 0.5 · 2
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `optimizer::recorded::torch_adam_adamw_sgd`, `optimizer::transcriptions::adamw_is_the_textbook`.
///
/// # References
/// Loshchilov & Hutter 2019 (arXiv 1711.05101), Algorithm 2.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdamW {
    /// η.
    #[serde(rename = "lr")]
    pub learning_rate: f64,
    /// β₁.
    pub beta1: f64,
    /// β₂.
    pub beta2: f64,
    /// ε.
    pub epsilon: f64,
    /// λ.
    pub weight_decay: f64,
    /// Whether both averages are corrected.
    pub bias_correction: bool,
}

impl Default for AdamW {
    fn default() -> Self {
        let Adam { learning_rate, beta1, beta2, epsilon, bias_correction, .. } = Adam::default();
        AdamW { learning_rate, beta1, beta2, epsilon, weight_decay: 0.01, bias_correction }
    }
}

impl Settings for AdamW {
    const NAME: &'static str = "adamw";

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn with_learning_rate(self, learning_rate: f64) -> Self {
        AdamW { learning_rate, ..self }
    }
}

impl GradientSettings for AdamW {
    fn optimizer<T: Scalar>(&self, layout: ParameterLayout) -> Result<Box<dyn Optimizer<T>>> {
        Ok(Box::new(self.build(layout)?))
    }
}

impl AdamW {
    /// The stages that make the pipeline this method.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) for the first setting outside its domain.
    pub fn stages(&self) -> Result<Stages> {
        let AdamW { learning_rate, beta1, beta2, epsilon, weight_decay, bias_correction } = *self;
        let amsgrad = false;
        Adam { learning_rate, beta1, beta2, epsilon, weight_decay, bias_correction, amsgrad }
            .stages_with(DecayForm::Decoupled)
    }

    /// The optimizer for a layout, at t = 0.
    ///
    /// # Errors
    /// As [`stages`](Self::stages), and for the learning rate.
    pub fn build<T: Scalar>(&self, layout: ParameterLayout) -> Result<DiagonalNaturalGradient<T>> {
        DiagonalNaturalGradient::new(layout, self.stages()?, self.learning_rate)
    }
}
