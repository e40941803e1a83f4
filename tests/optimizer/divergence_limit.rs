//! The limit on the divergence of a natural step: by hand, and by the divergence itself.

use crate::support::close::close;
use natgrad::fisher::{DenseForm, Exact, ImplicitForm};
use natgrad::likelihood::{Bernoulli, Poisson};
use natgrad::model::Activation;
use natgrad::optimizer::NaturalGradient;
use natgrad::solver::{Cholesky, ConjugateGradient};
use natgrad::{Error, Labels, Linearization, Network};
use ndarray::{Array1, Array2, array};

/// Three Poisson counts at rate 1 with J = (3, 0), (0, 6), (3, 0), y = 3, 0, 1: F = diag(6, 12), g = (-2, 2), and with
/// λ = 2 d = (-1/4, 1/7). dᵀFd = 6/16 + 12/49 = 243/392, while dᵀ(F + λI)d = 11/14 and dᵀF⁻¹d is less than 0.02.
fn linear() -> Linearization<f64> {
    let jacobian = array![[[3.0, 0.0]], [[0.0, 6.0]], [[3.0, 0.0]]];
    let y = Labels::new(array![[3.0], [0.0], [1.0]]).unwrap();
    Linearization::from_jacobian(&Poisson, jacobian, Array2::zeros((3, 1)), &y).unwrap()
}

fn method(learning_rate: f64, divergence_limit: Option<f64>) -> NaturalGradient<Exact, DenseForm, Cholesky> {
    NaturalGradient {
        estimator: Exact,
        representation: DenseForm,
        solver: Cholesky::damped(2.0),
        learning_rate,
        divergence_limit,
    }
}

#[test]
fn the_limit_shortens_the_step_by_hand() {
    let curvature = 243.0 / 392.0;
    let shortened = |limit: f64| (2.0 * limit / curvature).sqrt();
    for (rate, limit, expected) in [
        (1.0, Some(0.02), shortened(0.02)),
        (7.0, Some(3.0), shortened(3.0)),
        // Inside the limit, and without one.
        (0.25, Some(0.02), 0.25),
        (1.0, Some(0.31), 1.0),
        (5.0, None, 5.0),
        (5.0, Some(0.0), 0.0),
    ] {
        let mut theta = array![0.5, -0.25];
        let step = method(rate, limit).step(&mut theta, &linear()).unwrap();
        close(step.learning_rate, expected, 1e-14);
        close(step.predicted_divergence, 0.5 * expected * expected * curvature, 1e-14);
        close(theta[0], 0.5 + 0.25 * expected, 1e-14);
        close(theta[1], -0.25 - expected / 7.0, 1e-14);
        if let Some(limit) = limit {
            assert!(step.predicted_divergence <= limit * (1.0 + 1e-14));
        }
    }
}

/// The shortened step of a network moves its predictions by κ, as a forward pass says; to first order in the step.
#[test]
fn the_divergence_of_a_shortened_step_is_the_limit() {
    let x = Array2::from_shape_fn((13, 3), |(n, d)| ((n * 5 + d * 7) % 11) as f64 / 5.0 - 1.0);
    let y = Array2::from_shape_fn((13, 2), |(n, c)| f64::from((n + 2 * c) % 3 == 0));
    let network = Network::<f64>::random(&[3, 5, 2], Activation::Tanh, 1).unwrap();
    let lin = network.linearize(&Bernoulli, &x, &Labels::new(y).unwrap()).unwrap();
    let before = network.forward(&x).unwrap();
    for limit in [1e-6, 1e-8] {
        let method = NaturalGradient {
            estimator: Exact,
            representation: ImplicitForm,
            solver: ConjugateGradient::damped(0.1),
            learning_rate: 1e3,
            divergence_limit: Some(limit),
        };
        let mut theta = network.parameters();
        let step = method.step(&mut theta, &lin).unwrap();
        close(step.predicted_divergence, limit, 1e-12);
        let after = network.with_parameters(theta.view()).unwrap().forward(&x).unwrap();
        let sigmoid = |eta: f64| 1.0 / (1.0 + (-eta).exp());
        let mut divergence = 0.0;
        for (&old, &new) in before.iter().zip(&after) {
            // Two laws so near one another that logarithms would cancel: the series to the third order in p.
            let (p, change) = (sigmoid(old), sigmoid(new) - sigmoid(old));
            let (yes, no) = (change / p, -change / (1.0 - p));
            let term = |r: f64| r * r / 2.0 - r.powi(3) / 3.0;
            divergence += (p * term(yes) + (1.0 - p) * term(no)) / 13.0;
        }
        // What is left is of the order of the step.
        assert!((divergence / limit - 1.0).abs() < 5.0 * limit.sqrt(), "{divergence:e} for {limit:e}");
    }
}

#[test]
fn a_limit_must_be_a_number() {
    for bad in [-1.0, f64::NAN, f64::INFINITY] {
        let mut theta: Array1<f64> = array![0.5, -0.25];
        let error = method(1.0, Some(bad)).step(&mut theta, &linear()).unwrap_err();
        assert!(matches!(error, Error::Setting { option: "divergence_limit", .. }), "{error}");
        assert_eq!(theta, array![0.5, -0.25]);
    }
}
