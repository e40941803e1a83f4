//! Covariances of the second estimator, as sums of squares of a few matrices.

use super::entry_variances::{EntryVariances, check_draws, check_entries, check_labels, check_order};
use super::observed::dense;
use crate::Scalar;
use crate::fisher::NegativeHessian;
use crate::model::{Linearization, SecondOrder};
use crate::{Likelihood, Result};
use ndarray::{Array1, Array2, Array3, ArrayView1, Axis, s};
use std::sync::Arc;

impl NegativeHessian {
    /// The exact variance of every entry of the estimate, for independent draws.
    ///
    /// ```text
    /// Cov(I₂,ij, I₂,kl) = (1/(N²M)) Σ_n E Δ_ij Δ_kl,    Δ = J_nᵀ (hess(η_n, y) - H_n) J_n - Σ_a s_a(y) ∂²η_na/∂θ²
    /// ```
    ///
    /// For a canonical likelihood the first term is zero, and E Δ_ij Δ_kl = Σ_ab H_ab ∂²_ij η_a ∂²_kl η_b. In
    /// general each of several independent outputs has two random numbers, s_a and hess_a, whose joint covariance
    /// has a root of at most two columns; dependent outputs are listed label by label.
    ///
    /// # Errors
    /// [`Error::Unsupported`](crate::Error::Unsupported) for systematic draws and for a model that came as a
    /// Jacobian, [`Error::Setting`](crate::Error::Setting) for no draws,
    /// [`Error::TooLarge`](crate::Error::TooLarge) beyond 4096 parameters, 4096 labels of a datum with dependent
    /// outputs, or a list of counts that cannot be had.
    ///
    /// # Cost
    /// About 10N·K·P² flops, K ≤ 2C for independent outputs (C if the likelihood is canonical), the number of
    /// labels otherwise; P² numbers.
    ///
    /// # References
    /// Soen & Sun 2021, arXiv 2107.04205.
    pub fn entry_variances<T: Scalar>(&self, lin: &Linearization<T>) -> Result<EntryVariances> {
        check_draws(self.draws, self.sampler)?;
        check_order(lin.dim())?;
        let mut sums = Array2::<f64>::zeros((lin.dim(), lin.dim()));
        let mut trace_sum = 0.0;
        for n in 0..lin.data() {
            let datum = SecondOrder::new(Arc::new(lin.differential().datum(n)))?;
            for part in parts(lin, n)? {
                let delta = dense(lin.dim(), |v| part.product(&datum, v)).mapv(|x| x.as_f64());
                sums.zip_mut_with(&delta, |sum, d| *sum += d * d);
                trace_sum += delta.diag().sum().powi(2);
            }
        }
        EntryVariances::of_sums(sums, trace_sum, lin.data(), self.draws)
    }

    /// The exact covariance of the entries (i, j) and (k, l) of the estimate, for independent draws.
    ///
    /// # Errors
    /// As [`entry_variances`](Self::entry_variances), and [`Error::Domain`](crate::Error::Domain) for an entry
    /// that is not there; any number of parameters.
    ///
    /// # Cost
    /// Two products per part: about 20N·K·P flops.
    pub fn entry_covariance<T: Scalar>(
        &self,
        lin: &Linearization<T>,
        entries: [[usize; 2]; 2],
    ) -> Result<f64> {
        check_draws(self.draws, self.sampler)?;
        check_entries(lin, entries)?;
        let mut sum = 0.0;
        for n in 0..lin.data() {
            let datum = SecondOrder::new(Arc::new(lin.differential().datum(n)))?;
            for part in parts(lin, n)? {
                let [first, second] = entries.map(|[row, column]| {
                    let mut unit = Array1::zeros(lin.dim());
                    unit[column] = T::one();
                    part.product(&datum, unit.view())[row].as_f64()
                });
                sum += first * second;
            }
        }
        Ok(sum / ((lin.data() as f64).powi(2) * self.draws as f64))
    }
}

/// One column of a root of the covariance of (s, hess): the covariance of the matrices is the sum of Δ ⊗ Δ over
/// the parts.
struct Part<T> {
    /// -s, 1 × C.
    weights: Array2<T>,
    /// hess - H, 1 × C × C; absent where it is zero.
    middle: Option<Array3<T>>,
}

impl<T: Scalar> Part<T> {
    fn new(score: Array1<f64>, middle: Array2<f64>) -> Self {
        let weights = score.mapv(|s| T::of(-s)).insert_axis(Axis(0));
        let varies = middle.iter().any(|x| x.abs() > 0.0);
        Part { weights, middle: varies.then(|| middle.mapv(T::of).insert_axis(Axis(0))) }
    }

    fn product(&self, datum: &SecondOrder<T>, v: ArrayView1<'_, T>) -> Array1<T> {
        datum.product(self.weights.view(), self.middle.as_ref(), v)
    }
}

/// The parts of datum n.
fn parts<T: Scalar>(lin: &Linearization<T>, n: usize) -> Result<Vec<Part<T>>> {
    let etas = lin.eta();
    let eta: ArrayView1<'_, T> = etas.row(n);
    let likelihood = lin.likelihood().as_ref();
    let outputs = lin.outputs();
    let mut parts = Vec::new();
    if !is_separable(likelihood, eta)? {
        let support = likelihood.support(eta)?;
        check_labels(support.probabilities.len())?;
        let mean = likelihood.fisher(eta)?.mapv(|x| x.as_f64());
        for (label, p) in support.labels.outer_iter().zip(&support.probabilities) {
            let root = p.as_f64().sqrt();
            let score = likelihood.score(eta, label)?.mapv(|x| root * x.as_f64());
            let middle = (likelihood.hessian(eta, label)?.mapv(|x| x.as_f64()) - &mean) * root;
            parts.push(Part::new(score, middle));
        }
        return Ok(parts);
    }
    for c in 0..outputs {
        for [score, hessian] in root_of_output(likelihood, eta.slice(s![c..c + 1]))? {
            let (mut scores, mut middle) = (Array1::zeros(outputs), Array2::zeros((outputs, outputs)));
            scores[c] = score;
            middle[[c, c]] = hessian;
            parts.push(Part::new(scores, middle));
        }
    }
    Ok(parts)
}

/// Whether the outputs are independent and the likelihood of each alone is this likelihood of one output. Where
/// it is not (say, every output with a variance of its own) the joint list is right.
fn is_separable<T: Scalar>(likelihood: &dyn Likelihood<T>, eta: ArrayView1<'_, T>) -> Result<bool> {
    if likelihood.score_fourth_moments(eta)?.is_none() {
        return Ok(false);
    }
    let joint = likelihood.fisher(eta)?;
    Ok((0..eta.len()).all(|c| {
        let alone = likelihood.fisher(eta.slice(s![c..c + 1]));
        alone.is_ok_and(|alone| alone.dim() == (1, 1) && alone[[0, 0]] == joint[[c, c]])
    }))
}

/// A root of the covariance of (s, hess) of one output: its columns, one where the Hessian is fixed.
fn root_of_output<T: Scalar>(
    likelihood: &dyn Likelihood<T>,
    eta: ArrayView1<'_, T>,
) -> Result<Vec<[f64; 2]>> {
    let single = |matrix: Array2<T>| matrix.sum().as_f64();
    let variance = single(likelihood.fisher(eta)?);
    let support = likelihood.support(eta)?;
    let (mut crossed, mut spread) = (0.0, 0.0);
    for (label, p) in support.labels.outer_iter().zip(&support.probabilities) {
        let deviation = single(likelihood.hessian(eta, label)?) - variance;
        crossed += p.as_f64() * deviation * likelihood.score(eta, label)?.sum().as_f64();
        spread += p.as_f64() * deviation * deviation;
    }
    if spread <= 0.0 {
        return Ok(vec![[variance.sqrt(), 0.0]]);
    }
    if variance <= 0.0 {
        return Ok(vec![[0.0, spread.sqrt()]]);
    }
    let along = crossed / variance.sqrt();
    // What of the Hessian the score does not tell: nothing, if it is affine in the label as the score is.
    let rest = (spread - along * along).max(0.0);
    let columns = [[variance.sqrt(), along], [0.0, rest.sqrt()]];
    Ok(columns[..if rest > 1e-12 * spread { 2 } else { 1 }].to_vec())
}
