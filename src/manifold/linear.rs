use crate::manifold::{InverseRetraction, Manifold, Order, Point, Retraction, Tangent};
use crate::{Error, Result};
use ndarray::{Array1, ArrayView1};

/// R(v) = p + v, in the coordinates of the manifold: the step of the plain natural gradient.
///
/// ```text
/// d(R(tv), exp(tv)) = t² ½‖Γ(v, v)‖ + O(t³)
/// ```
///
/// First order, and dependent on the coordinates: in the mean of an exponential family it is the m-retraction, in an
/// arc-length coordinate the exponential map. Leaves the manifold where a coordinate reaches its
/// [bound](Manifold::bounds); on a manifold without bounds of this kind it is unsupported.
///
/// # Example
/// ```
/// use natgrad::manifold::{Linear, Manifold, Retraction, Simplex};
/// use natgrad::ndarray::array;
///
/// let simplex = Simplex::new(3)?;
/// let p = simplex.point(array![0.25, 0.25, 0.5])?;
/// let v = simplex.tangent(&p, array![0.25, -0.125, -0.125])?;
/// assert_eq!(Linear.retract(&simplex, &p, &v)?.values(), array![0.5, 0.125, 0.375]);
/// assert_eq!(Linear.exit_time(&simplex, &p, &v)?, 2.0);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `manifold::straight_steps` (exits), `manifold::local_laws` (order, by slope and by the coefficient).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Linear;

/// R(v) = p + v - ½Γ(v, v), with Γ of the Levi-Civita connection: the step of the geodesic correction.
///
/// Second order on every manifold. The curve t ↦ R(tv) is a parabola in the coordinates; for Poisson laws by their mean it
/// is the geodesic itself, because √λ is affine.
///
/// # Example
/// ```
/// use natgrad::manifold::{Curve, Manifold, QuadraticCorrection, Retraction, arc::Poisson};
/// use natgrad::ndarray::array;
///
/// let counts = Curve::new(Poisson);
/// let p = counts.point(array![1.0])?;
/// let v = counts.tangent(&p, array![2.0])?;
/// assert_eq!(QuadraticCorrection.retract(&counts, &p, &v)?.values()[0], 4.0);   // 1 + 2 + 2²/4
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `manifold::straight_steps` (exits), `manifold::local_laws` (order, by slope).
///
/// # References
/// Song, Song and Ermon, "Accelerating natural gradient with higher-order invariance", ICML 2018 (arXiv:1803.01273).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QuadraticCorrection;

/// The least t > 0 at which room + v t + c t² is zero, for room > 0; infinite if there is none.
fn first_root(room: f64, v: f64, c: f64) -> f64 {
    let none = f64::INFINITY;
    let scale = v.abs().max(c.abs());
    if scale < f64::MIN_POSITIVE || (room / scale).is_infinite() || (v >= 0.0 && c >= 0.0) {
        return none;
    }
    let (room, v, c) = (room / scale, v / scale, c / scale);
    let discriminant = v * v - 4.0 * c * room;
    // A parabola that touches the bound is one that reaches it, whatever rounding says: Poisson's does.
    if discriminant < -8.0 * f64::EPSILON * v * v {
        return none;
    }
    let root = discriminant.max(0.0).sqrt();
    // Of the two forms of the root the one in which nothing cancels.
    if v <= 0.0 { 2.0 * room / (root - v) } else { (v + root) / (-2.0 * c) }
}

/// When p + t v + t² c leaves the bounds.
fn exit(manifold: &(impl Manifold + ?Sized), p: &Point, v: &Tangent, c: ArrayView1<'_, f64>) -> Result<f64> {
    let bounds = manifold.bounds().ok_or(Error::Unsupported {
        what: "retraction along a line or parabola of the coordinates",
        reason: "this manifold does not bound its coordinates one by one",
    })?;
    let times = bounds.iter().zip(p.values()).zip(v.values().into_iter().zip(c));
    Ok(times.fold(f64::INFINITY, |least, ((&(low, high), &p), (&v, &c))| {
        least.min(first_root(p - low, v, c)).min(first_root(high - p, -v, -c))
    }))
}

fn step(
    map: &'static str,
    manifold: &(impl Manifold + ?Sized),
    p: &Point,
    v: &Tangent,
    c: ArrayView1<'_, f64>,
) -> Result<Point> {
    let exit_time = exit(manifold, p, v, c)?;
    if exit_time <= 1.0 {
        return Err(Error::BeyondExit { map, manifold: manifold.name(), exit_time });
    }
    manifold.point(&p.values() + &v.values() + c)
}

fn check(manifold: &(impl Manifold + ?Sized), p: &Point, v: &Tangent) -> Result<Array1<f64>> {
    manifold.check_point(p.values())?;
    manifold.check_tangent(p, v.values())?;
    Ok(Array1::zeros(manifold.coordinates()))
}

impl<M: Manifold + ?Sized> Retraction<M> for Linear {
    fn name(&self) -> &'static str {
        "linear retraction"
    }

    fn order(&self) -> Order {
        Order::First
    }

    fn exit_time(&self, manifold: &M, p: &Point, v: &Tangent) -> Result<f64> {
        exit(manifold, p, v, check(manifold, p, v)?.view())
    }

    fn retract(&self, manifold: &M, p: &Point, v: &Tangent) -> Result<Point> {
        step("linear retraction", manifold, p, v, check(manifold, p, v)?.view())
    }
}

/// q - p.
impl<M: Manifold + ?Sized> InverseRetraction<M> for Linear {
    fn inverse(&self, manifold: &M, p: &Point, q: &Point) -> Result<Tangent> {
        manifold.check_point(q.values())?;
        manifold.tangent(p, &q.values() - &p.values())
    }
}

impl<M: Manifold + ?Sized> Retraction<M> for QuadraticCorrection {
    fn name(&self) -> &'static str {
        "quadratic correction"
    }

    fn order(&self) -> Order {
        Order::Second
    }

    fn exit_time(&self, manifold: &M, p: &Point, v: &Tangent) -> Result<f64> {
        check(manifold, p, v)?;
        exit(manifold, p, v, (-0.5 * &manifold.christoffel(p, v, v)?).values())
    }

    fn retract(&self, manifold: &M, p: &Point, v: &Tangent) -> Result<Point> {
        check(manifold, p, v)?;
        let correction = -0.5 * &manifold.christoffel(p, v, v)?;
        step("quadratic correction", manifold, p, v, correction.values())
    }
}
