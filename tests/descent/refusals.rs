//! Bad input is an error before the first step; later trouble ends the run with its last good point. Criteria say what they are.

use crate::descent::functions::kl_to;
use natgrad::Error;
use natgrad::descent::{
    ConjugateGradient, Criterion, Function, GradientDescent, Hessian, Integrator, Lbfgs, Minimizer, Momentum,
    Newton, Problem, Progress, Reparametrisation, Reparametrised, RiemannianAdam, StepLength, StepRule,
    Stepper, Stop, TrustRegion, natural_step,
};
use natgrad::manifold::{Curve, Euclidean, Manifold, Point, Simplex, arc::Poisson};
use natgrad::ndarray::array;

fn simplex() -> (Simplex, Point) {
    let simplex = Simplex::new(3).unwrap();
    let p = simplex.point(array![0.2, 0.3, 0.5]).unwrap();
    (simplex, p)
}

#[test]
fn a_bad_start_is_an_error() {
    let (simplex, p) = simplex();
    let until = Criterion::Iterations(3);
    let run = |f: &Function<'_>, p: &Point, until: &Criterion| {
        GradientDescent::default().minimize(&Problem::new(&simplex, f), p, until)
    };
    let nan = Function::new(|_| f64::NAN, |p| p.to_owned());
    assert!(matches!(run(&nan, &p, &until), Err(Error::NonFinite { quantity: "objective", .. })));
    let nan = Function::new(|_| 0.0, |p| &p * f64::NAN);
    assert!(matches!(run(&nan, &p, &until), Err(Error::NonFinite { quantity: "covector", index: 0, .. })));
    let short = Function::new(|_| 0.0, |_| array![1.0, 2.0]);
    assert!(matches!(run(&short, &p, &until), Err(Error::Shape { .. })));
    let good = kl_to(array![0.1, 0.6, 0.3]);
    let off = Point::unchecked(array![-0.5, 0.7, 0.8]);
    assert!(matches!(run(&good, &off, &until), Err(Error::Domain { index: 0, .. })));
    let long = Point::unchecked(array![0.25, 0.25, 0.25, 0.25]);
    assert!(matches!(run(&good, &long, &until), Err(Error::Shape { .. })));
    assert!(run(&good, &p, &Criterion::GradientNorm(1e-8)).is_err());
    assert!(run(&good, &p, &(Criterion::GradientNorm(-1.0) | Criterion::Iterations(3))).is_err());
    assert!(run(&good, &p, &(Criterion::CostChange(f64::NAN) | Criterion::Iterations(3))).is_err());
}

/// -ln(0.6 - p₁) with a derivative that pushes p₁ beyond 0.6.
fn trap() -> Function<'static> {
    Function::new(|p| (0.6 - p[1]).ln(), |_| array![0.0, -1.0, 0.0])
}

#[test]
fn a_nan_on_the_way_keeps_the_last_good_point() {
    let (simplex, p) = simplex();
    let f = trap();
    let problem = Problem::new(&simplex, &f);
    let method = Momentum::new(0.2, 0.5);
    let report = method.minimize(&problem, &p, &Criterion::Iterations(100)).unwrap();
    println!("{report}");
    assert!(matches!(report.stop, Stop::Error(Error::NonFinite { quantity: "objective", .. })), "{report}");
    assert!(report.value().is_finite() && report.iterations() >= 2 && report.point().values()[1] < 0.6);
    let until = Criterion::NotFinite | Criterion::Iterations(100);
    let report = method.minimize(&problem, &p, &until).unwrap();
    assert_eq!(report.stop, Stop::Criterion("a number is not finite at the next point".to_owned()));
}

#[test]
fn a_zero_gradient_ends_the_run_or_has_no_radius() {
    let (simplex, p) = simplex();
    // ∂f constant: its gradient on the simplex is zero.
    let f = Function::new(|_| 1.0, |p| &p * 0.0 + 2.0);
    let problem = Problem::new(&simplex, &f);
    let until = Criterion::Iterations(10);
    for report in [
        GradientDescent::default().minimize(&problem, &p, &until),
        ConjugateGradient::default().minimize(&problem, &p, &until),
        Lbfgs::default().minimize(&problem, &p, &until),
        Newton::new(Hessian::Fisher).minimize(&problem, &p, &until),
        TrustRegion::default().minimize(&problem, &p, &until),
        Momentum::new(0.1, 0.9).minimize(&problem, &p, &until),
        RiemannianAdam::new(0.1).minimize(&problem, &p, &until),
    ] {
        let report = report.unwrap();
        assert_eq!((&report.stop, report.iterations()), (&Stop::Stationary, 0), "{report}");
        assert_eq!(report.last.point, p);
    }
    let stepper = Stepper::new(&simplex);
    let zero = [2.0, 2.0, 2.0].into();
    let refused = natural_step(&stepper, &p, &zero, StepLength::KlRadius(1e-3), &[]);
    assert!(matches!(refused, Err(Error::Setting { option: "squared decrement", .. })), "{refused:?}");
    let stays = natural_step(&stepper, &p, &zero, StepLength::LearningRate(0.1), &[]).unwrap();
    assert!((&stays.point.values() - &p.values()).iter().all(|d| d.abs() < 2e-16));
}

#[test]
fn single_steps_refuse_bad_input() {
    let (simplex, p) = simplex();
    let stepper = Stepper::new(&simplex);
    let rate = StepLength::LearningRate(0.1);
    let good = [0.7, -0.2, 1.1].into();
    assert!(natural_step(&stepper, &p, &[1.0, 2.0].into(), rate, &[]).is_err());
    assert!(natural_step(&stepper, &p, &[f64::NAN, 2.0, 0.0].into(), rate, &[]).is_err());
    for h in [0.0, -0.1, f64::NAN, f64::INFINITY] {
        assert!(natural_step(&stepper, &p, &good, StepLength::LearningRate(h), &[]).is_err());
        assert!(natural_step(&stepper, &p, &good, StepLength::KlRadius(h), &[]).is_err());
    }
    let line = Euclidean::new(1).unwrap();
    let foreign = line.tangent(&Point::unchecked(array![0.0]), array![1.0]).unwrap();
    assert!(natural_step(&stepper, &p, &good, rate, &[&foreign]).is_err());
    assert!(Momentum::new(0.1, 0.9).update(&stepper, &p, &good, &foreign).is_err());
    assert!(Momentum::new(0.1, 1.0).update(&stepper, &p, &good, &simplex.zero()).is_err());
    let adam = RiemannianAdam::new(0.01);
    let mut memory = adam.memory(&simplex);
    memory.second = array![0.0, 0.0];
    assert!(adam.update(&stepper, &p, &good, &memory).is_err());
    let beyond = natural_step(&stepper, &p, &good, StepLength::LearningRate(1e3), &[]);
    assert!(matches!(beyond, Err(Error::BeyondExit { exit_time, .. }) if exit_time < 1.0));
}

#[test]
fn hessians_and_charts_refuse() {
    let (simplex, p) = simplex();
    let f = Function::new(|p| p[0], |_| array![1.0, 0.0, 0.0]);
    let report = TrustRegion::new(Hessian::Exact)
        .minimize(&Problem::new(&simplex, &f), &p, &Criterion::Iterations(5))
        .unwrap();
    assert!(matches!(report.stop, Stop::Error(Error::Unsupported { what: "exact Hessian", .. })), "{report}");
    for bad in [
        TrustRegion { radius: 0.0, ..TrustRegion::default() },
        TrustRegion { radius: 2.0, ..TrustRegion::default() },
        TrustRegion { largest_radius: f64::INFINITY, ..TrustRegion::default() },
        TrustRegion { accept: 0.3, ..TrustRegion::default() },
        TrustRegion { kappa: 1.0, ..TrustRegion::default() },
        TrustRegion { inside: 1.0, ..TrustRegion::default() },
    ] {
        assert!(bad.minimize(&Problem::new(&simplex, &f), &p, &Criterion::Iterations(5)).is_err(), "{bad:?}");
    }
    assert!(Reparametrised::new(simplex, Reparametrisation::logarithm()).is_err());
    assert!(Reparametrisation::power(0.0).is_err());
    let cube = Reparametrised::new(Curve::new(Poisson), Reparametrisation::power(3.0).unwrap()).unwrap();
    for x in [-1.0, 0.0, f64::NAN, f64::INFINITY] {
        assert!(cube.check_point(array![x].view()).is_err(), "{x}");
    }
    assert!(cube.check_point(array![1.0, 2.0].view()).is_err());
    // A straight step through 0 leaves the chart, and is an error.
    let pull = Function::new(|x| x[0], |_| array![1.0]);
    let start = Point::unchecked(array![0.5]);
    assert!(Integrator::Plain.run(&Curve::new(Poisson), &pull, &start, 1.5, 1).is_err());
    assert!(Integrator::Plain.run(&Curve::new(Poisson), &pull, &start, f64::NAN, 1).is_err());
}

#[test]
fn criteria_combine_and_say_what_they_are() {
    let progress = Progress {
        iterations: 7,
        squared_decrement: 1e-10,
        step_length: Some(1e-3),
        cost_change: None,
        not_finite: false,
    };
    let (g, c, n) = (Criterion::GradientNorm(1e-4), Criterion::CostChange(1.0), Criterion::Iterations(7));
    assert_eq!(g.met(&progress).unwrap(), "gradient norm 1.000e-5 ≤ 1e-4");
    assert_eq!(c.met(&progress), None);
    assert_eq!((g.clone() & c.clone()).met(&progress), None);
    assert_eq!((c.clone() | n.clone()).met(&progress).unwrap(), "7 iterations done");
    let both = g.clone() & n.clone();
    assert_eq!(both.met(&progress).unwrap(), "gradient norm 1.000e-5 ≤ 1e-4 and 7 iterations done");
    assert_eq!(both.to_string(), "gradient norm ≤ 1e-4 and 7 iterations");
    let nested = (g.clone() | c.clone()) & n.clone() & Criterion::StepLength(0.5) | Criterion::NotFinite;
    assert_eq!(
        nested.to_string(),
        "((gradient norm ≤ 1e-4 or cost change ≤ 1e0) and 7 iterations and step length ≤ 5e-1) or a number not finite"
    );
    assert!((g.clone() & n.clone()).check().is_err() && (g.clone() | n.clone()).check().is_ok());
    assert!(
        ((g.clone() | n.clone()) & (c | n)).check().is_ok() && (g | Criterion::NotFinite).check().is_err()
    );
    // A limit of no iterations looks at the start only.
    let (simplex, p) = simplex();
    let f = kl_to(array![0.1, 0.6, 0.3]);
    let report = GradientDescent { rule: StepRule::Fixed(0.1) }
        .minimize(&Problem::new(&simplex, &f), &p, &Criterion::Iterations(0))
        .unwrap();
    assert_eq!((report.iterations(), report.evaluations.values, report.evaluations.gradients), (0, 1, 1));
}
