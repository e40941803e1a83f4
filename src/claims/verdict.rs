use crate::claims::{Measurement, Role};
use std::fmt;

/// What the measurements say of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// Everything measured is as the statement says.
    Confirmed,
    /// Something measured is not as the statement says.
    Refuted,
    /// As the statement says under this condition, and otherwise not.
    HoldsOnlyIf(&'static str),
}

impl Verdict {
    /// `confirmed`, `refuted` or `holds only if`, without the condition.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Confirmed => "confirmed",
            Verdict::Refuted => "refuted",
            Verdict::HoldsOnlyIf(_) => "holds only if",
        }
    }

    /// The condition, if there is one.
    pub fn condition(self) -> Option<&'static str> {
        match self {
            Verdict::HoldsOnlyIf(condition) => Some(condition),
            Verdict::Confirmed | Verdict::Refuted => None,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.condition() {
            Some(condition) => write!(f, "{} {condition}", self.word()),
            None => f.write_str(self.word()),
        }
    }
}

/// The verdict on a statement from what was measured, given the condition under which it may hold.
///
/// ```text
/// no measurement bears on the statement, or one fails under the condition   → refuted
/// all agree with the statement                                              → confirmed
/// those under the condition agree, others do not                            → holds only if …
/// anything else                                                             → refuted
/// ```
///
/// # Example
/// ```
/// use natgrad::claims::{Expected, Measurement, Verdict, decide};
/// let agrees = || Measurement::equal("a sum", 1.0, 1.0, 0.0, "exact");
/// let denies = || Measurement::equal("a ratio", 0.25, 0.25, 0.0, "exact").against(Expected::Equal(1.0), 0.0);
/// assert_eq!(decide(&[agrees()], None), Verdict::Confirmed);
/// assert_eq!(decide(&[agrees(), denies()], None), Verdict::Refuted);
/// let with_condition = [agrees().under_condition(), denies()];
/// assert_eq!(decide(&with_condition, Some("B = 1")), Verdict::HoldsOnlyIf("B = 1"));
/// assert_eq!(decide(&[], None), Verdict::Refuted);
/// ```
pub fn decide(measurements: &[Measurement], condition: Option<&'static str>) -> Verdict {
    let under = |m: &&Measurement| m.role == Role::Condition;
    let bearing: Vec<(bool, bool)> =
        measurements.iter().filter_map(|m| m.agrees().map(|agrees| (under(&m), agrees))).collect();
    let holds_under_condition = bearing.iter().any(|(under, _)| *under)
        && bearing.iter().filter(|(under, _)| *under).all(|(_, agrees)| *agrees);
    if bearing.is_empty() {
        return Verdict::Refuted;
    }
    match condition {
        _ if bearing.iter().all(|(_, agrees)| *agrees) => Verdict::Confirmed,
        Some(condition) if holds_under_condition => Verdict::HoldsOnlyIf(condition),
        _ => Verdict::Refuted,
    }
}
