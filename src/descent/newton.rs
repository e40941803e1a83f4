//! Newton's method, damped in the metric.

use crate::descent::{Failure, Hessian, Iterate, Minimizer, Outcome, Problem, Search, StepRule};
use crate::manifold::{Cotangent, Manifold, Tangent};
use crate::{Result, check};

/// Newton's method: (Hess f + μ) d = -grad f, solved by conjugate gradients in the tangent space.
///
/// The damping μ multiplies the identity of the tangent space, whose matrix in coordinates is μG. Adding μI to a matrix of
/// second derivatives instead would make the step depend on the chart.
///
/// # References
/// Absil, Mahony & Sepulchre, Optimization Algorithms on Matrix Manifolds (2008), chapter 6.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Newton {
    /// Hess f.
    pub hessian: Hessian,
    /// μ ≥ 0.
    pub damping: f64,
    /// How far to go; a fixed step of 1 is the pure method.
    pub rule: StepRule,
}

impl Newton {
    /// The pure method.
    pub fn new(hessian: Hessian) -> Self {
        Newton { hessian, damping: 0.0, rule: StepRule::Fixed(1.0) }
    }

    /// The direction, or the curvature that forbids it.
    fn direction<M: Manifold + ?Sized>(
        &self,
        problem: &Problem<'_, M>,
        at: &Iterate,
    ) -> Result<Result<Tangent, Failure>> {
        let (manifold, p) = (problem.manifold(), &at.point);
        let mut solution = manifold.zero();
        let mut lowered: Cotangent = manifold.flat(p, &at.gradient)?;
        let mut square = at.squared_decrement;
        let target = 1e-12 * square.sqrt();
        let mut direction = -&at.gradient;
        for _ in 0..2 * manifold.dim().max(1) {
            let image = self.hessian.apply(problem, at, &direction)?;
            let length = manifold.inner(p, &direction, &direction)?;
            let curvature = manifold.inner(p, &direction, &image)? + self.damping * length;
            if curvature <= 0.0 || !curvature.is_finite() {
                return Ok(Err(Failure::NegativeCurvature { curvature: curvature / length }));
            }
            let alpha = square / curvature;
            solution = problem.stepper().combine(p, &[(1.0, &solution), (alpha, &direction)])?;
            let image = &manifold.flat(p, &image)? + &(self.damping * &manifold.flat(p, &direction)?);
            lowered = &lowered + &(alpha * &image);
            let residual = manifold.sharp(p, &lowered)?;
            let next = manifold.inner(p, &residual, &residual)?;
            if next.sqrt() <= target {
                break;
            }
            direction = problem.stepper().combine(p, &[(-1.0, &residual), (next / square, &direction)])?;
            square = next;
        }
        Ok(Ok(solution))
    }
}

impl<M: Manifold + ?Sized> Minimizer<M> for Newton {
    type Memory = ();

    fn name(&self) -> String {
        "Newton's method".to_owned()
    }

    fn start(&self, _: &Problem<'_, M>, _: &Iterate) -> Result<()> {
        check::damping(self.damping)?;
        self.hessian.check()?;
        self.rule.check()
    }

    fn step(&self, problem: &Problem<'_, M>, at: &Iterate, _: &()) -> Result<Outcome<()>> {
        let direction = match self.direction(problem, at)? {
            Ok(direction) => direction,
            Err(failure) => return Ok(Outcome::Failed(failure)),
        };
        // Newton's own step is 1: every search begins there.
        Ok(match self.rule.search(problem, at, &direction, None)? {
            Search::Failed(failure) => Outcome::Failed(failure),
            Search::Found { step, next, .. } => {
                let length = step * problem.manifold().norm(&at.point, &direction)?;
                Outcome::Moved { next, memory: (), length }
            }
        })
    }
}
