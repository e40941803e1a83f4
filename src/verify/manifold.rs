use crate::Result;
use crate::manifold::{Cotangent, Manifold, Point, Tangent};
use crate::verify::curve::Probe;
use crate::verify::gradient::{apart, between, unit_of_time};
use crate::verify::law::relative;
use crate::verify::{Curve, Law, Report, Sweep};

/// Whether the parts of a manifold fit one another: metric, geodesics, distance, transport, connection, curvature.
///
/// ```text
/// exp(tv) = p + tv - ½t²Γ(v, v) + O(t³)
/// P(w)    = w - tΓ(v, w) + O(t²)                                      at exp(tv)
/// d²(exp(sv), exp(sw)) = s²‖v - w‖² - ⅓s⁴⟨R(v, w)w, v⟩ + O(s⁵)
/// ```
///
/// beside the laws of exp and log, of the metric and its duals, of the distance, of parallel transport, of the curvature
/// tensor, and of the exit time. `q` is a second point; `v` and `w` are tangent at `p` and independent.
///
/// The third line ties the curvature to the distance: a tensor that is right but for its scale fails there, with
/// slope 4. (Where the curvature is parallel, as on every space of constant curvature, the slope is 6.) Its times are ten
/// times as late at the start, five times at the end. On a manifold of dimension 1 it says nothing.
///
/// # Errors
/// None: what cannot be evaluated is a failed verdict with the place.
///
/// # Example
/// ```
/// use natgrad::manifold::{Manifold, Simplex};
/// use natgrad::ndarray::array;
/// use natgrad::verify::{Sweep, check_manifold};
///
/// let simplex = Simplex::multinomial(3, 7)?;
/// let (p, q) = (simplex.point(array![0.2, 0.3, 0.5])?, simplex.point(array![0.1, 0.6, 0.3])?);
/// let v = simplex.tangent(&p, array![0.1, -0.3, 0.2])?;
/// let w = simplex.tangent(&p, array![0.2, -0.1, -0.1])?;
/// let report = check_manifold(&simplex, (&p, &q), (&v, &w), Sweep::default());
/// assert!(report.passed(), "{report}");
/// # Ok::<(), natgrad::Error>(())
/// ```
pub fn check_manifold<M: Manifold + ?Sized>(
    manifold: &M,
    (p, q): (&Point, &Point),
    (v, w): (&Tangent, &Tangent),
    sweep: Sweep,
) -> Report {
    let mut report = Report::new(manifold.name());
    let m = manifold;
    let unit = unit_of_time(m, p, v).and_then(|unit| Ok(unit.min(unit_of_time(m, p, w)?)));
    geodesics(&mut report, m, p, (v, w), &unit, sweep);
    curvature(&mut report, m, p, (v, w), &unit, sweep);
    metric(&mut report, m, p, (v, w));
    lengths(&mut report, m, (p, q), v, &unit);
    transport(&mut report, m, (p, q), (v, w));
    tensor(&mut report, m, p, (v, w));
    report
}

/// The Euclidean length of the coordinates: for what is no tangent vector.
fn length(x: &Tangent) -> f64 {
    crate::linalg::norm(x.values())
}

fn geodesics<M: Manifold + ?Sized>(
    report: &mut Report,
    m: &M,
    p: &Point,
    (v, w): (&Tangent, &Tangent),
    unit: &Result<f64>,
    sweep: Sweep,
) {
    let size = crate::linalg::norm(p.values());
    let bend = m.christoffel(p, v, v);
    let error = |t: f64| {
        let end = Tangent::unchecked(&m.exp(p, &(t * v))?.values() - &p.values());
        Ok(length(&(&(&end - &(t * v)) + &(0.5 * t * t * &bend.clone()?))))
    };
    let law = "exp(tv) = p + tv - ½t²Γ(v, v) + O(t³)";
    let probe = Probe { law, required: 3.0, unit: unit.clone(), scale: &|_| size, error: &error };
    report.curves.push(Curve::measure(sweep, &probe));

    let turn = m.christoffel(p, v, w);
    let error = |t: f64| {
        let carried = m.parallel_transport(p, &m.exp(p, &(t * v))?, w)?;
        Ok(length(&(&(&carried - w) + &(t * &turn.clone()?))))
    };
    let law = "P(w) = w - tΓ(v, w) + O(t²) at exp(tv)";
    let probe = Probe { law, required: 2.0, unit: unit.clone(), scale: &|_| length(w), error: &error };
    report.curves.push(Curve::measure(sweep, &probe));
}

fn curvature<M: Manifold + ?Sized>(
    report: &mut Report,
    m: &M,
    p: &Point,
    (v, w): (&Tangent, &Tangent),
    unit: &Result<f64>,
    sweep: Sweep,
) {
    let difference = between(m, p, v, w);
    let apart = difference.and_then(|d| m.inner(p, &d, &d));
    let bend = m.riemann(p, v, w, w).and_then(|r| m.inner(p, &r, v));
    let error = |s: f64| {
        let d = m.distance(&m.exp(p, &(s * v))?, &m.exp(p, &(s * w))?)?;
        Ok(d * d - s * s * apart.clone()? + s.powi(4) / 3.0 * bend.clone()?)
    };
    let size = apart.clone().unwrap_or(0.0);
    let scale = |s: f64| 4.0 * s * s * size;
    // The fourth power of a short time is below rounding: later times than those of the other curves.
    let sweep = Sweep { first: 10.0 * sweep.first, last: 5.0 * sweep.last, ..sweep };
    let law = "d²(exp(tv), exp(tw)) = t²‖v - w‖² - ⅓t⁴⟨R(v, w)w, v⟩ + O(t⁵)";
    let probe = Probe { law, required: 5.0, unit: unit.clone(), scale: &scale, error: &error };
    report.curves.push(Curve::measure(sweep, &probe));
}

fn metric<M: Manifold + ?Sized>(report: &mut Report, m: &M, p: &Point, (v, w): (&Tangent, &Tangent)) {
    let size = || Ok::<f64, crate::Error>(m.norm(p, v)? * m.norm(p, w)?);
    let symmetric = || Ok(relative(m.inner(p, v, w)?, m.inner(p, w, v)?, size()?));
    report.laws.push(Law::within("⟨v, w⟩ = ⟨w, v⟩", 1e-14, symmetric()));
    let flat = || Ok(relative(m.flat(p, v)?.pair(w), m.inner(p, v, w)?, size()?));
    report.laws.push(Law::within("♭v(w) = ⟨v, w⟩", 1e-12, flat()));
    let sharp = || {
        let back = m.sharp(p, &m.flat(p, v)?)?;
        Ok(apart(m, p, &back, v)? / m.norm(p, v)?)
    };
    report.laws.push(Law::within("♯♭v = v", 1e-12, sharp()));
    let pairing = || {
        // A covector of the coordinates' own scale, which need not be the flat of anything.
        let a = Cotangent::new(p.values().mapv(|x| 1.0 + x * x));
        let up = m.sharp(p, &a)?;
        Ok(relative(m.inner(p, &up, v)?, a.pair(v), m.norm(p, &up)? * m.norm(p, v)?))
    };
    report.laws.push(Law::within("⟨♯a, v⟩ = a(v)", 1e-12, pairing()));
    let torsion = || {
        let (a, b) = (m.christoffel(p, v, w)?, m.christoffel(p, w, v)?);
        let size = length(&a).max(length(&b));
        let apart = length(&(&a - &b));
        Ok(if apart <= 0.0 { 0.0 } else { apart / size })
    };
    report.laws.push(Law::within("Γ(v, w) = Γ(w, v)", 1e-13, torsion()));
}

fn lengths<M: Manifold + ?Sized>(
    report: &mut Report,
    m: &M,
    (p, q): (&Point, &Point),
    v: &Tangent,
    unit: &Result<f64>,
) {
    let there = || Ok(m.distance(&m.exp(p, &m.log(p, q)?)?, q)? / m.distance(p, q)?);
    report.laws.push(Law::within("exp(log q) = q", 1e-11, there()));
    let back = || {
        let step = 0.5 * unit.clone()? * v;
        Ok(apart(m, p, &m.log(p, &m.exp(p, &step)?)?, &step)? / m.norm(p, &step)?)
    };
    report.laws.push(Law::within("log(exp v) = v", 1e-11, back()));
    let distance = || Ok(relative(m.distance(p, q)?, m.norm(p, &m.log(p, q)?)?, 0.0));
    report.laws.push(Law::within("d(p, q) = ‖log q‖", 1e-12, distance()));
    let symmetric = || Ok(relative(m.distance(p, q)?, m.distance(q, p)?, 0.0));
    report.laws.push(Law::within("d(p, q) = d(q, p)", 1e-14, symmetric()));
    report.laws.push(Law::within("d(p, p) = 0", 0.0, m.distance(p, p)));
    let speed = || {
        let whole = m.distance(p, q)?;
        let mut worst: f64 = 0.0;
        for k in 0..8 {
            let (a, b) = (m.geodesic(p, q, f64::from(k) / 8.0)?, m.geodesic(p, q, f64::from(k + 1) / 8.0)?);
            worst = worst.max(relative(8.0 * m.distance(&a, &b)?, whole, 0.0));
        }
        Ok(worst)
    };
    report.laws.push(Law::within("d(γ(s), γ(t)) = |t - s| d(p, q)", 1e-11, speed()));
    let exit = m.exit_time(p, v);
    if exit.as_ref().is_ok_and(|t| t.is_finite()) || exit.is_err() {
        let before = || m.exp(p, &(0.999 * exit.clone()? * v)).map(|_| 0.0);
        report.laws.push(Law::within("exp(tv) exists at 0.999 of the exit time", 0.0, before()));
        let after = exit.clone().and_then(|t| m.exp(p, &(1.001 * t * v)));
        report.laws.push(Law::refused("exp(tv) is refused at 1.001 of the exit time", &after));
    }
    let mut bad = p.values().to_owned();
    if let Some(entry) = bad.first_mut() {
        *entry = f64::NAN;
    }
    report.laws.push(Law::refused("a point with NaN is refused", &m.point(bad)));
    let short = p.values().iter().skip(1).copied().collect();
    report.laws.push(Law::refused("a point of another length is refused", &m.point(short)));
}

fn transport<M: Manifold + ?Sized>(
    report: &mut Report,
    m: &M,
    (p, q): (&Point, &Point),
    (v, w): (&Tangent, &Tangent),
) {
    let isometry = || {
        let (a, b) = (m.parallel_transport(p, q, v)?, m.parallel_transport(p, q, w)?);
        let size = m.norm(p, v)? * m.norm(p, w)?;
        let norm = relative(m.inner(q, &a, &a)?, m.inner(p, v, v)?, 0.0);
        Ok(norm.max(relative(m.inner(q, &a, &b)?, m.inner(p, v, w)?, size)))
    };
    report.laws.push(Law::within("⟨P(v), P(w)⟩ = ⟨v, w⟩", 1e-12, isometry()));
    let back = || {
        let there = m.parallel_transport(p, q, v)?;
        let back = m.parallel_transport(q, p, &there)?;
        Ok(apart(m, p, &back, v)? / m.norm(p, v)?)
    };
    report.laws.push(Law::within("P back of P(v) = v", 1e-11, back()));
    let velocity = || {
        let end = m.parallel_transport(p, q, &m.log(p, q)?)?;
        Ok(apart(m, q, &end, &-&m.log(q, p)?)? / m.distance(p, q)?)
    };
    report.laws.push(Law::within("P(log q from p) = -log p from q", 1e-11, velocity()));
}

fn tensor<M: Manifold + ?Sized>(report: &mut Report, m: &M, p: &Point, (v, w): (&Tangent, &Tangent)) {
    // A third direction, from a covector that has nothing to do with v and w.
    let third = m.sharp(p, &Cotangent::new(p.values().mapv(|x| 1.0 + x * x)));
    let z = third.unwrap_or_else(|_| &(0.75 * v) - &(1.25 * w));
    let r = |x: &Tangent, y: &Tangent, z: &Tangent| m.riemann(p, x, y, z);
    let volume = || Ok::<f64, crate::Error>(m.norm(p, v)? * m.norm(p, w)? * m.norm(p, &z)?);
    let skew = || Ok(apart(m, p, &r(v, w, &z)?, &-&r(w, v, &z)?)? / volume()?);
    report.laws.push(Law::within("R(v, w)z = -R(w, v)z", 1e-12, skew()));
    let lowered = |x: &Tangent, y: &Tangent, z: &Tangent, u: &Tangent| m.inner(p, &r(x, y, z)?, u);
    let pairs = || {
        let size = volume()? * m.norm(p, v)?;
        Ok((lowered(v, w, &z, v)? - lowered(&z, v, v, w)?).abs() / size)
    };
    report.laws.push(Law::within("⟨R(v, w)z, v⟩ = ⟨R(z, v)v, w⟩", 1e-12, pairs()));
    let bianchi = || {
        let two = &r(v, w, &z)? + &r(w, &z, v)?;
        Ok(apart(m, p, &two, &-&r(&z, v, w)?)? / volume()?)
    };
    report.laws.push(Law::within("R(v, w)z + R(w, z)v + R(z, v)w = 0", 1e-12, bianchi()));
}
