//! Dual connections and projections.
