use super::{Moments, check_second_moment};
use crate::optimizer::{State, StateReader, Tick};
use crate::{Result, Scalar};
use ndarray::Array1;

/// Adam on one tensor: what methods for matrices do with a tensor that is none.
#[derive(Debug, Clone)]
pub(crate) struct AdamTensor<T> {
    moments: Moments,
    momentum: Array1<T>,
    second_moment: Array1<T>,
}

impl<T: Scalar> AdamTensor<T> {
    pub(crate) fn new(moments: Moments, entries: usize) -> Self {
        AdamTensor { moments, momentum: Array1::zeros(entries), second_moment: Array1::zeros(entries) }
    }

    /// θ − η m̂/(√v̂ + ε).
    pub(crate) fn advance(
        &self,
        next: &mut Self,
        tick: Tick<T>,
        theta: &[T],
        gradient: &[T],
        updated: &mut [T],
    ) -> Result<()> {
        let clock = self.moments.at(tick.step);
        for (i, (updated, &g)) in updated.iter_mut().zip(gradient).enumerate() {
            let momentum = clock.first(self.momentum[i], g);
            let second = clock.second(self.second_moment[i], g * g);
            *updated = theta[i] - tick.learning_rate * clock.quotient(momentum, clock.corrected(second));
            (next.momentum[i], next.second_moment[i]) = (momentum, second);
        }
        check_second_moment(&next.second_moment, 1)
    }

    pub(crate) fn save(&self, state: &mut State, name: &dyn Fn(&str) -> String) {
        state.put(name("momentum"), &self.momentum).put(name("second_moment"), &self.second_moment);
    }

    pub(crate) fn load(&mut self, reader: &mut StateReader<'_>, name: &dyn Fn(&str) -> String) -> Result<()> {
        self.momentum = reader.array(&name("momentum"), self.momentum.shape())?;
        self.second_moment = reader.non_negative(&name("second_moment"), self.second_moment.shape())?;
        Ok(())
    }
}
