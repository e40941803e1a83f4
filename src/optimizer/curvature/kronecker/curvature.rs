use crate::optimizer::{Minibatch, State, StateReader};
use crate::{Result, Scalar};
use ndarray::{Array1, ArrayView1};
use std::fmt::Debug;

/// What a [`KroneckerDescent`](super::KroneckerDescent) remembers of the curvature, and how it is inverted.
///
/// Nothing changes in place: an observation makes the next one, so that a step which fails leaves all as it was.
pub trait Curvature: Clone + Debug + Send {
    /// What it is after the batch of a step has been seen; `step` is from 1, γ² the damping with the decay, λ + η.
    ///
    /// # Errors
    /// Those of the Fisher, and of a factorisation.
    fn observed<T: Scalar>(&self, batch: &Minibatch<'_, T>, step: u64, gamma: f64) -> Result<Self>;

    /// The same with inverses of another γ.
    ///
    /// # Errors
    /// Those of a factorisation.
    fn damped(&self, gamma: f64) -> Result<Self>;

    /// The approximate (F + γ² I)⁻¹ v, P entries.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape).
    fn precondition(&self, v: ArrayView1<'_, f64>) -> Result<Array1<f64>>;

    /// Adds it to a checkpoint.
    fn save(&self, state: &mut State);

    /// Takes it out again.
    ///
    /// # Errors
    /// Those of [`StateReader`].
    fn load(&mut self, reader: &mut StateReader<'_>) -> Result<()>;
}

/// Whether what is done every `interval` steps is done at this one, t from 1: at 1, 1 + interval, ….
pub(crate) fn is_due(step: u64, interval: u64) -> bool {
    (step - 1).is_multiple_of(interval)
}

/// An interval as an option, checked.
pub(crate) fn checked_interval(option: &'static str, interval: u64) -> Result<()> {
    crate::check::setting(option, interval as f64, interval >= 1, "at least 1")
}

/// A weight β of averages, checked.
pub(crate) fn checked_decay(option: &'static str, decay: f64) -> Result<()> {
    crate::check::below_one(option, decay)
}
