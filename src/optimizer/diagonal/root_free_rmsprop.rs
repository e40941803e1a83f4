use super::{Averaged, DiagonalNaturalGradient, Stages};
use crate::optimizer::Optimizer;
use crate::optimizer::settings::{GradientSettings, Settings};
use crate::optimizer::stage::{
    BiasCorrection, Clip, Decay, DecayForm, Epsilon, EpsilonExponent, EpsilonRule, Momentum, Preconditioner,
    RateDecay, SecondMoment, Statistic,
};
use crate::{ParameterLayout, Result, Scalar, check};
use serde::{Deserialize, Serialize};

/// RMSProp without the square root: a damped diagonal empirical Fisher, inverted and not only rooted.
///
/// ```text
/// S_t = β₂ S_(t−1) + (1 − β₂) g_t²                          S_0 = 1/B
/// n_t = g_t / (B S_t + λ) + κ θ_(t−1)
/// b_t = μ b_(t−1) + n_t                                     b_0 = 0
/// θ_t = θ_(t−1) − η b_t
/// ```
///
/// g is the *mean* gradient over a batch of B data. Near a minimum the data's gradients average to 0, so E\[g²\] falls like 1/B,
/// and B g² is what estimates their mean square; at S_0 = 1/B the first step is the gradient's.
///
/// | symbol | option | default | official code |
/// |---|---|---|---|
/// | η | `learning_rate` | 1e-3 | no default |
/// | B | `batch`, data per gradient | 1; an experiment puts its own | no default |
/// | β₂ | `beta2` | 0.999 | no default; searched from 0.995 to 0.9995 |
/// | λ | `epsilon` | 1e-4 | the same; searched from 5e-6 to 5e-4 |
/// | μ | `momentum` | 0 | the same |
/// | κ | `weight_decay`, which passes through the momentum | 0 | the same |
///
/// What the root costs: with it a step is invariant to the scale of the loss, without it to the units of every parameter.
/// Let θ = D φ with D diagonal; then D (φ' − φ) = θ' − θ at λ = κ = 0, once S has forgotten its start (S_0 = 1/B is a metric
/// in θ and does not transform). Multiplying the loss by c divides the steps by c.
///
/// As stages: [`SecondMoment`] with the average β₂ from 1/B, [`Statistic::SecondMoment`], p = 1 with plain ε and
/// [`Preconditioner::of_means_over`] B, no clip, [`Momentum::sum`] of natural gradients, [`DecayForm::Averaged`].
///
/// # Errors
/// [`Error::Setting`](crate::Error::Setting) unless η, λ and κ are finite and at least 0, B is at least 1, and β₂
/// and μ are in [0, 1).
///
/// # Cost
/// See [`DiagonalNaturalGradient`]. No square root per parameter.
///
/// # Numerical notes
/// For small λ a coordinate whose gradient has been small for long, and then is not, takes a step up to 1/((1 − β₂) B g): much
/// longer than Adam's 1/√(1 − β₂). λ bounds it by g/λ.
///
/// # Example
/// ```
/// use natgrad::{ParameterLayout, ndarray::array, optimizer::{Optimizer, RootFreeRmsProp}};
/// let settings = RootFreeRmsProp { learning_rate: 1.0, batch: 4, beta2: 0.5, epsilon: 0.5, ..RootFreeRmsProp::default() };
/// let mut method = settings.build::<f64>(ParameterLayout::flat(1)?)?;
/// let mut theta = array![0.0];
/// method.step(&mut theta, array![1.0].view())?; // S = 1/8 + 1/2, B S + λ = 3
/// assert!((theta[0] + 1.0f64 / 3.0).abs() < 1e-15);
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
pub struct RootFreeRmsProp {
    /// η.
    #[serde(rename = "lr")]
    pub learning_rate: f64,
    /// B.
    pub batch: u64,
    /// β₂.
    pub beta2: f64,
    /// λ.
    pub epsilon: f64,
    /// μ.
    pub momentum: f64,
    /// κ.
    pub weight_decay: f64,
}

impl Default for RootFreeRmsProp {
    fn default() -> Self {
        RootFreeRmsProp {
            learning_rate: 1e-3,
            batch: 1,
            beta2: 0.999,
            epsilon: 1e-4,
            momentum: 0.0,
            weight_decay: 0.0,
        }
    }
}

impl Settings for RootFreeRmsProp {
    const NAME: &'static str = "root-free-rmsprop";

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn with_learning_rate(self, learning_rate: f64) -> Self {
        RootFreeRmsProp { learning_rate, ..self }
    }

    fn with_batch(self, data: usize) -> Self {
        RootFreeRmsProp { batch: if self.batch == 1 { data as u64 } else { self.batch }, ..self }
    }
}

impl GradientSettings for RootFreeRmsProp {
    fn optimizer<T: Scalar>(&self, layout: ParameterLayout) -> Result<Box<dyn Optimizer<T>>> {
        Ok(Box::new(self.build(layout)?))
    }
}

impl RootFreeRmsProp {
    /// The stages that make the pipeline this method.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) for the first setting outside its domain.
    pub fn stages(&self) -> Result<Stages> {
        Ok(Stages {
            second_moment: second_moment(self.beta2, BiasCorrection::None, self.batch)?,
            statistic: Statistic::SecondMoment,
            preconditioner: preconditioner(self.epsilon, self.batch)?,
            clip: Clip::off(),
            momentum: Momentum::sum(self.momentum)?,
            averaged: Averaged::NaturalGradient,
            decay: Decay::new(self.weight_decay, DecayForm::Averaged, Clip::off())?,
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

/// S, from 1/B.
pub(super) fn second_moment(beta2: f64, correction: BiasCorrection, batch: u64) -> Result<SecondMoment> {
    check::at_least_one("batch", batch)?;
    SecondMoment::new(beta2, correction)?.starting_at(1.0 / batch as f64)
}

/// B S + λ.
pub(super) fn preconditioner(lambda: f64, batch: u64) -> Result<Preconditioner> {
    let epsilon = Epsilon::new(EpsilonRule::E1, lambda, 1.0)?.with_exponent(EpsilonExponent::Plain);
    Preconditioner::new(1.0, epsilon)?.of_means_over(batch as f64)
}
