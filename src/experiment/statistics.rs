use statrs::distribution::{ContinuousCDF, StudentsT};

/// A mean over runs, with the uncertainty that their number leaves.
///
/// ```text
/// mean ± t_(0.975, k−1) s / √k,    s² = Σ (x_i − mean)² / (k − 1)
/// ```
///
/// # Example
/// ```
/// use natgrad::experiment::MeanInterval;
/// let three = MeanInterval::of(&[1.0, 2.0, 3.0]).expect("values");
/// assert_eq!(three.mean, 2.0);
/// assert!((three.half_width.expect("a spread") - 4.302652729911275 / 3f64.sqrt()).abs() < 1e-9);
/// assert_eq!(MeanInterval::of(&[1.0]).expect("a value").half_width, None);     // one run tells no spread
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeanInterval {
    /// The mean.
    pub mean: f64,
    /// Half the 95 % interval of Student's t; none from a single value.
    pub half_width: Option<f64>,
    /// k.
    pub count: usize,
}

impl MeanInterval {
    /// Of these values; `None` without any.
    pub fn of(values: &[f64]) -> Option<Self> {
        let count = values.len();
        if count == 0 {
            return None;
        }
        let mean = values.iter().sum::<f64>() / count as f64;
        let square = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
        let freedom = count as f64 - 1.0;
        let half_width = StudentsT::new(0.0, 1.0, freedom)
            .ok()
            .map(|law| law.inverse_cdf(0.975) * (square / freedom / count as f64).sqrt());
        Some(MeanInterval { mean, half_width, count })
    }

    /// The lower end; the mean itself where there is no interval.
    pub fn low(&self) -> f64 {
        self.mean - self.half_width.unwrap_or(0.0)
    }

    /// The upper end.
    pub fn high(&self) -> f64 {
        self.mean + self.half_width.unwrap_or(0.0)
    }
}
