use crate::manifold::arc::ArcLength;
use crate::manifold::{Cotangent, Manifold, Point, Tangent};
use crate::{Error, Result, check};
use ndarray::{Array1, ArrayView1};
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

/// A one-dimensional manifold: an interval with the metric that an [arc length](ArcLength) gives it.
///
/// ```text
/// d = |s(q) - s(p)|,   log_p q = (s(q) - s(p))/√g(p),   transport v √g(p)/√g(q),
/// Γ = (ln √g)'
/// ```
///
/// For an arc length in closed form; that of any other family of one parameter is a
/// [`FamilyCurve`](crate::manifold::FamilyCurve), by quadrature.
///
/// # Errors
/// Where an end is at finite distance, a step that reaches it is [`BeyondExit`](Error::BeyondExit) with the exact exit
/// time. A result that leaves the range of f64 is an error with the number.
///
/// # Example
/// ```
/// use natgrad::manifold::{Curve, Manifold, arc::Poisson};
/// use natgrad::ndarray::array;
///
/// let counts = Curve::new(Poisson);
/// let (p, q) = (counts.point(array![1.0])?, counts.point(array![4.0])?);
/// assert_eq!(counts.distance(&p, &q)?, 2.0);                       // 2(√4 - √1)
/// assert_eq!(counts.geodesic(&p, &q, 0.5)?.values()[0], 2.25);     // √ is affine
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `manifold::arcs` (thousand-digit numbers from 1e-300 to 1e300, within 3 roundings), `manifold::printed_families` (quadrature,
/// limits), `manifold::every_manifold`, `manifold::local_laws`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Curve<A> {
    arc: A,
}

impl<A: ArcLength> Curve<A> {
    /// The manifold of an arc.
    pub fn new(arc: A) -> Self {
        Curve { arc }
    }

    /// The arc.
    pub fn arc(&self) -> &A {
        &self.arc
    }

    fn at(&self, p: &Point) -> Result<f64> {
        self.check_point(p.values())?;
        only("point", &p.values())
    }

    fn speed(&self, x: f64) -> Result<f64> {
        within_range("√g at the point", self.arc.speed(x))
    }

    /// The point's number, and the velocity in arc length per unit of time.
    fn velocity(&self, p: &Point, v: &Tangent) -> Result<(f64, f64)> {
        let x = self.at(p)?;
        Ok((x, self.speed(x)? * number(v)?))
    }
}

/// The entry of a vector of length one.
fn only(quantity: &'static str, values: &ArrayView1<'_, f64>) -> Result<f64> {
    check::vector(quantity, 1, values)?;
    Ok(values.sum())
}

fn number(v: &Tangent) -> Result<f64> {
    only("tangent vector", &v.values())
}

fn single(v: f64) -> Array1<f64> {
    Array1::from_elem(1, v)
}

/// A result that is a number of f64.
fn within_range(quantity: &'static str, value: f64) -> Result<f64> {
    if value.is_finite() { Ok(value) } else { Err(Error::NonFinite { quantity, index: 0, value }) }
}

impl<A: ArcLength> Manifold for Curve<A> {
    fn name(&self) -> String {
        self.arc.name()
    }

    fn dim(&self) -> usize {
        1
    }

    fn coordinates(&self) -> usize {
        1
    }

    fn bounds(&self) -> Option<Vec<(f64, f64)>> {
        Some(vec![self.arc.domain()])
    }

    fn check_point(&self, p: ArrayView1<'_, f64>) -> Result<()> {
        let value = only("point", &p)?;
        let (low, high) = self.arc.domain();
        if low < value && value < high {
            return Ok(());
        }
        Err(Error::Domain { quantity: "point", index: 0, value, requirement: self.arc.requirement() })
    }

    fn check_tangent(&self, _: &Point, v: ArrayView1<'_, f64>) -> Result<()> {
        only("tangent vector", &v).map(|_| ())
    }

    fn inner(&self, p: &Point, v: &Tangent, w: &Tangent) -> Result<f64> {
        within_range("inner product", self.velocity(p, v)?.1 * self.velocity(p, w)?.1)
    }

    fn norm(&self, p: &Point, v: &Tangent) -> Result<f64> {
        within_range("norm", self.velocity(p, v)?.1.abs())
    }

    fn sharp(&self, p: &Point, a: &Cotangent) -> Result<Tangent> {
        let speed = self.speed(self.at(p)?)?;
        let v = within_range("gradient", only("covector", &a.values())? / speed / speed)?;
        Ok(Tangent::unchecked(single(v)))
    }

    fn flat(&self, p: &Point, v: &Tangent) -> Result<Cotangent> {
        let (x, velocity) = self.velocity(p, v)?;
        Ok(Cotangent::new(single(within_range("covector", velocity * self.speed(x)?)?)))
    }

    fn exit_time(&self, p: &Point, v: &Tangent) -> Result<f64> {
        let (x, velocity) = self.velocity(p, v)?;
        let (down, up) = self.arc.to_ends(x);
        let room = if velocity < 0.0 { down } else { up };
        Ok(if room.is_infinite() { room } else { room / velocity.abs() })
    }

    fn exp(&self, p: &Point, v: &Tangent) -> Result<Point> {
        let exit_time = self.exit_time(p, v)?;
        if exit_time <= 1.0 {
            return Err(Error::BeyondExit { map: "exponential map", manifold: self.name(), exit_time });
        }
        let (x, velocity) = self.velocity(p, v)?;
        let value = self.arc.travel(x, velocity);
        let (low, high) = self.arc.domain();
        // Not so only where the true end point is nearer to the boundary than f64 resolves, or out of its range.
        if low < value && value < high && value.is_finite() {
            return Ok(Point::unchecked(single(value)));
        }
        let quantity = "end point of the geodesic";
        Err(Error::Domain { quantity, index: 0, value, requirement: self.arc.requirement() })
    }

    fn log(&self, p: &Point, q: &Point) -> Result<Tangent> {
        let (x, y) = (self.at(p)?, self.at(q)?);
        let v = within_range("logarithm", self.arc.between(x, y) / self.speed(x)?)?;
        Ok(Tangent::unchecked(single(v)))
    }

    fn distance(&self, p: &Point, q: &Point) -> Result<f64> {
        within_range("distance", self.arc.between(self.at(p)?, self.at(q)?).abs())
    }

    fn parallel_transport(&self, p: &Point, q: &Point, v: &Tangent) -> Result<Tangent> {
        let (_, velocity) = self.velocity(p, v)?;
        let w = within_range("transported vector", velocity / self.speed(self.at(q)?)?)?;
        Ok(Tangent::unchecked(single(w)))
    }

    fn christoffel(&self, p: &Point, v: &Tangent, w: &Tangent) -> Result<Tangent> {
        let gamma = self.arc.christoffel(self.at(p)?) * number(v)? * number(w)?;
        Ok(Tangent::unchecked(single(within_range("Γ(v, w)", gamma)?)))
    }

    fn riemann(&self, p: &Point, x: &Tangent, y: &Tangent, z: &Tangent) -> Result<Tangent> {
        self.at(p)?;
        for v in [x, y, z] {
            number(v)?;
        }
        Ok(self.zero())
    }

    fn random_tangent(&self, p: &Point, rng: &mut dyn Rng) -> Result<Tangent> {
        let speed = self.speed(self.at(p)?)?;
        let z: f64 = StandardNormal.sample(rng);
        Ok(Tangent::unchecked(single(z / speed)))
    }
}
