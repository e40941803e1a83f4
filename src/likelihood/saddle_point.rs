//! Counts of coin tosses without cancellation (private): the saddle-point form of Loader.

use crate::likelihood::logit::divergence;
use libm::lgamma;

/// -log of C(a + b, a) p^a (1-p)^b for a, b > 0, with the binomial coefficient of the gamma function.
///
/// ```text
/// (a + b) KL(a/(a+b) ‖ p) + ½ log(2π ab/(a + b)) + δ(a) + δ(b) - δ(a + b)
/// ```
///
/// The three logarithms of factorials, which would cancel, become the corrections δ of Stirling's formula (Loader
/// 2000, "Fast and accurate computation of binomial probabilities").
pub(super) fn binomial_nll(a: f64, b: f64, eta: f64) -> f64 {
    let tosses = a + b;
    let deviance = tosses * divergence((a / b).ln(), eta);
    let width = 0.5 * (std::f64::consts::TAU * a * (b / tosses)).ln();
    deviance + (width + (stirling_error(a) + stirling_error(b) - stirling_error(tosses)))
}

/// δ(x) = log Γ(x + 1) - (x + ½) log x + x - ½ log 2π, x > 0.
fn stirling_error(x: f64) -> f64 {
    if x < 16.0 {
        return lgamma(x + 1.0) - (x + 0.5) * x.ln() + x - 0.5 * std::f64::consts::TAU.ln();
    }
    // B₂ₖ/(2k(2k-1)x^(2k-1)); the first term left out is below 2e-18 at 16.
    let square = x * x;
    let series =
        1.0 / 1260.0 - (1.0 / 1680.0 - (1.0 / 1188.0 - 691.0 / 360_360.0 / square) / square) / square;
    (1.0 / 12.0 - (1.0 / 360.0 - series / square) / square) / x
}
