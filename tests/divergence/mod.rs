//! Divergences.

mod golden;
mod identities;
mod printed;
mod refusals;
mod support;
mod unequal;
