//! The Riemannian Hessian: exact, by differences, or the metric in its place.

use crate::descent::{Iterate, Problem};
use crate::manifold::{Manifold, Tangent};
use crate::{Error, Result, check};

/// What stands for the second derivative.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Hessian {
    /// From [`second_partials`](crate::descent::Objective::second_partials) and [`Manifold::hessian`].
    Exact,
    /// Central differences of transported gradients along the geodesic; the number is the distance gone to either side.
    Differences(f64),
    /// The metric itself, whose operator is the identity: Newton's step is then the natural gradient.
    Fisher,
}

impl Hessian {
    /// Whether the distance of differences is one.
    pub(crate) fn check(&self) -> Result<()> {
        match self {
            Hessian::Differences(distance) => {
                let holds = *distance > 0.0 && distance.is_finite();
                check::setting("distance of differences", *distance, holds, "positive and finite")
            }
            Hessian::Exact | Hessian::Fisher => Ok(()),
        }
    }

    /// Hess f\[v\] at the iterate.
    ///
    /// ```text
    /// Exact:        ⟨Hess f[v], w⟩ = ∂²f(v, w) - ∂f(Γ(v, w))
    /// Differences:  (𝒯 grad f(exp(εv)) - 𝒯 grad f(exp(-εv)))/2ε
    /// ```
    ///
    /// # Errors
    /// [`Unsupported`](Error::Unsupported) if the objective has no second derivative for `Exact`.
    ///
    /// # Numerical notes
    /// Differences at distance ε err by ε²/6 times a fourth derivative, and by 2e-16/ε times the gradient: 1e-5 gives some ten
    /// digits.
    pub fn apply<M: Manifold + ?Sized>(
        &self,
        problem: &Problem<'_, M>,
        at: &Iterate,
        v: &Tangent,
    ) -> Result<Tangent> {
        match self {
            Hessian::Fisher => problem.manifold().tangent(&at.point, v.values().to_owned()),
            Hessian::Exact => {
                let Some(second) = problem.second_partials(&at.point, v)? else {
                    return Err(Error::Unsupported {
                        what: "exact Hessian",
                        reason: "the objective gives no second derivative; use differences, or the Fisher metric",
                    });
                };
                problem.manifold().hessian(&at.point, &at.partials, &second, v)
            }
            Hessian::Differences(distance) => differences(problem, at, v, *distance),
        }
    }
}

fn differences<M: Manifold + ?Sized>(
    problem: &Problem<'_, M>,
    at: &Iterate,
    v: &Tangent,
    distance: f64,
) -> Result<Tangent> {
    Hessian::Differences(distance).check()?;
    let manifold = problem.manifold();
    let norm = manifold.norm(&at.point, v)?;
    if norm <= 0.0 {
        return Ok(manifold.zero());
    }
    // Never more than a thousandth of the way to the boundary on either side.
    let nearest = manifold.exit_time(&at.point, v)?.min(manifold.exit_time(&at.point, &-v)?);
    let time = (distance / norm).min(1e-3 * nearest);
    let gradient = |time: f64| -> Result<Tangent> {
        let q = manifold.exp(&at.point, &(time * v))?;
        let there = manifold.sharp(&q, &problem.partials(&q)?)?;
        manifold.parallel_transport(&q, &at.point, &there)
    };
    let (after, before) = (gradient(time)?, gradient(-time)?);
    problem.stepper().combine(&at.point, &[(0.5 / time, &after), (-0.5 / time, &before)])
}
