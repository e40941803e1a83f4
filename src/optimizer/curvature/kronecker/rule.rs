use super::Rescaling;
use crate::optimizer::checked_learning_rate;
use crate::optimizer::stage::is_due;
use crate::{Result, check};

/// How a [`KroneckerDescent`](super::KroneckerDescent) makes a step of a preconditioned gradient.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DescentRule {
    /// η.
    pub learning_rate: f64,
    /// μ.
    pub momentum: f64,
    /// ℓ, of the penalty ½ℓ‖θ‖²; part of the damping too.
    pub weight_decay: f64,
    /// λ at first.
    pub damping: f64,
    /// κ; ∞ is off.
    pub kl_clip: f64,
    /// What the exact quadratic model decides.
    pub rescaling: Rescaling,
    /// T₁, steps between two changes of λ; 0 is never.
    pub damping_interval: u64,
    /// ω₁ of one step: λ changes by ω₁^T₁.
    pub damping_decay: f64,
    /// λ at least.
    pub min_damping: f64,
    /// Whether the model that a change of the objective is compared with has λ in it.
    pub damped_model: bool,
    /// T₂, steps between two changes of γ; 0 is never, and γ² = λ + ℓ.
    pub gamma_interval: u64,
    /// ω₂ of one step: γ changes by ω₂^T₂.
    pub gamma_decay: f64,
    /// ξ of the average of iterates; 0 is off.
    pub averaging: f64,
}

impl Default for DescentRule {
    fn default() -> Self {
        DescentRule {
            learning_rate: 0.03,
            momentum: 0.9,
            weight_decay: 0.0,
            damping: 1e-3,
            kl_clip: f64::INFINITY,
            rescaling: Rescaling::None,
            damping_interval: 0,
            damping_decay: 0.95,
            min_damping: 1e-8,
            damped_model: false,
            gamma_interval: 0,
            gamma_decay: 0.95f64.sqrt(),
            averaging: 0.0,
        }
    }
}

impl DescentRule {
    /// The same rule if every number is in its domain.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) for the first that is not.
    pub fn checked(self) -> Result<Self> {
        checked_learning_rate(self.learning_rate)?;
        for (option, value) in [("momentum", self.momentum), ("averaging", self.averaging)] {
            check::below_one(option, value)?;
        }
        for (option, value) in [
            ("weight_decay", self.weight_decay),
            ("damping", self.damping),
            ("min_damping", self.min_damping),
        ] {
            check::at_least_zero(option, value)?;
        }
        for (option, value) in [("damping_decay", self.damping_decay), ("gamma_decay", self.gamma_decay)] {
            check::setting(option, value, value > 0.0 && value <= 1.0, "more than 0 and at most 1")?;
        }
        check::setting("kl_clip", self.kl_clip, self.kl_clip > 0.0, "more than 0, or inf")?;
        let clipped = self.rescaling != Rescaling::None && self.kl_clip.is_finite();
        check::setting(
            "kl_clip",
            self.kl_clip,
            !clipped,
            "inf where the quadratic model decides the length of the step",
        )?;
        Ok(self)
    }

    /// λ after a step of which the objective and the model say that they changed by so much.
    ///
    /// ```text
    /// ρ = change/predicted:    λ ω₁^T₁ if ρ > ¾,    λ/ω₁^T₁ unless ρ ≥ ¼
    /// ```
    pub(super) fn adapted(&self, damping: f64, change: f64, predicted: f64) -> f64 {
        let factor = power(self.damping_decay, self.damping_interval);
        let ratio = change / predicted;
        let next = if ratio > 0.75 {
            damping * factor
        } else if ratio >= 0.25 {
            damping
        } else {
            damping / factor
        };
        next.max(self.min_damping)
    }

    /// The γ to be tried at a step.
    pub(super) fn candidates(&self, gamma: f64, step: u64) -> Vec<f64> {
        if self.gamma_interval == 0 || step == 1 || !is_due(step, self.gamma_interval) {
            return vec![gamma];
        }
        let factor = power(self.gamma_decay, self.gamma_interval);
        // The present one first: of equals it stays.
        vec![gamma, gamma * factor, gamma / factor]
    }

    /// Whether λ may change after a step.
    pub(super) fn adapts_at(&self, step: u64) -> bool {
        self.damping_interval > 0 && step.is_multiple_of(self.damping_interval)
    }

    /// ν of the clip: with it η²ν²⟨U, V⟩ ≤ κ.
    ///
    /// ```text
    /// ν = min(1, √(κ / (η² ⟨U, V⟩)))        1 unless ⟨U, V⟩ > 0
    /// ```
    pub(super) fn clip(&self, inner: f64) -> f64 {
        let square = self.learning_rate * self.learning_rate * inner;
        if square > 0.0 { (self.kl_clip / square).sqrt().min(1.0) } else { 1.0 }
    }
}

fn power(base: f64, exponent: u64) -> f64 {
    base.powi(i32::try_from(exponent).unwrap_or(i32::MAX))
}
