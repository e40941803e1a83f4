//! Divergences.

mod golden;
mod printed;
mod support;
