use crate::fisher::MonteCarloError;
use std::fmt;

/// Where a Fisher came from: printed with it, so that no scale or estimator is silent.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Provenance {
    /// The estimator as the command line names it, for example `mc-systematic:4`.
    pub estimator: String,
    /// The likelihood, with its parameters.
    pub likelihood: String,
    /// N: the matrix is the mean over this many data.
    pub data: usize,
    /// The seed of the draws, if there were any.
    pub seed: Option<u64>,
    /// The largest probability that one datum's list of labels leaves out (enumeration of infinite supports).
    pub omitted_mass: f64,
    /// The error of the draws: exact where it can be computed, or else estimated from them.
    pub error: Option<MonteCarloError>,
}

impl Provenance {
    /// Whether the expected value of the matrix is the Fisher; not so for the empirical ones, nor for
    /// the forward-only form.
    pub fn is_fisher(&self) -> bool {
        !matches!(self.estimator.as_str(), "empirical" | "empirical-centred" | "forward-only")
    }
}

impl fmt::Display for Provenance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.estimator.as_str() {
            "empirical" => "score second moment (not the Fisher)",
            "empirical-centred" => "score covariance (not the Fisher)",
            "forward-only" => "input second moment (not the Fisher)",
            _ => "Fisher",
        };
        write!(f, "{what}, {}, {}, mean over {} data", self.estimator, self.likelihood, self.data)?;
        if let Some(seed) = self.seed {
            write!(f, ", seed {seed}")?;
        }
        if self.omitted_mass > 0.0 {
            write!(f, ", omitted mass ≤ {:.1e}", self.omitted_mass)?;
        }
        if let Some(error) = &self.error {
            write!(f, ", trace standard error {:.3e} ({})", error.trace_standard_error(), error.kind)?;
        }
        Ok(())
    }
}
