use super::weight_so_far;
use crate::optimizer::keywords::keywords;
use crate::{Result, Scalar, check};

/// How the average of squared gradients is freed from the influence of its start f₀.
///
/// # References
/// Kingma & Ba 2015, section 3 (`Divided`); Hwang 2024, section 3.4.4 (`Folded`), the same identity as the
/// time-dependent β₂ of Adafactor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BiasCorrection {
    /// β₂ itself depends on time, b_t = β₂ (1 − β₂^(t−1)) / (1 − β₂^t): f_t is already right (FAdam).
    #[default]
    Folded,
    /// f is stored raw and divided by 1 − β₂^t where it is used (Adam).
    Divided,
    /// f is used raw; the start f₀ still weighs β₂^t at step t.
    None,
}

keywords!(BiasCorrection, "bias correction", { Folded = "folded", Divided = "divided", None = "none" });

/// The exponential moving average of squared gradients: a diagonal *empirical* Fisher, averaged over time.
///
/// ```text
/// Folded:          s_t = β₂ s_(t−1) + 1,  s_0 = 0      f_t = f_(t−1) + (g_t² − f_(t−1)) / s_t
/// Divided, None:   f_t = β₂ f_(t−1) + (1 − β₂) g_t²    used as f_t / (1 − β₂^t), or as it is
/// sum:             f_t = f_(t−1) + g_t²                (AdaGrad)
/// ```
///
/// # Numerical notes
/// 1 − b_t = 1/s_t, so the folded form needs no quotient of two numbers near 1: that quotient is off by 3e-6 at
/// t = 2 in `f32`. At t = 1 the average *is* g₁², to the last bit, whatever f₀. `Folded` and `Divided` with
/// f₀ = 0 are equal in exact arithmetic, and to 1e-12 in `f64`.
///
/// # Example
/// ```
/// use natgrad::optimizer::stage::{BiasCorrection, SecondMoment};
/// let average = SecondMoment::new(0.999, BiasCorrection::Folded)?;
/// assert_eq!(average.weight_of_newest(1), 1.0);
/// assert!((1.0 - average.weight_of_newest(2) - 0.499749874937).abs() < 1e-12); // b₂
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SecondMoment {
    keep: f64,
    take: f64,
    initial: f64,
    correction: BiasCorrection,
}

impl SecondMoment {
    /// An average with memory β₂ that starts at f₀ = 0.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless 0 ≤ β₂ < 1.
    pub fn new(beta2: f64, correction: BiasCorrection) -> Result<Self> {
        check::below_one("beta2", beta2)?;
        Ok(SecondMoment { keep: beta2, take: 1.0 - beta2, initial: 0.0, correction })
    }

    /// The sum of all squares since the start, from f₀ = 0: nothing is forgotten, and nothing to be corrected.
    pub fn sum() -> Self {
        SecondMoment { keep: 1.0, take: 1.0, initial: 0.0, correction: BiasCorrection::None }
    }

    /// The same average with another start f₀ (without effect on `Folded`, where b₁ = 0).
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless f₀ is finite and at least 0.
    pub fn starting_at(self, f0: f64) -> Result<Self> {
        check::at_least_zero("f0", f0)?;
        Ok(SecondMoment { initial: f0, ..self })
    }

    /// f₀.
    pub fn initial(&self) -> f64 {
        self.initial
    }

    /// The weight of g_t² in the stored average: 1/s_t, or 1 − β₂ without folding, or 1 in a sum.
    pub fn weight_of_newest(&self, step: u64) -> f64 {
        match self.correction {
            BiasCorrection::Folded => 1.0 / self.weight_sum(step).max(1.0),
            BiasCorrection::Divided | BiasCorrection::None => self.take,
        }
    }

    /// s_t by its recurrence; ends early where the recurrence has reached its fixed point.
    pub(crate) fn weight_sum(&self, step: u64) -> f64 {
        let mut sum = 0.0f64;
        for _ in 0..step {
            let next = self.next_weight_sum(sum);
            if next.to_bits() == sum.to_bits() {
                break;
            }
            sum = next;
        }
        sum
    }

    /// s_t from s_(t−1).
    pub(crate) fn next_weight_sum(&self, sum: f64) -> f64 {
        self.keep * sum + 1.0
    }

    /// The update rule at the step whose s_t is `weight_sum`.
    pub(crate) fn average<T: Scalar>(&self, weight_sum: f64) -> Average<T> {
        match self.correction {
            BiasCorrection::Folded if weight_sum <= 1.0 => Average::Replace,
            BiasCorrection::Folded => Average::Towards { weight: T::of(1.0 / weight_sum) },
            BiasCorrection::Divided | BiasCorrection::None => {
                Average::Convex { keep: T::of(self.keep), take: T::of(self.take) }
            }
        }
    }

    /// What to divide the stored average by at a step, if anything.
    pub(crate) fn divisor<T: Scalar>(&self, step: u64) -> Option<T> {
        (self.correction == BiasCorrection::Divided).then(|| T::of(weight_so_far(self.keep, step)))
    }
}

/// One step of the average, with its weights resolved.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Average<T> {
    /// f' = g²
    Replace,
    /// f' = f + w (g² − f)
    Towards { weight: T },
    /// f' = k f + w g²
    Convex { keep: T, take: T },
}

impl<T: Scalar> Average<T> {
    /// f' from f and g.
    pub(crate) fn update(self, gradient: &[T], moment: &[T], next: &mut [T]) {
        let entries = next.iter_mut().zip(moment).zip(gradient);
        match self {
            Average::Replace => entries.for_each(|((next, _), &g)| *next = g * g),
            Average::Towards { weight } => {
                entries.for_each(|((next, &f), &g)| *next = f + weight * (g * g - f));
            }
            Average::Convex { keep, take } => {
                entries.for_each(|((next, &f), &g)| *next = keep * f + take * (g * g));
            }
        }
    }

    /// ḡ' from ḡ and g: the gradients themselves, averaged with the same weights.
    pub(crate) fn update_mean(self, gradient: &[T], mean: &[T], next: &mut [T]) {
        let entries = next.iter_mut().zip(mean).zip(gradient);
        match self {
            Average::Replace => entries.for_each(|((next, _), &g)| *next = g),
            Average::Towards { weight } => entries.for_each(|((next, &m), &g)| *next = m + weight * (g - m)),
            Average::Convex { keep, take } => {
                entries.for_each(|((next, &m), &g)| *next = keep * m + take * g)
            }
        }
    }
}
