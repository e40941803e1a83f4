//! A list of counts with their probabilities (private): what is left when the negligible ends are cut off.

use crate::likelihood::{Cell, SUPPORT_LIMIT, Support};
use crate::{Error, Result, Scalar};

/// A list of labels ends where an end adds less than this share of the mass and of the moments.
const TAIL: f64 = 1e-20;

/// A distribution on whole numbers whose neighbours have a simple ratio.
pub(super) struct Shape<R> {
    /// The likeliest count.
    pub(super) mode: f64,
    pub(super) mean: f64,
    pub(super) variance: f64,
    /// The fourth central moment.
    pub(super) fourth: f64,
    /// The largest count there is.
    pub(super) last: f64,
    /// lim p(y+1)/p(y).
    pub(super) ratio_at_infinity: f64,
    /// p(y+1)/p(y) as numerator and denominator; monotone in y.
    pub(super) ratio: R,
}

/// Consecutive counts from `first` on.
pub(super) struct Counts {
    first: f64,
    probabilities: Vec<f64>,
    /// A bound of the mass outside.
    omitted: f64,
}

impl Counts {
    /// The counts that matter, by the recurrence of the ratios from the mode outwards, normalised.
    pub(super) fn around<R: Fn(f64) -> (f64, f64)>(shape: &Shape<R>) -> Self {
        let variance = shape.variance.max(f64::MIN_POSITIVE);
        // Weights relative to the mode; the true mass at the mode is below 1, so the bounds only get safer.
        let negligible = |y: f64, weight: f64| {
            let square = (y - shape.mean).powi(2);
            weight <= TAIL
                && weight * square <= TAIL * variance
                && weight * square * square <= TAIL * shape.fourth.max(variance)
        };
        let mut omitted = 0.0;
        let (mut upper, mut y, mut weight) = (Vec::new(), shape.mode, 1.0);
        loop {
            upper.push(weight);
            if y >= shape.last {
                break;
            }
            let (over, under) = (shape.ratio)(y);
            y += 1.0;
            weight *= over / under;
            if y > shape.mean + 1.0 && negligible(y, weight) {
                // Beyond y no ratio of neighbours is above this one: a geometric series.
                let (over, under) = (shape.ratio)(y);
                omitted = weight / (1.0 - (over / under).max(shape.ratio_at_infinity));
                break;
            }
        }
        let mut lower = Vec::new();
        (y, weight) = (shape.mode, 1.0);
        while y > 0.0 {
            y -= 1.0;
            let (over, under) = (shape.ratio)(y);
            weight *= under / over;
            if negligible(y, weight) {
                let (over, under) = (shape.ratio)(y - 1.0);
                omitted += weight / (1.0 - under / over);
                break;
            }
            lower.push(weight);
        }
        let first = shape.mode - lower.len() as f64;
        lower.reverse();
        lower.extend(upper);
        let total: f64 = lower.iter().sum();
        lower.iter_mut().for_each(|p| *p /= total);
        Counts { first, probabilities: lower, omitted: omitted / total }
    }

    /// As a list of labels.
    pub(super) fn support<T: Scalar>(self) -> Support<T> {
        let labels = (0..self.probabilities.len()).map(|k| T::of(self.first + k as f64)).collect();
        let probabilities = self.probabilities.into_iter().map(T::of).collect();
        Support::of_output(labels, probabilities, self.omitted)
    }

    /// The label at which the distribution function passes u.
    pub(super) fn cell<T: Scalar>(&self, u: f64) -> Cell<T> {
        let mut below = 0.0;
        let mut last = Cell { label: T::of(self.first), below, mass: 1.0 };
        for (k, &mass) in self.probabilities.iter().enumerate() {
            last = Cell { label: T::of(self.first + k as f64), below, mass };
            below += mass;
            if u < below {
                break;
            }
        }
        last
    }
}

/// That a list of about `needed` counts can be had.
pub(super) fn check_length(needed: f64) -> Result<()> {
    if needed <= SUPPORT_LIMIT as f64 {
        return Ok(());
    }
    Err(Error::TooLarge {
        quantity: "the list of counts of one output",
        needed,
        limit: SUPPORT_LIMIT as f64,
        advice: "labels so spread out are not listed; use the estimator `Exact`",
    })
}
