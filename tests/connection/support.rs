//! Random points and tangent vectors.

use crate::support::Stream;
use natgrad::manifold::{Manifold, Point, Simplex, Tangent};
use natgrad::ndarray::Array1;

pub fn random_point(stream: &mut Stream, simplex: &Simplex) -> Point {
    let weights = Array1::from_shape_fn(simplex.coordinates(), |_| stream.uniform().powi(3) + 0.01);
    simplex.normalise(weights).unwrap()
}

/// Of metric length of order one.
pub fn random_tangent(stream: &mut Stream, simplex: &Simplex, p: &Point) -> Tangent {
    let raw = p.values().mapv(|p| p.sqrt() * (2.0 * stream.uniform() - 1.0));
    simplex.project(p, raw.view()).unwrap()
}

/// Least-squares slope of ln errors over ln steps.
pub fn slope(steps: &[f64], errors: &[f64]) -> f64 {
    let (x, y): (Vec<f64>, Vec<f64>) = steps.iter().zip(errors).map(|(h, e)| (h.ln(), e.ln())).unzip();
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
    let (mx, my) = (mean(&x), mean(&y));
    let covariance: f64 = x.iter().zip(&y).map(|(a, b)| (a - mx) * (b - my)).sum();
    covariance / x.iter().map(|a| (a - mx).powi(2)).sum::<f64>()
}
