use super::rule::{AmsGrad, InitialVectors, SingleInput, SphereRule, SphereStages, VectorMoment};
use crate::optimizer::settings::{GradientSettings, Settings};
use crate::optimizer::stage::{EpsilonPlacement, Moments, MomentumTransport, SphereMap};
use crate::optimizer::{Optimizer, PerTensor};
use crate::{ParameterLayout, Result, Scalar, check};
use serde::{Deserialize, Serialize};

/// Riemannian Adam on a product of unit spheres, one for the input weights of every unit.
///
/// For every unit, w its input weights, |w| = 1, and 𝒯 the parallel transport along the geodesic of the step:
/// ```text
/// g_t = gradient − (gradient·w_(t−1)) w_(t−1)
/// m_t = β₁ τ_(t−1) + (1 − β₁) g_t           m̂_t = m_t / (1 − β₁^t)
/// v_t = β₂ v_(t−1) + (1 − β₂) ‖g_t‖²        v̂_t = v_t / (1 − β₂^t)        AMSGrad: the greatest v̂ so far
/// w_t = Exp(−α_v m̂_t / (√v̂_t + ε))          τ_t = 𝒯 m_t                   from w_(t−1) to w_t
/// ```
/// All other parameters (tensors of fewer than two axes) take the step of [`Adam`](crate::optimizer::Adam) with η, which is the same
/// method on the line: one second moment per factor of the product.
///
/// | symbol | option | default | other values |
/// |---|---|---|---|
/// | η | `learning_rate` | 1e-3 | |
/// | α_v / η | `vector_factor` | 1 | |
/// | β₁, β₂ | `beta1`, `beta2` | 0.9, 0.999 | |
/// | ε | `epsilon` | 1e-8 | |
/// | √v̂ + ε or √v + ε | `epsilon_placement` | tensorflow | pytorch |
/// | hats | `bias_correction` | true | false: the paper's algorithm 1 |
/// | greatest v̂, or greatest v | `amsgrad` | off | corrected, raw; without hats both are the paper's RAMSGrad |
/// | λ: λθ is added to the gradient of scalars | `weight_decay` | 0 | |
/// | Exp | `map` | exponential | normalisation |
/// | 𝒯 | `transport` | parallel | projection (geoopt), none |
/// | units of one input | `single_input` | refuse | freeze, scalars |
///
/// With `map` normalisation and `transport` none it is [`NdAdam`](super::NdAdam): the two differ in the curvature that a step
/// sees, of second order in α_v. On any manifold with a metric the same method is
/// [`descent::RiemannianAdam`](../descent/struct.RiemannianAdam.html), which is checked against this one through the isometry of the simplex with
/// an orthant of the sphere.
///
/// # Shapes
/// As [`NdAdam`](super::NdAdam).
///
/// # Errors
/// As [`NdAdam`](super::NdAdam).
///
/// # Cost
/// 20 flops per weight and step, and three sines per unit. State: m, and one number per unit (two with AMSGrad).
///
/// # Numerical notes
/// The transported momentum is projected, and the new vector normalised, against the drift of rounding. α_v is an arc
/// in radians: without history every unit turns by α_v exactly, whatever its gradient.
///
/// # Example
/// ```
/// use natgrad::{ParameterLayout, ndarray::array, optimizer::{Optimizer, SphereAdam}};
/// let settings = SphereAdam { learning_rate: 0.5, epsilon: 0.0, ..SphereAdam::default() };
/// let mut adam = settings.build::<f64>(ParameterLayout::new([("w0", vec![1, 2])])?)?;
/// let mut theta = array![1.0, 0.0];
/// adam.step(&mut theta, array![7.0, 1e-3].view())?;                                     // 7 is radial
/// assert!((theta[0] - 0.5f64.cos()).abs() < 1e-15 && (theta[1] + 0.5f64.sin()).abs() < 1e-15);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `optimizer::sphere_adam::the_recurrence_written_out`, `optimizer::sphere_adam::an_orthant_of_the_sphere_is_the_simplex`,
/// `optimizer::sphere_adam::geoopt`.
///
/// # References
/// Bécigneul & Ganea 2019 (arXiv 1810.00760), algorithm 1, which has no bias correction; the code `geoopt/geoopt` 0.5.1; Absil, Mahony &
/// Sepulchre 2008, examples 5.4.1 and 8.1.1, for the sphere.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SphereAdam {
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
    /// Whether both averages are corrected.
    pub bias_correction: bool,
    /// The greatest second moment so far.
    pub amsgrad: AmsGrad,
    /// λ, of scalars.
    pub weight_decay: f64,
    /// How a vector moves.
    pub map: SphereMap,
    /// What becomes of its momentum.
    pub transport: MomentumTransport,
    /// What becomes of units with one input.
    pub single_input: SingleInput,
}

impl Default for SphereAdam {
    fn default() -> Self {
        SphereAdam {
            learning_rate: 1e-3,
            vector_factor: 1.0,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            epsilon_placement: EpsilonPlacement::Tensorflow,
            bias_correction: true,
            amsgrad: AmsGrad::Off,
            weight_decay: 0.0,
            map: SphereMap::Exponential,
            transport: MomentumTransport::Parallel,
            single_input: SingleInput::Refuse,
        }
    }
}

impl Settings for SphereAdam {
    const NAME: &'static str = "riemannian-adam";

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn with_learning_rate(self, learning_rate: f64) -> Self {
        SphereAdam { learning_rate, ..self }
    }
}

impl GradientSettings for SphereAdam {
    fn optimizer<T: Scalar>(&self, layout: ParameterLayout) -> Result<Box<dyn Optimizer<T>>> {
        Ok(Box::new(self.build(layout)?))
    }
}

impl SphereAdam {
    /// The optimizer for a layout, at t = 0.
    ///
    /// # Errors
    /// As [`NdAdam::build`](super::NdAdam::build).
    pub fn build<T: Scalar>(&self, layout: ParameterLayout) -> Result<PerTensor<T, SphereRule<T>>> {
        let SphereAdam { vector_factor, weight_decay, .. } = *self;
        check::at_least_zero("vector_factor", vector_factor)?;
        check::at_least_zero("weight_decay", weight_decay)?;
        let moments = Moments::new(self.beta1, self.beta2, self.epsilon, self.epsilon_placement)?;
        let stages = SphereStages {
            moments: moments.with_correction(self.bias_correction),
            vector_factor,
            weight_decay,
            projection: true,
            second_moment: VectorMoment::Unit,
            amsgrad: self.amsgrad,
            map: self.map,
            transport: self.transport,
            initial: InitialVectors::Normalised,
        };
        PerTensor::new(layout, self.learning_rate, |_, shape| {
            SphereRule::new(stages, self.single_input, shape)
        })
    }
}
