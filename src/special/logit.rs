/// 1/(1 + e^-t), without overflow and to a few ulps on either side.
pub(crate) fn sigmoid(t: f64) -> f64 {
    let small = (-t.abs()).exp();
    (if t >= 0.0 { 1.0 } else { small }) / (1.0 + small)
}

/// ln(1 + e^t).
pub(crate) fn softplus(t: f64) -> f64 {
    t.max(0.0) + (-t.abs()).exp().ln_1p()
}

/// ln(p/(1 - p)) to a few ulps, also next to ½, where it is zero.
pub(crate) fn logit(p: f64) -> f64 {
    if (0.25..=0.75).contains(&p) {
        // 2 artanh(2p - 1), and 2p - 1 is exact here.
        return 2.0 * (2.0 * p - 1.0).atanh();
    }
    p.ln() - (-p).ln_1p()
}

/// ln(part/(part + rest)) of positive numbers, also where the share is next to one.
pub(crate) fn log_share(part: f64, rest: f64) -> f64 {
    let odds = rest / part;
    if odds.is_finite() { -odds.ln_1p() } else { part.ln() - rest.ln() }
}
