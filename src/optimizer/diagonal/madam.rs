use crate::optimizer::settings::{GradientSettings, Settings};
use crate::optimizer::stage::{MaxVariance, Momentum, WeightedMoments};
use crate::optimizer::{Optimizer, PerTensor, State, StateReader, TensorRule, Tick};
use crate::{ParameterLayout, Result, Scalar, check};
use ndarray::{ArrayView1, Ix1};
use serde::{Deserialize, Serialize};

/// MAdam: Adam whose second moment chooses, per coordinate and step, the memory that makes its variance largest.
///
/// ```text
/// δ² = (g_t − u_(t−1))²,   σ² = v_(t−1) − u²_(t−1)
/// β  = clamp((δ² + σ²) / (w_(t−1) (δ² − σ²) + δ² + σ² + guard), β_min, β_max)       t = 1: β_max
/// w_t = β w_(t−1) + 1 − β                                                         w_0 = 0
/// w_t u_t = β w_(t−1) u_(t−1) + (1 − β) g_t
/// w_t v_t = β w_(t−1) v_(t−1) + (1 − β) g_t²
/// m_t = β₁ m_(t−1) + (1 − β₁) g_t                                                 m_0 = 0
/// θ_t = θ_(t−1) − η (m_t / (1 − β₁^t) / (√v_t + ε) + λ θ_(t−1))
/// ```
///
/// | symbol | option | default |
/// |---|---|---|
/// | η | `learning_rate` | 1e-3 |
/// | β₁ | `beta1` | 0.9 |
/// | β_min, β_max | `beta2_min`, `beta2_max` | 0.5, 0.999 |
/// | ε | `epsilon` | 1e-8 |
/// | guard | `guard` | 1e-16 |
/// | λ | `weight_decay`, decoupled | 0 |
///
/// See [`MaxVariance`] for what β maximises. β ≥ 1/(1 + w) ≥ ½ for guard 0, so β_min = 0.5 acts only where nothing has ever
/// varied. With β_min = β_max the weights sum to w = 1 − β^t, and MAdam is [`Adam`](crate::optimizer::Adam).
///
/// Options of the official code beside the paper (AMSGrad, LAMB, warm-up of moments, a shared β) are not here.
///
/// As stages: [`MaxVariance`], and a [`Momentum`] of gradients; one rule per tensor, elementwise.
///
/// # Errors
/// [`Error::Setting`](crate::Error::Setting) unless η, ε, λ and the guard are finite and at least 0, β₁ is in [0, 1) and
/// 0 ≤ β_min ≤ β_max < 1. A step also ends with [`Error::NonFinite`](crate::Error::NonFinite) where g² overflows.
///
/// # Cost
/// 4 P numbers of state, twice Adam's; some 30 operations and one square root per parameter.
///
/// # Numerical notes
/// σ² is a difference of averages, 0 where rounding makes it negative. In `f32` a coordinate whose gradients differ by less
/// than 1e-4 of their size has a σ² of rounding errors, so its β is arbitrary between the bounds; v is then the same for any β.
///
/// # Example
/// ```
/// use natgrad::{ParameterLayout, ndarray::array, optimizer::{MAdam, Optimizer}};
/// let settings = MAdam { learning_rate: 1.0, beta1: 0.0, beta2_max: 0.75, epsilon: 0.0, guard: 0.0, ..MAdam::default() };
/// let mut madam = settings.build::<f64>(ParameterLayout::flat(1)?)?;
/// let mut theta = array![0.0];
/// madam.step(&mut theta, array![1.0].view())?; // w = 1/4, u = v = 1
/// madam.step(&mut theta, array![3.0].view())?; // δ² = 4, σ² = 0: β = 4/(1 + 4) clamped to 3/4, w = 7/16, v = (3 + 4 · 9)/7
/// assert!((theta[0] + 1.0 + 3.0 / (39.0f64 / 7.0).sqrt()).abs() < 1e-15);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `optimizer::max_variance::the_recurrences`, `optimizer::max_variance::one_memory_makes_it_adam`.
///
/// # References
/// Zhu, Cheng, Gan, Huang, Liu & Goldstein 2020 (arXiv 2006.11918), Algorithm 1; `zhuchen03/MaxVA` e0de243.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MAdam {
    /// η.
    #[serde(rename = "lr")]
    pub learning_rate: f64,
    /// β₁.
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

impl Default for MAdam {
    fn default() -> Self {
        MAdam {
            learning_rate: 1e-3,
            beta1: 0.9,
            beta2_min: 0.5,
            beta2_max: 0.999,
            epsilon: 1e-8,
            guard: 1e-16,
            weight_decay: 0.0,
        }
    }
}

impl Settings for MAdam {
    const NAME: &'static str = "madam";

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn with_learning_rate(self, learning_rate: f64) -> Self {
        MAdam { learning_rate, ..self }
    }
}

impl GradientSettings for MAdam {
    fn optimizer<T: Scalar>(&self, layout: ParameterLayout) -> Result<Box<dyn Optimizer<T>>> {
        Ok(Box::new(self.build(layout)?))
    }
}

impl MAdam {
    /// The optimizer for a layout, at t = 0.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) for the first setting outside its domain.
    pub fn build<T: Scalar>(&self, layout: ParameterLayout) -> Result<PerTensor<T, MAdamRule<T>>> {
        let choice = MaxVariance::new(self.beta2_min, self.beta2_max, self.guard)?;
        let momentum = Momentum::new(self.beta1, true)?;
        for (option, value) in [("epsilon", self.epsilon), ("weight_decay", self.weight_decay)] {
            check::at_least_zero(option, value)?;
        }
        PerTensor::new(layout, self.learning_rate, |_, shape| {
            let count = shape.iter().product();
            let (average, moments) = (vec![T::zero(); count], WeightedMoments::new(count));
            Ok(MAdamRule { settings: *self, choice, momentum, average, moments })
        })
    }
}

/// [`MAdam`] on one tensor: m and the weighted sums.
#[derive(Debug, Clone)]
pub struct MAdamRule<T> {
    settings: MAdam,
    choice: MaxVariance,
    momentum: Momentum,
    average: Vec<T>,
    moments: WeightedMoments<T>,
}

impl<T: Scalar> TensorRule<T> for MAdamRule<T> {
    fn advance(
        &self,
        next: &mut Self,
        tick: Tick<T>,
        theta: &[T],
        gradient: &[T],
        updated: &mut [T],
    ) -> Result<()> {
        self.moments.update(&mut next.moments, &self.choice, tick.step, gradient)?;
        self.momentum.update(gradient, &self.average, &mut next.average);
        Momentum::correct(&next.average, self.momentum.divisor(tick.step), updated);
        let (epsilon, decay) = (T::of(self.settings.epsilon), T::of(self.settings.weight_decay));
        for (i, (updated, &x)) in updated.iter_mut().zip(theta).enumerate() {
            let direction = next.moments.normalise(i, *updated, epsilon);
            *updated = x - tick.learning_rate * (direction + decay * x);
        }
        Ok(())
    }

    fn save(&self, state: &mut State, name: &dyn Fn(&str) -> String) {
        state.put(name("momentum"), &ArrayView1::from(&self.average));
        self.moments.save(state, name);
    }

    fn load(&mut self, reader: &mut StateReader<'_>, name: &dyn Fn(&str) -> String) -> Result<()> {
        self.average = reader.array::<T, Ix1>(&name("momentum"), &[self.average.len()])?.to_vec();
        self.moments.load(reader, name)
    }
}
