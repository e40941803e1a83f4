//! Optimizers: from a gradient, step by step, to new parameters.
//!
//! ```text
//! θ_t = θ_(t−1) − η (m_t + λ w_t),    m_t = average of clip(g_t / (f_t^p + ε_t)),    f_t = average of g_t²
//! ```
//!
//! The average of squared gradients is a diagonal *empirical* Fisher, so the direction is an approximate natural
//! gradient. Which approximations, and in which order, is a choice of [`stage`]s; one pipeline,
//! [`DiagonalNaturalGradient`], carries them out, and the named methods are choices. [`FAdam`] with every
//! correction off *is* [`Adam`], to the last bit.
//!
//! The floor stands on [`ParameterLayout`]: θ is one flat vector, and rules that act per tensor follow the layout.
//!
//! | member | is | use it |
//! |---|---|---|
//! | [`FAdam`] | Adam corrected as a natural gradient, every correction a switch | to study the corrections |
//! | [`AdamW`] | Adam with decoupled decay | **if unsure** |
//! | [`Adam`] | the 2015 method, decay as a penalty | as the point of reference |
//! | [`Sgd`] | the plain gradient, with momentum or Nesterov's | as the Euclidean reference |
//! | [`NaturalGradient`] | estimator → representation → solver → step, with a full Fisher | as the real thing |
//! | [`Stages`] | any other choice | to build what has no name yet |
//! | [`OptimizerConfig`] | any of these from TOML | from files and the command line |
//! | [`replay`] | a recorded gradient sequence, fed again | to compare implementations |
//! | [`Training`] | minibatches of data, step by step, with any [`Method`] | to train a network |

pub mod stage;

mod adam;
mod adamw;
mod batches;
mod config;
mod fadam;
mod method;
mod natural_gradient;
mod options;
mod pipeline;
mod replay;
mod sgd;
mod sweep;
mod training;

pub use adam::Adam;
pub use adamw::AdamW;
pub use batches::Batches;
pub use config::{OptimizerConfig, build};
pub use fadam::FAdam;
pub use method::Method;
pub use natural_gradient::{NaturalGradient, NaturalStep};
pub use options::{Limit, Switch};
pub use pipeline::{Averaged, DiagonalNaturalGradient, Stages};
pub use replay::replay;
pub use sgd::{Sgd, StochasticGradient};
pub use training::{Training, TrainingStep};

use crate::{ParameterLayout, Result, Scalar, check};
use ndarray::{Array1, ArrayView1};
use std::fmt::Debug;

/// A rule that turns gradients into steps, with its state.
///
/// # Errors
/// A step that returns `Err` leaves θ *and* the state as they were:
/// [`Error::Shape`](crate::Error::Shape) for a wrong length, [`Error::NonFinite`](crate::Error::NonFinite) with the
/// index of the first NaN or infinity, whether it came in (`gradient`, `theta`) or arose (`second moment`,
/// `updated theta`).
///
/// # Example
/// ```
/// use natgrad::{ParameterLayout, ndarray::array, optimizer::{Optimizer, Sgd}};
/// let mut sgd = Sgd { learning_rate: 0.5, ..Sgd::default() }.build::<f64>(ParameterLayout::flat(2)?)?;
/// let mut theta = array![1.0, 2.0];
/// sgd.step(&mut theta, array![2.0, -2.0].view())?;
/// assert_eq!(theta, array![0.0, 3.0]);
/// # Ok::<(), natgrad::Error>(())
/// ```
pub trait Optimizer<T: Scalar>: Debug + Send {
    /// How θ is cut into tensors.
    fn layout(&self) -> &ParameterLayout;

    /// One step: θ ← θ − η (…), P entries.
    fn step(&mut self, theta: &mut Array1<T>, gradient: ArrayView1<'_, T>) -> Result<()>;

    /// Steps taken, t.
    fn steps(&self) -> u64;

    /// The learning rate η of the next step.
    fn learning_rate(&self) -> T;

    /// Sets η, for example from a schedule.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless η is finite and at least 0.
    fn set_learning_rate(&mut self, learning_rate: T) -> Result<()>;

    /// The state by name, P entries each: with [`steps`](Self::steps), all that a checkpoint needs.
    fn state(&self) -> Vec<(&'static str, Array1<T>)>;

    /// Puts back a state taken after `steps` steps; the run then goes on bit-identically.
    ///
    /// # Errors
    /// [`Error::Unknown`](crate::Error::Unknown) for a name that is not in [`state`](Self::state),
    /// [`Error::Empty`](crate::Error::Empty) for one that is missing, and the errors of a vector of P finite entries.
    fn restore(&mut self, steps: u64, state: &[(&str, ArrayView1<'_, T>)]) -> Result<()>;
}

/// η as given, checked.
pub(crate) fn checked_learning_rate(value: f64) -> Result<f64> {
    check::setting("lr", value, value.is_finite() && value >= 0.0, "finite and at least 0")?;
    Ok(value)
}

/// The entries of a saved state in the order of `names`.
pub(crate) fn saved<T: Scalar>(
    names: &[&'static str],
    dim: usize,
    state: &[(&str, ArrayView1<'_, T>)],
) -> Result<Vec<Array1<T>>> {
    let table: Vec<(&str, ())> = names.iter().map(|name| (*name, ())).collect();
    for (name, _) in state {
        stage::named("state", name, &table)?;
    }
    names
        .iter()
        .map(|&quantity| {
            let entry = state.iter().find(|(name, _)| *name == quantity);
            let (_, vector) = entry.ok_or(crate::Error::Empty { quantity })?;
            check::vector(quantity, dim, vector)?;
            Ok(vector.to_owned())
        })
        .collect()
}
