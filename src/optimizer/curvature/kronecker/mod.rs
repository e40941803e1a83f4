//! What the Kronecker-factored methods share: averages of factors, their inverses, and the step that they make.

mod average;
mod curvature;
mod descent;
mod inverse;
mod layers;
mod quadratic;
mod rule;
mod statistics;

pub use average::FactorAverage;
pub use curvature::Curvature;
pub use descent::KroneckerDescent;
pub use inverse::FactorDamping;
pub(super) use inverse::{Inverse, check_positive, in_basis};
pub(super) use layers::AffineLayers;
pub(crate) use quadratic::QuadraticModel;
pub use quadratic::Rescaling;
pub use rule::DescentRule;
pub(super) use statistics::{Statistics, count, load_factors, save_factors};
