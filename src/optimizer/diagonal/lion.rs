use crate::optimizer::settings::{GradientSettings, Settings};
use crate::optimizer::{Optimizer, PerTensor, State, StateReader, TensorRule, Tick};
use crate::{ParameterLayout, Result, Scalar, check};
use ndarray::{ArrayView1, Ix1};
use serde::{Deserialize, Serialize};

/// Lion: the sign of an average gradient, and nothing of its size.
///
/// ```text
/// u_t = sign(β₁ m_(t−1) + (1 − β₁) g_t)                     sign(0) = 0
/// θ_t = θ_(t−1) − η (u_t + λ θ_(t−1))
/// m_t = β₂ m_(t−1) + (1 − β₂) g_t                           m_0 = 0
/// ```
///
/// | symbol | option | default |
/// |---|---|---|
/// | η | `learning_rate` | 1e-4 |
/// | β₁, β₂ | `beta1`, `beta2` | 0.9, 0.99 |
/// | λ | `weight_decay`, decoupled | 0 |
///
/// Two memories: the sign is taken with the shorter one, so the newest gradient counts for 1 − β₁ in the step and for
/// 1 − β₂ ever after. Every coordinate moves by η exactly (or not at all), whatever the scale of the loss: Lion is the
/// steepest descent of the maximum norm, and knows no Fisher. Its η is some 3 to 10 times smaller than AdamW's, and λ larger
/// by as much, since only η λ decays.
///
/// As stages: none of the pipeline's; one rule per tensor, elementwise.
///
/// # Errors
/// [`Error::Setting`](crate::Error::Setting) unless η and λ are finite and at least 0, and β₁ and β₂ in [0, 1].
///
/// # Cost
/// P numbers of state, 2 P of work; some 8 operations per parameter.
///
/// # Example
/// ```
/// use natgrad::{ParameterLayout, ndarray::array, optimizer::{Lion, Optimizer}};
/// let settings = Lion { learning_rate: 0.5, beta1: 0.5, beta2: 0.75, ..Lion::default() };
/// let mut lion = settings.build::<f64>(ParameterLayout::flat(3)?)?;
/// let mut theta = array![0.0, 0.0, 1.0];
/// lion.step(&mut theta, array![1e-9, -1e9, 0.0].view())?;
/// assert_eq!(theta, array![-0.5, 0.5, 1.0]);
/// lion.step(&mut theta, array![-1e-10, -1.0, 0.0].view())?; // m = g/4 outweighs the new gradient: 2.5e-10 > 1e-10
/// assert_eq!(theta, array![-1.0, 1.0, 1.0]);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `optimizer::lion::the_recurrence_to_the_last_bit`, `optimizer::recorded_diagonal::pytorch_optimizer`,
/// `optimizer::recorded_diagonal::optax`.
///
/// # References
/// Chen et al. 2023 (arXiv 2302.06675), Algorithm 2.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lion {
    /// η.
    #[serde(rename = "lr")]
    pub learning_rate: f64,
    /// β₁.
    pub beta1: f64,
    /// β₂.
    pub beta2: f64,
    /// λ.
    pub weight_decay: f64,
}

impl Default for Lion {
    fn default() -> Self {
        Lion { learning_rate: 1e-4, beta1: 0.9, beta2: 0.99, weight_decay: 0.0 }
    }
}

impl Settings for Lion {
    const NAME: &'static str = "lion";

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn with_learning_rate(self, learning_rate: f64) -> Self {
        Lion { learning_rate, ..self }
    }
}

impl GradientSettings for Lion {
    fn optimizer<T: Scalar>(&self, layout: ParameterLayout) -> Result<Box<dyn Optimizer<T>>> {
        Ok(Box::new(self.build(layout)?))
    }
}

impl Lion {
    /// The optimizer for a layout, at t = 0.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) for the first setting outside its domain.
    pub fn build<T: Scalar>(&self, layout: ParameterLayout) -> Result<PerTensor<T, LionRule<T>>> {
        let Lion { learning_rate, beta1, beta2, weight_decay } = *self;
        for (option, value) in [("beta1", beta1), ("beta2", beta2)] {
            check::setting(option, value, (0.0..=1.0).contains(&value), "between 0 and 1")?;
        }
        check::at_least_zero("weight_decay", weight_decay)?;
        PerTensor::new(layout, learning_rate, |_, shape| {
            Ok(LionRule { settings: *self, momentum: vec![T::zero(); shape.iter().product()] })
        })
    }
}

/// [`Lion`] on one tensor: m.
#[derive(Debug, Clone)]
pub struct LionRule<T> {
    settings: Lion,
    momentum: Vec<T>,
}

impl<T: Scalar> TensorRule<T> for LionRule<T> {
    fn advance(
        &self,
        next: &mut Self,
        tick: Tick<T>,
        theta: &[T],
        gradient: &[T],
        updated: &mut [T],
    ) -> Result<()> {
        let Lion { beta1, beta2, weight_decay, .. } = self.settings;
        let (keep1, take1) = (T::of(beta1), T::of(1.0 - beta1));
        let (keep2, take2, decay) = (T::of(beta2), T::of(1.0 - beta2), T::of(weight_decay));
        let old = self.momentum.iter().zip(theta).zip(gradient);
        for ((updated, next), ((&m, &x), &g)) in updated.iter_mut().zip(&mut next.momentum).zip(old) {
            let mixed = keep1 * m + take1 * g;
            let sign = if mixed.is_zero() { T::zero() } else { mixed.signum() };
            *updated = x - tick.learning_rate * (sign + decay * x);
            *next = keep2 * m + take2 * g;
        }
        Ok(())
    }

    fn save(&self, state: &mut State, name: &dyn Fn(&str) -> String) {
        state.put(name("momentum"), &ArrayView1::from(&self.momentum));
    }

    fn load(&mut self, reader: &mut StateReader<'_>, name: &dyn Fn(&str) -> String) -> Result<()> {
        self.momentum = reader.array::<T, Ix1>(&name("momentum"), &[self.momentum.len()])?.to_vec();
        Ok(())
    }
}
