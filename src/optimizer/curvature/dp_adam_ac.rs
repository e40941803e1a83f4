use super::PrivateAdam;
use crate::optimizer::options::limit;
use crate::optimizer::settings::{ModelSettings, Settings};
use crate::optimizer::{AdamW, Method, checked_learning_rate};
use crate::{ParameterLayout, Result, Scalar, check};
use serde::{Deserialize, Serialize};

/// DP-Adam-AC: AdamW on clipped and noisy gradients, with a clip that follows the gradients. *Not private by itself.*
///
/// ```text
/// g_i = Σ_(n in i) ∂loss_n/∂θ,    u_i = ‖g_i‖/m_i                    micro-batches i of m_i data, in the order of the batch
/// g̃ = (1/N)(Σ_i g_i min(1, C m_i/‖g_i‖) + N(0, σ²C² I))
/// θ_t = AdamW step with gradient g̃ and rate η μ
/// U ← last H of U and the u_i;    C ← clamp(quantile_(1 − ρ*)(U), C_min, C_max)      for the next step
/// ρ = share of the i with u_i > C;    ρ < ρ* − δ: μ ← min(up μ, μ_max);    ρ > ρ* + δ: μ ← max(down μ, μ_min)
/// θ̄_t = e θ̄_(t−1) + (1 − e) θ_t,    θ̄_0 = θ_0                          to evaluate with: `averaged`
/// ```
///
/// | symbol | option | default |
/// |---|---|---|
/// | η | `learning_rate` | 3e-4 |
/// | of AdamW | `beta1`, `beta2`, `epsilon`, `weight_decay` | 0.9, 0.999, 1e-8, 0.01 |
/// | m | `micro_batch`, the last may be smaller | 1 |
/// | σ | `noise` | 1 |
/// | C at first | `clip` | 3 |
/// | whether C and μ change | `adaptive` | true |
/// | ρ*, δ | `target_rate`, `rate_band` | 0.2, 0.1 |
/// | H | `history` | 1000 |
/// | C_min, C_max | `clip_min`, `clip_max` | 0.1, 10 |
/// | up, down | `multiplier_up`, `multiplier_down` | 1.01, 0.995 |
/// | μ_min, μ_max | `multiplier_min`, `multiplier_max` | 0.1, 2 |
/// | e | `averaging` | 0.999 |
/// | | `seed`, of the noise | 0 |
///
/// The quantile interpolates linearly between order statistics. The body of the paper being out of our reach, formulas and
/// numbers are those of a review of it and of an implementation; that C and μ act from the next step on is our reading.
///
/// # What it does not promise
/// * **C and μ are functions of norms without noise.** An accountant for the Gaussian mechanism covers a C that is fixed
///   beforehand, not this adaptation: through C and μ the data act on θ without any noise. `adaptive = false` leaves the plain
///   DP-AdamW.
/// * The noise has deviation σC, the formula of the paper, while one micro-batch contributes up to C m: for m > 1 the noise
///   multiplier of an accountant is σ/m at most, since one datum may turn the gradient of all of its micro-batch.
/// * Losses, norms and C that are printed or saved are not private. Noise from a seed hides nothing from who knows the seed.
/// * What was added to the gradient of the batch, a penalty for example, is added after the noise; it must not depend on
///   data.
///
/// The multiplier acts on η. Multiplying the gradient instead, as one implementation does, is undone by Adam, whose step
/// does not know the scale of gradients.
///
/// # Errors
/// [`Error::Setting`](crate::Error::Setting) for the first setting outside its domain: sizes at least 1, C > 0 and finite where there is
/// noise, bounds in order, rates and weights in [0, 1).
///
/// # Numerical notes
/// With σ = 0, C = ∞ and `adaptive = false` this is AdamW, but for the order in which the data are summed.
///
/// # Cost
/// See [`PrivateAdam`].
///
/// # Example
/// ```
/// use natgrad::{Labels, Network, likelihood::{Bernoulli, Likelihood}, model::Activation, ndarray::array};
/// use natgrad::optimizer::{DpAdamAc, Method, Minibatch};
/// use std::sync::Arc;
/// let network = Network::random(&[1, 1], Activation::Tanh, 0)?.with_parameters(array![0.0, 0.0].view())?;
/// let (x, y) = (array![[3.0], [-1.0]], Labels::new(array![[1.0], [1.0]])?);
/// let likelihood: Arc<dyn Likelihood<f64>> = Arc::new(Bernoulli);
/// let mut method = DpAdamAc { clip: 1.0, target_rate: 0.5, ..DpAdamAc::default() }.build(network.layout().clone())?;
/// let mut theta = network.parameters();
/// method.step(&mut theta, &Minibatch::new(&network, &likelihood, &x, &y, &[0, 1])?)?;
/// // Gradients −½(3, 1) and −½(−1, 1): norms √10/2 and √2/2, their median the next clip.
/// assert!((method.clip() - 0.25 * (10f64.sqrt() + 2f64.sqrt())).abs() < 1e-15);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `optimizer::dp_adam_ac::without_noise_and_clip_it_is_adamw`, `optimizer::dp_adam_ac::is_its_transcription`.
///
/// # References
/// Yang 2025, "DP-Adam-AC: Privacy-preserving Fine-Tuning of Localizable Language Models Using Adam Optimization with
/// Adaptive Clipping" (arXiv 2510.05288); Abadi et al. 2016 (arXiv 1607.00133) for the clipped and noisy sum.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DpAdamAc {
    /// η.
    #[serde(rename = "lr")]
    pub learning_rate: f64,
    /// β₁ of AdamW.
    pub beta1: f64,
    /// β₂ of AdamW.
    pub beta2: f64,
    /// ε of AdamW.
    pub epsilon: f64,
    /// λ of AdamW.
    pub weight_decay: f64,
    /// m.
    pub micro_batch: usize,
    /// σ.
    pub noise: f64,
    /// C at first.
    #[serde(deserialize_with = "limit")]
    pub clip: f64,
    /// Whether C and the multiplier change.
    pub adaptive: bool,
    /// ρ*.
    pub target_rate: f64,
    /// δ.
    pub rate_band: f64,
    /// H.
    pub history: usize,
    /// C_min.
    pub clip_min: f64,
    /// C_max.
    #[serde(deserialize_with = "limit")]
    pub clip_max: f64,
    /// Factor of μ where too little is clipped.
    pub multiplier_up: f64,
    /// Factor of μ where too much is clipped.
    pub multiplier_down: f64,
    /// μ_min.
    pub multiplier_min: f64,
    /// μ_max.
    pub multiplier_max: f64,
    /// e.
    pub averaging: f64,
    /// The seed of the noise.
    pub seed: u64,
}

impl Default for DpAdamAc {
    fn default() -> Self {
        DpAdamAc {
            learning_rate: 3e-4,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            weight_decay: 0.01,
            micro_batch: 1,
            noise: 1.0,
            clip: 3.0,
            adaptive: true,
            target_rate: 0.2,
            rate_band: 0.1,
            history: 1000,
            clip_min: 0.1,
            clip_max: 10.0,
            multiplier_up: 1.01,
            multiplier_down: 0.995,
            multiplier_min: 0.1,
            multiplier_max: 2.0,
            averaging: 0.999,
            seed: 0,
        }
    }
}

impl Settings for DpAdamAc {
    const NAME: &'static str = "dp-adam-ac";

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn with_learning_rate(self, learning_rate: f64) -> Self {
        DpAdamAc { learning_rate, ..self }
    }

    fn with_seed(self, seed: u64) -> Self {
        DpAdamAc { seed, ..self }
    }
}

impl ModelSettings for DpAdamAc {
    const NEEDS: &'static str = "the model and the data, for the gradients of micro-batches";

    fn method<T: Scalar>(&self, layout: ParameterLayout) -> Result<Box<dyn Method<T>>> {
        Ok(Box::new(self.build(layout)?))
    }
}

impl DpAdamAc {
    /// The AdamW that takes the steps.
    pub fn adamw(&self) -> AdamW {
        AdamW {
            learning_rate: self.learning_rate,
            beta1: self.beta1,
            beta2: self.beta2,
            epsilon: self.epsilon,
            weight_decay: self.weight_decay,
            bias_correction: true,
        }
    }

    /// The method for a layout, at t = 0.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) for the first setting outside its domain, among them noise beside a clip
    /// of ∞.
    pub fn build<T: Scalar>(&self, layout: ParameterLayout) -> Result<PrivateAdam<T>> {
        checked_learning_rate(self.learning_rate)?;
        check::at_least_one("micro_batch", self.micro_batch as u64)?;
        check::at_least_one("history", self.history as u64)?;
        check::at_least_zero("noise", self.noise)?;
        check::setting("clip", self.clip, self.clip > 0.0, "positive (infinity turns it off)")?;
        let bounded = self.clip.is_finite() || self.noise <= 0.0;
        check::setting(
            "clip",
            self.clip,
            bounded,
            "finite where there is noise, which is in proportion to it",
        )?;
        let rate = (0.0..=1.0).contains(&self.target_rate);
        check::setting("target_rate", self.target_rate, rate, "between 0 and 1")?;
        check::setting("rate_band", self.rate_band, self.rate_band >= 0.0, "at least 0")?;
        let order = self.clip_min > 0.0 && self.clip_min.is_finite();
        check::setting("clip_min", self.clip_min, order, "finite and positive")?;
        check::setting("clip_max", self.clip_max, self.clip_max >= self.clip_min, "at least clip_min")?;
        for (option, value) in [
            ("multiplier_up", self.multiplier_up),
            ("multiplier_down", self.multiplier_down),
            ("multiplier_min", self.multiplier_min),
        ] {
            check::setting(option, value, value > 0.0 && value.is_finite(), "finite and positive")?;
        }
        let greatest = self.multiplier_max;
        let holds = greatest >= self.multiplier_min && greatest.is_finite();
        check::setting("multiplier_max", greatest, holds, "finite and at least multiplier_min")?;
        check::below_one("averaging", self.averaging)?;
        PrivateAdam::new(*self, layout)
    }
}
