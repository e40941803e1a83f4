use crate::Result;
use crate::family::one_parameter::{self, OneParameter, one_parameter_family, univariate_by_statistic};
use crate::family::waiting::Waiting;
use crate::family::{Discrete, Expectation, Natural, Source};
use ndarray::Array2;

/// The number of *failures* before the first success: 0, 1, 2, …
///
/// ```text
/// θ = ln(1-p) < 0,   η = (1-p)/p,   ψ = -ln(1 - e^θ),   G_θ = (1-p)/p²,   G_λ = 1/(p²(1-p)),
/// G_η = 1/(η(1+η))
/// ```
///
/// [`GeometricTrials`] counts the success too. The convention is in the name, for both are called geometric.
///
/// # Numerical notes
/// 1 - e^θ is never a difference: θ = -1e-300 (p = 1e-300) and θ = -800 are as good as -1. Drawn as the whole part of
/// an exponential law, which is right also where 1 - p rounds to one.
///
/// # Example
/// ```
/// use natgrad::family::{Family, GeometricFailures, Source};
/// let failures = GeometricFailures::new();
/// assert!((failures.source_to_expectation(&Source::from(0.2))?.values()[0] - 4.0).abs() < 1e-15);
/// assert_eq!(failures.fisher_source(&Source::from(0.5))?[[0, 0]], 8.0);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `tests/family/laws.rs`, `tests/family/waiting.rs`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GeometricFailures {
    waiting: Waiting,
}

impl GeometricFailures {
    /// The family.
    pub fn new() -> Self {
        GeometricFailures { waiting: Waiting { successes: 1.0, shift: 0.0 } }
    }

    fn title(&self) -> String {
        "geometric (failures before the first success)".to_owned()
    }
}

impl Default for GeometricFailures {
    fn default() -> Self {
        GeometricFailures::new()
    }
}

/// The number of *trials* up to and with the first success: 1, 2, 3, …
///
/// ```text
/// θ = ln(1-p) < 0,   η = 1/p,   ψ = θ - ln(1 - e^θ),   G_θ = (1-p)/p²,   G_λ = 1/(p²(1-p)),
/// G_η = 1/(η(η-1))
/// ```
///
/// One more than [`GeometricFailures`]: same θ, Fisher, entropy and divergences.
///
/// # Numerical notes
/// η = 1/p rounds where p is next to one; the failures do not.
///
/// # Example
/// ```
/// use natgrad::family::{Family, GeometricTrials, Source};
/// let trials = GeometricTrials::new();
/// assert!((trials.source_to_expectation(&Source::from(0.2))?.values()[0] - 5.0).abs() < 1e-15);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `tests/family/laws.rs`, `tests/family/waiting.rs`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GeometricTrials {
    waiting: Waiting,
}

impl GeometricTrials {
    /// The family.
    pub fn new() -> Self {
        GeometricTrials { waiting: Waiting { successes: 1.0, shift: 1.0 } }
    }

    fn title(&self) -> String {
        "geometric (trials up to the first success)".to_owned()
    }
}

impl Default for GeometricTrials {
    fn default() -> Self {
        GeometricTrials::new()
    }
}

one_parameter_family!(GeometricFailures, waiting);
univariate_by_statistic!(GeometricFailures, waiting);
one_parameter_family!(GeometricTrials, waiting);
univariate_by_statistic!(GeometricTrials, waiting);

impl Discrete for GeometricFailures {
    fn support(&self, theta: &Natural, tail: f64) -> Result<Array2<f64>> {
        self.waiting.outcomes(self.waiting.naturals().check(theta.values())?, tail)
    }
}

impl Discrete for GeometricTrials {
    fn support(&self, theta: &Natural, tail: f64) -> Result<Array2<f64>> {
        self.waiting.outcomes(self.waiting.naturals().check(theta.values())?, tail)
    }
}
