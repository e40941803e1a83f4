use crate::{Result, check};
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
        let half_width = standard_error(values, mean).map(|error| quantile(count, 0.05) * error);
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

/// How two columns of numbers differ that were measured on the same seeds: the mean of the differences, pair by pair.
///
/// What the seed decides alike for both, the initial weights and the batches, cancels; what is left decides the
/// interval, which is often several times narrower than that of two means taken apart.
///
/// ```text
/// d_i = x_i − r_i,    mean ± t_(1 − α/2, k−1) s / √k,    s² = Σ (d_i − mean)² / (k − 1)
/// ```
///
/// Of m comparisons at α = 0.05 each, m/20 are expected to stand out where nothing differs. With α = 0.05/m
/// (Bonferroni) the chance that a single one does is at most 0.05, however the comparisons depend on each other.
///
/// # Example
/// ```
/// use natgrad::experiment::PairedDifference;
/// let paired = PairedDifference::of(&[11.0, 22.0, 33.0], &[10.0, 20.0, 30.0])?.expect("pairs");
/// assert_eq!((paired.mean, paired.count), (2.0, 3));                       // of 1, 2, 3
/// let half = paired.interval(1).half_width.expect("a spread");
/// assert!((half - 4.302652729911275 / 3f64.sqrt()).abs() < 1e-9);
/// assert!(!paired.distinguishable(1));                                     // 2 ± 2.48
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Student 1908, "The probable error of a mean", Biometrika 6; Dunn 1961, "Multiple comparisons among means", JASA 56.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairedDifference {
    /// The mean of x − r.
    pub mean: f64,
    /// s/√k; none from a single pair.
    pub standard_error: Option<f64>,
    /// k.
    pub count: usize,
}

impl PairedDifference {
    /// Of these values against those of the reference, in the same order; `None` without any.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) unless there are as many of both.
    pub fn of(values: &[f64], reference: &[f64]) -> Result<Option<Self>> {
        check::shape("values of the reference", &[values.len()], &[reference.len()])?;
        let differences: Vec<f64> = values.iter().zip(reference).map(|(x, r)| x - r).collect();
        let count = differences.len();
        if count == 0 {
            return Ok(None);
        }
        let mean = differences.iter().sum::<f64>() / count as f64;
        Ok(Some(PairedDifference { mean, standard_error: standard_error(&differences, mean), count }))
    }

    /// The 95 % interval as one of so many comparisons: α = 0.05 / comparisons.
    pub fn interval(&self, comparisons: usize) -> MeanInterval {
        let alpha = 0.05 / comparisons.max(1) as f64;
        let half_width = self.standard_error.map(|error| quantile(self.count, alpha) * error);
        MeanInterval { mean: self.mean, half_width, count: self.count }
    }

    /// Whether that interval leaves out 0; from a single pair nothing is distinguishable.
    pub fn distinguishable(&self, comparisons: usize) -> bool {
        let interval = self.interval(comparisons);
        interval.half_width.is_some_and(|half| interval.mean.abs() > half)
    }
}

/// s/√k; none of a single value.
fn standard_error(values: &[f64], mean: f64) -> Option<f64> {
    let count = values.len() as f64;
    let square = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
    (count > 1.0).then(|| (square / (count - 1.0) / count).sqrt())
}

/// t_(1 − α/2, k − 1), for k > 1.
fn quantile(count: usize, alpha: f64) -> f64 {
    let law = StudentsT::new(0.0, 1.0, count as f64 - 1.0);
    law.map_or(f64::NAN, |law| law.inverse_cdf(1.0 - alpha / 2.0))
}
