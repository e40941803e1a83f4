use crate::Result;
use crate::manifold::{Manifold, Order, Point, Tangent, VectorTransport};
use crate::verify::curve::Probe;
use crate::verify::gradient::{apart, unit_of_time};
use crate::verify::law::relative;
use crate::verify::retraction::slope;
use crate::verify::{Curve, Law, Report, Sweep};

/// Whether a vector transport has the order that it declares, moving `w` from `p` along `v`.
///
/// ```text
/// ‖T(w) - P(w)‖ = O(t^order) at exp(tv),   P parallel transport
/// T linear,   T = identity at p,   ⟨T(v), T(w)⟩ = ⟨v, w⟩ if declared isometric
/// ```
///
/// # Errors
/// None: what cannot be evaluated is a failed verdict with the place.
///
/// # Example
/// ```
/// use natgrad::manifold::{LeviCivita, Manifold, Simplex};
/// use natgrad::ndarray::array;
/// use natgrad::verify::{Sweep, Verdict, check_transport};
///
/// let simplex = Simplex::new(3)?;
/// let p = simplex.point(array![0.2, 0.3, 0.5])?;
/// let v = simplex.tangent(&p, array![0.1, -0.3, 0.2])?;
/// let w = simplex.tangent(&p, array![0.2, -0.1, -0.1])?;
/// let report = check_transport(&simplex, &LeviCivita, &p, &v, &w, Sweep::default());
/// assert_eq!(report.verdict(), Verdict::Exact);
/// # Ok::<(), natgrad::Error>(())
/// ```
pub fn check_transport<M: Manifold + ?Sized, T: VectorTransport<M> + ?Sized>(
    manifold: &M,
    transport: &T,
    p: &Point,
    v: &Tangent,
    w: &Tangent,
    sweep: Sweep,
) -> Report {
    let mut report = Report::new(format!("{} on the {}", transport.name(), manifold.name()));
    let unit = unit_of_time(manifold, p, v);
    let size = manifold.norm(p, w).unwrap_or(0.0);
    let carry = |q: &Point, w: &Tangent| transport.transport(manifold, p, q, w);
    let error = |t: f64| {
        let q = manifold.exp(p, &(t * v))?;
        apart(manifold, &q, &carry(&q, w)?, &manifold.parallel_transport(p, &q, w)?)
    };
    let law = match transport.order() {
        Order::First => "‖T(w) - P(w)‖ = O(t) at exp(tv)",
        Order::Second => "‖T(w) - P(w)‖ = O(t²) at exp(tv)",
        Order::Exact => "‖T(w) - P(w)‖ = 0 at exp(tv)",
    };
    let required = slope(transport.order(), 0.0);
    let probe = Probe { law, required, unit: unit.clone(), scale: &|_| 4.0 * size, error: &error };
    report.curves.push(Curve::measure(sweep, &probe));

    let stay = || Ok(apart(manifold, p, &carry(p, w)?, w)? / manifold.norm(p, w)?);
    report.laws.push(Law::within("T(w) = w at p", 1e-13, stay()));
    let end = unit.and_then(|unit| manifold.exp(p, &(0.5 * unit * v)));
    let linear = || -> Result<f64> {
        let (q, a, b) = (end.clone()?, 1.75, -0.625);
        let sum = &(a * &carry(&q, v)?) + &(b * &carry(&q, w)?);
        let apart = apart(manifold, &q, &carry(&q, &(&(a * v) + &(b * w)))?, &sum)?;
        Ok(if apart <= 0.0 { 0.0 } else { apart / manifold.norm(&q, &sum)? })
    };
    report.laws.push(Law::within("T(av + bw) = aT(v) + bT(w)", 1e-12, linear()));
    if transport.is_isometric() {
        let kept = |a: &Tangent, b: &Tangent| -> Result<f64> {
            let q = end.clone()?;
            let size = manifold.norm(p, a)? * manifold.norm(p, b)?;
            Ok(relative(manifold.inner(&q, &carry(&q, a)?, &carry(&q, b)?)?, manifold.inner(p, a, b)?, size))
        };
        report.laws.push(Law::within("⟨T(w), T(w)⟩ = ⟨w, w⟩", 1e-12, kept(w, w)));
        report.laws.push(Law::within("⟨T(v), T(w)⟩ = ⟨v, w⟩", 1e-12, kept(v, w)));
    }
    report
}
