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
