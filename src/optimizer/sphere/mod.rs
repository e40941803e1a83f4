//! Methods whose weight vectors live on unit spheres.

mod nd_adam;
mod rule;
mod sphere_adam;

pub use nd_adam::NdAdam;
pub use rule::{AmsGrad, InitialVectors, SingleInput, SphereRule, VectorMoment};
pub use sphere_adam::SphereAdam;
