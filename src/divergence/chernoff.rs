use crate::Result;
use crate::divergence::Divergence;
use crate::divergence::laws::pair;
use crate::divergence::power::{log_ratio, second_remainder};
use crate::divergence::renyi::renyi;
use ndarray::ArrayView1;

/// The Chernoff information: how fast the error of the best test between two laws decays.
///
/// ```text
/// C(p, q) = max_{0 ≤ a ≤ 1} -ln Σ p^a q^{1-a}
/// ```
///
/// The greatest exponent a* is where the e-geodesic from q (a = 0) to p (a = 1) is as far from both ends:
/// KL(r‖p) = KL(r‖q) = C for r ∝ p^a* q^{1-a*}.
///
/// # Units
/// Nats per observation; infinite for laws on disjoint sets. Its metric is ¼ of Fisher-Rao's.
///
/// # Example
/// ```
/// use natgrad::{divergence::{Chernoff, Divergence}, ndarray::array};
/// let (p, q) = (array![0.25, 0.75], array![0.75, 0.25]);
/// let best = Chernoff.optimum(p.view(), q.view())?;
/// assert_eq!(best.exponent, 0.5);                                  // by symmetry
/// assert!((best.information + (0.75f64).sqrt().ln()).abs() < 1e-15); // Σ √(pq) = √¾
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Chernoff 1952, Ann. Math. Statist. 23, 493-507; Nielsen 2013, IEEE Signal Process. Lett. 20, 269-272 (the geometry).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Chernoff;

/// Where the maximum of a [`Chernoff`] information is, and its value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChernoffOptimum {
    /// a*, the exponent of the first law; ½ for equal laws.
    pub exponent: f64,
    /// C, nats.
    pub information: f64,
}

impl Chernoff {
    /// The best exponent and the value there.
    ///
    /// # Numerical notes
    /// The derivative is summed as p (e^x - 1 - x e^{(1-a)x}), x = ln(q/p), whose terms are of second order as q → p (the first two
    /// parts sum to zero). Bisection with Newton's steps inside the bracket; 64 sums at most.
    pub fn optimum(
        &self,
        first: ArrayView1<'_, f64>,
        second: ArrayView1<'_, f64>,
    ) -> Result<ChernoffOptimum> {
        pair(first, second)?;
        let both: Vec<(f64, f64, f64)> = first
            .iter()
            .zip(&second)
            .filter(|(p, q)| **p > 0.0 && **q > 0.0)
            .map(|(&p, &q)| (p, q, log_ratio(p, q)))
            .collect();
        if both.is_empty() {
            return Ok(ChernoffOptimum { exponent: 0.5, information: f64::INFINITY });
        }
        let rest: f64 =
            first.iter().zip(&second).filter(|(p, q)| **p <= 0.0 || **q <= 0.0).map(|(p, q)| q - p).sum();
        let exponent = root(|a| both.iter().fold((rest, 0.0), |sums, &term| add(sums, term, a)));
        let information = if exponent < 1.0 {
            (1.0 - exponent) * renyi(exponent, first, second)
        } else {
            renyi(0.0, second, first)
        };
        Ok(ChernoffOptimum { exponent, information })
    }
}

/// Adds one outcome (p, q, ln(q/p)) to the first and second derivative of Σ p^a q^{1-a} in a.
fn add((slope, curvature): (f64, f64), (p, q, x): (f64, f64, f64), a: f64) -> (f64, f64) {
    // p^a q^{1-a}, from the larger law.
    let weight = if x <= 0.0 { p * ((1.0 - a) * x).exp() } else { q * (-a * x).exp() };
    let term = if x.abs() <= 1.0 {
        p * (x * x * second_remainder(x) - x * ((1.0 - a) * x).exp_m1())
    } else {
        (q - p) - x * weight
    };
    (slope + term, curvature + x * x * weight)
}

/// The zero of an increasing function on [0, 1], given with its derivative; the nearer end if there is none, and ½ where it vanishes.
fn root(f: impl Fn(f64) -> (f64, f64)) -> f64 {
    let (mut low, mut high, mut a) = (0.0, 1.0, 0.5);
    if f(low).0 > 0.0 {
        return low;
    }
    if f(high).0 < 0.0 {
        return high;
    }
    for _ in 0..64 {
        let (value, slope) = f(a);
        if value == 0.0 || slope == 0.0 {
            return a;
        }
        if value < 0.0 {
            low = a
        } else {
            high = a
        }
        let newton = a - value / slope;
        let next = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
        if (next - a).abs() <= 1e-16 {
            return next;
        }
        a = next;
    }
    a
}

impl Divergence for Chernoff {
    fn name(&self) -> String {
        "Chernoff information".to_owned()
    }

    fn of(&self, first: ArrayView1<'_, f64>, second: ArrayView1<'_, f64>) -> Result<f64> {
        Ok(self.optimum(first, second)?.information)
    }
}
