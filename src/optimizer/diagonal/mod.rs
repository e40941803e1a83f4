//! Methods that work coordinate by coordinate: the diagonal of a Fisher, averaged over time, or no Fisher at all.

mod adafactor;
mod adafactor_rule;
mod adagrad;
mod adam;
mod adamw;
mod fadam;
mod lamadam;
mod lion;
mod madam;
mod pipeline;
mod rmsprop;
mod root_free_adamw;
mod root_free_rmsprop;
mod sgd;
mod sweep;

pub use adafactor::{Adafactor, DecayScale, EpsilonForm};
pub use adafactor_rule::AdafactorRule;
pub use adagrad::AdaGrad;
pub use adam::Adam;
pub use adamw::AdamW;
pub use fadam::FAdam;
pub use lamadam::{LaMAdam, LaMAdamRule};
pub use lion::{Lion, LionRule};
pub use madam::{MAdam, MAdamRule};
pub use pipeline::{Averaged, DiagonalNaturalGradient, Stages};
pub use rmsprop::RmsProp;
pub use root_free_adamw::RootFreeAdamW;
pub use root_free_rmsprop::RootFreeRmsProp;
pub use sgd::{Sgd, StochasticGradient};
