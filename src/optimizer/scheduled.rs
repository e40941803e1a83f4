use super::stage::Schedule;
use super::{Method, Minibatch, Optimizer, State, checked_learning_rate};
use crate::{ParameterLayout, Result, Scalar};
use ndarray::{Array1, ArrayView1};

/// A method whose learning rate follows a [`Schedule`].
///
/// ```text
/// η_(s+1) = η · factor(s),    s = steps made
/// ```
///
/// The rate to ask for is that of the next step; the rate to set is η, the schedule staying where it is. The state
/// is that of the method, since the factor is a function of its number of steps.
///
/// # Example
/// ```
/// use natgrad::{ParameterLayout, ndarray::array};
/// use natgrad::optimizer::{Optimizer, Scheduled, Sgd, stage::Schedule};
/// let sgd: Box<dyn Optimizer<f64>> = Box::new(Sgd::default().build(ParameterLayout::flat(1)?)?);
/// let mut sgd = Scheduled::new(sgd, 1.0, Schedule::linear(4, 0.0)?)?;
/// let mut theta = array![0.0];
/// for _ in 0..9 {
///     sgd.step(&mut theta, array![-1.0].view())?;
/// }
/// assert_eq!(theta[0], 1.0 + 0.75 + 0.5 + 0.25);
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Scheduled<M> {
    inner: M,
    base: f64,
    schedule: Schedule,
}

impl<M> Scheduled<M> {
    /// The method with η = `learning_rate`, whatever rate it had.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless η is finite and at least 0.
    pub fn new(inner: M, learning_rate: f64, schedule: Schedule) -> Result<Self> {
        Ok(Scheduled { inner, base: checked_learning_rate(learning_rate)?, schedule })
    }

    /// The schedule.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// η, before the schedule.
    pub fn base(&self) -> f64 {
        self.base
    }

    fn rate<T: Scalar>(&self, steps: u64) -> T {
        T::of(self.base * self.schedule.factor(steps))
    }
}

impl<T: Scalar> Optimizer<T> for Scheduled<Box<dyn Optimizer<T>>> {
    fn layout(&self) -> &ParameterLayout {
        self.inner.layout()
    }

    fn prepare(&self, theta: &mut Array1<T>) -> Result<()> {
        self.inner.prepare(theta)
    }

    fn step(&mut self, theta: &mut Array1<T>, gradient: ArrayView1<'_, T>) -> Result<()> {
        self.inner.set_learning_rate(self.rate(self.inner.steps()))?;
        self.inner.as_mut().step(theta, gradient)
    }

    fn steps(&self) -> u64 {
        self.inner.steps()
    }

    fn learning_rate(&self) -> T {
        self.rate(self.inner.steps())
    }

    fn set_learning_rate(&mut self, learning_rate: T) -> Result<()> {
        self.base = checked_learning_rate(learning_rate.as_f64())?;
        Ok(())
    }

    fn state(&self) -> State {
        self.inner.state()
    }

    fn restore(&mut self, state: &State) -> Result<()> {
        self.inner.restore(state)
    }

    fn keeps_previous(&self) -> bool {
        self.inner.keeps_previous()
    }

    fn undo(&mut self) {
        self.inner.undo();
    }
}

impl<T: Scalar> Method<T> for Scheduled<Box<dyn Method<T>>> {
    fn prepare(&self, theta: &mut Array1<T>) -> Result<()> {
        self.inner.prepare(theta)
    }

    fn step(&mut self, theta: &mut Array1<T>, batch: &Minibatch<'_, T>) -> Result<()> {
        self.inner.set_learning_rate(self.rate(self.inner.steps()))?;
        self.inner.step(theta, batch)
    }

    fn steps(&self) -> u64 {
        self.inner.steps()
    }

    fn learning_rate(&self) -> T {
        self.rate(self.inner.steps())
    }

    fn set_learning_rate(&mut self, learning_rate: T) -> Result<()> {
        self.base = checked_learning_rate(learning_rate.as_f64())?;
        Ok(())
    }

    fn state(&self) -> State {
        self.inner.state()
    }

    fn restore(&mut self, state: &State) -> Result<()> {
        self.inner.restore(state)
    }

    fn averaged(&self) -> Option<&Array1<T>> {
        self.inner.averaged()
    }
}
