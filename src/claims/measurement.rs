use crate::report::Format;
use std::fmt;

/// A number, or a bound, that a measurement is held against.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Expected {
    /// This number, up to the tolerance.
    Equal(f64),
    /// At most this, up to the tolerance.
    AtMost(f64),
    /// At least this, up to the tolerance.
    AtLeast(f64),
}

impl Expected {
    /// The number.
    pub fn value(self) -> f64 {
        match self {
            Expected::Equal(value) | Expected::AtMost(value) | Expected::AtLeast(value) => value,
        }
    }

    /// `=`, `≤` or `≥`.
    pub fn sign(self) -> &'static str {
        match self {
            Expected::Equal(_) => "=",
            Expected::AtMost(_) => "≤",
            Expected::AtLeast(_) => "≥",
        }
    }

    /// Whether a number is as expected; never for NaN.
    pub fn allows(self, measured: f64, tolerance: f64) -> bool {
        let excess = match self {
            Expected::Equal(value) => (measured - value).abs(),
            Expected::AtMost(bound) => measured - bound,
            Expected::AtLeast(bound) => bound - measured,
        };
        excess <= tolerance
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expected::Equal(value) => f.write_str(&short(*value)),
            bound => write!(f, "{} {}", bound.sign(), short(bound.value())),
        }
    }
}

/// A number for the eye: eight digits, two of what is only rounding, without zeros at the end.
fn short(x: f64) -> String {
    let shown = if x.abs() < 1e-6 { Format::Significant(2) } else { Format::Significant(8) }.show(x);
    match shown.split_once('e') {
        _ if !shown.contains('.') => shown,
        Some((digits, exponent)) => {
            format!("{}e{exponent}", digits.trim_end_matches('0').trim_end_matches('.'))
        }
        None => shown.trim_end_matches('0').trim_end_matches('.').to_owned(),
    }
}

/// What a measurement has to do with the statement.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Role {
    /// The statement says what is expected.
    Statement,
    /// The statement says what is expected, and the condition of the claim is met here.
    Condition,
    /// The statement says something else than what is expected; it fails if it says more than this tolerance
    /// beside what is measured.
    Against {
        /// What the statement says.
        says: Expected,
        /// How precisely it says so.
        tolerance: f64,
    },
    /// A number beside the statement: it must be as expected, but does not enter the verdict.
    Context,
}

/// One number, held against what is expected.
///
/// # Units
/// Those of the quantity; the tolerance is absolute.
///
/// # Example
/// ```
/// use natgrad::claims::{Expected, Measurement};
/// // The statement says 1, theory says 1/4, and 1/4 it is.
/// let measured = Measurement::equal("E[g²]/F at B = 4", 0.25, 0.25, 1e-12, "rounding")
///     .against(Expected::Equal(1.0), 1e-12);
/// assert!(measured.within);
/// assert_eq!(measured.agrees(), Some(false));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Measurement {
    /// What is measured, in words.
    pub quantity: String,
    /// The number found.
    pub measured: f64,
    /// What another route says.
    pub expected: Expected,
    /// How far the two may be apart, absolute.
    pub tolerance: f64,
    /// Why that far.
    pub reason: &'static str,
    /// Whether they are no farther apart.
    pub within: bool,
    /// What it has to do with the statement.
    pub role: Role,
}

impl Measurement {
    /// A number that must equal another.
    pub fn equal(
        quantity: impl Into<String>,
        measured: f64,
        expected: f64,
        tolerance: f64,
        reason: &'static str,
    ) -> Self {
        Self::new(quantity, measured, Expected::Equal(expected), tolerance, reason)
    }

    /// A number that must not exceed a bound.
    pub fn at_most(
        quantity: impl Into<String>,
        measured: f64,
        bound: f64,
        tolerance: f64,
        reason: &'static str,
    ) -> Self {
        Self::new(quantity, measured, Expected::AtMost(bound), tolerance, reason)
    }

    /// A number that must reach a bound.
    pub fn at_least(
        quantity: impl Into<String>,
        measured: f64,
        bound: f64,
        tolerance: f64,
        reason: &'static str,
    ) -> Self {
        Self::new(quantity, measured, Expected::AtLeast(bound), tolerance, reason)
    }

    /// A number held against any expectation; [`Role::Statement`] until told otherwise.
    pub fn new(
        quantity: impl Into<String>,
        measured: f64,
        expected: Expected,
        tolerance: f64,
        reason: &'static str,
    ) -> Self {
        let within = expected.allows(measured, tolerance);
        let quantity = quantity.into();
        Measurement { quantity, measured, expected, tolerance, reason, within, role: Role::Statement }
    }

    /// The same, where the condition of the claim is met.
    pub fn under_condition(self) -> Self {
        Measurement { role: Role::Condition, ..self }
    }

    /// The same, where the statement says something else than what is expected.
    pub fn against(self, says: Expected, tolerance: f64) -> Self {
        Measurement { role: Role::Against { says, tolerance }, ..self }
    }

    /// The same, beside the statement.
    pub fn context(self) -> Self {
        Measurement { role: Role::Context, ..self }
    }

    /// The number found, for the eye: eight digits, or two of what is only rounding.
    pub fn measured_text(&self) -> String {
        short(self.measured)
    }

    /// The tolerance for the eye; `exact` for an equality without one, `–` for a bound.
    pub fn tolerance_text(&self) -> String {
        match self.expected {
            _ if self.tolerance > 0.0 => Format::Scientific(1).show(self.tolerance),
            Expected::Equal(_) => "exact".to_owned(),
            Expected::AtMost(_) | Expected::AtLeast(_) => "–".to_owned(),
        }
    }

    /// `✓` as the statement says, `✗` not so, `·` beside the statement, `!` not as expected.
    ///
    /// # Example
    /// ```
    /// use natgrad::claims::Measurement;
    /// let measured = Measurement::equal("a sum", 0.1 + 0.2, 0.3, 1e-15, "rounding");
    /// assert_eq!((measured.mark(), measured.measured_text().as_str()), ('✓', "0.3"));
    /// assert_eq!(measured.context().mark(), '·');
    /// ```
    pub fn mark(&self) -> char {
        match (self.within, self.agrees()) {
            (false, _) => '!',
            (true, Some(true)) => '✓',
            (true, Some(false)) => '✗',
            (true, None) => '·',
        }
    }

    /// Whether it is as the statement says; `None` beside the statement.
    pub fn agrees(&self) -> Option<bool> {
        match self.role {
            Role::Statement | Role::Condition => Some(self.within),
            Role::Against { says, tolerance } => Some(says.allows(self.measured, tolerance)),
            Role::Context => None,
        }
    }
}
