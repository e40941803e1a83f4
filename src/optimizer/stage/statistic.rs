use crate::Scalar;

/// Which statistic of the past gradients the preconditioner sees.
///
/// ```text
/// second moment:  f_t
/// variance:       f_t − ḡ_t²                ḡ averages gradients as f averages their squares
/// largest:        max(f_1, …, f_t)
/// ```
///
/// All but the first remember one number more per parameter.
///
/// # Numerical notes
/// A variance of averages is never negative, by Cauchy and Schwarz; where rounding makes it so it is set to 0. A
/// division by 1 − β₂^t applies to f and to ḡ; the largest is taken of undivided f.
///
/// # References
/// `Variance`: Graves 2013 (arXiv 1308.0850), equations 38 to 45. `Largest`: Reddi, Kale & Kumar 2018 (arXiv 1904.09237),
/// Algorithm 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Statistic {
    /// The averaged or summed squares themselves.
    #[default]
    SecondMoment,
    /// What is left of them without the squared mean (centred RMSProp).
    Variance,
    /// The largest so far (AMSGrad).
    Largest,
}

impl Statistic {
    /// What it remembers beside f, as a name for a saved state.
    pub(crate) fn memory(self) -> Option<&'static str> {
        match self {
            Statistic::SecondMoment => None,
            Statistic::Variance => Some("mean_gradient"),
            Statistic::Largest => Some("largest_second_moment"),
        }
    }

    /// f − ḡ²/divisor, which is the variance once it is itself divided.
    pub(crate) fn variance<T: Scalar>(f: &[T], mean: &[T], divisor: Option<T>, out: &mut [T]) {
        let divisor = divisor.unwrap_or(T::one());
        for ((out, &f), &mean) in out.iter_mut().zip(f).zip(mean) {
            *out = (f - mean * mean / divisor).max(T::zero());
        }
    }

    /// The larger of f and what was the largest.
    pub(crate) fn largest<T: Scalar>(f: &[T], largest: &[T], next: &mut [T]) {
        for ((next, &f), &largest) in next.iter_mut().zip(f).zip(largest) {
            *next = largest.max(f);
        }
    }
}
