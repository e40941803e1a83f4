//! A diagonal of Kronecker factors in the place of Adam's second moment.

mod decoupled;
mod layer;
mod method;
mod options;
mod settings;

pub use decoupled::AdaFisherW;
pub use method::FactoredAdam;
pub use options::{AdaFisherAverage, Fallback, MinMax, Reduction};
pub use settings::AdaFisher;
