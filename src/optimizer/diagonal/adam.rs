use super::{Averaged, DiagonalNaturalGradient, Stages};
use crate::optimizer::Optimizer;
use crate::optimizer::settings::{GradientSettings, Settings};
use crate::optimizer::stage::{
    BiasCorrection, Clip, Decay, DecayForm, Epsilon, EpsilonExponent, EpsilonRule, Momentum, Preconditioner,
    RateDecay, SecondMoment, Statistic,
};
use crate::{ParameterLayout, Result, Scalar};
use serde::{Deserialize, Serialize};

/// Adam: the average gradient, divided by the root of the average squared gradient.
///
/// ```text
/// g_t = gradient + λ θ_(t−1)
/// m_t = β₁ m_(t−1) + (1 − β₁) g_t        m̂_t = m_t / (1 − β₁^t)
/// v_t = β₂ v_(t−1) + (1 − β₂) g_t²       v̂_t = v_t / (1 − β₂^t)
/// θ_t = θ_(t−1) − η m̂_t / (√v̂_t + ε)
/// ```
///
/// | symbol | option | default |
/// |---|---|---|
/// | η | `learning_rate` | 1e-3 |
/// | β₁, β₂ | `beta1`, `beta2` | 0.9, 0.999 |
/// | ε | `epsilon` | 1e-8 |
/// | λ | `weight_decay`, an L2 penalty | 0 |
/// | hats | `bias_correction` | true |
/// | max(v_1, …, v_t) for v_t in v̂_t (AMSGrad) | `amsgrad` | false |
///
/// With `amsgrad` the step of a coordinate cannot grow again after a large gradient has been forgotten, which is what lets
/// Adam diverge on a convex problem. As in PyTorch the largest is taken before the division; the paper has no division.
///
/// # Errors
/// [`Error::Setting`](crate::Error::Setting) unless η, ε and λ are finite and at least 0, and β₁ and β₂ in [0, 1). A step also ends
/// with [`Error::NonFinite`](crate::Error::NonFinite) where g² overflows.
///
/// # Cost
/// See [`DiagonalNaturalGradient`]: 2 P numbers of state, 3 P with `amsgrad`.
///
/// # Numerical notes
/// The floating-point operations are those above, in that order (g² first, η times the quotient last), so a direct
/// transcription gives the same bits.
///
/// # Example
/// ```
/// use natgrad::{ParameterLayout, ndarray::array, optimizer::{Adam, Optimizer}};
/// let mut adam = Adam { learning_rate: 0.5, epsilon: 0.0, ..Adam::default() }.build::<f64>(ParameterLayout::flat(2)?)?;
/// let mut theta = array![1.0, 1.0];
/// adam.step(&mut theta, array![1e-3, -1e3].view())?;
/// assert!((theta[0] - 0.5).abs() < 1e-12 && (theta[1] - 1.5).abs() < 1e-12); // η sign(g)
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `optimizer::recorded::torch_adam_adamw_sgd`, `optimizer::recorded_diagonal::torch`,
/// `optimizer::transcriptions::adam_and_fadam_without_corrections_are_the_textbook_to_the_last_bit`,
/// `optimizer::rmsprop_adagrad::amsgrad_to_the_last_bit`.
///
/// # References
/// Kingma & Ba 2015 (arXiv 1412.6980), Algorithm 1; Reddi, Kale & Kumar 2018 (arXiv 1904.09237), Algorithm 2.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Adam {
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
    /// Whether the denominator holds the largest second moment so far.
    pub amsgrad: bool,
}

impl Default for Adam {
    fn default() -> Self {
        Adam {
            learning_rate: 1e-3,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            weight_decay: 0.0,
            bias_correction: true,
            amsgrad: false,
        }
    }
}

impl Settings for Adam {
    const NAME: &'static str = "adam";

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn with_learning_rate(self, learning_rate: f64) -> Self {
        Adam { learning_rate, ..self }
    }
}

impl GradientSettings for Adam {
    fn optimizer<T: Scalar>(&self, layout: ParameterLayout) -> Result<Box<dyn Optimizer<T>>> {
        Ok(Box::new(self.build(layout)?))
    }
}

impl Adam {
    /// The stages that make the pipeline this method.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) for the first setting outside its domain.
    pub fn stages(&self) -> Result<Stages> {
        self.stages_with(DecayForm::Penalty)
    }

    pub(super) fn stages_with(&self, decay: DecayForm) -> Result<Stages> {
        let correction = if self.bias_correction { BiasCorrection::Divided } else { BiasCorrection::None };
        let epsilon = Epsilon::new(EpsilonRule::E1, self.epsilon, 1.0)?.with_exponent(EpsilonExponent::Plain);
        Ok(Stages {
            second_moment: SecondMoment::new(self.beta2, correction)?,
            statistic: if self.amsgrad { Statistic::Largest } else { Statistic::SecondMoment },
            preconditioner: Preconditioner::new(0.5, epsilon)?,
            clip: Clip::off(),
            momentum: Momentum::new(self.beta1, self.bias_correction)?,
            averaged: Averaged::Gradient,
            decay: Decay::new(self.weight_decay, decay, Clip::off())?,
            rate_decay: RateDecay::none(),
        })
    }

    /// The optimizer for a layout, at t = 0.
    ///
    /// # Errors
    /// As [`stages`](Self::stages), and for the learning rate.
    pub fn build<T: Scalar>(&self, layout: ParameterLayout) -> Result<DiagonalNaturalGradient<T>> {
        DiagonalNaturalGradient::new(layout, self.stages()?, self.learning_rate)
    }
}
