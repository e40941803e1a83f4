use super::weight_so_far;
use crate::optimizer::keywords::keywords;
use crate::{Error, Result, Scalar, check};
use ndarray::Array1;

/// Where ε stands beside the root of the second moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EpsilonPlacement {
    /// √v̂ + ε, after the correction.
    #[default]
    Tensorflow,
    /// √v + ε, before it: the same as √v̂ + ε/√(1 − β₂^t), so that ε is larger in the first steps.
    Pytorch,
}

keywords!(EpsilonPlacement, "epsilon placement", { Tensorflow = "tensorflow", Pytorch = "pytorch" });

/// Adam's two averages and their quotient, for methods that choose what is averaged.
///
/// ```text
/// m' = β₁ m + (1 − β₁) g      v' = β₂ v + (1 − β₂) s      q = m̂ / (√v̂ + ε),  0/0 := 0
/// ```
///
/// s is g² in Adam itself, a squared norm for methods on spheres, the square of a rotated gradient in Conda.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moments {
    beta1: f64,
    beta2: f64,
    epsilon: f64,
    placement: EpsilonPlacement,
    corrected: bool,
}

impl Moments {
    /// Averages with the correction of their bias.
    ///
    /// # Errors
    /// [`Error::Setting`] unless 0 ≤ β < 1 and ε ≥ 0 is finite.
    pub fn new(beta1: f64, beta2: f64, epsilon: f64, placement: EpsilonPlacement) -> Result<Self> {
        check::below_one("beta1", beta1)?;
        check::below_one("beta2", beta2)?;
        check::at_least_zero("epsilon", epsilon)?;
        Ok(Moments { beta1, beta2, epsilon, placement, corrected: true })
    }

    /// With or without the division by 1 − β^t.
    #[must_use]
    pub fn with_correction(self, corrected: bool) -> Self {
        Moments { corrected, ..self }
    }

    /// The numbers of step t.
    pub(crate) fn at<T: Scalar>(&self, step: u64) -> MomentClock<T> {
        let divisor = |beta| if self.corrected { weight_so_far(beta, step) } else { 1.0 };
        let second_divisor = divisor(self.beta2);
        let epsilon = match self.placement {
            EpsilonPlacement::Tensorflow => self.epsilon,
            EpsilonPlacement::Pytorch => self.epsilon / second_divisor.sqrt(),
        };
        MomentClock {
            keep: [T::of(self.beta1), T::of(self.beta2)],
            take: [T::of(1.0 - self.beta1), T::of(1.0 - self.beta2)],
            divisors: [T::of(divisor(self.beta1)), T::of(second_divisor)],
            epsilon: T::of(epsilon),
        }
    }
}

/// [`Moments`] at one step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MomentClock<T> {
    keep: [T; 2],
    take: [T; 2],
    divisors: [T; 2],
    epsilon: T,
}

impl<T: Scalar> MomentClock<T> {
    /// m'.
    pub(crate) fn first(&self, momentum: T, gradient: T) -> T {
        self.keep[0] * momentum + self.take[0] * gradient
    }

    /// v'.
    pub(crate) fn second(&self, second: T, square: T) -> T {
        self.keep[1] * second + self.take[1] * square
    }

    /// v̂.
    pub(crate) fn corrected(&self, second: T) -> T {
        second / self.divisors[1]
    }

    /// q, from m and v̂.
    pub(crate) fn quotient(&self, momentum: T, corrected: T) -> T {
        let denominator = corrected.sqrt() + self.epsilon;
        if denominator.is_zero() { T::zero() } else { momentum / self.divisors[0] / denominator }
    }
}

/// That no second moment has overflowed; `stride` entries of θ stand behind each.
pub(crate) fn check_second_moment<T: Scalar>(second: &Array1<T>, stride: usize) -> Result<()> {
    check::finite("second moment", second).map_err(|error| match error {
        Error::NonFinite { quantity, index, value } => {
            Error::NonFinite { quantity, index: index * stride, value }
        }
        other => other,
    })
}
