//! Divergences.

mod golden;
mod identities;
mod orders;
mod printed;
mod refusals;
mod support;
mod unequal;
