//! The Riemannian Hessian: exact, by differences, or the metric in its place.

use crate::descent::{Iterate, Problem};
use crate::manifold::{Cotangent, Manifold, Tangent};
use crate::{Error, Result, check};
use ndarray::Array1;

/// What stands for the second derivative.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Hessian {
    /// From [`second_partials`](crate::descent::Objective::second_partials) and the Christoffel map.
    Exact,
    /// Central differences of transported gradients along the geodesic; the number is the distance gone to either side.
    Differences(f64),
    /// The metric itself, whose operator is the identity: Newton's step is then the natural gradient.
    Fisher,
}

impl Hessian {
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
    /// # Cost
    /// `Exact`: one Christoffel map and one ♯ per coordinate, because the trait gives Γ(v, w) and not its transpose. The vector
    /// whose inner product with every w is c(w) has the components c(♯dxᵢ), also where coordinates are constrained.
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
                riemannian_hessian(problem.manifold(), &at.point, &at.partials, &second, v)
            }
            Hessian::Differences(distance) => differences(problem, at, v, *distance),
        }
    }
}

/// Hess f\[v\] from ordinary derivatives: ∂f and ∂²f v.
pub fn riemannian_hessian<M: Manifold + ?Sized>(
    manifold: &M,
    p: &crate::manifold::Point,
    partials: &Cotangent,
    second: &Cotangent,
    v: &Tangent,
) -> Result<Tangent> {
    // Of the derivative only the part that the metric sees: ∂f is free up to the normals of the constraints.
    let covector = manifold.flat(p, &manifold.sharp(p, partials)?)?;
    let size = manifold.coordinates();
    let mut bent = Array1::zeros(size);
    for (i, entry) in bent.iter_mut().enumerate() {
        let unit = Cotangent::new(Array1::from_shape_fn(size, |j| if i == j { 1.0 } else { 0.0 }));
        let raised = manifold.sharp(p, &unit)?;
        *entry = covector.pair(&manifold.christoffel(p, v, &raised)?);
    }
    let straight = manifold.sharp(p, second)?;
    let bent = manifold.flat(p, &Tangent::unchecked(bent))?;
    manifold.sharp(p, &(&manifold.flat(p, &straight)? - &bent))
}

fn differences<M: Manifold + ?Sized>(
    problem: &Problem<'_, M>,
    at: &Iterate,
    v: &Tangent,
    distance: f64,
) -> Result<Tangent> {
    check::setting("distance of differences", distance, distance > 0.0 && distance.is_finite(), "positive")?;
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
