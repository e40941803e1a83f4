//! Gradients and Hessians: right ones pass with the coefficient a hand finds, wrong ones fail.

use natgrad::descent::Function;
use natgrad::manifold::{Cotangent, Manifold, Point, Simplex, Tangent};
use natgrad::ndarray::{Array1, array};
use natgrad::verify::{Sweep, Verdict, check_gradient, check_hessian, check_objective};
use natgrad::{Error, Result};

pub fn simplex() -> (Simplex, Point, Tangent, Tangent) {
    let simplex = Simplex::new(3).expect("a simplex");
    let p = simplex.point(array![0.2, 0.3, 0.5]).expect("a point");
    let v = simplex.tangent(&p, array![0.1, -0.3, 0.2]).expect("a vector");
    let w = simplex.tangent(&p, array![0.2, -0.1, -0.1]).expect("a vector");
    (simplex, p, v, w)
}

/// f = Σ p ln p, and its partial derivatives.
fn negentropy(p: &Point) -> Result<f64> {
    Ok(p.values().mapv(|p| p * p.ln()).sum())
}

fn partials(p: &Point) -> Cotangent {
    Cotangent::new(p.values().mapv(|p| p.ln() + 1.0))
}

/// Π(D(grad f)[v] - ½ v grad f / p), Π(w) = w - (Σw) p, with D(grad f) by hand: grad f = p (ln p - Σ p ln p).
fn hessian(p: &Point, v: &Tangent, correction: f64) -> Array1<f64> {
    let (p, v) = (p.values(), v.values());
    let logs = p.mapv(f64::ln);
    let mean = p.dot(&logs);
    let slope = v.dot(&logs);
    let gradient = &p * &(&logs - mean);
    let derivative = &v * (&logs - mean) + v - slope * &p;
    let raw = derivative - correction * &v * &gradient / p;
    let sum = raw.sum();
    raw - sum * &p
}

#[test]
fn a_right_gradient_has_slope_two_and_half_the_second_derivative() {
    let (m, p, v, _) = simplex();
    let report = check_gradient(&m, &p, &v, negentropy, |p| Ok(partials(p)), Sweep::default());
    assert_eq!(report.verdict(), Verdict::Passed, "{report}");
    let curve = &report.curves[0];
    assert!((curve.slope.expect("a slope") - 2.0).abs() < 0.01, "{report}");
    // ½ d²f/dt² with p̈ = ½(v²/p - ⟨v,v⟩p): ½(Σ v²/p + Σ p̈ (ln p + 1)).
    let (x, u) = (p.values(), v.values());
    let acceleration = 0.5 * (&u * &u / x - 0.43 * &x);
    let by_hand = 0.5 * (0.43 + acceleration.dot(&x.mapv(|x| x.ln() + 1.0)));
    assert!((curve.coefficient.expect("a coefficient") - by_hand.abs()).abs() < 1e-4, "{by_hand} {report}");
    assert!(report.clone().with_coefficient(by_hand, 1e-3).passed());
    assert!(!report.with_coefficient(1.02 * by_hand, 1e-2).passed());
    let as_vector =
        check_gradient(&m, &p, &v, negentropy, |p| m.gradient(p, partials(p).into_inner()), Sweep::default());
    assert!(as_vector.passed(), "{as_vector}");
}

#[test]
fn gradients_that_are_wrong_fail_however_little() {
    let (m, p, v, _) = simplex();
    for (factor, slope) in [(2.0, Some(1.0)), (1.01, Some(1.0)), (1.0 + 1e-6, None)] {
        let wrong = |p: &Point| Ok(Cotangent::new(factor * &partials(p).into_inner()));
        let report = check_gradient(&m, &p, &v, negentropy, wrong, Sweep::default());
        assert!(!report.passed(), "{factor} {report}");
        if let Some(slope) = slope {
            // The quadratic term bends the curve of an error of 1 %.
            assert!((report.curves[0].slope.expect("a slope") - slope).abs() < 0.1, "{report}");
        } else {
            // One part in a million is below what slopes can see, not below what differences can.
            assert!(report.curves[0].passed());
            assert_eq!(report.failures(), ["⟨grad f, v⟩ = extrapolated differences"]);
        }
    }
}

#[test]
fn a_gradient_in_the_metric_of_one_trial_fails_on_seven_trials() {
    let (one, p, v, _) = simplex();
    let seven = Simplex::multinomial(3, 7).expect("a simplex");
    let gradient = |m: Simplex| move |p: &Point| m.gradient(p, partials(p).into_inner());
    assert!(check_gradient(&seven, &p, &v, negentropy, gradient(seven), Sweep::default()).passed());
    let report = check_gradient(&seven, &p, &v, negentropy, gradient(one), Sweep::default());
    assert!(!report.passed() && (report.curves[0].slope.expect("a slope") - 1.0).abs() < 0.05);
}

#[test]
fn an_ordinary_gradient_passed_for_a_riemannian_one_is_not_tangent() {
    let (m, p, v, _) = simplex();
    let ordinary = |p: &Point| Ok(Tangent::unchecked(partials(p).into_inner()));
    let report = check_gradient(&m, &p, &v, negentropy, ordinary, Sweep::default());
    let text = report.verdict().to_string();
    assert!(text.contains("sum of the tangent vector"), "{text}");
    // Projected, it is tangent, and still no gradient.
    let projected = |p: &Point| {
        let a = partials(p).into_inner();
        let mean = a.mean().unwrap_or(f64::NAN);
        Ok(Tangent::unchecked(a - mean))
    };
    let report = check_gradient(&m, &p, &v, negentropy, projected, Sweep::default());
    assert!((report.curves[0].slope.expect("a slope") - 1.0).abs() < 0.05, "{report}");
}

#[test]
fn a_hessian_needs_the_term_of_the_metric() {
    let (m, p, v, w) = simplex();
    let check = |correction: f64| {
        check_hessian(
            &m,
            &p,
            (&v, &w),
            negentropy,
            |p| Ok(partials(p)),
            |p, v| m.tangent(p, hessian(p, v, correction)),
            Sweep::default(),
        )
    };
    let right = check(0.5);
    assert_eq!(right.verdict(), Verdict::Passed, "{right}");
    assert!((right.curves[0].slope.expect("a slope") - 3.0).abs() < 0.02, "{right}");
    let wrong = check(0.0);
    assert!((wrong.curves[0].slope.expect("a slope") - 2.0).abs() < 0.05, "{wrong}");
    assert!(!wrong.passed());
}

#[test]
fn hessians_that_are_not_symmetric_or_not_linear_fail() {
    let (m, p, v, w) = simplex();
    let bent = |shear: f64, curl: f64| {
        check_hessian(
            &m,
            &p,
            (&v, &w),
            negentropy,
            |p| Ok(partials(p)),
            |p, x| {
                let right = m.tangent(p, hessian(p, x, 0.5))?;
                // Orthogonal to v, so that ⟨Hess f[v], v⟩ and with it the slope stay right.
                let across = &w - &((m.inner(p, &w, &v)? / m.inner(p, &v, &v)?) * &v);
                let amount = shear * m.inner(p, x, &v)? + curl * m.inner(p, x, x)?;
                Ok(&right + &(amount * &across))
            },
            Sweep::default(),
        )
    };
    assert!(bent(0.0, 0.0).passed());
    assert_eq!(bent(0.01, 0.0).failures(), ["⟨Hess f[v], w⟩ = ⟨v, Hess f[w]⟩"]);
    assert!(bent(0.0, 0.01).failures().contains(&"Hess f[av + bw] = a Hess f[v] + b Hess f[w]"));
}

#[test]
fn next_to_the_boundary_times_are_shares_of_the_exit_time() {
    let m = Simplex::new(3).expect("a simplex");
    for tiny in [1e-6, 1e-16, 1e-300] {
        let p = m.point(array![tiny, 0.4, 0.6 - tiny]).expect("a point");
        let v = m.tangent(&p, array![0.1, -0.3, 0.2]).expect("a vector");
        let report = check_gradient(&m, &p, &v, negentropy, |p| Ok(partials(p)), Sweep::default());
        assert!(report.passed(), "{tiny:e} {report}");
        // Steps of a share of 1e-16 change p ln p by no more than its rounding.
        assert_eq!(report.laws[0].remark.contains("tests nothing"), tiny < 1e-10, "{tiny:e} {report}");
        assert!(report.curves[0].times.iter().all(|t| *t < 20.0 * tiny.sqrt()), "{tiny:e} {report}");
    }
}

#[test]
fn what_cannot_be_evaluated_fails_with_the_place() {
    let (m, p, v, _) = simplex();
    let gradient = |p: &Point| Ok(partials(p));
    let nan = check_gradient(&m, &p, &v, |_| Ok(f64::NAN), gradient, Sweep::default());
    assert!(nan.verdict().to_string().contains("at t = 1.000e-4 the error is NaN"), "{nan}");
    let far = |p: &Point| if p.values()[0] > 0.205 { Ok(f64::INFINITY) } else { negentropy(p) };
    let far = check_gradient(&m, &p, &v, far, gradient, Sweep::default());
    assert!(far.verdict().to_string().contains("the error is inf"), "{far}");
    let refused = |_: &Point| Err(Error::Empty { quantity: "data" });
    let refused = check_gradient(&m, &p, &v, refused, gradient, Sweep::default());
    assert!(refused.verdict().to_string().contains("data is empty"), "{refused}");
    let short = |_: &Point| Ok(Cotangent::from([1.0]));
    let short = check_gradient(&m, &p, &v, negentropy, short, Sweep::default());
    assert!(short.verdict().to_string().contains("partial derivatives has shape [1]"), "{short}");
    let elsewhere = Tangent::unchecked(array![1.0, 1.0, 1.0]);
    let report = check_gradient(&m, &p, &elsewhere, negentropy, gradient, Sweep::default());
    assert!(report.verdict().to_string().contains("sum of the tangent vector"), "{report}");
    let sweep = Sweep { first: 1.0, last: 0.5, ..Sweep::default() };
    let report = check_gradient(&m, &p, &v, negentropy, gradient, sweep);
    assert!(report.verdict().to_string().contains("last time = 0.5"), "{report}");
}

#[test]
fn constants_are_exact_and_noise_is_measured() {
    let (m, p, v, _) = simplex();
    let zero = |_: &Point| Ok(Cotangent::from([0.0; 3]));
    let report = check_gradient(&m, &p, &v, |_| Ok(5.0), zero, Sweep::default());
    assert_eq!(report.verdict(), Verdict::Exact, "{report}");
    // Σp rounds.
    let one = |p: &Point| Ok(p.values().sum());
    assert_eq!(check_gradient(&m, &p, &v, one, zero, Sweep::default()).verdict(), Verdict::Exact);
    // A function with noise of 1e-9, as from an iteration: the window moves up, the slope stays.
    let noisy = |p: &Point| Ok(negentropy(p)? + 1e-9 * (p.values()[0] * 1e12).sin());
    let report = check_gradient(&m, &p, &v, noisy, |p| Ok(partials(p)), Sweep::default());
    let curve = &report.curves[0];
    assert!(curve.passed() && (curve.slope.expect("a slope") - 2.0).abs() < 0.05, "{report}");
    assert!(curve.floor() > 3e-10 && curve.floor() < 3e-9, "{report}");
    assert!(curve.window.expect("a window").0 > 5e-4, "{report}");
}

#[test]
fn objectives_are_checked_to_the_derivative_that_they_have() {
    let (m, p, v, w) = simplex();
    let first = Function::new(|p| p.dot(&p.mapv(f64::ln)), |p| p.mapv(|p| p.ln() + 1.0));
    let report = check_objective(&m, &p, (&v, &w), &first, Sweep::default());
    assert!(report.passed() && report.curves.len() == 1, "{report}");
    let second = first.with_second(|p, v| &v / &p);
    let report = check_objective(&m, &p, (&v, &w), &second, Sweep::default());
    assert!(report.passed() && report.curves.len() == 2, "{report}");
    let wrong = second.with_second(|p, v| 1.01 * &v / p);
    let report = check_objective(&m, &p, (&v, &w), &wrong, Sweep::default());
    assert!(report.curves[0].passed() && !report.curves[1].passed(), "{report}");
}
