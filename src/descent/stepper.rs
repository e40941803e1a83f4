//! A retraction and a vector transport, so that a step moves a point and its momenta together.

use crate::manifold::{Exponential, LeviCivita, Manifold, Point, Retraction, Tangent, VectorTransport};
use crate::{Result, check};

/// How to move on a manifold: a retraction, a vector transport, and what to do at the boundary.
///
/// ```text
/// (p, v; m₁, m₂, …)  ↦  (q, 𝒯m₁, 𝒯m₂, …),   q = R_p(v)
/// ```
///
/// A momentum belongs to the tangent space of the point it was made at. [`advance`](Stepper::advance) therefore returns the new
/// point *with* the momenta at it, and there is no way to get the one without saying what becomes of the others.
///
/// # Example
/// ```
/// use natgrad::descent::Stepper;
/// use natgrad::manifold::{Manifold, Simplex};
/// use natgrad::ndarray::array;
///
/// let simplex = Simplex::new(3)?;
/// let p = simplex.point(array![0.2, 0.3, 0.5])?;
/// let v = simplex.tangent(&p, array![0.1, -0.3, 0.2])?;
/// let moved = Stepper::new(&simplex).advance(&p, &v, &[&v])?;
/// let norms = [simplex.norm(&p, &v)?, simplex.norm(&moved.point, &moved.carried[0])?];
/// assert!((norms[0] - norms[1]).abs() < 1e-15);                     // parallel transport keeps lengths
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug)]
pub struct Stepper<'a, M: Manifold + ?Sized> {
    manifold: &'a M,
    retraction: &'a dyn Retraction<M>,
    transport: &'a dyn VectorTransport<M>,
    inside: Option<f64>,
}

impl<M: Manifold + ?Sized> Clone for Stepper<'_, M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M: Manifold + ?Sized> Copy for Stepper<'_, M> {}

/// Where a step ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrival {
    /// The new point.
    pub point: Point,
    /// The vectors that went along, now tangent at the new point.
    pub carried: Vec<Tangent>,
    /// The part of the step that was made: 1 but for [`Stepper::stay_inside`].
    pub fraction: f64,
}

impl<'a, M: Manifold + ?Sized> Stepper<'a, M> {
    /// The exponential map and parallel transport.
    pub fn new(manifold: &'a M) -> Self {
        Stepper { manifold, retraction: &Exponential, transport: &LeviCivita, inside: None }
    }

    /// With another retraction.
    pub fn retraction(mut self, retraction: &'a dyn Retraction<M>) -> Self {
        self.retraction = retraction;
        self
    }

    /// With another vector transport.
    pub fn transport(mut self, transport: &'a dyn VectorTransport<M>) -> Self {
        self.transport = transport;
        self
    }

    /// With steps shortened to `fraction` of the exit time where they would reach it. Without this, such a step is an error.
    ///
    /// # Errors
    /// If the fraction is not in (0, 1).
    pub fn stay_inside(mut self, fraction: f64) -> Result<Self> {
        check::setting(
            "fraction of the exit time",
            fraction,
            fraction > 0.0 && fraction < 1.0,
            "between 0 and 1",
        )?;
        self.inside = Some(fraction);
        Ok(self)
    }

    /// The manifold.
    pub fn manifold(&self) -> &'a M {
        self.manifold
    }

    /// The retraction's name.
    pub fn retraction_name(&self) -> &'static str {
        self.retraction.name()
    }

    /// The time at which the retraction along `v` leaves the manifold; infinite if never.
    pub fn exit_time(&self, p: &Point, v: &Tangent) -> Result<f64> {
        self.retraction.exit_time(self.manifold, p, v)
    }

    /// `v` at `p`, carried to `q`.
    pub fn carry(&self, p: &Point, q: &Point, v: &Tangent) -> Result<Tangent> {
        self.transport.transport(self.manifold, p, q, v)
    }

    /// R(v), and the `momenta` at it.
    ///
    /// # Errors
    /// [`BeyondExit`](crate::Error::BeyondExit) if the step reaches the boundary; nothing has changed then.
    pub fn advance(&self, p: &Point, v: &Tangent, momenta: &[&Tangent]) -> Result<Arrival> {
        let fraction = match self.inside {
            None => 1.0,
            Some(inside) => (inside * self.exit_time(p, v)?).min(1.0),
        };
        let point = if fraction < 1.0 {
            self.retraction.retract(self.manifold, p, &(fraction * v))?
        } else {
            self.retraction.retract(self.manifold, p, v)?
        };
        let carried = momenta.iter().map(|m| self.carry(p, &point, m)).collect::<Result<_>>()?;
        Ok(Arrival { point, carried, fraction })
    }

    /// Σ cᵢvᵢ.
    ///
    /// The sum is formed of covectors and raised once, so that what is left after cancellation is tangent to *its own* rounding
    /// level, and not to that of the terms.
    pub fn combine(&self, p: &Point, terms: &[(f64, &Tangent)]) -> Result<Tangent> {
        let mut sum = self.manifold.flat(p, &self.manifold.zero())?;
        for (factor, vector) in terms {
            sum = &sum + &(*factor * &self.manifold.flat(p, vector)?);
        }
        self.manifold.sharp(p, &sum)
    }
}
