//! Second derivatives: of the activations against 800-digit values, of networks against differences of the
//! gradient.

use crate::support::Stream;
use crate::support::cases::{NETWORKS, NetworkCase, double, labels, matrix, vector};
use crate::support::close::{DIFFERENCES, all_close, near, rounding};
use crate::support::naive;
use natgrad::model::Activation;
use natgrad::{Error, Linearization, Scalar};
use ndarray::{Array1, Array2, array};

/// (activation, z, φ''(z)): mpmath at 800 digits, from the definitions; every z is exact in f32, one of them is
/// next to √2.
#[rustfmt::skip]
const BENDS: &[(Activation, f64, f64)] = &[
    (Activation::Tanh, -300.0, 2.1203172424034486e-260),
    (Activation::Tanh, -37.0, 5.825032142657315e-32),
    (Activation::Tanh, -9.0, 1.2183983053522824e-07),
    (Activation::Tanh, -2.25, 0.0850196514966989),
    (Activation::Tanh, -0.75, 0.7578417022780214),
    (Activation::Tanh, -9.313225746154785e-10, 1.862645149230957e-09),
    (Activation::Tanh, 0.3125, -0.5499429482922862),
    (Activation::Tanh, 1.25, -0.47574268676347253),
    (Activation::Tanh, 1.4142135381698608, -0.3744920073123258),
    (Activation::Tanh, 3.5, -0.007268501311481512),
    (Activation::Tanh, 19.0, -2.511306233638423e-16),
    (Activation::Tanh, 37.0, -5.825032142657315e-32),
    (Activation::Sigmoid, -300.0, 5.148200222412013e-131),
    (Activation::Sigmoid, -37.0, 8.533047625744063e-17),
    (Activation::Sigmoid, -9.0, 0.00012334890107974954),
    (Activation::Sigmoid, -2.25, 0.06980864675077199),
    (Activation::Sigmoid, -0.75, 0.07808428307814441),
    (Activation::Sigmoid, -9.313225746154785e-10, 1.1641532182693481e-10),
    (Activation::Sigmoid, 0.3125, -0.037816880860033486),
    (Activation::Sigmoid, 1.25, -0.09600386680338781),
    (Activation::Sigmoid, 1.4142135381698608, -0.09578731931716522),
    (Activation::Sigmoid, 3.5, -0.02678498067666224),
    (Activation::Sigmoid, 19.0, -5.602796311971957e-09),
    (Activation::Sigmoid, 37.0, -8.533047625744063e-17),
    (Activation::Gelu, -300.0, -0.0),
    (Activation::Gelu, -37.0, -2.898048955934136e-295),
    (Activation::Gelu, -9.0, -8.121021121618442e-17),
    (Activation::Gelu, -2.25, -0.09720268374673147),
    (Activation::Gelu, -0.75, 0.43288505872253136),
    (Activation::Gelu, -9.313225746154785e-10, 0.7978845608028654),
    (Activation::Gelu, 0.3125, 0.7227586141356708),
    (Activation::Gelu, 1.25, 0.07990897485769709),
    (Activation::Gelu, 1.4142135381698608, 1.0046944239884241e-08),
    (Activation::Gelu, 3.5, -0.00894499762421904),
    (Activation::Gelu, 19.0, -5.832443372017253e-77),
    (Activation::Gelu, 37.0, -2.898048955934136e-295),
    (Activation::Softplus, -300.0, 5.148200222412013e-131),
    (Activation::Softplus, -37.0, 8.533047625744065e-17),
    (Activation::Softplus, -9.0, 0.0001233793497648489),
    (Activation::Softplus, -2.25, 0.08625794444256298),
    (Activation::Softplus, -0.75, 0.21789499376181404),
    (Activation::Softplus, -9.313225746154785e-10, 0.25),
    (Activation::Softplus, 0.3125, 0.24399446837471767),
    (Activation::Softplus, 1.25, 0.173104786992497),
    (Activation::Softplus, 1.4142135381698608, 0.15732257072707634),
    (Activation::Softplus, 3.5, 0.02845302387973556),
    (Activation::Softplus, 19.0, 5.6027963747546125e-09),
    (Activation::Softplus, 37.0, 8.533047625744065e-17),
];

/// Relative accuracy, next to the zeros of tanh'', sigmoid'' and gelu'' too.
fn bends<T: Scalar>() {
    for &(activation, z, expected) in BENDS {
        let found = activation.second_derivative(T::of(z)).as_f64();
        // e^(-z²/2) and e^-|z| carry half an ulp of their argument; f32 forms e^-|z| in f32.
        let argument =
            if activation == Activation::Gelu { z * z * f64::EPSILON } else { rounding::<T>(z.abs()) };
        let normal = T::min_positive_value().as_f64();
        near(found, expected, (rounding::<T>(6.0) + argument) * expected.abs() + normal);
    }
    for activation in [Activation::Identity, Activation::Relu] {
        for z in [-2.0, 0.0, 2.0] {
            assert!(activation.second_derivative(T::of(z)).is_zero());
        }
    }
}

/// Against differences of φ' over the moderate range, and numbers at the ends of the range.
fn bends_are_differences<T: Scalar>() {
    for activation in Activation::ALL {
        for k in -50..=50 {
            let z = f64::from(k) / 8.0 + 1.0 / 32.0;
            let expected = naive::derivative(|z| vec![activation.evaluate(z).1], z)[0];
            let found = activation.second_derivative(T::of(z)).as_f64();
            near(found, expected, DIFFERENCES.max(rounding::<T>(8.0)));
        }
        for reach in [1e3, 1e30, T::max_value().as_f64()] {
            assert!(activation.second_derivative(T::of(reach)).is_zero());
            assert!(activation.second_derivative(T::of(-reach)).is_zero());
        }
    }
}

fn linearize<T: Scalar>(case: &NetworkCase, theta: &[f64]) -> Linearization<T> {
    let network = case.network::<T>().with_parameters(vector(theta).view()).unwrap();
    network.linearize(&case.likelihood::<T>(), &matrix(&case.inputs()), &labels(&case.labels())).unwrap()
}

/// The Hessian of the loss = differences of the gradient, for every parameter of every network of the table.
fn hessian_is_the_derivative_of_the_gradient<T: Scalar>() {
    for case in NETWORKS {
        let theta = case.theta();
        let gradient = |theta: &[f64]| linearize::<f64>(case, theta).gradient().to_vec();
        let expected = naive::derivatives(gradient, &theta).concat();
        let hessian = linearize::<T>(case, &theta).hessian().unwrap();
        let dense = hessian.to_dense().unwrap();
        assert_eq!(dense, dense.t());
        // f32: sums of some hundred products in the passes and as many in the weights of lower layers.
        all_close(&dense, &expected, DIFFERENCES.max(rounding::<T>(32.0)));
        let mut stream = Stream(77);
        let v = Array1::from_shape_simple_fn(case.dim(), || stream.dyadic());
        let expected = naive::apply(&double(&dense), &v);
        let found = hessian.apply(v.mapv(T::of).view()).unwrap();
        all_close(&found, expected.as_slice().unwrap(), rounding::<T>(64.0));
    }
}

/// Σ r ∂²η v = differences of Jᵀr along v, at fixed r: the part that a Gauss-Newton matrix leaves out.
fn second_vjp_is_the_derivative_of_the_vjp<T: Scalar>() {
    for case in NETWORKS {
        let theta = case.theta();
        let mut stream = Stream(501);
        let lin = linearize::<T>(case, &theta);
        let r = Array2::from_shape_simple_fn((case.data, lin.outputs()), || stream.dyadic());
        // An eighth, so that no relu crosses its kink.
        let v = Array1::from_shape_simple_fn(case.dim(), || 0.125 * stream.dyadic());
        let along = |t: f64| {
            let theta: Vec<f64> = theta.iter().zip(&v).map(|(theta, v)| theta + t * v).collect();
            linearize::<f64>(case, &theta).vjp(r.view()).unwrap().to_vec()
        };
        let expected = naive::derivative(along, 0.0);
        let found = lin.second_vjp(matrix::<T>(&r).view(), v.mapv(T::of).view()).unwrap();
        if case.widths.len() == 2 {
            assert!(found.iter().all(|x| x.is_zero()), "one layer is affine");
        } else {
            all_close(&found, &expected, DIFFERENCES.max(rounding::<T>(32.0)));
        }
    }
}

#[test]
fn refusals() {
    let case = &NETWORKS[2];
    let lin = linearize::<f64>(case, &case.theta());
    let v = Array1::zeros(case.dim() - 1);
    let expected =
        Error::Shape { quantity: "vector", expected: vec![case.dim()], found: vec![case.dim() - 1] };
    assert_eq!(lin.hessian().unwrap().apply(v.view()).unwrap_err(), expected);
    assert_eq!(lin.second_vjp(Array2::zeros((7, 3)).view(), v.view()).unwrap_err(), expected);
    let error = lin.second_vjp(Array2::zeros((3, 7)).view(), v.view()).unwrap_err();
    assert!(matches!(error, Error::Shape { quantity: "output vectors", .. }), "{error}");
    let bernoulli = natgrad::likelihood::Bernoulli;
    let y = natgrad::Labels::new(array![[1.0]]).unwrap();
    let bare = Linearization::from_jacobian(&bernoulli, array![[[0.5, 2.0]]], array![[0.0]], &y).unwrap();
    let errors = [
        bare.hessian().unwrap_err(),
        bare.second_vjp(array![[1.0]].view(), array![1.0, 2.0].view()).unwrap_err(),
    ];
    for error in errors {
        assert_eq!(
            error.to_string(),
            "second derivative of the outputs: a model from elsewhere came with its Jacobian only; a `Network` knows \
             how it bends"
        );
    }
}

on_both!(
    bends,
    bends_are_differences,
    hessian_is_the_derivative_of_the_gradient,
    second_vjp_is_the_derivative_of_the_vjp,
);
