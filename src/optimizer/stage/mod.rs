//! The stages of a diagonal natural-gradient step, one idea each.
//!
//! ```text
//! g ─ second moment ─ epsilon ─ precondition ─ clip ─ momentum ─ decay ─ θ
//! ```
//!
//! A stage holds checked hyper-parameters and works on the plain slice of one tensor; it owns no per-parameter
//! state. The pipeline owns the state and decides the order.
//!
//! | stage of the pipeline | does | hyper-parameters |
//! |---|---|---|
//! | [`SecondMoment`] | f ← average, or sum, of g² | β₂, f₀, [`BiasCorrection`] |
//! | [`Statistic`] | what of f stands in the denominator | f, f − ḡ², or the largest f |
//! | [`Epsilon`] | ε_t from the size of the gradient | [`EpsilonRule`], ε, ε₂, floor, [`EpsilonExponent`] |
//! | [`Preconditioner`] | x ↦ x / (f^p + ε) | p, and B where g is a mean over B data |
//! | [`Clip`] | bounds the root mean square of a tensor | c, [`ClipForm`] |
//! | [`Momentum`] | m ← average, or weighted sum, of whatever is fed | β₁, correction on or off |
//! | [`Decay`] | pulls θ towards 0 | λ, [`DecayForm`] |
//! | [`RateDecay`] | lets η fall like 1/t | κ |
//!
//! | of rules for single tensors | does | hyper-parameters |
//! |---|---|---|
//! | [`Moments`] | m̂/(√v̂ + ε) of any two averages | β₁, β₂, ε, [`EpsilonPlacement`] |
//! | [`MaxVariance`] | a weight of the past per coordinate (MAdam) | β_min, β_max, guard |
//! | [`FactoredAxes`] | which axes share a second moment (Adafactor) | |
//! | [`Whitening`] | the polar factor of a matrix (SWAN) | iterations, β |
//! | [`SphereMap`], [`MomentumTransport`] | move a unit vector, and its momentum | |
//!
//! | of any method | does | hyper-parameters |
//! |---|---|---|
//! | [`Schedule`] | η from step to step | [`ScheduleForm`], N, floor, warm-up |

mod adam_tensor;
mod clip;
mod decay;
mod epsilon;
mod factored_moment;
mod interval;
mod max_variance;
mod moments;
mod momentum;
mod named;
mod precondition;
mod rate_decay;
mod root_mean_square;
mod schedule;
mod second_moment;
pub(crate) mod sphere;
mod statistic;
mod weight_so_far;
pub(crate) mod whiten;

pub use clip::{Clip, ClipForm};
pub use decay::{Decay, DecayForm};
pub use epsilon::{Epsilon, EpsilonExponent, EpsilonRule};
pub use factored_moment::FactoredAxes;
pub use max_variance::MaxVariance;
pub use moments::{EpsilonPlacement, Moments};
pub use momentum::Momentum;
pub use precondition::Preconditioner;
pub use rate_decay::RateDecay;
pub use schedule::{Schedule, ScheduleForm};
pub use second_moment::{BiasCorrection, SecondMoment};
pub use sphere::{MomentumTransport, SphereMap};
pub use statistic::Statistic;
pub use whiten::Whitening;

pub(crate) use adam_tensor::AdamTensor;
pub(crate) use moments::{MomentClock, check_second_moment};

pub(crate) use factored_moment::FactoredMoment;
pub(crate) use interval::is_due;
pub(crate) use max_variance::WeightedMoments;
pub(crate) use named::named;
pub(crate) use root_mean_square::root_mean_square;
pub(crate) use second_moment::Average;
pub(crate) use weight_so_far::weight_so_far;
