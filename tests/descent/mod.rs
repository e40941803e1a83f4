//! Riemannian steps.
