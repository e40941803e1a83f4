use crate::Result;
use crate::divergence::laws::sum;
use crate::divergence::number::total;
use crate::divergence::{Contrast, Divergence, Number};
use ndarray::ArrayView1;

/// Pearson's χ² divergence: the second law divides.
///
/// ```text
/// χ²(p ‖ q) = Σ (p - q)²/q
/// ```
///
/// # Units
/// None; twice the α-divergence of α = -3. With p the frequencies of N draws and q the hypothesis, N χ² is Pearson's statistic. Its
/// metric is twice Fisher-Rao's.
///
/// # Example
/// ```
/// use natgrad::{divergence::{Divergence, PearsonChiSquare}, ndarray::array};
/// let chi2 = PearsonChiSquare.of(array![1.0, 0.0].view(), array![0.5, 0.5].view())?;
/// assert_eq!(chi2, 1.0);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Pearson 1900, Phil. Mag. 50, 157-175.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PearsonChiSquare;

/// Neyman's χ² divergence: the first law divides.
///
/// ```text
/// χ²_N(p ‖ q) = Σ (p - q)²/p = χ²(q ‖ p)
/// ```
///
/// # Units
/// None; twice the α-divergence of α = 3. Its metric is twice Fisher-Rao's.
///
/// # Example
/// ```
/// use natgrad::{divergence::{Divergence, NeymanChiSquare}, ndarray::array};
/// let chi2 = NeymanChiSquare.of(array![0.5, 0.5].view(), array![1.0, 0.0].view())?;
/// assert_eq!(chi2, 1.0);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Neyman 1949, Proc. Berkeley Symp. Math. Statist. Prob. 1, 239-273.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NeymanChiSquare;

/// (p - q)²/divisor, by a quotient first: the square of a small difference may underflow.
fn term(p: f64, q: f64, divisor: f64) -> f64 {
    let gap = p - q;
    if gap == 0.0 { 0.0 } else { gap * (gap / divisor) }
}

impl Divergence for PearsonChiSquare {
    fn name(&self) -> String {
        "Pearson chi-square".to_owned()
    }

    fn of(&self, first: ArrayView1<'_, f64>, second: ArrayView1<'_, f64>) -> Result<f64> {
        sum(first, second, |p, q| term(p, q, q))
    }
}

impl Divergence for NeymanChiSquare {
    fn name(&self) -> String {
        "Neyman chi-square".to_owned()
    }

    fn of(&self, first: ArrayView1<'_, f64>, second: ArrayView1<'_, f64>) -> Result<f64> {
        sum(first, second, |p, q| term(p, q, p))
    }
}

impl Contrast for PearsonChiSquare {
    fn value<N: Number>(&self, first: &[N], second: &[N]) -> N {
        total(first, second, |p, q| (p - q) * (p - q) / q)
    }
}

impl Contrast for NeymanChiSquare {
    fn value<N: Number>(&self, first: &[N], second: &[N]) -> N {
        PearsonChiSquare.value(second, first)
    }
}
