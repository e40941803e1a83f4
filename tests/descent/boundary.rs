//! Objectives that pull to a face: no trial reaches it.

use crate::descent::functions::generic;
use natgrad::descent::{
    Armijo, ConjugateGradient, ConjugateRule, Criterion, Function, GradientDescent, Hessian, Lbfgs,
    Minimizer, Momentum, Problem, Report, RiemannianAdam, StepRule, Stop, TrustRegion,
};
use natgrad::manifold::{Exponential, Manifold, Order, Point, Retraction, Simplex, Tangent};
use natgrad::ndarray::{Array1, array};
use natgrad::{Error, Result};
use std::sync::Mutex;

/// The exponential map, which remembers how near to the exit it was asked to go.
#[derive(Debug, Default)]
struct Watched(Mutex<Vec<f64>>);

impl Retraction<Simplex> for Watched {
    fn name(&self) -> &'static str {
        "watched exponential map"
    }

    fn order(&self) -> Order {
        Order::Exact
    }

    fn exit_time(&self, manifold: &Simplex, p: &Point, v: &Tangent) -> Result<f64> {
        manifold.exit_time(p, v)
    }

    fn retract(&self, manifold: &Simplex, p: &Point, v: &Tangent) -> Result<Point> {
        self.0.lock().unwrap().push(1.0 / manifold.exit_time(p, v)?);
        Exponential.retract(manifold, p, v)
    }
}

/// 1000 p₀ + 200 p₁: the optimum is the last vertex, which is no point of the manifold.
fn pull() -> Function<'static> {
    Function::new(|p| 1000.0 * p[0] + 200.0 * p[1], |_| array![1000.0, 200.0, 0.0])
        .with_second(|p, _| &p * 0.0)
}

fn watch(run: impl Fn(&Problem<'_, Simplex>, &Point, &Criterion) -> Result<Report>) {
    let simplex = Simplex::new(3).unwrap();
    let f = pull();
    for start in [array![0.2, 0.3, 0.5], array![1e-6, 0.6, 0.4 - 1e-6], array![1e-12, 0.5, 0.5 - 1e-12]] {
        let watched = Watched::default();
        let problem = Problem::new(&simplex, &f).retraction(&watched);
        let start = simplex.point(start).unwrap();
        let report = run(&problem, &start, &Criterion::Iterations(40)).unwrap();
        let reached = watched.0.lock().unwrap().iter().fold(0.0, |a: f64, b| a.max(*b));
        println!("{report}; nearest {reached}");
        assert!(reached <= 0.95 + 1e-12, "{reached}: {report}");
        assert!(!matches!(report.stop, Stop::Error(_)), "{report}");
        assert!(report.value() < report.history[0].value && report.point().values().iter().all(|p| *p > 0.0));
    }
}

#[test]
fn no_trial_goes_beyond_the_exit() {
    watch(|problem, start, until| GradientDescent::default().minimize(problem, start, until));
    let far = StepRule::Armijo(Armijo { initial: 1e9, ..Armijo::default() });
    watch(|problem, start, until| GradientDescent { rule: far }.minimize(problem, start, until));
    for rule in ConjugateRule::ALL {
        watch(|problem, start, until| ConjugateGradient::new(rule).minimize(problem, start, until));
    }
    watch(|problem, start, until| Lbfgs::default().minimize(problem, start, until));
    let wide = |hessian| TrustRegion { radius: 3.0, largest_radius: 3.0, ..TrustRegion::new(hessian) };
    for hessian in [Hessian::Exact, Hessian::Differences(1e-5), Hessian::Fisher] {
        watch(|problem, start, until| wide(hessian).minimize(problem, start, until));
    }
}

/// Fixed steps that would leave are errors that name the exit time; the run keeps its last point.
#[test]
fn a_fixed_step_beyond_the_exit_is_an_error() {
    let simplex = Simplex::new(3).unwrap();
    let f = pull();
    let start = simplex.point(array![0.2, 0.3, 0.5]).unwrap();
    let until = Criterion::Iterations(40);
    let problem = Problem::new(&simplex, &f);
    let report = GradientDescent { rule: StepRule::Fixed(1.0) }.minimize(&problem, &start, &until).unwrap();
    let Stop::Error(Error::BeyondExit { exit_time, .. }) = report.stop else { panic!("{report}") };
    let gradient = simplex.sharp(&start, &[1000.0, 200.0, 0.0].into()).unwrap();
    assert!((exit_time - simplex.exit_time(&start, &-&gradient).unwrap()).abs() < 1e-15 && exit_time < 0.01);
    assert_eq!(report.last.point, start);
    assert!(matches!(
        Momentum::new(1.0, 0.9).minimize(&problem, &start, &until).unwrap().stop,
        Stop::Error(Error::BeyondExit { .. })
    ));
    assert!(matches!(
        RiemannianAdam::new(4.0).minimize(&problem, &start, &until).unwrap().stop,
        Stop::Error(Error::BeyondExit { .. })
    ));
}

/// Staying inside is asked for by name, and shortens.
#[test]
fn staying_inside_shortens_steps() {
    let simplex = Simplex::new(3).unwrap();
    let f = pull();
    let start = simplex.point(array![0.2, 0.3, 0.5]).unwrap();
    let watched = Watched::default();
    let problem = Problem::new(&simplex, &f).retraction(&watched).stay_inside(0.5).unwrap();
    let report = Momentum::new(1.0, 0.5).minimize(&problem, &start, &Criterion::Iterations(20)).unwrap();
    println!("{report}");
    assert_eq!(report.iterations(), 20, "{report}");
    let reached = watched.0.lock().unwrap().iter().fold(0.0, |a: f64, b| a.max(*b));
    assert!((reached - 0.5).abs() < 1e-12, "{reached}");
    for fraction in [0.0, 1.0, -0.5, f64::NAN] {
        assert!(Problem::new(&simplex, &f).stay_inside(fraction).is_err());
    }
}

/// The ordinary gradient of the usual mistake: as numbers it is not tangent, and is refused with its sum.
#[test]
fn the_ordinary_gradient_is_no_direction() {
    let simplex = Simplex::new(5).unwrap();
    let p = simplex.normalise(Array1::from_elem(5, 1.0)).unwrap();
    let f = generic(5);
    let problem = Problem::new(&simplex, &f);
    let at = problem.iterate(p.clone()).unwrap();
    let refused = simplex.tangent(&p, at.partials.values().to_owned());
    assert!(
        matches!(refused, Err(Error::Setting { option: "sum of the tangent vector", .. })),
        "{refused:?}"
    );
    assert!(at.gradient.values().sum().abs() < 1e-16);
    assert!(simplex.check_tangent(&p, at.gradient.values()).is_ok());
}
