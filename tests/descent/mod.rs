//! Riemannian steps.

mod functions;

mod adaptive;
mod boundary;
mod derivatives;
mod independent_geodesics;
mod integrators;
mod line_search;
mod minimizers;
mod mirror;
mod momentum;
mod one_step;
mod refusals;
mod silly_settings;
mod steps;
