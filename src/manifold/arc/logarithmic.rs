use super::ArcLength;

/// Scales: positive numbers whose ratios count.
///
/// ```text
/// g = c²/x²,   s = c ln x,   exp_x(v) = x e^{v/x}
/// ```
///
/// A whole line: neither 0 nor infinity is at finite distance. A rate and its reciprocal have the same distances.
///
/// # Example
/// ```
/// use natgrad::manifold::{Curve, Manifold, arc::Logarithmic};
/// use natgrad::ndarray::array;
///
/// let rate = Curve::new(Logarithmic::exponential_rate());
/// let d = rate.distance(&rate.point(array![1.0])?, &rate.point(array![2.0])?)?;
/// assert!((d - std::f64::consts::LN_2).abs() < 1e-16);
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Logarithmic {
    factor: f64,
    name: &'static str,
}

impl Logarithmic {
    /// The standard deviation of a normal law with known mean: c = √2.
    pub fn normal_scale() -> Self {
        Logarithmic { factor: std::f64::consts::SQRT_2, name: "normal laws by their standard deviation" }
    }

    /// The rate of an exponential law: c = 1.
    pub fn exponential_rate() -> Self {
        Logarithmic { factor: 1.0, name: "exponential laws by their rate" }
    }

    /// Positive numbers with the metric dx²/x²: c = 1.
    pub fn positive() -> Self {
        Logarithmic { factor: 1.0, name: "positive numbers" }
    }
}

impl ArcLength for Logarithmic {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn domain(&self) -> (f64, f64) {
        (0.0, f64::INFINITY)
    }

    fn requirement(&self) -> &'static str {
        "positive"
    }

    fn speed(&self, x: f64) -> f64 {
        self.factor / x
    }

    fn christoffel(&self, x: f64) -> f64 {
        -1.0 / x
    }

    fn between(&self, x: f64, y: f64) -> f64 {
        // The smaller as the unit, so that both orders give the same number.
        let (low, high) = (x.min(y), x.max(y));
        let (growth, ratio) = ((high - low) / low, high / low);
        let log = if growth <= 0.5 {
            growth.ln_1p()
        } else if ratio.is_finite() {
            ratio.ln()
        } else {
            high.ln() - low.ln()
        };
        let log = if x <= y { log } else { -log };
        self.factor * log
    }

    fn travel(&self, x: f64, length: f64) -> f64 {
        // Twice the half of it: the factor alone may be out of range where the result is not.
        let growth = (0.5 * length / self.factor).exp();
        x * growth * growth
    }

    fn to_ends(&self, _: f64) -> (f64, f64) {
        (f64::INFINITY, f64::INFINITY)
    }
}
