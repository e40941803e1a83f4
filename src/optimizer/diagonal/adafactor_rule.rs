use super::adafactor::{Adafactor, DecayScale, EpsilonForm};
use crate::optimizer::stage::{Clip, FactoredMoment, Momentum, root_mean_square};
use crate::optimizer::{State, StateReader, TensorRule, Tick};
use crate::{Result, Scalar, check};
use ndarray::{ArrayView1, Ix1};

/// [`Adafactor`] on one tensor: V, factored or not, and m.
#[derive(Debug, Clone)]
pub struct AdafactorRule<T> {
    settings: Adafactor,
    clip: Clip,
    momentum: Momentum,
    moment: Moment<T>,
    /// Empty without momentum.
    average: Vec<T>,
}

#[derive(Debug, Clone)]
enum Moment<T> {
    Factored(FactoredMoment<T>),
    Full(Vec<T>),
}

impl<T: Scalar> AdafactorRule<T> {
    pub(super) fn new(settings: Adafactor, clip: Clip, momentum: Momentum, shape: &[usize]) -> Self {
        let count = shape.iter().product();
        let moment = match settings.factored_axes.of(shape, settings.smallest_factored) {
            Some(axes) => Moment::Factored(FactoredMoment::new(shape, axes)),
            None => Moment::Full(vec![T::zero(); count]),
        };
        let average = vec![T::zero(); if settings.beta1 > 0.0 { count } else { 0 }];
        AdafactorRule { settings, clip, momentum, moment, average }
    }

    /// Whether V is kept as rows and columns.
    pub fn is_factored(&self) -> bool {
        matches!(self.moment, Moment::Factored(_))
    }

    /// V of the next step; then g/√V.
    fn precondition(&self, next: &mut Self, weight: f64, gradient: &[T], out: &mut [T]) -> Result<()> {
        let (addition, floor) = match self.settings.epsilon_form {
            EpsilonForm::Added => (self.settings.epsilon1, 0.0),
            EpsilonForm::Floor => (0.0, self.settings.epsilon1),
        };
        match (&self.moment, &mut next.moment) {
            (Moment::Factored(moment), Moment::Factored(next)) => {
                moment.update(next, gradient, weight, addition);
                next.check(gradient)?;
                next.precondition(gradient, floor, out);
            }
            (Moment::Full(moment), Moment::Full(next)) => {
                for ((next, &v), &g) in next.iter_mut().zip(moment).zip(gradient) {
                    let square = g.as_f64() * g.as_f64() + addition;
                    *next = T::of((1.0 - weight) * v.as_f64() + weight * square);
                }
                check::finite("second moment", &ArrayView1::from(&*next))?;
                for ((out, &v), &g) in out.iter_mut().zip(&*next).zip(gradient) {
                    let root = v.as_f64().sqrt().max(floor);
                    *out = if root > 0.0 { T::of(g.as_f64() / root) } else { T::zero() };
                }
            }
            // Both have the shape of the tensor, so both are factored or neither.
            _ => out.fill(T::zero()),
        }
        Ok(())
    }

    /// ρ_t.
    fn relative_step(&self, learning_rate: f64, step: f64) -> f64 {
        let Adafactor { relative_step, warmup_init, .. } = self.settings;
        let rate = if relative_step { learning_rate.min(step.powf(-0.5)) } else { learning_rate };
        if warmup_init { rate.min(1e-6 * step) } else { rate }
    }
}

impl<T: Scalar> TensorRule<T> for AdafactorRule<T> {
    fn advance(
        &self,
        next: &mut Self,
        tick: Tick<T>,
        theta: &[T],
        gradient: &[T],
        updated: &mut [T],
    ) -> Result<()> {
        let Adafactor { decay_exponent, beta2_limit, epsilon2, scale_parameter, .. } = self.settings;
        let step = tick.step as f64;
        let weight = step.powf(-decay_exponent).max(1.0 - beta2_limit);
        self.precondition(next, weight, gradient, updated)?;
        let learning_rate = tick.learning_rate.as_f64();
        let size = if scale_parameter { root_mean_square(theta).max(epsilon2) } else { 1.0 };
        let rate = size * self.relative_step(learning_rate, step);
        let scale = T::of(rate * self.clip.scale(root_mean_square(updated)));
        updated.iter_mut().for_each(|u| *u *= scale);
        if !self.average.is_empty() {
            self.momentum.update(updated, &self.average, &mut next.average);
            updated.copy_from_slice(&next.average);
        }
        let decay = T::of(self.settings.weight_decay * self.settings.decay_scale.factor(rate, learning_rate));
        updated.iter_mut().zip(theta).for_each(|(u, &x)| *u = x - (*u + decay * x));
        Ok(())
    }

    fn save(&self, state: &mut State, name: &dyn Fn(&str) -> String) {
        match &self.moment {
            Moment::Factored(moment) => moment.save(state, name),
            Moment::Full(moment) => {
                state.put(name("second_moment"), &ArrayView1::from(moment));
            }
        }
        if !self.average.is_empty() {
            state.put(name("momentum"), &ArrayView1::from(&self.average));
        }
    }

    fn load(&mut self, reader: &mut StateReader<'_>, name: &dyn Fn(&str) -> String) -> Result<()> {
        match &mut self.moment {
            Moment::Factored(moment) => moment.load(reader, name)?,
            Moment::Full(moment) => {
                let saved = reader.non_negative::<T, Ix1>(&name("second_moment"), &[moment.len()])?;
                *moment = saved.to_vec();
            }
        }
        if !self.average.is_empty() {
            self.average = reader.array::<T, Ix1>(&name("momentum"), &[self.average.len()])?.to_vec();
        }
        Ok(())
    }
}

impl DecayScale {
    fn factor(self, step: f64, learning_rate: f64) -> f64 {
        match self {
            DecayScale::Step => step,
            DecayScale::LearningRate => learning_rate,
            DecayScale::One => 1.0,
        }
    }
}
