//! Methods that need the model: their steps are solved with a Fisher, or drawn from it.

mod coarse;
mod ekfac;
mod ekfac_curvature;
mod kfac;
mod kfac_curvature;
mod kronecker;
mod natural_descent;
mod natural_gradient;
mod natural_method;
mod two_level_curvature;
mod two_level_kfac;

pub use coarse::{CoarseDamping, CoarseFisher, Restriction};
pub use ekfac::Ekfac;
pub use ekfac_curvature::{EkfacCurvature, EkfacScaling, EkfacStart};
pub use kfac::Kfac;
pub use kfac_curvature::KfacCurvature;
pub use kronecker::{Curvature, DescentRule, FactorAverage, FactorDamping, KroneckerDescent, Rescaling};
pub use natural_descent::{NaturalDescent, NaturalMatrix};
pub use natural_gradient::{NaturalGradient, NaturalStep};
pub use natural_method::NaturalMethod;
pub use two_level_curvature::TwoLevelCurvature;
pub use two_level_kfac::TwoLevelKfac;
