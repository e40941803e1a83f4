//! Covariances of the first estimator, from fourth moments of the score.

use super::entry_variances::{EntryVariances, check_draws, check_entries, check_labels, check_order};
use crate::fisher::MonteCarlo;
use crate::linalg::{dot, product};
use crate::model::Linearization;
use crate::{Result, Scalar};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, Zip};

impl MonteCarlo {
    /// The exact variance of every entry of the estimate, for independent draws.
    ///
    /// ```text
    /// Cov(F̂_ij, F̂_kl) = (1/(N²M)) Σ_n (E s_i s_j s_k s_l - F_n,ij F_n,kl),    s = J_nᵀ s_n(y)
    /// ```
    ///
    /// For independent outputs E s_i s_j s_k s_l - F_ij F_kl = F_ik F_jl + F_il F_jk + Σ_a (κ_a - 3H_a²) J_ai
    /// J_aj J_ak J_al with κ_a = E s_a⁴, in closed form; otherwise by the list of labels.
    ///
    /// # Errors
    /// [`Error::Unsupported`](crate::Error::Unsupported) for systematic draws,
    /// [`Error::Setting`](crate::Error::Setting) for none, [`Error::TooLarge`](crate::Error::TooLarge) beyond
    /// 4096 parameters or labels of a datum.
    ///
    /// # Cost
    /// N·C·P² flops for independent outputs, N·L·P² for L labels; P² numbers.
    ///
    /// # Numerical notes
    /// In f64. A variance that is zero may come out as the rounding of H², never below 0.
    ///
    /// # References
    /// Soen & Sun 2021, arXiv 2107.04205.
    pub fn entry_variances<T: Scalar>(&self, lin: &Linearization<T>) -> Result<EntryVariances> {
        check_draws(self.draws, self.sampler)?;
        check_order(lin.dim())?;
        let mut sums = Array2::zeros((lin.dim(), lin.dim()));
        let mut trace_sum = 0.0;
        for n in 0..lin.data() {
            trace_sum += match Datum::new(lin, n)? {
                Datum::Independent { jacobian, h, excess } => {
                    let weighted = &jacobian * &h.view().insert_axis(Axis(1));
                    let fisher = product(jacobian.t(), weighted.view());
                    let squares = jacobian.mapv(|x| x * x);
                    let corrected = &squares * &excess.view().insert_axis(Axis(1));
                    let fourth = product(squares.t(), corrected.view());
                    let diagonal = fisher.diag().to_owned();
                    let mut trace = 0.0;
                    for ((i, j), sum) in sums.indexed_iter_mut() {
                        let square = fisher[[i, j]] * fisher[[i, j]];
                        *sum += (diagonal[i] * diagonal[j] + square + fourth[[i, j]]).max(0.0);
                        trace += 2.0 * square + fourth[[i, j]];
                    }
                    trace
                }
                Datum::Listed { scores, probabilities } => {
                    let fisher = mean_square(scores.view(), &probabilities);
                    let squares = scores.mapv(|x| x * x);
                    let fourth = mean_square(squares.view(), &probabilities);
                    Zip::from(&mut sums)
                        .and(&fourth)
                        .and(&fisher)
                        .for_each(|sum, &e, &f| *sum += (e - f * f).max(0.0));
                    let trace = fisher.diag().sum();
                    let deviations = squares.sum_axis(Axis(1)).mapv(|t| (t - trace).powi(2));
                    dot(deviations.view(), probabilities.view())
                }
            };
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
    /// N·C·P flops.
    pub fn entry_covariance<T: Scalar>(
        &self,
        lin: &Linearization<T>,
        entries: [[usize; 2]; 2],
    ) -> Result<f64> {
        check_draws(self.draws, self.sampler)?;
        check_entries(lin, entries)?;
        let [[i, j], [k, l]] = entries;
        let mut sum = 0.0;
        for n in 0..lin.data() {
            sum += match Datum::new(lin, n)? {
                Datum::Independent { jacobian, h, excess } => {
                    let products = |i: usize, j: usize| &jacobian.column(i) * &jacobian.column(j);
                    let f = |i: usize, j: usize| dot(products(i, j).view(), h.view());
                    let fourth = products(i, j) * products(k, l);
                    f(i, k) * f(j, l) + f(i, l) * f(j, k) + (fourth * excess).sum()
                }
                Datum::Listed { scores, probabilities } => {
                    let products = |i: usize, j: usize| &scores.column(i) * &scores.column(j);
                    let centred = |x: Array1<f64>| &x - dot(x.view(), probabilities.view());
                    (centred(products(i, j)) * centred(products(k, l)) * &probabilities).sum()
                }
            };
        }
        Ok(sum / ((lin.data() as f64).powi(2) * self.draws as f64))
    }
}

/// What one datum contributes.
enum Datum {
    /// J (C × P), H_a and κ_a - 3H_a² of independent outputs.
    Independent { jacobian: Array2<f64>, h: Array1<f64>, excess: Array1<f64> },
    /// Jᵀ s(y) for every label (L × P), and p(y).
    Listed { scores: Array2<f64>, probabilities: Array1<f64> },
}

impl Datum {
    fn new<T: Scalar>(lin: &Linearization<T>, n: usize) -> Result<Self> {
        let eta = lin.eta();
        let eta: ArrayView1<'_, T> = eta.row(n);
        let likelihood = lin.likelihood();
        let jacobian = jacobian(lin, n);
        if let Some(fourth) = likelihood.score_fourth_moments(eta)? {
            let h = likelihood.fisher(eta)?.diag().mapv(|x| x.as_f64());
            let excess = fourth.mapv(|x| x.as_f64()) - h.mapv(|h| 3.0 * h * h);
            return Ok(Datum::Independent { jacobian, h, excess });
        }
        let support = likelihood.support(eta)?;
        check_labels(support.probabilities.len())?;
        let mut scores = Array2::zeros((support.probabilities.len(), lin.outputs()));
        for (label, mut row) in support.labels.outer_iter().zip(scores.outer_iter_mut()) {
            row.assign(&likelihood.score(eta, label)?.mapv(|x| x.as_f64()));
        }
        let probabilities = support.probabilities.mapv(|p| p.as_f64());
        Ok(Datum::Listed { scores: product(scores.view(), jacobian.view()), probabilities })
    }
}

/// J_n, C × P.
fn jacobian<T: Scalar>(lin: &Linearization<T>, n: usize) -> Array2<f64> {
    let datum = lin.differential().datum(n);
    let mut jacobian = Array2::zeros((lin.outputs(), lin.dim()));
    let mut unit = Array2::zeros((1, lin.outputs()));
    for (c, mut row) in jacobian.outer_iter_mut().enumerate() {
        unit[[0, c]] = T::one();
        row.assign(&datum.vjp(unit.view()).mapv(|x| x.as_f64()));
        unit[[0, c]] = T::zero();
    }
    jacobian
}

/// Σ_y p(y) x_i(y) x_j(y).
fn mean_square(rows: ArrayView2<'_, f64>, probabilities: &Array1<f64>) -> Array2<f64> {
    let weighted = &rows * &probabilities.view().insert_axis(Axis(1));
    product(rows.t(), weighted.view())
}
