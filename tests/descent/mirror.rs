//! Mirror descent: exact arrivals, printed crossed numbers, and the identity with the natural gradient.

use crate::descent::functions::{kl_from, kl_to};
use crate::support::Stream;
use natgrad::descent::{
    ExpectationPartials, Function, NaturalPartials, Objective, StepLength, Stepper, exponentiated_gradient,
    mirror_expectation, mirror_natural, natural_gradient_expectation, natural_gradient_natural, natural_step,
};
use natgrad::family::{Bernoulli, Categorical, Expectation, Family, GeometricFailures, Natural, Poisson};
use natgrad::manifold::{Cotangent, Linear, Manifold, Point, Simplex};
use natgrad::ndarray::{Array1, array};

fn apart(a: &Array1<f64>, b: &Array1<f64>) -> f64 {
    a.iter().zip(b).fold(0.0, |e: f64, (a, b)| e.max((a - b).abs() / b.abs().max(1.0)))
}

/// Natural parameters of two laws of every family.
fn pairs() -> Vec<(Box<dyn Family>, Natural, Natural)> {
    vec![
        (Box::new(Bernoulli::new()), [0.3f64.ln() - 0.7f64.ln()].into(), [0.6f64.ln() - 0.4f64.ln()].into()),
        (Box::new(Poisson::new()), [2.5f64.ln()].into(), [4f64.ln()].into()),
        (Box::new(GeometricFailures::new()), [0.8f64.ln()].into(), [0.7f64.ln()].into()),
        (Box::new(Categorical::new(5).unwrap()), [0.4, -0.3, 1.2, 0.1].into(), [-0.2, 0.6, 0.5, -1.0].into()),
    ]
}

/// ∂ KL(· ‖ q)/∂η = θ - θ_q, ∂ KL(q ‖ ·)/∂θ = η - η_q: one step of length 1 in the right coordinate arrives.
#[test]
fn matched_steps_arrive() {
    for (family, theta, target) in pairs() {
        let eta = family.natural_to_expectation(&theta).unwrap();
        let goal = family.natural_to_expectation(&target).unwrap();
        let to = ExpectationPartials::new(&theta.values() - &target.values());
        let from = NaturalPartials::new(&eta.values() - &goal.values());

        let a = mirror_expectation(&*family, &eta, &to, 1.0).unwrap().into_inner();
        let b = mirror_natural(&*family, &theta, &from, 1.0).unwrap().into_inner();
        let to = to.to_natural(&*family, &eta).unwrap();
        let c = natural_gradient_natural(&*family, &theta, &to, 1.0).unwrap().into_inner();
        let from = from.to_expectation(&*family, &theta).unwrap();
        let d = natural_gradient_expectation(&*family, &eta, &from, 1.0).unwrap().into_inner();
        let (goal, target) = (goal.into_inner(), target.into_inner());
        let errors = [apart(&a, &goal), apart(&b, &target), apart(&c, &target), apart(&d, &goal)];
        println!("{} {errors:?}", family.name());
        assert!(errors.iter().all(|e| *e < 1e-14), "{errors:?}");
    }
}

#[test]
fn matched_steps_arrive_on_the_simplex() {
    let simplex = Simplex::new(3).unwrap();
    let p = simplex.point(array![0.2, 0.3, 0.5]).unwrap();
    let q = simplex.point(array![0.1, 0.6, 0.3]).unwrap();
    let at = |f: &Function<'_>| f.partials(&p).unwrap();
    let rate = StepLength::LearningRate(1.0);
    let goal = q.values().to_owned();

    let to = exponentiated_gradient(&simplex, &p, &at(&kl_to(goal.clone())), 1.0).unwrap();
    let straight = Stepper::new(&simplex).retraction(&Linear);
    let from = natural_step(&straight, &p, &at(&kl_from(goal.clone())), rate, &[]).unwrap().point;
    // grad ½d²(·, q) = -log q.
    let squared = simplex.flat(&p, &-&simplex.log(&p, &q).unwrap()).unwrap();
    let along = natural_step(&Stepper::new(&simplex), &p, &squared, rate, &[]).unwrap().point;
    for found in [&to, &from, &along] {
        let error = apart(&found.values().to_owned(), &goal);
        assert!(error < 2e-16, "{error:e}");
    }
    // Not so crossed.
    let crossed = natural_step(&straight, &p, &at(&kl_to(goal.clone())), rate, &[]).unwrap().point;
    assert!(simplex.distance(&crossed, &q).unwrap() > 0.05);
}

#[test]
fn crossed_steps_give_the_printed_numbers() {
    let (family, theta, target) = pairs().remove(0);
    let eta = family.natural_to_expectation(&theta).unwrap();
    let goal = family.natural_to_expectation(&target).unwrap();
    let from = NaturalPartials::new(&eta.values() - &goal.values());
    let next = natural_gradient_natural(&*family, &theta, &from, 1.0).unwrap();
    let p = family.natural_to_expectation(&next).unwrap().into_inner()[0];
    assert!((p - 0.6413604016784437).abs() < 2e-16, "{p}");

    let to = ExpectationPartials::new(&theta.values() - &target.values());
    let p = natural_gradient_expectation(&*family, &eta, &to, 1.0).unwrap().into_inner()[0];
    assert!((p - 0.5630802233840273).abs() < 2e-16, "{p}");
}

/// Mirror descent needs no metric, the natural gradient solves with it; the points are the same.
#[test]
fn mirror_descent_is_natural_gradient_in_the_dual_coordinate() {
    let mut stream = Stream(3);
    let mut worst = 0.0f64;
    for (family, start, _) in pairs() {
        let (mut theta, h) = (start, 0.05);
        for _ in 0..20 {
            let eta = family.natural_to_expectation(&theta).unwrap();
            let a = Array1::from_shape_fn(family.dim(), |_| 0.2 * (stream.uniform() - 0.5));
            // The same function: ∂f/∂η = a, ∂f/∂θ = G_θ a.
            let by_eta = ExpectationPartials::new(a);
            let by_theta = by_eta.to_natural(&*family, &eta).unwrap();

            let mirrored = mirror_natural(&*family, &theta, &by_theta, h).unwrap();
            let mirrored = family.natural_to_expectation(&mirrored).unwrap().into_inner();
            let natural = natural_gradient_expectation(&*family, &eta, &by_eta, h).unwrap().into_inner();
            worst = worst.max(apart(&mirrored, &natural));

            let mirrored = mirror_expectation(&*family, &eta, &by_eta, h).unwrap();
            let mirrored = family.expectation_to_natural(&mirrored).unwrap();
            let natural = natural_gradient_natural(&*family, &theta, &by_theta, h).unwrap();
            worst = worst.max(apart(&mirrored.clone().into_inner(), &natural.into_inner()));
            theta = mirrored;
        }
    }
    println!("worst {worst:e}");
    assert!(worst < 1e-13, "{worst:e}");
}

/// A categorical law in θ and the simplex with exponentiated gradients are the same method.
#[test]
fn exponentiated_gradient_is_mirror_descent_of_the_categorical_family() {
    let family = Categorical::new(3).unwrap();
    let simplex = Simplex::new(3).unwrap();
    let p = simplex.point(array![0.2, 0.3, 0.5]).unwrap();
    let a = [0.7, -0.2, 1.1];
    let q = exponentiated_gradient(&simplex, &p, &a.into(), 0.3).unwrap();
    // The last probability is 1 minus the others: ∂f/∂ηᵢ = aᵢ - a₃.
    let partials = ExpectationPartials::new(array![a[0] - a[2], a[1] - a[2]]);
    let eta = mirror_expectation(&family, &[0.2, 0.3].into(), &partials, 0.3).unwrap();
    assert!(eta.values().iter().zip(q.values()).all(|(x, y)| (x - y).abs() < 1e-16 * 2.0));
}

/// The step minimises h⟨∂f, p⟩ + KL(p ‖ p_k): no neighbour has less.
#[test]
fn exponentiated_gradient_solves_its_proximal_problem() {
    let simplex = Simplex::new(5).unwrap();
    let p = simplex.normalise(array![0.3, 1.0, 2.0, 0.1, 0.7]).unwrap();
    let a = array![0.4, -1.0, 0.3, 2.0, -0.2];
    let h = 0.8;
    let q = exponentiated_gradient(&simplex, &p, &Cotangent::new(a.clone()), h).unwrap();
    let cost = |x: &Point| -> f64 {
        let kl: f64 = x.values().iter().zip(p.values()).map(|(x, p)| x * (x / p).ln()).sum();
        h * a.dot(&x.values()) + kl
    };
    let mut stream = Stream(9);
    for _ in 0..40 {
        let v = Array1::from_shape_fn(5, |_| 1e-4 * (stream.uniform() - 0.5));
        let v = simplex.project(&q, v.view()).unwrap();
        let near = simplex.exp(&q, &v).unwrap();
        // KL is 1-strongly convex in total variation; to second order the excess is half the squared length.
        let excess = cost(&near) - cost(&q);
        let half = 0.5 * simplex.inner(&q, &v, &v).unwrap();
        assert!((excess / half - 1.0).abs() < 2e-3, "{excess:e} {half:e}");
    }
}

#[test]
fn refusals() {
    let poisson = Poisson::new();
    let one = |x: f64| Array1::from_elem(1, x);
    // The mean would be negative.
    assert!(mirror_natural(&poisson, &0.0.into(), &NaturalPartials::new(one(2.0)), 1.0).is_err());
    assert!(
        natural_gradient_expectation(
            &poisson,
            &Expectation::from(1.0),
            &ExpectationPartials::new(one(2.0)),
            1.0
        )
        .is_err()
    );
    let wrong = NaturalPartials::new(array![1.0, 2.0]);
    assert!(mirror_natural(&poisson, &0.0.into(), &wrong, 1.0).is_err());
    assert!(natural_gradient_natural(&poisson, &0.0.into(), &wrong, 1.0).is_err());
    assert!(wrong.to_expectation(&poisson, &0.0.into()).is_err());
    let nan = ExpectationPartials::new(one(f64::NAN));
    assert!(mirror_expectation(&poisson, &1.0.into(), &nan, 1.0).is_err());
    for h in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(mirror_natural(&poisson, &0.0.into(), &NaturalPartials::new(one(0.1)), h).is_err());
    }
    let simplex = Simplex::new(2).unwrap();
    let p = simplex.point(array![0.5, 0.5]).unwrap();
    // e^-800 underflows beside 1: there is no such point of the open simplex.
    assert!(exponentiated_gradient(&simplex, &p, &[0.0, 800.0].into(), 1.0).is_err());
    assert!(exponentiated_gradient(&simplex, &p, &[0.0, 600.0].into(), 1.0).is_ok());
    assert!(exponentiated_gradient(&simplex, &p, &[0.0, 1.0, 2.0].into(), 1.0).is_err());
}
