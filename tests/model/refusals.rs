//! Networks and data that do not fit.

use crate::support::cases::{NETWORKS, labels, matrix};
use natgrad::likelihood::{Bernoulli, Categorical, Gaussian, Poisson};
use natgrad::model::{Activation, Affine};
use natgrad::{Error, Labels, Network, Scalar};
use ndarray::{Array1, Array2, array};

fn shape(quantity: &'static str, expected: &[usize], found: &[usize]) -> Error {
    Error::Shape { quantity, expected: expected.to_vec(), found: found.to_vec() }
}

fn layers_that_do_not_fit<T: Scalar>() {
    let layer = |outputs, inputs| Affine::<T>::new(Array2::ones((outputs, inputs)), None).unwrap();
    let tanh = Activation::Tanh;
    assert_eq!(Network::<T>::new(vec![], tanh).unwrap_err(), Error::Empty { quantity: "network" });
    let error = Network::new(vec![layer(3, 2), layer(7, 5)], tanh).unwrap_err();
    assert_eq!(error, shape("weight", &[7, 3], &[7, 5]));
    for found in [0, 2] {
        let error = Network::with_activations(vec![layer(3, 2), layer(7, 3)], vec![tanh; found]).unwrap_err();
        assert_eq!(error, shape("activations", &[1], &[found]));
    }
    assert_eq!(
        Affine::<T>::new(Array2::ones((0, 3)), None).unwrap_err(),
        Error::Empty { quantity: "weight" }
    );
    assert_eq!(
        Affine::<T>::new(Array2::ones((3, 0)), None).unwrap_err(),
        Error::Empty { quantity: "weight" }
    );
    let error = Affine::<T>::new(Array2::ones((3, 2)), Some(Array1::ones(2))).unwrap_err();
    assert_eq!(error, shape("bias", &[3], &[2]));
    let error = Affine::new(array![[T::one(), T::infinity()]], None).unwrap_err();
    assert_eq!(error, Error::NonFinite { quantity: "weight", index: 1, value: f64::INFINITY });
    let error = Affine::new(Array2::ones((2, 3)), Some(array![T::one(), T::nan()])).unwrap_err();
    assert!(matches!(error, Error::NonFinite { quantity: "bias", index: 1, .. }));
    for widths in [&[][..], &[5]] {
        let error = Network::<T>::random(widths, tanh, 0).unwrap_err();
        assert_eq!(error, shape("widths", &[2], &[widths.len()]));
    }
    for widths in [[0, 3, 2], [3, 0, 2], [3, 2, 0]] {
        assert_eq!(Network::<T>::random(&widths, tanh, 0).unwrap_err(), Error::Empty { quantity: "weight" });
    }
}

fn data_that_do_not_fit<T: Scalar>() {
    let case = &NETWORKS[2];
    let network = case.network::<T>();
    let y = labels::<T>(&case.labels());
    let linearize =
        |x: &Array2<T>, y: &Labels<T>| network.linearize(&Categorical, x, y).map(|_| ()).unwrap_err();
    let inputs = matrix::<T>(&case.inputs());
    for (x, error) in [
        (Array2::zeros((7, 3)), shape("x", &[7, 2], &[7, 3])),
        (Array2::zeros((0, 2)), Error::Empty { quantity: "x" }),
        (Array2::zeros((7, 0)), Error::Empty { quantity: "x" }),
        (Array2::zeros((5, 2)), shape("labels", &[5, 1], &[7, 1])),
    ] {
        assert_eq!(linearize(&x, &y), error);
    }
    let mut bad = inputs.clone();
    bad[[3, 1]] = T::neg_infinity();
    let expected = Error::NonFinite { quantity: "x", index: 7, value: f64::NEG_INFINITY };
    assert_eq!(linearize(&bad, &y), expected);
    assert_eq!(network.forward(&bad).unwrap_err(), expected);
    assert_eq!(network.jacobian(&bad).unwrap_err(), expected);
    bad[[3, 1]] = T::nan();
    assert!(matches!(linearize(&bad, &y), Error::NonFinite { quantity: "x", index: 7, .. }));
    // Labels of another likelihood; and a label out of range, counted over all data.
    let wide = Labels::new(Array2::zeros((7, 3))).unwrap();
    assert_eq!(linearize(&inputs, &wide), shape("labels", &[7, 1], &[7, 3]));
    let mut classes = [0, 1, 2, 0, 1, 2, 0];
    classes[5] = 3;
    let error = linearize(&inputs, &Labels::classes(&classes).unwrap());
    assert!(error.to_string().starts_with("label[5] = 3; it must be a class index"), "{error}");
    let mut yes = Array2::<T>::zeros((7, 3));
    yes[[4, 2]] = T::of(0.5);
    let error = network.linearize(&Bernoulli, &inputs, &Labels::new(yes).unwrap()).map(|_| ()).unwrap_err();
    assert_eq!(error, Error::Domain { quantity: "label", index: 14, value: 0.5, requirement: "0 or 1" });
    let theta = Array1::<T>::zeros(5);
    assert_eq!(network.with_parameters(theta.view()).unwrap_err(), shape("theta", &[case.dim()], &[5]));
    let mut theta = network.parameters();
    theta[11] = T::nan();
    assert!(matches!(
        network.with_parameters(theta.view()).unwrap_err(),
        Error::NonFinite { quantity: "theta", index: 11, .. }
    ));
    let lin = network.linearize(&Categorical, &inputs, &y).unwrap();
    assert_eq!(lin.jvp(Array1::zeros(7).view()).unwrap_err(), shape("vector", &[case.dim()], &[7]));
    assert_eq!(lin.vjp(Array2::zeros((7, 2)).view()).unwrap_err(), shape("output vectors", &[7, 3], &[7, 2]));
}

/// Finite inputs and weights whose outputs overflow are refused, with the place; so are rates that do.
#[test]
fn overflow_on_the_way() {
    let network =
        Network::new(vec![Affine::new(array![[1e200], [0.5]], None).unwrap()], Activation::Identity).unwrap();
    let gaussian = Gaussian::with_variance(0.37).unwrap();
    let y = Labels::new(Array2::zeros((3, 2))).unwrap();
    let error = network.linearize(&gaussian, &array![[1.0], [2.0], [1e200]], &y).map(|_| ()).unwrap_err();
    assert!(matches!(error, Error::NonFinite { quantity: "eta", index: 4, .. }), "{error}");
    let error = network.linearize(&Poisson, &array![[0.0], [1e-197], [0.0]], &y).map(|_| ()).unwrap_err();
    assert!(matches!(error, Error::Domain { quantity: "eta", index: 2, .. }), "{error}");
    let error = network.linearize(&Poisson, &array![[0.0], [0.0], [1000.0]], &y).map(|_| ()).unwrap_err();
    assert!(matches!(error, Error::Domain { quantity: "eta", index: 4, .. }), "{error}");
    let network =
        Network::new(vec![Affine::new(array![[1.0], [0.5]], None).unwrap()], Activation::Identity).unwrap();
    let error = network.linearize(&Poisson, &array![[0.0], [1.0], [1500.0]], &y).map(|_| ()).unwrap_err();
    assert!(matches!(error, Error::Domain { quantity: "eta", index: 4, .. }), "{error}");
}

on_both!(layers_that_do_not_fit, data_that_do_not_fit);
