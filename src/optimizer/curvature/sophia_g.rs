use super::ClippedNewton;
use crate::optimizer::keywords::keywords;
use crate::optimizer::settings::{ModelSettings, Settings};
use crate::optimizer::{Method, checked_learning_rate};
use crate::{ParameterLayout, Result, Scalar, check};
use serde::{Deserialize, Serialize};

/// Where the number of data B of a batch enters, without which B ĝ² would be no estimate of a curvature.
///
/// The two differ only where B changes from batch to batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BatchPlacement {
    /// h averages B ĝ²: the paper.
    #[default]
    Estimate,
    /// h averages ĝ², and the denominator has ρ B h: the code.
    Denominator,
}

keywords!(BatchPlacement, "batch placement", { Estimate = "estimate", Denominator = "denominator" });

/// Sophia-G: the average gradient over a diagonal Gauss-Newton matrix, clipped entry by entry.
///
/// ```text
/// m_t = β₁ m_(t−1) + (1 − β₁) g_t
/// ĝ = gradient of the mean loss at labels drawn from the model         when t mod k = 1 (every step if k = 1)
/// h_t = β₂ h_(t−1) + (1 − β₂) B ĝ²                                     then; else h_t = h_(t−1)
/// θ_t = (1 − ηλ) θ_(t−1) − η sign(m_t) min(|m_t|/(ρ h_t + 1e-15), 1)
/// ```
///
/// | symbol | option | default |
/// |---|---|---|
/// | η | `learning_rate` | 1e-4 |
/// | β₁, β₂ | `beta1`, `beta2` | 0.965, 0.99 |
/// | ρ | `rho` | 0.04 |
/// | λ | `weight_decay`, decoupled | 0.1 |
/// | k | `interval` | 10 |
/// | where B stands | `batch_placement`, see [`BatchPlacement`] | estimate (the code: denominator) |
/// | | `seed`, of the labels drawn | 0 |
///
/// ρ is written γ in later versions of the paper. E\[B ĝ²\] is the diagonal of the Gauss-Newton matrix (for the likelihoods
/// here, the Fisher) exactly, because scores of different data are independent with mean 0 under the model. The labels of
/// the data do not enter h. Neither average is corrected for its start: h_1 is 1 % of an estimate, so most entries are clipped at
/// first, and a clipped step is that of a sign.
///
/// The official loop draws its labels *after* step k, 2k, … and so begins with h = 0, k steps of signs; here, as in the
/// paper, they are drawn before step 1, k + 1, …. What the code calls `bs` is B, in tokens for a language model.
///
/// # Errors
/// [`Error::Setting`](crate::Error::Setting) unless η, ρ and λ are finite and at least 0, β₁ and β₂ in [0, 1), and k at least 1. A step
/// also ends with [`Error::NonFinite`](crate::Error::NonFinite) where B ĝ² overflows.
///
/// # Numerical notes
/// |θ_t − (1 − ηλ) θ_(t−1)| ≤ η, for any gradients. Where m = 0 the step is 0.
///
/// # Cost
/// See [`ClippedNewton`].
///
/// # Example
/// ```
/// use natgrad::{ParameterLayout, ndarray::array, optimizer::SophiaG};
/// let settings = SophiaG { learning_rate: 0.5, beta1: 0.0, beta2: 0.0, rho: 1.0, weight_decay: 0.0, ..SophiaG::default() };
/// let mut method = settings.build::<f64>(ParameterLayout::flat(2)?)?;
/// let mut theta = array![0.0, 0.0];
/// // Two data: h = 2 · (1, ½)².
/// method.advance(&mut theta, array![1.0, -3.0].view(), Some(array![1.0, 0.5].view()), 2)?;
/// assert!((theta[0] + 0.25).abs() < 1e-15 && theta[1] == 0.5);          // −½ · ½, and +½ · min(6, 1)
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `optimizer::sophia_g::recorded_from_sophia_opt`, `optimizer::sophia_g::the_estimate_is_the_gauss_newton_diagonal`.
///
/// # References
/// Liu, Li, Hall, Liang & Ma 2024, "Sophia: A Scalable Stochastic Second-order Optimizer for Language Model
/// Pre-training" (arXiv 2305.14342), Algorithms 2 and 3; `Liuhong99/Sophia` a7e1572.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SophiaG {
    /// η.
    #[serde(rename = "lr")]
    pub learning_rate: f64,
    /// β₁.
    pub beta1: f64,
    /// β₂.
    pub beta2: f64,
    /// ρ.
    pub rho: f64,
    /// λ.
    pub weight_decay: f64,
    /// k.
    pub interval: u64,
    /// Where B stands.
    pub batch_placement: BatchPlacement,
    /// The seed of the labels drawn.
    pub seed: u64,
}

impl Default for SophiaG {
    fn default() -> Self {
        SophiaG {
            learning_rate: 1e-4,
            beta1: 0.965,
            beta2: 0.99,
            rho: 0.04,
            weight_decay: 0.1,
            interval: 10,
            batch_placement: BatchPlacement::Estimate,
            seed: 0,
        }
    }
}

impl Settings for SophiaG {
    const NAME: &'static str = "sophia-g";

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn with_learning_rate(self, learning_rate: f64) -> Self {
        SophiaG { learning_rate, ..self }
    }

    fn with_seed(self, seed: u64) -> Self {
        SophiaG { seed, ..self }
    }
}

impl ModelSettings for SophiaG {
    const NEEDS: &'static str = "the model, for gradients at labels drawn from it";

    fn method<T: Scalar>(&self, layout: ParameterLayout) -> Result<Box<dyn Method<T>>> {
        Ok(Box::new(self.build(layout)?))
    }
}

impl SophiaG {
    /// The method for a layout, at t = 0.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) for the first setting outside its domain.
    pub fn build<T: Scalar>(&self, layout: ParameterLayout) -> Result<ClippedNewton<T>> {
        checked_learning_rate(self.learning_rate)?;
        for (option, value) in [("beta1", self.beta1), ("beta2", self.beta2)] {
            check::below_one(option, value)?;
        }
        for (option, value) in [("rho", self.rho), ("weight_decay", self.weight_decay)] {
            check::at_least_zero(option, value)?;
        }
        check::at_least_one("interval", self.interval)?;
        Ok(ClippedNewton::new(*self, layout))
    }
}
