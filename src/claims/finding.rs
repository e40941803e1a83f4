use crate::claims::{Claim, Measurement, Verdict, decide};

/// A claim with what was measured, and the verdict that follows.
///
/// # Example
/// ```
/// use natgrad::claims::{Effort, Finding, select};
/// let claim = select(&["C1"])?[0];
/// let finding = claim.measure(Effort::default());
/// assert!(finding.as_recorded());
/// // The same claim with one number changed is not confirmed.
/// let mut planted = finding.measurements().to_vec();
/// planted[0].measured += 1.0;
/// assert!(!Finding::judge(claim, planted, 0.0).as_recorded());
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Finding {
    claim: Claim,
    measurements: Vec<Measurement>,
    verdict: Verdict,
    seconds: f64,
}

impl Finding {
    /// Judges a claim by measurements: compares each number anew, then [`decide`]s.
    pub fn judge(claim: Claim, mut measurements: Vec<Measurement>, seconds: f64) -> Self {
        for m in &mut measurements {
            m.within = m.expected.allows(m.measured, m.tolerance);
        }
        let verdict = decide(&measurements, claim.recorded.condition());
        Finding { claim, measurements, verdict, seconds }
    }

    /// The claim.
    pub fn claim(&self) -> &Claim {
        &self.claim
    }

    /// What was measured, the most telling first.
    pub fn measurements(&self) -> &[Measurement] {
        &self.measurements
    }

    /// The verdict that follows.
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// Whether the verdict is the recorded one *and* every number is the expected one.
    pub fn as_recorded(&self) -> bool {
        self.verdict == self.claim.recorded && self.measurements.iter().all(|m| m.within)
    }

    /// Wall-clock time of the measurements.
    pub fn seconds(&self) -> f64 {
        self.seconds
    }
}
