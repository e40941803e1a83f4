//! Problems, naive twins and distances shared by the tests of this floor.

use natgrad::fisher::{
    CentredEmpirical, CurvaturePropagation, Empirical, Estimator, Exact, ExactEnumeration, MonteCarlo, Root,
    Sampler,
};
use natgrad::likelihood::named;
use natgrad::model::{Activation, Affine, Linearization};
use natgrad::ndarray::{Array1, Array2, Array3, ArrayView1};
use natgrad::{Labels, Likelihood, Network, Scalar};
use std::sync::Arc;

pub use super::cases::{from_upper, golden, golden_cases, reference};

/// Every likelihood; the Gaussian's variance is not 1, and its reciprocal is another number.
pub const LIKELIHOODS: [&str; 4] = ["categorical", "bernoulli", "poisson", "gaussian:0.37"];

/// Counts of coin tosses: the first is canonical, the others are not, and two have endless lists of labels.
pub const COUNTS: [&str; 3] = ["binomial:5", "geometric", "negative-binomial:2.5"];

/// Widths that are pairwise distinct primes within a row, and N, for depths 1, 2 and 3.
pub const SHAPES: [(&[usize], usize); 3] = [(&[5, 2], 7), (&[5, 7, 3], 11), (&[7, 3, 5, 2], 13)];

/// A linear congruential generator (Knuth's MMIX constants), so that inputs do not come from the library.
pub struct Lcg(u64);

impl Lcg {
    pub fn new(seed: u64) -> Self {
        Lcg(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(1))
    }

    /// A number in (-1, 1).
    pub fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 11) as f64 + 0.5) / (1u64 << 52) as f64 - 1.0
    }

    pub fn vector(&mut self, length: usize) -> Array1<f64> {
        Array1::from_shape_simple_fn(length, || self.next())
    }

    pub fn matrix(&mut self, rows: usize, columns: usize) -> Array2<f64> {
        Array2::from_shape_simple_fn((rows, columns), || self.next())
    }

    pub fn unit(&mut self, length: usize) -> Array1<f64> {
        let v = self.vector(length);
        let norm = v.dot(&v).sqrt();
        v / norm
    }
}

/// A network, its data, and a likelihood, as plain numbers.
#[derive(Debug, Clone)]
pub struct Problem {
    pub likelihood: String,
    pub activation: Activation,
    pub widths: Vec<usize>,
    pub bias: Vec<bool>,
    pub theta: Array1<f64>,
    pub x: Array2<f64>,
    pub y: Array2<f64>,
}

impl Problem {
    /// A problem from a seed; `data` is N.
    pub fn random(
        likelihood: &str,
        activation: Activation,
        widths: &[usize],
        bias: bool,
        data: usize,
        seed: u64,
    ) -> Self {
        let mut lcg = Lcg::new(seed);
        let outputs = widths[widths.len() - 1];
        let mut theta = Vec::new();
        for pair in widths.windows(2) {
            let scale = 1.5 / (pair[0] as f64).sqrt();
            theta.extend((0..pair[0] * pair[1]).map(|_| scale * lcg.next()));
            if bias {
                theta.extend((0..pair[1]).map(|_| 0.7 * lcg.next()));
            }
        }
        let x = lcg.matrix(data, widths[0]) * 1.5;
        let width = if likelihood == "categorical" { 1 } else { outputs };
        let y = Array2::from_shape_simple_fn((data, width), || {
            let u = 0.5 * (lcg.next() + 1.0);
            match likelihood {
                "categorical" => (u * outputs as f64).floor(),
                "bernoulli" => (u * 2.0).floor(),
                "poisson" | "geometric" | "negative-binomial:2.5" => (u * 5.0).floor(),
                "binomial:5" => (u * 6.0).floor(),
                _ => 4.0 * u - 2.0,
            }
        });
        Problem {
            likelihood: likelihood.to_owned(),
            activation,
            widths: widths.to_vec(),
            bias: vec![bias; widths.len() - 1],
            theta: Array1::from(theta),
            x,
            y,
        }
    }

    pub fn name(&self) -> String {
        format!("{} {} {:?} bias {:?}", self.likelihood, self.activation.name(), self.widths, self.bias)
    }

    pub fn data(&self) -> usize {
        self.x.nrows()
    }

    pub fn dim(&self) -> usize {
        self.theta.len()
    }

    pub fn law<T: Scalar>(&self) -> Arc<dyn Likelihood<T>> {
        named(&self.likelihood).unwrap()
    }

    pub fn inputs<T: Scalar>(&self) -> Array2<T> {
        self.x.mapv(T::of)
    }

    pub fn labels<T: Scalar>(&self) -> Labels<T> {
        Labels::new(self.y.mapv(T::of)).unwrap()
    }

    pub fn network<T: Scalar>(&self) -> Network<T> {
        let mut offset = 0;
        let layers = self
            .layers()
            .map(|(inputs, outputs, bias)| {
                let mut take = |count: usize| {
                    offset += count;
                    self.theta.slice(natgrad::ndarray::s![offset - count..offset]).mapv(T::of)
                };
                let weight = take(inputs * outputs).into_shape_with_order((outputs, inputs)).unwrap();
                Affine::new(weight, bias.then(|| take(outputs))).unwrap()
            })
            .collect();
        Network::new(layers, self.activation).unwrap()
    }

    pub fn linearize<T: Scalar>(&self) -> Linearization<T> {
        self.network::<T>().linearize(&self.law::<T>(), &self.inputs(), &self.labels()).unwrap()
    }

    pub fn jacobian(&self) -> Array3<f64> {
        self.network::<f64>().jacobian(&self.x).unwrap()
    }

    fn layers(&self) -> impl Iterator<Item = (usize, usize, bool)> + '_ {
        self.widths.windows(2).zip(&self.bias).map(|(pair, &bias)| (pair[0], pair[1], bias))
    }

    /// η at another θ: loops of its own, not the library's forward pass.
    pub fn outputs_at(&self, theta: ArrayView1<'_, f64>) -> Array2<f64> {
        let outputs = self.widths[self.widths.len() - 1];
        let mut all = Array2::zeros((self.data(), outputs));
        for (x, mut eta) in self.x.outer_iter().zip(all.outer_iter_mut()) {
            let mut values = x.to_vec();
            let mut offset = 0;
            let depth = self.bias.len();
            for (l, (inputs, outputs, bias)) in self.layers().enumerate() {
                let mut next = Vec::new();
                for o in 0..outputs {
                    let mut z = if bias { theta[offset + inputs * outputs + o] } else { 0.0 };
                    for i in 0..inputs {
                        z += theta[offset + o * inputs + i] * values[i];
                    }
                    next.push(if l + 1 < depth { activate(self.activation, z) } else { z });
                }
                offset += inputs * outputs + if bias { outputs } else { 0 };
                values = next;
            }
            eta.assign(&Array1::from(values));
        }
        all
    }
}

/// The textbook formula of an activation.
fn activate(activation: Activation, z: f64) -> f64 {
    match activation {
        Activation::Identity => z,
        Activation::Tanh => 1.0 - 2.0 / ((2.0 * z).exp() + 1.0),
        Activation::Relu => z.max(0.0),
        Activation::Sigmoid => 1.0 / (1.0 + (-z).exp()),
        Activation::Gelu => {
            // Φ(z) = ½ + φ(z)(z + z³/3 + z⁵/15 + …) (Marsaglia 2004).
            let (mut term, mut sum, mut k) = (z, z, 1.0);
            while term.abs() > 1e-18 * sum.abs() {
                k += 2.0;
                term *= z * z / k;
                sum += term;
            }
            z * (0.5 + sum * (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt())
        }
        Activation::Softplus => (1.0 + z.exp()).ln(),
        _ => unreachable!("an activation without a twin"),
    }
}

fn variance(likelihood: &str) -> f64 {
    likelihood.strip_prefix("gaussian:").unwrap().parse().unwrap()
}

pub fn softmax(eta: ArrayView1<'_, f64>) -> Array1<f64> {
    let weights = eta.mapv(f64::exp);
    let total = weights.sum();
    weights / total
}

fn logistic(eta: f64) -> f64 {
    1.0 / (1.0 + (-eta).exp())
}

/// H(η), by the textbook formula.
pub fn output_fisher(likelihood: &str, eta: ArrayView1<'_, f64>) -> Array2<f64> {
    let diagonal = |f: &dyn Fn(f64) -> f64| Array2::from_diag(&eta.mapv(f));
    match likelihood {
        "categorical" => {
            let p = softmax(eta);
            Array2::from_shape_fn(
                (p.len(), p.len()),
                |(i, j)| {
                    if i == j { p[i] - p[i] * p[i] } else { -p[i] * p[j] }
                },
            )
        }
        "bernoulli" => diagonal(&|eta| logistic(eta) - logistic(eta).powi(2)),
        "poisson" => diagonal(&f64::exp),
        "binomial:5" => diagonal(&|eta| 5.0 * (logistic(eta) - logistic(eta).powi(2))),
        "geometric" => diagonal(&|eta| 1.0 - logistic(eta)),
        "negative-binomial:2.5" => diagonal(&|eta| 2.5 * logistic(eta)),
        gaussian => diagonal(&|_| 1.0 / variance(gaussian)),
    }
}

/// Every label of one datum: its probability and its score in η. Poisson labels up to 80 per output.
pub fn enumerate(likelihood: &str, eta: ArrayView1<'_, f64>) -> Vec<(f64, Array1<f64>)> {
    if likelihood == "categorical" {
        let p = softmax(eta);
        let score = |c: usize| Array1::from_shape_fn(p.len(), |k| if k == c { 1.0 - p[k] } else { -p[k] });
        return (0..p.len()).map(|c| (p[c], score(c))).collect();
    }
    let mut joint = vec![(1.0, Vec::new())];
    for &eta in eta {
        let p = logistic(eta);
        let one: Vec<(f64, f64)> = match likelihood {
            "bernoulli" => vec![(1.0 - logistic(eta), -logistic(eta)), (logistic(eta), 1.0 - logistic(eta))],
            "poisson" => {
                let rate = eta.exp();
                let mut p = (-rate).exp();
                (0..80u32)
                    .map(|y| {
                        let label = (p, f64::from(y) - rate);
                        p *= rate / f64::from(y + 1);
                        label
                    })
                    .collect()
            }
            // By the ratio of neighbours from p(0); 600 labels leave out less than 1e-20 for |η| ≤ 3.
            "binomial:5" => {
                by_ratio((1.0 - p).powi(5), 6, |y| (5.0 - y) / (y + 1.0) * p / (1.0 - p), |y| y - 5.0 * p)
            }
            "geometric" => by_ratio(p, 600, |_| 1.0 - p, |y| 1.0 - p - y * p),
            "negative-binomial:2.5" => {
                by_ratio((1.0 - p).powf(2.5), 600, |y| (y + 2.5) / (y + 1.0) * p, |y| y * (1.0 - p) - 2.5 * p)
            }
            other => panic!("{other} has no list of labels"),
        };
        joint = joint
            .iter()
            .flat_map(|(p, scores): &(f64, Vec<f64>)| {
                one.iter().map(move |(q, s)| (p * q, scores.iter().chain([s]).copied().collect()))
            })
            .collect();
    }
    joint.into_iter().map(|(p, scores)| (p, Array1::from(scores))).collect()
}

/// (p(y), score(y)) for `count` labels from 0 on.
fn by_ratio(
    mut p: f64,
    count: u32,
    ratio: impl Fn(f64) -> f64,
    score: impl Fn(f64) -> f64,
) -> Vec<(f64, f64)> {
    let mut list = Vec::new();
    for y in 0..count {
        list.push((p, score(f64::from(y))));
        p *= ratio(f64::from(y));
    }
    list
}

/// Σ_n KL(p(·|η_n) ‖ p(·|η'_n)) / N, by closed form.
pub fn kl(likelihood: &str, eta: &Array2<f64>, other: &Array2<f64>) -> f64 {
    let bernoulli = |p: f64, q: f64| p * (p / q).ln() + (1.0 - p) * ((1.0 - p) / (1.0 - q)).ln();
    let mut sum = 0.0;
    for (a, b) in eta.outer_iter().zip(other.outer_iter()) {
        if likelihood == "categorical" {
            let (p, q) = (softmax(a), softmax(b));
            sum += p.iter().zip(&q).map(|(p, q)| p * (p / q).ln()).sum::<f64>();
            continue;
        }
        for (&a, &b) in a.iter().zip(b) {
            sum += match likelihood {
                "bernoulli" => bernoulli(logistic(a), logistic(b)),
                "poisson" => a.exp() * (a - b) - a.exp() + b.exp(),
                "binomial:5" => 5.0 * bernoulli(logistic(a), logistic(b)),
                "geometric" => bernoulli(logistic(a), logistic(b)) / logistic(a),
                "negative-binomial:2.5" => 2.5 * bernoulli(logistic(a), logistic(b)) / logistic(-a),
                gaussian => (a - b).powi(2) / (2.0 * variance(gaussian)),
            };
        }
    }
    sum / eta.nrows() as f64
}

/// (1/N) Σ_n J_nᵀ H_n J_n by loops over single entries.
pub fn naive_fisher(jacobian: &Array3<f64>, h: &[Array2<f64>]) -> Array2<f64> {
    let (data, outputs, order) = jacobian.dim();
    let mut f = Array2::zeros((order, order));
    for n in 0..data {
        for a in 0..outputs {
            for b in 0..outputs {
                for p in 0..order {
                    for q in 0..order {
                        f[[p, q]] += jacobian[[n, a, p]] * h[n][[a, b]] * jacobian[[n, b, q]];
                    }
                }
            }
        }
    }
    f / data as f64
}

/// The Fisher of a problem by [`naive_fisher`].
pub fn fisher_of(problem: &Problem) -> Array2<f64> {
    let eta = problem.outputs_at(problem.theta.view());
    let h: Vec<_> = eta.outer_iter().map(|eta| output_fisher(&problem.likelihood, eta)).collect();
    naive_fisher(&problem.jacobian(), &h)
}

/// All estimators, with distinct numbers of draws.
pub fn estimators<T: Scalar>() -> Vec<Box<dyn Estimator<T>>> {
    vec![
        Box::new(Exact),
        Box::new(ExactEnumeration),
        Box::new(Empirical),
        Box::new(MonteCarlo { draws: 3, sampler: Sampler::Independent, seed: 0 }),
        Box::new(MonteCarlo { draws: 5, sampler: Sampler::Systematic, seed: 17 }),
        Box::new(MonteCarlo { draws: 4, sampler: Sampler::Antithetic, seed: 29 }),
        Box::new(CurvaturePropagation { draws: 7, seed: 2, root: Root::Likelihood }),
        Box::new(CentredEmpirical),
    ]
}

/// ‖a - b‖/‖b‖ over all entries (‖a‖ where b = 0).
pub fn distance<'a, T: Scalar, U: Scalar>(
    a: impl IntoIterator<Item = &'a T>,
    b: impl IntoIterator<Item = &'a U>,
) -> f64 {
    let (a, b): (Vec<f64>, Vec<f64>) =
        (a.into_iter().map(|x| x.as_f64()).collect(), b.into_iter().map(|x| x.as_f64()).collect());
    assert_eq!(a.len(), b.len(), "lengths differ");
    let norm = |v: &mut dyn Iterator<Item = f64>| v.map(|x| x * x).sum::<f64>().sqrt();
    let scale = norm(&mut b.iter().copied());
    let difference = norm(&mut a.iter().zip(&b).map(|(a, b)| a - b));
    if scale > 0.0 { difference / scale } else { difference }
}

/// Asserts [`distance`] ≤ `tolerance` (and that it is a number).
#[track_caller]
pub fn assert_near<'a, T: Scalar, U: Scalar>(
    what: &str,
    a: impl IntoIterator<Item = &'a T>,
    b: impl IntoIterator<Item = &'a U>,
    tolerance: f64,
) {
    let distance = distance(a, b);
    assert!(distance <= tolerance, "{what}: relative distance {distance:e} > {tolerance:e}");
}

/// Asserts |a - b| ≤ tolerance·|b|.
#[track_caller]
pub fn assert_close(what: &str, a: f64, b: f64, tolerance: f64) {
    assert_near(what, &[a], &[b], tolerance);
}

/// The bits of every number.
pub fn bits<'a, T: Scalar>(values: impl IntoIterator<Item = &'a T>) -> Vec<u64> {
    values.into_iter().map(|x| x.as_f64().to_bits()).collect()
}
