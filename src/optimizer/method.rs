use super::{NaturalGradient, Optimizer};
use crate::fisher::{Estimator, Fisher, Representation};
use crate::solver::Solver;
use crate::{Linearization, Result, Scalar};
use ndarray::Array1;
use std::fmt::Debug;

/// Anything that makes a step of a [`Linearization`]: an [`Optimizer`], which takes the gradient out of it, or a
/// [`NaturalGradient`], which needs all of it.
///
/// # Errors
/// A step that returns `Err` leaves θ as it was; see [`Optimizer`] and [`NaturalGradient::step`].
///
/// # Example
/// See [`Training`](super::Training).
pub trait Method<T: Scalar>: Debug {
    /// One step from θ (P entries), the point at which `lin` was made.
    fn step(&mut self, theta: &mut Array1<T>, lin: &Linearization<T>) -> Result<()>;
}

impl<T: Scalar> Method<T> for Box<dyn Optimizer<T>> {
    fn step(&mut self, theta: &mut Array1<T>, lin: &Linearization<T>) -> Result<()> {
        (**self).step(theta, lin.gradient().view())
    }
}

impl<T, E, R, S> Method<T> for NaturalGradient<E, R, S>
where
    T: Scalar,
    E: Estimator<T>,
    R: Representation<T>,
    S: Solver<T, Fisher<R::Operator>> + Debug,
{
    fn step(&mut self, theta: &mut Array1<T>, lin: &Linearization<T>) -> Result<()> {
        NaturalGradient::step(self, theta, lin).map(|_| ())
    }
}
