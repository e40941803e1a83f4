use super::{Minibatch, Optimizer, State};
use crate::{Result, Scalar};
use ndarray::Array1;
use std::fmt::Debug;

/// A rule that makes steps of a model and a batch: an [`Optimizer`], which takes only the gradient out of them, or one
/// that needs more, for example the factors of a Fisher.
///
/// # Errors
/// A step that returns `Err` leaves θ and the state as they were.
///
/// # Example
/// See [`Training`](super::Training).
pub trait Method<T: Scalar>: Debug + Send {
    /// Puts θ₀ where the iterates of the method live; see [`Optimizer::prepare`].
    ///
    /// # Errors
    /// Where there is no such point.
    fn prepare(&self, _theta: &mut Array1<T>) -> Result<()> {
        Ok(())
    }

    /// One step from θ (P entries), the point at which the batch was linearized.
    fn step(&mut self, theta: &mut Array1<T>, batch: &Minibatch<'_, T>) -> Result<()>;

    /// Steps taken, t.
    fn steps(&self) -> u64;

    /// The learning rate η of the next step.
    fn learning_rate(&self) -> T;

    /// Sets η, for example from a schedule.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless η is finite and at least 0.
    fn set_learning_rate(&mut self, learning_rate: T) -> Result<()>;

    /// All that a checkpoint needs beside θ.
    fn state(&self) -> State;

    /// Puts back a state; the run then goes on bit-identically.
    ///
    /// # Errors
    /// Those of [`StateReader`](super::StateReader).
    fn restore(&mut self, state: &State) -> Result<()>;

    /// The parameters to evaluate the model with, where they are not the last iterate but an average of iterates.
    fn averaged(&self) -> Option<&Array1<T>> {
        None
    }
}

impl<T: Scalar> Method<T> for Box<dyn Optimizer<T>> {
    fn prepare(&self, theta: &mut Array1<T>) -> Result<()> {
        (**self).prepare(theta)
    }

    fn step(&mut self, theta: &mut Array1<T>, batch: &Minibatch<'_, T>) -> Result<()> {
        (**self).step(theta, batch.gradient().view())
    }

    fn steps(&self) -> u64 {
        (**self).steps()
    }

    fn learning_rate(&self) -> T {
        (**self).learning_rate()
    }

    fn set_learning_rate(&mut self, learning_rate: T) -> Result<()> {
        (**self).set_learning_rate(learning_rate)
    }

    fn state(&self) -> State {
        (**self).state()
    }

    fn restore(&mut self, state: &State) -> Result<()> {
        (**self).restore(state)
    }
}
