//! What can go wrong, with the numbers.

use std::path::PathBuf;

/// `Result` with natgrad's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Every failure of the crate.
///
/// Data can only give `Err`: a panic reachable from public input is a bug. Payloads are names and `f64`,
/// never the scalar type, so that the enum stays non-generic and comparable in tests. The text says what,
/// where, how much, and what to try.
///
/// # Example
/// ```
/// use natgrad::{Error, Labels};
///
/// let error = Labels::<f64>::classes(&[]).unwrap_err();
/// assert_eq!(error, Error::Empty { quantity: "labels" });
/// assert_eq!(error.to_string(), "labels is empty; at least one entry is needed");
/// ```
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An array has the wrong shape.
    #[error("{quantity} has shape {found:?}; expected {expected:?}")]
    Shape {
        /// Which array.
        quantity: &'static str,
        /// The shape that fits.
        expected: Vec<usize>,
        /// The shape that came.
        found: Vec<usize>,
    },
    /// A number is outside its domain.
    #[error("{quantity}[{index}] = {}; it must be {requirement}", told(.value))]
    Domain {
        /// Which array.
        quantity: &'static str,
        /// Flat (row-major) position in it.
        index: usize,
        /// The number found there.
        value: f64,
        /// What it must be.
        requirement: &'static str,
    },
    /// A setting is outside its domain.
    #[error("{option} = {}; it must be {requirement}", told(.value))]
    Setting {
        /// Which setting.
        option: &'static str,
        /// The value given.
        value: f64,
        /// What it must be.
        requirement: &'static str,
    },
    /// A number is NaN or infinite.
    #[error("{quantity}[{index}] = {value}; every entry must be finite")]
    NonFinite {
        /// Which array.
        quantity: &'static str,
        /// Flat (row-major) position in it.
        index: usize,
        /// The number found there (NaN compares unequal to itself: match on the index).
        value: f64,
    },
    /// Nothing to work on.
    #[error("{quantity} is empty; at least one entry is needed")]
    Empty {
        /// Which array.
        quantity: &'static str,
    },
    /// A factorisation met a pivot that is not positive.
    #[error(
        "matrix of order {order} is not positive definite: pivot {pivot} is not positive; raise the damping, or check that it is a Fisher matrix"
    )]
    NotPositiveDefinite {
        /// Order of the matrix.
        order: usize,
        /// Index of the failing pivot.
        pivot: usize,
    },
    /// An operator that has no inverse, or not this power.
    #[error(
        "{what}: the damped operator has eigenvalue {eigenvalue:.3e} beside the largest, {largest:.3e}; it must be positive; raise the damping, or use the pseudo-inverse"
    )]
    Singular {
        /// What was asked for.
        what: &'static str,
        /// The least eigenvalue, damping included.
        eigenvalue: f64,
        /// The greatest eigenvalue, damping included.
        largest: f64,
    },
    /// A step that ends beyond the boundary of its manifold.
    #[error(
        "{map} on the {manifold}: the curve reaches the boundary at time {exit_time}, and the step needs time 1; shorten the step"
    )]
    BeyondExit {
        /// The exponential map or retraction.
        map: &'static str,
        /// The manifold.
        manifold: String,
        /// When the curve reaches the boundary, as a multiple of the step.
        exit_time: f64,
    },
    /// A mean that no law on the outcomes has, unless on the boundary: with a direction that proves it.
    #[error(
        "{quantity} must be strictly inside the convex hull of the outcomes' statistics: in the direction {direction:?} it goes to {value}, and the outcomes to {bound} at most"
    )]
    OutsideHull {
        /// Which mean.
        quantity: &'static str,
        /// A direction d in the space of the statistics, its largest entry ±1.
        direction: Vec<f64>,
        /// ⟨d, mean⟩.
        value: f64,
        /// The greatest ⟨d, T⟩ of any outcome.
        bound: f64,
    },
    /// A solver did not reach its tolerance.
    #[error(
        "{solver} stopped after {iterations} iterations at relative residual {residual:.3e} (tolerance {tolerance:.1e}); {}",
        why(*condition, *backward_error, *at_rounding)
    )]
    NotConverged {
        /// Which solver.
        solver: &'static str,
        /// Iterations done.
        iterations: usize,
        /// Relative residual reached.
        residual: f64,
        /// Relative residual asked for.
        tolerance: f64,
        /// Condition number of the system, from below; NaN if unknown.
        condition: f64,
        /// How far off a system must be that the result solves exactly; NaN if unknown.
        backward_error: f64,
        /// Whether the backward error is at rounding level, so that no arithmetic of this precision does better.
        at_rounding: bool,
    },
    /// A computation would be larger than its limit.
    #[error("{quantity} would need {}, more than the limit of {}; {advice}", count(*needed), count(*limit))]
    TooLarge {
        /// What is counted.
        quantity: &'static str,
        /// How many are needed.
        needed: f64,
        /// How many are allowed.
        limit: f64,
        /// What to do instead.
        advice: &'static str,
    },
    /// A combination that does not exist.
    #[error("{what}: {reason}")]
    Unsupported {
        /// What was asked for.
        what: &'static str,
        /// Why it cannot be had.
        reason: &'static str,
    },
    /// Something wrong in one row of a batch.
    #[error("row {row}: {error}")]
    Row {
        /// Which row.
        row: usize,
        /// What is wrong there.
        error: Box<Error>,
    },
    /// A method that cannot work from gradients alone.
    #[error("{method} needs {needs}, not only gradients")]
    NeedsModel {
        /// The method.
        method: &'static str,
        /// What a step needs.
        needs: &'static str,
    },
    /// Something wrong with one group of tensors.
    #[error("group {group}: {error}")]
    Group {
        /// Which group, from 1.
        group: usize,
        /// What is wrong with it.
        error: Box<Error>,
    },
    /// A name nobody knows.
    #[error("unknown {what} '{name}'; known: {known}")]
    Unknown {
        /// What kind of name.
        what: &'static str,
        /// The name given.
        name: String,
        /// The names that exist.
        known: String,
    },
    /// A file cannot be read, or does not hold what it should.
    #[error("{}: {problem}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong, with the array or line and the index.
        problem: String,
    },
}

/// A count in full, unless that is more digits than anybody reads.
fn count(number: f64) -> String {
    if number < 1e15 { format!("{number:.0}") } else { format!("{number:.3e}") }
}

/// Why an iteration stopped short, and what to try.
fn why(condition: f64, backward_error: f64, at_rounding: bool) -> String {
    if at_rounding {
        return format!(
            "the backward error {backward_error:.1e} is at rounding level: with a condition of at least {condition:.1e} the \
             system itself is too ill conditioned for a smaller residual; raise the damping"
        );
    }
    if condition.is_infinite() {
        return "the operator is singular, and the gradient has a part outside its range, which no direction reaches; raise the \
                damping"
            .to_owned();
    }
    let numbers = format!("condition ≥ {condition:.1e}, backward error {backward_error:.1e}; ");
    let known = if backward_error.is_nan() { "" } else { numbers.as_str() };
    format!("{known}raise the damping or the iteration limit")
}

impl Error {
    /// The same error, said of a file: the path goes in front.
    pub fn in_file(self, path: impl Into<PathBuf>) -> Self {
        match self {
            Error::File { .. } => self,
            other => Error::File { path: path.into(), problem: other.to_string() },
        }
    }

    /// The same error of a part, said of the whole: indices move up by `offset`.
    pub(crate) fn shifted(self, offset: usize) -> Self {
        match self {
            Error::Domain { quantity, index, value, requirement } => {
                Error::Domain { quantity, index: index + offset, value, requirement }
            }
            Error::NonFinite { quantity, index, value } => {
                Error::NonFinite { quantity, index: index + offset, value }
            }
            other => other,
        }
    }
}

/// A number as it is read: one of hundreds of digits with an exponent.
fn told(value: &f64) -> String {
    if value.is_finite() && value.abs() >= 1e16 { format!("{value:e}") } else { value.to_string() }
}
