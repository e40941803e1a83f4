/// e^x - 1 - x ≥ 0, to a few ulps.
pub(crate) fn exp_remainder(x: f64) -> f64 {
    if x.abs() > 1.0 {
        return x.exp_m1() - x;
    }
    // x²/2 (1 + x/3 (1 + x/4 (1 + …))): the twentieth factor is below 1e-18.
    let tail = (3..=20).rev().fold(1.0, |sum, k| 1.0 + sum * x / f64::from(k));
    0.5 * x * x * tail
}

/// ln Σ wᵢ e^xᵢ - Σ wᵢxᵢ ≥ 0 for weights that sum to one, given as (ln w, w, x): the divergence of a tilted law.
///
/// With xᵢ from their mean it is ln(1 + Σ wᵢ (e^xᵢ - 1 - xᵢ)): every term is positive.
pub(crate) fn tilt(terms: impl Iterator<Item = (f64, f64, f64)> + Clone) -> f64 {
    let mean: f64 = terms.clone().map(|(_, w, x)| w * x).sum();
    let centred = terms.map(|(log, w, x)| (log, w, x - mean));
    let largest = centred.clone().map(|(log, _, x)| log + x).fold(f64::NEG_INFINITY, f64::max);
    if largest > 30.0 {
        // The sum is so large that the one of ln(1 + …) is below its rounding, and no exponential overflows.
        return largest + centred.map(|(log, _, x)| (log + x - largest).exp()).sum::<f64>().ln();
    }
    let sum: f64 = centred
        .map(|(log, w, x)| if x > 1.0 { (log + x).exp() - w * (1.0 + x) } else { w * exp_remainder(x) })
        .sum();
    sum.ln_1p()
}
