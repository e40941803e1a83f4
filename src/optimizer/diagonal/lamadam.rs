use crate::optimizer::settings::{GradientSettings, Settings};
use crate::optimizer::stage::{MaxVariance, Momentum, WeightedMoments};
use crate::optimizer::{Optimizer, PerTensor, State, StateReader, TensorRule, Tick};
use crate::{ParameterLayout, Result, Scalar, check};
use ndarray::{ArrayView1, Ix1};
use serde::{Deserialize, Serialize};

/// LaMAdam: the second moment of [`MAdam`](crate::optimizer::MAdam) in the order of LaProp, normalised first and averaged after.
///
/// ```text
/// w_t, v_t as in MAdam
/// p_t = α p_(t−1) + (1 − α) η_t g_t / (√v_t + ε)                                  p_0 = 0
/// c_t = α c_(t−1) + (1 − α) η_t                                                   c_0 = 0
/// θ_t = θ_(t−1) − (η_t / c_t) p_t − η_t λ θ_(t−1)                                 c_t = 0: η_t p_t
/// ```
///
/// | symbol | option | default | official code |
/// |---|---|---|---|
/// | η | `learning_rate` | 1e-3 | the same |
/// | α | `beta1` | 0.9 | `momentum` |
/// | β_min, β_max | `beta2_min`, `beta2_max` | 0.5, 0.98 | the same; 0.999 for translation (IWSLT) |
/// | ε | `epsilon` | 1e-15 | the same |
/// | guard | `guard` | 1e-16 | the same |
/// | λ | `weight_decay`, decoupled | 0 | the same |
///
/// p averages steps and c their learning rates, so p/c is the average of normalised gradients, each with the learning rate it
/// was taken at as a further weight. With a constant η, c = η (1 − α^t): the usual correction. Since g is over a root that
/// contains g, an early spike cannot outlive itself, as it can in the quotient of Adam's two averages.
///
/// As stages: [`MaxVariance`], and a [`Momentum`] of normalised gradients; one rule per tensor, elementwise.
///
/// # Errors
/// [`Error::Setting`](crate::Error::Setting) unless η, ε, λ and the guard are finite and at least 0, α is in [0, 1) and
/// 0 ≤ β_min ≤ β_max < 1. A step also ends with [`Error::NonFinite`](crate::Error::NonFinite) where g² overflows.
///
/// # Cost
/// 4 P + 1 numbers of state per tensor of P; some 30 operations and one square root per parameter.
///
/// # Numerical notes
/// Those of [`MAdam`](crate::optimizer::MAdam).
///
/// # Example
/// ```
/// use natgrad::{ParameterLayout, ndarray::array, optimizer::{LaMAdam, Optimizer}};
/// let mut lamadam = LaMAdam { learning_rate: 0.5, beta1: 0.5, ..LaMAdam::default() }.build::<f64>(ParameterLayout::flat(2)?)?;
/// let mut theta = array![0.0, 0.0];
/// lamadam.step(&mut theta, array![1e-3, -1e3].view())?; // η sign(g)
/// assert!((theta[0] + 0.5).abs() < 1e-11 && (theta[1] - 0.5f64).abs() < 1e-11);
/// lamadam.step(&mut theta, array![0.0, 0.0].view())?; // p = p/2 over c = 3/4 η: another η/3
/// assert!((theta[0] + 0.5 + 0.5 / 3.0).abs() < 1e-11);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `optimizer::max_variance::the_recurrences`.
///
/// # References
/// Zhu, Cheng, Gan, Huang, Liu & Goldstein 2020 (arXiv 2006.11918), Algorithm 2; Ziyin, Wang & Ueda 2020 (arXiv 2002.04839);
/// `zhuchen03/MaxVA` e0de243.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LaMAdam {
    /// η.
    #[serde(rename = "lr")]
    pub learning_rate: f64,
    /// α.
    pub beta1: f64,
    /// The shortest memory of the second moment.
    pub beta2_min: f64,
    /// The longest memory of the second moment.
    pub beta2_max: f64,
    /// ε.
    pub epsilon: f64,
    /// What is added to the denominator of β.
    pub guard: f64,
    /// λ.
    pub weight_decay: f64,
}

impl Default for LaMAdam {
    fn default() -> Self {
        LaMAdam {
            learning_rate: 1e-3,
            beta1: 0.9,
            beta2_min: 0.5,
            beta2_max: 0.98,
            epsilon: 1e-15,
            guard: 1e-16,
            weight_decay: 0.0,
        }
    }
}

impl Settings for LaMAdam {
    const NAME: &'static str = "lamadam";

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn with_learning_rate(self, learning_rate: f64) -> Self {
        LaMAdam { learning_rate, ..self }
    }
}

impl GradientSettings for LaMAdam {
    fn optimizer<T: Scalar>(&self, layout: ParameterLayout) -> Result<Box<dyn Optimizer<T>>> {
        Ok(Box::new(self.build(layout)?))
    }
}

impl LaMAdam {
    /// The optimizer for a layout, at t = 0.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) for the first setting outside its domain.
    pub fn build<T: Scalar>(&self, layout: ParameterLayout) -> Result<PerTensor<T, LaMAdamRule<T>>> {
        let choice = MaxVariance::new(self.beta2_min, self.beta2_max, self.guard)?;
        let momentum = Momentum::new(self.beta1, false)?;
        for (option, value) in [("epsilon", self.epsilon), ("weight_decay", self.weight_decay)] {
            check::at_least_zero(option, value)?;
        }
        PerTensor::new(layout, self.learning_rate, |_, shape| {
            let count = shape.iter().product();
            let (average, moments) = (vec![T::zero(); count], WeightedMoments::new(count));
            Ok(LaMAdamRule { settings: *self, choice, momentum, average, average_rate: 0.0, moments })
        })
    }
}

/// [`LaMAdam`] on one tensor: p, c and the weighted sums.
#[derive(Debug, Clone)]
pub struct LaMAdamRule<T> {
    settings: LaMAdam,
    choice: MaxVariance,
    momentum: Momentum,
    average: Vec<T>,
    average_rate: f64,
    moments: WeightedMoments<T>,
}

impl<T: Scalar> TensorRule<T> for LaMAdamRule<T> {
    fn advance(
        &self,
        next: &mut Self,
        tick: Tick<T>,
        theta: &[T],
        gradient: &[T],
        updated: &mut [T],
    ) -> Result<()> {
        let LaMAdam { beta1, epsilon, weight_decay, .. } = self.settings;
        let rate = tick.learning_rate;
        self.moments.update(&mut next.moments, &self.choice, tick.step, gradient)?;
        for (i, (step, &g)) in updated.iter_mut().zip(gradient).enumerate() {
            *step = rate * next.moments.normalise(i, g, T::of(epsilon));
        }
        self.momentum.update(updated, &self.average, &mut next.average);
        next.average_rate = beta1 * self.average_rate + (1.0 - beta1) * rate.as_f64();
        let scale = if next.average_rate > 0.0 { rate.as_f64() / next.average_rate } else { rate.as_f64() };
        let (scale, decay) = (T::of(scale), T::of(weight_decay));
        for ((updated, &x), &p) in updated.iter_mut().zip(theta).zip(&next.average) {
            *updated = x - (scale * p + rate * decay * x);
        }
        Ok(())
    }

    fn save(&self, state: &mut State, name: &dyn Fn(&str) -> String) {
        state.put(name("momentum"), &ArrayView1::from(&self.average));
        state.number(name("average_rate"), self.average_rate);
        self.moments.save(state, name);
    }

    fn load(&mut self, reader: &mut StateReader<'_>, name: &dyn Fn(&str) -> String) -> Result<()> {
        self.average = reader.array::<T, Ix1>(&name("momentum"), &[self.average.len()])?.to_vec();
        self.average_rate = reader.scalar(&name("average_rate"))?;
        self.moments.load(reader, name)
    }
}
