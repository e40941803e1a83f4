//! One binary, one module per floor, in the order of `src/lib.rs`.

#![allow(
    clippy::excessive_precision,
    reason = "numbers are copied with all the digits that other programs print"
)]

#[macro_use]
mod support;

mod errors;
mod linalg;
mod random;
mod operator;
mod family;
mod divergence;
mod likelihood;
mod model;
mod manifold;
mod connection;
mod fisher;
mod solver;
mod optimizer;
mod descent;
mod data;
mod report;
mod verify;
mod experiment;
mod claims;
#[cfg(feature = "cli")]
mod command_line;

mod documents;
mod floor_plan;
mod public_surface;
