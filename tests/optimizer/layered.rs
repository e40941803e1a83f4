//! A network of tanh layers written out with loops, and its curvature as dense matrices: what the Kronecker-factored methods are
//! compared with. Nothing of the library's own forward pass, roots, factors or solvers is used.

use crate::support::Stream;
use nalgebra::{DMatrix, DVector};
use natgrad::likelihood::{Categorical, Likelihood};
use natgrad::model::Activation;
use natgrad::optimizer::Minibatch;
use natgrad::{Labels, Network, Scalar};
use ndarray::{Array1, Array2};
use std::sync::Arc;

/// 2-5-3, tanh, 13 data of 3 classes.
pub struct Problem {
    pub widths: Vec<usize>,
    pub x: Vec<Vec<f64>>,
    pub y: Vec<usize>,
    pub theta: Vec<f64>,
}

impl Problem {
    pub fn new(data: usize) -> Self {
        let mut stream = Stream(17);
        let widths = vec![2, 5, 3];
        let dim = 5 * 3 + 3 * 6;
        let x = (0..data).map(|_| (0..2).map(|_| 2.0 * stream.dyadic()).collect()).collect();
        let y = (0..data).map(|_| (stream.bits() % 3) as usize).collect();
        let theta = (0..dim).map(|_| stream.dyadic()).collect();
        Problem { widths, x, y, theta }
    }

    pub fn network<T: Scalar>(&self) -> Network<T> {
        Network::random(&self.widths, Activation::Tanh, 0).unwrap()
    }

    pub fn theta<T: Scalar>(&self) -> Array1<T> {
        self.theta.iter().map(|x| T::of(*x)).collect()
    }

    /// Calls `with` on the batch of some rows at θ.
    pub fn at<T: Scalar, R>(
        &self,
        theta: &Array1<T>,
        rows: &[usize],
        with: impl FnOnce(&Minibatch<'_, T>) -> R,
    ) -> R {
        let network = self.network::<T>().with_parameters(theta.view()).unwrap();
        let x = Array2::from_shape_fn((rows.len(), self.widths[0]), |(n, d)| T::of(self.x[rows[n]][d]));
        let y = Labels::classes(&rows.iter().map(|&row| self.y[row]).collect::<Vec<_>>()).unwrap();
        let ids: Vec<u64> = rows.iter().map(|&row| row as u64).collect();
        let likelihood: Arc<dyn Likelihood<T>> = Arc::new(Categorical);
        with(&Minibatch::new(&network, &likelihood, &x, &y, &ids).unwrap())
    }

    /// The blocks (offset, out, in) of the layers.
    pub fn blocks(&self) -> Vec<(usize, usize, usize)> {
        let mut offset = 0;
        self.widths
            .windows(2)
            .map(|pair| {
                let block = (offset, pair[1], pair[0]);
                offset += pair[1] * (pair[0] + 1);
                block
            })
            .collect()
    }
}

/// Position of V̄\[o, i\] in the flat vector.
fn place((offset, outputs, inputs): (usize, usize, usize), o: usize, i: usize) -> usize {
    if i < inputs { offset + o * inputs + i } else { offset + outputs * inputs + o }
}

/// V̄.
pub fn gather(block: (usize, usize, usize), v: &[f64]) -> DMatrix<f64> {
    DMatrix::from_fn(block.1, block.2 + 1, |o, i| v[place(block, o, i)])
}

/// V̄ back to its places.
pub fn scatter(block: (usize, usize, usize), part: &DMatrix<f64>, v: &mut [f64]) {
    for o in 0..block.1 {
        for i in 0..=block.2 {
            v[place(block, o, i)] = part[(o, i)];
        }
    }
}

/// vec, row-major.
pub fn vec_rows(part: &DMatrix<f64>) -> DVector<f64> {
    DVector::from_iterator(part.len(), part.transpose().iter().copied())
}

/// Its inverse.
pub fn from_rows(v: &DVector<f64>, rows: usize, columns: usize) -> DMatrix<f64> {
    DMatrix::from_row_slice(rows, columns, v.as_slice())
}

/// One score: datum, weight, δ of every layer.
pub struct Score {
    pub datum: usize,
    pub weight: f64,
    pub deltas: Vec<Vec<f64>>,
}

/// What the loops found at one θ.
pub struct Here {
    pub loss: f64,
    pub gradient: Vec<f64>,
    /// ā of every layer and datum.
    pub inputs: Vec<Vec<Vec<f64>>>,
    /// Every label of every datum, weighted by its probability; or the observed ones.
    pub scores: Vec<Score>,
    pub data: usize,
}

/// Forward and back, datum by datum.
pub fn here(problem: &Problem, theta: &[f64], rows: &[usize], empirical: bool) -> Here {
    let blocks = problem.blocks();
    let layers: Vec<DMatrix<f64>> = blocks.iter().map(|block| gather(*block, theta)).collect();
    let data = rows.len();
    let (mut loss, mut gradient) = (0.0, vec![0.0; theta.len()]);
    let (mut inputs, mut scores) = (vec![Vec::new(); layers.len()], Vec::new());
    for (n, &row) in rows.iter().enumerate() {
        let mut a = problem.x[row].clone();
        for (l, layer) in layers.iter().enumerate() {
            a.push(1.0);
            inputs[l].push(a.clone());
            let z: Vec<f64> = (0..layer.nrows())
                .map(|o| a.iter().enumerate().map(|(i, a)| layer[(o, i)] * a).sum())
                .collect();
            a = if l + 1 < layers.len() { z.iter().map(|z| z.tanh()).collect() } else { z };
        }
        let total: f64 = a.iter().map(|eta| eta.exp()).sum();
        let p: Vec<f64> = a.iter().map(|eta| eta.exp() / total).collect();
        loss -= p[problem.y[row]].ln() / data as f64;
        for label in 0..p.len() {
            let mut delta: Vec<f64> =
                p.iter().enumerate().map(|(c, p)| p - f64::from(u8::from(c == label))).collect();
            let mut deltas = vec![delta.clone()];
            for l in (1..layers.len()).rev() {
                let below = &inputs[l][n];
                delta = (0..layers[l].ncols() - 1)
                    .map(|i| {
                        let back: f64 = delta.iter().enumerate().map(|(o, d)| d * layers[l][(o, i)]).sum();
                        back * (1.0 - below[i] * below[i])
                    })
                    .collect();
                deltas.insert(0, delta.clone());
            }
            let observed = label == problem.y[row];
            if observed {
                for (l, block) in blocks.iter().enumerate() {
                    for (o, d) in deltas[l].iter().enumerate() {
                        for (i, a) in inputs[l][n].iter().enumerate() {
                            gradient[place(*block, o, i)] += d * a / data as f64;
                        }
                    }
                }
            }
            if observed || !empirical {
                let weight = if empirical { 1.0 } else { p[label] };
                scores.push(Score { datum: n, weight, deltas });
            }
        }
    }
    Here { loss, gradient, inputs, scores, data }
}

impl Here {
    /// (B, A) of every layer.
    pub fn factors(&self) -> Vec<(DMatrix<f64>, DMatrix<f64>)> {
        let scale = 1.0 / self.data as f64;
        (0..self.inputs.len())
            .map(|l| {
                let width = self.scores[0].deltas[l].len();
                let mut left = DMatrix::zeros(width, width);
                for score in &self.scores {
                    let delta = DVector::from_column_slice(&score.deltas[l]);
                    left += &delta * delta.transpose() * (score.weight * scale);
                }
                let width = self.inputs[l][0].len();
                let mut right = DMatrix::zeros(width, width);
                for input in &self.inputs[l] {
                    let input = DVector::from_column_slice(input);
                    right += &input * input.transpose() * scale;
                }
                (left, right)
            })
            .collect()
    }

    /// S: the second moments of the scores of every layer in a basis.
    pub fn second_moments(&self, l: usize, left: &DMatrix<f64>, right: &DMatrix<f64>) -> DMatrix<f64> {
        let mut s = DMatrix::zeros(left.nrows(), right.nrows());
        for score in &self.scores {
            let delta = left.transpose() * DVector::from_column_slice(&score.deltas[l]);
            let input = right.transpose() * DVector::from_column_slice(&self.inputs[l][score.datum]);
            let outer = delta * input.transpose();
            s += outer.component_mul(&outer) * (score.weight / self.data as f64);
        }
        s
    }

    /// F, P × P.
    pub fn fisher(&self, problem: &Problem) -> DMatrix<f64> {
        let dim = problem.theta.len();
        let mut fisher = DMatrix::zeros(dim, dim);
        for score in &self.scores {
            let mut flat = vec![0.0; dim];
            for (l, block) in problem.blocks().into_iter().enumerate() {
                let delta = DVector::from_column_slice(&score.deltas[l]);
                let input = DVector::from_column_slice(&self.inputs[l][score.datum]);
                scatter(block, &(delta * input.transpose()), &mut flat);
            }
            let flat = DVector::from_vec(flat);
            fisher += &flat * flat.transpose() * (score.weight / self.data as f64);
        }
        fisher
    }
}
