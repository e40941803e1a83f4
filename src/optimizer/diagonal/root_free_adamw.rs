use super::root_free_rmsprop::{preconditioner, second_moment};
use super::{Averaged, DiagonalNaturalGradient, Stages};
use crate::optimizer::Optimizer;
use crate::optimizer::settings::{GradientSettings, Settings};
use crate::optimizer::stage::{BiasCorrection, Clip, Decay, DecayForm, Momentum, RateDecay, Statistic};
use crate::{ParameterLayout, Result, Scalar};
use serde::{Deserialize, Serialize};

/// AdamW without the square root: the average gradient under a damped diagonal empirical Fisher.
///
/// ```text
/// m_t = β₁ m_(t−1) + (1 − β₁) g_t                           m_0 = 0
/// S_t = β₂ S_(t−1) + (1 − β₂) g_t²                          S_0 = 1/B
/// θ_t = θ_(t−1) − η (m_t / (B S_t + λ) + κ θ_(t−1))
/// ```
///
/// g is the mean gradient over a batch of B data; see [`RootFreeRmsProp`](crate::optimizer::RootFreeRmsProp) for B, for S_0 and
/// for what is invariant. The two differ as RMSProp and Adam do: here gradients are averaged, there natural gradients are
/// summed.
///
/// | symbol | option | default | official code |
/// |---|---|---|---|
/// | η | `learning_rate` | 1e-3 | no default |
/// | B | `batch`, data per gradient | 1; an experiment puts its own | no default |
/// | β₁, β₂ | `beta1`, `beta2` | 0.9, 0.999 | no default |
/// | λ | `epsilon` | 1e-4 | the same |
/// | κ | `weight_decay`, decoupled | 0 | the same |
/// | m and S over 1 − β^t | `bias_correction` | false | the same |
///
/// The bias correction divides S, its start included, by 1 − β₂^t: with S_0 = 1/B the first denominators are then some
/// 1/(1 − β₂) too large, and the first steps too short by as much. That is why it is off.
///
/// As stages: [`SecondMoment`](crate::optimizer::stage::SecondMoment) with the average β₂ from 1/B,
/// [`Statistic::SecondMoment`], p = 1 with plain ε and B, no clip, [`Momentum::new`] of gradients, [`DecayForm::Decoupled`].
///
/// # Errors
/// [`Error::Setting`](crate::Error::Setting) unless η, λ and κ are finite and at least 0, B is at least 1, and β₁
/// and β₂ are in [0, 1).
///
/// # Cost
/// See [`DiagonalNaturalGradient`]. No square root per parameter.
///
/// # Example
/// ```
/// use natgrad::{ParameterLayout, ndarray::array, optimizer::{Optimizer, RootFreeAdamW}};
/// let settings = RootFreeAdamW { learning_rate: 1.0, batch: 4, beta1: 0.5, beta2: 0.5, epsilon: 0.5, ..RootFreeAdamW::default() };
/// let mut method = settings.build::<f64>(ParameterLayout::flat(1)?)?;
/// let mut theta = array![0.0];
/// method.step(&mut theta, array![1.0].view())?; // m = 1/2, B S + λ = 3
/// assert!((theta[0] + 1.0f64 / 6.0).abs() < 1e-15);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `optimizer::root_free::the_recurrences`, `optimizer::root_free::units_of_the_parameters_do_not_matter`.
///
/// # References
/// Lin, Dangel, Eschenhagen, Bae, Turner & Makhzani 2024 (arXiv 2402.03496); `yorkerlin/remove-the-square-root` e26d7c9.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RootFreeAdamW {
    /// η.
    #[serde(rename = "lr")]
    pub learning_rate: f64,
    /// B.
    pub batch: u64,
    /// β₁.
    pub beta1: f64,
    /// β₂.
    pub beta2: f64,
    /// λ.
    pub epsilon: f64,
    /// κ.
    pub weight_decay: f64,
    /// Whether both averages are divided by 1 − β^t.
    pub bias_correction: bool,
}

impl Default for RootFreeAdamW {
    fn default() -> Self {
        RootFreeAdamW {
            learning_rate: 1e-3,
            batch: 1,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-4,
            weight_decay: 0.0,
            bias_correction: false,
        }
    }
}

impl Settings for RootFreeAdamW {
    const NAME: &'static str = "root-free-adamw";

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn with_learning_rate(self, learning_rate: f64) -> Self {
        RootFreeAdamW { learning_rate, ..self }
    }

    fn with_batch(self, data: usize) -> Self {
        RootFreeAdamW { batch: if self.batch == 1 { data as u64 } else { self.batch }, ..self }
    }
}

impl GradientSettings for RootFreeAdamW {
    fn optimizer<T: Scalar>(&self, layout: ParameterLayout) -> Result<Box<dyn Optimizer<T>>> {
        Ok(Box::new(self.build(layout)?))
    }
}

impl RootFreeAdamW {
    /// The stages that make the pipeline this method.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) for the first setting outside its domain.
    pub fn stages(&self) -> Result<Stages> {
        let correction = if self.bias_correction { BiasCorrection::Divided } else { BiasCorrection::None };
        Ok(Stages {
            second_moment: second_moment(self.beta2, correction, self.batch)?,
            statistic: Statistic::SecondMoment,
            preconditioner: preconditioner(self.epsilon, self.batch)?,
            clip: Clip::off(),
            momentum: Momentum::new(self.beta1, self.bias_correction)?,
            averaged: Averaged::Gradient,
            decay: Decay::new(self.weight_decay, DecayForm::Decoupled, Clip::off())?,
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
