//! The Hessian of the loss and the second estimator: printed numbers, and where they meet the Gauss-Newton matrix.

use super::support::*;
use natgrad::fisher::{Exact, MonteCarlo, NegativeHessian, Sampler};
use natgrad::linalg::eigvalsh;
use natgrad::model::{Activation, Linearization};
use natgrad::ndarray::{Array1, Array2, array, s};
use natgrad::{Error, Labels, LinearOperator};
use std::ops::Range;

fn hessian(problem: &Problem) -> Array2<f64> {
    problem.linearize::<f64>().hessian().unwrap().to_dense().unwrap()
}

fn exact(problem: &Problem) -> Array2<f64> {
    problem.linearize::<f64>().scores(&Exact).unwrap().dense().unwrap().to_dense().unwrap()
}

/// (1/N) Σ JᵀhJ with the output-space Hessians at the observed labels, by the textbook.
fn gauss_newton(problem: &Problem) -> Array2<f64> {
    let eta = problem.outputs_at(problem.theta.view());
    let logistic = |eta: f64| 1.0 / (1.0 + (-eta).exp());
    let h: Vec<Array2<f64>> = (0..problem.data())
        .map(|n| match problem.likelihood.as_str() {
            "geometric" | "negative-binomial:2.5" => {
                let tosses = if problem.likelihood == "geometric" { 1.0 } else { 2.5 };
                let entry = |c: usize| {
                    let p = logistic(eta[[n, c]]);
                    (problem.y[[n, c]] + tosses) * (p - p * p)
                };
                Array2::from_diag(&Array1::from_iter((0..eta.ncols()).map(entry)))
            }
            canonical => output_fisher(canonical, eta.row(n)),
        })
        .collect();
    naive_fisher(&problem.jacobian(), &h)
}

/// The places of each layer's weight and bias in θ.
fn layers(problem: &Problem) -> Vec<Range<usize>> {
    let mut start = 0;
    let pairs = problem.widths.windows(2).zip(&problem.bias);
    let ranges = pairs.map(|(pair, &bias)| {
        let end = start + pair[1] * (pair[0] + usize::from(bias));
        let range = start..end;
        start = end;
        range
    });
    ranges.collect()
}

fn block(matrix: &Array2<f64>, range: &Range<usize>) -> Array2<f64> {
    matrix.slice(s![range.clone(), range.clone()]).to_owned()
}

fn second(draws: usize, seed: u64) -> NegativeHessian {
    NegativeHessian { draws, sampler: Sampler::Independent, seed }
}

/// The numbers that a numpy program printed for M2, and the matrix of the 80-digit file (complex steps).
#[test]
fn m2_has_the_printed_numbers() {
    let case = golden("M2");
    let lin = case.problem.linearize::<f64>();
    let hessian = lin.hessian().unwrap();
    let dense = hessian.to_dense().unwrap();
    assert_near("M2", &dense, &case.symmetric("expected/hessian_upper"), 1e-14);
    assert_close("trace", hessian.trace().unwrap(), 1.00380600596842, 1e-12);
    assert_close("Frobenius", hessian.frobenius_norm().unwrap(), 2.07187967381598, 1e-12);
    let values = eigvalsh(dense.view()).unwrap();
    assert_close("largest", values[20], 0.997559545122508, 1e-12);
    assert_close("least", values[0], -0.748636595060586, 1e-12);
    // Fourteen digits lie between rounding and the smallest eigenvalue that is not 0.
    assert_eq!(values.iter().filter(|v| **v < -1e-12).count(), 9);
    assert_close("to the Fisher", distance(&dense, &exact(&case.problem)), 1.882378347548286, 1e-12);
    assert_eq!(hessian.to_string(), "Hessian of the loss, categorical, mean over 4 data");
    assert_eq!((hessian.dim(), hessian.provenance().seed), (21, None));
    let v = Lcg::new(3).unit(21);
    assert_close("form", hessian.quadratic_form(v.view()).unwrap(), v.dot(&dense.dot(&v)), 1e-13);
    // f32: the passes round at 6e-8, in sums of a dozen terms.
    let single = case.problem.linearize::<f32>().hessian().unwrap();
    assert_near("f32", &single.to_dense().unwrap(), &dense, 1e-6);
}

#[test]
fn affine_models_have_one_matrix() {
    for name in ["M1", "M3", "M5"] {
        let problem = reference(name);
        assert_near(name, &hessian(&problem), &fisher_of(&problem), 1e-14);
        // The second estimator does not look at its labels: one draw is the Fisher.
        let estimate = second(1, 7).estimate(&problem.linearize::<f64>()).unwrap();
        assert_near(name, &estimate.to_dense().unwrap(), &fisher_of(&problem), 1e-14);
    }
    // Two linear layers are not affine in θ.
    let problem = Problem { y: array![[0.3, -0.2], [1.0, 0.5], [-2.0, 0.1], [0.0, 0.7]], ..reference("M4") };
    assert!(distance(&hessian(&problem), &fisher_of(&problem)) > 0.1);
}

/// The last layer of any network with a canonical likelihood, and every layer between relus: η is (piecewise)
/// affine in one layer at a time.
#[test]
fn blocks_where_the_network_does_not_bend() {
    let canonical = ["categorical", "bernoulli", "binomial:5", "poisson", "gaussian:0.37"];
    for likelihood in canonical {
        for activation in Activation::ALL {
            let problem = Problem::random(likelihood, activation, &[5, 7, 3, 2], true, 11, 47);
            let (h, f, layers) = (hessian(&problem), fisher_of(&problem), layers(&problem));
            let name = problem.name();
            assert_near(&name, &block(&h, &layers[2]), &block(&f, &layers[2]), 1e-14);
            let linear = matches!(activation, Activation::Relu | Activation::Identity);
            for range in &layers[..2] {
                let apart = distance(&block(&h, range), &block(&f, range));
                assert!(if linear { apart < 1e-14 } else { apart > 1e-2 }, "{name}: {apart:e}");
            }
            // Between layers even linear ones multiply.
            assert!(distance(&h, &f) > 1e-2, "{name}");
        }
    }
}

/// Three matrices, where canonical likelihoods have one: the Hessian, the Gauss-Newton matrix, the Fisher.
#[test]
fn a_link_that_is_not_canonical_separates_gauss_newton_from_fisher() {
    for likelihood in ["geometric", "negative-binomial:2.5"] {
        let affine = Problem::random(likelihood, Activation::Tanh, &[5, 2], true, 11, 53);
        let (h, g, f) = (hessian(&affine), gauss_newton(&affine), fisher_of(&affine));
        assert_near(likelihood, &h, &g, 1e-14);
        assert!(distance(&g, &f) > 0.1, "{likelihood}: {}", distance(&g, &f));
        assert_near(likelihood, &exact(&affine), &f, 1e-14);
        let deep = Problem::random(likelihood, Activation::Tanh, &[3, 5, 2], true, 11, 53);
        let (h, g, f) = (hessian(&deep), gauss_newton(&deep), fisher_of(&deep));
        let last = &layers(&deep)[1];
        assert_near(likelihood, &block(&h, last), &block(&g, last), 1e-14);
        assert!(distance(&h, &g) > 0.1 && distance(&g, &f) > 0.1 && distance(&h, &f) > 0.1, "{likelihood}");
    }
}

/// The second estimator is the mean of the Hessians at the labels of the first.
#[test]
fn both_estimators_see_the_same_labels() {
    for sampler in [Sampler::Independent, Sampler::Systematic] {
        for likelihood in ["categorical", "poisson", "geometric"] {
            let problem = Problem::random(likelihood, Activation::Gelu, &[3, 5, 2], true, 7, 59);
            let lin = problem.linearize::<f64>();
            let estimator = NegativeHessian { draws: 3, sampler, seed: 11 };
            let drawn = MonteCarlo { draws: 3, sampler, seed: 11 }.labels(&lin).unwrap();
            let mut mean = Array2::<f64>::zeros((lin.dim(), lin.dim()));
            for m in 0..3 {
                let y = Array2::from_shape_fn(problem.y.dim(), |(n, c)| drawn.row(3 * n + m)[c]);
                mean += &(hessian(&Problem { y, ..problem.clone() }) / 3.0);
            }
            let found = estimator.estimate(&lin).unwrap();
            assert_near(&problem.name(), &found.to_dense().unwrap(), &mean, 1e-13);
            assert_eq!(
                found.to_string(),
                format!("Fisher, {}, {likelihood}, mean over 7 data, seed 11", estimator.name())
            );
        }
    }
}

/// The first estimator is a sum of squares; the second has been seen with negative eigenvalues.
#[test]
fn only_the_first_estimator_is_positive_semidefinite() {
    let lin = reference("M2").linearize::<f64>();
    for seed in 0..5 {
        let first = lin.scores(&second(1, seed).first()).unwrap().dense().unwrap().to_dense().unwrap();
        let other = second(1, seed).estimate(&lin).unwrap().to_dense().unwrap();
        let (first, other) = (eigvalsh(first.view()).unwrap(), eigvalsh(other.view()).unwrap());
        assert!(first[0] > -1e-15 * first[20], "seed {seed}: {first}");
        assert!(other[0] < -0.05 * other[20], "seed {seed}: {other}");
    }
}

#[test]
fn refusals() {
    let lin = reference("M2").linearize::<f64>();
    let error = second(0, 1).estimate(&lin).unwrap_err();
    assert_eq!(error, Error::Setting { option: "draws", value: 0.0, requirement: "at least 1" });
    let law = natgrad::likelihood::Bernoulli;
    let y = Labels::new(array![[1.0]]).unwrap();
    let bare = Linearization::from_jacobian(&law, array![[[0.5, 2.0]]], array![[0.0]], &y).unwrap();
    let errors = [
        second(2, 1).estimate(&bare).unwrap_err(),
        second(2, 1).entry_variances(&bare).unwrap_err(),
        second(2, 1).entry_covariance(&bare, [[0, 0], [1, 1]]).unwrap_err(),
    ];
    assert!(errors.iter().all(|error| matches!(error, Error::Unsupported { .. })), "{errors:?}");
}
