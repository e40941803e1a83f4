//! Methods that precondition a weight matrix as a matrix.

mod axes;
mod conda;
mod eigenbasis;
mod inverse_free_shampoo;
mod root;
mod shampoo;
mod shampoo_rule;
mod shampoo_words;
mod soap;
mod soap_rule;
mod swan;

pub use conda::{Conda, CondaRule, RefreshCount};
pub use inverse_free_shampoo::{InverseFreeShampoo, InverseFreeShampooRule};
pub use shampoo::Shampoo;
pub use shampoo_rule::ShampooRule;
pub use shampoo_words::{Accumulation, Graft, LongAxis, RootExponent, ShampooMomentum, ShampooStatistics};
pub use soap::{OneDimensional, Soap};
pub use soap_rule::SoapRule;
pub use swan::{Swan, SwanRescaling, SwanRule};
