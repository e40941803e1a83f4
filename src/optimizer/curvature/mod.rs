//! Methods that need the model: their steps are solved with a Fisher, or drawn from it.

mod adafisher;
mod clip_control;
mod clipped_newton;
mod dp_adam_ac;
mod gradient_noise;
mod natural_descent;
mod natural_gradient;
mod natural_method;
mod private_adam;
mod sgld;
mod sophia_g;

pub use adafisher::{AdaFisher, AdaFisherW, FactorAverage, FactoredAdam, Fallback, MinMax, Reduction};
pub use clipped_newton::ClippedNewton;
pub use dp_adam_ac::DpAdamAc;
pub use gradient_noise::{GradientNoise, anisotropic_noise, sgld_step};
pub use natural_descent::NaturalDescent;
pub use natural_gradient::{NaturalGradient, NaturalStep};
pub use natural_method::NaturalMethod;
pub use private_adam::{ClippedSum, PrivateAdam};
pub use sgld::{Langevin, NoiseCovariance, NoiseScaling, Sgld};
pub use sophia_g::{BatchPlacement, SophiaG};
