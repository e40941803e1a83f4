//! Methods that work coordinate by coordinate: the diagonal of a Fisher, averaged over time, or no Fisher at all.

mod adam;
mod adamw;
mod fadam;
mod pipeline;
mod sgd;
mod sweep;

pub use adam::Adam;
pub use adamw::AdamW;
pub use fadam::FAdam;
pub use pipeline::{Averaged, DiagonalNaturalGradient, Stages};
pub use sgd::{Sgd, StochasticGradient};
