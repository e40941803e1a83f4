//! Methods that precondition a weight matrix as a matrix.

mod conda;
mod swan;

pub use conda::{Conda, CondaRule, RefreshCount};
pub use swan::{Swan, SwanRescaling, SwanRule};
