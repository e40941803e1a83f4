use super::kfac_curvature::{FactorRule, KfacCurvature};
use super::kronecker::{DescentRule, FactorAverage, FactorDamping, KroneckerDescent, Rescaling};
use crate::optimizer::options::limit;
use crate::optimizer::settings::{ModelSettings, Settings};
use crate::optimizer::stage::named;
use crate::optimizer::{FisherType, Method};
use crate::{ParameterLayout, Result, Scalar};
use serde::{Deserialize, Serialize};

/// K-FAC: the natural gradient with one Kronecker product per affine layer, its factors averaged over time.
///
/// ```text
/// A_k = ε_k A_(k−1) + (1 − ε_k) E[ā āᵀ]        B_k = ε_k B_(k−1) + (1 − ε_k) E[δ δᵀ]        per layer
/// V   = gradient + ℓ θ
/// U   = (B + γ/π I)⁻¹ V̄ (A + πγ I)⁻¹            γ² = λ + ℓ,    π² = (tr A/dim A)/(tr B/dim B)
/// ν   = min(1, √(κ / (η² Σ ⟨U, V⟩)))
/// δ_t = −η ν U + μ δ_(t−1)                      θ_t = θ_(t−1) + δ_t
/// ```
///
/// With `rescaling = "both"` α and μ of δ = −αU + μδ_(t−1) minimise the exact quadratic model instead:
///
/// ```text
/// M(δ) = Vᵀδ + ½ δᵀ(F + (λ + ℓ) I)δ             F the exact Fisher of the batch
/// every T₁ steps    λ ← λ ω₁^T₁ if ρ > ¾, λ/ω₁^T₁ unless ρ ≥ ¼,    ρ = (h(θ_t) − h(θ_(t−1)))/M(δ_t),    h = loss + ½ℓ‖θ‖²
/// every T₂ steps    γ ← that of γ, γ ω₂^T₂, γ/ω₂^T₂ with the least M(δ)
/// θ̄_t = ξ_t θ̄_(t−1) + (1 − ξ_t) θ_t             ξ_t = min(1 − 1/t, ξ)
/// ```
///
/// | symbol | option | default | `martens-grosse` | `kfac-jax` | alecwangcq/KFAC-Pytorch |
/// |---|---|---|---|---|---|
/// | η | `learning_rate` | 0.03 | 1 | 1 | 1e-3 |
/// | μ | `momentum` | 0.9 | decided | decided | 0.9 |
/// | λ | `damping` | 1e-3 | 150 at first | 1 at first | 1e-3, exact |
/// | where γ² goes | `damping_form` | factored | factored | factored | exact |
/// | β | `decay` | 0.95 | 0.95 | 0.95 | 0.95 |
/// | ε_k | `average` | capped | capped | normalised | identity |
/// | δ | `fisher` | exact | mc:1 | exact | mc:1 |
/// | seed of draws | `seed` | 0 | | | |
/// | steps between statistics | `statistics_interval` | 1 | 1 | 1 | 10 |
/// | steps between inverses | `inverse_interval` | 5 | 20 | 5 | 100 |
/// | first steps with inverses at each | `first_inverses` | 0 | 3 | 0 | 0 |
/// | κ | `kl_clip` | 1e-3 | off | off | 1e-3 |
/// | ℓ | `weight_decay` | 0 | 1e-5 | 0 | another one |
/// | α, μ decided | `rescaling` | none | both | both | none |
/// | T₁ | `damping_interval` | 0, never | 5 | 5 | never |
/// | ω₁ | `damping_decay` | 19/20 | 19/20 | 0.9 | |
/// | least λ | `min_damping` | 1e-8 | 0 | 1e-8 | |
/// | λ in the model of ρ | `damped_model` | false | true | false | |
/// | T₂ | `gamma_interval` | 0, never | 20 | never | never |
/// | ω₂ | `gamma_decay` | √(19/20) | √(19/20) | | |
/// | ξ | `averaging` | 0, off | 0.99 | off | off |
///
/// η multiplies α and μ where they are decided: 1 is the paper's. Intervals count from the first step: t = 1, 1 + interval, ….
/// The average of iterates is that of [`Method::averaged`]. The default, `practical`, is that of the small codes with inverses more
/// often; its rate is the best of a few on digits.
///
/// # What differs from the codes
/// kfac-jax adds no damping to factors of order 1, makes factors √λ I of zero ones, and estimates the curvature ten times before
/// its first step; here factors of order 1 are like any other, π is 1 unless both traces are positive, and there is no such
/// burn-in. Everywhere else its trajectories are reproduced (test below). The paper takes the factors of an eighth of the batch
/// and M of a quarter; here it is the batch. alecwangcq's decay acts on θ beside the preconditioner.
///
/// # Shapes
/// The layout must be that of affine layers: a weight (out × in), the bias (out) after it if there is one.
///
/// # Errors
/// [`Error::Unsupported`](crate::Error::Unsupported) for another layout; [`Error::Setting`](crate::Error::Setting);
/// [`Error::NotPositiveDefinite`](crate::Error::NotPositiveDefinite) or [`Error::Singular`](crate::Error::Singular) from a step
/// whose damping does not make up for singular factors.
///
/// # Cost
/// Per step that of the Fisher's scores, N Σ (in² + rows·out²/N) flops for the factors, 2 Σ out·in·(out + in) for the direction;
/// at an inversion Σ (out³ + in³)/3 flops (27 times that for `exact`). Rescaling takes two products with F (8NP flops), a change
/// of γ three inversions. State: 2 Σ (out² + in²) + P numbers, P more for the average.
///
/// # Numerical notes
/// Factors, inverses and δ are in double precision whatever T is. A checkpoint holds the factors that were last inverted, not
/// their inverses: the same factors give the same bits. A zero gradient gives the step μδ_(t−1).
///
/// # Example
/// ```
/// use natgrad::{Labels, Network, likelihood::{Gaussian, Likelihood}, model::Activation, ndarray::array};
/// use natgrad::optimizer::{Kfac, Method, Minibatch};
/// use std::sync::Arc;
/// let network = Network::random(&[1, 1], Activation::Tanh, 0)?.with_parameters(array![0.0, 0.0].view())?;
/// let likelihood: Arc<dyn Likelihood<f64>> = Arc::new(Gaussian::with_variance(1.0)?);
/// let (x, y) = (array![[2.0], [-2.0]], Labels::new(array![[4.0], [-2.0]])?);
/// let kfac = Kfac { learning_rate: 1.0, damping: 0.0, kl_clip: f64::INFINITY, ..Kfac::default() };
/// let mut theta = network.parameters();
/// kfac.build(network.layout().clone())?.step(&mut theta, &Minibatch::new(&network, &likelihood, &x, &y, &[0, 1])?)?;
/// assert!((theta[0] - 1.5).abs() < 1e-15 && (theta[1] - 1.0).abs() < 1e-15);    // y = 1.5 x + 1: one step of least squares
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `optimizer::kfac_recorded::trajectories_of_kfac_jax`, `optimizer::kfac_recorded::directions_of_curvlinops`,
/// `optimizer::kfac_written_out::the_recurrence_written_out_with_dense_blocks`,
/// `optimizer::kfac::a_restored_run_goes_on_bit_identically`
///
/// # References
/// Martens & Grosse 2015, "Optimizing neural networks with Kronecker-factored approximate curvature", arXiv 1503.05671, sections
/// 5 to 8. The clip: Ba, Grosse & Martens 2017, section 5. Code: google-deepmind/kfac-jax 0.0.8; alecwangcq/KFAC-Pytorch 25e6dbe.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Kfac {
    /// η.
    #[serde(rename = "lr")]
    pub learning_rate: f64,
    /// μ.
    pub momentum: f64,
    /// λ.
    pub damping: f64,
    /// Where γ² goes.
    pub damping_form: FactorDamping,
    /// β.
    pub decay: f64,
    /// ε_k.
    pub average: FactorAverage,
    /// Which Fisher.
    pub fisher: FisherType,
    /// Seed of its draws.
    pub seed: u64,
    /// Steps between statistics.
    pub statistics_interval: u64,
    /// Steps between inverses.
    pub inverse_interval: u64,
    /// The first steps, at all of which inverses are made anew.
    pub first_inverses: u64,
    /// κ.
    #[serde(deserialize_with = "limit")]
    pub kl_clip: f64,
    /// ℓ.
    pub weight_decay: f64,
    /// What the quadratic model decides.
    pub rescaling: Rescaling,
    /// T₁.
    pub damping_interval: u64,
    /// ω₁.
    pub damping_decay: f64,
    /// λ at least.
    pub min_damping: f64,
    /// Whether the model of ρ has λ in it.
    pub damped_model: bool,
    /// T₂.
    pub gamma_interval: u64,
    /// ω₂.
    pub gamma_decay: f64,
    /// ξ.
    pub averaging: f64,
}

impl Default for Kfac {
    fn default() -> Self {
        let rule = DescentRule::default();
        Kfac {
            learning_rate: rule.learning_rate,
            momentum: rule.momentum,
            damping: rule.damping,
            damping_form: FactorDamping::Factored,
            decay: 0.95,
            average: FactorAverage::Capped,
            fisher: FisherType::Exact,
            seed: 0,
            statistics_interval: 1,
            inverse_interval: 5,
            first_inverses: 0,
            kl_clip: 1e-3,
            weight_decay: rule.weight_decay,
            rescaling: rule.rescaling,
            damping_interval: rule.damping_interval,
            damping_decay: rule.damping_decay,
            min_damping: rule.min_damping,
            damped_model: rule.damped_model,
            gamma_interval: rule.gamma_interval,
            gamma_decay: rule.gamma_decay,
            averaging: rule.averaging,
        }
    }
}

impl Kfac {
    /// The method of the paper, with its constants.
    pub fn martens_grosse() -> Self {
        Kfac {
            learning_rate: 1.0,
            momentum: 0.0,
            damping: 150.0,
            fisher: FisherType::MonteCarlo { draws: 1 },
            inverse_interval: 20,
            first_inverses: 3,
            kl_clip: f64::INFINITY,
            weight_decay: 1e-5,
            rescaling: Rescaling::Both,
            damping_interval: 5,
            min_damping: 0.0,
            damped_model: true,
            gamma_interval: 20,
            averaging: 0.99,
            ..Kfac::default()
        }
    }

    /// That of kfac-jax with everything adaptive.
    pub fn kfac_jax() -> Self {
        Kfac {
            learning_rate: 1.0,
            momentum: 0.0,
            damping: 1.0,
            average: FactorAverage::Normalised,
            kl_clip: f64::INFINITY,
            rescaling: Rescaling::Both,
            damping_interval: 5,
            damping_decay: 0.9,
            ..Kfac::default()
        }
    }

    /// The method for a layout, at t = 0.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) for the first setting outside its domain;
    /// [`Error::Unsupported`](crate::Error::Unsupported) for tensors that are no affine layers.
    pub fn build<T: Scalar>(&self, layout: ParameterLayout) -> Result<KroneckerDescent<T, KfacCurvature>> {
        let rule = DescentRule {
            learning_rate: self.learning_rate,
            momentum: self.momentum,
            weight_decay: self.weight_decay,
            damping: self.damping,
            kl_clip: self.kl_clip,
            rescaling: self.rescaling,
            damping_interval: self.damping_interval,
            damping_decay: self.damping_decay,
            min_damping: self.min_damping,
            damped_model: self.damped_model,
            gamma_interval: self.gamma_interval,
            gamma_decay: self.gamma_decay,
            averaging: self.averaging,
        };
        let factors = FactorRule {
            fisher: self.fisher,
            seed: self.seed,
            average: self.average,
            decay: self.decay,
            damping: self.damping_form,
            statistics_interval: self.statistics_interval,
            inverse_interval: self.inverse_interval,
            first: self.first_inverses,
        };
        let curvature = KfacCurvature::new(&layout, factors)?;
        KroneckerDescent::new(layout, rule, curvature)
    }
}

impl Settings for Kfac {
    const NAME: &'static str = "kfac";
    const PRESETS: &'static [&'static str] = &["practical", "martens-grosse", "kfac-jax"];

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn with_learning_rate(self, learning_rate: f64) -> Self {
        Kfac { learning_rate, ..self }
    }

    fn with_seed(self, seed: u64) -> Self {
        Kfac { seed, ..self }
    }

    fn preset(name: &str) -> Result<Self> {
        named(
            "preset",
            name,
            &[
                ("practical", Kfac::default()),
                ("martens-grosse", Kfac::martens_grosse()),
                ("kfac-jax", Kfac::kfac_jax()),
            ],
        )
    }
}

impl ModelSettings for Kfac {
    const NEEDS: &'static str = "the model and the data at every step, for the factors of the Fisher";

    fn method<T: Scalar>(&self, layout: ParameterLayout) -> Result<Box<dyn Method<T>>> {
        Ok(Box::new(self.build(layout)?))
    }
}
