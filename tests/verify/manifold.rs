//! A manifold passes; with its curvature, connection or boundary wrong, it does not.

use super::functions::simplex;
use natgrad::manifold::{
    Cotangent, Curve, Euclidean, HalfPlane, Manifold, Point, Product, Simplex, Tangent, arc,
};
use natgrad::ndarray::{Array1, ArrayView1, array};
use natgrad::verify::{Report, Sweep, Verdict, check_manifold};
use natgrad::{Error, Result};
use rand::Rng;

fn check<M: Manifold>(manifold: &M) -> Report {
    let (m, p, v, w) = simplex();
    let q = m.point(array![0.1, 0.6, 0.3]).expect("a point");
    check_manifold(manifold, (&p, &q), (&v, &w), Sweep::default())
}

#[test]
fn the_simplex_passes_from_centre_to_boundary() {
    for trials in [1, 7] {
        let report = check(&Simplex::multinomial(3, trials).expect("a simplex"));
        assert_eq!(report.verdict(), Verdict::Passed, "{report}");
        for (curve, slope) in report.curves.iter().zip([3.0, 2.0, 6.0]) {
            assert!((curve.slope.expect("a slope") - slope).abs() < 0.05, "{report}");
        }
    }
    let m = Simplex::new(5).expect("a simplex");
    let p = m.normalise(array![1e-9, 0.1, 0.2, 0.3, 0.4]).expect("a point");
    let q = m.normalise(array![0.4, 0.3, 0.2, 1e-16, 0.1]).expect("a point");
    let v = m.project(&p, array![0.3e-9, -0.02, 0.05, -0.1, 0.07].view()).expect("a vector");
    let w = m.project(&p, array![-0.5e-9, 0.05, 0.02, 0.03, -0.1].view()).expect("a vector");
    let report = check_manifold(&m, (&p, &q), (&v, &w), Sweep::default());
    assert!(report.passed(), "{report}");
}

/// The simplex with one part wrong.
#[derive(Debug)]
struct Wrong {
    right: Simplex,
    curvature: f64,
    connection: f64,
    distance: f64,
    identity_transport: bool,
    reflects: bool,
}

impl Wrong {
    fn none() -> Self {
        Wrong {
            right: Simplex::new(3).expect("a simplex"),
            curvature: 1.0,
            connection: 1.0,
            distance: 1.0,
            identity_transport: false,
            reflects: false,
        }
    }
}

impl Manifold for Wrong {
    fn name(&self) -> String {
        "simplex with a planted error".into()
    }
    fn dim(&self) -> usize {
        self.right.dim()
    }
    fn coordinates(&self) -> usize {
        self.right.coordinates()
    }
    fn check_point(&self, p: ArrayView1<'_, f64>) -> Result<()> {
        self.right.check_point(p)
    }
    fn check_tangent(&self, p: &Point, v: ArrayView1<'_, f64>) -> Result<()> {
        self.right.check_tangent(p, v)
    }
    fn inner(&self, p: &Point, v: &Tangent, w: &Tangent) -> Result<f64> {
        self.right.inner(p, v, w)
    }
    fn sharp(&self, p: &Point, a: &Cotangent) -> Result<Tangent> {
        self.right.sharp(p, a)
    }
    fn flat(&self, p: &Point, v: &Tangent) -> Result<Cotangent> {
        self.right.flat(p, v)
    }
    fn exit_time(&self, p: &Point, v: &Tangent) -> Result<f64> {
        self.right.exit_time(p, v)
    }
    fn exp(&self, p: &Point, v: &Tangent) -> Result<Point> {
        match self.right.exp(p, v) {
            Err(Error::BeyondExit { .. }) if self.reflects => Ok(p.clone()),
            other => other,
        }
    }
    fn log(&self, p: &Point, q: &Point) -> Result<Tangent> {
        self.right.log(p, q)
    }
    fn distance(&self, p: &Point, q: &Point) -> Result<f64> {
        Ok(self.distance * self.right.distance(p, q)?)
    }
    fn parallel_transport(&self, p: &Point, q: &Point, v: &Tangent) -> Result<Tangent> {
        if self.identity_transport { Ok(v.clone()) } else { self.right.parallel_transport(p, q, v) }
    }
    fn christoffel(&self, p: &Point, v: &Tangent, w: &Tangent) -> Result<Tangent> {
        Ok(self.connection * &self.right.christoffel(p, v, w)?)
    }
    fn riemann(&self, p: &Point, x: &Tangent, y: &Tangent, z: &Tangent) -> Result<Tangent> {
        Ok(self.curvature * &self.right.riemann(p, x, y, z)?)
    }
    fn random_tangent(&self, p: &Point, rng: &mut dyn Rng) -> Result<Tangent> {
        self.right.random_tangent(p, rng)
    }
}

const CURVATURE: &str = "d²(exp(tv), exp(tw)) = t²‖v - w‖² - ⅓t⁴⟨R(v, w)w, v⟩ + O(t⁵)";

#[test]
fn planted_errors_are_seen_where_they_are() {
    assert!(check(&Wrong::none()).passed());
    // The curvature of the unit sphere, four times too large.
    let report = check(&Wrong { curvature: 4.0, ..Wrong::none() });
    assert_eq!(report.failures(), [CURVATURE], "{report}");
    assert!((report.curves[2].slope.expect("a slope") - 4.0).abs() < 0.05, "{report}");
    // Half the metric: distances are those of the unit sphere.
    let report = check(&Wrong { distance: 0.5, ..Wrong::none() });
    assert!(report.failures().contains(&"d(p, q) = ‖log q‖") && !report.curves[2].passed(), "{report}");
    let report = check(&Wrong { connection: 2.0, ..Wrong::none() });
    assert_eq!(report.failures().len(), 2, "{report}");
    assert!(!report.curves[0].passed() && !report.curves[1].passed(), "{report}");
    let report = check(&Wrong { identity_transport: true, ..Wrong::none() });
    assert!(report.failures().contains(&"⟨P(v), P(w)⟩ = ⟨v, w⟩"), "{report}");
    let report = check(&Wrong { reflects: true, ..Wrong::none() });
    assert_eq!(report.failures(), ["exp(tv) is refused at 1.001 of the exit time"], "{report}");
}

#[test]
fn nothing_panics_on_numbers_that_are_no_points() {
    let m = Simplex::new(3).expect("a simplex");
    let bad = |x: Array1<f64>| Point::unchecked(x);
    let (_, p, v, w) = simplex();
    for q in
        [bad(array![]), bad(array![f64::NAN, 0.5, 0.5]), bad(array![0.5, 0.5]), bad(array![-0.1, 0.6, 0.5])]
    {
        assert!(!check_manifold(&m, (&p, &q), (&v, &w), Sweep::default()).passed());
        assert!(!check_manifold(&m, (&q, &p), (&v, &w), Sweep::default()).passed());
    }
    let zero = m.zero();
    let _ = check_manifold(&m, (&p, &p), (&zero, &zero), Sweep::default()).to_string();
}

#[test]
fn the_other_manifolds_of_the_library_pass() {
    fn passes<M: Manifold>(m: &M, p: &[f64], q: &[f64], v: &[f64], w: &[f64]) {
        let array = |x: &[f64]| Array1::from(x.to_vec());
        let (p, q) = (m.point(array(p)).expect("a point"), m.point(array(q)).expect("a point"));
        let (v, w) = (m.tangent(&p, array(v)).expect("a vector"), m.tangent(&p, array(w)).expect("a vector"));
        let report = check_manifold(m, (&p, &q), (&v, &w), Sweep::default());
        assert!(report.passed(), "{report}");
    }
    for plane in [HalfPlane::normal(), HalfPlane::location_scale(0.7, 3.0).expect("a half-plane")] {
        passes(&plane, &[0.5, 1.5], &[1.0, 2.0], &[0.3, -0.4], &[0.2, 0.5]);
    }
    passes(&Euclidean::new(2).expect("a plane"), &[0.5, 1.5], &[1.0, 2.0], &[0.3, -0.4], &[0.2, 0.5]);
    passes(&Curve::new(arc::Poisson), &[2.5], &[4.0], &[1.2], &[-0.7]);
    passes(&Curve::new(arc::Binomial::probability(7).expect("seven")), &[0.3], &[0.6], &[0.2], &[-0.1]);
    passes(&Curve::new(arc::NegativeBinomial::mean(3.5).expect("3.5")), &[14.0], &[3.5], &[-5.0], &[2.0]);
    passes(&Curve::new(arc::Logarithmic::normal_scale()), &[1.5], &[0.5], &[-0.4], &[0.3]);
    let product = Product::power(HalfPlane::normal(), 2).expect("a product");
    passes(
        &product,
        &[0.5, 1.5, -0.2, 0.7],
        &[1.0, 2.0, 0.3, 0.5],
        &[0.3, -0.4, 0.1, 0.2],
        &[0.2, 0.5, -0.3, 0.1],
    );
}
