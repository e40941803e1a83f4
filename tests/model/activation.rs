//! Activations: exact values at moderate and extreme z, slopes by differences.

use crate::support::close::{DIFFERENCES, close, near, rounding};
use crate::support::naive;
use natgrad::Scalar;
use natgrad::model::Activation;

/// (activation, z, φ(z), φ'(z)): mpmath 1.3 at 800 digits, from the definitions gelu = z erfc(-z/√2)/2, softplus =
/// log1p(e^z), sigmoid = 1/(1+e^-z), tanh; derivatives Φ + zφ, sigmoid, s(1-s), 1-tanh². Every z is exact in f32.
const EXACT: &[(Activation, f64, f64, f64)] = &[
    (Activation::Gelu, -37.0, -2.1184613523340935e-298, -7.838298669418516e-297),
    (Activation::Gelu, -30.0, -1.472014178144456e-196, -4.416031690708495e-195),
    (Activation::Gelu, -19.0, -1.6201725509998855e-79, -3.078281245917224e-78),
    (Activation::Gelu, -11.0, -2.1017255319485433e-27, -2.311594583115302e-26),
    (Activation::Gelu, -5.5, -1.0444259356238245e-07, -5.733472398739924e-07),
    (Activation::Gelu, -2.25, -0.027505063473850584, -0.05918974397520698),
    (Activation::Gelu, -1.5, -0.1002108019032871, -0.12746919222997952),
    (Activation::Gelu, -0.75, -0.16997051428265114, 0.0007742782607648957),
    (Activation::Gelu, -9.313225746154785e-10, -4.65661286961712e-10, 0.4999999992569121),
    (Activation::Gelu, 0.3125, 0.1945842870219241, 0.7413980329072283),
    (Activation::Gelu, 1.25, 1.117937782916431, 1.1226615830694222),
    (Activation::Gelu, 3.5, 3.4991857982233756, 1.0028217603536247),
    (Activation::Gelu, 9.0, 9.0, 1.0),
    (Activation::Gelu, 25.0, 25.0, 1.0),
    (Activation::Softplus, -740.0, 4.2e-322, 4.2e-322),
    (Activation::Softplus, -300.0, 5.148200222412013e-131, 5.148200222412013e-131),
    (Activation::Softplus, -37.0, 8.533047625744066e-17, 8.533047625744065e-17),
    (Activation::Softplus, -19.0, 5.602796421841603e-09, 5.60279640614594e-09),
    (Activation::Softplus, -5.5, 0.0040784432705707205, 0.004070137715896128),
    (Activation::Softplus, -0.75, 0.38687100611489994, 0.320821300824607),
    (Activation::Softplus, -9.313225746154785e-10, 0.693147180094284, 0.49999999976716936),
    (Activation::Softplus, 0.3125, 0.8615548622706682, 0.5774953651858118),
    (Activation::Softplus, 3.5, 3.5297504182726205, 0.9706877692486436),
    (Activation::Softplus, 19.0, 19.000000005602796, 0.9999999943972036),
    (Activation::Softplus, 37.0, 37.0, 0.9999999999999999),
    (Activation::Softplus, 300.0, 300.0, 1.0),
    (Activation::Sigmoid, -740.0, 4.2e-322, 4.2e-322),
    (Activation::Sigmoid, -300.0, 5.148200222412013e-131, 5.148200222412013e-131),
    (Activation::Sigmoid, -37.0, 8.533047625744065e-17, 8.533047625744065e-17),
    (Activation::Sigmoid, -19.0, 5.60279640614594e-09, 5.6027963747546125e-09),
    (Activation::Sigmoid, -5.5, 0.004070137715896128, 0.004053571694869767),
    (Activation::Sigmoid, -0.75, 0.320821300824607, 0.21789499376181404),
    (Activation::Sigmoid, -9.313225746154785e-10, 0.49999999976716936, 0.25),
    (Activation::Sigmoid, 0.3125, 0.5774953651858118, 0.24399446837471767),
    (Activation::Sigmoid, 3.5, 0.9706877692486436, 0.02845302387973556),
    (Activation::Sigmoid, 19.0, 0.9999999943972036, 5.6027963747546125e-09),
    (Activation::Sigmoid, 37.0, 0.9999999999999999, 8.533047625744065e-17),
    (Activation::Sigmoid, 300.0, 1.0, 5.148200222412013e-131),
    (Activation::Tanh, -300.0, -1.0, 1.0601586212017243e-260),
    (Activation::Tanh, -37.0, -1.0, 2.9125160713286574e-32),
    (Activation::Tanh, -19.0, -0.9999999999999999, 1.2556531168192118e-16),
    (Activation::Tanh, -5.5, -0.9999665971563038, 6.680457164241374e-05),
    (Activation::Tanh, -0.75, -0.6351489523872873, 0.5965858082813315),
    (Activation::Tanh, -9.313225746154785e-10, -9.313225746154785e-10, 1.0),
    (Activation::Tanh, 0.3125, 0.3027097293321085, 0.9083668197676816),
    (Activation::Tanh, 3.5, 0.9981778976111987, 0.003640884720487306),
    (Activation::Tanh, 19.0, 0.9999999999999999, 1.2556531168192118e-16),
    (Activation::Tanh, 37.0, 1.0, 2.9125160713286574e-32),
    (Activation::Tanh, 300.0, 1.0, 1.0601586212017243e-260),
];

fn exact_values<T: Scalar>() {
    for &(activation, z, value, slope) in EXACT {
        let (found, found_slope) = activation.evaluate(T::of(z));
        // gelu carries e^(-z²/2), whose argument is off by half an ulp of up to 684; its value is made in f64.
        let tail = if activation == Activation::Gelu { 0.5 * z * z * f64::EPSILON } else { 0.0 };
        let tolerance = rounding::<T>(4.0) + tail;
        // Expected values may lie among the subnormal numbers of T.
        let normal = T::min_positive_value().as_f64();
        near(found.as_f64(), value, tolerance * value.abs() + normal);
        // The slope of gelu passes through 0 at -0.7518: there it is a difference of numbers near ¼.
        let size =
            if activation == Activation::Gelu && z > -2.0 { slope.abs().max(0.25) } else { slope.abs() };
        near(found_slope.as_f64(), slope, tolerance * size + normal);
    }
}

/// All activations against their definitions and their differences, across the moderate range.
fn definitions_and_slopes<T: Scalar>() {
    for activation in Activation::ALL {
        for k in -50..=50 {
            // Offset by 1/32, so that the kink of relu is out of the reach of the differences.
            let z = f64::from(k) / 8.0 + 1.0 / 32.0;
            let (value, slope) = activation.evaluate(T::of(z));
            near(value.as_f64(), naive::activation(activation, z), rounding::<T>(8.0) * (1.0 + z.abs()));
            let expected = naive::derivative(|z| vec![naive::activation(activation, z)], z)[0];
            near(slope.as_f64(), expected, DIFFERENCES.max(rounding::<T>(8.0)));
        }
    }
}

/// Limits at ±1000 and at the ends of the range: no NaN, and the right limit.
fn extremes<T: Scalar>() {
    for reach in [1e3, 1e30, T::max_value().as_f64()] {
        for activation in Activation::ALL {
            let (up, down) = (activation.evaluate(T::of(reach)), activation.evaluate(T::of(-reach)));
            let numbers = [up.0, up.1, down.0, down.1].map(T::as_f64);
            let expected = match activation {
                Activation::Identity => [reach, 1.0, -reach, 1.0],
                Activation::Tanh => [1.0, 0.0, -1.0, 0.0],
                Activation::Sigmoid => [1.0, 0.0, 0.0, 0.0],
                _ => [reach, 1.0, 0.0, 0.0],
            };
            for (found, expected) in numbers.iter().zip(expected) {
                close(*found, T::of(expected).as_f64(), 0.0);
            }
        }
    }
}

/// relu is flat at 0, from either side of zero.
fn relu_at_zero<T: Scalar>() {
    for zero in [0.0, -0.0] {
        let (value, slope) = Activation::Relu.evaluate(T::of(zero));
        assert!(value.is_zero() && slope.is_zero());
    }
    let (value, slope) = Activation::Relu.evaluate(T::min_positive_value());
    assert!(value > T::zero() && slope.is_one());
}

#[test]
fn names_round_trip() {
    let names = ["identity", "tanh", "relu", "sigmoid", "gelu", "softplus"];
    for (activation, name) in Activation::ALL.into_iter().zip(names) {
        assert_eq!((activation.name(), name.parse()), (name, Ok(activation)));
    }
    for name in ["", "ReLU", "swish", "tanh "] {
        assert_eq!(
            name.parse::<Activation>().unwrap_err().to_string(),
            format!("unknown activation '{name}'; known: identity, tanh, relu, sigmoid, gelu, softplus")
        );
    }
}

on_both!(exact_values, definitions_and_slopes, extremes, relu_at_zero);
