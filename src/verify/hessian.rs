use crate::Result;
use crate::manifold::{Manifold, Point, Tangent};
use crate::verify::curve::Probe;
use crate::verify::gradient::{against, apart, unit_of_time};
use crate::verify::{Curve, Differential, Law, Report, Sweep, differences};
use ndarray::Array1;

/// Whether `hessian` is the Riemannian Hessian of `f` at `p`: the second derivative along geodesics.
///
/// ```text
/// f(exp(tv)) = f + t⟨grad f, v⟩ + ½t²⟨Hess f[v], v⟩ + O(t³),
/// ⟨Hess f[v], w⟩ = ⟨v, Hess f[w]⟩,   Hess f linear
/// ```
///
/// The error must fall with slope 3. Choose `v` and `w` at random ([`Manifold::random_tangent`]).
///
/// # Errors
/// None: what cannot be evaluated is a failed verdict with the place.
///
/// # Cost
/// About 150 evaluations of f, one of the gradient, five of the Hessian.
///
/// # References
/// N. Boumal, An Introduction to Optimization on Smooth Manifolds (2023), §6.8.
pub fn check_hessian<M: Manifold + ?Sized, D: Differential>(
    manifold: &M,
    p: &Point,
    (v, w): (&Tangent, &Tangent),
    f: impl Fn(&Point) -> Result<f64>,
    gradient: impl Fn(&Point) -> Result<D>,
    hessian: impl Fn(&Point, &Tangent) -> Result<Tangent>,
    sweep: Sweep,
) -> Report {
    let mut report = Report::new(format!("Hessian on the {}", manifold.name()));
    let unit = unit_of_time(manifold, p, v);
    let start = f(p);
    let along = gradient(p).and_then(|gradient| gradient.along(manifold, p, v));
    let (of_v, of_w) = (hessian(p, v), hessian(p, w));
    let inner = |a: &Result<Tangent>, b: &Tangent| manifold.inner(p, &a.clone()?, b);
    let second = inner(&of_v, v);
    let size = start.as_ref().map_or(0.0, |f| f.abs());
    let probe = Probe {
        law: "f(exp(tv)) = f + t⟨grad f, v⟩ + ½t²⟨Hess f[v], v⟩ + O(t³)",
        required: 3.0,
        unit: unit.clone(),
        scale: &|_| size,
        error: &|t| {
            let value = f(&manifold.exp(p, &(t * v))?)?;
            Ok(value - start.clone()? - t * along.clone()? - 0.5 * t * t * second.clone()?)
        },
    };
    report.curves.push(Curve::measure(sweep, &probe));
    let difference = unit.and_then(|unit| {
        differences::second(|t| Ok(Array1::from_elem(1, f(&manifold.exp(p, &(t * v))?)?)), 0.2 * unit)
    });
    report.laws.push(against("⟨Hess f[v], v⟩ = extrapolated differences", second, difference, 1e-6));

    // Symmetry and linearity, relative to ‖Hess f[v]‖‖w‖ + ‖Hess f[w]‖‖v‖.
    let norm = |a: &Result<Tangent>| manifold.norm(p, &a.clone()?);
    let scale =
        || -> Result<f64> { Ok(norm(&of_v)? * manifold.norm(p, w)? + norm(&of_w)? * manifold.norm(p, v)?) };
    let sides = || -> Result<(f64, f64)> { Ok((inner(&of_v, w)?, inner(&of_w, v)?)) };
    let name = "⟨Hess f[v], w⟩ = ⟨v, Hess f[w]⟩";
    report.laws.push(match scale() {
        Ok(scale) => Law::equal(name, 1e-10, scale, sides()),
        Err(problem) => Law::within(name, 1e-10, Err(problem)),
    });
    let linear = || -> Result<f64> {
        let (a, b) = (1.75, -0.625);
        let sum = &(a * &of_v.clone()?) + &(b * &of_w.clone()?);
        let apart = apart(manifold, p, &hessian(p, &(&(a * v) + &(b * w)))?, &sum)?;
        let size = norm(&of_v)? + norm(&of_w)?;
        Ok(if apart <= 0.0 { 0.0 } else { apart / size })
    };
    report.laws.push(Law::within("Hess f[av + bw] = a Hess f[v] + b Hess f[w]", 1e-10, linear()));
    report
}
