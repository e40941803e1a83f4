use crate::Result;
use crate::claims::{Finding, Measurement, Verdict};
use std::fmt;
use std::time::Instant;

/// Where a claim stands in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Group {
    /// C: the Fisher and the natural gradient.
    Fisher,
    /// A: identities of Adam and FAdam.
    Algebra,
    /// G: the geometry of discrete distributions.
    Geometry,
    /// K: what critics object.
    Critics,
}

impl Group {
    /// The heading of the group.
    pub fn title(self) -> &'static str {
        match self {
            Group::Fisher => "The Fisher and the natural gradient",
            Group::Algebra => "The algebra of Adam and FAdam",
            Group::Geometry => "The geometry of discrete distributions",
            Group::Critics => "The critics of the empirical Fisher",
        }
    }
}

/// How well we know that a source says what the ledger makes it say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Evidence {
    /// Read in the text itself.
    Read,
    /// Read in other work that reports or implements it.
    Reported,
    /// Derived here; short enough to derive again.
    Derived,
    /// Common knowledge of the field, the text not at hand.
    Unconfirmed,
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Evidence::Read => "read in the text",
            Evidence::Reported => "reported by others",
            Evidence::Derived => "derived here",
            Evidence::Unconfirmed => "common knowledge",
        })
    }
}

/// Who says it, where, and how we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// Authors, year, and number of the preprint.
    pub work: &'static str,
    /// Section, equation, proposition.
    pub place: &'static str,
    /// How well we know.
    pub evidence: Evidence,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            "" => write!(f, "{} [{}]", self.work, self.evidence),
            place => write!(f, "{}, {place} [{}]", self.work, self.evidence),
        }
    }
}

/// How hard to look.
///
/// The default, seed 0 and not `full`, is what `natgrad verify` does without options.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Effort {
    /// The seed of every random number; 0 is a seed.
    pub seed: u64,
    /// More replications and longer sweeps.
    pub full: bool,
}

impl Effort {
    /// A number of replications: the first, or, if `full`, the second.
    pub(crate) fn pick(self, usual: usize, full: usize) -> usize {
        if self.full { full } else { usual }
    }
}

/// One statement of the literature.
///
/// # Example
/// ```
/// use natgrad::claims::{Effort, select};
/// let claim = select(&["A3"])?[0];
/// assert!(claim.source.work.starts_with("Hwang 2024"));
/// assert!(claim.measure(Effort { seed: 7, full: false }).as_recorded());
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Claim {
    /// C, A, G or K and a number; never given to another claim.
    pub id: &'static str,
    /// Its group.
    pub group: Group,
    /// What is said, in the words of those who say it.
    pub statement: &'static str,
    /// Who says it.
    pub source: Source,
    /// The verdict that has been reached before, with the condition it may need.
    pub recorded: Verdict,
    pub(crate) measurements: fn(Effort) -> Result<Vec<Measurement>>,
}

impl Claim {
    /// Measures, and judges.
    ///
    /// A measurement that fails is itself a measurement out of tolerance: the finding is then not as recorded.
    ///
    /// # Cost
    /// Milliseconds to a second.
    pub fn measure(&self, effort: Effort) -> Finding {
        let start = Instant::now();
        let measurements = (self.measurements)(effort).unwrap_or_else(|error| {
            vec![Measurement::equal(format!("failed: {error}"), f64::NAN, 0.0, 0.0, "it must not fail")]
        });
        Finding::judge(*self, measurements, start.elapsed().as_secs_f64())
    }
}
