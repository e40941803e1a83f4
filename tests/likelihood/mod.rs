//! Likelihoods: laws on every case of the table, exact extremes, the inverse distribution function, refusals.

mod accuracy;
mod coin_values;
mod coins;
mod extreme;
mod invariance;
mod laws;
mod properties;
mod refusals;
mod sampling;
mod support;
