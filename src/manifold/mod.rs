//! Manifolds: metric, exponential map, distance, transport, curvature; retractions and vector transports.
//!
//! ```text
//! ẍ + Γ(ẋ, ẋ) = 0,   exp_p(v) = x(1) from x(0) = p, ẋ(0) = v,   d(p, q) = ‖log_p q‖
//! ```
//!
//! Laws of discrete and normal distributions, with the Fisher-Rao metric in closed form but for the last two. Each closed one is isometric to a
//! piece of a space of constant curvature; where that piece ends, geodesics have an exit time, and a longer step is an error.
//!
//! | manifold | laws | coordinates | curvature | leaves at |
//! |---|---|---|---|---|
//! | [`Simplex`] | categorical, multinomial | p | 1/(4N) | faces |
//! | [`Curve`] of an [`arc`] | binomial, Poisson, geometric, negative binomial; one normal parameter; exponential | one: p, mean, σ, rate | none | finite ends |
//! | [`HalfPlane`] | normal, location-scale | (μ, σ) | -1/2, -1/b | never |
//! | [`Product`] | independent parameters of any of these | concatenated | of the factors | its factors' exits |
//! | [`Euclidean`] | | x | 0 | never |
//! | [`FamilyCurve`] | any family of one parameter, by quadrature: logarithmic series, zeta | θ | none | declared ends |
//! | [`FamilyManifold`] | any family, by integration: Conway-Maxwell-Poisson | θ | by T | wherever it finds the boundary |
//!
//! A [`Retraction`] is a cheaper step with a declared order, a [`VectorTransport`] a cheaper transport. If unsure, use
//! [`Exponential`] and [`LeviCivita`]: they are closed forms where the manifold is.
//!
//! | step | order | where |
//! |---|---|---|
//! | [`Exponential`] | exact | everywhere |
//! | [`QuadraticCorrection`] | second | everywhere |
//! | [`Linear`] | first | everywhere |
//! | those of [`simplex`] | first, second | the simplex |
//! | [`Factorwise`] of any | of its factors | products |

pub mod arc;
mod boxed;
mod curve;
mod euclidean;
mod factorwise;
mod family_curve;
mod family_manifold;
mod frechet_mean;
mod half_plane;
mod hessian;
mod linear;
mod model;
mod point;
mod product;
mod retraction;
pub mod simplex;
mod vector_transport;

pub use curve::Curve;
pub use euclidean::Euclidean;
pub use factorwise::Factorwise;
pub use family_curve::{End, FamilyCurve};
pub use family_manifold::FamilyManifold;
pub use frechet_mean::{FrechetMean, frechet_mean};
pub use half_plane::{GeodesicShape, HalfPlane};
pub use linear::{Linear, QuadraticCorrection};
pub use point::{Cotangent, Point, Tangent};
pub use product::Product;
pub use retraction::{Exponential, InverseRetraction, Order, Retraction};
pub use simplex::Simplex;
pub use vector_transport::{LeviCivita, VectorTransport};

use crate::{Result, check};
use ndarray::{Array1, ArrayView1};
use rand::Rng;
use std::fmt::Debug;

/// A Riemannian manifold whose points are vectors of coordinates, with its Levi-Civita connection.
///
/// Every method checks what it is given: points on the manifold, vectors tangent, lengths equal. A geodesic that
/// reaches the boundary does so at its [`exit_time`](Manifold::exit_time); a step as long as that is an error with
/// both numbers in it, never a reflected point.
pub trait Manifold: Debug + Send + Sync {
    /// The name, with its parameters.
    fn name(&self) -> String;

    /// Dimension of the manifold.
    fn dim(&self) -> usize;

    /// Length of the vectors that hold points, tangent vectors and covectors.
    fn coordinates(&self) -> usize;

    /// The interval of each coordinate, if points are all that lie inside these bounds (and in an affine space, as on the
    /// simplex); `None` if the domain has another shape. Retractions along lines find their exit times with it.
    fn bounds(&self) -> Option<Vec<(f64, f64)>> {
        None
    }

    /// Whether the numbers are a point.
    fn check_point(&self, p: ArrayView1<'_, f64>) -> Result<()>;

    /// Whether the numbers are a tangent vector at `p`.
    fn check_tangent(&self, p: &Point, v: ArrayView1<'_, f64>) -> Result<()>;

    /// ⟨v, w⟩ at `p`.
    fn inner(&self, p: &Point, v: &Tangent, w: &Tangent) -> Result<f64>;

    /// The tangent vector v with ⟨v, w⟩ = a(w) for every w: the gradient, if a = ∂f.
    fn sharp(&self, p: &Point, a: &Cotangent) -> Result<Tangent>;

    /// The covector w ↦ ⟨v, w⟩.
    fn flat(&self, p: &Point, v: &Tangent) -> Result<Cotangent>;

    /// The time t* > 0 at which the geodesic exp(t v) reaches the boundary; infinite if never.
    fn exit_time(&self, p: &Point, v: &Tangent) -> Result<f64>;

    /// The point at time 1 of the geodesic from `p` with velocity `v`.
    ///
    /// # Errors
    /// [`BeyondExit`](crate::Error::BeyondExit) if the exit time is 1 or less.
    fn exp(&self, p: &Point, v: &Tangent) -> Result<Point>;

    /// The velocity at `p` of the geodesic that is at `q` at time 1.
    fn log(&self, p: &Point, q: &Point) -> Result<Tangent>;

    /// Geodesic distance.
    fn distance(&self, p: &Point, q: &Point) -> Result<f64>;

    /// `v` at `p`, transported parallel along the geodesic to `q`.
    fn parallel_transport(&self, p: &Point, q: &Point, v: &Tangent) -> Result<Tangent>;

    /// Γ(v, w), the bilinear map of the connection in these coordinates: ∇_v w = Dw\[v\] + Γ(v, w), and geodesics solve
    /// ẍ = -Γ(ẋ, ẋ).
    fn christoffel(&self, p: &Point, v: &Tangent, w: &Tangent) -> Result<Tangent>;

    /// The curvature tensor R(x, y) z = ∇ₓ∇ᵧz - ∇ᵧ∇ₓz - ∇₍ₓ,ᵧ₎z.
    fn riemann(&self, p: &Point, x: &Tangent, y: &Tangent, z: &Tangent) -> Result<Tangent>;

    /// A tangent vector of the standard normal law of the tangent space: E⟨v, w⟩² = ⟨w, w⟩.
    fn random_tangent(&self, p: &Point, rng: &mut dyn Rng) -> Result<Tangent>;

    /// The numbers as a point.
    fn point(&self, p: Array1<f64>) -> Result<Point> {
        self.check_point(p.view())?;
        Ok(Point::unchecked(p))
    }

    /// The numbers as a tangent vector at `p`.
    fn tangent(&self, p: &Point, v: Array1<f64>) -> Result<Tangent> {
        self.check_point(p.values())?;
        self.check_tangent(p, v.view())?;
        Ok(Tangent::unchecked(v))
    }

    /// The zero vector.
    fn zero(&self) -> Tangent {
        Tangent::unchecked(Array1::zeros(self.coordinates()))
    }

    /// √⟨v, v⟩.
    fn norm(&self, p: &Point, v: &Tangent) -> Result<f64> {
        Ok(self.inner(p, v, v)?.sqrt())
    }

    /// The gradient of f at `p` from its ordinary partial derivatives.
    fn gradient(&self, p: &Point, partials: Array1<f64>) -> Result<Tangent> {
        self.sharp(p, &Cotangent::new(partials))
    }

    /// Hess f\[v\] from ordinary derivatives: ∂f, and `second` = ∂²f v.
    ///
    /// ```text
    /// ⟨Hess f[v], w⟩ = ∂²f(v, w) - ∂f(Γ(v, w))
    /// ```
    ///
    /// # Cost
    /// Provided: one ♯ and one Christoffel map per coordinate. Manifolds with constrained coordinates should have their own
    /// formula, because the provided one keeps the tangent space only up to the rounding of its terms.
    fn hessian(&self, p: &Point, partials: &Cotangent, second: &Cotangent, v: &Tangent) -> Result<Tangent> {
        hessian::by_christoffel(self, p, partials, second, v)
    }

    /// The point at time `t` of the geodesic that is at `p` at time 0 and at `q` at time 1.
    fn geodesic(&self, p: &Point, q: &Point, t: f64) -> Result<Point> {
        check::setting("geodesic time", t, t.is_finite(), "finite")?;
        self.exp(p, &(t * &self.log(p, q)?))
    }

    /// K = ⟨R(v, w) w, v⟩ / (⟨v, v⟩⟨w, w⟩ - ⟨v, w⟩²).
    fn sectional_curvature(&self, p: &Point, v: &Tangent, w: &Tangent) -> Result<f64> {
        let area = self.inner(p, v, v)? * self.inner(p, w, w)? - self.inner(p, v, w)?.powi(2);
        check::setting(
            "squared area of the plane of v and w",
            area,
            area > 0.0,
            "positive (v and w independent)",
        )?;
        Ok(self.inner(p, &self.riemann(p, v, w, w)?, v)? / area)
    }
}
