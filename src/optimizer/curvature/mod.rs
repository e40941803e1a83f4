//! Methods that need the model: their steps are solved with a Fisher, or drawn from it.

mod adafisher;
mod clipped_newton;
mod natural_descent;
mod natural_gradient;
mod natural_method;
mod sophia_g;

pub use adafisher::{AdaFisher, AdaFisherW, FactorAverage, FactoredAdam, Fallback, MinMax, Reduction};
pub use clipped_newton::ClippedNewton;
pub use natural_descent::NaturalDescent;
pub use natural_gradient::{NaturalGradient, NaturalStep};
pub use natural_method::NaturalMethod;
pub use sophia_g::{BatchPlacement, SophiaG};
