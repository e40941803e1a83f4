//! Dual connections of discrete distributions, and projections between flat families.
