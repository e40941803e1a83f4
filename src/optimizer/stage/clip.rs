use crate::optimizer::keywords::keywords;
use crate::{Result, check};

/// Which of the two clips in circulation. They agree iff c = 1 or RMS(x) ≥ max(1, c).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClipForm {
    /// x / max(1, RMS(x)/c): leaves a tensor alone until it is too large.
    #[default]
    Paper,
    /// x c / max(1, RMS(x)): for c ≠ 1 also rescales tensors that are small enough.
    Port,
}

keywords!(ClipForm, "clip form", { Paper = "paper", Port = "port" });

/// Bounds the root mean square of one tensor by c.
///
/// ```text
/// paper:  x ↦ x / max(1, RMS(x)/c)        port:  x ↦ x c / max(1, RMS(x))        c = ∞:  x ↦ x
/// ```
///
/// After either form RMS(x) ≤ c. The clip is a bias and not only a safety device: on a one-element tensor it turns
/// every direction into its sign.
///
/// # Example
/// ```
/// use natgrad::optimizer::stage::{Clip, ClipForm};
/// assert_eq!(Clip::new(2.0, ClipForm::Paper)?.scale(0.5), 1.0);
/// assert_eq!(Clip::new(2.0, ClipForm::Port)?.scale(0.5), 2.0); // amplifies
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Shazeer & Stern 2018 (Adafactor), section 6, for the paper's form with threshold 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Clip {
    limit: f64,
    form: ClipForm,
}

impl Clip {
    /// A clip at c; c = ∞ turns it off in both forms.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless c > 0.
    pub fn new(limit: f64, form: ClipForm) -> Result<Self> {
        check::setting("clip", limit, limit > 0.0, "positive (infinity turns it off)")?;
        Ok(Clip { limit, form })
    }

    /// No clip.
    pub fn off() -> Self {
        Clip { limit: f64::INFINITY, form: ClipForm::Paper }
    }

    /// Whether c = ∞.
    pub fn is_off(&self) -> bool {
        self.limit.is_infinite()
    }

    /// The factor for a tensor with root mean square r.
    pub fn scale(&self, r: f64) -> f64 {
        match self.form {
            _ if self.is_off() => 1.0,
            ClipForm::Paper => 1.0 / (r / self.limit).max(1.0),
            ClipForm::Port => self.limit / r.max(1.0),
        }
    }
}
