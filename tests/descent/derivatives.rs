//! Gradients and Hessians against values along geodesics, and against a second formula.

use crate::descent::functions::{generic, normalised, slope};
use crate::support::Stream;
use natgrad::descent::{Function, Hessian, Problem};
use natgrad::manifold::{Cotangent, Curve, HalfPlane, Manifold, Point, Product, Simplex, Tangent, arc};
use natgrad::ndarray::{Array1, array};
use rand::SeedableRng;

const TIMES: [f64; 5] = [3e-3, 1e-2, 2e-2, 4e-2, 8e-2];

/// Slopes of the first- and second-order remainders of f along the geodesic of v, with the given Hessian.
fn remainders<M: Manifold>(
    manifold: &M,
    f: &Function<'_>,
    p: &Point,
    v: &Tangent,
    hessian: Hessian,
) -> [f64; 2] {
    let problem = Problem::new(manifold, f);
    let at = problem.iterate(p.clone()).unwrap();
    let first = manifold.inner(p, &at.gradient, v).unwrap();
    let second = manifold.inner(p, &hessian.apply(&problem, &at, v).unwrap(), v).unwrap();
    let mut errors = [vec![], vec![]];
    for t in TIMES {
        let value = problem.value(&manifold.exp(p, &(t * v)).unwrap()).unwrap();
        errors[0].push((value - at.value - t * first).abs());
        errors[1].push((value - at.value - t * first - 0.5 * t * t * second).abs());
    }
    errors.map(|errors| slope(&TIMES, &errors))
}

fn check<M: Manifold>(manifold: M, points: &[Array1<f64>]) {
    let mut rng = rand::rngs::ChaCha8Rng::seed_from_u64(5);
    let f = generic(manifold.coordinates());
    for point in points {
        let p = manifold.point(point.clone()).unwrap();
        let v = manifold.random_tangent(&p, &mut rng).unwrap();
        let exit = manifold.exit_time(&p, &v).unwrap().min(manifold.exit_time(&p, &-&v).unwrap());
        let v = (0.9 * exit).min(1.0 / manifold.norm(&p, &v).unwrap()) * &v;
        for hessian in [Hessian::Exact, Hessian::Differences(1e-4)] {
            let [first, second] = remainders(&manifold, &f, &p, &v, hessian);
            println!("{} {hessian:?} {first:.4} {second:.4}", manifold.name());
            assert!((first - 2.0).abs() < 0.1 && (second - 3.0).abs() < 0.1, "{first} {second}");
        }
    }
}

#[test]
fn remainders_have_slopes_two_and_three() {
    check(Simplex::new(3).unwrap(), &[array![0.2, 0.3, 0.5], array![0.05, 0.25, 0.7]]);
    check(
        Simplex::multinomial(7, 5).unwrap(),
        &[normalised(array![1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0].view())],
    );
    check(HalfPlane::normal(), &[array![0.3, 1.2]]);
    check(Curve::new(arc::Poisson), &[array![1.3]]);
    check(Product::power(Simplex::new(3).unwrap(), 2).unwrap(), &[array![0.2, 0.3, 0.5, 0.1, 0.6, 0.3]]);
}

/// D(grad f)\[v\] - ½ v∘grad f/p, projected: the formula of the simplex, with one trial.
fn simplex_hessian(p: &Array1<f64>, a: &Array1<f64>, second: &Array1<f64>, v: &Array1<f64>) -> Array1<f64> {
    let gradient = p * &(a - p.dot(a));
    let changed = v * &(a - p.dot(a)) + p * &(second - v.dot(a) - p.dot(second));
    let w = changed - 0.5 * v * &gradient / p;
    &w - w.sum() * p
}

#[test]
fn hessian_is_the_closed_formula_of_the_simplex_and_symmetric() {
    let mut stream = Stream(11);
    for n in [2, 3, 7, 13] {
        let simplex = Simplex::new(n).unwrap();
        let weights = Array1::from_shape_fn(n, |_| 0.02 + stream.uniform());
        let p = simplex.point(normalised(weights.view())).unwrap();
        let mut tangent = || {
            let v = Array1::from_shape_fn(n, |_| stream.uniform() - 0.5);
            simplex.project(&p, v.view()).unwrap()
        };
        let (v, w) = (tangent(), tangent());
        let f = generic(n);
        let problem = Problem::new(&simplex, &f);
        let at = problem.iterate(p.clone()).unwrap();
        let found = Hessian::Exact.apply(&problem, &at, &v).unwrap();
        let second = problem.second_partials(&p, &v).unwrap().unwrap().into_inner();
        let expected = simplex_hessian(
            &p.values().to_owned(),
            &at.partials.values().to_owned(),
            &second,
            &v.values().to_owned(),
        );
        let error = (&found.values() - &expected).mapv(f64::abs).sum() / expected.mapv(f64::abs).sum();
        let other = Hessian::Exact.apply(&problem, &at, &w).unwrap();
        let (left, right) = (simplex.inner(&p, &found, &w).unwrap(), simplex.inner(&p, &v, &other).unwrap());
        let close = Hessian::Differences(1e-4).apply(&problem, &at, &v).unwrap();
        let differences = (&close.values() - &expected).mapv(f64::abs).sum() / expected.mapv(f64::abs).sum();
        println!("n {n}: {error:e} symmetric {:e} differences {differences:e}", left - right);
        assert!(error < 1e-14 && (left - right).abs() < 1e-14 * left.abs().max(1.0));
        assert!(differences < 1e-7, "{differences:e}");
    }
}

#[test]
fn a_constant_added_to_the_derivative_changes_nothing_on_the_simplex() {
    let simplex = Simplex::new(3).unwrap();
    let p = simplex.point(array![0.2, 0.3, 0.5]).unwrap();
    let a = simplex.sharp(&p, &Cotangent::from([0.7, -0.2, 1.1])).unwrap();
    let b = simplex.sharp(&p, &Cotangent::from([8.7, 7.8, 9.1])).unwrap();
    assert!((&a.values() - &b.values()).iter().all(|d| d.abs() < 1e-15));
    assert!(a.values().sum().abs() < 1e-16);
}
