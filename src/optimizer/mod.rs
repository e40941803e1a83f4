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
//! | elementwise | is | use it |
//! |---|---|---|
//! | [`Sgd`] | the plain gradient, with momentum or Nesterov's | as the Euclidean reference |
//! | [`Adam`] | the 2015 method, decay as a penalty; AMSGrad | as the point of reference |
//! | [`AdamW`] | Adam with decoupled decay | **if unsure** |
//! | [`FAdam`] | Adam corrected as a natural gradient, every correction a switch | to study the corrections |
//! | [`RmsProp`], [`AdaGrad`] | a rooted diagonal, averaged or summed, from before Adam | as ancestors and baselines |
//! | [`RootFreeRmsProp`], [`RootFreeAdamW`] | the same diagonal without the root | where parameters have units |
//! | [`Adafactor`] | rooted, one number per row and per column | where two averages do not fit in memory |
//! | [`MAdam`], [`LaMAdam`] | Adam with the memory of largest variance, per coordinate | to study the memory |
//! | [`Lion`] | the sign of an average gradient | as the method that knows no Fisher |
//! | [`Stages`] | any other choice of stages | to build what has no name yet |
//!
//! | matrices | is | use it |
//! |---|---|---|
//! | [`Shampoo`] | one preconditioner per axis of a tensor, its root of order 2k | where matrices matter more than time |
//! | [`Soap`] | Adam in the eigenbasis of Shampoo's factors | the same, with Adam's settings |
//! | [`InverseFreeShampoo`] | factors of the inverse, by products alone | in place of roots and inverses |
//! | [`Conda`] | Adam in the singular basis of the momentum | to see what a basis does |
//! | [`Swan`] | gradients standardised and whitened, no state | where memory is short |
//!
//! | spheres | is | use it |
//! |---|---|---|
//! | [`NdAdam`] | weight vectors on unit spheres, one second moment per unit | where a normalisation follows every layer |
//! | [`SphereAdam`] | Riemannian Adam on the same spheres: geodesics, momentum transported | as the geometric reference |
//!
//! | with the model | is | use it |
//! |---|---|---|
//! | [`NaturalGradient`] | estimator → representation → solver → step, with a full Fisher | as the real thing |
//! | [`NaturalDescent`] | the same to train with: any Fisher, any view of it | for small models, and as the measure of the next |
//! | [`Kfac`] | the natural gradient with a Kronecker product per layer, averaged over time | to train with curvature |
//! | [`Ekfac`] | the same basis, eigenvalues that are second moments in it | where K-FAC's products are far off |
//! | [`TwoLevelKfac`] | K-FAC and a correction that couples the layers | to compare: little is to be gained |
//! | [`AdaFisher`], [`AdaFisherW`] | Adam over the diagonal of Kronecker factors, without a root | with a network, instead of squared gradients |
//! | [`SophiaG`] | the average gradient over a sampled Gauss-Newton diagonal, clipped | to compare clipped Newton steps |
//! | [`Sgld`] | Langevin noise, isotropic or shaped by the gradients | to sample, or to study noise |
//! | [`DpAdamAc`] | AdamW on clipped, noisy gradients with an adaptive clip | to study private training; read its caveat |
//!
//! | around a method | is | use it |
//! |---|---|---|
//! | [`Scheduled`] | a method whose learning rate follows a [`stage::Schedule`] | to warm up, and to come to rest |
//! | [`Grouped`] | several methods, each for the tensors that a pattern names | to treat biases apart |
//! | [`OptimizerConfig`], [`MethodSettings`] | any of these from TOML; the catalogue | from files and the command line |
//! | [`PerTensor`] | a [`TensorRule`] for every tensor of a layout | to write a method |
//! | [`KroneckerDescent`] | a step in a [`Curvature`]: momentum, clip, adapted damping | to write a method with factors |
//! | [`State`] | what a method remembers, by name | to save it |
//! | [`Training`] | minibatches of data, step by step, with any [`Method`] | to train a network |
//! | [`LogitRegularization`] | a penalty on the logits, or their batch norm | to train a last layer of unit vectors |
//! | [`replay`] | a recorded gradient sequence, fed again | to compare implementations |
//!
//! Settings are structs whose fields are the options of a file; only `learning_rate` is called `lr` there, and where a name differs the table
//! of the method says so. What papers say, what their codes do, and which way a default goes is in `docs/optimizers.md`.

pub mod stage;

mod batches;
mod catalog;
mod config;
mod curvature;
mod diagonal;
mod fisher_type;
mod group_options;
mod grouped;
mod keywords;
mod logits;
mod matrix;
mod method;
mod minibatch;
mod options;
mod per_tensor;
mod replay;
mod scheduled;
mod settings;
mod sphere;
mod state;
mod training;

pub use batches::Batches;
pub use catalog::MethodSettings;
pub use config::OptimizerConfig;
pub use curvature::{
    AdaFisher, AdaFisherAverage, AdaFisherW, BatchPlacement, ClippedNewton, ClippedSum, CoarseDamping,
    CoarseFisher, Curvature, DescentRule, DpAdamAc, Ekfac, EkfacCurvature, EkfacScaling, EkfacStart,
    FactorAverage, FactorDamping, FactoredAdam, Fallback, GradientNoise, Kfac, KfacCurvature,
    KroneckerDescent, Langevin, MinMax, NaturalDescent, NaturalGradient, NaturalMatrix, NaturalMethod,
    NaturalStep, NoiseCovariance, NoiseScaling, PrivateAdam, Reduction, Rescaling, Restriction, Sgld,
    SophiaG, TwoLevelCurvature, TwoLevelKfac, anisotropic_noise, sgld_step,
};
pub use diagonal::{
    AdaGrad, Adafactor, AdafactorRule, Adam, AdamW, Averaged, DecayScale, DiagonalNaturalGradient,
    EpsilonForm, FAdam, LaMAdam, LaMAdamRule, Lion, LionRule, MAdam, MAdamRule, RmsProp, RootFreeAdamW,
    RootFreeRmsProp, Sgd, Stages, StochasticGradient,
};
pub use fisher_type::FisherType;
pub use grouped::{Grouped, TensorGroup};
pub use logits::{LogitLayer, LogitRegularization, LogitStep};
pub use matrix::{
    Accumulation, Conda, CondaRule, Graft, InverseFreeShampoo, InverseFreeShampooRule, LongAxis,
    OneDimensional, RefreshCount, RootExponent, Shampoo, ShampooMomentum, ShampooRule, ShampooStatistics,
    Soap, SoapRule, Swan, SwanRescaling, SwanRule,
};
pub use method::Method;
pub use minibatch::Minibatch;
pub use per_tensor::{PerTensor, TensorRule, Tick};
pub use replay::replay;
pub use scheduled::Scheduled;
pub use settings::{GradientSettings, ModelSettings, Settings};
pub use sphere::{AmsGrad, InitialVectors, NdAdam, SingleInput, SphereAdam, SphereRule, VectorMoment};
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

    /// Whether the state before a step is still there right after it, so that [`undo`](Self::undo) works.
    fn keeps_previous(&self) -> bool {
        false
    }

    /// Takes back the step just made, all but θ, which is the caller's; right after it, and once.
    /// Does nothing unless the method [keeps](Self::keeps_previous) what it needs.
    fn undo(&mut self) {}
}

/// η as given, checked.
pub(crate) fn checked_learning_rate(value: f64) -> Result<f64> {
    check::at_least_zero("lr", value)?;
    Ok(value)
}
