//! One binary, one module per floor, in the order of `src/lib.rs`.

#[macro_use]
mod support;

mod errors;
mod linalg;
mod random;
mod operator;
mod likelihood;
mod model;
mod fisher;
mod solver;
mod optimizer;
mod data;
mod report;
mod claims;
#[cfg(feature = "cli")]
mod command_line;

mod floor_plan;
mod public_surface;
