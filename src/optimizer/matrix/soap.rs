use super::SoapRule;
use crate::optimizer::keywords::keywords;
use crate::optimizer::settings::{GradientSettings, Settings};
use crate::optimizer::stage::named;
use crate::optimizer::{Optimizer, PerTensor, checked_learning_rate};
use crate::{ParameterLayout, Result, Scalar, check};
use serde::{Deserialize, Serialize};

/// What [`Soap`] does with a tensor of one axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OneDimensional {
    /// Adam in the basis given.
    #[default]
    Adam,
    /// Adam in the eigenbasis of its factor, as for other tensors.
    Preconditioned,
}

keywords!(OneDimensional, "one dimensional", { Adam = "adam", Preconditioned = "preconditioned" });

/// SOAP: Adam in the eigenbasis of Shampoo's preconditioner, which turns slowly.
///
/// ```text
/// first call:   H_i = (1 − β_s) G₍ᵢ₎ G₍ᵢ₎ᵀ,   Q_i = eigenvectors of H_i, the largest eigenvalue first;   θ₁ = θ₀
///
/// then, with s = t − 1:
/// g̃   = g ×₁ Q₁ᵀ … ×_k Q_kᵀ                               a matrix: QᴸᵀG Qᴿ
/// m    ← β₁ m + (1 − β₁) g̃                                 m = 0, v = 0 at first
/// v    ← β₂ v + (1 − β₂) g̃²
/// u    = m / (√v + ε) ×₁ Q₁ … ×_k Q_k
/// θ'   = θ_(t−1) − η √(1 − β₂^s) / (1 − β₁^s) u
/// θ_t  = θ' − η λ θ'
/// H_i  ← β_s H_i + (1 − β_s) G₍ᵢ₎ G₍ᵢ₎ᵀ
/// whenever f divides s:   order by descending diag(QᵢᵀHᵢQᵢ);   Qᵢ ← orthonormalised Hᵢ Qᵢ[:, order]
///                         v goes along with the order, m is turned into the new basis
/// ```
///
/// | symbol | option | default | other values |
/// |---|---|---|---|
/// | η | `learning_rate` | 3e-3 | |
/// | β₁, β₂ | `beta1`, `beta2` | 0.95, 0.95 | |
/// | β_s | `shampoo_beta` | −1: β₂ | 0 to 1 |
/// | ε | `epsilon` | 1e-8 | |
/// | λ | `weight_decay`, decoupled | 0.01 | |
/// | f | `interval` | 10 | |
/// | longest axis with a basis | `max_precond_dim` | 10000; the axes of a longer one keep their own | |
/// | tensors of one axis | `one_dimensional` | [`adam`](OneDimensional::Adam) | `preconditioned` |
/// | u / RMS(u) | `normalize_grads` | false | true: u / (RMS(u) + ε_n) |
/// | ε_n | `normalize_epsilon` | 1e-30 | `pytorch_optimizer` ε |
/// | √(1 − β₂^s) / (1 − β₁^s) | `bias_correction` | true | false: 1 |
///
/// The first call does not move θ, nor decays it: the bases of a step never know its gradient.
/// With `max_precond_dim = 0` every basis is the given one, and the method is Adam one call late, in the order of
/// Kingma & Ba, end of section 2: ε stands beside √v, not √v̂.
/// A turn keeps lengths: ‖m‖ is that of the plain average of gradients, through every change of basis.
///
/// # Shapes
/// A tensor of dimension 0 has no axis to turn: Adam. Axes are not merged (`merge_dims` of the code).
///
/// # Errors
/// A step fails with [`Error::NotConverged`](crate::Error::NotConverged) if the first eigendecomposition does, and with
/// [`Error::NonFinite`](crate::Error::NonFinite) if a statistic overflows (gradients above 1e154).
///
/// # Cost
/// Per tensor of P entries and axes d_i: 6 P Σ d_i flops a step; 2 Σ d_i³ and an orthonormalisation, 8 d_i³, every f steps.
/// State: 2 P + 2 Σ d_i² numbers, doubled, all in double precision.
///
/// # Numerical notes
/// All is computed in double precision, for `f32` too; the step is rounded once. Signs of eigenvectors cancel.
/// Where H_i has a multiple eigenvalue the basis is the eigensolver's choice, and so are v and the step: after the first
/// call H_i has rank at most min(d_i, P/d_i), so that for a matrix with out ≠ in + {−1, 0, 1} two implementations part.
/// A column of H_i Q_i that depends on those before it keeps the old direction (the code takes a direction made of rounding).
/// A coordinate of g̃ that is 0 but for rounding gives 0 only if ε is well above rounding: with ε = 0 it is ±1.
///
/// # Example
/// ```
/// use natgrad::{ParameterLayout, ndarray::array, optimizer::{Optimizer, Soap}};
/// let layout = ParameterLayout::new([("weight", vec![2, 2])])?;
/// let soap = Soap { learning_rate: 1.0, beta1: 0.0, beta2: 0.0, weight_decay: 0.0, ..Soap::default() };
/// let mut soap = soap.build::<f64>(layout)?;
/// let mut theta = array![0.0, 0.0, 0.0, 0.0];
/// let gradient = array![0.0, 5.0, -3.0, 0.0];             // a quarter turn times a positive diagonal
/// soap.step(&mut theta, gradient.view())?;
/// assert_eq!(theta[1], 0.0);                              // the first call only looks
/// soap.step(&mut theta, gradient.view())?;                // without memory: the polar factor
/// assert!((theta[1] + 1.0).abs() < 1e-7 && (theta[2] - 1.0).abs() < 1e-7 && theta[0].abs() < 1e-7);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `optimizer::soap::transcription_f64`, `optimizer::kronecker_recorded::soap`, `optimizer::soap::without_bases_it_is_adam`
///
/// # References
/// Vyas et al. 2024 (arXiv 2409.11321), Algorithms 3 and 4; `nikhilvyas/SOAP` a1e5535; `kozistr/pytorch_optimizer` 4.1.0, which
/// orthonormalises in single precision and keeps m in the space of θ.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Soap {
    /// η.
    #[serde(rename = "lr")]
    pub learning_rate: f64,
    /// β₁.
    pub beta1: f64,
    /// β₂.
    pub beta2: f64,
    /// β_s; below 0: β₂.
    pub shampoo_beta: f64,
    /// ε.
    pub epsilon: f64,
    /// λ.
    pub weight_decay: f64,
    /// f.
    pub interval: u64,
    /// The longest axis with a basis of its own.
    pub max_precond_dim: usize,
    /// What a vector gets.
    pub one_dimensional: OneDimensional,
    /// Whether u is divided by its root mean square, tensor by tensor.
    pub normalize_grads: bool,
    /// ε_n.
    pub normalize_epsilon: f64,
    /// Whether the averages are corrected.
    pub bias_correction: bool,
}

impl Default for Soap {
    fn default() -> Self {
        Soap {
            learning_rate: 3e-3,
            beta1: 0.95,
            beta2: 0.95,
            shampoo_beta: -1.0,
            epsilon: 1e-8,
            weight_decay: 0.01,
            interval: 10,
            max_precond_dim: 10_000,
            one_dimensional: OneDimensional::Adam,
            normalize_grads: false,
            normalize_epsilon: 1e-30,
            bias_correction: true,
        }
    }
}

impl Settings for Soap {
    const NAME: &'static str = "soap";
    const PRESETS: &'static [&'static str] = &["paper", "pytorch-optimizer"];

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn with_learning_rate(self, learning_rate: f64) -> Self {
        Soap { learning_rate, ..self }
    }

    fn preset(name: &str) -> Result<Self> {
        let port = Soap { normalize_epsilon: 1e-8, ..Self::default() };
        named("preset of soap", name, &[("paper", Self::default()), ("pytorch-optimizer", port)])
    }
}

impl GradientSettings for Soap {
    fn optimizer<T: Scalar>(&self, layout: ParameterLayout) -> Result<Box<dyn Optimizer<T>>> {
        Ok(Box::new(self.build(layout)?))
    }
}

impl Soap {
    /// The optimizer for a layout, at t = 0.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless η, ε, ε_n and λ are finite and at least 0, 0 ≤ β < 1 for β₁ and β₂,
    /// β_s < 1 and f ≥ 1.
    pub fn build<T: Scalar>(&self, layout: ParameterLayout) -> Result<PerTensor<T, SoapRule>> {
        checked_learning_rate(self.learning_rate)?;
        for (option, value) in [("beta1", self.beta1), ("beta2", self.beta2)] {
            check::below_one(option, value)?;
        }
        let beta = self.shampoo_beta;
        check::setting("shampoo_beta", beta, beta.is_finite() && beta < 1.0, "finite and less than 1")?;
        for (option, value) in [
            ("epsilon", self.epsilon),
            ("normalize_epsilon", self.normalize_epsilon),
            ("weight_decay", self.weight_decay),
        ] {
            check::at_least_zero(option, value)?;
        }
        let frequency = self.interval;
        check::at_least_one("interval", frequency)?;
        PerTensor::new(layout, self.learning_rate, |_, shape| Ok(SoapRule::new(*self, shape)))
    }

    /// β_s as it acts.
    pub(super) fn statistics_beta(&self) -> f64 {
        if self.shampoo_beta >= 0.0 { self.shampoo_beta } else { self.beta2 }
    }
}
