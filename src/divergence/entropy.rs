use crate::Result;
use crate::divergence::laws::{law, sum};
use ndarray::ArrayView1;

/// Shannon's entropy.
///
/// ```text
/// H(p) = -Σ p ln p,   0 ln 0 = 0
/// ```
///
/// # Units
/// Nats; [`bits`] converts.
///
/// # Example
/// ```
/// use natgrad::{divergence::{bits, entropy}, ndarray::array};
/// assert!((bits(entropy(array![0.5, 0.25, 0.25].view())?) - 1.5).abs() < 1e-15);
/// # Ok::<(), natgrad::Error>(())
/// ```
pub fn entropy(p: ArrayView1<'_, f64>) -> Result<f64> {
    law("law", p)?;
    Ok(0.0 - p.iter().filter(|p| **p > 0.0).map(|p| p * p.ln()).sum::<f64>())
}

/// The cross-entropy, H(first) + KL(first ‖ second).
///
/// ```text
/// H(p, q) = -Σ p ln q
/// ```
///
/// # Units
/// Nats; infinite where the second law excludes what the first one has.
///
/// # Example
/// ```
/// use natgrad::{divergence::{bits, cross_entropy}, ndarray::array};
/// let h = cross_entropy(array![0.5, 0.5, 0.0].view(), array![0.25, 0.25, 0.5].view())?;
/// assert!((bits(h) - 2.0).abs() < 1e-15);
/// # Ok::<(), natgrad::Error>(())
/// ```
pub fn cross_entropy(first: ArrayView1<'_, f64>, second: ArrayView1<'_, f64>) -> Result<f64> {
    Ok(0.0 - sum(first, second, |p, q| if p > 0.0 { p * q.ln() } else { 0.0 })?)
}

/// Nats to bits: a division by ln 2.
///
/// # Example
/// ```
/// assert_eq!(natgrad::divergence::bits(2f64.ln()), 1.0);
/// ```
pub fn bits(nats: f64) -> f64 {
    nats / std::f64::consts::LN_2
}
