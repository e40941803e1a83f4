//! Trial steps against a divergence and a decrease written out here.

use natgrad::fisher::{Exact, TrialStep};
use natgrad::likelihood::Categorical;
use natgrad::model::Activation;
use natgrad::{Error, Labels, LinearOperator, Network};
use ndarray::{Array1, Array2, array};

fn softmax(eta: &Array2<f64>, n: usize) -> Vec<f64> {
    let weights: Vec<f64> = eta.row(n).iter().map(|x| x.exp()).collect();
    let total: f64 = weights.iter().sum();
    weights.into_iter().map(|w| w / total).collect()
}

#[test]
fn the_step_is_what_a_forward_pass_says() {
    let network = Network::<f64>::random(&[2, 5, 3], Activation::Tanh, 7).unwrap();
    let x = array![[1.0, 0.5], [-0.5, 1.0], [0.25, -1.5], [2.0, -0.25], [0.7, 0.1], [-1.3, -0.4], [0.2, 0.9]];
    let classes = [0, 2, 1, 0, 1, 1, 2];
    let lin = network.linearize(&Categorical, &x, &Labels::classes(&classes).unwrap()).unwrap();
    let exact = lin.scores(&Exact).unwrap().dense().unwrap();
    let d = Array1::from_shape_fn(lin.dim(), |i| ((i * 7 % 11) as f64 - 4.0) / 9.0);
    for kappa in [1e-2, 1e-4, 1e-6] {
        let step = TrialStep::measure(&network, &x, &lin, &exact, d.view(), kappa).unwrap().unwrap();
        let curvature = d.dot(&exact.to_dense().unwrap().dot(&d));
        assert!((0.5 * step.length.powi(2) * curvature / kappa - 1.0).abs() < 1e-13);
        let moved = network.with_parameters((network.parameters() - &d * step.length).view()).unwrap();
        let (before, after) = (network.forward(&x).unwrap(), moved.forward(&x).unwrap());
        let (mut divergence, mut decrease) = (0.0, 0.0);
        for (n, &class) in classes.iter().enumerate() {
            let (p, q) = (softmax(&before, n), softmax(&after, n));
            divergence += p.iter().zip(&q).map(|(p, q)| p * (p / q).ln()).sum::<f64>() / 7.0;
            decrease += (q[class] / p[class]).ln() / 7.0;
        }
        assert!((step.divergence - divergence).abs() < 1e-14, "{kappa}");
        assert!((step.decrease - decrease).abs() < 1e-14, "{kappa}");
        let predicted = step.length * lin.gradient().dot(&d) - kappa;
        assert!((step.predicted_decrease - predicted).abs() < 1e-15, "{kappa}");
        // The defect of second order is of third order in the length: √κ relative to κ.
        assert!((step.divergence / kappa - 1.0).abs() < 3.0 * kappa.sqrt(), "{kappa}");
    }
}

#[test]
fn a_direction_without_curvature_has_no_step() {
    let network = Network::<f64>::random(&[2, 3], Activation::Tanh, 3).unwrap();
    let x = array![[1.0, 0.5], [-0.5, 1.0]];
    let lin = network.linearize(&Categorical, &x, &Labels::classes(&[0, 2]).unwrap()).unwrap();
    let exact = lin.scores(&Exact).unwrap().dense().unwrap();
    let none = Array1::zeros(9);
    assert_eq!(TrialStep::measure(&network, &x, &lin, &exact, none.view(), 0.1).unwrap(), None);
    for kappa in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let error = TrialStep::measure(&network, &x, &lin, &exact, none.view(), kappa).unwrap_err();
        assert!(matches!(error, Error::Setting { option: "divergence", .. }), "{error}");
    }
    let short = Array1::zeros(8);
    assert!(TrialStep::measure(&network, &x, &lin, &exact, short.view(), 0.1).is_err());
}
