//! Slow twins by definition: triple loops, textbook formulas, differences. All in f64.

use natgrad::model::Activation;
use ndarray::{Array1, Array2};

/// A B, entry by entry.
pub fn matmul(a: &Array2<f64>, b: &Array2<f64>) -> Array2<f64> {
    assert_eq!(a.ncols(), b.nrows());
    let mut c = Array2::zeros((a.nrows(), b.ncols()));
    for i in 0..a.nrows() {
        for j in 0..b.ncols() {
            for k in 0..a.ncols() {
                c[[i, j]] += a[[i, k]] * b[[k, j]];
            }
        }
    }
    c
}

/// The transpose, moved in memory.
pub fn transpose(a: &Array2<f64>) -> Array2<f64> {
    Array2::from_shape_fn((a.ncols(), a.nrows()), |(i, j)| a[[j, i]])
}

/// A v.
pub fn apply(a: &Array2<f64>, v: &Array1<f64>) -> Array1<f64> {
    Array1::from_shape_fn(a.nrows(), |i| (0..a.ncols()).map(|j| a[[i, j]] * v[j]).sum())
}

/// xᵀ y.
pub fn dot(x: &Array1<f64>, y: &Array1<f64>) -> f64 {
    x.iter().zip(y).map(|(a, b)| a * b).sum()
}

/// ‖x‖.
pub fn norm(x: &Array1<f64>) -> f64 {
    dot(x, x).sqrt()
}

/// Q diag(λ) Qᵀ with Q the product of two reflections: a symmetric matrix with known spectrum.
pub fn with_spectrum(spectrum: &[f64], seed: u64) -> Array2<f64> {
    let n = spectrum.len();
    let mut stream = super::Stream(seed);
    let mut a = Array2::from_shape_fn((n, n), |(i, j)| if i == j { spectrum[i] } else { 0.0 });
    for _ in 0..2 {
        let v = Array1::from_shape_fn(n, |_| stream.dyadic() + 0.01);
        let square = dot(&v, &v);
        let q =
            Array2::from_shape_fn((n, n), |(i, j)| f64::from(u8::from(i == j)) - 2.0 * v[i] * v[j] / square);
        a = matmul(&matmul(&q, &a), &q);
    }
    // Rounding leaves the halves a little apart.
    Array2::from_shape_fn((n, n), |(i, j)| 0.5 * (a[[i, j]] + a[[j, i]]))
}

/// e^η_c / Σ e^η.
pub fn softmax(eta: &[f64]) -> Vec<f64> {
    let total: f64 = eta.iter().map(|x| x.exp()).sum();
    eta.iter().map(|x| x.exp() / total).collect()
}

/// p(y|η), or the density, of one label by the textbook; `name` as the command line spells it.
pub fn probability(name: &str, eta: &[f64], y: &[f64]) -> f64 {
    if name == "categorical" {
        return softmax(eta)[y[0] as usize];
    }
    let one = |eta: f64, y: f64| match name.split_once(':') {
        None if name == "bernoulli" => (y * eta).exp() / (1.0 + eta.exp()),
        None if name == "poisson" => {
            // Σ log keeps large counts in range.
            let log_factorial: f64 = (1..=y as u64).map(|k| (k as f64).ln()).sum();
            (y * eta - eta.exp() - log_factorial).exp()
        }
        None if name == "geometric" => 1.0 / (1.0 + (-eta).exp()) / (1.0 + eta.exp()).powf(y),
        Some(("binomial", trials)) => {
            let trials: f64 = trials.parse().unwrap();
            let choices: f64 = (0..y as u64).map(|k| (trials - k as f64) / (k as f64 + 1.0)).product();
            choices / (1.0 + (-eta).exp()).powf(y) / (1.0 + eta.exp()).powf(trials - y)
        }
        Some(("negative-binomial", failures)) => {
            let r: f64 = failures.parse().unwrap();
            let orders: f64 = (0..y as u64).map(|k| (r + k as f64) / (k as f64 + 1.0)).product();
            orders / (1.0 + (-eta).exp()).powf(y) / (1.0 + eta.exp()).powf(r)
        }
        Some(("gaussian", variance)) => {
            let variance: f64 = variance.parse().unwrap();
            (-(y - eta).powi(2) / (2.0 * variance)).exp() / (2.0 * std::f64::consts::PI * variance).sqrt()
        }
        _ => panic!("no textbook formula for {name}"),
    };
    eta.iter().zip(y).map(|(&eta, &y)| one(eta, y)).product()
}

/// φ(z) by the definition; good for moderate z only.
pub fn activation(activation: Activation, z: f64) -> f64 {
    match activation {
        Activation::Identity => z,
        Activation::Tanh => (z.exp() - (-z).exp()) / (z.exp() + (-z).exp()),
        Activation::Relu => f64::max(z, 0.0),
        Activation::Sigmoid => 1.0 / (1.0 + (-z).exp()),
        Activation::Softplus => (1.0 + z.exp()).ln(),
        Activation::Gelu => {
            // Φ(z) = ½ + φ(z) Σ z^(2k+1)/(2k+1)!!, the series of Marsaglia 2004.
            let (mut term, mut sum, mut k) = (z, 0.0, 1.0);
            while f64::abs(term) > 1e-20 {
                sum += term;
                k += 2.0;
                term *= z * z / k;
            }
            z * (0.5 + sum * (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt())
        }
        other => panic!("no definition of {other:?}"),
    }
}

/// η of one datum: `theta` flat, per layer the weight row-major and then the bias if there is one.
pub fn forward(
    widths: &[usize],
    biases: &[bool],
    activations: &[Activation],
    theta: &[f64],
    x: &[f64],
) -> Vec<f64> {
    let mut values = x.to_vec();
    let mut rest = theta;
    for (l, &bias) in biases.iter().enumerate() {
        let (inputs, outputs) = (widths[l], widths[l + 1]);
        let (weight, tail) = rest.split_at(inputs * outputs);
        let (offset, tail) = tail.split_at(if bias { outputs } else { 0 });
        rest = tail;
        let mut next = Vec::new();
        for o in 0..outputs {
            let mut z = if bias { offset[o] } else { 0.0 };
            for (i, value) in values.iter().enumerate() {
                z += weight[o * inputs + i] * value;
            }
            next.push(if l < activations.len() { activation(activations[l], z) } else { z });
        }
        values = next;
    }
    assert!(rest.is_empty(), "theta is too long");
    values
}

/// Widest step of [`derivative`]; small, so that it never crosses the kink of a relu in the cases here.
const STEP: f64 = 1.0 / 128.0;

/// df/dx of a vector-valued function: central differences at h, h/2, h/4, h/8, extrapolated to h = 0.
pub fn derivative(f: impl Fn(f64) -> Vec<f64>, x: f64) -> Vec<f64> {
    let central = |h: f64| -> Vec<f64> {
        f(x + h).iter().zip(f(x - h)).map(|(up, down)| (up - down) / (2.0 * h)).collect()
    };
    let mut table: Vec<Vec<f64>> = (0..4).map(|k| central(STEP / f64::from(1 << k))).collect();
    let mut power = 1.0;
    while table.len() > 1 {
        power *= 4.0;
        table = table
            .windows(2)
            .map(|pair| pair[0].iter().zip(&pair[1]).map(|(wide, fine)| fine + (fine - wide) / (power - 1.0)))
            .map(Iterator::collect)
            .collect();
    }
    table.remove(0)
}

/// ∂f/∂x_k for every k, one row each.
pub fn derivatives(f: impl Fn(&[f64]) -> Vec<f64>, x: &[f64]) -> Vec<Vec<f64>> {
    (0..x.len())
        .map(|k| {
            let along = |value: f64| {
                let mut moved = x.to_vec();
                moved[k] = value;
                f(&moved)
            };
            derivative(along, x[k])
        })
        .collect()
}
