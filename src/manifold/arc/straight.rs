use super::ArcLength;
use crate::{Error, Result, check};

/// A coordinate that is an arc length already, but for a unit: the normal mean with σ known, or a bounded interval.
///
/// ```text
/// g = 1/σ²,   s = x/σ
/// ```
///
/// # Example
/// ```
/// use natgrad::manifold::{Curve, Manifold, arc::Straight};
/// use natgrad::ndarray::array;
///
/// let mean = Curve::new(Straight::normal_mean(0.5)?);
/// assert_eq!(mean.distance(&mean.point(array![1.0])?, &mean.point(array![4.0])?)?, 6.0);
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Straight {
    unit: f64,
    low: f64,
    high: f64,
}

impl Straight {
    /// The mean of a normal law with standard deviation `sigma`.
    pub fn normal_mean(sigma: f64) -> Result<Self> {
        let holds = sigma > 0.0 && sigma.is_finite();
        check::setting("standard deviation", sigma, holds, "positive and finite")?;
        Ok(Straight { unit: sigma, low: f64::NEG_INFINITY, high: f64::INFINITY })
    }

    /// The open interval from `low` to `high` with the metric dx²; an end may be infinite.
    pub fn interval(low: f64, high: f64) -> Result<Self> {
        if low < high {
            return Ok(Straight { unit: 1.0, low, high });
        }
        let requirement = "greater than the lower end of the interval";
        Err(Error::Domain { quantity: "interval", index: 1, value: high, requirement })
    }
}

impl ArcLength for Straight {
    fn name(&self) -> String {
        format!("line from {} to {} with unit {}", self.low, self.high, self.unit)
    }

    fn domain(&self) -> (f64, f64) {
        (self.low, self.high)
    }

    fn requirement(&self) -> &'static str {
        "strictly inside the interval"
    }

    fn speed(&self, _: f64) -> f64 {
        1.0 / self.unit
    }

    fn christoffel(&self, _: f64) -> f64 {
        0.0
    }

    fn between(&self, x: f64, y: f64) -> f64 {
        (y - x) / self.unit
    }

    fn travel(&self, x: f64, length: f64) -> f64 {
        x + self.unit * length
    }

    fn to_ends(&self, x: f64) -> (f64, f64) {
        ((x - self.low) / self.unit, (self.high - x) / self.unit)
    }
}
