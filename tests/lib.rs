//! One binary, one module per floor, in the order of `src/lib.rs`.

mod optimizer;
mod data;
mod report;
mod claims;

mod support;
mod floor_plan;
mod public_surface;
