use super::{Averaged, DiagonalNaturalGradient, Stages};
use crate::optimizer::Optimizer;
use crate::optimizer::settings::{GradientSettings, Settings};
use crate::optimizer::stage::{
    BiasCorrection, Clip, Decay, DecayForm, Epsilon, EpsilonExponent, EpsilonRule, Momentum, Preconditioner,
    RateDecay, SecondMoment, Statistic,
};
use crate::{ParameterLayout, Result, Scalar};
use serde::{Deserialize, Serialize};

/// RMSProp: the gradient divided by the root of the average squared gradient, with heavy-ball momentum behind it.
///
/// ```text
/// g_t = gradient + λ θ_(t−1)
/// v_t = β₂ v_(t−1) + (1 − β₂) g_t²                          v_0 = 0
/// ḡ_t = β₂ ḡ_(t−1) + (1 − β₂) g_t                           ḡ_0 = 0; centred only
/// n_t = g_t / (√v_t + ε)        centred: g_t / (√(v_t − ḡ_t²) + ε)
/// b_t = μ b_(t−1) + n_t                                     b_0 = 0
/// θ_t = θ_(t−1) − η b_t
/// ```
///
/// | symbol | option | default | PyTorch's name |
/// |---|---|---|---|
/// | η | `learning_rate` | 0.01 | `lr` |
/// | β₂ | `beta2` | 0.99 | `alpha` |
/// | ε | `epsilon` | 1e-8 | `eps` |
/// | μ | `momentum` | 0 | |
/// | v − ḡ² | `centered` | false | |
/// | λ | `weight_decay`, an L2 penalty | 0 | |
/// | v and ḡ over 1 − β₂^t | `bias_correction` | false | (not there) |
///
/// The momentum sums *natural* gradients where [`Adam`](crate::optimizer::Adam) averages gradients: a change of curvature
/// leaves the steps that are already under way as they are. Without bias correction the first steps are too long by
/// 1/√(1 − β₂^t), tenfold at t = 1. A sum stretches a steady direction by 1/(1 − μ).
///
/// As stages: [`SecondMoment`] with the average β₂ from 0, [`Statistic::SecondMoment`] or [`Statistic::Variance`], p = ½ with
/// plain ε, no clip, [`Momentum::sum`] of natural gradients, [`DecayForm::Penalty`].
///
/// # Errors
/// [`Error::Setting`](crate::Error::Setting) unless η, ε and λ are finite and at least 0, and β₂ and μ in [0, 1).
///
/// # Cost
/// See [`DiagonalNaturalGradient`]: 2 P numbers of state, also with μ = 0; 3 P if centred.
///
/// # Numerical notes
/// The variance v − ḡ² is set to 0 where rounding makes it negative (PyTorch takes the root of it: NaN). With the bias
/// correction the variance of one gradient is 0, so that the first centred step is η g/ε.
///
/// # Example
/// ```
/// use natgrad::{ParameterLayout, ndarray::array, optimizer::{Optimizer, RmsProp}};
/// let settings = RmsProp { learning_rate: 0.5, beta2: 0.75, epsilon: 0.0, momentum: 0.5, ..RmsProp::default() };
/// let mut rmsprop = settings.build::<f64>(ParameterLayout::flat(1)?)?;
/// let mut theta = array![0.0];
/// rmsprop.step(&mut theta, array![3.0].view())?; // v = 9/4, n = 2
/// assert_eq!(theta[0], -1.0);
/// rmsprop.step(&mut theta, array![0.0].view())?; // b = 1
/// assert_eq!(theta[0], -1.5);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `optimizer::rmsprop_adagrad::the_recurrences_to_the_last_bit`, `optimizer::recorded_diagonal::torch`.
///
/// # References
/// Tieleman & Hinton 2012, lecture 6.5; Graves 2013 (arXiv 1308.0850), section 4.2, for the centred form; options and
/// defaults are those of PyTorch 2.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RmsProp {
    /// η.
    #[serde(rename = "lr")]
    pub learning_rate: f64,
    /// β₂.
    pub beta2: f64,
    /// ε.
    pub epsilon: f64,
    /// μ.
    pub momentum: f64,
    /// Whether the squared mean gradient is taken off.
    pub centered: bool,
    /// λ.
    pub weight_decay: f64,
    /// Whether both averages are divided by 1 − β₂^t.
    pub bias_correction: bool,
}

impl Default for RmsProp {
    fn default() -> Self {
        RmsProp {
            learning_rate: 1e-2,
            beta2: 0.99,
            epsilon: 1e-8,
            momentum: 0.0,
            centered: false,
            weight_decay: 0.0,
            bias_correction: false,
        }
    }
}

impl Settings for RmsProp {
    const NAME: &'static str = "rmsprop";

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn with_learning_rate(self, learning_rate: f64) -> Self {
        RmsProp { learning_rate, ..self }
    }
}

impl GradientSettings for RmsProp {
    fn optimizer<T: Scalar>(&self, layout: ParameterLayout) -> Result<Box<dyn Optimizer<T>>> {
        Ok(Box::new(self.build(layout)?))
    }
}

impl RmsProp {
    /// The stages that make the pipeline this method.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) for the first setting outside its domain.
    pub fn stages(&self) -> Result<Stages> {
        let correction = if self.bias_correction { BiasCorrection::Divided } else { BiasCorrection::None };
        let epsilon = Epsilon::new(EpsilonRule::E1, self.epsilon, 1.0)?.with_exponent(EpsilonExponent::Plain);
        Ok(Stages {
            second_moment: SecondMoment::new(self.beta2, correction)?,
            statistic: if self.centered { Statistic::Variance } else { Statistic::SecondMoment },
            preconditioner: Preconditioner::new(0.5, epsilon)?,
            clip: Clip::off(),
            momentum: Momentum::sum(self.momentum)?,
            averaged: Averaged::NaturalGradient,
            decay: Decay::new(self.weight_decay, DecayForm::Penalty, Clip::off())?,
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
