use crate::Result;
use crate::divergence::laws::sum;
use crate::divergence::number::total;
use crate::divergence::{Contrast, Divergence, Number};
use ndarray::ArrayView1;

/// The squared Hellinger distance, with the factor ½: between 0 and 1.
///
/// ```text
/// H²(p, q) = ½ Σ (√p - √q)² = 1 - Σ √(pq)
/// ```
///
/// # Units
/// None (its metric is ¼ of Fisher-Rao's). H = √2 sin(d/4) with d the Fisher-Rao distance.
///
/// # Numerical notes
/// √p - √q is evaluated as (p - q)/(√p + √q), which cancels nothing.
///
/// # Example
/// ```
/// use natgrad::{divergence::{Divergence, SquaredHellinger}, ndarray::array};
/// let h2 = SquaredHellinger.of(array![1.0, 0.0].view(), array![0.25, 0.75].view())?;
/// assert!((h2 - 0.5).abs() < 1e-15); // 1 - √¼
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Le Cam & Yang 2000, Asymptotics in Statistics, 2nd ed. (Springer), chapter 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SquaredHellinger;

/// √q - √p without cancellation.
fn amplitude_gap(p: f64, q: f64) -> f64 {
    if p <= 0.0 && q <= 0.0 { 0.0 } else { (q - p) / (q.sqrt() + p.sqrt()) }
}

impl Divergence for SquaredHellinger {
    fn name(&self) -> String {
        "squared Hellinger".to_owned()
    }

    fn of(&self, first: ArrayView1<'_, f64>, second: ArrayView1<'_, f64>) -> Result<f64> {
        sum(first, second, |p, q| 0.5 * amplitude_gap(p, q).powi(2))
    }
}

impl Contrast for SquaredHellinger {
    fn value<N: Number>(&self, first: &[N], second: &[N]) -> N {
        total(first, second, |p, q| {
            let gap = p.sqrt() - q.sqrt();
            N::from(0.5) * gap * gap
        })
    }
}

/// The Bhattacharyya divergence: half of Rényi's of order ½.
///
/// ```text
/// B(p, q) = -ln Σ √(pq) = -ln(1 - H²)
/// ```
///
/// # Units
/// Nats; infinite for laws on disjoint sets. Not the square of a metric.
///
/// # Numerical notes
/// -ln1p(-H²) while H² ≤ ½, the logarithm of the sum itself beyond.
///
/// # Example
/// ```
/// use natgrad::{divergence::{Bhattacharyya, Divergence}, ndarray::array};
/// let b = Bhattacharyya.of(array![1.0, 0.0].view(), array![0.25, 0.75].view())?;
/// assert!((b - 2f64.ln()).abs() < 1e-15);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Bhattacharyya 1943, Bull. Calcutta Math. Soc. 35, 99-109.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bhattacharyya;

impl Divergence for Bhattacharyya {
    fn name(&self) -> String {
        "Bhattacharyya".to_owned()
    }

    fn of(&self, first: ArrayView1<'_, f64>, second: ArrayView1<'_, f64>) -> Result<f64> {
        let squared = SquaredHellinger.of(first, second)?;
        if squared <= 0.5 {
            return Ok(-(-squared).ln_1p());
        }
        let coefficient: f64 = first.iter().zip(&second).map(|(p, q)| p.sqrt() * q.sqrt()).sum();
        Ok(-coefficient.ln())
    }
}

impl Contrast for Bhattacharyya {
    fn value<N: Number>(&self, first: &[N], second: &[N]) -> N {
        -total(first, second, |p, q| (p * q).sqrt()).ln()
    }
}
