use crate::{Result, check};

/// The times at which a slope test looks, equally spaced in the logarithm, and how far the slope may be off.
///
/// Times count from the base point; where a curve leaves the manifold before time 1, they are multiples of the time at
/// which it does, so that a point next to the boundary can be tested too.
///
/// # Example
/// ```
/// use natgrad::verify::Sweep;
/// let sweep = Sweep { count: 4, ..Sweep::default() };
/// assert_eq!((sweep.first, sweep.last, sweep.tolerance), (1e-4, 1e-1, 0.05));
/// let times = sweep.times(1.0)?;
/// assert!((times[1] - 1e-3).abs() < 1e-17 && (times[2] - 1e-2).abs() < 1e-16);
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sweep {
    /// The first time.
    pub first: f64,
    /// The last time.
    pub last: f64,
    /// How many times.
    pub count: usize,
    /// How far below the required slope the measured one may be.
    pub tolerance: f64,
}

impl Default for Sweep {
    /// 61 times from 10⁻⁴ to 10⁻¹, slopes within 0.05.
    fn default() -> Self {
        Sweep { first: 1e-4, last: 1e-1, count: 61, tolerance: 0.05 }
    }
}

impl Sweep {
    /// The times, as multiples of `unit`.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless 0 < first < last, the count is between 2 and 10,000, and the
    /// unit positive and finite.
    pub fn times(&self, unit: f64) -> Result<Vec<f64>> {
        let Sweep { first, last, count, tolerance } = *self;
        check::setting("first time", first, first > 0.0 && first.is_finite(), "positive and finite")?;
        check::setting("last time", last, last > first && last.is_finite(), "above the first, and finite")?;
        check::setting("number of times", count as f64, (2..=10_000).contains(&count), "2 to 10,000")?;
        check::setting("slope tolerance", tolerance, tolerance > 0.0 && tolerance < 1.0, "between 0 and 1")?;
        check::setting("unit of time", unit, unit > 0.0 && unit.is_finite(), "positive and finite")?;
        let ratio = (last / first).ln() / (count - 1) as f64;
        Ok((0..count).map(|k| unit * first * (ratio * k as f64).exp()).collect())
    }
}
