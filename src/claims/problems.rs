//! The small problems on which the claims are measured, and what several claims compute of them.

use crate::likelihood::Categorical;
use crate::model::Linearization;
use crate::{Labels, Likelihood, Result};
use ndarray::{Array1, Array2, Array3, ArrayView1, array};

/// Printed to ten digits: half a unit of the last one.
pub(crate) const TEN_DIGITS: f64 = 5e-11;

/// Logits of three classes; the probabilities are (0.2687, 0.1334, 0.5979).
pub(crate) fn three_logits() -> Array1<f64> {
    array![0.2, -0.5, 1.0]
}

/// Probabilities by the definition: e^z over the sum.
pub(crate) fn softmax(logits: ArrayView1<'_, f64>) -> Array1<f64> {
    let weights = logits.mapv(f64::exp);
    let total = weights.sum();
    weights / total
}

/// Softmax regression with three classes, two inputs, four data, no bias; the logits of the last class are 0.
///
/// θ = (w₁₁, w₁₂, w₂₁, w₂₂).
#[derive(Debug)]
pub(crate) struct SoftmaxRegression {
    x: Array2<f64>,
    pub(crate) theta: Array1<f64>,
    pub(crate) classes: [usize; 4],
}

impl SoftmaxRegression {
    pub(crate) fn new() -> Self {
        SoftmaxRegression {
            x: array![[1.0, 0.5], [1.0, -1.0], [1.0, 2.0], [1.0, 0.0]],
            theta: array![0.2, -0.3, 0.1, 0.4],
            classes: [0, 2, 1, 1],
        }
    }

    /// η, 4 × 3.
    pub(crate) fn logits(&self, theta: ArrayView1<'_, f64>) -> Array2<f64> {
        Array2::from_shape_fn((4, 3), |(n, c)| match c {
            2 => 0.0,
            _ => theta[2 * c] * self.x[[n, 0]] + theta[2 * c + 1] * self.x[[n, 1]],
        })
    }

    /// ∂η/∂θ, N × 3 × 4, for the data chosen.
    pub(crate) fn jacobian(&self, data: &[usize]) -> Array3<f64> {
        Array3::from_shape_fn(
            (data.len(), 3, 4),
            |(n, c, p)| {
                if p / 2 == c { self.x[[data[n], p % 2]] } else { 0.0 }
            },
        )
    }

    /// At its θ, on the data and with the labels chosen.
    pub(crate) fn batch(&self, data: &[usize], classes: &[usize]) -> Result<Linearization<f64>> {
        let logits = self.logits(self.theta.view()).select(ndarray::Axis(0), data);
        let labels = Labels::classes(classes)?;
        Linearization::from_jacobian(&Categorical, self.jacobian(data), logits, &labels)
    }

    /// At its θ, on all data, with the observed labels.
    pub(crate) fn linearize(&self) -> Result<Linearization<f64>> {
        self.batch(&[0, 1, 2, 3], &self.classes)
    }

    /// The mean over data of Σ_c weights_nc · (-log p(c|η_n)) at another θ, by evaluations only.
    pub(crate) fn loss(&self, theta: ArrayView1<'_, f64>, weights: &Array2<f64>) -> Result<f64> {
        let mut sum = 0.0;
        for (eta, weights) in self.logits(theta).outer_iter().zip(weights.outer_iter()) {
            for (class, weight) in weights.iter().enumerate() {
                sum += weight * Categorical.nll(eta, array![class as f64].view())?;
            }
        }
        Ok(sum / 4.0)
    }

    /// p(c|η_n), 4 × 3, by the definition.
    pub(crate) fn probabilities(&self) -> Array2<f64> {
        let mut p = self.logits(self.theta.view());
        for mut row in p.outer_iter_mut() {
            let probabilities = softmax(row.view());
            row.assign(&probabilities);
        }
        p
    }

    /// One at the observed label, zero elsewhere, 4 × 3.
    pub(crate) fn observed(&self) -> Array2<f64> {
        Array2::from_shape_fn((4, 3), |(n, c)| f64::from(u8::from(self.classes[n] == c)))
    }

    /// Every vector of labels of the data chosen, with its probability: 3^B of them.
    pub(crate) fn label_vectors(&self, data: &[usize]) -> Vec<(Vec<usize>, f64)> {
        let p = self.probabilities();
        let mut vectors = vec![(Vec::new(), 1.0)];
        for &n in data {
            let longer = |(labels, weight): &(Vec<usize>, f64)| {
                (0..3).map(|c| ([labels.as_slice(), &[c]].concat(), weight * p[[n, c]])).collect::<Vec<_>>()
            };
            vectors = vectors.iter().flat_map(longer).collect();
        }
        vectors
    }
}

/// ∂²f by second differences with step h, four evaluations per entry.
pub(crate) fn second_differences(
    theta: &Array1<f64>,
    h: f64,
    f: impl Fn(ArrayView1<'_, f64>) -> Result<f64>,
) -> Result<Array2<f64>> {
    let order = theta.len();
    let mut hessian = Array2::zeros((order, order));
    for i in 0..order {
        for j in 0..order {
            let mut sum = 0.0;
            for (a, b) in [(1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (-1.0, -1.0)] {
                let mut shifted = theta.clone();
                shifted[i] += a * h;
                shifted[j] += b * h;
                sum += a * b * f(shifted.view())?;
            }
            hessian[[i, j]] = sum / (4.0 * h * h);
        }
    }
    Ok(hessian)
}

/// u vᵀ.
pub(crate) fn outer(u: ArrayView1<'_, f64>, v: ArrayView1<'_, f64>) -> Array2<f64> {
    Array2::from_shape_fn((u.len(), v.len()), |(i, j)| u[i] * v[j])
}

/// The largest absolute difference of two sequences of equal length; infinite if the lengths differ.
pub(crate) fn apart<'a>(a: impl IntoIterator<Item = &'a f64>, b: impl IntoIterator<Item = &'a f64>) -> f64 {
    let (mut a, mut b) = (a.into_iter(), b.into_iter());
    let mut largest = 0.0;
    loop {
        match (a.next(), b.next()) {
            (Some(x), Some(y)) => largest = worse(largest, (x - y).abs()),
            (None, None) => return largest,
            _ => return f64::INFINITY,
        }
    }
}

/// The larger of two numbers; NaN if either is.
pub(crate) fn worse(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() { f64::NAN } else { a.max(b) }
}
