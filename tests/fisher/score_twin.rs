//! The scores of a problem by a forward and a backward pass of its own, and every representation made of them by loops.
//!
//! A representation that follows the data only through Σ r rᵀ of each datum, as all do but the Gram matrix, is a function
//! of (ā_n, ∂η_n/∂z_n, H_n), H_n = Σ r rᵀ: no root of H_n enters here, so none can be shared with the library.

use super::support::{Problem, softmax};
use nalgebra::DMatrix;
use natgrad::model::Activation;
use natgrad::ndarray::{Array1, Array2, ArrayView1, Axis};
use std::cell::OnceCell;

/// One layer: where its parameters lie, ā of every datum, and D_n = (∂η/∂z)ᵀ H_n (∂η/∂z).
pub struct TwinLayer {
    pub offset: usize,
    pub outputs: usize,
    pub inputs: usize,
    pub bias: bool,
    pub a: Vec<Vec<f64>>,
    /// ∂η/∂z of every datum, C × out.
    pub back: Vec<Array2<f64>>,
    pub d: Vec<Array2<f64>>,
}

/// The layers of a problem at given output-space matrices.
pub struct Twin {
    pub layers: Vec<TwinLayer>,
    pub h: Vec<Array2<f64>>,
    pub dim: usize,
    dense: OnceCell<Array2<f64>>,
}

/// φ'(z), by the textbook.
fn slope(activation: Activation, z: f64) -> f64 {
    let logistic = 1.0 / (1.0 + (-z).exp());
    match activation {
        Activation::Identity => 1.0,
        Activation::Tanh => 1.0 - z.tanh().powi(2),
        Activation::Relu => f64::from(u8::from(z > 0.0)),
        Activation::Sigmoid => logistic * (1.0 - logistic),
        Activation::Softplus => logistic,
        Activation::Gelu => {
            // Φ(z) + z φ(z), Φ by its series (Marsaglia 2004).
            let density = (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt();
            let series: f64 = (0..60)
                .scan(z, |term, k| {
                    let now = *term;
                    *term *= z * z / f64::from(2 * k + 3);
                    Some(now)
                })
                .sum();
            0.5 + density * series + z * density
        }
        _ => unreachable!("an activation without a twin"),
    }
}

fn value(activation: Activation, z: f64) -> f64 {
    match activation {
        Activation::Identity => z,
        Activation::Tanh => z.tanh(),
        Activation::Relu => z.max(0.0),
        Activation::Sigmoid => 1.0 / (1.0 + (-z).exp()),
        Activation::Softplus => z.exp().ln_1p(),
        Activation::Gelu => {
            let density = (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt();
            z * (slope(activation, z) - z * density)
        }
        _ => unreachable!("an activation without a twin"),
    }
}

/// The score of an observed label, by the textbook.
pub fn observed_score(likelihood: &str, eta: ArrayView1<'_, f64>, y: ArrayView1<'_, f64>) -> Array1<f64> {
    if likelihood == "categorical" {
        let p = softmax(eta);
        return Array1::from_shape_fn(p.len(), |c| f64::from(u8::from(c == y[0] as usize)) - p[c]);
    }
    Array1::from_shape_fn(eta.len(), |c| {
        let p = 1.0 / (1.0 + (-eta[c]).exp());
        match likelihood {
            "bernoulli" => y[c] - p,
            "poisson" => y[c] - eta[c].exp(),
            "binomial:5" => y[c] - 5.0 * p,
            "geometric" => 1.0 - p - y[c] * p,
            "negative-binomial:2.5" => y[c] * (1.0 - p) - 2.5 * p,
            gaussian => (y[c] - eta[c]) / gaussian.strip_prefix("gaussian:").unwrap().parse::<f64>().unwrap(),
        }
    })
}

pub fn outer(u: &Array1<f64>, v: &Array1<f64>) -> Array2<f64> {
    Array2::from_shape_fn((u.len(), v.len()), |(i, j)| u[i] * v[j])
}

impl Twin {
    /// `h`: one C × C matrix per datum.
    pub fn new(problem: &Problem, h: Vec<Array2<f64>>) -> Self {
        let (data, depth) = (problem.data(), problem.bias.len());
        let mut layers: Vec<TwinLayer> = Vec::new();
        let mut offset = 0;
        for (pair, &bias) in problem.widths.windows(2).zip(&problem.bias) {
            let (inputs, outputs) = (pair[0], pair[1]);
            layers.push(TwinLayer { offset, outputs, inputs, bias, a: vec![], back: vec![], d: vec![] });
            offset += outputs * (inputs + usize::from(bias));
        }
        for n in 0..data {
            let mut current = problem.x.row(n).to_vec();
            let mut slopes: Vec<Vec<f64>> = Vec::new();
            for (l, layer) in layers.iter_mut().enumerate() {
                let mut extended = current.clone();
                if layer.bias {
                    extended.push(1.0);
                }
                let z: Vec<f64> = (0..layer.outputs)
                    .map(|o| {
                        (0..extended.len()).map(|i| problem.theta[layer.place(o, i)] * extended[i]).sum()
                    })
                    .collect();
                layer.a.push(extended);
                let of = if l + 1 < depth { problem.activation } else { Activation::Identity };
                slopes.push(z.iter().map(|&z| slope(of, z)).collect());
                current = z.iter().map(|&z| value(of, z)).collect();
            }
            // ∂η/∂z of the last layer is the identity; each step back multiplies by W and φ'.
            let mut back: Array2<f64> = Array2::eye(current.len());
            for l in (0..depth).rev() {
                layers[l].back.push(back.clone());
                if l > 0 {
                    let (layer, before) = (&layers[l], &slopes[l - 1]);
                    back = Array2::from_shape_fn((back.nrows(), layer.inputs), |(c, i)| {
                        let sum: f64 =
                            (0..layer.outputs).map(|o| back[[c, o]] * problem.theta[layer.place(o, i)]).sum();
                        sum * before[i]
                    });
                }
            }
        }
        for layer in &mut layers {
            layer.d = layer.back.iter().zip(&h).map(|(g, h)| sandwich(g, h)).collect();
        }
        Twin { layers, h, dim: offset, dense: OnceCell::new() }
    }

    /// ∂η_n/∂θ, C × P.
    pub fn jacobian(&self, n: usize) -> Array2<f64> {
        let mut jacobian = Array2::zeros((self.h[n].nrows(), self.dim));
        for layer in &self.layers {
            for ((c, o), &g) in layer.back[n].indexed_iter() {
                for (i, &a) in layer.a[n].iter().enumerate() {
                    jacobian[[c, layer.place(o, i)]] = g * a;
                }
            }
        }
        jacobian
    }

    /// (1/N) Σ_n J_nᵀ H_n J_n.
    pub fn dense(&self) -> Array2<f64> {
        let mean = || {
            let zero = Array2::zeros((self.dim, self.dim));
            let terms = self.h.iter().enumerate().map(|(n, h)| sandwich(&self.jacobian(n), h));
            terms.fold(zero, |sum, term| sum + term) / self.h.len() as f64
        };
        self.dense.get_or_init(mean).clone()
    }

    /// The matrix made of one block per layer.
    fn assemble(&self, of: impl Fn(&TwinLayer) -> Array2<f64>) -> Array2<f64> {
        let mut dense = Array2::zeros((self.dim, self.dim));
        for layer in &self.layers {
            let block = of(layer);
            let width = layer.width();
            for ((p, q), &x) in block.indexed_iter() {
                dense[[layer.place(p / width, p % width), layer.place(q / width, q % width)]] = x;
            }
        }
        dense
    }

    /// What the form of this name keeps of the scores; the lossless ones keep all.
    pub fn form(&self, name: &str) -> Array2<f64> {
        match name {
            "dense" | "implicit" | "gram" => self.dense(),
            "block" => self.assemble(TwinLayer::block),
            "diagonal" => Array2::from_diag(&self.dense().diag()),
            "unit-block" => {
                self.assemble(|layer| layer.masked(|p, q| p / layer.width() == q / layer.width()))
            }
            "quasi-diagonal" => self.assemble(TwinLayer::quasi_diagonal),
            "kfac" => self.assemble(|layer| kron(&layer.left(), &layer.right())),
            "kfac-separate" => self.assemble(TwinLayer::separate),
            "diagonal-kronecker" => {
                self.assemble(|layer| Array2::from_diag(&kron(&layer.left(), &layer.right()).diag()))
            }
            "ekfac" => self.assemble(TwinLayer::ekfac),
            "kfoc" => self.assemble(TwinLayer::nearest),
            "tkfac" => self.assemble(TwinLayer::trace_weighted),
            other => panic!("no twin of {other}"),
        }
    }
}

impl TwinLayer {
    pub fn place(&self, o: usize, i: usize) -> usize {
        if i < self.inputs {
            self.offset + o * self.inputs + i
        } else {
            self.offset + self.outputs * self.inputs + o
        }
    }

    pub fn width(&self) -> usize {
        self.inputs + usize::from(self.bias)
    }

    fn mean(&self, of: impl Fn(usize) -> Array2<f64>) -> Array2<f64> {
        let first = of(0);
        (1..self.d.len()).fold(first, |sum, n| sum + of(n)) / self.d.len() as f64
    }

    fn input_square(&self, n: usize) -> Array2<f64> {
        let a = Array1::from(self.a[n].clone());
        outer(&a, &a)
    }

    /// A.
    pub fn right(&self) -> Array2<f64> {
        self.mean(|n| self.input_square(n))
    }

    /// B.
    pub fn left(&self) -> Array2<f64> {
        self.mean(|n| self.d[n].clone())
    }

    /// (1/N) Σ_n D_n ⊗ ā_n ā_nᵀ.
    pub fn block(&self) -> Array2<f64> {
        self.mean(|n| kron(&self.d[n], &self.input_square(n)))
    }

    fn masked(&self, keep: impl Fn(usize, usize) -> bool) -> Array2<f64> {
        let mut block = self.block();
        block.indexed_iter_mut().filter(|((p, q), _)| !keep(*p, *q)).for_each(|(_, x)| *x = 0.0);
        block
    }

    fn quasi_diagonal(&self) -> Array2<f64> {
        let (block, width) = (self.block(), self.width());
        let mut kept = Array2::zeros(block.raw_dim());
        for p in 0..block.nrows() {
            for q in (0..block.nrows()).filter(|q| q / width == p / width) {
                let bias = p - p % width + self.inputs;
                kept[[p, q]] = match (p == q, self.bias) {
                    (true, _) => block[[p, q]],
                    (false, false) => 0.0,
                    (false, true) if p == bias || q == bias => block[[p, q]],
                    (false, true) if block[[bias, bias]] > 0.0 => {
                        block[[p, bias]] * block[[q, bias]] / block[[bias, bias]]
                    }
                    (false, true) => 0.0,
                };
            }
        }
        kept
    }

    fn separate(&self) -> Array2<f64> {
        let mut product = kron(&self.left(), &self.right());
        let width = self.width();
        for ((p, q), x) in product.indexed_iter_mut() {
            if self.bias && (p % width == self.inputs) != (q % width == self.inputs) {
                *x = 0.0;
            }
        }
        product
    }

    /// The diagonal of the block in the eigenbasis of the factors, by nalgebra.
    fn ekfac(&self) -> Array2<f64> {
        let basis = kron(&eigenvectors(&self.left()), &eigenvectors(&self.right()));
        let inside = basis.t().dot(&self.block()).dot(&basis);
        basis.dot(&Array2::from_diag(&inside.diag())).dot(&basis.t())
    }

    /// (B, A) by rows, out² × in²: the block rearranged (Van Loan & Pitsianis 1993).
    pub fn rearranged(&self) -> DMatrix<f64> {
        let (block, width) = (self.block(), self.width());
        DMatrix::from_fn(self.outputs.pow(2), width.pow(2), |r, c| {
            block[[r / self.outputs * width + c / width, r % self.outputs * width + c % width]]
        })
    }

    /// The leading singular pair of [`rearranged`](Self::rearranged), by nalgebra.
    fn nearest(&self) -> Array2<f64> {
        let svd = self.rearranged().svd(true, true);
        let (u, v, width) = (svd.u.unwrap(), svd.v_t.unwrap(), self.width());
        let first = svd.singular_values.imax();
        let left =
            Array2::from_shape_fn((self.outputs, self.outputs), |(o, p)| u[(o * self.outputs + p, first)]);
        let right = Array2::from_shape_fn((width, width), |(i, j)| v[(first, i * width + j)]);
        kron(&left, &right) * svd.singular_values[first]
    }

    fn trace_weighted(&self) -> Array2<f64> {
        let length = |n: usize| self.a[n].iter().map(|a| a * a).sum::<f64>();
        let trace = |n: usize| self.d[n].diag().sum();
        let right = self.mean(|n| self.input_square(n) * trace(n));
        let left = self.mean(|n| &self.d[n] * length(n));
        let both = right.diag().sum();
        if both > 0.0 { kron(&left, &right) / both } else { kron(&left, &right) }
    }
}

/// Gᵀ H G.
fn sandwich(g: &Array2<f64>, h: &Array2<f64>) -> Array2<f64> {
    let half = Array2::from_shape_fn(g.raw_dim(), |(a, q)| {
        (0..h.ncols()).map(|b| h[[a, b]] * g[[b, q]]).sum::<f64>()
    });
    Array2::from_shape_fn((g.ncols(), g.ncols()), |(p, q)| {
        (0..h.nrows()).map(|a| g[[a, p]] * half[[a, q]]).sum()
    })
}

/// B ⊗ A: entry ((o, i), (p, j)) is B_op A_ij.
pub fn kron(left: &Array2<f64>, right: &Array2<f64>) -> Array2<f64> {
    let (rows, columns) = right.dim();
    Array2::from_shape_fn((left.nrows() * rows, left.ncols() * columns), |(p, q)| {
        left[[p / rows, q / columns]] * right[[p % rows, q % columns]]
    })
}

pub fn to_nalgebra(matrix: &Array2<f64>) -> DMatrix<f64> {
    DMatrix::from_fn(matrix.nrows(), matrix.ncols(), |i, j| matrix[[i, j]])
}

fn eigenvectors(matrix: &Array2<f64>) -> Array2<f64> {
    let vectors = to_nalgebra(matrix).symmetric_eigen().eigenvectors;
    Array2::from_shape_fn(matrix.raw_dim(), |(i, j)| vectors[(i, j)])
}

/// Σ_k r_k r_kᵀ of every datum, of vectors as an estimator returns them.
pub fn squares(vectors: &Array2<f64>, offsets: &[usize]) -> Vec<Array2<f64>> {
    let square = |range: &[usize]| {
        let rows = vectors.slice(natgrad::ndarray::s![range[0]..range[1], ..]);
        rows.axis_iter(Axis(0)).fold(Array2::zeros((vectors.ncols(), vectors.ncols())), |sum, r| {
            sum + outer(&r.to_owned(), &r.to_owned())
        })
    };
    offsets.windows(2).map(square).collect()
}
