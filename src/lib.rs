//! natgrad
#![allow(dead_code)]
pub use ndarray;

pub mod error;
mod backend;
pub mod scalar;
mod check;
pub mod linalg;
pub mod random;
pub mod operator;
pub mod likelihood;
pub mod model;
pub mod data;
pub mod report;
pub use error::{Error, Result};
pub use likelihood::Labels;
pub use model::ParameterLayout;
pub use operator::LinearOperator;
pub use scalar::Scalar;
