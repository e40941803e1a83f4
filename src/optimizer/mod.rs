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
//! | [`NaturalDescent`] | the same to train with: any Fisher, any view of it | for small models, and as the measure of the next |
//! | [`Kfac`] | the natural gradient with a Kronecker product per layer, averaged over time | to train with curvature |
//! | [`Ekfac`] | the same basis, eigenvalues that are second moments in it | where K-FAC's products are far off |
//! | [`TwoLevelKfac`] | K-FAC and a correction that couples the layers | to compare: little is to be gained |
//! | [`Stages`] | any other choice | to build what has no name yet |
//! | [`OptimizerConfig`] | any of these from TOML | from files and the command line |
//! | [`replay`] | a recorded gradient sequence, fed again | to compare implementations |
//! | [`Training`] | minibatches of data, step by step, with any [`Method`] | to train a network |

pub mod stage;

mod batches;
mod catalog;
mod config;
mod curvature;
mod diagonal;
mod fisher_type;
mod keywords;
mod matrix;
mod method;
mod minibatch;
mod options;
mod per_tensor;
mod replay;
mod settings;
mod sphere;
mod state;
mod training;

pub use batches::Batches;
pub use catalog::MethodSettings;
pub use config::OptimizerConfig;
pub use curvature::{CoarseDamping, CoarseFisher, Restriction, TwoLevelCurvature, TwoLevelKfac};
pub use curvature::{Curvature, DescentRule, FactorAverage, FactorDamping, KroneckerDescent, Rescaling};
pub use curvature::{Ekfac, EkfacCurvature, EkfacScaling, EkfacStart};
pub use curvature::{Kfac, KfacCurvature};
pub use curvature::{NaturalDescent, NaturalGradient, NaturalMatrix, NaturalMethod, NaturalStep};
pub use diagonal::{Adam, AdamW, Averaged, DiagonalNaturalGradient, FAdam, Sgd, Stages, StochasticGradient};
pub use fisher_type::FisherType;
pub use method::Method;
pub use minibatch::Minibatch;
pub use per_tensor::{PerTensor, TensorRule, Tick};
pub use replay::replay;
pub use settings::{GradientSettings, ModelSettings, Settings};
pub use state::{State, StateReader};
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

    /// Puts θ₀ where the iterates of the method live: normalises the unit vectors of a method on spheres, and does
    /// nothing for the others. [`replay`] and [`Training`] call it before the first step.
    ///
    /// # Errors
    /// Where there is no such point.
    fn prepare(&self, _theta: &mut Array1<T>) -> Result<()> {
        Ok(())
    }

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

    /// All that a checkpoint needs beside θ.
    fn state(&self) -> State;

    /// Puts back a state; the run then goes on bit-identically.
    ///
    /// # Errors
    /// Those of [`StateReader`]: an array that is missing, unknown, of another shape or not finite.
    fn restore(&mut self, state: &State) -> Result<()>;
}

/// η as given, checked.
pub(crate) fn checked_learning_rate(value: f64) -> Result<f64> {
    check::setting("lr", value, value.is_finite() && value >= 0.0, "finite and at least 0")?;
    Ok(value)
}
