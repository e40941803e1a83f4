use std::fmt;

/// What a check came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Every error is at rounding level: there is no slope to speak of, and nothing to complain about.
    Exact,
    /// The errors are as small as they must be.
    Passed,
    /// They are not, or something could not be evaluated: the reason, with its numbers.
    Failed(String),
}

impl Verdict {
    /// Whether it is not a failure.
    pub fn passed(&self) -> bool {
        !matches!(self, Verdict::Failed(_))
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::Exact => f.write_str("exact"),
            Verdict::Passed => f.write_str("passed"),
            Verdict::Failed(why) => write!(f, "failed: {why}"),
        }
    }
}
