//! Methods that must reach an optimum known beforehand.

use crate::descent::functions::{generic, kl_from, kl_to};
use natgrad::descent::{
    ConjugateGradient, ConjugateRule, Criterion, Failure, Function, GradientDescent, Hessian, Lbfgs,
    Minimizer, Newton, Problem, Report, StepRule, Stop, StrongWolfe, TrustRegion,
};
use natgrad::manifold::{Curve, Euclidean, Linear, Manifold, Point, Product, Simplex, arc::Poisson};
use natgrad::ndarray::{Array1, ArrayView1, array};

const N: usize = 7;

fn centre(i: usize) -> f64 {
    1.5 + (1.3 * i as f64).sin()
}

/// Means whose arc lengths s = 2√λ are near a: Σ cᵢ(s - a)²/2 + Σ (s - a)⁴ + (Σ (s - a))², strictly convex along every geodesic
/// because s is affine on each; least at λ = a²/4.
fn convex() -> Function<'static> {
    fn away(x: ArrayView1<'_, f64>) -> Array1<f64> {
        x.iter().enumerate().map(|(i, x)| 2.0 * x.sqrt() - centre(i)).collect()
    }
    let weight = Array1::from_shape_fn(N, |i| 3f64.powi(i as i32 - 2));
    let again = weight.clone();
    Function::new(
        move |x| {
            let u = away(x);
            0.5 * (&weight * &u * &u).sum() + u.mapv(|u| u.powi(4)).sum() + u.sum().powi(2)
        },
        move |x| {
            let u = away(x);
            let by_arc = &again * &u + 4.0 * u.mapv(|u| u.powi(3)) + 2.0 * u.sum();
            // ds/dλ = 1/√λ.
            by_arc / x.mapv(f64::sqrt)
        },
    )
}

fn means() -> Product<Curve<Poisson>> {
    Product::power(Curve::new(Poisson), N).unwrap()
}

fn distance_to_optimum(report: &Report) -> f64 {
    let optimum = Point::unchecked(Array1::from_shape_fn(N, |i| 0.25 * centre(i).powi(2)));
    means().distance(report.point(), &optimum).unwrap()
}

fn start() -> Point {
    means().point(Array1::from_shape_fn(N, |i| 0.3 + 0.5 * i as f64)).unwrap()
}

#[test]
fn every_conjugate_rule_beats_gradient_descent() {
    let (means, f) = (means(), convex());
    let until = Criterion::GradientNorm(1e-11) | Criterion::Iterations(400);
    let search = StepRule::StrongWolfe(StrongWolfe::default());
    let plain =
        GradientDescent { rule: search }.minimize(&Problem::new(&means, &f), &start(), &until).unwrap();
    let armijo = GradientDescent::default().minimize(&Problem::new(&means, &f), &start(), &until).unwrap();
    // Condition number 729 and more: after 3000 steps either is still at a gradient of 1e-9.
    for report in [&plain, &armijo] {
        assert!(report.iterations() == 400 && report.last.gradient_norm() > 1e-6, "{report}");
    }
    for rule in ConjugateRule::ALL {
        for (restart_every, powell) in [(None, None), (None, Some(0.1)), (Some(1000), None)] {
            let method = ConjugateGradient { restart_every, powell, ..ConjugateGradient::new(rule) };
            let report = method.minimize(&Problem::new(&means, &f), &start(), &until).unwrap();
            println!("{powell:?} {restart_every:?} {report} {:e}", distance_to_optimum(&report));
            assert!(distance_to_optimum(&report) < 1e-10, "{report}");
            assert!(report.iterations() < plain.iterations().min(armijo.iterations()));
        }
    }
    let report = Lbfgs::default().minimize(&Problem::new(&means, &f), &start(), &until).unwrap();
    println!("{report} {:e}", distance_to_optimum(&report));
    assert!(distance_to_optimum(&report) < 1e-10 && report.iterations() < plain.iterations());
}

/// On a quadratic of flat space, exact line searches make Fletcher-Reeves the linear method: dim steps.
#[test]
fn conjugate_gradients_on_a_quadratic_end_after_dim_steps() {
    let space = Euclidean::new(5).unwrap();
    let weight = array![1.0, 3.0, 7.0, 20.0, 50.0];
    let f = Function::new(|x| 0.5 * weight.dot(&(&x * &x)), |x| &weight * &x);
    let precise =
        StepRule::StrongWolfe(StrongWolfe { curvature: 1e-9, sufficient: 1e-10, ..StrongWolfe::default() });
    for rule in ConjugateRule::ALL {
        let method = ConjugateGradient { search: precise, ..ConjugateGradient::new(rule) };
        let report = method
            .minimize(
                &Problem::new(&space, &f),
                &Point::unchecked(array![1.0, -1.0, 1.0, -1.0, 1.0]),
                &(Criterion::GradientNorm(1e-6) | Criterion::Iterations(40)),
            )
            .unwrap();
        println!("{report}");
        assert_eq!(report.iterations(), 5, "{report}");
    }
}

/// Digits double: ln ‖gₖ₊₁‖/ln ‖gₖ‖ tends to 2.
fn last_order(report: &Report) -> f64 {
    let norms: Vec<f64> = report.history.iter().map(|r| r.gradient_norm).filter(|g| *g > 1e-13).collect();
    let tail = &norms[norms.len() - 3..];
    println!("{report} {tail:?}");
    (tail[2] / tail[1]).ln() / (tail[1] / tail[0]).ln()
}

#[test]
fn trust_region_and_newton_converge_quadratically() {
    let simplex = Simplex::new(5).unwrap();
    let goal = array![0.1, 0.25, 0.3, 0.05, 0.3];
    let f = kl_from(goal.clone());
    let start = simplex.normalise(array![0.3, 1.0, 2.0, 0.1, 0.7]).unwrap();
    let goal = simplex.point(goal).unwrap();
    let until = Criterion::GradientNorm(1e-13) | Criterion::Iterations(60);
    for hessian in [Hessian::Exact, Hessian::Differences(1e-5)] {
        let report = TrustRegion::new(hessian).minimize(&Problem::new(&simplex, &f), &start, &until).unwrap();
        let order = last_order(&report);
        let error = simplex.distance(report.point(), &goal).unwrap();
        println!("order {order}, error {error:e}");
        assert!(order > 1.8 && error < 1e-13, "{order} {error:e}");
    }
    let near = simplex.normalise(array![0.12, 0.22, 0.33, 0.06, 0.27]).unwrap();
    let report = Newton::new(Hessian::Exact).minimize(&Problem::new(&simplex, &f), &near, &until).unwrap();
    let order = last_order(&report);
    assert!(order > 1.8 && simplex.distance(report.point(), &goal).unwrap() < 1e-13, "{order}");
}

/// With the metric for a Hessian the step inside the ball is -grad f: natural gradient of learning rate 1.
#[test]
fn trust_region_with_the_metric_is_the_natural_gradient() {
    let simplex = Simplex::new(3).unwrap();
    let f = kl_from(array![0.1, 0.6, 0.3]);
    let start = simplex.point(array![0.2, 0.3, 0.5]).unwrap();
    let method = TrustRegion { radius: 10.0, largest_radius: 10.0, ..TrustRegion::new(Hessian::Fisher) };
    let problem = Problem::new(&simplex, &f).retraction(&Linear);
    let report = method.minimize(&problem, &start, &Criterion::Iterations(1)).unwrap();
    // KL(q ‖ ·) with the m-retraction arrives in one.
    println!("{report}");
    assert!(report.point().values().iter().zip([0.1, 0.6, 0.3]).all(|(x, y)| (x - y).abs() < 1e-15));
    // In a small ball the step has its radius, along the gradient.
    let small = TrustRegion { radius: 0.01, ..TrustRegion::new(Hessian::Fisher) };
    let report = small.minimize(&Problem::new(&simplex, &f), &start, &Criterion::Iterations(1)).unwrap();
    assert!((report.history[1].step_length - 0.01).abs() < 1e-16);
    assert!((simplex.distance(&start, report.point()).unwrap() - 0.01).abs() < 1e-15);
}

/// A maximum: Newton's method says that the curvature is negative, the trust region walks away from it.
#[test]
fn negative_curvature() {
    let simplex = Simplex::new(3).unwrap();
    // -|p|² with its maximum, the uniform law, a little away.
    let f = Function::new(|p| p.dot(&p), |p| 2.0 * &p).with_second(|_, v| 2.0 * &v);
    let negative = Function::new(|p| -p.dot(&p), |p| -2.0 * &p).with_second(|_, v| -2.0 * &v);
    let start = simplex.point(array![0.33, 0.33, 0.34]).unwrap();
    let until = Criterion::GradientNorm(1e-10) | Criterion::Iterations(30);
    let report =
        Newton::new(Hessian::Exact).minimize(&Problem::new(&simplex, &negative), &start, &until).unwrap();
    let Stop::Failed(Failure::NegativeCurvature { curvature }) = report.stop else { panic!("{report}") };
    // At the uniform law Hess = 2 p∘v = 2v/3.
    assert!((curvature + 2.0 / 3.0).abs() < 0.02, "{curvature}");
    let damped = Newton { damping: 1.0, ..Newton::new(Hessian::Exact) };
    let report =
        damped.minimize(&Problem::new(&simplex, &negative), &start, &Criterion::Iterations(1)).unwrap();
    assert_eq!(report.iterations(), 1, "{report}");
    let problem = Problem::new(&simplex, &negative);
    let report =
        TrustRegion::new(Hessian::Exact).minimize(&problem, &start, &Criterion::Iterations(5)).unwrap();
    assert!(report.value() < report.history[0].value - 0.1, "{report}");
    // And the minimum is found by either.
    let report = Newton::new(Hessian::Exact).minimize(&Problem::new(&simplex, &f), &start, &until).unwrap();
    assert!(report.last.gradient_norm() < 1e-10);
}

/// A run on a trait object.
#[test]
fn methods_take_any_manifold() {
    let simplex = Simplex::new(3).unwrap();
    let manifold: &dyn Manifold = &simplex;
    let f = kl_to(array![0.1, 0.6, 0.3]);
    let start = simplex.point(array![0.2, 0.3, 0.5]).unwrap();
    let until = Criterion::SquaredDecrement(1e-20) | Criterion::Iterations(100);
    let problem = Problem::new(manifold, &f);
    let a = ConjugateGradient::default().minimize(&problem, &start, &until).unwrap();
    let b = ConjugateGradient::default().minimize(&Problem::new(&simplex, &f), &start, &until).unwrap();
    assert_eq!((a.last.point, a.history), (b.last.point, b.history));
    assert!(matches!(a.stop, Stop::Criterion(reason) if reason.starts_with("squared decrement")));
}

#[test]
fn near_the_boundary_the_optimum_is_reached_too() {
    let simplex = Simplex::new(3).unwrap();
    let goal = array![1e-9, 0.3, 0.7 - 1e-9];
    let f = kl_from(goal.clone());
    let goal = simplex.normalise(goal).unwrap();
    let start = simplex.point(array![0.2, 0.3, 0.5]).unwrap();
    let until = Criterion::GradientNorm(1e-12) | Criterion::Iterations(300);
    let report =
        TrustRegion::new(Hessian::Exact).minimize(&Problem::new(&simplex, &f), &start, &until).unwrap();
    println!("{report} {:e}", simplex.distance(report.point(), &goal).unwrap());
    assert!(simplex.distance(report.point(), &goal).unwrap() < 1e-11, "{report}");
    let f = generic(3);
    let report = Lbfgs::default().minimize(&Problem::new(&simplex, &f), &start, &until).unwrap();
    println!("{report}");
}
