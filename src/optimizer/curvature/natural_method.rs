use super::NaturalGradient;
use crate::fisher::{Estimator, Fisher, Representation};
use crate::optimizer::{Method, Minibatch, State, checked_learning_rate};
use crate::solver::Solver;
use crate::{Result, Scalar, check};
use ndarray::Array1;
use std::fmt::Debug;

/// A [`NaturalGradient`] that counts its steps, as training wants it; made by [`NaturalGradient::method`].
#[derive(Debug, Clone, PartialEq)]
pub struct NaturalMethod<E, R, S> {
    stages: NaturalGradient<E, R, S>,
    steps: u64,
}

impl<E, R, S> NaturalGradient<E, R, S> {
    /// The same as a [`Method`], at t = 0.
    pub fn method(self) -> NaturalMethod<E, R, S> {
        NaturalMethod { stages: self, steps: 0 }
    }
}

impl<T, E, R, S> Method<T> for NaturalMethod<E, R, S>
where
    T: Scalar,
    E: Estimator<T> + Send,
    R: Representation<T> + Debug + Send,
    S: Solver<T, Fisher<R::Operator>> + Debug + Send,
{
    fn step(&mut self, theta: &mut Array1<T>, batch: &Minibatch<'_, T>) -> Result<()> {
        check::finite("gradient", batch.gradient())?;
        self.stages.step_along(theta, batch.linearization(), batch.gradient().view())?;
        self.steps += 1;
        Ok(())
    }

    fn steps(&self) -> u64 {
        self.steps
    }

    fn learning_rate(&self) -> T {
        T::of(self.stages.learning_rate)
    }

    fn set_learning_rate(&mut self, learning_rate: T) -> Result<()> {
        self.stages.learning_rate = checked_learning_rate(learning_rate.as_f64())?;
        Ok(())
    }

    fn state(&self) -> State {
        State::new(self.steps)
    }

    fn restore(&mut self, state: &State) -> Result<()> {
        state.reader().finish()?;
        self.steps = state.steps();
        Ok(())
    }
}
