use super::coarse::{CoarseDamping, CoarseFisher, Restriction};
use super::kfac_curvature::FactorRule;
use super::kronecker::{DescentRule, FactorAverage, FactorDamping, KroneckerDescent};
use super::two_level_curvature::{CoarseRule, TwoLevelCurvature};
use crate::optimizer::options::limit;
use crate::optimizer::settings::{ModelSettings, Settings};
use crate::optimizer::{FisherType, Method};
use crate::{ParameterLayout, Result, Scalar};
use serde::{Deserialize, Serialize};

/// Two-level K-FAC: K-FAC, and a correction that is constant on every layer and couples the layers.
///
/// ```text
/// U = w₁ M⁻¹ V + w₂ Rᵀ (F_c + λ R Rᵀ)⁻¹ R V         M⁻¹ that of K-FAC,    R: layers × P,    F_c ≈ R F Rᵀ
/// δ_t = −η ν U + μ δ_(t−1)                          V, ν, δ: see Kfac
/// ```
///
/// | symbol | option | default | ntselepidis/KFAC-Pytorch |
/// |---|---|---|---|
/// | η | `learning_rate` | 0.03 | 1e-3 |
/// | μ | `momentum` | 0.9 | 0.9 |
/// | λ | `damping` | 1e-3 | 1e-3 |
/// | where λ goes on the fine level | `damping_form` | factored | exact |
/// | w₁, w₂ | `fine_weight`, `coarse_weight` | 1, 1 | 1, 1 |
/// | rows of R | `restriction` | normalised | sum |
/// | F_c | `coarse_fisher` | kronecker | kronecker |
/// | what is added to F_c | `coarse_damping` | restricted | identity |
/// | averages of all statistics | `average`, `decay` | capped, 0.95 | min(1 − 1/(k + 1), 0.95) from 0 |
/// | which Fisher | `fisher`, `seed` | exact, 0 | mc:1 |
/// | intervals | `statistics_interval`, `inverse_interval` | 1, 5 | 10, 100 |
/// | κ | `kl_clip` | 1e-3 | 1e-3 |
/// | ℓ | `weight_decay` | 0 | another one |
///
/// The clip sees the joint direction. The code's average has the weight 1/2 on the zero it begins with; `capped` has none.
///
/// # What to expect
/// Little: Koroko et al. (2023, arXiv 2303.18083) report that corrections of this kind bring no real gain over K-FAC.
///
/// # Shapes, Errors
/// As [`Kfac`](super::Kfac); [`Error::Unsupported`](crate::Error::Unsupported) for `fisher = "forward-only"`, which has no scores
/// to couple layers by.
///
/// # Cost
/// That of [`Kfac`](super::Kfac) and rows · layers² flops, layers² numbers.
///
/// # Numerical notes
/// U is a positive definite matrix times V for λ > 0. With λ = 0 and w₁ = 0 the correction is exact where V = F Rᵀx: U = Rᵀx.
///
/// # Example
/// ```
/// use natgrad::{Labels, Network, likelihood::{Gaussian, Likelihood}, model::Activation, ndarray::array};
/// use natgrad::optimizer::{Method, Minibatch, TwoLevelKfac};
/// use std::sync::Arc;
/// let network = Network::random(&[1, 1], Activation::Tanh, 0)?.with_parameters(array![0.0, 0.0].view())?;
/// let likelihood: Arc<dyn Likelihood<f64>> = Arc::new(Gaussian::with_variance(1.0)?);
/// let (x, y) = (array![[2.0], [-2.0]], Labels::new(array![[4.0], [-2.0]])?);
/// let method = TwoLevelKfac { learning_rate: 1.0, damping: 0.0, kl_clip: f64::INFINITY, ..TwoLevelKfac::default() };
/// let mut theta = network.parameters();
/// method.build(network.layout().clone())?.step(&mut theta, &Minibatch::new(&network, &likelihood, &x, &y, &[0, 1])?)?;
/// // K-FAC goes to (1.5, 1); V = -(6, 1) sums to -7, and F = diag(4, 1) to 5.
/// assert!((theta[0] - (1.5 + 1.4)).abs() < 1e-14 && (theta[1] - (1.0 + 1.4)).abs() < 1e-14);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `optimizer::two_level_kfac::the_direction_with_dense_matrices`,
/// `optimizer::two_level_kfac::a_restored_run_goes_on_bit_identically`
///
/// # References
/// Tselepidis, Kohler & Orvieto 2020, "Two-level K-FAC preconditioning for deep learning", arXiv 2011.00573. Code:
/// ntselepidis/KFAC-Pytorch 2ff652f.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TwoLevelKfac {
    /// η.
    #[serde(rename = "lr")]
    pub learning_rate: f64,
    /// μ.
    pub momentum: f64,
    /// λ.
    pub damping: f64,
    /// Where λ goes on the fine level.
    pub damping_form: FactorDamping,
    /// w₁.
    pub fine_weight: f64,
    /// w₂.
    pub coarse_weight: f64,
    /// Rows of R.
    pub restriction: Restriction,
    /// F_c.
    pub coarse_fisher: CoarseFisher,
    /// What is added to F_c.
    pub coarse_damping: CoarseDamping,
    /// β.
    pub decay: f64,
    /// How statistics are averaged.
    pub average: FactorAverage,
    /// Which Fisher.
    pub fisher: FisherType,
    /// Seed of its draws.
    pub seed: u64,
    /// Steps between statistics.
    pub statistics_interval: u64,
    /// Steps between inverses.
    pub inverse_interval: u64,
    /// κ.
    #[serde(deserialize_with = "limit")]
    pub kl_clip: f64,
    /// ℓ.
    pub weight_decay: f64,
}

impl Default for TwoLevelKfac {
    fn default() -> Self {
        let rule = DescentRule::default();
        TwoLevelKfac {
            learning_rate: rule.learning_rate,
            momentum: rule.momentum,
            damping: rule.damping,
            damping_form: FactorDamping::Factored,
            fine_weight: 1.0,
            coarse_weight: 1.0,
            restriction: Restriction::Normalised,
            coarse_fisher: CoarseFisher::Kronecker,
            coarse_damping: CoarseDamping::Restricted,
            decay: 0.95,
            average: FactorAverage::Capped,
            fisher: FisherType::Exact,
            seed: 0,
            statistics_interval: 1,
            inverse_interval: 5,
            kl_clip: 1e-3,
            weight_decay: rule.weight_decay,
        }
    }
}

impl TwoLevelKfac {
    /// The method for a layout, at t = 0.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) for the first setting outside its domain;
    /// [`Error::Unsupported`](crate::Error::Unsupported) for tensors that are no affine layers.
    pub fn build<T: Scalar>(
        &self,
        layout: ParameterLayout,
    ) -> Result<KroneckerDescent<T, TwoLevelCurvature>> {
        let rule = DescentRule {
            learning_rate: self.learning_rate,
            momentum: self.momentum,
            weight_decay: self.weight_decay,
            damping: self.damping,
            kl_clip: self.kl_clip,
            ..DescentRule::default()
        };
        let factors = FactorRule {
            fisher: self.fisher,
            seed: self.seed,
            average: self.average,
            decay: self.decay,
            damping: self.damping_form,
            statistics_interval: self.statistics_interval,
            inverse_interval: self.inverse_interval,
            first: 0,
        };
        let coarse = CoarseRule {
            fine_weight: self.fine_weight,
            coarse_weight: self.coarse_weight,
            restriction: self.restriction,
            fisher: self.coarse_fisher,
            damping: self.coarse_damping,
        };
        let curvature = TwoLevelCurvature::new(&layout, factors, coarse)?;
        KroneckerDescent::new(layout, rule, curvature)
    }
}

impl Settings for TwoLevelKfac {
    const NAME: &'static str = "two-level-kfac";

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn with_learning_rate(self, learning_rate: f64) -> Self {
        TwoLevelKfac { learning_rate, ..self }
    }

    fn with_seed(self, seed: u64) -> Self {
        TwoLevelKfac { seed, ..self }
    }
}

impl ModelSettings for TwoLevelKfac {
    const NEEDS: &'static str = "the model and the data at every step, for the factors of the Fisher";

    fn method<T: Scalar>(&self, layout: ParameterLayout) -> Result<Box<dyn Method<T>>> {
        Ok(Box::new(self.build(layout)?))
    }
}
