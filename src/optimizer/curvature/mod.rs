//! Methods that need the model: their steps are solved with a Fisher, or drawn from it.

mod adafisher;
mod clipped_newton;
mod gradient_noise;
mod natural_descent;
mod natural_gradient;
mod natural_method;
mod sgld;
mod sophia_g;

pub use adafisher::{AdaFisher, AdaFisherW, FactorAverage, FactoredAdam, Fallback, MinMax, Reduction};
pub use clipped_newton::ClippedNewton;
pub use gradient_noise::{GradientNoise, anisotropic_noise, sgld_step};
pub use natural_descent::NaturalDescent;
pub use natural_gradient::{NaturalGradient, NaturalStep};
pub use natural_method::NaturalMethod;
pub use sgld::{Langevin, NoiseCovariance, NoiseScaling, Sgld};
pub use sophia_g::{BatchPlacement, SophiaG};
