use crate::manifold::{Cotangent, Manifold, Point, Tangent};
use crate::verify::curve::Probe;
use crate::verify::differences::{self, Difference};
use crate::verify::{Curve, Law, Report, Sweep};
use crate::{Result, check};
use ndarray::Array1;

/// A first derivative of a function: its partial derivatives (a [`Cotangent`]) or its Riemannian gradient (a
/// [`Tangent`]).
pub trait Differential {
    /// The derivative along `v`.
    fn along<M: Manifold + ?Sized>(&self, manifold: &M, p: &Point, v: &Tangent) -> Result<f64>;
}

impl Differential for Cotangent {
    fn along<M: Manifold + ?Sized>(&self, manifold: &M, p: &Point, v: &Tangent) -> Result<f64> {
        manifold.check_tangent(p, v.values())?;
        check::vector("partial derivatives", manifold.coordinates(), &self.values())?;
        Ok(self.pair(v))
    }
}

impl Differential for Tangent {
    fn along<M: Manifold + ?Sized>(&self, manifold: &M, p: &Point, v: &Tangent) -> Result<f64> {
        manifold.inner(p, self, v)
    }
}

/// Whether `gradient` is the derivative of `f`, at `p` along `v`.
///
/// ```text
/// f(exp(tv)) = f(p) + t⟨grad f, v⟩ + O(t²)
/// ```
///
/// The error must fall with slope 2. A gradient that is wrong by less than 10⁻⁴ or so hides in that curve; the second
/// law, against extrapolated central differences, sees 10⁻⁸.
///
/// `gradient` may return partial derivatives, as a [`Cotangent`], or the Riemannian gradient, as a [`Tangent`]. Choose
/// `v` at random ([`Manifold::random_tangent`]): an error orthogonal to it cannot be seen.
///
/// # Errors
/// None: what cannot be evaluated is a failed verdict with the place.
///
/// # Cost
/// About 150 evaluations of f.
///
/// # Example
/// ```
/// use natgrad::manifold::{Cotangent, Manifold, Point, Simplex};
/// use natgrad::ndarray::array;
/// use natgrad::verify::{Sweep, check_gradient};
///
/// let simplex = Simplex::new(3)?;
/// let p = simplex.point(array![0.2, 0.3, 0.5])?;
/// let v = simplex.tangent(&p, array![0.1, -0.3, 0.2])?;
/// let f = |p: &Point| Ok(p.values().mapv(|p| p * p.ln()).sum());
/// let partials = |p: &Point| Ok(Cotangent::new(p.values().mapv(|p| p.ln() + 1.0)));
///
/// let report = check_gradient(&simplex, &p, &v, f, partials, Sweep::default());
/// assert!(report.passed(), "{report}");
/// // The leading coefficient is half the second derivative along the geodesic: with ⟨v, v⟩ = 0.43 and the acceleration
/// // p̈ = ½(v²/p - 0.43 p), it is ½(0.43 + Σ p̈ (ln p + 1)).
/// let acceleration = [0.5 * (0.05 - 0.086), 0.5 * (0.3 - 0.129), 0.5 * (0.08 - 0.215)];
/// let second = 0.43 + acceleration[0] * 0.2f64.ln() + acceleration[1] * 0.3f64.ln() + acceleration[2] * 0.5f64.ln();
/// assert!(report.with_coefficient(0.5 * second, 1e-3).passed());
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// N. Boumal, An Introduction to Optimization on Smooth Manifolds (2023), §4.8.
pub fn check_gradient<M: Manifold + ?Sized, D: Differential>(
    manifold: &M,
    p: &Point,
    v: &Tangent,
    f: impl Fn(&Point) -> Result<f64>,
    gradient: impl Fn(&Point) -> Result<D>,
    sweep: Sweep,
) -> Report {
    let mut report = Report::new(format!("gradient on the {}", manifold.name()));
    let unit = unit_of_time(manifold, p, v);
    let start = f(p);
    let along = gradient(p).and_then(|gradient| gradient.along(manifold, p, v));
    let size = start.as_ref().map_or(0.0, |f| f.abs());
    let probe = Probe {
        law: "f(exp(tv)) = f + t⟨grad f, v⟩ + O(t²)",
        required: 2.0,
        unit: unit.clone(),
        scale: &|_| size,
        error: &|t| Ok(f(&manifold.exp(p, &(t * v))?)? - start.clone()? - t * along.clone()?),
    };
    report.curves.push(Curve::measure(sweep, &probe));
    let difference = unit.and_then(|unit| {
        differences::first(|t| Ok(Array1::from_elem(1, f(&manifold.exp(p, &(t * v))?)?)), 0.2 * unit)
    });
    report.laws.push(against("⟨grad f, v⟩ = extrapolated differences", along, difference, 1e-8));
    report
}

/// The time that sweeps count in: 1, or when the geodesic leaves the manifold in either direction.
pub(crate) fn unit_of_time<M: Manifold + ?Sized>(manifold: &M, p: &Point, v: &Tangent) -> Result<f64> {
    manifold.check_point(p.values())?;
    manifold.check_tangent(p, v.values())?;
    Ok(manifold.exit_time(p, v)?.min(manifold.exit_time(p, &-v)?).min(1.0))
}

/// a - b at `p`. Rounding leaves the difference of two tangent vectors a little off the tangent space, and a small
/// difference far off it, relative to its size; through the metric it comes back.
pub(crate) fn between<M: Manifold + ?Sized>(
    manifold: &M,
    p: &Point,
    a: &Tangent,
    b: &Tangent,
) -> Result<Tangent> {
    manifold.sharp(p, &(&manifold.flat(p, a)? - &manifold.flat(p, b)?))
}

/// ‖a - b‖ at `p`.
pub(crate) fn apart<M: Manifold + ?Sized>(manifold: &M, p: &Point, a: &Tangent, b: &Tangent) -> Result<f64> {
    manifold.norm(p, &between(manifold, p, a, b)?)
}

/// A derivative against differences, whose own uncertainty is allowed for.
pub(crate) fn against(
    name: &str,
    claimed: Result<f64>,
    difference: Result<Difference>,
    tolerance: f64,
) -> Law {
    let sides = claimed.and_then(|claimed| Ok((claimed, difference?)));
    let uncertainty = sides.as_ref().map_or(0.0, |(_, d)| 10.0 * d.uncertainty);
    let sides = sides.map(|(claimed, d)| (claimed, d.value.first().copied().unwrap_or(f64::NAN)));
    // A derivative of zero is compared on the scale that its uncertainty sets.
    let mut law = Law::equal(name, tolerance, uncertainty / tolerance, sides.clone());
    if sides.is_ok_and(|(a, b)| law.holds() && a.abs().max(b.abs()) <= uncertainty) {
        law.remark =
            "f is constant along the curve, as far as its rounding shows; this tests nothing else".into();
    }
    law
}
