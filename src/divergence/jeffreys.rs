use crate::Result;
use crate::divergence::laws::sum;
use crate::divergence::number::total;
use crate::divergence::power::log_ratio;
use crate::divergence::{Contrast, Divergence, Number};
use ndarray::ArrayView1;

/// Jeffreys' divergence: both Kullback-Leibler divergences added (no half, no mean).
///
/// ```text
/// J(p, q) = KL(p‖q) + KL(q‖p) = Σ (p - q) ln(p/q)
/// ```
///
/// # Units
/// Nats. Its metric is twice Fisher-Rao's.
///
/// # Example
/// ```
/// use natgrad::{divergence::{Divergence, Jeffreys}, ndarray::array};
/// let j = Jeffreys.of(array![0.25, 0.75].view(), array![0.75, 0.25].view())?;
/// assert!((j - 3f64.ln()).abs() < 1e-15);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Jeffreys 1946, Proc. R. Soc. A 186, 453-461.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Jeffreys;

impl Divergence for Jeffreys {
    fn name(&self) -> String {
        "Jeffreys".to_owned()
    }

    fn of(&self, first: ArrayView1<'_, f64>, second: ArrayView1<'_, f64>) -> Result<f64> {
        sum(first, second, |p, q| match (p > 0.0, q > 0.0) {
            (true, true) => (q - p) * log_ratio(p, q),
            (false, false) => 0.0,
            _ => f64::INFINITY,
        })
    }
}

impl Contrast for Jeffreys {
    fn value<N: Number>(&self, first: &[N], second: &[N]) -> N {
        total(first, second, |p, q| (p - q) * (p / q).ln())
    }
}
