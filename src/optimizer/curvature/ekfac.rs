use super::ekfac_curvature::{EkfacCurvature, EkfacRule, EkfacScaling, EkfacStart};
use super::kronecker::{DescentRule, FactorAverage, KroneckerDescent};
use crate::optimizer::options::limit;
use crate::optimizer::settings::{ModelSettings, Settings};
use crate::optimizer::stage::named;
use crate::optimizer::{FisherType, Method};
use crate::{ParameterLayout, Result, Scalar};
use serde::{Deserialize, Serialize};

/// EKFAC: the eigenbasis of K-FAC now and then, and at every step eigenvalues that are second moments in it.
///
/// ```text
/// A = Q_A D_A Q_Aᵀ,  B = Q_B D_B Q_Bᵀ         every T steps, of factors averaged as those of K-FAC are
/// S_k = ε_k S_(k−1) + (1 − ε_k) S              ε_k = min(1 − 1/k, α), k from 1 with every new basis
/// S   = (1/N) Σ_k ((Q_Bᵀδ_k)∘²) ((Q_Aᵀā_n)∘²)ᵀ
/// U   = Q_B [(Q_Bᵀ V̄ Q_A) / (S_k + λ + ℓ)] Q_Aᵀ
/// δ_t = −η ν U + μ δ_(t−1)                     V, ν, δ: see Kfac
/// ```
///
/// | symbol | option | default | `intra-batch` | `running-average` |
/// |---|---|---|---|---|
/// | η | `learning_rate` | 0.03 | | |
/// | μ | `momentum` | 0.9 | 0 | 0 |
/// | λ | `damping` | 1e-3 | | |
/// | β | `decay` of the factors | 0.95 | 0 | 0 |
/// | average of the factors | `average` | capped | | |
/// | which Fisher | `fisher` | exact | empirical | empirical |
/// | seed of draws | `seed` | 0 | | |
/// | one step's S | `scaling` | moments | moments | gradient |
/// | α | `scaling_decay` | 0.95 | 0 | 0.75 |
/// | S₀ | `start` | fresh | fresh | kronecker |
/// | steps between factors | `statistics_interval` | 1 | 50 | 50 |
/// | steps between S | `scaling_interval` | 1 | | |
/// | T | `basis_interval` | 20 | 50 | 50 |
/// | κ | `kl_clip` | 1e-3 | off | off |
/// | ℓ | `weight_decay` | 0 | | |
///
/// The presets are the two variants of Thrandis/EKFAC-pytorch, with its factors of the batch at which the basis is made. There
/// damping and learning rate are the user's; here they stay those of the default.
///
/// # Shapes, Errors
/// As [`Kfac`](super::Kfac). `scaling = "moments"` has none with `fisher = "forward-only"`, which has no scores.
///
/// # Cost
/// That of [`Kfac`](super::Kfac) and, for S, 2·(rows·out² + N·in² + N·in·out) flops per layer; at a new basis 9 Σ (out³ + in³)
/// flops. State: 2 Σ (out² + in²) + 2P numbers.
///
/// # Numerical notes
/// Of all diagonals in the basis S is the Frobenius-nearest to the block, and has its trace. Where eigenvalues of a factor coincide
/// the basis is not unique, and the method depends on the choice. Between a new basis and the next estimate in it, S is K-FAC's.
/// Without damping, eigenvalues that may be rounding are refused. The eigenvectors are saved in checkpoints.
///
/// # Example
/// ```
/// use natgrad::{Labels, Network, likelihood::{Gaussian, Likelihood}, model::Activation, ndarray::array};
/// use natgrad::optimizer::{Ekfac, Method, Minibatch};
/// use std::sync::Arc;
/// let network = Network::random(&[1, 1], Activation::Tanh, 0)?.with_parameters(array![0.0, 0.0].view())?;
/// let likelihood: Arc<dyn Likelihood<f64>> = Arc::new(Gaussian::with_variance(1.0)?);
/// let (x, y) = (array![[2.0], [-2.0]], Labels::new(array![[4.0], [-2.0]])?);
/// let ekfac = Ekfac { learning_rate: 1.0, damping: 2.0, kl_clip: f64::INFINITY, ..Ekfac::default() };
/// let mut theta = network.parameters();
/// ekfac.build(network.layout().clone())?.step(&mut theta, &Minibatch::new(&network, &likelihood, &x, &y, &[0, 1])?)?;
/// assert!((theta[0] - 1.0).abs() < 1e-15 && (theta[1] - 1.0 / 3.0).abs() < 1e-15); // g = -(6, 1), S = (4, 1), λ = 2
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `optimizer::ekfac::the_recurrence_written_out`, `optimizer::ekfac::the_eigenvalues_are_the_nearest_of_the_basis`,
/// `optimizer::ekfac::a_restored_run_goes_on_bit_identically`, `optimizer::kfac_recorded::directions_of_curvlinops`
///
/// # References
/// George, Laurent, Bouthillier, Ballas & Vincent 2018, "Fast approximate natural gradient descent in a Kronecker-factored
/// eigenbasis", arXiv 1806.03884. Code: Thrandis/EKFAC-pytorch 2de112a.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ekfac {
    /// η.
    #[serde(rename = "lr")]
    pub learning_rate: f64,
    /// μ.
    pub momentum: f64,
    /// λ.
    pub damping: f64,
    /// β.
    pub decay: f64,
    /// How factors are averaged.
    pub average: FactorAverage,
    /// Which Fisher.
    pub fisher: FisherType,
    /// Seed of its draws.
    pub seed: u64,
    /// One step's S.
    pub scaling: EkfacScaling,
    /// α.
    pub scaling_decay: f64,
    /// S₀.
    pub start: EkfacStart,
    /// Steps between factors.
    pub statistics_interval: u64,
    /// Steps between estimates of S.
    pub scaling_interval: u64,
    /// T.
    pub basis_interval: u64,
    /// κ.
    #[serde(deserialize_with = "limit")]
    pub kl_clip: f64,
    /// ℓ.
    pub weight_decay: f64,
}

impl Default for Ekfac {
    fn default() -> Self {
        let rule = DescentRule::default();
        Ekfac {
            learning_rate: rule.learning_rate,
            momentum: rule.momentum,
            damping: rule.damping,
            decay: 0.95,
            average: FactorAverage::Capped,
            fisher: FisherType::Exact,
            seed: 0,
            scaling: EkfacScaling::Moments,
            scaling_decay: 0.95,
            start: EkfacStart::Fresh,
            statistics_interval: 1,
            scaling_interval: 1,
            basis_interval: 20,
            kl_clip: 1e-3,
            weight_decay: rule.weight_decay,
        }
    }
}

impl Ekfac {
    /// Eigenvalues of one batch each, nothing averaged.
    pub fn intra_batch() -> Self {
        Ekfac {
            momentum: 0.0,
            decay: 0.0,
            fisher: FisherType::Empirical,
            scaling_decay: 0.0,
            statistics_interval: 50,
            basis_interval: 50,
            kl_clip: f64::INFINITY,
            ..Ekfac::default()
        }
    }

    /// Eigenvalues from an average of squared mean gradients (EKFAC-ra).
    pub fn running_average() -> Self {
        Ekfac {
            scaling: EkfacScaling::Gradient,
            scaling_decay: 0.75,
            start: EkfacStart::Kronecker,
            ..Ekfac::intra_batch()
        }
    }

    /// The method for a layout, at t = 0.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) for the first setting outside its domain;
    /// [`Error::Unsupported`](crate::Error::Unsupported) for tensors that are no affine layers.
    pub fn build<T: Scalar>(&self, layout: ParameterLayout) -> Result<KroneckerDescent<T, EkfacCurvature>> {
        let rule = DescentRule {
            learning_rate: self.learning_rate,
            momentum: self.momentum,
            weight_decay: self.weight_decay,
            damping: self.damping,
            kl_clip: self.kl_clip,
            ..DescentRule::default()
        };
        let curvature = EkfacRule {
            fisher: self.fisher,
            seed: self.seed,
            average: self.average,
            decay: self.decay,
            scaling: self.scaling,
            scaling_decay: self.scaling_decay,
            start: self.start,
            statistics_interval: self.statistics_interval,
            scaling_interval: self.scaling_interval,
            basis_interval: self.basis_interval,
        };
        let curvature = EkfacCurvature::new(&layout, curvature)?;
        KroneckerDescent::new(layout, rule, curvature)
    }
}

impl Settings for Ekfac {
    const NAME: &'static str = "ekfac";
    const PRESETS: &'static [&'static str] = &["intra-batch", "running-average"];

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn with_learning_rate(self, learning_rate: f64) -> Self {
        Ekfac { learning_rate, ..self }
    }

    fn with_seed(self, seed: u64) -> Self {
        Ekfac { seed, ..self }
    }

    fn preset(name: &str) -> Result<Self> {
        let table = [("intra-batch", Ekfac::intra_batch()), ("running-average", Ekfac::running_average())];
        named("preset", name, &table)
    }
}

impl ModelSettings for Ekfac {
    const NEEDS: &'static str = "the model and the data at every step, for the factors of the Fisher";

    fn method<T: Scalar>(&self, layout: ParameterLayout) -> Result<Box<dyn Method<T>>> {
        Ok(Box::new(self.build(layout)?))
    }
}
