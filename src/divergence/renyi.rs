use crate::divergence::alpha::power_contrast;
use crate::divergence::laws::{pair, sum};
use crate::divergence::power::{log_ratio, power_deviance};
use crate::divergence::{Contrast, Divergence, Number};
use crate::special::log_sum_exp;
use crate::{Result, check};
use ndarray::ArrayView1;

/// Rényi's divergence of an order a from 0 to infinity.
///
/// ```text
/// R_a(p ‖ q) = ln(Σ p^a q^{1-a})/(a-1),   R_1 = KL(p‖q),   R_0 = -ln q(p > 0),
/// R_∞ = ln max p/q
/// ```
///
/// # Units
/// Nats; nondecreasing in a; (1-a) R_a(p‖q) = a R_{1-a}(q‖p). Its metric is a times Fisher-Rao's.
///
/// # Numerical notes
/// With D the α-divergence of exponent a, R_a = -ln1p(-a(1-a)D)/(1-a): continuous through a = 1, and full precision
/// as q → p. Only far apart, where Σ p^a q^{1-a} < ½ or overflows, is the logarithm of the sum taken directly.
///
/// # Example
/// ```
/// use natgrad::{divergence::{Divergence, Renyi}, ndarray::array};
/// let (p, q) = (array![0.5, 0.5], array![0.25, 0.75]);
/// let at = |order| Renyi::new(order)?.of(p.view(), q.view());
/// assert!((at(2.0)? - (4.0f64 / 3.0).ln()).abs() < 1e-15); // Σ p²/q = 1 + 1/3
/// assert_eq!(at(f64::INFINITY)?, 2f64.ln());
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Rényi 1961, Proc. Fourth Berkeley Symp. 1, 547-561; van Erven & Harremoës 2014, IEEE Trans. Inf. Theory 60, 3797-3820.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Renyi {
    order: f64,
}

impl Renyi {
    /// Of the order a, 0 ≤ a ≤ ∞.
    pub fn new(order: f64) -> Result<Self> {
        check::setting("order", order, order >= 0.0, "at least 0 (infinity is one)")?;
        Ok(Renyi { order })
    }
}

/// -ln Σ p^a q^{1-a} divided by 1 - a, for laws already checked.
pub(crate) fn renyi(a: f64, first: ArrayView1<'_, f64>, second: ArrayView1<'_, f64>) -> f64 {
    let pairs = || first.iter().zip(&second).filter(|(p, _)| **p > 0.0).map(|(&p, &q)| (p, q));
    if a == 0.0 {
        let missed: f64 = first.iter().zip(&second).filter(|(p, _)| **p <= 0.0).map(|(_, q)| q).sum();
        let met: f64 = pairs().map(|(_, q)| q).sum();
        return 0.0 - if missed <= 0.5 { (-missed).ln_1p() } else { met.ln() };
    }
    if a.is_infinite() {
        let log = |(p, q): (f64, f64)| if q > 0.0 { -log_ratio(p, q) } else { f64::INFINITY };
        return pairs().map(log).fold(0.0, f64::max);
    }
    if a >= 1.0 && pairs().any(|(_, q)| q <= 0.0) {
        return f64::INFINITY;
    }
    let divergence: f64 = first.iter().zip(&second).map(|(&p, &q)| power_deviance(a, 1.0 - a, p, q)).sum();
    let y = a * (1.0 - a) * divergence;
    if y <= 0.5 && y > -1e100 {
        // -ln1p(-y)/(1-a) = a D · (-ln1p(-y)/y), whose last factor is 1 where y vanishes.
        let factor = if y.abs() < 1e-8 { 1.0 + 0.5 * y } else { -(-y).ln_1p() / y };
        return a * divergence * factor;
    }
    let terms = pairs().filter(|(_, q)| *q > 0.0).map(|(p, q)| p.ln() + (1.0 - a) * log_ratio(p, q));
    log_sum_exp(terms) / (a - 1.0)
}

impl Divergence for Renyi {
    fn name(&self) -> String {
        format!("Rényi (order {})", self.order)
    }

    fn of(&self, first: ArrayView1<'_, f64>, second: ArrayView1<'_, f64>) -> Result<f64> {
        pair(first, second)?;
        Ok(renyi(self.order, first, second))
    }
}

impl Contrast for Renyi {
    /// Of a positive, finite order: no other one is smooth.
    fn value<N: Number>(&self, first: &[N], second: &[N]) -> N {
        let a = self.order;
        let divergence = power_contrast(a, 1.0 - a, first, second);
        if 1.0 - a == 0.0 {
            return divergence;
        }
        let rest = N::from(1.0 - a);
        -(N::from(1.0) - N::from(a) * rest * divergence).ln() / rest
    }
}

/// Tsallis' divergence of an order a ≥ 0: the α-divergence of exponent a, times a.
///
/// ```text
/// T_a(p ‖ q) = (Σ p^a q^{1-a} - 1)/(a-1),   T_1 = KL(p‖q),   T_0 = q(p = 0)
/// ```
///
/// # Units
/// Nats at a = 1. Its metric is a times Fisher-Rao's.
///
/// # Example
/// ```
/// use natgrad::{divergence::{Divergence, Tsallis}, ndarray::array};
/// let t = Tsallis::new(2.0)?.of(array![0.5, 0.5].view(), array![0.25, 0.75].view())?;
/// assert!((t - 1.0 / 3.0).abs() < 1e-15);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Tsallis 1998, Phys. Rev. E 58, 1442-1445.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tsallis {
    order: f64,
}

impl Tsallis {
    /// Of the order a, 0 ≤ a < ∞.
    pub fn new(order: f64) -> Result<Self> {
        check::at_least_zero("order", order)?;
        Ok(Tsallis { order })
    }
}

impl Divergence for Tsallis {
    fn name(&self) -> String {
        format!("Tsallis (order {})", self.order)
    }

    fn of(&self, first: ArrayView1<'_, f64>, second: ArrayView1<'_, f64>) -> Result<f64> {
        let a = self.order;
        sum(first, second, |p, q| match (p > 0.0, a > 0.0) {
            (false, _) => q,
            (true, false) => 0.0,
            (true, true) => a * power_deviance(a, 1.0 - a, p, q),
        })
    }
}

impl Contrast for Tsallis {
    fn value<N: Number>(&self, first: &[N], second: &[N]) -> N {
        N::from(self.order) * power_contrast(self.order, 1.0 - self.order, first, second)
    }
}
