use super::weight_so_far;
use crate::{Result, Scalar, check};

/// The exponential moving average of whatever is fed: gradients (Adam) or natural gradients (FAdam).
///
/// ```text
/// m_t = β₁ m_(t−1) + (1 − β₁) x_t,  m_0 = 0        used as m_t / (1 − β₁^t), or as it is
/// sum:  m_t = μ m_(t−1) + x_t                      (heavy ball, as in RMSProp)
/// ```
///
/// Without the correction the first step is (1 − β₁) of a corrected one: a built-in warm-up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Momentum {
    beta1: f64,
    take: f64,
    corrected: bool,
}

impl Momentum {
    /// Memory β₁, with or without the division by 1 − β₁^t.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless 0 ≤ β₁ < 1.
    pub fn new(beta1: f64, corrected: bool) -> Result<Self> {
        check::below_one("beta1", beta1)?;
        Ok(Momentum { beta1, take: 1.0 - beta1, corrected })
    }

    /// The sum with weights μ^k: at μ = 0.9 a steady x counts ten times. μ = 0 is no momentum.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless 0 ≤ μ < 1.
    pub fn sum(mu: f64) -> Result<Self> {
        check::below_one("momentum", mu)?;
        Ok(Momentum { beta1: mu, take: 1.0, corrected: false })
    }

    /// m' from m and x.
    pub(crate) fn update<T: Scalar>(&self, x: &[T], momentum: &[T], next: &mut [T]) {
        let (keep, take) = (T::of(self.beta1), T::of(self.take));
        for ((next, &m), &x) in next.iter_mut().zip(momentum).zip(x) {
            *next = keep * m + take * x;
        }
    }

    /// What to divide the average by at a step, if anything.
    pub(crate) fn divisor<T: Scalar>(&self, step: u64) -> Option<T> {
        self.corrected.then(|| T::of(weight_so_far(self.beta1, step)))
    }

    /// The average as it is used.
    pub(crate) fn correct<T: Scalar>(momentum: &[T], divisor: Option<T>, out: &mut [T]) {
        match divisor {
            Some(divisor) => out.iter_mut().zip(momentum).for_each(|(out, &m)| *out = m / divisor),
            None => out.copy_from_slice(momentum),
        }
    }
}
