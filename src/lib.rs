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
pub mod fisher;
pub mod solver;
pub use error::{Error, Result};
pub use likelihood::{Labels, Likelihood};
pub use model::{Network, ParameterLayout};
pub use operator::LinearOperator;
pub use scalar::Scalar;
pub use solver::Solver;
