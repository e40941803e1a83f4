//! Retractions, their inverses and vector transports, with the leading coefficients that a series gives.

use super::functions::simplex;
use natgrad::Result;
use natgrad::manifold::simplex::{
    AverageRetraction, AverageTransport, MixtureRetraction, MixtureTransport, MultiplicativeRetraction,
    MultiplicativeTransport, NaturalQuadraticRetraction, ProjectionRetraction, ProjectionTransport,
    QuadraticRetraction,
};
use natgrad::manifold::{
    Exponential, HalfPlane, InverseRetraction, LeviCivita, Linear, Manifold, Order, Point,
    QuadraticCorrection, Retraction, Simplex, Tangent, VectorTransport,
};
use natgrad::ndarray::{Array1, Zip, array};
use natgrad::verify::{Sweep, Verdict, check_inverse_retraction, check_retraction, check_transport};

/// Formulas on the simplex, right and wrong, with the order they declare.
#[derive(Debug, Clone, Copy)]
struct Formula(&'static str, Order, fn(&Array1<f64>, &Array1<f64>) -> Array1<f64>);

impl Retraction<Simplex> for Formula {
    fn name(&self) -> &'static str {
        self.0
    }
    fn order(&self) -> Order {
        self.1
    }
    fn exit_time(&self, _: &Simplex, _: &Point, _: &Tangent) -> Result<f64> {
        Ok(f64::INFINITY)
    }
    fn retract(&self, m: &Simplex, p: &Point, v: &Tangent) -> Result<Point> {
        let weights = (self.2)(&p.values().to_owned(), &v.values().to_owned());
        m.normalise(weights)
    }
}

fn mixture(p: &Array1<f64>, v: &Array1<f64>) -> Array1<f64> {
    p + v
}

fn multiplicative(p: &Array1<f64>, v: &Array1<f64>) -> Array1<f64> {
    Zip::from(p).and(v).map_collect(|p, v| p * (v / p).exp())
}

fn projection(p: &Array1<f64>, v: &Array1<f64>) -> Array1<f64> {
    Zip::from(p).and(v).map_collect(|p, v| (p.sqrt() + 0.5 * v / p.sqrt()).powi(2))
}

fn softmax(p: &Array1<f64>, v: &Array1<f64>) -> Array1<f64> {
    Zip::from(p).and(v).map_collect(|p, v| p * v.exp())
}

/// For p = (.2,.3,.5), v = (.1,-.3,.2): ¼√(Σv⁴/p³ - g²), and ‖v‖³/12, with g = .43.
const FIRST: f64 = 0.093_674_969_975_975_97;
const THIRD: f64 = 0.023_497_488_045_415_5;

#[test]
fn retractions_have_their_slope_and_their_coefficient() {
    let (m, p, v, _) = simplex();
    for (formula, slope, coefficient) in [
        (Formula("mixture", Order::First, mixture), 2.0, FIRST),
        (Formula("multiplicative", Order::First, multiplicative), 2.0, FIRST),
        (Formula("projection", Order::Second, projection), 3.0, THIRD),
    ] {
        let report = check_retraction(&m, &formula, &p, &v, Sweep::default());
        assert_eq!(report.verdict(), Verdict::Passed, "{report}");
        let curve = &report.curves[0];
        assert!((curve.slope.expect("a slope") - slope).abs() < 0.02, "{report}");
        let found = curve.coefficient.expect("a coefficient");
        assert!((found / coefficient - 1.0).abs() < 1e-3, "{found} {report}");
        assert!(report.clone().with_coefficient(coefficient, 1e-2).passed());
        assert!(!report.with_coefficient(1.05 * coefficient, 1e-2).passed());
    }
    assert_eq!(
        check_retraction(&m, &Exponential, &p, &v, Sweep::default()).with_coefficient(0.0, 1e-2).verdict(),
        Verdict::Exact
    );
}

#[test]
fn softmax_of_the_vector_is_no_retraction() {
    let (m, p, v, _) = simplex();
    let report = check_retraction(&m, &Formula("softmax", Order::First, softmax), &p, &v, Sweep::default());
    assert!((report.curves[0].slope.expect("a slope") - 1.0).abs() < 0.02, "{report}");
    assert!(report.verdict().to_string().contains("slope is 1.0"), "{report}");
}

#[test]
fn orders_declared_too_high_fail() {
    let (m, p, v, _) = simplex();
    let report = check_retraction(&m, &Formula("mixture", Order::Second, mixture), &p, &v, Sweep::default());
    assert!((report.curves[0].slope.expect("a slope") - 2.0).abs() < 0.02 && !report.passed(), "{report}");
    let report =
        check_retraction(&m, &Formula("projection", Order::Exact, projection), &p, &v, Sweep::default());
    assert!(report.verdict().to_string().contains("declared exact, but the error reaches"), "{report}");
    // Better than declared is no failure.
    let modest = Formula("projection", Order::First, projection);
    assert!(check_retraction(&m, &modest, &p, &v, Sweep::default()).passed());
}

#[test]
fn a_map_that_starts_elsewhere_fails() {
    fn shifted(p: &Array1<f64>, v: &Array1<f64>) -> Array1<f64> {
        p + v + 1e-3
    }
    let (m, p, v, _) = simplex();
    let report = check_retraction(&m, &Formula("shifted", Order::First, shifted), &p, &v, Sweep::default());
    assert_eq!(report.failures().len(), 2, "{report}");
    assert!(report.curves[0].slope.expect("a slope").abs() < 0.05);
}

/// A retraction with an inverse, right or not.
#[derive(Debug)]
struct Inverse(Formula, fn(&Simplex, &Point, &Point) -> Result<Tangent>);

impl Retraction<Simplex> for Inverse {
    fn name(&self) -> &'static str {
        self.0.name()
    }
    fn order(&self) -> Order {
        self.0.order()
    }
    fn exit_time(&self, m: &Simplex, p: &Point, v: &Tangent) -> Result<f64> {
        self.0.exit_time(m, p, v)
    }
    fn retract(&self, m: &Simplex, p: &Point, v: &Tangent) -> Result<Point> {
        self.0.retract(m, p, v)
    }
}

impl InverseRetraction<Simplex> for Inverse {
    fn inverse(&self, m: &Simplex, p: &Point, q: &Point) -> Result<Tangent> {
        (self.1)(m, p, q)
    }
}

#[test]
fn inverses_are_held_to_their_retraction() {
    fn right(m: &Simplex, p: &Point, q: &Point) -> Result<Tangent> {
        let (a, b) = (p.values().mapv(f64::sqrt), q.values().mapv(f64::sqrt));
        let along = a.dot(&b);
        m.project(p, (2.0 * &a * (&b / along - &a)).view())
    }
    // The inverse of another retraction: right at first order, but no inverse.
    fn other(m: &Simplex, p: &Point, q: &Point) -> Result<Tangent> {
        m.project(p, (&q.values() - &p.values()).view())
    }
    let (m, p, v, _) = simplex();
    let formula = Formula("projection", Order::Second, projection);
    let report = check_inverse_retraction(&m, &Inverse(formula, right), &p, &v, Sweep::default());
    assert_eq!(report.verdict(), Verdict::Passed, "{report}");
    assert!((report.curves[0].slope.expect("a slope") - 3.0).abs() < 0.02, "{report}");
    assert!(report.with_coefficient(THIRD, 1e-2).passed());
    let report = check_inverse_retraction(&m, &Inverse(formula, other), &p, &v, Sweep::default());
    assert_eq!(report.failures().len(), 3, "{report}");
    let logarithm = check_inverse_retraction(&m, &Exponential, &p, &v, Sweep::default());
    assert_eq!(logarithm.verdict(), Verdict::Exact, "{logarithm}");
}

#[test]
fn those_of_the_library_pass() {
    let (m, p, v, w) = simplex();
    let retractions: [(&dyn Retraction<Simplex>, f64); 6] = [
        (&MixtureRetraction, 2.0),
        (&MultiplicativeRetraction, 2.0),
        (&AverageRetraction, 3.0),
        (&ProjectionRetraction, 3.0),
        (&QuadraticRetraction, 3.0),
        (&NaturalQuadraticRetraction, 3.0),
    ];
    for (retraction, slope) in retractions {
        let report = check_retraction(&m, retraction, &p, &v, Sweep::default());
        assert!(
            report.passed() && (report.curves[0].slope.expect("a slope") - slope).abs() < 0.05,
            "{report}"
        );
    }
    let inverses: [&dyn InverseRetraction<Simplex>; 3] =
        [&MixtureRetraction, &MultiplicativeRetraction, &ProjectionRetraction];
    for retraction in inverses {
        let report = check_inverse_retraction(&m, retraction, &p, &v, Sweep::default());
        assert!(report.passed(), "{report}");
    }
    let transports: [&dyn VectorTransport<Simplex>; 5] =
        [&LeviCivita, &MixtureTransport, &MultiplicativeTransport, &AverageTransport, &ProjectionTransport];
    for transport in transports {
        let report = check_transport(&m, transport, &p, &v, &w, Sweep::default());
        assert!(report.passed(), "{report}");
    }
}

/// The identity of components, or its average with the transport that is dual to it.
#[derive(Debug, Clone, Copy)]
struct Carry {
    order: Order,
    isometric: bool,
    exponential_share: f64,
}

impl VectorTransport<Simplex> for Carry {
    fn name(&self) -> &'static str {
        "transport of components"
    }
    fn order(&self) -> Order {
        self.order
    }
    fn is_isometric(&self) -> bool {
        self.isometric
    }
    fn transport(&self, m: &Simplex, p: &Point, q: &Point, v: &Tangent) -> Result<Tangent> {
        let score = &v.values() / &p.values();
        let mean = q.values().dot(&score);
        let e = m.project(q, (&q.values() * &(score - mean)).view())?;
        Ok(&(self.exponential_share * &e) + &((1.0 - self.exponential_share) * v))
    }
}

#[test]
fn transports_have_the_order_that_they_declare() {
    let (m, p, v, w) = simplex();
    let check = |transport: Carry| check_transport(&m, &transport, &p, &v, &w, Sweep::default());
    let identity = Carry { order: Order::First, isometric: false, exponential_share: 0.0 };
    let report = check(identity);
    assert!(report.passed() && (report.curves[0].slope.expect("a slope") - 1.0).abs() < 0.02, "{report}");
    let average = Carry { order: Order::Second, isometric: false, exponential_share: 0.5 };
    let report = check(average);
    assert!(report.passed() && (report.curves[0].slope.expect("a slope") - 2.0).abs() < 0.02, "{report}");
    assert!(!check(Carry { order: Order::Second, ..identity }).passed());
    assert!(!check(Carry { order: Order::Exact, ..average }).passed());
    let report = check(Carry { isometric: true, ..identity });
    assert_eq!(report.failures(), ["⟨T(w), T(w)⟩ = ⟨w, w⟩", "⟨T(v), T(w)⟩ = ⟨v, w⟩"], "{report}");
    let report = check_transport(&m, &LeviCivita, &p, &v, &w, Sweep::default());
    assert_eq!(report.verdict(), Verdict::Exact, "{report}");
}

#[test]
fn straight_and_bent_steps_have_their_order_on_the_half_plane() {
    let m = HalfPlane::normal();
    let p = m.point(array![0.5, 1.5]).expect("a point");
    let v = m.tangent(&p, array![0.3, -0.4]).expect("a vector");
    // ½‖Γ(v, v)‖ with Γ = (-2μ̇σ̇/σ, μ̇²/(2σ) - σ̇²/σ) and the metric diag(1, 2)/σ².
    let gamma: [f64; 2] = [0.24 / 1.5, (0.045 - 0.16) / 1.5];
    let coefficient = 0.5 * (gamma[0] * gamma[0] + 2.0 * gamma[1] * gamma[1]).sqrt() / 1.5;
    let report = check_retraction(&m, &Linear, &p, &v, Sweep::default());
    assert!(report.clone().with_coefficient(coefficient, 1e-3).passed(), "{coefficient} {report}");
    let report = check_retraction(&m, &QuadraticCorrection, &p, &v, Sweep::default());
    assert!(report.passed() && (report.curves[0].slope.expect("a slope") - 3.0).abs() < 0.02, "{report}");
}

/// A transport that is right but for a part that is not linear in the vector, or not zero where nothing moves.
#[derive(Debug)]
struct Planted {
    cubic: f64,
    constant: f64,
}

impl VectorTransport<Simplex> for Planted {
    fn name(&self) -> &'static str {
        "planted"
    }
    fn order(&self) -> Order {
        Order::First
    }
    fn is_isometric(&self) -> bool {
        false
    }
    fn transport(&self, m: &Simplex, p: &Point, q: &Point, v: &Tangent) -> Result<Tangent> {
        let there = m.parallel_transport(p, q, v)?;
        let growth = 1.0 + self.constant + self.cubic * m.norm(p, v)?.powi(2) * m.distance(p, q)?;
        Ok(growth * &there)
    }
}

#[test]
fn transports_that_are_not_linear_or_not_the_identity_fail() {
    let (m, p, v, w) = simplex();
    let check = |planted: Planted| check_transport(&m, &planted, &p, &v, &w, Sweep::default());
    assert!(check(Planted { cubic: 0.0, constant: 0.0 }).passed());
    let report = check(Planted { cubic: 0.1, constant: 0.0 });
    assert_eq!(report.failures(), ["T(av + bw) = aT(v) + bT(w)"], "{report}");
    let report = check(Planted { cubic: 0.0, constant: 1e-10 });
    assert_eq!(report.failures(), ["‖T(w) - P(w)‖ = O(t) at exp(tv)", "T(w) = w at p"], "{report}");
}
