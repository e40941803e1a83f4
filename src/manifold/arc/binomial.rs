use super::ArcLength;
use crate::{Result, check};

/// Bernoulli and binomial laws of n trials.
///
/// ```text
/// g = n/(p(1 - p)) in p,   n/(μ(n - μ)) in μ = np,   s = 2√n asin√p
/// ```
///
/// Half a circle of radius √n, from p = 0 to p = 1: both ends are at finite distance.
///
/// # Numerical notes
/// Differences of the angle are `atan2(sin, cos)` with sin = Δp/(√(p₁q₂) + √(p₂q₁)), cos = √(q₁q₂) + √(p₁p₂), q = 1 - p:
/// no digit is lost for near points, nor for points near opposite ends, where an arc sine alone loses half of them.
///
/// # Example
/// ```
/// use natgrad::manifold::{Curve, Manifold, arc::Binomial};
/// use natgrad::ndarray::array;
///
/// let coin = Curve::new(Binomial::probability(1)?);
/// let (p, q) = (coin.point(array![0.25])?, coin.point(array![0.75])?);
/// assert!((coin.distance(&p, &q)? - std::f64::consts::FRAC_PI_3).abs() < 1e-15); // angles π/6 and π/3, twice the difference
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Binomial {
    trials: f64,
    /// The coordinate's upper end: 1 for p, n for the mean.
    unit: f64,
}

impl Binomial {
    /// In the probability p of success.
    pub fn probability(trials: u64) -> Result<Self> {
        check::setting("trials", trials as f64, trials >= 1, "at least 1")?;
        Ok(Binomial { trials: trials as f64, unit: 1.0 })
    }

    /// In the mean np.
    pub fn mean(trials: u64) -> Result<Self> {
        let law = Binomial::probability(trials)?;
        Ok(Binomial { unit: law.trials, ..law })
    }

    /// √p and √(1 - p).
    fn roots(&self, x: f64) -> (f64, f64) {
        ((x / self.unit).sqrt(), ((self.unit - x) / self.unit).sqrt())
    }
}

impl ArcLength for Binomial {
    fn name(&self) -> String {
        let coordinate = if self.unit > 1.0 { "mean" } else { "probability" };
        format!("binomial laws of {} trials by their {coordinate}", self.trials)
    }

    fn domain(&self) -> (f64, f64) {
        (0.0, self.unit)
    }

    fn requirement(&self) -> &'static str {
        if self.unit > 1.0 {
            "strictly between 0 and the number of trials"
        } else {
            "strictly between 0 and 1"
        }
    }

    fn speed(&self, x: f64) -> f64 {
        let (a, b) = self.roots(x);
        self.trials.sqrt() / a / b / self.unit
    }

    fn christoffel(&self, x: f64) -> f64 {
        let rest = self.unit - x;
        0.5 * (x - rest) / x / rest
    }

    fn between(&self, x: f64, y: f64) -> f64 {
        let ((a, b), (c, d)) = (self.roots(x), self.roots(y));
        let sin = (y - x) / (a * d + c * b) / self.unit;
        2.0 * self.trials.sqrt() * sin.atan2(b * d + a * c)
    }

    fn travel(&self, x: f64, length: f64) -> f64 {
        let (a, b) = self.roots(x);
        let (sin, cos) = (0.5 * length / self.trials.sqrt()).sin_cos();
        let (root, other) = (a * cos + b * sin, b * cos - a * sin);
        // The smaller of p and 1 - p is the one whose digits count.
        if root < other { self.unit * (root * root) } else { self.unit - self.unit * (other * other) }
    }

    fn to_ends(&self, x: f64) -> (f64, f64) {
        let ((a, b), diameter) = (self.roots(x), 2.0 * self.trials.sqrt());
        (diameter * a.atan2(b), diameter * b.atan2(a))
    }
}
