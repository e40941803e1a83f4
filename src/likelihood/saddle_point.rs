//! Counts of coin tosses without cancellation (private): the saddle-point form of Loader.

use crate::likelihood::logit::divergence;
use crate::special::stirling_error;

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
