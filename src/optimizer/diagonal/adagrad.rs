use super::{Averaged, DiagonalNaturalGradient, Stages};
use crate::optimizer::Optimizer;
use crate::optimizer::settings::{GradientSettings, Settings};
use crate::optimizer::stage::{
    Clip, Decay, DecayForm, Epsilon, EpsilonExponent, EpsilonRule, Momentum, Preconditioner, RateDecay,
    SecondMoment, Statistic,
};
use crate::{ParameterLayout, Result, Scalar, check};
use serde::{Deserialize, Serialize};

/// AdaGrad: the gradient divided by the root of the sum of all squared gradients so far.
///
/// ```text
/// g_t = gradient + λ θ_(t−1)
/// v_t = v_(t−1) + g_t²                                      v_0
/// θ_t = θ_(t−1) − η / (1 + (t − 1) κ) · g_t / (√v_t + ε)
/// ```
///
/// | symbol | option | default | PyTorch's name |
/// |---|---|---|---|
/// | η | `learning_rate` | 0.01 | `lr` |
/// | κ | `lr_decay` | 0 | |
/// | v₀ | `initial_accumulator` | 0 | `initial_accumulator_value` |
/// | ε | `epsilon` | 1e-10 | `eps` |
/// | λ | `weight_decay`, an L2 penalty | 0 | |
///
/// Nothing is forgotten, so a steady gradient moves a coordinate by η/√t at step t whatever its size. The sum is t times the
/// diagonal empirical Fisher: AdaGrad is natural descent (p = ½) whose η falls like 1/√t. With κ, what
/// [`Optimizer::learning_rate`] reports is η.
///
/// As stages: [`SecondMoment::sum`] from v₀, [`Statistic::SecondMoment`], p = ½ with plain ε, no clip, no momentum,
/// [`DecayForm::Penalty`], [`RateDecay`] κ.
///
/// # Errors
/// [`Error::Setting`](crate::Error::Setting) unless all settings are finite and at least 0.
///
/// # Cost
/// See [`DiagonalNaturalGradient`]; P of its 2 P numbers of state are an idle momentum.
///
/// # Example
/// ```
/// use natgrad::{ParameterLayout, ndarray::array, optimizer::{AdaGrad, Optimizer}};
/// let settings = AdaGrad { learning_rate: 1.0, epsilon: 0.0, ..AdaGrad::default() };
/// let mut adagrad = settings.build::<f64>(ParameterLayout::flat(1)?)?;
/// let mut theta = array![0.0];
/// adagrad.step(&mut theta, array![3.0].view())?; // 3/√9
/// adagrad.step(&mut theta, array![4.0].view())?; // 4/√(9 + 16)
/// assert_eq!(theta[0], -1.0 - 0.8);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `optimizer::rmsprop_adagrad::the_recurrences_to_the_last_bit`, `optimizer::recorded_diagonal::torch`.
///
/// # References
/// Duchi, Hazan & Singer 2011 (JMLR 12), Figure 1 with diagonal matrices; options and defaults are those of PyTorch 2.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdaGrad {
    /// η.
    #[serde(rename = "lr")]
    pub learning_rate: f64,
    /// κ.
    pub lr_decay: f64,
    /// v₀.
    pub initial_accumulator: f64,
    /// ε.
    pub epsilon: f64,
    /// λ.
    pub weight_decay: f64,
}

impl Default for AdaGrad {
    fn default() -> Self {
        AdaGrad {
            learning_rate: 1e-2,
            lr_decay: 0.0,
            initial_accumulator: 0.0,
            epsilon: 1e-10,
            weight_decay: 0.0,
        }
    }
}

impl Settings for AdaGrad {
    const NAME: &'static str = "adagrad";

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn with_learning_rate(self, learning_rate: f64) -> Self {
        AdaGrad { learning_rate, ..self }
    }
}

impl GradientSettings for AdaGrad {
    fn optimizer<T: Scalar>(&self, layout: ParameterLayout) -> Result<Box<dyn Optimizer<T>>> {
        Ok(Box::new(self.build(layout)?))
    }
}

impl AdaGrad {
    /// The stages that make the pipeline this method.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) for the first setting outside its domain.
    pub fn stages(&self) -> Result<Stages> {
        let start = self.initial_accumulator;
        check::at_least_zero("initial_accumulator", start)?;
        let epsilon = Epsilon::new(EpsilonRule::E1, self.epsilon, 1.0)?.with_exponent(EpsilonExponent::Plain);
        Ok(Stages {
            second_moment: SecondMoment::sum().starting_at(start)?,
            statistic: Statistic::SecondMoment,
            preconditioner: Preconditioner::new(0.5, epsilon)?,
            clip: Clip::off(),
            momentum: Momentum::sum(0.0)?,
            averaged: Averaged::NaturalGradient,
            decay: Decay::new(self.weight_decay, DecayForm::Penalty, Clip::off())?,
            rate_decay: RateDecay::new(self.lr_decay)?,
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
