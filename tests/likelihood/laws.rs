//! The laws that the trait promises, for every likelihood of the table.

use crate::support::cases::{LIKELIHOODS, double, vector};
use crate::support::close::{DIFFERENCES, all_close, close, near, rounding};
use crate::support::naive;
use natgrad::Scalar;
use ndarray::{Array1, Array2};

/// nll = -log of the textbook probability.
fn nll_is_the_textbook<T: Scalar>() {
    for case in LIKELIHOODS {
        let likelihood = case.likelihood::<T>();
        for y in case.labels() {
            // Quadrature nodes are irrational: the label of the f32 code is the rounded one.
            let y = y.mapv(T::of);
            let expected = -naive::probability(case.name, case.eta, &double(&y).to_vec()).ln();
            let found = likelihood.nll(case.eta().view(), y.view()).unwrap();
            // Absolutely 1: the sum of the terms, which may cancel in part.
            near(found.as_f64(), expected, rounding::<T>(8.0) * (1.0 + expected.abs()));
        }
    }
}

/// score = -∂nll, by Richardson differences of the textbook.
fn score_is_the_slope<T: Scalar>() {
    for case in LIKELIHOODS {
        let likelihood = case.likelihood::<T>();
        for y in case.labels() {
            let y = y.mapv(T::of);
            let label = double(&y).to_vec();
            let log = |eta: &[f64]| vec![naive::probability(case.name, eta, &label).ln()];
            let expected: Vec<f64> = naive::derivatives(log, case.eta).concat();
            let found = likelihood.score(case.eta().view(), y.view()).unwrap();
            for (found, expected) in found.iter().zip(&expected) {
                near(
                    found.as_f64(),
                    *expected,
                    DIFFERENCES.max(rounding::<T>(16.0)) * (1.0 + expected.abs()),
                );
            }
        }
    }
}

/// hessian = -∂score, by Richardson differences of the library's own score (which the test above has checked).
fn hessian_is_the_curvature<T: Scalar>() {
    for case in LIKELIHOODS {
        let likelihood = case.likelihood::<T>();
        for y in case.labels() {
            let score = |eta: &[f64]| {
                let score = case.likelihood::<f64>().score(vector(eta).view(), y.view()).unwrap();
                score.mapv(|s| -s).to_vec()
            };
            let expected = naive::derivatives(score, case.eta).concat();
            let found = likelihood.hessian(case.eta().view(), y.mapv(T::of).view()).unwrap();
            all_close(&found, &expected, DIFFERENCES.max(rounding::<T>(16.0)));
        }
    }
}

/// E[s] = 0 and E[s sᵀ] = fisher = E[hessian], over the support (for the Gaussian: over its exact rule), with
/// probabilities of the textbook wherever there are labels.
fn expectations_over_the_support<T: Scalar>() {
    for case in LIKELIHOODS {
        let likelihood = case.likelihood::<T>();
        let eta = case.eta::<T>();
        let outputs = eta.len();
        let support = likelihood.support(eta.view()).unwrap();
        let mut mean = vec![0.0; outputs];
        let mut second = Array2::<f64>::zeros((outputs, outputs));
        let mut curvature = Array2::<f64>::zeros((outputs, outputs));
        let mut fourth = Array1::<f64>::zeros(outputs);
        for (y, p) in support.labels.outer_iter().zip(&support.probabilities) {
            let p = if support.quadrature {
                p.as_f64()
            } else {
                naive::probability(case.name, case.eta, &y.mapv(T::as_f64).to_vec())
            };
            let score = double(&likelihood.score(eta.view(), y).unwrap());
            curvature = curvature + double(&likelihood.hessian(eta.view(), y).unwrap()) * p;
            for i in 0..outputs {
                mean[i] += p * score[i];
                fourth[i] += p * score[i].powi(4);
                for j in 0..outputs {
                    second[[i, j]] += p * score[i] * score[j];
                }
            }
        }
        let fisher = double(&likelihood.fisher(eta.view()).unwrap());
        let tolerance = rounding::<T>(32.0);
        for m in mean {
            near(m, 0.0, tolerance * fisher.diag().sum().sqrt());
        }
        all_close(&fisher, &second, tolerance);
        all_close(&fisher, &curvature, tolerance);
        assert_eq!(fisher, fisher.t());
        match likelihood.score_fourth_moments(eta.view()).unwrap() {
            Some(found) => all_close(&double(&found), fourth.as_slice().unwrap(), tolerance),
            None => assert_eq!(case.name, "categorical"),
        }
    }
}

/// root · rootᵀ = fisher, and the root has at most C columns.
fn root_is_a_root<T: Scalar>() {
    for case in LIKELIHOODS {
        let likelihood = case.likelihood::<T>();
        let root = double(&likelihood.root(case.eta().view()).unwrap());
        let fisher = double(&likelihood.fisher(case.eta().view()).unwrap());
        assert!(root.nrows() == case.eta.len() && root.ncols() <= case.eta.len());
        all_close(&naive::matmul(&root, &naive::transpose(&root)), &fisher, rounding::<T>(8.0));
    }
}

/// Fisher entries by hand: p = (1, 2, 5)/8; Bernoulli and its kin at log 3 (p = ¾); Poisson at log 7; σ² = 0.37.
fn by_hand<T: Scalar>() {
    let fisher = |name: &str, eta: &[f64]| {
        natgrad::likelihood::named::<T>(name).unwrap().fisher(vector(eta).view()).unwrap()
    };
    let expected = [7.0, -2.0, -5.0, -2.0, 12.0, -10.0, -5.0, -10.0, 15.0].map(|x| x / 64.0);
    all_close(&fisher("categorical", &[0.0, 2f64.ln(), 5f64.ln()]), &expected, rounding::<T>(4.0));
    let bernoulli = fisher("bernoulli", &[3f64.ln(), -(3f64.ln()), 0.0]);
    all_close(&bernoulli.diag().to_owned(), &[3.0 / 16.0, 3.0 / 16.0, 0.25], rounding::<T>(4.0));
    all_close(&fisher("poisson", &[7f64.ln()]), &[7.0], rounding::<T>(8.0));
    // p = ¾: 5·3/16, then 1 - p, then 2.5 p.
    all_close(&fisher("binomial:5", &[3f64.ln()]), &[15.0 / 16.0], rounding::<T>(4.0));
    all_close(&fisher("geometric", &[3f64.ln()]), &[0.25], rounding::<T>(4.0));
    all_close(&fisher("negative-binomial:2.5", &[3f64.ln()]), &[1.875], rounding::<T>(4.0));
    all_close(&fisher("gaussian:0.37", &[5.0]), &[1.0 / 0.37], rounding::<T>(1.0));
}

/// Names survive the round trip, and the width of a label is what it is.
#[test]
fn names_and_widths() {
    for (name, width) in [
        ("categorical", 1),
        ("bernoulli", 5),
        ("binomial:7", 5),
        ("poisson", 5),
        ("geometric", 5),
        ("negative-binomial:2.5", 5),
        ("gaussian:0.37", 5),
    ] {
        let likelihood = natgrad::likelihood::named::<f64>(name).unwrap();
        assert_eq!((likelihood.name().as_str(), likelihood.label_width(5)), (name, width));
    }
    let gaussian = natgrad::likelihood::Gaussian::with_variance(0.37).unwrap();
    close(gaussian.variance(), 0.37, 0.0);
}

on_both!(
    nll_is_the_textbook,
    score_is_the_slope,
    hessian_is_the_curvature,
    expectations_over_the_support,
    root_is_a_root,
    by_hand,
);
