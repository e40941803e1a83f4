//! An objective on a manifold, with the way to move there and a count of what was asked.

use crate::descent::{Objective, Stepper};
use crate::manifold::{Cotangent, Manifold, Point, Retraction, Tangent, VectorTransport};
use crate::{Error, Result};
use std::cell::Cell;

/// How often the objective was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Evaluations {
    /// Values.
    pub values: usize,
    /// Partial derivatives.
    pub gradients: usize,
    /// Products with the second derivative.
    pub products: usize,
}

/// A point with what the objective says there.
#[derive(Debug, Clone, PartialEq)]
pub struct Iterate {
    /// x.
    pub point: Point,
    /// f(x).
    pub value: f64,
    /// ∂f/∂x.
    pub partials: Cotangent,
    /// grad f = ♯∂f.
    pub gradient: Tangent,
    /// ⟨grad f, grad f⟩ = ∂fᵀG⁻¹∂f, the same number in all charts.
    pub squared_decrement: f64,
}

impl Iterate {
    /// ‖grad f‖.
    pub fn gradient_norm(&self) -> f64 {
        self.squared_decrement.sqrt()
    }
}

/// What to minimise, where, and how to move.
///
/// # Example
/// ```
/// use natgrad::descent::{Function, Problem};
/// use natgrad::manifold::{Manifold, Simplex};
/// use natgrad::ndarray::array;
///
/// let simplex = Simplex::new(3)?;
/// let f = Function::new(|p| p.dot(&array![0.7, -0.2, 1.1]), |_| array![0.7, -0.2, 1.1]);
/// let problem = Problem::new(&simplex, &f);
/// let start = problem.iterate(simplex.point(array![0.2, 0.3, 0.5])?)?;
/// // The variance of (0.7, -0.2, 1.1) under p: 0.715 - 0.63².
/// assert!((start.squared_decrement - 0.3181).abs() < 1e-15);
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug)]
pub struct Problem<'a, M: Manifold + ?Sized> {
    stepper: Stepper<'a, M>,
    objective: &'a dyn Objective,
    evaluations: Cell<Evaluations>,
}

impl<'a, M: Manifold + ?Sized> Problem<'a, M> {
    /// Moving by the exponential map and parallel transport.
    pub fn new(manifold: &'a M, objective: &'a dyn Objective) -> Self {
        Problem { stepper: Stepper::new(manifold), objective, evaluations: Cell::default() }
    }

    /// With another retraction.
    pub fn retraction(mut self, retraction: &'a dyn Retraction<M>) -> Self {
        self.stepper = self.stepper.retraction(retraction);
        self
    }

    /// With another vector transport.
    pub fn transport(mut self, transport: &'a dyn VectorTransport<M>) -> Self {
        self.stepper = self.stepper.transport(transport);
        self
    }

    /// With steps shortened at the boundary: [`Stepper::stay_inside`].
    pub fn stay_inside(mut self, fraction: f64) -> Result<Self> {
        self.stepper = self.stepper.stay_inside(fraction)?;
        Ok(self)
    }

    /// The manifold.
    pub fn manifold(&self) -> &'a M {
        self.stepper.manifold()
    }

    /// How to move.
    pub fn stepper(&self) -> Stepper<'a, M> {
        self.stepper
    }

    /// How often the objective was asked so far.
    pub fn evaluations(&self) -> Evaluations {
        self.evaluations.get()
    }

    fn count(&self, values: usize, gradients: usize, products: usize) {
        let e = self.evaluations.get();
        self.evaluations.set(Evaluations {
            values: e.values + values,
            gradients: e.gradients + gradients,
            products: e.products + products,
        });
    }

    /// f(x), which is finite.
    pub fn value(&self, p: &Point) -> Result<f64> {
        self.count(1, 0, 0);
        let value = self.objective.value(p)?;
        if value.is_finite() {
            Ok(value)
        } else {
            Err(Error::NonFinite { quantity: "objective", index: 0, value })
        }
    }

    /// Value, partial derivatives and gradient at a point.
    ///
    /// # Errors
    /// If any of them is not finite, or the partial derivatives have the wrong length.
    pub fn iterate(&self, point: Point) -> Result<Iterate> {
        self.manifold().check_point(point.values())?;
        let value = self.value(&point)?;
        self.iterate_with(point, value)
    }

    /// The same where the value is already known.
    pub(crate) fn iterate_with(&self, point: Point, value: f64) -> Result<Iterate> {
        let partials = self.partials(&point)?;
        let gradient = self.manifold().sharp(&point, &partials)?;
        let squared_decrement = self.manifold().inner(&point, &gradient, &gradient)?;
        if !squared_decrement.is_finite() {
            let value = squared_decrement;
            return Err(Error::NonFinite { quantity: "squared decrement", index: 0, value });
        }
        Ok(Iterate { point, value, partials, gradient, squared_decrement })
    }

    /// ∂f/∂x.
    pub fn partials(&self, p: &Point) -> Result<Cotangent> {
        self.count(0, 1, 0);
        self.objective.partials(p)
    }

    /// ∂²f v, if the objective knows it.
    pub fn second_partials(&self, p: &Point, v: &Tangent) -> Result<Option<Cotangent>> {
        self.count(0, 0, 1);
        self.objective.second_partials(p, v)
    }
}
