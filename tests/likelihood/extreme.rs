//! Exact values at the ends of the range, from 2400-digit arithmetic (`golden/extreme.json`).

use crate::support::close::{EXTREME, rounding};
use crate::support::naive;
use natgrad::likelihood::named;
use natgrad::{Likelihood, Scalar};
use ndarray::{Array1, Array2, array};
use serde_json::Value;

/// Strings of any nesting as numbers in row-major order.
fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(parts) => parts.iter().flat_map(numbers).collect(),
        Value::String(text) => vec![text.parse().unwrap()],
        other => vec![other.as_f64().unwrap()],
    }
}

/// Entry by entry; expected values beyond the range of T are left out, subnormal ones are compared absolutely.
fn check<T: Scalar>(what: &str, found: impl IntoIterator<Item = T>, expected: &[f64]) {
    let relative = EXTREME.max(rounding::<T>(8.0));
    let found: Vec<f64> = found.into_iter().map(T::as_f64).collect();
    assert_eq!(found.len(), expected.len(), "{what}");
    // The grid of the subnormal numbers is ε·least normal.
    let grid = T::min_positive_value().as_f64() * T::epsilon().as_f64();
    let normal = T::min_positive_value().as_f64();
    for (k, (found, expected)) in found.iter().zip(expected).enumerate() {
        if !T::of(*expected).is_finite() {
            continue;
        }
        let slack = if expected.abs() < 4.0 * normal { 4.0 * grid } else { 0.0 };
        assert!(
            (found - expected).abs() <= relative * expected.abs() + slack,
            "{what}[{k}]: {found:e}, exact {expected:e}, off by {:.2e}",
            (found - expected).abs() / expected.abs()
        );
    }
}

fn golden_extremes<T: Scalar>() {
    let file: Value = serde_json::from_str(include_str!("../golden/extreme.json")).unwrap();
    let mut checked = 0;
    for case in file["cases"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let exact = numbers(&case["eta"]);
        let eta: Array1<T> = exact.iter().map(|&x| T::of(x)).collect();
        // f32 joins where η is one of its numbers and the rate is finite.
        if eta.iter().zip(&exact).any(|(x, e)| x.as_f64().to_bits() != e.to_bits()) {
            continue;
        }
        let likelihood = named::<T>(case["likelihood"].as_str().unwrap()).unwrap();
        if likelihood.check(eta.view(), None).is_err() {
            assert_eq!((T::NAME, name), ("float32", "poisson-700"));
            continue;
        }
        for (k, label) in numbers(&case["labels"]).into_iter().enumerate() {
            let y = array![T::of(label)];
            let what = |part: &str| format!("{name}, label {label}, {part}");
            let nll = likelihood.nll(eta.view(), y.view()).unwrap();
            check(&what("nll"), [nll], &numbers(&case["nll"][k]));
            // The file differentiates the nll, the library the log-likelihood.
            let score = likelihood.score(eta.view(), y.view()).unwrap();
            check(&what("score"), score.mapv(|s| -s), &numbers(&case["score"][k]));
            let hessian = likelihood.hessian(eta.view(), y.view()).unwrap();
            check(&what("hessian"), hessian, &numbers(&case["hessian"][k]));
        }
        let fisher = likelihood.fisher(eta.view()).unwrap();
        check(&format!("{name}, fisher"), fisher, &numbers(&case["fisher"]));
        let root = likelihood.root(eta.view()).unwrap().mapv(T::as_f64);
        check_product::<T>(name, &root, &numbers(&case["root_product"]));
        if eta.len() == 1 {
            let root = likelihood.root(eta.view()).unwrap();
            check(&format!("{name}, the root itself"), root, &numbers(&case["root"]));
        }
        checked += 1;
    }
    // f32 has no 690.8, no ±1e-8 (three cases), no 1e-300 and no rate e^700.
    assert_eq!(checked, if T::NAME == "float64" { 25 } else { 19 });
}

/// Any root will do, so R Rᵀ is what counts, entry by entry; multiplied out in f64.
fn check_product<T: Scalar>(name: &str, root: &Array2<f64>, expected: &[f64]) {
    let product = naive::matmul(root, &naive::transpose(root));
    check(&format!("{name}, root"), product.mapv(T::of), expected);
}

/// Logits far beyond any exponential: everything is finite, and what is certain is exactly certain.
fn far_out<T: Scalar>() {
    for reach in [80.0, 800.0, 1e30] {
        let categorical = named::<T>("categorical").unwrap();
        let eta = array![reach, -reach, 0.0].mapv(T::of);
        let all = all_of(&*categorical, &eta, &[0.0, 1.0, 2.0]);
        assert!(all.iter().all(|x| x.is_finite()), "{reach}: {all:?}");
        let nll = |y: f64| categorical.nll(eta.view(), array![T::of(y)].view()).unwrap().as_f64();
        let eta_of = T::of(reach).as_f64();
        assert!((nll(1.0) - 2.0 * eta_of).abs() <= rounding::<T>(2.0) * eta_of);
        assert!((nll(2.0) - eta_of).abs() <= rounding::<T>(2.0) * eta_of);
        let bernoulli = named::<T>("bernoulli").unwrap();
        for sign in [1.0, -1.0] {
            let eta = array![T::of(sign * reach)];
            let all = all_of(&*bernoulli, &eta, &[0.0, 1.0]);
            assert!(all.iter().all(|x| x.is_finite()), "{reach}: {all:?}");
            let wrong = array![T::of(if sign > 0.0 { 0.0 } else { 1.0 })];
            let right = array![T::of(if sign > 0.0 { 1.0 } else { 0.0 })];
            let nll = |y: &Array1<T>| bernoulli.nll(eta.view(), y.view()).unwrap().as_f64();
            assert!((nll(&wrong) - eta_of).abs() <= rounding::<T>(2.0) * eta_of);
            check("nll of the certain", [T::of(nll(&right))], &[(-reach).exp()]);
        }
        let poisson = named::<T>("poisson").unwrap();
        let all = all_of(&*poisson, &array![T::of(-reach)], &[0.0, 1.0, 3.0]);
        assert!(all.iter().all(|x| x.is_finite()), "{reach}: {all:?}");
        let gaussian = named::<T>("gaussian:0.37").unwrap();
        let all = all_of(&*gaussian, &array![T::of(reach.min(1e15))], &[0.0, 1.0]);
        assert!(all.iter().all(|x| x.is_finite()), "{reach}: {all:?}");
    }
}

/// Every number a likelihood can put out at η.
fn all_of<T: Scalar>(likelihood: &dyn Likelihood<T>, eta: &Array1<T>, labels: &[f64]) -> Vec<T> {
    let mut all: Vec<T> = Vec::new();
    for &y in labels {
        let y = array![T::of(y)];
        all.push(likelihood.nll(eta.view(), y.view()).unwrap());
        all.extend(likelihood.score(eta.view(), y.view()).unwrap());
        all.extend(likelihood.hessian(eta.view(), y.view()).unwrap());
    }
    all.extend(likelihood.fisher(eta.view()).unwrap());
    all.extend(likelihood.root(eta.view()).unwrap());
    let support = likelihood.support(eta.view()).unwrap();
    let total: f64 = support.probabilities.iter().map(|p| p.as_f64()).sum();
    assert!((total - 1.0).abs() <= rounding::<T>(4.0), "probabilities sum to {total}");
    all.extend(support.probabilities);
    for u in [f64::MIN_POSITIVE, 1e-300, 0.25, 0.5, 1.0 - 1e-16] {
        all.extend(likelihood.sample(eta.view(), u).unwrap());
    }
    all
}

/// At saturation F goes to 0 like e^-η, not at once: p = 1/(1 + e^-η) for two classes.
fn saturation_is_gradual<T: Scalar>() {
    let categorical = named::<T>("categorical").unwrap();
    for k in 1..80 {
        let eta = f64::from(k);
        let fisher = categorical.fisher(array![T::of(eta), T::zero()].view()).unwrap();
        let exact = (-eta).exp() / (1.0 + (-eta).exp()).powi(2);
        let expected = Array2::from_shape_fn((2, 2), |(i, j)| if i == j { exact } else { -exact });
        check(&format!("fisher at {eta}"), fisher, &expected.iter().copied().collect::<Vec<_>>());
    }
}

/// ln y! far beyond any table, by Stirling's series with three terms (the next is below 1e-30).
fn enormous_counts<T: Scalar>() {
    let poisson = named::<T>("poisson").unwrap();
    for y in [1e6f64, 1e12, 1e19, 1e25, 1e36] {
        let y = T::of(y).as_f64();
        let stirling = y * y.ln() - y + 0.5 * (2.0 * std::f64::consts::PI * y).ln() + 1.0 / (12.0 * y);
        let expected = 0.5f64.exp() - 0.5 * y + stirling;
        let found = poisson.nll(array![T::of(0.5)].view(), array![T::of(y)].view()).unwrap();
        check(&format!("nll of {y:e}"), [found], &[expected]);
    }
}

on_both!(golden_extremes, far_out, saturation_is_gradual, enormous_counts);
