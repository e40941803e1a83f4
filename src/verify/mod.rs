//! Numerical checks that a user may run on their own functions, retractions, manifolds and families.
//!
//! ```text
//! |f(exp(tv)) - f(p) - t⟨grad f, v⟩| = O(t²):
//! the logarithm of the error is a line of slope 2
//! ```
//!
//! | to check | use | errors that must fall |
//! |---|---|---|
//! | a gradient | [`check_gradient`] | Taylor remainder, slope 2 |
//! | a Hessian | [`check_hessian`] | Taylor remainder, slope 3; symmetric, linear |
//! | an [`Objective`](crate::descent::Objective) | [`check_objective`] | both of these |
//! | a retraction | [`check_retraction`] | distance to the exponential map, slope order + 1 |
//! | its inverse | [`check_inverse_retraction`] | distance to the logarithm, likewise; round trips |
//! | a vector transport | [`check_transport`] | distance to parallel transport, slope order; isometry |
//! | a manifold of one's own | [`check_manifold`] | geodesics, transport, curvature against one another |
//! | an exponential family | [`check_family`] | derivatives of ψ, round trips, sums over the outcomes |
//!
//! If unsure, use [`check_gradient`] with a random direction: a gradient in the wrong metric is the commonest error.
//!
//! Each returns a [`Report`], a value: curves with slope, leading coefficient, window and noise; laws with their errors;
//! and a verdict. It prints as text and draws itself as SVG. No check returns an error or panics: a function that fails or
//! returns NaN is a failed verdict that says where.

mod curve;
mod differences;
mod family;
mod fit;
mod gradient;
mod hessian;
mod law;
mod manifold;
mod objective;
mod report;
mod retraction;
mod sums;
mod sweep;
mod transport;
mod verdict;

pub use curve::Curve;
pub use family::check_family;
pub use gradient::{Differential, check_gradient};
pub use hessian::check_hessian;
pub use law::Law;
pub use manifold::check_manifold;
pub use objective::check_objective;
pub use report::Report;
pub use retraction::{check_inverse_retraction, check_retraction};
pub use sweep::Sweep;
pub use transport::check_transport;
pub use verdict::Verdict;
