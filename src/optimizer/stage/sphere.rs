//! The unit sphere, for weight vectors that live on it.
//!
//! ```text
//! T_w = { x : x·w = 0 }                     P_w x = x − (x·w) w
//! Exp_w(v) = cos|v| w + sin|v| e            e = v/|v|
//! 𝒯_v u = u + (u·e) ((cos|v| − 1) e − sin|v| w)      transport along that geodesic
//! ```
//!
//! Sums are taken in f64 whatever the scalar.

use crate::Scalar;
use crate::optimizer::keywords::keywords;

/// The way from a unit vector w along a tangent v to another unit vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SphereMap {
    /// The geodesic: cos|v| w + sin|v| v/|v|, an arc of length |v|.
    #[default]
    Exponential,
    /// The straight line and back: (w + v)/|w + v|, an arc of length atan|v|.
    Normalisation,
}

keywords!(SphereMap, "map of the sphere", { Exponential = "exponential", Normalisation = "normalisation" });

/// What becomes of the momentum when its unit vector moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MomentumTransport {
    /// Parallel transport along the geodesic of the step: it stays tangent and keeps its length.
    #[default]
    Parallel,
    /// The projection on the new tangent space: it stays tangent and loses the length that it had along the step.
    Projection,
    /// Nothing: it keeps its components, and is no longer tangent.
    None,
}

keywords!(MomentumTransport, "momentum transport", { Parallel = "parallel", Projection = "projection", None = "none" });

/// x·y.
pub(crate) fn inner<T: Scalar>(x: &[T], y: &[T]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x.as_f64() * y.as_f64()).sum()
}

/// |x|, scaled so that no square overflows or vanishes.
pub(crate) fn length<T: Scalar>(x: &[T]) -> f64 {
    let largest = x.iter().fold(0.0, |largest: f64, x| largest.max(x.as_f64().abs()));
    if largest == 0.0 || !largest.is_finite() {
        return largest;
    }
    largest * x.iter().map(|x| (x.as_f64() / largest).powi(2)).sum::<f64>().sqrt()
}

/// x ← P_w x.
pub(crate) fn project<T: Scalar>(w: &[T], x: &mut [T]) {
    let radial = T::of(inner(x, w));
    x.iter_mut().zip(w).for_each(|(x, &w)| *x -= radial * w);
}

/// x ← x/|x|; false for the zero vector, which has no direction.
pub(crate) fn normalise<T: Scalar>(x: &mut [T]) -> bool {
    let length = length(x);
    if length == 0.0 {
        return false;
    }
    x.iter_mut().for_each(|x| *x = T::of(x.as_f64() / length));
    true
}

/// Exp_w(v) into `out`.
pub(crate) fn exponential<T: Scalar>(w: &[T], v: &[T], out: &mut [T]) {
    let angle = length(v);
    let sine = if angle == 0.0 { 1.0 } else { angle.sin() / angle };
    for ((out, w), v) in out.iter_mut().zip(w).zip(v) {
        *out = T::of(angle.cos() * w.as_f64() + sine * v.as_f64());
    }
}

/// u ← 𝒯_v u, from T_w to the tangent space at Exp_w(v).
pub(crate) fn transport<T: Scalar>(w: &[T], v: &[T], u: &mut [T]) {
    let angle = length(v);
    if angle == 0.0 {
        return;
    }
    let along = inner(u, v) / angle;
    // cos − 1 without cancellation.
    let back = -2.0 * (0.5 * angle).sin().powi(2) / angle;
    for ((u, w), v) in u.iter_mut().zip(w).zip(v) {
        *u = T::of(u.as_f64() + along * (back * v.as_f64() - angle.sin() * w.as_f64()));
    }
}
