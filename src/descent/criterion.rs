//! When to stop: criteria that combine, and say what they are.

use crate::{Error, Result, check};
use std::fmt;
use std::ops::{BitAnd, BitOr};

/// When to stop; `|` is or, `&` is and.
///
/// Nothing here looks at a clock: the same run stops at the same step on every machine. A rule under which a run could go on for
/// ever is refused before the run begins.
///
/// # Example
/// ```
/// use natgrad::descent::Criterion;
///
/// let rule = (Criterion::GradientNorm(1e-8) & Criterion::CostChange(1e-12)) | Criterion::Iterations(500);
/// assert_eq!(rule.to_string(), "(gradient norm ≤ 1e-8 and cost change ≤ 1e-12) or 500 iterations");
/// assert!(rule.check().is_ok());
/// assert!(Criterion::GradientNorm(1e-8).check().is_err());          // might never be met
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Criterion {
    /// After so many iterations.
    Iterations(usize),
    /// ‖grad f‖ ≤ the number; chart independent.
    GradientNorm(f64),
    /// ∂fᵀG⁻¹∂f = ‖grad f‖² ≤ the number: half of it is the decrease in nats that a natural-gradient step of length 1
    /// predicts of a KL-like objective.
    SquaredDecrement(f64),
    /// The length of the last step in the metric ≤ the number; rejected steps do not count.
    StepLength(f64),
    /// |f(xₖ₊₁) - f(xₖ)| ≤ the number; rejected steps do not count.
    CostChange(f64),
    /// The objective or its derivative is NaN or infinite at the next point; the run keeps the last good one. Without this
    /// criterion, that ends the run as an error.
    NotFinite,
    /// Either.
    Or(Box<Criterion>, Box<Criterion>),
    /// Both.
    And(Box<Criterion>, Box<Criterion>),
}

/// What criteria look at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Iterations done.
    pub iterations: usize,
    /// ∂fᵀG⁻¹∂f at the current point.
    pub squared_decrement: f64,
    /// Length of the last step, if one was made.
    pub step_length: Option<f64>,
    /// |change of f| in the last step, if one was made.
    pub cost_change: Option<f64>,
    /// Whether the next point had a number that is not finite.
    pub not_finite: bool,
}

impl Criterion {
    /// Whether the thresholds are numbers, and the rule must stop every run.
    ///
    /// # Errors
    /// A negative or NaN threshold; a rule that no iteration limit bounds.
    pub fn check(&self) -> Result<()> {
        self.thresholds()?;
        if self.is_bounded() {
            return Ok(());
        }
        Err(Error::Unsupported {
            what: "stopping rule without an iteration limit",
            reason: "a run might never end; join the rule to an iteration limit with `|`",
        })
    }

    fn thresholds(&self) -> Result<()> {
        let at_least_zero = |option, value: f64| check::at_least_zero(option, value);
        match self {
            Criterion::Iterations(_) | Criterion::NotFinite => Ok(()),
            Criterion::GradientNorm(value) => at_least_zero("gradient norm to stop at", *value),
            Criterion::SquaredDecrement(value) => at_least_zero("squared decrement to stop at", *value),
            Criterion::StepLength(value) => at_least_zero("step length to stop at", *value),
            Criterion::CostChange(value) => at_least_zero("cost change to stop at", *value),
            Criterion::Or(a, b) | Criterion::And(a, b) => {
                a.thresholds()?;
                b.thresholds()
            }
        }
    }

    fn is_bounded(&self) -> bool {
        match self {
            Criterion::Iterations(_) => true,
            Criterion::Or(a, b) => a.is_bounded() || b.is_bounded(),
            Criterion::And(a, b) => a.is_bounded() && b.is_bounded(),
            _ => false,
        }
    }

    /// Why to stop now, with the numbers; `None` to go on.
    pub fn met(&self, progress: &Progress) -> Option<String> {
        let below = |what: &str, value: f64, limit: f64| {
            (value <= limit).then(|| format!("{what} {value:.3e} ≤ {limit:e}"))
        };
        match self {
            Criterion::Iterations(limit) => {
                (progress.iterations >= *limit).then(|| format!("{limit} iterations done"))
            }
            Criterion::GradientNorm(limit) => {
                below("gradient norm", progress.squared_decrement.sqrt(), *limit)
            }
            Criterion::SquaredDecrement(limit) => {
                below("squared decrement", progress.squared_decrement, *limit)
            }
            Criterion::StepLength(limit) => below("step length", progress.step_length?, *limit),
            Criterion::CostChange(limit) => below("cost change", progress.cost_change?, *limit),
            Criterion::NotFinite => {
                progress.not_finite.then(|| "a number is not finite at the next point".to_owned())
            }
            Criterion::Or(a, b) => a.met(progress).or_else(|| b.met(progress)),
            Criterion::And(a, b) => a.met(progress).zip(b.met(progress)).map(|(a, b)| format!("{a} and {b}")),
        }
    }
}

impl BitOr for Criterion {
    type Output = Criterion;
    fn bitor(self, other: Criterion) -> Criterion {
        Criterion::Or(Box::new(self), Box::new(other))
    }
}

impl BitAnd for Criterion {
    type Output = Criterion;
    fn bitand(self, other: Criterion) -> Criterion {
        Criterion::And(Box::new(self), Box::new(other))
    }
}

impl fmt::Display for Criterion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Parentheses only where `and` and `or` meet.
        let part = |criterion: &Criterion, inside_and: bool| match (criterion, inside_and) {
            (Criterion::Or(..), true) | (Criterion::And(..), false) => format!("({criterion})"),
            _ => criterion.to_string(),
        };
        match self {
            Criterion::Iterations(limit) => write!(f, "{limit} iterations"),
            Criterion::GradientNorm(limit) => write!(f, "gradient norm ≤ {limit:e}"),
            Criterion::SquaredDecrement(limit) => write!(f, "squared decrement ≤ {limit:e}"),
            Criterion::StepLength(limit) => write!(f, "step length ≤ {limit:e}"),
            Criterion::CostChange(limit) => write!(f, "cost change ≤ {limit:e}"),
            Criterion::NotFinite => write!(f, "a number not finite"),
            Criterion::Or(a, b) => write!(f, "{} or {}", part(a, false), part(b, false)),
            Criterion::And(a, b) => write!(f, "{} and {}", part(a, true), part(b, true)),
        }
    }
}
