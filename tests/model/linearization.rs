//! Jacobians from elsewhere enter on the same floor.

use crate::support::cases::{NETWORKS, double, labels, matrix};
use crate::support::close::{all_close, close, rounding};
use crate::support::{Stream, naive};
use natgrad::likelihood::{Bernoulli, Categorical, Poisson};
use natgrad::model::Linearization;
use natgrad::{Error, Labels, Scalar};
use ndarray::{Array1, Array2, Array3, array};

/// The network's own Jacobian, given from outside: the same loss (to the bit), gradient, jvp and vjp.
fn agrees_with_the_network<T: Scalar>() {
    for case in NETWORKS {
        let (x, y) = (matrix(&case.inputs()), labels::<T>(&case.labels()));
        let network = case.network::<T>();
        let inside = network.linearize(&case.likelihood(), &x, &y).unwrap();
        let jacobian = network.jacobian(&x).unwrap();
        let eta = network.forward(&x).unwrap();
        let outside =
            Linearization::from_jacobian(&case.likelihood(), jacobian.clone(), eta.clone(), &y).unwrap();
        assert_eq!(outside.loss().as_f64().to_bits(), inside.loss().as_f64().to_bits());
        all_close(outside.gradient(), &double(inside.gradient()), rounding::<T>(32.0));
        let mut stream = Stream(3);
        let v = Array1::from_shape_simple_fn(case.dim(), || T::of(stream.dyadic()));
        let r = Array2::from_shape_simple_fn(eta.dim(), || T::of(stream.dyadic()));
        all_close(
            &outside.jvp(v.view()).unwrap(),
            &double(&inside.jvp(v.view()).unwrap()),
            rounding::<T>(32.0),
        );
        all_close(
            &outside.vjp(r.view()).unwrap(),
            &double(&inside.vjp(r.view()).unwrap()),
            rounding::<T>(32.0),
        );
        assert_eq!((outside.data(), outside.outputs(), outside.dim()), (case.data, eta.ncols(), case.dim()));
        assert_eq!(outside.likelihood().name(), case.likelihood);
        assert_eq!(outside.layout().tensors().len(), 1);
        // A Jacobian in another memory order is the same Jacobian.
        let turned = jacobian.t().as_standard_layout().into_owned().reversed_axes();
        let again = Linearization::from_jacobian(&case.likelihood(), turned, eta, &y).unwrap();
        assert_eq!(again.gradient(), outside.gradient());
    }
}

/// Two data, two outputs, three parameters by hand: Bernoulli at η = 0 has score y - ½.
fn by_hand<T: Scalar>() {
    let jacobian =
        array![[[1.0, 0.0, 2.0], [0.0, 3.0, -1.0]], [[5.0, 1.0, 0.0], [-2.0, 0.0, 7.0]]].mapv(T::of);
    let eta = Array2::zeros((2, 2));
    let y = Labels::new(array![[1.0, 0.0], [0.0, 1.0]].mapv(T::of)).unwrap();
    let lin = Linearization::from_jacobian(&Bernoulli, jacobian, eta, &y).unwrap();
    // -½ Σ Jᵀ s: rows with s = +½, -½, -½, +½.
    assert_eq!(lin.gradient(), &array![1.5, 1.0, -2.5].mapv(T::of));
    close(lin.loss().as_f64(), 2.0 * 2f64.ln(), rounding::<T>(2.0));
    let v = array![1.0, 2.0, 3.0].mapv(T::of);
    assert_eq!(lin.jvp(v.view()).unwrap(), array![[7.0, 3.0], [7.0, 19.0]].mapv(T::of));
    let r = array![[1.0, 2.0], [3.0, 5.0]].mapv(T::of);
    assert_eq!(lin.vjp(r.view()).unwrap(), array![6.0, 9.0, 35.0].mapv(T::of));
}

/// A linear-in-parameters Poisson model: the gradient by hand from rates 2 and 5.
#[test]
fn poisson_by_hand() {
    let jacobian = array![[[1.0, 3.0]], [[2.0, -1.0]]];
    let eta = array![[2f64.ln()], [5f64.ln()]];
    let y = Labels::new(array![[4.0], [1.0]]).unwrap();
    let lin = Linearization::from_jacobian(&Poisson, jacobian, eta, &y).unwrap();
    // λ - y = -2 and 4; halves of (-2 + 8, -6 - 4).
    all_close(lin.gradient(), &[3.0, -5.0], 1e-15);
    let exact = ((2.0 - 4.0 * 2f64.ln() + 24f64.ln()) + (5.0 - 5f64.ln())) / 2.0;
    close(lin.loss(), exact, 1e-15);
}

fn refusals<T: Scalar>() {
    let y = Labels::<T>::classes(&[0, 2]).unwrap();
    let of = |data, outputs, order| Array3::<T>::ones((data, outputs, order));
    let eta = |data, outputs| Array2::<T>::zeros((data, outputs));
    let refused = |jacobian, eta, y: &Labels<T>| {
        Linearization::from_jacobian(&Categorical, jacobian, eta, y).map(|lin| lin.loss()).unwrap_err()
    };
    let shape = |quantity, expected: &[usize], found: &[usize]| Error::Shape {
        quantity,
        expected: expected.to_vec(),
        found: found.to_vec(),
    };
    for (data, outputs, order) in [(0, 3, 5), (2, 0, 5), (2, 3, 0)] {
        let error = refused(of(data, outputs, order), eta(data, outputs), &y);
        assert_eq!(error, Error::Empty { quantity: "jacobian" });
    }
    assert_eq!(refused(of(2, 3, 5), eta(2, 5), &y), shape("eta", &[2, 3], &[2, 5]));
    assert_eq!(refused(of(7, 3, 5), eta(7, 3), &y), shape("labels", &[7, 1], &[2, 1]));
    let mut bad = of(2, 3, 5);
    bad[[1, 2, 3]] = T::infinity();
    assert_eq!(
        refused(bad, eta(2, 3), &y),
        Error::NonFinite { quantity: "jacobian", index: 28, value: f64::INFINITY }
    );
    let mut bad = eta(2, 3);
    bad[[1, 1]] = T::infinity();
    assert_eq!(
        refused(of(2, 3, 5), bad, &y),
        Error::NonFinite { quantity: "eta", index: 4, value: f64::INFINITY }
    );
    // The index of a label counts over all data.
    let error = refused(of(2, 3, 5), eta(2, 3), &Labels::classes(&[0, 3]).unwrap());
    assert!(
        matches!(error, Error::Domain { quantity: "label", index: 1, value, .. } if (value - 3.0).abs() <= 0.0)
    );
    let lin = Linearization::from_jacobian(&Categorical, of(2, 3, 5), eta(2, 3), &y).unwrap();
    assert_eq!(lin.jvp(Array1::ones(7).view()).unwrap_err(), shape("vector", &[5], &[7]));
    assert_eq!(lin.vjp(eta(3, 2).view()).unwrap_err(), shape("output vectors", &[2, 3], &[3, 2]));
    assert_eq!(lin.clone().with_ids(&[1, 2, 3]).unwrap_err(), shape("ids", &[2], &[3]));
    assert!(lin.with_ids(&[5, 5]).is_ok());
}

/// The gradient of a likelihood through a general Jacobian, by Richardson differences in θ of η(θ) = η₀ + Jθ.
#[test]
fn gradient_through_a_jacobian() {
    let mut stream = Stream(31);
    let jacobian = Array3::from_shape_simple_fn((5, 3, 7), || stream.dyadic());
    let eta = Array2::from_shape_simple_fn((5, 3), || stream.dyadic());
    let classes = [0.0, 2.0, 1.0, 1.0, 2.0];
    let y = Labels::new(Array2::from_shape_fn((5, 1), |(n, _)| classes[n])).unwrap();
    let lin = Linearization::from_jacobian(&Categorical, jacobian.clone(), eta.clone(), &y).unwrap();
    let loss = |theta: &[f64]| {
        let total: f64 = (0..5)
            .map(|n| {
                let moved: Vec<f64> = (0..3)
                    .map(|c| eta[[n, c]] + (0..7).map(|p| jacobian[[n, c, p]] * theta[p]).sum::<f64>())
                    .collect();
                -naive::softmax(&moved)[classes[n] as usize].ln()
            })
            .sum();
        vec![total / 5.0]
    };
    all_close(lin.gradient(), &naive::derivatives(loss, &[0.0; 7]).concat(), 1e-10);
}

on_both!(agrees_with_the_network, by_hand, refusals);
