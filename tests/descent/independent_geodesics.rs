//! Integrators that are exact across charts, where every chart finds its geodesics by itself: by integrating ẍ = -Γ(ẋ, ẋ) with
//! its own Christoffel symbols, or by the engine of [`FamilyManifold`]. Nothing is pulled back from another chart.

use crate::descent::functions::generic;
use natgrad::descent::{Chart, FamilyChart, Function, Integrator, Objective};
use natgrad::manifold::{Cotangent, Curve, FamilyManifold, Point, Simplex, Tangent, arc};
use natgrad::ndarray::{Array1, ArrayView1, array, s};
use natgrad::{Result, family};

/// Classical Runge-Kutta steps for each geodesic: at the lengths below the error is some 1e-15.
const STAGES: usize = 48;

/// A chart of which only metric and acceleration are taken.
#[derive(Debug)]
struct ByEquation<C>(C);

impl<C: Chart> ByEquation<C> {
    /// Γ(v, w), from its values on the diagonal.
    fn gamma(&self, x: &Point, v: &Tangent, w: &Tangent) -> Result<Tangent> {
        let (sum, difference) = (self.0.acceleration(x, &(v + w))?, self.0.acceleration(x, &(v - w))?);
        Ok(0.25 * &(&difference - &sum))
    }

    /// Position, velocity, and a vector that is parallel along: at time 1.
    fn integrate(&self, x: &Point, v: &Tangent, w: &Tangent) -> Result<(Point, Tangent, Tangent)> {
        type State = [Array1<f64>; 3];
        let slope = |[x, v, w]: &State| -> Result<State> {
            let (x, v, w) =
                (Point::unchecked(x.clone()), Tangent::unchecked(v.clone()), Tangent::unchecked(w.clone()));
            let turned = -&self.gamma(&x, &v, &w)?;
            Ok([v.values().to_owned(), self.0.acceleration(&x, &v)?.into_inner(), turned.into_inner()])
        };
        let plus = |a: &State, h: f64, b: &State| -> State { std::array::from_fn(|i| &a[i] + &(h * &b[i])) };
        let h = 1.0 / STAGES as f64;
        let mut y = [x.values().to_owned(), v.values().to_owned(), w.values().to_owned()];
        for _ in 0..STAGES {
            let k1 = slope(&y)?;
            let k2 = slope(&plus(&y, 0.5 * h, &k1))?;
            let k3 = slope(&plus(&y, 0.5 * h, &k2))?;
            let k4 = slope(&plus(&y, h, &k3))?;
            for (k, weight) in [(&k1, 1.0), (&k2, 2.0), (&k3, 2.0), (&k4, 1.0)] {
                y = plus(&y, h * weight / 6.0, k);
            }
        }
        let [x, v, w] = y;
        Ok((Point::unchecked(x), Tangent::unchecked(v), Tangent::unchecked(w)))
    }
}

impl<C: Chart> Chart for ByEquation<C> {
    fn chart_name(&self) -> String {
        self.0.chart_name()
    }
    fn check_coordinates(&self, x: ArrayView1<'_, f64>) -> Result<()> {
        self.0.check_coordinates(x)
    }
    fn raise(&self, x: &Point, a: &Cotangent) -> Result<Tangent> {
        self.0.raise(x, a)
    }
    fn acceleration(&self, x: &Point, v: &Tangent) -> Result<Tangent> {
        self.0.acceleration(x, v)
    }
    fn follow(&self, x: &Point, v: &Tangent) -> Result<Point> {
        Ok(self.integrate(x, v, v)?.0)
    }
    /// The velocity that leads there by repeated correction, which contracts for short ways.
    fn carry(&self, from: &Point, to: &Point, w: &Tangent) -> Result<Tangent> {
        let mut v = Tangent::unchecked(&to.values() - &from.values());
        for _ in 0..40 {
            let end = self.follow(from, &v)?;
            v = &v + &Tangent::unchecked(&to.values() - &end.values());
        }
        Ok(self.integrate(from, &v, w)?.2)
    }
}

fn end<C: Chart + ?Sized>(chart: &C, f: &dyn Objective, x: Array1<f64>, method: Integrator) -> Array1<f64> {
    let path = method.run(chart, f, &Point::unchecked(x), 0.125, 4).unwrap();
    path.last().unwrap().values().to_owned()
}

fn apart(a: &Array1<f64>, b: &Array1<f64>) -> f64 {
    (a - b).fold(0.0, |most: f64, x| most.max(x.abs()))
}

/// One parameter: the Poisson law in θ and in the mean, against the closed form in the mean.
#[test]
fn poisson_in_two_charts_and_in_closed_form() {
    let family = family::Poisson::new();
    let f = Function::new(
        |x| 0.5 * (x[0] - 2.0).powi(2) + 0.3 * (2.0 * x[0]).sin(),
        |x| array![x[0] - 2.0 + 0.6 * (2.0 * x[0]).cos()],
    );
    let in_theta = Function::new(
        |_| 0.0,
        |t| {
            let x = t[0].exp();
            array![x * (x - 2.0 + 0.6 * (2.0 * x).cos())]
        },
    );
    let engine = FamilyManifold::new(family::Poisson::new());
    for method in [Integrator::RiemannianEuler, Integrator::RiemannianMidpoint] {
        let closed = end(&Curve::new(arc::Poisson), &f, array![0.7], method);
        let eta = end(&ByEquation(FamilyChart::expectation(&family)), &f, array![0.7], method);
        let start = array![0.7f64.ln()];
        let theta = end(&ByEquation(FamilyChart::natural(&family)), &in_theta, start.clone(), method);
        let engine = end(&engine, &in_theta, start, method);
        let found = [eta, theta.mapv(f64::exp), engine.mapv(f64::exp)];
        println!("{method:?}: {:?}", found.each_ref().map(|x| apart(x, &closed)));
        for x in found {
            assert!(apart(&x, &closed) < LIMIT, "{method:?}: {x} against {closed}");
        }
    }
}

/// Three parameters: the categorical law of four sides in θ and in η, against the simplex.
#[test]
fn a_categorical_law_in_two_charts_and_in_closed_form() {
    let family = family::Categorical::new(4).unwrap();
    let f = generic(4);
    let full =
        |eta: ArrayView1<'_, f64>| -> Array1<f64> { eta.iter().copied().chain([1.0 - eta.sum()]).collect() };
    let law = |theta: ArrayView1<'_, f64>| {
        let weights: Array1<f64> = theta.iter().copied().chain([0.0]).map(f64::exp).collect();
        &weights / weights.sum()
    };
    // ∂f/∂ηᵢ = aᵢ - a₄;  ∂f/∂θᵢ = pᵢ(aᵢ - ⟨p, a⟩).
    let at = |p: &Array1<f64>| f.partials(&Point::unchecked(p.clone())).unwrap().into_inner();
    let by_eta = Function::new(
        |_| 0.0,
        |eta| {
            let a = at(&full(eta));
            (0..3).map(|i| a[i] - a[3]).collect()
        },
    );
    let by_theta = Function::new(
        |_| 0.0,
        |theta| {
            let p = law(theta);
            let a = at(&p);
            (0..3).map(|i| p[i] * (a[i] - p.dot(&a))).collect()
        },
    );
    let start = array![0.1, 0.2, 0.3, 0.4];
    let eta0 = start.slice(s![..3]).to_owned();
    let theta0: Array1<f64> = (0..3).map(|i| (start[i] / 0.4f64).ln()).collect();
    let simplex = Simplex::new(4).unwrap();
    let (theta, eta) = (FamilyChart::natural(&family), FamilyChart::expectation(&family));
    let engine = FamilyManifold::new(family::Categorical::new(4).unwrap());
    for method in
        [Integrator::RiemannianEuler, Integrator::RiemannianMidpoint, Integrator::GeodesicCorrection]
    {
        let closed = end(&simplex, &f, start.clone(), method);
        let found = [
            full(end(&ByEquation(eta), &by_eta, eta0.clone(), method).view()),
            law(end(&ByEquation(theta), &by_theta, theta0.clone(), method).view()),
            law(end(&engine, &by_theta, theta0.clone(), method).view()),
        ];
        let gaps = found.each_ref().map(|x| apart(x, &closed));
        println!("{method:?}: {gaps:?}");
        if method == Integrator::GeodesicCorrection {
            // What a method of finite order leaves between the charts at this step: the gaps above are not small by chance.
            assert!(gaps[1] > 1e-5 && gaps[2] > 1e-5, "{gaps:?}");
        } else {
            assert!(gaps.iter().all(|gap| *gap < LIMIT), "{method:?}: {gaps:?}");
        }
    }
}

/// The error of the integrated geodesics.
const LIMIT: f64 = 1e-10;
