//! Models.
mod layout;
pub use layout::{ParameterLayout, Tensor};
