use super::ArcLength;
use crate::{Result, check};

/// Negative binomial laws of the failures before the r-th success, r > 0 known; r = 1 is the geometric law.
///
/// ```text
/// g = r/(p²(1 - p)) in p,   r/(μ(μ + r)) in μ = r(1 - p)/p,
/// s = 2√r asinh√(μ/r) = 2√r artanh√(1 - p)
/// ```
///
/// A half line: the mean 0 (p = 1) is at finite distance. Counting trials instead of failures shifts the mean by r and
/// changes nothing else.
///
/// # Numerical notes
/// sinh of a difference of angles comes from Δμ or Δp, and steps use the addition theorem with its two opposite terms
/// combined beforehand, so that neither p = 1e-300 nor a mean of 1e300 costs digits.
///
/// # Example
/// ```
/// use natgrad::manifold::{Curve, Manifold, arc::NegativeBinomial};
/// use natgrad::ndarray::array;
///
/// let geometric = Curve::new(NegativeBinomial::mean(1.0)?);
/// let (p, q) = (geometric.point(array![9.0 / 16.0])?, geometric.point(array![16.0 / 9.0])?);
/// let by_hand = 2.0 * (3f64.ln() - 2f64.ln());             // asinh(3/4) = ln 2, asinh(4/3) = ln 3
/// assert!((geometric.distance(&p, &q)? - by_hand).abs() < 1e-15);
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NegativeBinomial {
    successes: f64,
    by_mean: bool,
}

impl NegativeBinomial {
    /// In the probability p of success.
    pub fn probability(successes: f64) -> Result<Self> {
        let holds = successes > 0.0 && successes.is_finite();
        check::setting("successes", successes, holds, "positive and finite")?;
        Ok(NegativeBinomial { successes, by_mean: false })
    }

    /// In the mean number of failures, r(1 - p)/p.
    pub fn mean(successes: f64) -> Result<Self> {
        Ok(NegativeBinomial { by_mean: true, ..NegativeBinomial::probability(successes)? })
    }

    /// √x and √(1 + x) of x = μ/r.
    fn roots(&self, mean: f64) -> (f64, f64) {
        let x = mean / self.successes;
        (x.sqrt(), (1.0 + x).sqrt())
    }
}

impl ArcLength for NegativeBinomial {
    fn name(&self) -> String {
        let coordinate = if self.by_mean { "mean" } else { "probability" };
        format!("negative binomial laws of {} successes by their {coordinate}", self.successes)
    }

    fn domain(&self) -> (f64, f64) {
        (0.0, if self.by_mean { f64::INFINITY } else { 1.0 })
    }

    fn requirement(&self) -> &'static str {
        if self.by_mean { "positive" } else { "strictly between 0 and 1" }
    }

    fn speed(&self, x: f64) -> f64 {
        if self.by_mean {
            let (a, b) = self.roots(x);
            1.0 / self.successes.sqrt() / a / b
        } else {
            self.successes.sqrt() / (1.0 - x).sqrt() / x
        }
    }

    fn christoffel(&self, x: f64) -> f64 {
        if self.by_mean { -0.5 / x - 0.5 / (x + self.successes) } else { 0.5 / (1.0 - x) - 1.0 / x }
    }

    fn between(&self, x: f64, y: f64) -> f64 {
        let sinh = if self.by_mean {
            let ((a, b), (c, d)) = (self.roots(x), self.roots(y));
            (y - x) / (a * d + c * b) / self.successes
        } else {
            (y - x) / ((1.0 - x).sqrt() + (1.0 - y).sqrt()) / (x.sqrt() * y.sqrt())
        };
        2.0 * self.successes.sqrt() * sinh.asinh()
    }

    fn travel(&self, x: f64, length: f64) -> f64 {
        let angle = 0.5 * length / self.successes.sqrt();
        if self.by_mean {
            let (a, b) = self.roots(x);
            // sinh(A + δ); for δ < 0 its terms √x cosh δ and √(1 + x) sinh δ would cancel far out.
            let root = if angle < 0.0 {
                a * angle.exp() + angle.sinh() / (a + b)
            } else {
                a * angle.cosh() + b * angle.sinh()
            };
            self.successes * (root * root)
        } else {
            let root = (1.0 - x).sqrt();
            // cosh and sinh of the new angle over cosh of the old one, with e^{-δ} in place of the terms that would cancel.
            let (decay, rest) = ((-angle).exp(), x * angle.sinh() / (1.0 + root));
            if angle < 0.0 {
                let cosh = angle.cosh() - root * angle.sinh();
                x / cosh / cosh
            } else {
                let (cosh, sinh) = (decay + rest, decay * root - rest);
                let fails = (sinh / cosh).powi(2);
                // The smaller of p and 1 - p is the one whose digits count.
                if fails < 0.5 { 1.0 - fails } else { x / cosh / cosh }
            }
        }
    }

    fn to_ends(&self, x: f64) -> (f64, f64) {
        let diameter = 2.0 * self.successes.sqrt();
        if self.by_mean {
            (diameter * self.roots(x).0.asinh(), f64::INFINITY)
        } else {
            (f64::INFINITY, diameter * ((1.0 - x).sqrt() / x.sqrt()).asinh())
        }
    }
}
