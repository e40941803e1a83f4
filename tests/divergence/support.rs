//! Every divergence, and random laws.

use crate::support::Stream;
use natgrad::divergence::*;
use natgrad::ndarray::{Array1, Array2};

/// The f of KL(p‖q), Hellinger's 4(1 - √u) and one that no named divergence has, with f'(1) and f''(1) not normalised.
#[derive(Debug, Clone, Copy)]
pub enum Example {
    MinusLog,
    Hellinger,
    Cubic,
}

impl Generator for Example {
    fn name(&self) -> String {
        format!("{self:?}")
    }

    fn at<N: Number>(&self, u: N) -> N {
        let one = N::from(1.0);
        match self {
            Example::MinusLog => -u.ln(),
            Example::Hellinger => N::from(4.0) * (one - u.sqrt()),
            Example::Cubic => u * u * u + u.exp() - N::from(1.0 + 1f64.exp()),
        }
    }

    fn at_zero(&self) -> f64 {
        match self {
            Example::MinusLog => f64::INFINITY,
            Example::Hellinger => 4.0,
            Example::Cubic => -1f64.exp(),
        }
    }

    fn slope_at_infinity(&self) -> f64 {
        match self {
            Example::MinusLog => 0.0,
            Example::Hellinger => 0.0,
            Example::Cubic => f64::INFINITY,
        }
    }
}

pub fn f_divergence(example: Example) -> FDivergence<Example> {
    FDivergence::new(example).unwrap()
}

/// Every monotone divergence, several parameters of each.
pub fn monotone() -> Vec<Box<dyn Divergence>> {
    let mut all: Vec<Box<dyn Divergence>> = vec![
        Box::new(KullbackLeibler),
        Box::new(Swapped(KullbackLeibler)),
        Box::new(Jeffreys),
        Box::new(JensenShannon::EVEN),
        Box::new(JensenShannon::weighted(0.2).unwrap()),
        Box::new(SquaredHellinger),
        Box::new(Bhattacharyya),
        Box::new(TotalVariation),
        Box::new(PearsonChiSquare),
        Box::new(NeymanChiSquare),
        Box::new(Chernoff),
    ];
    for example in [Example::MinusLog, Example::Hellinger, Example::Cubic] {
        all.push(Box::new(f_divergence(example)));
    }
    for alpha in [-5.0, -1.0, -0.5, 0.0, 0.3, 1.0, 3.0] {
        all.push(Box::new(AlphaDivergence::new(alpha).unwrap()));
    }
    for order in [0.0, 0.3, 1.0, 2.0, 7.0] {
        all.push(Box::new(Renyi::new(order).unwrap()));
        all.push(Box::new(Tsallis::new(order).unwrap()));
    }
    all.push(Box::new(Renyi::new(f64::INFINITY).unwrap()));
    all
}

/// A law with entries spread over some decades.
pub fn random_law(stream: &mut Stream, outcomes: usize) -> Array1<f64> {
    let weights = Array1::from_shape_fn(outcomes, |_| stream.uniform().powi(4) + 1e-9);
    let sum = weights.sum();
    weights / sum
}

/// A law, and one at some distance 10^0 to 10^-3 from it.
pub fn random_pair(stream: &mut Stream, outcomes: usize) -> (Array1<f64>, Array1<f64>) {
    let p = random_law(stream, outcomes);
    let size = 10f64.powf(-3.0 * stream.uniform());
    let weights = p.mapv(|p| p * (3.0 * size * (2.0 * stream.uniform() - 1.0)).exp());
    let sum = weights.sum();
    (p, weights / sum)
}

/// A row-stochastic matrix from n to m outcomes.
pub fn random_kernel(stream: &mut Stream, from: usize, to: usize) -> Array2<f64> {
    let mut kernel = Array2::from_shape_fn((from, to), |_| stream.uniform().powi(3));
    for mut row in kernel.rows_mut() {
        let sum = row.sum();
        row /= sum;
    }
    kernel
}
