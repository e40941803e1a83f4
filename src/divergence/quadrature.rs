//! Gauss-Legendre quadrature of a Taylor remainder (private).

/// Nodes and weights of eight points on [0, 1].
const NODES: [(f64, f64); 8] = [
    (0.019855071751231884, 0.05061426814518813),
    (0.10166676129318663, 0.11119051722668724),
    (0.2372337950418355, 0.15685332293894363),
    (0.4082826787521751, 0.181341891689181),
    (0.591717321247825, 0.181341891689181),
    (0.7627662049581645, 0.15685332293894363),
    (0.8983332387068134, 0.11119051722668724),
    (0.9801449282487681, 0.05061426814518813),
];

/// ∫₀¹ (1-s) f(s) ds: with f(s) = F''(y + s(x-y)), the Bregman remainder F(x) - F(y) - F'(y)(x-y) over (x-y)², without its
/// cancellation.
pub(crate) fn remainder(f: impl Fn(f64) -> f64) -> f64 {
    NODES.iter().map(|&(s, weight)| weight * (1.0 - s) * f(s)).sum()
}
