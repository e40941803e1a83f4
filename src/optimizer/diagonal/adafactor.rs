use super::adafactor_rule::AdafactorRule;
use crate::optimizer::keywords::keywords;
use crate::optimizer::options::limit;
use crate::optimizer::settings::{GradientSettings, Settings};
use crate::optimizer::stage::{Clip, ClipForm, FactoredAxes, Momentum, named};
use crate::optimizer::{Optimizer, PerTensor};
use crate::{ParameterLayout, Result, Scalar, check};
use serde::{Deserialize, Serialize};

/// How ε₁ keeps the second moment away from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EpsilonForm {
    /// Added to every squared gradient before it is averaged (the paper).
    #[default]
    Added,
    /// The denominator √V is at least ε₁, and so is the mean of r (PyTorch).
    Floor,
}

keywords!(EpsilonForm, "epsilon form", { Added = "added", Floor = "floor" });

/// What the weight decay λ is multiplied by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DecayScale {
    /// α_t, the step of the tensor (`pytorch_optimizer`, Transformers).
    #[default]
    Step,
    /// η (PyTorch).
    LearningRate,
    /// 1 (Optax).
    One,
}

keywords!(DecayScale, "decay scale", { Step = "step", LearningRate = "lr", One = "one" });

/// Adafactor: RMSProp with a second moment of rank one, steps relative to the size of the parameters, and no momentum.
///
/// ```text
/// w_t = max(t^−c, 1 − β_max)
/// matrices:  r_i ← (1 − w_t) r_i + w_t mean_j (g_ij² + ε₁)     c_j likewise over i       V_ij = r_i c_j / mean(r)
/// others:    V ← (1 − w_t) V + w_t (g² + ε₁)
/// u_t = g_t / √V_t                                             u_t ← u_t / max(1, RMS(u_t)/d)
/// ρ_t = min(η, t^−½)                                           α_t = ρ_t max(ε₂, RMS(θ_(t−1)))
/// m_t = β₁ m_(t−1) + (1 − β₁) α_t u_t                          m_0 = 0
/// θ_t = θ_(t−1) − m_t − λ α_t θ_(t−1)
/// ```
///
/// | symbol | option | default | `torch` | `pytorch-optimizer` | `optax` |
/// |---|---|---|---|---|---|
/// | η | `learning_rate` | 0.01 | | | 1 |
/// | ρ_t | `relative_step`; without it η | true | | | false |
/// | ρ_t ≤ 1e-6 t | `warmup_init` | false | | | |
/// | max(ε₂, RMS(θ)) | `scale_parameter`; without it 1 | true | | | |
/// | β₁ | `beta1`, 0 is no momentum | 0 | | 0.9 | |
/// | c | `decay_exponent` | 0.8 | | | |
/// | β_max | `beta2_limit` | 1 | | 0.999 | |
/// | ε₁ | `epsilon1` | 1e-30 | 2.2e-16 | | |
/// | where ε₁ stands | `epsilon_form` | added | floor | | |
/// | ε₂ | `epsilon2` | 1e-3 | | | |
/// | d | `clip`, ∞ is off | 1 | | | |
/// | rows, columns | `factored_axes` | last-two | | | largest-two |
/// | smallest axis to factor | `smallest_factored` | 1 | | | 128 |
/// | λ | `weight_decay` | 0 | | | |
/// | λ times | `decay_scale` | step | lr | | one |
///
/// The defaults are the paper's, which Transformers shares; the columns are the presets, named after the codes whose
/// differences they hold. An empty cell is the default. The codes without a learning rate stop ρ at 0.01; here that is η.
///
/// w_1 = 1, so V needs no bias correction, and c < 1 lets it forget. Where g² has been of rank one throughout, V is the full
/// average, and the step RMSProp's.
///
/// As stages: a factored second moment along [`FactoredAxes`], [`Clip`] of the paper's form, a [`Momentum`] of whole steps.
///
/// # Shapes
/// Scalars, vectors, and tensors with an axis below `smallest_factored` keep a full V. Of more than two axes, two are factored
/// and the others are a stack of matrices with r and c of their own.
///
/// # Errors
/// [`Error::Setting`](crate::Error::Setting) unless η, ε₁, ε₂ and λ are finite and at least 0, c is in (0, 1], β₁ in [0, 1), β_max
/// in [0, 1], d > 0, and `relative_step` is on if `warmup_init` is. A step also ends with
/// [`Error::NonFinite`](crate::Error::NonFinite) where g² overflows.
///
/// # Cost
/// R + C numbers of state for a matrix R × C, and P more with momentum.
/// Three sweeps over the gradient per step.
///
/// # Numerical notes
/// Means and √V are taken in `f64`, where r c does not underflow for ε₁ = 1e-30. 0/0 := 0 for ε₁ = 0. For gradients much below
/// √ε₁ the added form stops to normalise: 1e-15 for the default. The floor on mean(r) is PyTorch's; it acts for mean(r) < ε₁,
/// that is from gradients of 1.5e-8 downwards in `f64`.
///
/// # Example
/// ```
/// use natgrad::{ParameterLayout, ndarray::array, optimizer::{Adafactor, Optimizer}};
/// let layout = ParameterLayout::new([("w", vec![2, 2])])?;
/// let mut adafactor = Adafactor::default().build::<f64>(layout)?;
/// let mut theta = array![3.0, 3.0, -3.0, 3.0];
/// adafactor.step(&mut theta, array![1.0, 2.0, -2.0, 4.0].view())?; // |g| = (1, 2) ⊗ (1, 2): u = sign(g), α = 0.01 · 3
/// assert!(theta.iter().zip([2.97, 2.97, -2.97, 2.97]).all(|(x, y): (&f64, f64)| (x - y).abs() < 1e-14));
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `optimizer::adafactor::the_recurrence`, `optimizer::recorded_diagonal::torch`,
/// `optimizer::recorded_diagonal::pytorch_optimizer`, `optimizer::recorded_diagonal::optax`.
///
/// # References
/// Shazeer & Stern 2018 (arXiv 1804.04235), Algorithms 4 to 6; Zhai et al. 2022 (arXiv 2106.04560), section 3.4, for β_max and
/// momentum; PyTorch 2, `pytorch_optimizer` 4.1.0, Optax 0.2.8.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Adafactor {
    /// η.
    #[serde(rename = "lr")]
    pub learning_rate: f64,
    /// Whether ρ_t falls like t^−½ below η.
    pub relative_step: bool,
    /// Whether ρ_t also starts from 1e-6 t.
    pub warmup_init: bool,
    /// Whether steps are relative to RMS(θ).
    pub scale_parameter: bool,
    /// β₁.
    pub beta1: f64,
    /// c.
    pub decay_exponent: f64,
    /// β_max.
    pub beta2_limit: f64,
    /// ε₁.
    pub epsilon1: f64,
    /// Where ε₁ stands.
    pub epsilon_form: EpsilonForm,
    /// ε₂.
    pub epsilon2: f64,
    /// d.
    #[serde(deserialize_with = "limit")]
    pub clip: f64,
    /// Which axes are rows and columns.
    pub factored_axes: FactoredAxes,
    /// Tensors with a smaller axis than this are not factored.
    pub smallest_factored: usize,
    /// λ.
    pub weight_decay: f64,
    /// What λ is multiplied by.
    pub decay_scale: DecayScale,
}

impl Default for Adafactor {
    fn default() -> Self {
        Adafactor {
            learning_rate: 1e-2,
            relative_step: true,
            warmup_init: false,
            scale_parameter: true,
            beta1: 0.0,
            decay_exponent: 0.8,
            beta2_limit: 1.0,
            epsilon1: 1e-30,
            epsilon_form: EpsilonForm::Added,
            epsilon2: 1e-3,
            clip: 1.0,
            factored_axes: FactoredAxes::LastTwo,
            smallest_factored: 1,
            weight_decay: 0.0,
            decay_scale: DecayScale::Step,
        }
    }
}

impl Settings for Adafactor {
    const NAME: &'static str = "adafactor";
    const PRESETS: &'static [&'static str] = &["paper", "torch", "pytorch-optimizer", "optax"];

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn with_learning_rate(self, learning_rate: f64) -> Self {
        Adafactor { learning_rate, ..self }
    }

    fn preset(name: &str) -> Result<Self> {
        let paper = Adafactor::default();
        let torch = Adafactor {
            epsilon1: f64::EPSILON,
            epsilon_form: EpsilonForm::Floor,
            decay_scale: DecayScale::LearningRate,
            ..paper
        };
        let optax = Adafactor {
            learning_rate: 1.0,
            relative_step: false,
            factored_axes: FactoredAxes::LargestTwo,
            smallest_factored: 128,
            decay_scale: DecayScale::One,
            ..paper
        };
        let pytorch_optimizer = Adafactor { beta1: 0.9, beta2_limit: 0.999, ..paper };
        let presets =
            [("paper", paper), ("torch", torch), ("pytorch-optimizer", pytorch_optimizer), ("optax", optax)];
        named("preset of adafactor", name, &presets)
    }
}

impl GradientSettings for Adafactor {
    fn optimizer<T: Scalar>(&self, layout: ParameterLayout) -> Result<Box<dyn Optimizer<T>>> {
        Ok(Box::new(self.build(layout)?))
    }
}

impl Adafactor {
    /// The optimizer for a layout, at t = 0.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) for the first setting outside its domain.
    pub fn build<T: Scalar>(&self, layout: ParameterLayout) -> Result<PerTensor<T, AdafactorRule<T>>> {
        let momentum = Momentum::new(self.beta1, false)?;
        let clip = Clip::new(self.clip, ClipForm::Paper)?;
        let (exponent, limit) = (self.decay_exponent, self.beta2_limit);
        check::setting(
            "decay_exponent",
            exponent,
            exponent > 0.0 && exponent <= 1.0,
            "above 0 and at most 1",
        )?;
        check::setting("beta2_limit", limit, (0.0..=1.0).contains(&limit), "between 0 and 1")?;
        for (option, value) in
            [("epsilon1", self.epsilon1), ("epsilon2", self.epsilon2), ("weight_decay", self.weight_decay)]
        {
            check::at_least_zero(option, value)?;
        }
        let holds = self.relative_step || !self.warmup_init;
        check::setting("warmup_init", 1.0, holds, "false without relative_step")?;
        PerTensor::new(layout, self.learning_rate, |_, shape| {
            Ok(AdafactorRule::new(*self, clip, momentum, shape))
        })
    }
}
