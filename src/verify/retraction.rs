use crate::Result;
use crate::manifold::{InverseRetraction, Manifold, Order, Point, Retraction, Tangent};
use crate::verify::curve::Probe;
use crate::verify::gradient::{apart, unit_of_time};
use crate::verify::{Curve, Law, Report, Sweep};

/// The slope that an order promises for an error of power `order + offset`.
pub(crate) fn slope(order: Order, offset: f64) -> f64 {
    match order {
        Order::First => 1.0 + offset,
        Order::Second => 2.0 + offset,
        Order::Exact => f64::INFINITY,
    }
}

/// Whether a retraction has the order that it declares, at `p` along `v`.
///
/// ```text
/// d(R(tv), exp(tv)) = O(t^(order + 1)),   R(0) = p
/// ```
///
/// If the leading coefficient is known, hold the report to it with [`Report::with_coefficient`]: the slope cannot tell a
/// right retraction from another of the same order.
///
/// # Errors
/// None: what cannot be evaluated is a failed verdict with the place.
///
/// # Cost
/// About 120 retractions, exponential maps and distances.
///
/// # Numerical notes
/// The manifold's distance must keep its digits for points close together: with arccos of the affinity, the noise is
/// 10⁻⁸, and the verdict says that it is.
///
/// # Example
/// ```
/// use natgrad::manifold::{Exponential, Manifold, Simplex};
/// use natgrad::ndarray::array;
/// use natgrad::verify::{Sweep, Verdict, check_retraction};
///
/// let simplex = Simplex::new(3)?;
/// let p = simplex.point(array![0.2, 0.3, 0.5])?;
/// let v = simplex.tangent(&p, array![0.1, -0.3, 0.2])?;
/// let report = check_retraction(&simplex, &Exponential, &p, &v, Sweep::default());
/// assert_eq!(report.verdict(), Verdict::Exact);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// P.-A. Absil, R. Mahony and R. Sepulchre, Optimization Algorithms on Matrix Manifolds (2008), §4.1, §5.5.
pub fn check_retraction<M: Manifold + ?Sized, R: Retraction<M> + ?Sized>(
    manifold: &M,
    retraction: &R,
    p: &Point,
    v: &Tangent,
    sweep: Sweep,
) -> Report {
    let mut report = Report::new(format!("{} on the {}", retraction.name(), manifold.name()));
    let unit =
        unit_of_time(manifold, p, v).and_then(|unit| Ok(unit.min(retraction.exit_time(manifold, p, v)?)));
    let required = slope(retraction.order(), 1.0);
    let law = match retraction.order() {
        Order::First => "d(R(tv), exp(tv)) = O(t²)",
        Order::Second => "d(R(tv), exp(tv)) = O(t³)",
        Order::Exact => "d(R(tv), exp(tv)) = 0",
    };
    let error = |t: f64| {
        let step = t * v;
        manifold.distance(&retraction.retract(manifold, p, &step)?, &manifold.exp(p, &step)?)
    };
    report.curves.push(Curve::measure(sweep, &Probe { law, required, unit, scale: &|_| 1.0, error: &error }));
    let start = retraction.retract(manifold, p, &manifold.zero()).and_then(|q| manifold.distance(p, &q));
    report.laws.push(Law::within("d(R(0), p) = 0", 1e-14, start));
    report
}

/// Whether the inverse of a retraction inverts it, and agrees with the logarithm to the retraction's order.
///
/// ```text
/// R(R⁻¹(q)) = q,   R⁻¹(R(v)) = v,   ‖R⁻¹(exp(tv)) - tv‖ = O(t^(order + 1))
/// ```
///
/// The round trips are made with half of `v`, or of what the exit times allow.
///
/// # Errors
/// None: what cannot be evaluated is a failed verdict with the place.
pub fn check_inverse_retraction<M: Manifold + ?Sized, R: InverseRetraction<M> + ?Sized>(
    manifold: &M,
    retraction: &R,
    p: &Point,
    v: &Tangent,
    sweep: Sweep,
) -> Report {
    let mut report = Report::new(format!("inverse of the {} on the {}", retraction.name(), manifold.name()));
    let unit =
        unit_of_time(manifold, p, v).and_then(|unit| Ok(unit.min(retraction.exit_time(manifold, p, v)?)));
    let required = slope(retraction.order(), 1.0);
    let inverse = |p: &Point, q: &Point| retraction.inverse(manifold, p, q);
    let size = manifold.norm(p, v).unwrap_or(0.0);
    let error = |t: f64| {
        let step = t * v;
        let back = inverse(p, &manifold.exp(p, &step)?)?;
        apart(manifold, p, &back, &step)
    };
    let scale = |t: f64| 4.0 * t * size;
    let law = match retraction.order() {
        Order::First => "‖R⁻¹(exp(tv)) - tv‖ = O(t²)",
        Order::Second => "‖R⁻¹(exp(tv)) - tv‖ = O(t³)",
        Order::Exact => "‖R⁻¹(exp(tv)) - tv‖ = 0",
    };
    report.curves.push(Curve::measure(
        sweep,
        &Probe { law, required, unit: unit.clone(), scale: &scale, error: &error },
    ));
    let step = unit.map(|unit| 0.5 * unit * v);
    let forth = || -> Result<f64> {
        let step = step.clone()?;
        let back = inverse(p, &retraction.retract(manifold, p, &step)?)?;
        Ok(apart(manifold, p, &back, &step)? / manifold.norm(p, &step)?)
    };
    let back = || -> Result<f64> {
        let q = manifold.exp(p, &step.clone()?)?;
        manifold.distance(&q, &retraction.retract(manifold, p, &inverse(p, &q)?)?)
    };
    report.laws.push(Law::within("R⁻¹(R(v)) = v", 1e-12, forth()));
    report.laws.push(Law::within("R(R⁻¹(q)) = q", 1e-12, back()));
    report
}
