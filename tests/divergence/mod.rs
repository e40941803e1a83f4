//! Divergences.
