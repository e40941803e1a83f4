use super::rule::{AmsGrad, InitialVectors, SingleInput, SphereRule, SphereStages, VectorMoment};
use crate::optimizer::settings::{GradientSettings, Settings};
use crate::optimizer::stage::{EpsilonPlacement, Moments, MomentumTransport, SphereMap, named};
use crate::optimizer::{Optimizer, PerTensor};
use crate::{ParameterLayout, Result, Scalar, check};
use serde::{Deserialize, Serialize};

/// ND-Adam: Adam that keeps the input weights of every unit on the unit sphere, and their steps in the span of their
/// gradients.
///
/// For every unit, w its input weights, |w| = 1:
/// ```text
/// g_t = gradient − (gradient·w_(t−1)) w_(t−1)
/// m_t = β₁ m_(t−1) + (1 − β₁) g_t           m̂_t = m_t / (1 − β₁^t)
/// v_t = β₂ v_(t−1) + (1 − β₂) ‖g_t‖²        v̂_t = v_t / (1 − β₂^t)        one number per unit
/// w' = w_(t−1) − α_v m̂_t / (√v̂_t + ε)       w_t = w' / ‖w'‖               α_v = η · factor
/// ```
/// All other parameters (tensors of fewer than two axes) take the step of [`Adam`](crate::optimizer::Adam) with η.
///
/// | symbol | option | default | other values |
/// |---|---|---|---|
/// | η = α_s | `learning_rate` | 1e-3 | pytorch 0.04 |
/// | α_v / η | `vector_factor` | 50 | pytorch 1 |
/// | β₁, β₂ | `beta1`, `beta2` | 0.9, 0.999 | pytorch 0.9, 0.99 |
/// | ε | `epsilon` | 1e-8 | |
/// | √v̂ + ε or √v + ε | `epsilon_placement` | tensorflow | pytorch |
/// | λ: λθ is added to the gradient of scalars | `weight_decay` | 0 | pytorch 5e-6 |
/// | the projection of the gradient | `projection` | true | false: an ablation |
/// | v: ‖g‖², or g² by coordinate | `second_moment` | unit | coordinate: an ablation |
/// | ‖w₀‖ = 1 | `initial` | normalised | as-given: both official codes |
/// | units of one input | `single_input` | refuse | freeze, scalars |
///
/// The learning rates of vectors and scalars keep their ratio when `lr` is tuned. The presets `tensorflow` and `pytorch`
/// are the two official codes with the settings of their training scripts; both start as given, with norms about 1.
///
/// m is not transported when w moves, so m̂ has a radial part, which only the division by ‖w'‖ removes;
/// [`SphereAdam`](super::SphereAdam) transports it. An L2 penalty on w would be radial and hence nothing; that is why λ
/// acts on scalars alone. A network that is not invariant to the size of its weights loses the ability to choose it: ND-Adam
/// is meant for layers that are followed by a normalisation, and for logits under
/// [`LogitRegularization`](crate::optimizer::LogitRegularization).
///
/// # Shapes
/// A tensor of at least two axes is (units × the rest). Units with one input are on a sphere of two points and could
/// never move; which of the three ways out is right is not for the method to say, and the default refuses them.
///
/// # Errors
/// `prepare` and a step refuse a vector of norm 0, and a step one whose norm is not 1 to within 1e-6 (64 roundings in
/// single precision): [`Error::Domain`](crate::Error::Domain) with the position of the vector in θ and its norm. Built for units of
/// one input: [`Error::Unsupported`](crate::Error::Unsupported).
///
/// # Cost
/// 10 flops per weight and step. State: m, and one number per unit: half of Adam's.
///
/// # Numerical notes
/// Projections and norms are summed in f64. The step of a unit is at most α_v times
/// (1 − β₁)/(1 − β₁^t) √((1 − β₂^t)/(1 − β₂)) / √(1 − β₁²/β₂) for β₁² < β₂, by Cauchy and Schwarz, so that no unit turns by more than the
/// arc tangent of that; in the first step every unit turns by atan α_v, or not at all (0/0 := 0).
///
/// # Example
/// ```
/// use natgrad::{ParameterLayout, ndarray::array, optimizer::{NdAdam, Optimizer}};
/// let layout = ParameterLayout::new([("w0", vec![1, 2]), ("b0", vec![1])])?;
/// let settings = NdAdam { learning_rate: 0.02, epsilon: 0.0, ..NdAdam::default() };    // α_v = 1
/// let mut nd_adam = settings.build::<f64>(layout)?;
/// let mut theta = array![3.0, 0.0, 0.5];
/// nd_adam.prepare(&mut theta)?;
/// assert_eq!(theta, array![1.0, 0.0, 0.5]);
/// nd_adam.step(&mut theta, array![7.0, 1e-3, -40.0].view())?;                            // 7 is radial
/// let half = 0.5f64.sqrt();
/// assert!((theta[0] - half).abs() < 1e-15 && (theta[1] + half).abs() < 1e-15);           // 45°
/// assert!((theta[2] - 0.52).abs() < 1e-15);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `optimizer::nd_adam::the_recurrence_written_out`, `optimizer::nd_adam::the_first_step_turns_every_unit_by_the_same_angle`.
///
/// # References
/// Zhang, Ma, Li & Wu 2017 (arXiv 1709.04546), section 3; the code `zj10/ND-Adam` at b4a9d59, which starts as given.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NdAdam {
    /// η, of scalars.
    #[serde(rename = "lr")]
    pub learning_rate: f64,
    /// The learning rate of vectors, divided by η.
    pub vector_factor: f64,
    /// β₁.
    pub beta1: f64,
    /// β₂.
    pub beta2: f64,
    /// ε.
    pub epsilon: f64,
    /// Where ε stands.
    pub epsilon_placement: EpsilonPlacement,
    /// λ, of scalars.
    pub weight_decay: f64,
    /// Whether gradients are projected on the tangent space.
    pub projection: bool,
    /// What v is.
    pub second_moment: VectorMoment,
    /// Where the vectors stand at first.
    pub initial: InitialVectors,
    /// What becomes of units with one input.
    pub single_input: SingleInput,
}

impl Default for NdAdam {
    fn default() -> Self {
        NdAdam {
            learning_rate: 1e-3,
            vector_factor: 50.0,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            epsilon_placement: EpsilonPlacement::Tensorflow,
            weight_decay: 0.0,
            projection: true,
            second_moment: VectorMoment::Unit,
            initial: InitialVectors::Normalised,
            single_input: SingleInput::Refuse,
        }
    }
}

impl Settings for NdAdam {
    const NAME: &'static str = "nd-adam";
    const PRESETS: &'static [&'static str] = &["tensorflow", "pytorch"];

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn with_learning_rate(self, learning_rate: f64) -> Self {
        NdAdam { learning_rate, ..self }
    }

    fn preset(name: &str) -> Result<Self> {
        named("preset of nd-adam", name, &[("tensorflow", Self::tensorflow()), ("pytorch", Self::pytorch())])
    }
}

impl GradientSettings for NdAdam {
    fn optimizer<T: Scalar>(&self, layout: ParameterLayout) -> Result<Box<dyn Optimizer<T>>> {
        Ok(Box::new(self.build(layout)?))
    }
}

impl NdAdam {
    /// The first official code: the defaults, from weights as given.
    pub fn tensorflow() -> Self {
        NdAdam { initial: InitialVectors::AsGiven, ..Self::default() }
    }

    /// The second official code, with the settings of its script: one learning rate 0.04, β₂ = 0.99, λ = 5e-6, √v + ε.
    pub fn pytorch() -> Self {
        NdAdam {
            learning_rate: 0.04,
            vector_factor: 1.0,
            beta2: 0.99,
            epsilon_placement: EpsilonPlacement::Pytorch,
            weight_decay: 5e-6,
            ..Self::tensorflow()
        }
    }

    /// The optimizer for a layout, at t = 0.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) for the first setting outside its domain;
    /// [`Error::Unsupported`](crate::Error::Unsupported) for units with one input, unless `single_input` allows them.
    pub fn build<T: Scalar>(&self, layout: ParameterLayout) -> Result<PerTensor<T, SphereRule<T>>> {
        let NdAdam { vector_factor, weight_decay, .. } = *self;
        check::at_least_zero("vector_factor", vector_factor)?;
        check::at_least_zero("weight_decay", weight_decay)?;
        let stages = SphereStages {
            moments: Moments::new(self.beta1, self.beta2, self.epsilon, self.epsilon_placement)?,
            vector_factor,
            weight_decay,
            projection: self.projection,
            second_moment: self.second_moment,
            amsgrad: AmsGrad::Off,
            map: SphereMap::Normalisation,
            transport: MomentumTransport::None,
            initial: self.initial,
        };
        PerTensor::new(layout, self.learning_rate, |_, shape| {
            SphereRule::new(stages, self.single_input, shape)
        })
    }
}
