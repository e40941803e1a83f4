//! Adam: on the line it is the textbook's, on a product every factor has its own scalar.

use crate::descent::functions::{generic, kl_to};
use natgrad::descent::{
    Criterion, Factored, Function, Minimizer, Objective, Problem, RiemannianAdam, Stepper,
};
use natgrad::manifold::{Cotangent, Euclidean, Manifold, Point, Product, Simplex};
use natgrad::ndarray::{Array1, Axis, array, concatenate, s};

/// Kingma & Ba's box; `greatest` is Reddi's maximum of the corrected moment.
fn textbook(f: &Function<'_>, start: &Array1<f64>, method: &RiemannianAdam, steps: i32) -> Array1<f64> {
    let mut x = start.clone();
    let (mut m, mut s, mut greatest) = (x.clone() * 0.0, x.clone() * 0.0, x.clone() * 0.0);
    for t in 1..=steps {
        let g = f.partials(&Point::unchecked(x.clone())).unwrap().into_inner();
        for i in 0..x.len() {
            m[i] = method.beta1 * m[i] + (1.0 - method.beta1) * g[i];
            s[i] = method.beta2 * s[i] + (1.0 - method.beta2) * g[i] * g[i];
            let (mut first, mut second) = (m[i], s[i]);
            if method.bias_correction {
                first /= 1.0 - method.beta1.powi(t);
                second /= 1.0 - method.beta2.powi(t);
            }
            greatest[i] = f64::max(greatest[i], second);
            if method.amsgrad {
                second = greatest[i];
            }
            x[i] -= method.learning_rate * first / (second.sqrt() + method.epsilon);
        }
    }
    x
}

#[test]
fn on_a_product_of_lines_it_is_adam() {
    let k = 5;
    let f = generic(k);
    let lines = Product::power(Euclidean::new(1).unwrap(), k).unwrap();
    let start = Array1::from_shape_fn(k, |i| 0.3 - 0.4 * i as f64);
    for (amsgrad, bias_correction) in [(false, true), (true, true), (true, false)] {
        let method = RiemannianAdam { amsgrad, bias_correction, beta2: 0.9, ..RiemannianAdam::new(0.05) };
        for steps in [1, 2, 13, 60] {
            let report = method
                .minimize(
                    &Problem::new(&lines, &f),
                    &Point::unchecked(start.clone()),
                    &Criterion::Iterations(steps),
                )
                .unwrap();
            let expected = textbook(&f, &start, &method, steps as i32);
            let error = (&report.point().values() - &expected).mapv(f64::abs).sum();
            println!("{steps} {error:e}");
            assert!(error < 1e-13, "{error:e}");
        }
    }
    // On ℝᵏ as one factor it is another method: one scalar for all.
    let whole = Euclidean::new(k).unwrap();
    let report = RiemannianAdam::new(0.05)
        .minimize(&Problem::new(&whole, &f), &Point::unchecked(start.clone()), &Criterion::Iterations(13))
        .unwrap();
    let other = textbook(&f, &start, &RiemannianAdam::new(0.05), 13);
    assert!((&report.point().values() - &other).mapv(f64::abs).sum() > 0.01);
}

/// A separable objective on two simplices is two runs.
#[test]
fn factors_do_not_see_each_other() {
    let simplex = Simplex::new(3).unwrap();
    let pair = Product::power(simplex, 2).unwrap();
    let targets = [array![0.1, 0.6, 0.3], array![0.05, 0.05, 0.9]];
    let parts = [kl_to(targets[0].clone()), kl_to(targets[1].clone())];
    let split = |x: natgrad::ndarray::ArrayView1<'_, f64>| {
        [x.slice(s![..3]).to_owned(), x.slice(s![3..]).to_owned()].map(Point::unchecked)
    };
    let both = Function::new(
        |x| split(x).iter().zip([&parts[0], &parts[1]]).map(|(x, f)| f.value(x).unwrap()).sum(),
        |x| {
            let [a, b] = split(x);
            let (a, b) = (parts[0].partials(&a).unwrap(), parts[1].partials(&b).unwrap());
            concatenate(Axis(0), &[a.values(), (100.0 * &b).values()]).unwrap()
        },
    );
    // Hundred times the second derivative: Adam divides it out again, but for ε and the first step's rounding.
    let method = RiemannianAdam { epsilon: 1e-300, ..RiemannianAdam::new(0.02) };
    let start = array![0.2, 0.3, 0.5, 0.2, 0.3, 0.5];
    let until = Criterion::Iterations(25);
    let report =
        method.minimize(&Problem::new(&pair, &both), &Point::unchecked(start.clone()), &until).unwrap();
    for (i, part) in parts.iter().enumerate() {
        let alone = method
            .minimize(
                &Problem::new(&simplex, part),
                &Point::unchecked(start.slice(s![..3]).to_owned()),
                &until,
            )
            .unwrap();
        let found = report.point().values().slice(s![3 * i..3 * i + 3]).to_owned();
        let error = (&found - &alone.point().values()).mapv(f64::abs).sum();
        println!("{error:e}");
        assert!(error < 1e-13, "{error:e}");
    }
}

/// The scalar moment is that of the metric norm: the first step has length h, wherever it starts.
#[test]
fn first_step_has_the_length_of_the_learning_rate() {
    let simplex = Simplex::new(4).unwrap();
    let method = RiemannianAdam { epsilon: 1e-300, ..RiemannianAdam::new(0.013) };
    for p in [array![0.25, 0.25, 0.25, 0.25], array![1e-9, 0.2, 0.3, 0.5 - 1e-9]] {
        let p = simplex.point(p).unwrap();
        let memory = method.memory(&simplex);
        let a = Cotangent::from([3.0, -7.0, 2.0, 5.0]);
        let stepper = Stepper::new(&simplex).stay_inside(0.95).unwrap();
        let (q, memory, length) = method.update(&stepper, &p, &a, &memory).unwrap();
        assert_eq!(memory.steps, 1);
        let moved = simplex.distance(&p, &q).unwrap();
        println!("{length:e} {moved:e}");
        assert!((length - moved).abs() < 1e-14);
    }
    assert_eq!(simplex.factor_count(), 1);
}
