//! Riemannian steps.

mod functions;

mod adaptive;
mod boundary;
mod derivatives;
mod integrators;
mod line_search;
mod minimizers;
mod mirror;
mod momentum;
mod refusals;
mod steps;
