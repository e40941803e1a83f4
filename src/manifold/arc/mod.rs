//! Curves with their arc length: every one-parameter family with a closed Fisher-Rao geometry.
//!
//! ```text
//! s(x) = ∫ √g(x) dx,   d(x, y) = |s(y) - s(x)|,   exp_x(v) = s⁻¹(s(x) + √g(x) v)
//! ```
//!
//! In the coordinate s every curve is a piece of the Euclidean line, so that one type,
//! [`Curve`](crate::manifold::Curve), makes a manifold of each of them. A family whose variance is a function V of its
//! mean μ has the metric 1/V(μ) in μ, and with V(μ) constant, μ, μ(n - μ)/n or μ(μ + r)/r the integral is elementary:
//!
//! | arc | family | coordinate | s | ends at finite distance |
//! |---|---|---|---|---|
//! | [`Binomial`] | Bernoulli, binomial | p, or the mean np | 2√n asin√p | both (length π√n) |
//! | [`Poisson`] | Poisson | the mean | 2√λ | 0 |
//! | [`NegativeBinomial`] | geometric, negative binomial (failures) | p, or the mean r(1 - p)/p | 2√r asinh√(μ/r) | p = 1, mean 0 |
//! | [`Straight`] | normal mean with known σ; an interval | x | x/σ | those of the interval |
//! | [`Logarithmic`] | normal σ with known mean; exponential rate; positive numbers | x | c ln x | none |
//!
//! If unsure: take the coordinate your gradient is with respect to. Distances do not depend on it.
//!
//! # References
//! Rao (1945); Atkinson and Mitchell, "Rao's distance measure", Sankhyā A 43 (1981); Morris, "Natural exponential families
//! with quadratic variance functions", Annals of Statistics 10 (1982).

mod binomial;
mod logarithmic;
mod negative_binomial;
mod poisson;
mod straight;

pub use binomial::Binomial;
pub use logarithmic::Logarithmic;
pub use negative_binomial::NegativeBinomial;
pub use poisson::Poisson;
pub use straight::Straight;

use std::fmt::Debug;

/// A coordinate x of an open interval, and the arc length that a metric g(x) dx² gives it.
///
/// Not s(x) itself is asked for but differences of it: for near points, and far out, a difference of two arc lengths
/// would cancel the digits that [`between`](ArcLength::between) and [`travel`](ArcLength::travel) keep.
///
/// Implementations may assume that arguments are points of the domain:
/// [`Curve`](crate::manifold::Curve) checks them, and checks what comes back.
pub trait ArcLength: Debug + Send + Sync {
    /// The family and the coordinate.
    fn name(&self) -> String;

    /// The ends of the open interval of x.
    fn domain(&self) -> (f64, f64);

    /// The domain in words, after "must be".
    fn requirement(&self) -> &'static str;

    /// ds/dx = √g(x).
    fn speed(&self, x: f64) -> f64;

    /// Γ(x) = d ln √g/dx.
    fn christoffel(&self, x: f64) -> f64;

    /// s(y) - s(x), to full relative accuracy for near points too.
    fn between(&self, x: f64, y: f64) -> f64;

    /// The y with s(y) - s(x) = `length`.
    fn travel(&self, x: f64, length: f64) -> f64;

    /// Arc lengths from x down to the lower end of the domain and up to the upper one; infinite if it is infinitely far.
    fn to_ends(&self, x: f64) -> (f64, f64);
}
