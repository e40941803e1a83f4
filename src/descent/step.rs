//! One natural-gradient step.

use crate::descent::Stepper;
use crate::manifold::{Cotangent, Manifold, Point, Tangent};
use crate::{Result, check};

/// How long a natural-gradient step is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum StepLength {
    /// h in R(-h grad f).
    LearningRate(f64),
    /// h = √(2δ/∂fᵀG⁻¹∂f): a step of δ nats of KL divergence, to second order.
    KlRadius(f64),
}

/// A step that was made.
#[derive(Debug, Clone, PartialEq)]
pub struct NaturalStep {
    /// The new point.
    pub point: Point,
    /// The momenta that went along, at the new point.
    pub carried: Vec<Tangent>,
    /// ∂fᵀG⁻¹∂f at the old point: the same number in all charts.
    pub squared_decrement: f64,
    /// h, after any shortening at the boundary.
    pub learning_rate: f64,
}

/// x ← R(-h G⁻¹∂f), with `momenta` carried along.
///
/// # Errors
/// A zero gradient has no KL radius. A step beyond the exit time is an error unless the stepper stays inside.
///
/// # Example
/// ```
/// use natgrad::descent::{StepLength, Stepper, natural_step};
/// use natgrad::manifold::{Manifold, Simplex};
/// use natgrad::ndarray::array;
///
/// let simplex = Simplex::new(3)?;
/// let p = simplex.point(array![0.2, 0.3, 0.5])?;
/// let derivative = [0.7, -0.2, 1.1].into();
/// let step = natural_step(&Stepper::new(&simplex), &p, &derivative, StepLength::LearningRate(0.3), &[])?;
/// assert!((step.squared_decrement - 0.3181).abs() < 1e-15);         // E[∂f²] - E[∂f]² = 0.715 - 0.63²
///
/// let short = natural_step(&Stepper::new(&simplex), &p, &derivative, StepLength::KlRadius(1e-4), &[])?;
/// let nats = (&p.values() * &(&p.values() / &short.point.values()).ln()).sum();
/// assert!((nats / 1e-4 - 1.0).abs() < 0.02);
/// # Ok::<(), natgrad::Error>(())
/// ```
pub fn natural_step<M: Manifold + ?Sized>(
    stepper: &Stepper<'_, M>,
    p: &Point,
    partials: &Cotangent,
    length: StepLength,
    momenta: &[&Tangent],
) -> Result<NaturalStep> {
    let manifold = stepper.manifold();
    let gradient = manifold.sharp(p, partials)?;
    let squared_decrement = manifold.inner(p, &gradient, &gradient)?;
    let positive = |option, x: f64| check::setting(option, x, x > 0.0 && x.is_finite(), "positive");
    let h = match length {
        StepLength::LearningRate(h) => {
            positive("learning rate", h)?;
            h
        }
        StepLength::KlRadius(delta) => {
            positive("radius in nats", delta)?;
            positive("squared decrement", squared_decrement)?;
            (2.0 * delta / squared_decrement).sqrt()
        }
    };
    let arrival = stepper.advance(p, &(-h * &gradient), momenta)?;
    let learning_rate = h * arrival.fraction;
    Ok(NaturalStep { point: arrival.point, carried: arrival.carried, squared_decrement, learning_rate })
}
