use super::{Averaged, DiagonalNaturalGradient, Stages};
use crate::optimizer::Optimizer;
use crate::optimizer::options::{limit, switch};
use crate::optimizer::settings::{GradientSettings, Settings};
use crate::optimizer::stage::{
    BiasCorrection, Clip, ClipForm, Decay, DecayForm, Epsilon, EpsilonExponent, EpsilonRule, Momentum,
    Preconditioner, RateDecay, SecondMoment, Statistic, named,
};
use crate::{ParameterLayout, Result, Scalar};
use serde::{Deserialize, Deserializer, Serialize};

/// FAdam: Adam corrected as a natural gradient with a diagonal empirical Fisher. Every correction is a switch.
///
/// ```text
/// b_t = β₂ (1 − β₂^(t−1)) / (1 − β₂^t)
/// f_t = b_t f_(t−1) + (1 − b_t) g_t²                       f_0 = 1
/// ε_t = min(ε, ε₂ RMS(g_t))
/// n_t = g_t / (f_t^p + ε_t^(2p))                           n_t ← n_t / max(1, RMS(n_t)/c)
/// m_t = β₁ m_(t−1) + (1 − β₁) n_t                          m_0 = 0
/// w_t = θ_(t−1) / (f_t^p + ε_t^(2p))                       w_t ← w_t / max(1, RMS(w_t)/c)
/// θ_t = θ_(t−1) − η (m_t + λ w_t)
/// ```
///
/// All operations are elementwise; RMS runs over one tensor. The body of the paper being out of our reach, this is
/// the reconstruction on which its re-implementations agree; where they disagree there is a switch.
///
/// | symbol | option | default | other values |
/// |---|---|---|---|
/// | η | `learning_rate` | 1e-3 | |
/// | β₁, β₂ | `beta1`, `beta2` | 0.9, 0.999 | |
/// | p | `power`, in files `p` | ½ | 0 to 1 |
/// | ε, ε₂ | `epsilon`, `epsilon2` | 1e-8, 0.01 | |
/// | ε_t | `epsilon_rule` | [`E2`](EpsilonRule::E2) | E1 to E7 |
/// | exponent of ε | `epsilon_exponent` | 2p | plain |
/// | smallest ε_t | `epsilon_floor` | 0 | |
/// | addition to the denominator | `epsilon_addition` | 0 | |
/// | c | `clip` | 1 | ∞ is off |
/// | clip | `clip_form` | paper | port |
/// | λ | `weight_decay` | 0.001 | |
/// | w | `decay_form` | natural | decoupled, penalty, averaged |
/// | f₀ | `initial_second_moment`, in files `f0` | 1 | irrelevant while b₁ = 0 |
/// | b_t | `bias_correction` | folded | divided, none |
/// | m of n or of g | `momentum_of` | natural gradient | gradient |
/// | m / (1 − β₁^t) | `momentum_bias_correction` | false | true |
///
/// # Errors
/// [`Error::Setting`](crate::Error::Setting) unless η, ε, the floor, the addition, λ and f₀ are finite and at least 0, ε₂ is finite and
/// positive, c > 0, p in [0, 1], and β₁ and β₂ in [0, 1). A step also ends with [`Error::NonFinite`](crate::Error::NonFinite) where g²
/// overflows.
///
/// # Cost
/// See [`DiagonalNaturalGradient`].
///
/// # Numerical notes
/// RMS(n_t) ≤ c, so RMS(θ_t − θ_(t−1)) ≤ η c (1 + λ) for any gradients. An all-zero gradient gives 0, never NaN
/// (0/0 := 0). A coordinate whose gradient is always 0 has w = θ/ε and takes the whole clipped decay of its tensor.
///
/// # Example
/// ```
/// use natgrad::{ParameterLayout, ndarray::array, optimizer::{FAdam, Optimizer}};
/// let fadam = FAdam { learning_rate: 0.01, weight_decay: 0.1, ..FAdam::paper() };
/// let mut fadam = fadam.build::<f64>(ParameterLayout::flat(3)?)?;
/// let mut theta = array![0.5, -1.0, 2.0];
/// fadam.step(&mut theta, array![0.1, -0.2, 0.3].view())?;
/// assert!((theta[0] - 0.498108867351).abs() < 1e-11);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `optimizer::recorded::pytorch_optimizer_fadam`, `optimizer::recorded::numpy_fadam_every_switch`,
/// `optimizer::algebra::a1_folded_correction_equals_adams_corrected_second_moment`.
///
/// # References
/// Hwang 2024 (arXiv 2405.12807), Algorithm 1; the ports `lessw2020/FAdam_PyTorch` and `kozistr/pytorch_optimizer`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FAdam {
    /// η.
    #[serde(rename = "lr")]
    pub learning_rate: f64,
    /// β₁.
    pub beta1: f64,
    /// β₂.
    pub beta2: f64,
    /// p.
    #[serde(rename = "p")]
    pub power: f64,
    /// ε.
    pub epsilon: f64,
    /// ε₂.
    pub epsilon2: f64,
    /// The rule for ε_t.
    pub epsilon_rule: EpsilonRule,
    /// ε_t^(2p) or ε_t.
    pub epsilon_exponent: EpsilonExponent,
    /// The smallest ε_t.
    pub epsilon_floor: f64,
    /// A further constant in the denominator.
    pub epsilon_addition: f64,
    /// c.
    #[serde(deserialize_with = "limit")]
    pub clip: f64,
    /// The form of both clips.
    pub clip_form: ClipForm,
    /// λ.
    pub weight_decay: f64,
    /// The way the decay takes.
    pub decay_form: DecayForm,
    /// f₀.
    #[serde(rename = "f0")]
    pub initial_second_moment: f64,
    /// Where the bias correction of f sits.
    #[serde(deserialize_with = "bias_correction")]
    pub bias_correction: BiasCorrection,
    /// What the momentum averages.
    pub momentum_of: Averaged,
    /// Whether m is divided by 1 − β₁^t.
    pub momentum_bias_correction: bool,
}

impl Default for FAdam {
    fn default() -> Self {
        Self::paper()
    }
}

impl Settings for FAdam {
    const NAME: &'static str = "fadam";
    const PRESETS: &'static [&'static str] = &[
        "paper",
        "v1",
        "v2",
        "v3",
        "pytorch-port",
        "pytorch-optimizer",
        "pytorch-optimizer-3",
        "qiskit-port",
        "without-corrections",
    ];

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn with_learning_rate(self, learning_rate: f64) -> Self {
        FAdam { learning_rate, ..self }
    }

    fn preset(name: &str) -> Result<Self> {
        FAdam::preset(name)
    }
}

impl GradientSettings for FAdam {
    fn optimizer<T: Scalar>(&self, layout: ParameterLayout) -> Result<Box<dyn Optimizer<T>>> {
        Ok(Box::new(self.build(layout)?))
    }
}

impl FAdam {
    /// The paper, as far as it can be reconstructed: the default.
    pub fn paper() -> Self {
        FAdam {
            learning_rate: 1e-3,
            beta1: 0.9,
            beta2: 0.999,
            power: 0.5,
            epsilon: 1e-8,
            epsilon2: 0.01,
            epsilon_rule: EpsilonRule::E2,
            epsilon_exponent: EpsilonExponent::TwoP,
            epsilon_floor: 0.0,
            epsilon_addition: 0.0,
            clip: 1.0,
            clip_form: ClipForm::Paper,
            weight_decay: 0.001,
            decay_form: DecayForm::Natural,
            initial_second_moment: 1.0,
            bias_correction: BiasCorrection::Folded,
            momentum_of: Averaged::NaturalGradient,
            momentum_bias_correction: false,
        }
    }

    /// The first version of the paper: a fixed ε = 1e-15.
    pub fn v1() -> Self {
        FAdam { epsilon_rule: EpsilonRule::E1, epsilon: 1e-15, ..Self::paper() }
    }

    /// The second version of the paper: ε_t = min(1e-7, 1e-3 RMS(g)).
    pub fn v2() -> Self {
        FAdam { epsilon: 1e-7, epsilon2: 1e-3, ..Self::paper() }
    }

    /// The third version of the paper: ε_t = ε min(1, RMS(g)).
    pub fn v3() -> Self {
        FAdam { epsilon_rule: EpsilonRule::E3, ..Self::paper() }
    }

    /// `lessw2020/FAdam_PyTorch` since July 2025: E5, plain ε, the port's clip, λ = 0.1.
    pub fn pytorch_port() -> Self {
        FAdam {
            epsilon_rule: EpsilonRule::E5,
            epsilon_exponent: EpsilonExponent::Plain,
            clip_form: ClipForm::Port,
            weight_decay: 0.1,
            ..Self::paper()
        }
    }

    /// `pytorch_optimizer` 4.1: E7, f₀ = 0, λ = 0.1, otherwise as the paper.
    pub fn pytorch_optimizer() -> Self {
        FAdam {
            epsilon_rule: EpsilonRule::E7,
            weight_decay: 0.1,
            initial_second_moment: 0.0,
            ..Self::paper()
        }
    }

    /// `pytorch_optimizer` 3.x: E3, plain ε, the port's clip, f₀ = 0, λ = 0.1.
    pub fn pytorch_optimizer_3() -> Self {
        FAdam { epsilon_rule: EpsilonRule::E3, initial_second_moment: 0.0, ..Self::pytorch_port() }
    }

    /// A Qiskit port written against the paper: E6, 1e-10 more in the denominator, λ = 0.1.
    pub fn qiskit_port() -> Self {
        FAdam { epsilon_rule: EpsilonRule::E6, epsilon_addition: 1e-10, weight_decay: 0.1, ..Self::paper() }
    }

    /// Every correction off: Adam, to the last bit.
    pub fn without_corrections() -> Self {
        FAdam {
            epsilon_rule: EpsilonRule::E1,
            epsilon_exponent: EpsilonExponent::Plain,
            clip: f64::INFINITY,
            weight_decay: 0.0,
            initial_second_moment: 0.0,
            bias_correction: BiasCorrection::Divided,
            momentum_of: Averaged::Gradient,
            momentum_bias_correction: true,
            ..Self::paper()
        }
    }

    /// A preset by name: `paper`, `v1`, `v2`, `v3`, `pytorch-port`, `pytorch-optimizer`, `pytorch-optimizer-3`,
    /// `qiskit-port`, `without-corrections`.
    ///
    /// # Errors
    /// [`Error::Unknown`](crate::Error::Unknown) with the names that exist.
    pub fn preset(name: &str) -> Result<Self> {
        let table = [
            ("paper", Self::paper()),
            ("v1", Self::v1()),
            ("v2", Self::v2()),
            ("v3", Self::v3()),
            ("pytorch-port", Self::pytorch_port()),
            ("pytorch-optimizer", Self::pytorch_optimizer()),
            ("pytorch-optimizer-3", Self::pytorch_optimizer_3()),
            ("qiskit-port", Self::qiskit_port()),
            ("without-corrections", Self::without_corrections()),
        ];
        named("preset of fadam", name, &table)
    }

    /// The stages that make the pipeline this method.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) for the first setting outside its domain.
    pub fn stages(&self) -> Result<Stages> {
        let clip = Clip::new(self.clip, self.clip_form)?;
        let epsilon = Epsilon::new(self.epsilon_rule, self.epsilon, self.epsilon2)?
            .with_floor(self.epsilon_floor)?
            .with_addition(self.epsilon_addition)?
            .with_exponent(self.epsilon_exponent);
        Ok(Stages {
            second_moment: SecondMoment::new(self.beta2, self.bias_correction)?
                .starting_at(self.initial_second_moment)?,
            statistic: Statistic::SecondMoment,
            preconditioner: Preconditioner::new(self.power, epsilon)?,
            clip,
            momentum: Momentum::new(self.beta1, self.momentum_bias_correction)?,
            averaged: self.momentum_of,
            decay: Decay::new(self.weight_decay, self.decay_form, clip)?,
            rate_decay: RateDecay::none(),
        })
    }

    /// The optimizer for a layout, at t = 0.
    ///
    /// # Errors
    /// As [`stages`](Self::stages), and for the learning rate.
    pub fn build<T: Scalar>(&self, layout: ParameterLayout) -> Result<DiagonalNaturalGradient<T>> {
        DiagonalNaturalGradient::new(layout, self.stages()?, self.learning_rate)
    }
}

/// `true` is folded, `false` none.
fn bias_correction<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BiasCorrection, D::Error> {
    switch(deserializer, BiasCorrection::Folded, BiasCorrection::None)
}
