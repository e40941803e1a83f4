//! Every case of `golden/fisher.json`: outputs, loss, gradient and products with the Jacobian, made by complex
//! steps at 80 digits.

use crate::support::cases::{network, vector};
use crate::support::close::{GOLDEN, all_close, close, rounding};
use natgrad::likelihood::named;
use natgrad::model::Activation;
use natgrad::{Labels, Scalar};
use ndarray::{Array1, Array2};
use serde_json::Value;

fn flat(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(parts) => parts.iter().flat_map(flat).collect(),
        other => vec![other.as_f64().unwrap()],
    }
}

fn sizes(value: &Value) -> Vec<usize> {
    flat(value).into_iter().map(|x| x as usize).collect()
}

/// Rows of equal length.
fn rows<T: Scalar>(value: &Value, data: usize) -> Array2<T> {
    let values = flat(value);
    let width = values.len() / data;
    Array2::from_shape_fn((data, width), |(n, k)| T::of(values[n * width + k]))
}

fn every_golden_case<T: Scalar>() {
    let file: Value = serde_json::from_str(include_str!("../golden/fisher.json")).unwrap();
    // f32 sees inputs rounded to f32, so that the problem itself differs by some ε.
    let tolerance = GOLDEN.max(rounding::<T>(64.0));
    let cases = file["cases"].as_array().unwrap();
    assert!(cases.len() >= 21);
    for case in cases {
        let data = case["n"].as_u64().unwrap() as usize;
        let widths = sizes(&case["widths"]);
        let biases: Vec<bool> =
            case["bias"].as_array().unwrap().iter().map(|b| b.as_bool().unwrap()).collect();
        let activation: Activation = case["activation"].as_str().unwrap().parse().unwrap();
        let activations = vec![activation; widths.len() - 2];
        let network = network::<T>(&widths, &biases, &activations, &flat(&case["theta"]));
        let likelihood = named::<T>(case["likelihood"].as_str().unwrap()).unwrap();
        let (x, labels) = (rows::<T>(&case["x"], data), Labels::new(rows(&case["y"], data)).unwrap());
        let expected = &case["expected"];
        assert_eq!(network.dim() as u64, case["params"].as_u64().unwrap());

        all_close(&network.forward(&x).unwrap(), &flat(&expected["eta"]), tolerance);
        let lin = network.linearize(&likelihood, &x, &labels).unwrap();
        all_close(lin.eta(), &flat(&expected["eta"]), tolerance);
        let nll: Array1<T> =
            (0..data).map(|n| likelihood.nll(lin.eta().row(n), labels.row(n)).unwrap()).collect();
        all_close(&nll, &flat(&expected["nll"]), tolerance);
        let loss = expected["loss"].as_f64().unwrap();
        close(lin.loss().as_f64(), loss, tolerance);
        close(network.loss(&likelihood, &x, &labels).unwrap().as_f64(), loss, tolerance);
        all_close(lin.gradient(), &flat(&expected["gradient"]), tolerance);
        let jvp = lin.jvp(vector(&flat(&case["v"])).view()).unwrap();
        all_close(&jvp, &flat(&expected["jvp"]), tolerance);
        let vjp = lin.vjp(rows(&case["u"], data).view()).unwrap();
        all_close(&vjp, &flat(&expected["vjp"]), tolerance);
    }
}

on_both!(every_golden_case);
