use std::fmt::Debug;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// The arithmetic in which a smooth function is written once: `f64` for its value, [`Jet`](crate::divergence::Jet) for
/// its derivatives.
///
/// # Example
/// ```
/// use natgrad::divergence::{Jet, Number};
/// fn f<N: Number>(u: N) -> N {
///     u * u.ln()
/// }
/// assert_eq!(f(1.0), 0.0);
/// let u = Jet::variable(1.0, [1.0, 1.0, 1.0]);
/// assert_eq!(f(u).third(), -1.0); // (u ln u)''' = -1/u²
/// ```
pub trait Number:
    Copy
    + Debug
    + From<f64>
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    /// ln x.
    fn ln(self) -> Self;
    /// eˣ.
    fn exp(self) -> Self;
    /// √x.
    fn sqrt(self) -> Self;
    /// x to a constant power.
    fn powf(self, exponent: f64) -> Self;
}

impl Number for f64 {
    fn ln(self) -> f64 {
        f64::ln(self)
    }
    fn exp(self) -> f64 {
        f64::exp(self)
    }
    fn sqrt(self) -> f64 {
        f64::sqrt(self)
    }
    fn powf(self, exponent: f64) -> f64 {
        f64::powf(self, exponent)
    }
}

/// Σ term(pᵢ, qᵢ) in any arithmetic.
pub(crate) fn total<N: Number>(first: &[N], second: &[N], term: impl Fn(N, N) -> N) -> N {
    first.iter().zip(second).fold(N::from(0.0), |sum, (&p, &q)| sum + term(p, q))
}
