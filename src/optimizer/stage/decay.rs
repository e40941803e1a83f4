use super::Clip;
use crate::optimizer::keywords::keywords;
use crate::{Result, check};

/// Where the weight decay enters the step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DecayForm {
    /// Through the preconditioner, with its own clip: the natural gradient of a Gaussian prior (FAdam).
    #[default]
    Natural,
    /// Beside the preconditioner: θ ← θ − η λ θ (AdamW).
    Decoupled,
    /// As the gradient of λ/2 ‖θ‖², before every other stage (Adam with L2).
    Penalty,
    /// Beside the preconditioner, but inside the momentum (root-free RMSProp).
    Averaged,
}

keywords!(DecayForm, "decay form", { Natural = "natural", Decoupled = "decoupled", Penalty = "penalty", Averaged = "averaged" });

/// Weight decay.
///
/// ```text
/// natural:    w = clip(θ / (f^p + ε)),   θ' = θ − η (m + λ w)
/// decoupled:  w = θ,                     θ' = θ − η (m + λ w)
/// penalty:    g ← g + λ θ
/// averaged:   n ← n + λ θ                        before m averages n; as decoupled if m averages g
/// ```
///
/// Without clips, natural decay stops where g + λθ = 0, as the penalised loss does, for any p; decoupled decay stops
/// elsewhere. The clip destroys that: a clipped w no longer grows with θ.
///
/// # References
/// Hwang 2024 (arXiv 2405.12807), Algorithm 1; Loshchilov & Hutter 2019 (arXiv 1711.05101), Algorithm 2.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decay {
    rate: f64,
    form: DecayForm,
    clip: Clip,
}

impl Decay {
    /// No decay.
    pub fn none() -> Self {
        Decay { rate: 0.0, form: DecayForm::Decoupled, clip: Clip::off() }
    }

    /// Decay at rate λ in the form chosen; `clip` acts on the natural form only.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless λ is finite and at least 0.
    pub fn new(rate: f64, form: DecayForm, clip: Clip) -> Result<Self> {
        check::at_least_zero("weight_decay", rate)?;
        Ok(Decay { rate, form, clip })
    }

    /// λ.
    pub fn rate(&self) -> f64 {
        self.rate
    }

    /// The clip of the natural form.
    pub fn clip(&self) -> &Clip {
        &self.clip
    }

    /// The form, unless λ = 0.
    pub fn form(&self) -> Option<DecayForm> {
        (self.rate > 0.0).then_some(self.form)
    }
}
