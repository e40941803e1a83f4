use crate::Result;
use crate::divergence::Divergence;
use crate::divergence::laws::sum;
use ndarray::ArrayView1;

/// Total variation, with the factor ½: the largest difference of the probabilities of one event.
///
/// ```text
/// TV(p, q) = ½ Σ |p - q| = max_A |p(A) - q(A)|
/// ```
///
/// # Units
/// Probability, between 0 and 1. Not smooth at p = q: it induces no metric.
///
/// # Example
/// ```
/// use natgrad::{divergence::{Divergence, TotalVariation}, ndarray::array};
/// assert_eq!(TotalVariation.of(array![0.5, 0.5].view(), array![0.25, 0.75].view())?, 0.25);
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TotalVariation;

impl Divergence for TotalVariation {
    fn name(&self) -> String {
        "total variation".to_owned()
    }

    fn of(&self, first: ArrayView1<'_, f64>, second: ArrayView1<'_, f64>) -> Result<f64> {
        sum(first, second, |p, q| 0.5 * (p - q).abs())
    }
}
