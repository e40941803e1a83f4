use crate::{Result, Scalar, check};

/// A learning rate that falls like 1/t.
///
/// ```text
/// η_t = η / (1 + (t − 1) κ),    κ = 0: η
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct RateDecay {
    kappa: f64,
}

impl RateDecay {
    /// The learning rate as it is.
    pub fn none() -> Self {
        RateDecay { kappa: 0.0 }
    }

    /// Falls with κ.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless κ is finite and at least 0.
    pub fn new(kappa: f64) -> Result<Self> {
        check::at_least_zero("lr_decay", kappa)?;
        Ok(RateDecay { kappa })
    }

    /// η_t; η itself, to the bit, for κ = 0.
    pub(crate) fn at<T: Scalar>(&self, learning_rate: T, step: u64) -> T {
        if self.kappa > 0.0 {
            T::of(learning_rate.as_f64() / (1.0 + step.saturating_sub(1) as f64 * self.kappa))
        } else {
            learning_rate
        }
    }
}
