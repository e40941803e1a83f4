//! Divergences between discrete distributions, in nats.
