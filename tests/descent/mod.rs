//! Riemannian steps.

mod functions;

mod integrators;
