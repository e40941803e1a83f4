//! The tables: one row more, and every law runs on it.

use super::Stream;
use natgrad::likelihood::named;
use natgrad::model::{Activation, Affine};
use natgrad::{Labels, Likelihood, Network, Scalar};
use ndarray::{Array1, Array2};
use std::sync::Arc;

/// A likelihood at one η.
#[derive(Debug, Clone, Copy)]
pub struct LikelihoodCase {
    /// As the command line spells it.
    pub name: &'static str,
    /// Exact in both scalars.
    pub eta: &'static [f64],
}

/// Every likelihood at several numbers of outputs, none of them symmetric.
pub const LIKELIHOODS: &[LikelihoodCase] = &[
    LikelihoodCase { name: "categorical", eta: &[0.75, -0.5] },
    LikelihoodCase { name: "categorical", eta: &[-1.25, 0.375, 2.0] },
    LikelihoodCase { name: "categorical", eta: &[0.5, -3.0, 1.125, 0.0, -0.625] },
    LikelihoodCase { name: "bernoulli", eta: &[-0.875] },
    LikelihoodCase { name: "bernoulli", eta: &[1.5, -0.25, -2.75] },
    LikelihoodCase { name: "poisson", eta: &[0.625] },
    LikelihoodCase { name: "poisson", eta: &[-1.5, 1.25] },
    LikelihoodCase { name: "binomial:5", eta: &[0.75] },
    LikelihoodCase { name: "binomial:5", eta: &[-1.5, 0.25] },
    LikelihoodCase { name: "geometric", eta: &[-0.5] },
    LikelihoodCase { name: "geometric", eta: &[2.0, 1.0] },
    LikelihoodCase { name: "negative-binomial:2.5", eta: &[0.375] },
    LikelihoodCase { name: "negative-binomial:2.5", eta: &[-1.75, -2.5] },
    LikelihoodCase { name: "gaussian:0.37", eta: &[-1.75] },
    LikelihoodCase { name: "gaussian:0.37", eta: &[0.5, 2.25] },
];

impl LikelihoodCase {
    /// The likelihood.
    pub fn likelihood<T: Scalar>(&self) -> Arc<dyn Likelihood<T>> {
        named(self.name).unwrap()
    }

    /// η in either scalar.
    pub fn eta<T: Scalar>(&self) -> Array1<T> {
        vector(self.eta)
    }

    /// Some labels worth a look: those of the support that are not too rare, at most 23.
    pub fn labels(&self) -> Vec<Array1<f64>> {
        let support = self.likelihood::<f64>().support(self.eta().view()).unwrap();
        let likely = support.labels.outer_iter().zip(&support.probabilities).filter(|(_, p)| **p > 1e-4);
        likely.map(|(label, _)| label.to_owned()).take(23).collect()
    }
}

/// A network and the number of data it sees; widths and data are pairwise distinct primes.
#[derive(Debug, Clone, Copy)]
pub struct NetworkCase {
    /// The likelihood on top.
    pub likelihood: &'static str,
    /// Inputs, hidden widths, outputs.
    pub widths: &'static [usize],
    /// Which layers have a bias.
    pub biases: &'static [bool],
    /// Between the layers.
    pub activations: &'static [Activation],
    /// N.
    pub data: usize,
}

/// One to four layers, every activation, alone and mixed, with and without biases, every likelihood.
pub const NETWORKS: &[NetworkCase] = &[
    NetworkCase { likelihood: "categorical", widths: &[5, 3], biases: &[true], activations: &[], data: 7 },
    NetworkCase { likelihood: "gaussian:0.37", widths: &[3, 2], biases: &[false], activations: &[], data: 5 },
    NetworkCase {
        likelihood: "categorical",
        widths: &[2, 5, 3],
        biases: &[true, true],
        activations: &[Activation::Tanh],
        data: 7,
    },
    NetworkCase {
        likelihood: "bernoulli",
        widths: &[3, 7, 2],
        biases: &[false, true],
        activations: &[Activation::Gelu],
        data: 5,
    },
    NetworkCase {
        likelihood: "poisson",
        widths: &[5, 2, 3],
        biases: &[true, false],
        activations: &[Activation::Softplus],
        data: 11,
    },
    NetworkCase {
        likelihood: "gaussian:0.37",
        widths: &[2, 3, 5],
        biases: &[false, false],
        activations: &[Activation::Identity],
        data: 7,
    },
    NetworkCase {
        likelihood: "categorical",
        widths: &[3, 5, 7, 2],
        biases: &[true, false, true],
        activations: &[Activation::Relu, Activation::Sigmoid],
        data: 11,
    },
    NetworkCase {
        likelihood: "bernoulli",
        widths: &[2, 7, 3, 11, 5],
        biases: &[true, true, false, true],
        activations: &[Activation::Gelu, Activation::Tanh, Activation::Softplus],
        data: 13,
    },
    NetworkCase {
        likelihood: "geometric",
        widths: &[3, 5, 2],
        biases: &[true, true],
        activations: &[Activation::Sigmoid],
        data: 7,
    },
    NetworkCase {
        likelihood: "negative-binomial:2.5",
        widths: &[2, 5, 7, 3],
        biases: &[false, true, true],
        activations: &[Activation::Tanh, Activation::Softplus],
        data: 11,
    },
    NetworkCase {
        likelihood: "binomial:5",
        widths: &[5, 3, 2],
        biases: &[true, false],
        activations: &[Activation::Gelu],
        data: 7,
    },
];

impl NetworkCase {
    /// P.
    pub fn dim(&self) -> usize {
        let layers = self.widths.windows(2).zip(self.biases);
        layers.map(|(pair, bias)| pair[1] * (pair[0] + usize::from(*bias))).sum()
    }

    /// θ, exact in both scalars.
    pub fn theta(&self) -> Vec<f64> {
        let mut stream = Stream(1009 + self.dim() as u64);
        (0..self.dim()).map(|_| stream.dyadic()).collect()
    }

    /// The network at θ.
    pub fn network<T: Scalar>(&self) -> Network<T> {
        network(self.widths, self.biases, self.activations, &self.theta())
    }

    /// Inputs, N × D, exact in both scalars.
    pub fn inputs(&self) -> Array2<f64> {
        let mut stream = Stream(2003 + self.dim() as u64);
        Array2::from_shape_simple_fn((self.data, self.widths[0]), || 1.5 * stream.dyadic())
    }

    /// Observed labels, N rows.
    pub fn labels(&self) -> Array2<f64> {
        let mut stream = Stream(3001 + self.dim() as u64);
        let outputs = self.widths[self.widths.len() - 1];
        let width = if self.likelihood == "categorical" { 1 } else { outputs };
        Array2::from_shape_simple_fn((self.data, width), || match self.likelihood {
            "categorical" => (stream.bits() % outputs as u64) as f64,
            "bernoulli" => (stream.bits() % 2) as f64,
            "poisson" | "geometric" => (stream.bits() % 7) as f64,
            "binomial:5" => (stream.bits() % 6) as f64,
            "negative-binomial:2.5" => (stream.bits() % 11) as f64,
            _ => 2.0 * stream.dyadic(),
        })
    }

    /// The likelihood on top.
    pub fn likelihood<T: Scalar>(&self) -> Arc<dyn Likelihood<T>> {
        named(self.likelihood).unwrap()
    }

    /// η of all data by the naive twin, for any θ.
    pub fn naive_eta(&self, theta: &[f64]) -> Vec<f64> {
        let rows = self.inputs();
        let forward = |x: ndarray::ArrayView1<'_, f64>| {
            super::naive::forward(self.widths, self.biases, self.activations, theta, &x.to_vec())
        };
        rows.outer_iter().flat_map(forward).collect()
    }
}

/// A network from a flat θ.
pub fn network<T: Scalar>(
    widths: &[usize],
    biases: &[bool],
    activations: &[Activation],
    theta: &[f64],
) -> Network<T> {
    let layers = widths.windows(2).zip(biases).map(|(pair, bias)| {
        let offset = bias.then(|| Array1::zeros(pair[1]));
        Affine::new(Array2::zeros((pair[1], pair[0])), offset).unwrap()
    });
    let network = Network::with_activations(layers.collect(), activations.to_vec()).unwrap();
    network.with_parameters(vector::<T>(theta).view()).unwrap()
}

/// Numbers in either scalar.
pub fn vector<T: Scalar>(values: &[f64]) -> Array1<T> {
    values.iter().map(|&x| T::of(x)).collect()
}

/// A matrix in either scalar.
pub fn matrix<T: Scalar>(values: &Array2<f64>) -> Array2<T> {
    values.mapv(T::of)
}

/// Labels in either scalar.
pub fn labels<T: Scalar>(values: &Array2<f64>) -> Labels<T> {
    Labels::new(matrix(values)).unwrap()
}

/// Exact copies in f64.
pub fn double<T: Scalar, D: ndarray::Dimension>(values: &ndarray::Array<T, D>) -> ndarray::Array<f64, D> {
    values.mapv(T::as_f64)
}
