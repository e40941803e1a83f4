use crate::special::deviance;
use libm::lgamma;
use std::f64::consts::TAU;

/// δ(x) = ln Γ(x + 1) - (x + ½) ln x + x - ½ ln 2π, x > 0: what Stirling's formula leaves of a factorial.
pub(crate) fn stirling_error(x: f64) -> f64 {
    if x < 16.0 {
        return lgamma(x + 1.0) - (x + 0.5) * x.ln() + x - 0.5 * TAU.ln();
    }
    // B₂ₖ/(2k(2k-1)x^(2k-1)); the first term left out is below 2e-18 at 16.
    let square = x * x;
    let series =
        1.0 / 1260.0 - (1.0 / 1680.0 - (1.0 / 1188.0 - 691.0 / 360_360.0 / square) / square) / square;
    (1.0 / 12.0 - (1.0 / 360.0 - series / square) / square) / x
}

/// ln x! - x ln μ + μ ≥ 0 for x, μ ≥ 0: minus the logarithm of the Poisson law with mean μ.
///
/// It is the deviance of x from μ and ½ ln 2πx + δ(x), which do not cancel (Loader 2000, "Fast and accurate
/// computation of binomial probabilities").
pub(crate) fn poisson_surprise(x: f64, mean: f64) -> f64 {
    if x <= 0.0 { mean } else { deviance(x, mean) + 0.5 * (TAU * x).ln() + stirling_error(x) }
}

/// ln C(a + b, a) of the gamma function, a, b ≥ 0.
pub(crate) fn log_choose(a: f64, b: f64) -> f64 {
    if a <= 0.0 || b <= 0.0 {
        return 0.0;
    }
    let entropy = a * (b / a).ln_1p() + b * (a / b).ln_1p();
    entropy - half_width(a, b)
}

/// ln of C(a + b, a) p^a q^b for a, b > 0 by the means (a + b)p and (a + b)q.
pub(crate) fn log_tosses(a: f64, b: f64, heads: f64, tails: f64) -> f64 {
    -(deviance(a, heads) + deviance(b, tails)) - half_width(a, b)
}

/// ½ ln(2π ab/(a + b)) + δ(a) + δ(b) - δ(a + b).
fn half_width(a: f64, b: f64) -> f64 {
    let width = 0.5 * (TAU * a * (b / (a + b))).ln();
    width + (stirling_error(a) + stirling_error(b) - stirling_error(a + b))
}
