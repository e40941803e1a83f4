//! One step: printed rows, the KL radius, and what does not depend on the chart.

use crate::descent::functions::{kl_to, slope};
use natgrad::descent::{
    Criterion, Function, GradientDescent, Minimizer, Problem, Reparametrisation, Reparametrised, StepLength,
    StepRule, Stepper, exponentiated_gradient, natural_step,
};
use natgrad::manifold::{Curve, Linear, Manifold, Point, Simplex, arc};
use natgrad::ndarray::{Array1, array};

fn near(found: &Point, expected: [f64; 3], tolerance: f64) {
    let error = found.values().iter().zip(expected).fold(0.0, |e: f64, (x, y)| e.max((x - y).abs()));
    assert!(error <= tolerance, "{found:?} against {expected:?}: {error:e}");
}

#[test]
fn three_retractions_of_one_step() {
    let simplex = Simplex::new(3).unwrap();
    let p = simplex.point(array![0.2, 0.3, 0.5]).unwrap();
    let a = [0.7, -0.2, 1.1].into();
    let rate = StepLength::LearningRate(0.3);
    let geodesic = natural_step(&Stepper::new(&simplex), &p, &a, rate, &[]).unwrap();
    near(&geodesic.point, [0.1944139709017379, 0.3768410132173998, 0.4287450158808623], 2e-16);
    let mixture = natural_step(&Stepper::new(&simplex).retraction(&Linear), &p, &a, rate, &[]).unwrap();
    near(&mixture.point, [0.1958, 0.3747, 0.4295], 2e-16);
    let exponential = exponentiated_gradient(&simplex, &p, &a, 0.3).unwrap();
    near(&exponential, [0.1929664587238803, 0.3791688016682515, 0.4278647396078681], 2e-16);
    // E[a²] - E[a]² = 0.715 - 0.63².
    assert!((geodesic.squared_decrement - 0.3181).abs() < 2e-16);
}

#[test]
fn momenta_arrive_with_the_point() {
    let simplex = Simplex::new(3).unwrap();
    let p = simplex.point(array![0.2, 0.3, 0.5]).unwrap();
    let m = simplex.tangent(&p, array![0.2, -0.1, -0.1]).unwrap();
    let step = natural_step(
        &Stepper::new(&simplex),
        &p,
        &[0.7, -0.2, 1.1].into(),
        StepLength::LearningRate(0.3),
        &[&m, &m],
    )
    .unwrap();
    let [first, second] = [&step.carried[0], &step.carried[1]];
    assert_eq!(first, second);
    assert_eq!(*first, simplex.parallel_transport(&p, &step.point, &m).unwrap());
    let norms = [simplex.norm(&p, &m).unwrap(), simplex.norm(&step.point, first).unwrap()];
    assert!((norms[0] - norms[1]).abs() < 1e-15);
}

/// KL(p ‖ q) - δ is of order δ^(3/2): the cubic term of the divergence.
#[test]
fn a_kl_radius_is_that_many_nats() {
    let simplex = Simplex::new(3).unwrap();
    let p = simplex.point(array![0.2, 0.3, 0.5]).unwrap();
    let radii = [1e-6, 1e-5, 1e-4, 1e-3];
    let errors: Vec<f64> = radii
        .iter()
        .map(|&delta| {
            let length = StepLength::KlRadius(delta);
            let step =
                natural_step(&Stepper::new(&simplex), &p, &[0.7, -0.2, 1.1].into(), length, &[]).unwrap();
            let q = step.point.values().to_owned();
            let nats: f64 = p.values().iter().zip(&q).map(|(p, q)| p * (p / q).ln()).sum();
            (nats - delta).abs()
        })
        .collect();
    let found = slope(&radii, &errors);
    println!("slope {found}, errors {errors:?}");
    assert!((found - 1.5).abs() < 0.02, "{found}");
}

/// The Poisson mean, its logarithm, its cube and its square root.
fn charts() -> Vec<Reparametrised<Curve<arc::Poisson>>> {
    let maps = [
        Reparametrisation::power(1.0).unwrap(),
        Reparametrisation::logarithm(),
        Reparametrisation::power(3.0).unwrap(),
        Reparametrisation::power(0.5).unwrap(),
    ];
    maps.into_iter().map(|map| Reparametrised::new(Curve::new(arc::Poisson), map).unwrap()).collect()
}

/// Gradient descent by the exponential map visits the same laws in every chart, by fixed steps and by Armijo's.
#[test]
fn trajectories_do_not_depend_on_the_chart() {
    let f = Function::new(
        |x| 0.5 * (x[0] - 2.0).powi(2) + 0.3 * (2.0 * x[0]).sin(),
        |x| array![x[0] - 2.0 + 0.6 * (2.0 * x[0]).cos()],
    );
    for rule in [StepRule::Fixed(0.1), StepRule::KlRadius(1e-3), GradientDescent::default().rule] {
        let mut runs = vec![];
        for chart in charts() {
            let in_chart = chart.objective(&f);
            let problem = Problem::new(&chart, &in_chart);
            let start = chart.from_base(&Point::unchecked(array![0.7])).unwrap();
            let report =
                GradientDescent { rule }.minimize(&problem, &start, &Criterion::Iterations(15)).unwrap();
            assert_eq!(report.iterations(), 15, "{report}");
            let squared: Vec<f64> = report.history.iter().map(|r| r.gradient_norm).collect();
            let values: Vec<f64> = report.history.iter().map(|r| r.value).collect();
            let end = chart.to_base(report.point()).unwrap().values()[0];
            runs.push((squared, values, end));
        }
        // In the arc length s = 2√λ the first run is x ← x - h f′ by hand.
        if let StepRule::Fixed(h) = rule {
            let mut s = 2.0 * 0.7f64.sqrt();
            for _ in 0..15 {
                let x = 0.25 * s * s;
                s -= h * (x - 2.0 + 0.6 * (2.0 * x).cos()) * 0.5 * s;
            }
            assert!((0.25 * s * s - runs[0].2).abs() < 1e-14, "{} {}", 0.25 * s * s, runs[0].2);
        }
        let (norms, values, end) = &runs[0];
        for (other_norms, other_values, other_end) in &runs[1..] {
            assert!((end - other_end).abs() < 1e-13, "{end} {other_end}");
            for (a, b) in norms.iter().chain(values).zip(other_norms.iter().chain(other_values)) {
                assert!((a - b).abs() < 1e-13 * a.abs().max(1.0), "{rule:?}: {a:e} {b:e}");
            }
        }
    }
}

/// A Bernoulli law is an arc by its probability, a simplex of two outcomes, and a line by its logit.
#[test]
fn an_arc_and_a_simplex_agree() {
    let f = kl_to(array![0.6, 0.4]);
    let by_probability = Function::new(
        |x| x[0] * (x[0] / 0.6).ln() + (1.0 - x[0]) * ((1.0 - x[0]) / 0.4).ln(),
        |x| array![(x[0] / 0.6).ln() - ((1.0 - x[0]) / 0.4).ln()],
    );
    let (simplex, arc) = (Simplex::new(2).unwrap(), Curve::new(arc::Binomial::probability(1).unwrap()));
    let logit = Reparametrised::new(arc, Reparametrisation::logit()).unwrap();
    let in_logit = logit.objective(&by_probability);
    let until = Criterion::Iterations(12);
    let descent = GradientDescent { rule: StepRule::Fixed(0.3) };
    let a =
        descent.minimize(&Problem::new(&simplex, &f), &Point::unchecked(array![0.05, 0.95]), &until).unwrap();
    let start = Point::unchecked(array![0.05]);
    let b = descent.minimize(&Problem::new(&arc, &by_probability), &start, &until).unwrap();
    let start = logit.from_base(&start).unwrap();
    let c = descent.minimize(&Problem::new(&logit, &in_logit), &start, &until).unwrap();
    let end = a.point().values()[0];
    let others: Array1<f64> = array![b.point().values()[0], logit.to_base(c.point()).unwrap().values()[0]];
    println!("{end} {others}");
    assert!(others.iter().all(|x| (x - end).abs() < 1e-15));
    for (a, (b, c)) in a.history.iter().zip(b.history.iter().zip(&c.history)) {
        for other in [b, c] {
            assert!((a.gradient_norm - other.gradient_norm).abs() < 1e-14 * a.gradient_norm.max(1.0));
            assert!((a.value - other.value).abs() < 1e-14);
        }
    }
}
