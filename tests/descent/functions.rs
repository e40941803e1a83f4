//! Objectives with known optima, and fits of slopes.

use natgrad::descent::Function;
use natgrad::ndarray::{Array1, ArrayView1};

/// KL(p ‖ q) as a function of p, least at q.
pub fn kl_to(q: Array1<f64>) -> Function<'static> {
    let (r, s) = (q.clone(), q);
    Function::new(
        move |p| p.iter().zip(&r).map(|(p, q)| p * (p / q).ln()).sum(),
        move |p| p.iter().zip(&s).map(|(p, q)| (p / q).ln() + 1.0).collect(),
    )
    .with_second(|p, v| &v / &p)
}

/// KL(q ‖ p) as a function of p, least at q.
pub fn kl_from(q: Array1<f64>) -> Function<'static> {
    let (r, s, t) = (q.clone(), q.clone(), q);
    Function::new(move |p| p.iter().zip(&r).map(|(p, q)| q * (q / p).ln()).sum(), move |p| -(&s / &p))
        .with_second(move |p, v| &t * &v / (&p * &p))
}

/// Σ aᵢpᵢ + ½ (Σ bᵢpᵢ)² + Σ exp(cᵢpᵢ): nothing about it is special.
pub fn generic(n: usize) -> Function<'static> {
    let a = Array1::from_shape_fn(n, |i| (1.7 * i as f64 + 0.3).sin());
    let b = Array1::from_shape_fn(n, |i| (0.9 * i as f64 + 1.1).cos());
    let c = Array1::from_shape_fn(n, |i| 0.5 + (2.3 * i as f64).sin());
    let (a1, b1, c1) = (a.clone(), b.clone(), c.clone());
    let (b2, c2) = (b.clone(), c.clone());
    Function::new(
        move |p| a.dot(&p) + 0.5 * b.dot(&p).powi(2) + (&c * &p).mapv(f64::exp).sum(),
        move |p| &a1 + &(b1.dot(&p) * &b1) + &c1 * &(&c1 * &p).mapv(f64::exp),
    )
    .with_second(move |p, v| b2.dot(&v) * &b2 + &c2 * &c2 * &(&c2 * &p).mapv(f64::exp) * v)
}

/// A point with the given weights, up to their sum.
pub fn normalised(weights: ArrayView1<'_, f64>) -> Array1<f64> {
    &weights / weights.sum()
}

/// The slope of ln y against ln x, by least squares.
pub fn slope(x: &[f64], y: &[f64]) -> f64 {
    let logs = |values: &[f64]| values.iter().map(|v| v.ln()).collect::<Array1<f64>>();
    let (x, y) = (logs(x), logs(y));
    let (dx, dy) = (&x - x.sum() / x.len() as f64, &y - y.sum() / y.len() as f64);
    dx.dot(&dy) / dx.dot(&dx)
}
