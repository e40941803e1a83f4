//! Riemannian steps: the natural gradient as a step, mirror descent, integrators, descent on manifolds.
//!
//! ```text
//! x₊ = R_x(-h ♯∂f),      ♯∂f = G⁻¹∂f
//! ```
//!
//! Three choices make a step: the metric turns the derivative into a direction, the retraction turns the direction into a point, and
//! the transport carries what is remembered. An [`Objective`] gives a value and a [`Cotangent`](crate::manifold::Cotangent);
//! nothing here accepts a covector as a direction. That gradient descent leaves the simplex, because the ordinary gradient was passed
//! for the Riemannian one, is the question most often asked of libraries of this kind; here it is a type error.
//!
//! | member | is | use it |
//! |---|---|---|
//! | [`natural_step`] | one step, with momenta carried along | to write a loop of your own |
//! | [`mirror_natural`], [`mirror_expectation`], [`exponentiated_gradient`] | mirror descent: a step straight in the dual coordinate | where that coordinate is at hand: no solve |
//! | [`Integrator`] on a [`Chart`] | discretisations of the flow, with their order of invariance | to study what depends on coordinates |
//! | [`GradientDescent`] | natural gradient with a step rule | as the point of reference |
//! | [`Momentum`], [`RiemannianAdam`] | fixed steps with memory | with gradients of minibatches |
//! | [`ConjugateGradient`], [`Lbfgs`] | line searches with memory | **if unsure** (`ConjugateGradient::default()`) |
//! | [`TrustRegion`], [`Newton`] | quadratic models | for many digits |
//!
//! All of the last seven are [`Minimizer`]s: settings, whose run on a [`Problem`] until a [`Criterion`] is met returns a [`Report`]. Bad
//! input is an error before the first step. Afterwards whatever happens is in [`Report::stop`], a line search that fails
//! included, and the report keeps the last good point.
//!
//! At the boundary: line searches and trust regions never try a point beyond 0.95 of the exit time of the retraction. Fixed steps
//! that would reach it are errors, or are shortened when [`Problem::stay_inside`] says so.

mod adam;
mod chart;
mod conjugate_gradient;
mod criterion;
mod gradient_descent;
mod hessian;
mod integrator;
mod lbfgs;
mod line_search;
mod minimizer;
mod mirror;
mod momentum;
mod newton;
mod objective;
mod problem;
mod reparametrised;
mod step;
mod stepper;
mod trust_region;
mod wolfe;

pub use adam::{AdamMemory, Factored, RiemannianAdam};
pub use chart::{Chart, FamilyChart, FamilyCoordinate};
pub use conjugate_gradient::{ConjugateGradient, ConjugateMemory, ConjugateRule};
pub use criterion::{Criterion, Progress};
pub use gradient_descent::GradientDescent;
pub use hessian::Hessian;
pub use integrator::{Integrator, Invariance};
pub use lbfgs::{Lbfgs, Pairs};
pub use line_search::{Armijo, Ending, Failure, Search, StepRule, StrongWolfe};
pub use minimizer::{Minimizer, Outcome, Record, Report, Stop};
pub use mirror::{
    ExpectationPartials, NaturalPartials, exponentiated_gradient, mirror_expectation, mirror_natural,
    natural_gradient_expectation, natural_gradient_natural,
};
pub use momentum::{Momentum, MomentumKind};
pub use newton::Newton;
pub use objective::{Function, Objective};
pub use problem::{Evaluations, Iterate, Problem};
pub use reparametrised::{InChart, Reparametrisation, Reparametrised};
pub use step::{NaturalStep, StepLength, natural_step};
pub use stepper::{Arrival, Stepper};
pub use trust_region::TrustRegion;
