//! One step of the pipeline on one tensor: plain slices, in blocks that stay in the first-level cache.

use super::pipeline::{Averaged, Stages};
use crate::optimizer::stage::{Average, DecayForm, Momentum, Preconditioner, Statistic, root_mean_square};
use crate::{Scalar, check};
use std::ops::Range;

/// Entries per block.
const BLOCK: usize = 512;

/// What depends on the step but not on the tensor.
#[derive(Debug)]
pub(super) struct Clock<T> {
    pub average: Average<T>,
    pub second_divisor: Option<T>,
    pub first_divisor: Option<T>,
    pub learning_rate: T,
}

/// The arrays of one tensor.
#[derive(Debug)]
pub(super) struct Sweep<'a, T> {
    pub stages: &'a Stages,
    pub clock: &'a Clock<T>,
    pub gradient: &'a [T],
    pub theta: &'a [T],
    pub second_moment: &'a [T],
    pub momentum: &'a [T],
    /// What the statistic remembers; empty if it remembers nothing.
    pub memory: &'a [T],
    pub next_second_moment: &'a mut [T],
    pub next_momentum: &'a mut [T],
    pub next_memory: &'a mut [T],
    pub next_theta: &'a mut [T],
    pub direction: &'a mut [T],
}

/// The factors of the two clips.
#[derive(Clone, Copy)]
struct Scales {
    direction: f64,
    decay: f64,
}

impl<T: Scalar> Sweep<'_, T> {
    /// Writes all `next_*`; whether they are finite.
    pub(super) fn run(mut self) -> bool {
        let Stages { preconditioner, clip, decay, .. } = *self.stages;
        let size = if preconditioner.epsilon().is_adaptive() { root_mean_square(self.gradient) } else { 0.0 };
        let epsilon = preconditioner.epsilon_term(size);
        let natural_decay = decay.form() == Some(DecayForm::Natural);
        let mut scales = Scales { direction: 1.0, decay: 1.0 };
        let mut finite = true;
        if clip.is_off() && (!natural_decay || decay.clip().is_off()) {
            for block in blocks(self.theta.len()) {
                self.precondition(block.clone(), epsilon);
                finite &= self.advance(block, scales);
            }
            return finite;
        }
        for block in blocks(self.theta.len()) {
            self.precondition(block, epsilon);
        }
        if !clip.is_off() {
            scales.direction = clip.scale(root_mean_square(self.direction));
        }
        if natural_decay && !decay.clip().is_off() {
            scales.decay = decay.clip().scale(root_mean_square(self.next_theta));
        }
        for block in blocks(self.theta.len()) {
            finite &= self.advance(block, scales);
        }
        finite
    }

    /// f', then the direction before its clip, and w (in the place of θ') before its own.
    fn precondition(&mut self, block: Range<usize>, epsilon: T) {
        let mut buffer = [T::zero(); BLOCK];
        let denominators = &mut buffer[..block.len()];
        let stages = self.stages;
        let gradient = &self.gradient[block.clone()];
        let next_second_moment = &mut self.next_second_moment[block.clone()];
        let direction = &mut self.direction[block.clone()];
        self.clock.average.update(gradient, &self.second_moment[block.clone()], next_second_moment);
        let divisor = self.clock.second_divisor;
        let seen: &[T] = match stages.statistic {
            Statistic::SecondMoment => next_second_moment,
            Statistic::Variance => {
                let next_memory = &mut self.next_memory[block.clone()];
                self.clock.average.update_mean(gradient, &self.memory[block.clone()], next_memory);
                Statistic::variance(next_second_moment, next_memory, divisor, direction);
                direction
            }
            Statistic::Largest => {
                let next_memory = &mut self.next_memory[block.clone()];
                Statistic::largest(next_second_moment, &self.memory[block.clone()], next_memory);
                next_memory
            }
        };
        stages.preconditioner.denominators(seen, divisor, epsilon, denominators);
        match stages.averaged {
            Averaged::NaturalGradient => Preconditioner::divide(gradient, denominators, direction),
            Averaged::Gradient => {
                let next_momentum = &mut self.next_momentum[block.clone()];
                stages.momentum.update(gradient, &self.momentum[block.clone()], next_momentum);
                Momentum::correct(next_momentum, self.clock.first_divisor, direction);
                Preconditioner::divide_assign(direction, denominators);
            }
        }
        if stages.decay.form() == Some(DecayForm::Natural) {
            Preconditioner::divide(&self.theta[block.clone()], denominators, &mut self.next_theta[block]);
        }
    }

    /// The clips, the momentum of natural gradients, and θ'.
    fn advance(&mut self, block: Range<usize>, scales: Scales) -> bool {
        let stages = self.stages;
        let direction = &mut self.direction[block.clone()];
        let theta = &self.theta[block.clone()];
        if scales.direction.to_bits() != 1.0f64.to_bits() {
            let scale = T::of(scales.direction);
            direction.iter_mut().for_each(|n| *n *= scale);
        }
        if stages.decay.form() == Some(DecayForm::Averaged) {
            let decay = T::of(stages.decay.rate());
            direction.iter_mut().zip(theta).for_each(|(n, &x)| *n += decay * x);
        }
        if stages.averaged == Averaged::NaturalGradient {
            let next_momentum = &mut self.next_momentum[block.clone()];
            stages.momentum.update(direction, &self.momentum[block.clone()], next_momentum);
            Momentum::correct(next_momentum, self.clock.first_divisor, direction);
        }
        let rate = self.clock.learning_rate;
        let next_theta = &mut self.next_theta[block.clone()];
        let entries = next_theta.iter_mut().zip(theta).zip(direction.iter());
        match stages.decay.form() {
            Some(DecayForm::Natural) => {
                let decay = T::of(stages.decay.rate() * scales.decay);
                entries.for_each(|((next, &x), &d)| *next = x - rate * (d + decay * *next));
            }
            Some(DecayForm::Decoupled) => {
                let decay = T::of(stages.decay.rate());
                entries.for_each(|((next, &x), &d)| *next = x - rate * (d + decay * x));
            }
            Some(DecayForm::Penalty | DecayForm::Averaged) | None => {
                entries.for_each(|((next, &x), &d)| *next = x - rate * d);
            }
        }
        check::all_finite(&self.next_second_moment[block]) & check::all_finite(next_theta)
    }
}

fn blocks(length: usize) -> impl Iterator<Item = Range<usize>> {
    (0..length).step_by(BLOCK).map(move |start| start..length.min(start + BLOCK))
}
