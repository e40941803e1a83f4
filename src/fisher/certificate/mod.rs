//! What an approximation of the Fisher is worth, against the exact one.

mod comparison;
mod contest;
mod diagnosis;
mod displaced;
mod kl;
mod reference;
mod trial_step;

pub use comparison::{Comparison, DirectionComparison, Loewner};
pub use contest::{Candidate, Contest, Row};
pub use diagnosis::Diagnosis;
pub use kl::KlCertificate;
pub use reference::Reference;
pub use trial_step::TrialStep;
