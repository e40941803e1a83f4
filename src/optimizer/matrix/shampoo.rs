use super::{Accumulation, Graft, LongAxis, RootExponent, ShampooMomentum, ShampooRule, ShampooStatistics};
use crate::optimizer::settings::{GradientSettings, Settings};
use crate::optimizer::stage::{DecayForm, named};
use crate::optimizer::{Optimizer, PerTensor, checked_learning_rate};
use crate::{Error, ParameterLayout, Result, Scalar, check};
use serde::{Deserialize, Serialize};

/// Shampoo: one preconditioner per axis of a tensor, whose Kronecker product stands for the matrix of full AdaGrad.
///
/// ```text
/// H_i ← H_i + G₍ᵢ₎ G₍ᵢ₎ᵀ                                   for every axis i = 1 … k
/// d   = g ×₁ (H₁ + εI)^(−1/(2k)) … ×_k (H_k + εI)^(−1/(2k))
/// θ_t = θ_(t−1) − η d
///
/// a matrix (out × in):   W ← W − η (L + εI)^(−¼) G (R + εI)^(−¼),    L ← L + G Gᵀ,  R ← R + Gᵀ G
/// ```
///
/// G₍ᵢ₎ is the unfolding of the gradient g (axis i × the rest).
///
/// | symbol | option | default | other values |
/// |---|---|---|---|
/// | η | `learning_rate` | 1e-3 | `torch_optimizer` 0.1 |
/// | ε | `epsilon` | 1e-6 | `torch_optimizer` 1e-4 |
/// | exponent | `exponent` | [`paper`](RootExponent::Paper), 1/(2k) | `inverse`, 1/k |
/// | H | `accumulation` | [`sum`](Accumulation::Sum) | `average`: H ← β₂ H + (1 − β₂) G₍ᵢ₎ G₍ᵢ₎ᵀ |
/// | β₂ | `beta2`, of the average | 0.999 | |
/// | H / (1 − β₂^t) | `bias_correction`, of the average | true | false |
/// | G in H | `statistics` | [`gradient`](ShampooStatistics::Gradient) | `sequential` |
/// | μ | `momentum` | 0 | |
/// | m | `momentum_of` | [`gradient`](ShampooMomentum::Gradient) | `direction`, `feedback` |
/// | T | `interval`: roots are taken at t = 1, T + 1, 2T + 1, … | 1 | |
/// | longest axis with a factor | `max_precond_dim` | 10000 | |
/// | a longer axis | `long_axis` | [`diagonal`](LongAxis::Diagonal) | `identity` |
/// | length of d | `graft` | [`none`](Graft::None) | `sgd`, `adagrad` |
/// | ε_g | `graft_epsilon` | 1e-10 | |
/// | λ | `weight_decay` | 0 | |
/// | decay | `decay_form` | [`penalty`](DecayForm::Penalty) | `decoupled`, `natural`: λ θ ×₁ … ×_k the same roots |
///
/// The paper names no η and no ε; the defaults are those of `pytorch_optimizer`, whose form is the preset
/// `pytorch-optimizer`. The preset `torch-optimizer` has the exponent 1/k and sequential statistics.
///
/// With ε → 0 the first step of a matrix G = U Σ Vᵀ is its polar factor U Vᵀ (with the exponent 1/k it is
/// U Σ⁻¹ Vᵀ). A tensor of one entry gets AdaGrad, g / √(ε + Σ g²); a vector, AdaGrad with the full matrix. For
/// gradients of rank at most r, r (L + εI)^½ ⊗ (R + εI)^½ is at least rεI + Σ vec(G) vec(G)ᵀ in Loewner's order.
///
/// # Shapes
/// Every axis of a tensor counts, those of length 1 too; a tensor of dimension 0 counts as a vector of one entry (where
/// `pytorch_optimizer` has the plain gradient). k counts axes without a factor as well.
///
/// # Errors
/// A step fails with [`Error::NotConverged`](crate::Error::NotConverged) if the eigenvalue iteration does, and with
/// [`Error::NonFinite`](crate::Error::NonFinite) if a statistic overflows (gradients above 1e154).
///
/// # Cost
/// Per tensor of P entries and axes d_i: 4 P Σ d_i flops a step, and 11 Σ d_i³ when roots are taken. State: 2 d_i²
/// numbers per axis (d_i with `long_axis = "diagonal"`, doubled), P for the momentum, P for `adagrad`, all in double precision.
///
/// # Numerical notes
/// All is computed in double precision, for `f32` too; the step is rounded once. Eigenvalues of H below d ε_mach λ_max are
/// rounding and count as 0. With ε = 0 they are left out (0/0 := 0): the step is then that of the pseudo-inverse. A
/// positive ε far below ε_mach λ_max magnifies rounding where H is singular, unless a root is taken at every step.
///
/// # Example
/// ```
/// use natgrad::{ParameterLayout, ndarray::array, optimizer::{Optimizer, Shampoo}};
/// let layout = ParameterLayout::new([("weight", vec![2, 2])])?;
/// let shampoo = Shampoo { learning_rate: 1.0, epsilon: 0.0, ..Shampoo::default() };
/// let mut theta = array![0.0, 0.0, 0.0, 0.0];
/// let gradient = array![0.0, 5.0, -3.0, 0.0];             // a quarter turn times a positive diagonal
/// shampoo.build::<f64>(layout)?.step(&mut theta, gradient.view())?;
/// let turn = array![0.0, -1.0, 1.0, 0.0];
/// assert!((theta - turn).iter().all(|x| x.abs() < 1e-14));
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `optimizer::shampoo::transcription_f64`, `optimizer::kronecker_recorded::shampoo`, `optimizer::shampoo::loewner`
///
/// # References
/// Gupta, Koren & Singer 2018 (arXiv 1802.09568), Algorithms 1 and 2, Lemma 8; Anil et al. 2020 (arXiv 2002.09018) for
/// grafting and momentum of directions; `kozistr/pytorch_optimizer` 4.1.0, `jettify/pytorch-optimizer` 0.3.0.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Shampoo {
    /// η.
    #[serde(rename = "lr")]
    pub learning_rate: f64,
    /// ε.
    pub epsilon: f64,
    /// 1/(2k) or 1/k.
    pub exponent: RootExponent,
    /// Sum or average.
    pub accumulation: Accumulation,
    /// β₂ of the average.
    pub beta2: f64,
    /// Whether the average is divided by 1 − β₂^t.
    pub bias_correction: bool,
    /// What the statistics are of.
    pub statistics: ShampooStatistics,
    /// μ.
    pub momentum: f64,
    /// What the momentum averages.
    pub momentum_of: ShampooMomentum,
    /// T: steps between two computations of the roots.
    pub interval: u64,
    /// The longest axis with a dense factor.
    pub max_precond_dim: usize,
    /// What a longer axis gets.
    pub long_axis: LongAxis,
    /// Whose length a step has.
    pub graft: Graft,
    /// ε_g.
    pub graft_epsilon: f64,
    /// λ.
    pub weight_decay: f64,
    /// The way the decay takes.
    pub decay_form: DecayForm,
}

impl Default for Shampoo {
    fn default() -> Self {
        Shampoo {
            learning_rate: 1e-3,
            epsilon: 1e-6,
            exponent: RootExponent::Paper,
            accumulation: Accumulation::Sum,
            beta2: 0.999,
            bias_correction: true,
            statistics: ShampooStatistics::Gradient,
            momentum: 0.0,
            momentum_of: ShampooMomentum::Gradient,
            interval: 1,
            max_precond_dim: 10_000,
            long_axis: LongAxis::Diagonal,
            graft: Graft::None,
            graft_epsilon: 1e-10,
            weight_decay: 0.0,
            decay_form: DecayForm::Penalty,
        }
    }
}

impl Settings for Shampoo {
    const NAME: &'static str = "shampoo";
    const PRESETS: &'static [&'static str] = &["paper", "pytorch-optimizer", "torch-optimizer"];

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn with_learning_rate(self, learning_rate: f64) -> Self {
        Shampoo { learning_rate, ..self }
    }

    fn preset(name: &str) -> Result<Self> {
        let table = [
            ("paper", Self::default()),
            ("pytorch-optimizer", Self::pytorch_optimizer()),
            ("torch-optimizer", Self::torch_optimizer()),
        ];
        named("preset of shampoo", name, &table)
    }
}

impl GradientSettings for Shampoo {
    fn optimizer<T: Scalar>(&self, layout: ParameterLayout) -> Result<Box<dyn Optimizer<T>>> {
        Ok(Box::new(self.build(layout)?))
    }
}

impl Shampoo {
    /// `pytorch_optimizer` 4.1.0: the momentum, if there is any, is fed back into the gradient.
    pub fn pytorch_optimizer() -> Self {
        Shampoo { momentum_of: ShampooMomentum::Feedback, ..Self::default() }
    }

    /// `torch_optimizer` 0.3.0: exponent 1/k, sequential statistics, momentum fed back, η = 0.1, ε = 1e-4.
    pub fn torch_optimizer() -> Self {
        Shampoo {
            learning_rate: 0.1,
            epsilon: 1e-4,
            exponent: RootExponent::Inverse,
            statistics: ShampooStatistics::Sequential,
            ..Self::pytorch_optimizer()
        }
    }

    /// The optimizer for a layout, at t = 0.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless η, ε, ε_g and λ are finite and at least 0, 0 ≤ β₂ < 1, 0 ≤ μ < 1
    /// and T ≥ 1.
    pub fn build<T: Scalar>(&self, layout: ParameterLayout) -> Result<PerTensor<T, ShampooRule>> {
        checked_learning_rate(self.learning_rate)?;
        for (option, value) in [
            ("epsilon", self.epsilon),
            ("graft_epsilon", self.graft_epsilon),
            ("weight_decay", self.weight_decay),
        ] {
            check::at_least_zero(option, value)?;
        }
        for (option, value) in [("beta2", self.beta2), ("momentum", self.momentum)] {
            check::below_one(option, value)?;
        }
        check::at_least_one("interval", self.interval)?;
        if self.decay_form == DecayForm::Averaged {
            let reason = "there is no average of decays here: decoupled, natural or penalty";
            return Err(Error::Unsupported { what: "decay_form = \"averaged\"", reason });
        }
        PerTensor::new(layout, self.learning_rate, |_, shape| Ok(ShampooRule::new(*self, shape)))
    }
}
