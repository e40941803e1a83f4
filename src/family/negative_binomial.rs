use crate::family::one_parameter::{self, OneParameter, one_parameter_family, univariate_by_statistic};
use crate::family::waiting::Waiting;
use crate::family::{Discrete, Expectation, Natural, Source};
use crate::{Result, check};
use ndarray::Array2;

/// The number of *failures* before the r-th success: 0, 1, 2, …; r > 0 is fixed and need not be whole.
///
/// ```text
/// θ = ln(1-p) < 0,   η = r(1-p)/p,   ψ = -r ln(1 - e^θ) = -r ln p,   h = Γ(x+r)/(x! Γ(r))
/// G_θ = r(1-p)/p²,   G_λ = r/(p²(1-p)),   G_η = r/(η(η+r))
/// ```
///
/// With r free it is no exponential family. KL compares equal r only.
///
/// # Errors
/// The entropy is a sum over outcomes: [`TooLarge`](crate::Error::TooLarge) for p below about 1e-5.
///
/// # Numerical notes
/// 1 - e^θ is never a difference; log-probabilities in the saddle-point form (Loader 2000).
///
/// # Example
/// ```
/// use natgrad::family::{Family, NegativeBinomial, Source};
/// let failures = NegativeBinomial::new(3.5)?;
/// let theta = failures.source_to_natural(&Source::from(0.2))?;
/// assert!((failures.log_partition(&theta)? + 3.5 * 0.2f64.ln()).abs() < 1e-14);
/// assert!((failures.natural_to_expectation(&theta)?.values()[0] - 14.0).abs() < 1e-13);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `tests/family/laws.rs`, `tests/family/waiting.rs`, `tests/family/limits.rs`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NegativeBinomial {
    waiting: Waiting,
}

impl NegativeBinomial {
    /// r successes end the count.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless 1e-100 ≤ r ≤ 1e100: beyond, powers of r leave the floats.
    pub fn new(successes: f64) -> Result<Self> {
        let holds = (1e-100..=1e100).contains(&successes);
        check::setting("successes", successes, holds, "positive, from 1e-100 to 1e100")?;
        Ok(NegativeBinomial { waiting: Waiting { successes, shift: 0.0 } })
    }

    /// r.
    pub fn successes(&self) -> f64 {
        self.waiting.successes
    }

    fn title(&self) -> String {
        format!("negative binomial (failures before success {})", self.waiting.successes)
    }
}

one_parameter_family!(NegativeBinomial, waiting);
univariate_by_statistic!(NegativeBinomial, waiting);

impl Discrete for NegativeBinomial {
    fn support(&self, theta: &Natural, tail: f64) -> Result<Array2<f64>> {
        self.waiting.outcomes(self.waiting.naturals().check(theta.values())?, tail)
    }
}
