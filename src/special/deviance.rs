/// ln(1 + x) - x, x > -1, to a few ulps.
///
/// With r = x/(2 + x) it is r (2r²(1/3 + r²/5 + r⁴/7 + …) - x): no two terms of equal size are subtracted.
pub(crate) fn log1p_minus(x: f64) -> f64 {
    if !(-0.5..=0.5).contains(&x) {
        return x.ln_1p() - x;
    }
    let r = x / (2.0 + x);
    let square = r * r;
    // r² ≤ 1/9: the twentieth term is below 1e-19 of the first.
    let series = (1..=20).rev().fold(0.0, |sum, k| sum * square + 1.0 / f64::from(2 * k + 1));
    r * (2.0 * square * series - x)
}

/// The unit deviance p ln(p/q) - p + q ≥ 0 of p, q ≥ 0: zero if and only if they are equal, infinite if only q is zero.
///
/// Summed over two laws it is their Kullback-Leibler divergence, without the cancellation of Σ p ln(p/q).
pub(crate) fn deviance(p: f64, q: f64) -> f64 {
    if p <= 0.0 {
        return q;
    }
    if q <= 0.0 {
        return f64::INFINITY;
    }
    let x = (q - p) / p;
    if x.abs() <= 0.5 {
        return -p * log1p_minus(x);
    }
    let ratio = p / q;
    let log = if ratio > 0.0 && ratio.is_finite() { ratio.ln() } else { p.ln() - q.ln() };
    p * log - p + q
}
