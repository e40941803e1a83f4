//! Dual connections of discrete distributions, and projections between flat families.
//!
//! ```text
//! u g(v, w) = g(∇_u v, w) + g(v, ∇*_u w),      KL(p‖r) = KL(p‖q) + KL(q‖r) at a right angle
//! ```
//!
//! | item | is |
//! |---|---|
//! | [`AlphaConnection`] (if unsure) | ∇^(α) of the simplex: Christoffel map, exp, log, curvature, exit time |
//! | [`AlphaGeodesic`] | one of its geodesics, in affine time |
//! | [`amari_chentsov`] | the symmetric tensor T by which ∇^(α) and ∇^(-α) differ |
//! | [`DuallyFlat`] | the same structure from the derivatives of a potential, in natural or expectation parameters |
//! | [`Induced`] | metric and connections that a divergence makes |
//! | [`MarkovMap`], [`MarkovEmbedding`] | stochastic maps, and those under which nothing changes |
//! | [`m_projection`] | onto an exponential family: moments match |
//! | [`e_projection`], [`fit_marginals`] | onto laws with given moments; with given marginals |
//! | [`Pythagoras`] | three divergences and the angle |
//!
//! Parallel transport of the two flat connections depends on no path and is dual: for the m-connection it leaves v as it is, for the
//! e-connection it leaves the score v/p, up to its mean, and g_q(Π^e v, Π^m w) = g_p(v, w). Both are vector transports of
//! first order on the manifold floor.

mod alpha_connection;
mod alpha_geodesic;
mod double_exponential;
mod dually_flat;
mod induced;
mod marginals;
mod markov;
mod projection;
mod pythagoras;

pub use alpha_connection::{AlphaConnection, amari_chentsov};
pub use alpha_geodesic::AlphaGeodesic;
pub use dually_flat::DuallyFlat;
pub use induced::Induced;
pub use marginals::{Marginal, fit_marginals};
pub use markov::{MarkovEmbedding, MarkovMap};
pub use projection::{Projection, e_projection, m_projection};
pub use pythagoras::Pythagoras;
