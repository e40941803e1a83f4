//! Line searches: what they accept, and how they say that they failed.

use crate::descent::functions::{generic, kl_to};
use natgrad::descent::{
    Armijo, ConjugateGradient, ConjugateRule, Criterion, Ending, Failure, Function, GradientDescent, Lbfgs,
    Minimizer, Problem, Search, StepRule, Stop, StrongWolfe,
};
use natgrad::manifold::{LeviCivita, Manifold, Point, Simplex, VectorTransport};
use natgrad::ndarray::{Array1, array};

/// Largest size of f's rounding here.
const ROUNDING: f64 = 64.0 * f64::EPSILON;

#[test]
fn armijo_descends_at_every_step() {
    let n = 13;
    let simplex = Simplex::new(n).unwrap();
    let f = generic(n);
    let start = simplex.normalise(Array1::from_shape_fn(n, |i| 1.0 + i as f64)).unwrap();
    let until = Criterion::GradientNorm(1e-9) | Criterion::Iterations(100);
    let report = GradientDescent::default().minimize(&Problem::new(&simplex, &f), &start, &until).unwrap();
    println!("{report}");
    for pair in report.history.windows(2) {
        // Armijo's own inequality, from the record: the step length is h‖g‖.
        let decrease = pair[0].value - pair[1].value;
        let promised = 1e-4 * pair[1].step_length * pair[0].gradient_norm;
        assert!(
            decrease >= promised || decrease.abs() <= ROUNDING * pair[0].value.abs().max(1.0),
            "{decrease:e}"
        );
        assert!(pair[1].value <= pair[0].value + 4.0 * f64::EPSILON * pair[0].value.abs());
    }
}

/// The conditions hold at what is returned, recomputed from value and gradient.
#[test]
fn strong_wolfe_returns_what_it_promises() {
    let simplex = Simplex::new(5).unwrap();
    let f = generic(5);
    let problem = Problem::new(&simplex, &f);
    for (k, curvature) in [(1.0, 0.1), (3.0, 0.01), (20.0, 0.9)] {
        let p = simplex.normalise(array![0.3, 1.0, 2.0, 0.1, 0.7]).unwrap();
        let at = problem.iterate(p.clone()).unwrap();
        let d = -k * &at.gradient;
        for initial in [1e-6, 1e-2, 1.0, 1e3] {
            let rule = StrongWolfe { curvature, initial, ..StrongWolfe::default() };
            let found = StepRule::StrongWolfe(rule).search(&problem, &at, &d, None).unwrap();
            let Search::Found { step, next, ending, trials } = found else { panic!("{found:?}") };
            let slope = simplex.inner(&p, &at.gradient, &d).unwrap();
            let q = simplex.exp(&p, &(step * &d)).unwrap();
            assert_eq!(q, next.point);
            let there = LeviCivita.transport(&simplex, &p, &q, &d).unwrap();
            let after = simplex.inner(&q, &next.gradient, &there).unwrap();
            println!(
                "{k} {curvature} {initial}: step {step} {ending:?} trials {trials}, {after:e} {slope:e}"
            );
            assert!(next.value <= at.value + 1e-4 * step * slope);
            match ending {
                Ending::Met => assert!(after.abs() <= curvature * slope.abs()),
                Ending::AtLimit => {
                    let exit = simplex.exit_time(&p, &d).unwrap();
                    assert!(after < 0.0 && (step / exit - 0.95).abs() < 1e-12);
                }
                Ending::DecreaseOnly => panic!("{trials} trials"),
            }
        }
    }
}

#[test]
fn a_direction_that_ascends_is_reported() {
    let simplex = Simplex::new(3).unwrap();
    let f = kl_to(array![0.1, 0.6, 0.3]);
    let problem = Problem::new(&simplex, &f);
    let at = problem.iterate(simplex.point(array![0.2, 0.3, 0.5]).unwrap()).unwrap();
    for rule in [StepRule::Armijo(Armijo::default()), StepRule::StrongWolfe(StrongWolfe::default())] {
        let before = problem.evaluations();
        let found = rule.search(&problem, &at, &at.gradient, None).unwrap();
        let Search::Failed(Failure::NotDescent { slope, gradient_norm, direction_norm }) = found else {
            panic!("{found:?}")
        };
        assert!((slope - at.squared_decrement).abs() < 1e-15);
        assert!((gradient_norm * direction_norm - slope).abs() < 1e-15);
        assert_eq!(problem.evaluations(), before);
    }
}

/// A derivative of the wrong sign: no step helps, and the run says so instead of repeating itself.
#[test]
fn a_wrong_derivative_ends_the_run_with_numbers() {
    let simplex = Simplex::new(3).unwrap();
    let q = array![0.1, 0.6, 0.3];
    let f =
        Function::new(|p| p.iter().zip(&q).map(|(p, q)| p * (p / q).ln()).sum(), |p| -(&p / &q).ln() - 1.0);
    let start = simplex.point(array![0.2, 0.3, 0.5]).unwrap();
    let problem = Problem::new(&simplex, &f);
    let until = Criterion::Iterations(50);
    let reports = [
        GradientDescent::default().minimize(&problem, &start, &until).unwrap(),
        ConjugateGradient::new(ConjugateRule::PolakRibiere).minimize(&problem, &start, &until).unwrap(),
        Lbfgs::default().minimize(&problem, &start, &until).unwrap(),
    ];
    for report in reports {
        let Stop::Failed(Failure::NoDecrease { trials, last_step, value, last_value, slope }) = report.stop
        else {
            panic!("{report}")
        };
        println!("{trials} {last_step:e} {value} {last_value} {slope}");
        assert!(trials <= 60 && report.history.len() == 1);
        assert_eq!(report.last.point, start);
        assert!(last_step < 1e-12 && slope < 0.0 && last_value >= value - 1e-15);
    }
}

/// Values that are not finite count as too far.
#[test]
fn trials_survive_infinite_values() {
    let simplex = Simplex::new(2).unwrap();
    // ln(p₀ - 0.4) is NaN below 0.4; the minimum, where 1/(p₀ - 0.4) = 1/0.05, is at 0.45.
    let f = Function::new(|p| 20.0 * p[0] - (p[0] - 0.4).ln(), |p| array![20.0 - 1.0 / (p[0] - 0.4), 0.0]);
    let start = simplex.point(array![0.9, 0.1]).unwrap();
    let until = Criterion::GradientNorm(1e-8) | Criterion::Iterations(200);
    for rule in [
        StepRule::Armijo(Armijo { initial: 1e3, ..Armijo::default() }),
        StepRule::StrongWolfe(StrongWolfe { initial: 1e3, ..StrongWolfe::default() }),
    ] {
        let report = GradientDescent { rule }.minimize(&Problem::new(&simplex, &f), &start, &until).unwrap();
        println!("{report}");
        assert!((report.point().values()[0] - 0.45).abs() < 1e-9, "{report}");
        assert!(matches!(report.stop, Stop::Criterion(_)));
    }
}

#[test]
fn settings_outside_their_domains() {
    let simplex = Simplex::new(2).unwrap();
    let f = kl_to(array![0.5, 0.5]);
    let problem = Problem::new(&simplex, &f);
    let start: Point = simplex.point(array![0.2, 0.8]).unwrap();
    let until = Criterion::Iterations(1);
    let a = Armijo::default();
    let w = StrongWolfe::default();
    let bad = [
        StepRule::Fixed(0.0),
        StepRule::Fixed(f64::NAN),
        StepRule::KlRadius(-1.0),
        StepRule::Armijo(Armijo { sufficient: 0.5, ..a }),
        StepRule::Armijo(Armijo { contraction: 1.0, ..a }),
        StepRule::Armijo(Armijo { initial: f64::INFINITY, ..a }),
        StepRule::Armijo(Armijo { trials: 0, ..a }),
        StepRule::Armijo(Armijo { inside: 1.0, ..a }),
        StepRule::StrongWolfe(StrongWolfe { curvature: 1e-5, ..w }),
        StepRule::StrongWolfe(StrongWolfe { curvature: 1.0, ..w }),
    ];
    for rule in bad {
        assert!(GradientDescent { rule }.minimize(&problem, &start, &until).is_err(), "{rule:?}");
    }
}
