use crate::divergence::laws::sum;
use crate::divergence::number::total;
use crate::divergence::power::power_deviance;
use crate::divergence::{Contrast, Divergence, Number};
use crate::{Result, check};
use ndarray::ArrayView1;

/// Amari's α-divergence, in the convention in which α = -1 is KL(first ‖ second).
///
/// ```text
/// D^(α)(p ‖ q) = 4/(1-α²) · (1 - Σ p^{(1-α)/2} q^{(1+α)/2}),   D^(-1) = KL(p‖q),
/// D^(1) = KL(q‖p)
/// ```
///
/// | α | is |
/// |---|---|
/// | -3 | ½ Σ (p - q)²/q |
/// | -1 | KL(p‖q) |
/// | 0 | 4 H² |
/// | 1 | KL(q‖p) |
/// | 3 | ½ Σ (p - q)²/p |
///
/// It induces the metric of Fisher and Rao and the connection ∇^(α), and D^(α)(p‖q) = D^(-α)(q‖p).
///
/// # Units
/// Nats at α = ±1; for every α half the squared Fisher-Rao length to second order. Other conventions in use: the exponent
/// a = (1-α)/2 itself, and the opposite sign of α.
///
/// # Numerical notes
/// The sum is over (a p + b q - p^a q^b)/(ab) ≥ 0, b = 1 - a, in a form that has no singularity at a = 0 and 1: the value is
/// continuous in α through ±1 without a switch, and keeps its digits as q → p. Beyond 1.8e308 it is infinite.
///
/// # Example
/// ```
/// use natgrad::{divergence::{AlphaDivergence, Divergence}, ndarray::array};
/// let (p, q) = (array![0.2, 0.3, 0.5], array![0.1, 0.6, 0.3]);
/// let at = |alpha| AlphaDivergence::new(alpha)?.of(p.view(), q.view());
/// assert!((at(3.0)? - 0.215).abs() < 1e-15);
/// assert!((at(-1.0)? - at(-1.0 + 1e-13)?).abs() < 1e-14);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Amari 1985, Differential-Geometrical Methods in Statistics (Springer); Amari 2016, Information Geometry and Its Applications
/// (Springer); Cressie & Read 1984, J. R. Statist. Soc. B 46, 440-464 (the same family of statistics).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AlphaDivergence {
    alpha: f64,
}

impl AlphaDivergence {
    /// For any finite α.
    pub fn new(alpha: f64) -> Result<Self> {
        check::setting("alpha", alpha, alpha.is_finite(), "finite")?;
        Ok(AlphaDivergence { alpha })
    }

    /// α.
    pub fn alpha(&self) -> f64 {
        self.alpha
    }

    /// (1-α)/2 and (1+α)/2, the exponents of the two laws.
    fn exponents(&self) -> (f64, f64) {
        (0.5 * (1.0 - self.alpha), 0.5 * (1.0 + self.alpha))
    }
}

impl Divergence for AlphaDivergence {
    fn name(&self) -> String {
        format!("Amari alpha ({})", self.alpha)
    }

    fn of(&self, first: ArrayView1<'_, f64>, second: ArrayView1<'_, f64>) -> Result<f64> {
        let (a, b) = self.exponents();
        sum(first, second, |p, q| power_deviance(a, b, p, q))
    }
}

impl Contrast for AlphaDivergence {
    fn value<N: Number>(&self, first: &[N], second: &[N]) -> N {
        let (a, b) = self.exponents();
        power_contrast(a, b, first, second)
    }
}

/// Σ (a p + b q - p^a q^b)/(ab) in any arithmetic. Near a = 0 and 1 its value cancels, which is `power_deviance`'s business, but
/// its mixed derivatives do not: those of p^a q^b carry the factor ab.
pub(crate) fn power_contrast<N: Number>(a: f64, b: f64, first: &[N], second: &[N]) -> N {
    if a == 0.0 || b == 0.0 {
        let (p, q) = if b == 0.0 { (first, second) } else { (second, first) };
        return total(p, q, |p, q| p * (p / q).ln() - p + q);
    }
    let (wp, wq, scale) = (N::from(a), N::from(b), N::from(a * b));
    total(first, second, |p, q| (wp * p + wq * q - p.powf(a) * q.powf(b)) / scale)
}
