//! Trust region: a quadratic model, minimised by truncated conjugate gradients inside a metric ball.

use crate::descent::{Failure, Hessian, Iterate, Minimizer, Outcome, Problem};
use crate::manifold::{Cotangent, Manifold, Tangent};
use crate::{Error, Result, check};

/// The Riemannian trust-region method.
///
/// ```text
/// m(v) = f + ⟨g, v⟩ + ½⟨Hv, v⟩,  ‖v‖ ≤ Δ;     ρ = (f - f(R(v)))/(m(0) - m(v))
/// ```
///
/// A step is kept if ρ > [`accept`](TrustRegion::accept). The radius is quartered if ρ < ¼, and doubled if ρ > ¾ at the boundary of the
/// ball. With [`Hessian::Fisher`] the step is the natural gradient, cut to length Δ.
///
/// # Numerical notes
/// Near the optimum both parts of ρ are differences of equal numbers; `1e3 ε max(1, |f|)` is added to both, so that ρ tends to 1
/// there and the iteration ends by Newton's steps.
///
/// # References
/// Absil, Baker & Gallivan, Found. Comput. Math. 7 (2007); Conn, Gould & Toint, Trust-Region Methods (2000); Boumal, An Introduction to
/// Optimization on Smooth Manifolds (2023).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrustRegion {
    /// H.
    pub hessian: Hessian,
    /// Δ at the start.
    pub radius: f64,
    /// The greatest Δ.
    pub largest_radius: f64,
    /// The least ρ of a step that is kept, in [0, ¼).
    pub accept: f64,
    /// κ: the inner iteration ends at ‖r‖ ≤ ‖r₀‖ min(κ, ‖r₀‖^θ), θ = 1, which makes convergence quadratic.
    pub kappa: f64,
    /// No step goes beyond this fraction of the exit time.
    pub inside: f64,
}

impl TrustRegion {
    /// Radius at most 1, ⅛ at the start.
    pub fn new(hessian: Hessian) -> Self {
        TrustRegion { hessian, radius: 0.125, largest_radius: 1.0, accept: 0.1, kappa: 0.1, inside: 0.95 }
    }
}

impl Default for TrustRegion {
    fn default() -> Self {
        TrustRegion::new(Hessian::Differences(1e-5))
    }
}

/// A minimiser of the model in the ball.
struct Inner {
    step: Tangent,
    /// ⟨g, v⟩ + ½⟨Hv, v⟩.
    change: f64,
    at_boundary: bool,
}

impl TrustRegion {
    fn check(&self) -> Result<()> {
        let largest = self.largest_radius;
        check::setting(
            "largest radius",
            largest,
            largest > 0.0 && largest.is_finite(),
            "positive and finite",
        )?;
        let holds = self.radius > 0.0 && self.radius <= largest;
        check::setting("radius", self.radius, holds, "positive, and at most the largest radius")?;
        self.hessian.check()?;
        check::setting(
            "least ratio of a kept step",
            self.accept,
            (0.0..0.25).contains(&self.accept),
            "in [0, 1/4)",
        )?;
        check::setting("kappa", self.kappa, self.kappa > 0.0 && self.kappa < 1.0, "in (0, 1)")?;
        check::setting("inside", self.inside, self.inside > 0.0 && self.inside < 1.0, "in (0, 1)")
    }

    /// Truncated conjugate gradients (Steihaug, Toint). The residual is kept as a covector, in which cancellation cannot make it
    /// leave the tangent space.
    fn inner<M: Manifold + ?Sized>(
        &self,
        problem: &Problem<'_, M>,
        at: &Iterate,
        radius: f64,
    ) -> Result<Inner> {
        let manifold = problem.manifold();
        let p = &at.point;
        let mut step = manifold.zero();
        let mut lowered: Cotangent = manifold.flat(p, &at.gradient)?;
        let mut residual = at.gradient.clone();
        let mut square = at.squared_decrement;
        let target = square.sqrt() * self.kappa.min(square.sqrt());
        let mut direction = -&residual;
        let (mut step_square, mut mixed, mut direction_square) = (0.0, 0.0, square);
        let mut change = 0.0;
        for _ in 0..2 * manifold.dim().max(1) {
            let image = self.hessian.apply(problem, at, &direction)?;
            let curvature = manifold.inner(p, &direction, &image)?;
            let alpha = square / curvature;
            let reach = step_square + 2.0 * alpha * mixed + alpha * alpha * direction_square;
            if curvature <= 0.0 || reach >= radius * radius {
                let room = radius * radius - step_square;
                let tau = room / (mixed + (mixed * mixed + direction_square * room).max(0.0).sqrt());
                change += -tau * square + 0.5 * tau * tau * curvature;
                let step = problem.stepper().combine(p, &[(1.0, &step), (tau, &direction)])?;
                return Ok(Inner { step, change, at_boundary: true });
            }
            change -= 0.5 * alpha * square;
            step = problem.stepper().combine(p, &[(1.0, &step), (alpha, &direction)])?;
            lowered = &lowered + &(alpha * &manifold.flat(p, &image)?);
            residual = manifold.sharp(p, &lowered)?;
            let next = manifold.inner(p, &residual, &residual)?;
            if next.sqrt() <= target {
                break;
            }
            let beta = next / square;
            direction = problem.stepper().combine(p, &[(-1.0, &residual), (beta, &direction)])?;
            mixed = beta * (mixed + alpha * direction_square);
            direction_square = next + beta * beta * direction_square;
            step_square = reach;
            square = next;
        }
        Ok(Inner { step, change, at_boundary: false })
    }
}

impl<M: Manifold + ?Sized> Minimizer<M> for TrustRegion {
    /// The radius.
    type Memory = f64;

    fn name(&self) -> String {
        let hessian = match self.hessian {
            Hessian::Exact => "exact Hessian",
            Hessian::Differences(_) => "Hessian by differences",
            Hessian::Fisher => "Fisher metric",
        };
        format!("trust region ({hessian})")
    }

    fn start(&self, _: &Problem<'_, M>, _: &Iterate) -> Result<f64> {
        self.check()?;
        Ok(self.radius)
    }

    fn step(&self, problem: &Problem<'_, M>, at: &Iterate, radius: &f64) -> Result<Outcome<f64>> {
        if *radius <= f64::EPSILON * self.largest_radius {
            return Ok(Outcome::Failed(Failure::RadiusCollapsed { radius: *radius }));
        }
        let manifold = problem.manifold();
        let mut inner = self.inner(problem, at, *radius)?;
        let reach = self.inside * problem.stepper().exit_time(&at.point, &inner.step)?;
        if reach < 1.0 {
            // Along the shortened step: ⟨g, v⟩ scales with it, and the quadratic part with its square.
            let slope = manifold.inner(&at.point, &at.gradient, &inner.step)?;
            inner.change = reach * slope + reach * reach * (inner.change - slope);
            inner.step = reach * &inner.step;
        }
        let length = manifold.norm(&at.point, &inner.step)?;
        let arrival = problem.stepper().advance(&at.point, &inner.step, &[])?;
        let next = match problem.iterate(arrival.point) {
            Ok(next) => next,
            Err(Error::NonFinite { .. }) => {
                return Ok(Outcome::Rejected { memory: 0.25 * radius.min(length) });
            }
            Err(error) => return Err(error),
        };
        let rounding = 1e3 * f64::EPSILON * at.value.abs().max(1.0);
        let ratio = (at.value - next.value + rounding) / (rounding - inner.change);
        let radius = if ratio > 0.75 && inner.at_boundary {
            (2.0 * radius).min(self.largest_radius)
        } else if ratio < 0.25 {
            0.25 * radius.min(length)
        } else {
            *radius
        };
        if ratio > self.accept && inner.change < 0.0 {
            Ok(Outcome::Moved { next: Box::new(next), memory: radius, length })
        } else {
            Ok(Outcome::Rejected { memory: radius })
        }
    }
}
