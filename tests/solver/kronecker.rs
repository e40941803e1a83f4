//! Kronecker solves against dense ones of the matrix that each damping means, built by loops.

use natgrad::Scalar;
use natgrad::operator::{KroneckerFactors, KroneckerOperator};
use natgrad::solver::{Damping, Pi};
use ndarray::Array2;

/// √λ/π and π√λ by the definition.
fn shares<T: Scalar>(factors: &KroneckerFactors<T>, lambda: f64) -> (f64, f64) {
    let mean = |m: ndarray::ArrayView2<'_, T>| {
        (0..m.nrows()).map(|i| m[[i, i]].as_f64()).sum::<f64>() / m.nrows() as f64
    };
    let (b, a) = (mean(factors.left()), mean(factors.right()));
    let pi = if a > 0.0 && b > 0.0 { (a / b).sqrt() } else { 1.0 };
    (lambda.sqrt() / pi, lambda.sqrt() * pi)
}

/// The damped matrix, entry by entry: (o, i) of a layer stands at offset + o·in + i, the bias after the weights.
pub fn damped<T: Scalar, F: KroneckerOperator<T>>(operator: &F, damping: Damping) -> Array2<f64> {
    let mut dense = Array2::zeros((operator.dim(), operator.dim()));
    for factors in operator.factors() {
        let (left, right, block) = (factors.left(), factors.right(), factors.block());
        let (beta, alpha) = match damping {
            Damping::Factored { lambda, pi: Pi::TraceRatio } => shares(factors, lambda),
            Damping::Factored { lambda, pi: Pi::One } => (lambda.sqrt(), lambda.sqrt()),
            Damping::PerFactor(lambda) => (lambda, lambda),
            _ => (0.0, 0.0),
        };
        let place = |o: usize, i: usize| {
            if i < block.inputs {
                block.offset + o * block.inputs + i
            } else {
                block.offset + block.outputs * block.inputs + o
            }
        };
        for ((o, p), b) in left.indexed_iter() {
            for ((i, j), a) in right.indexed_iter() {
                let b = b.as_f64() + if o == p { beta } else { 0.0 };
                let a = a.as_f64() + if i == j { alpha } else { 0.0 };
                dense[[place(o, i), place(p, j)]] = b * a;
            }
        }
    }
    for i in 0..dense.nrows() {
        dense[[i, i]] += match damping {
            Damping::Exact(lambda) => lambda,
            Damping::RelativeDiagonal(lambda) => lambda * dense[[i, i]],
            _ => 0.0,
        };
    }
    dense
}
