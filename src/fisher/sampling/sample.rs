use super::pulled::Pulled;
use crate::Scalar;
use crate::fisher::Scores;
use ndarray::{Array1, Array2, ArrayView1, s};

/// Numbers of S that are written out at a time, in rows.
const CHUNK: usize = 512;

/// The draws of every datum in their independent groups, and what their spread says of the error.
///
/// Row k of S carries the weight 1/√M, so that a datum's estimate is the sum of its rows' squares. Sums over data are
/// returned: N² times a variance.
pub(super) struct Groups<'a, T: Scalar> {
    scores: &'a Scores<T>,
    /// M.
    draws: usize,
    /// Independent groups of one datum; with fewer than 2 only the data themselves can be compared.
    groups: usize,
}

impl<'a, T: Scalar> Groups<'a, T> {
    /// `None` where nothing was drawn or nothing can be compared.
    pub(super) fn new(scores: &'a Scores<T>) -> Option<Self> {
        let sampling = scores.law()?;
        let groups = sampling.draws() / sampling.group();
        (groups >= 2 || scores.data() >= 2).then_some(Groups { scores, draws: sampling.draws(), groups })
    }

    fn within(&self) -> bool {
        self.groups >= 2
    }

    /// N² Var of a functional, by the contribution of every row of S.
    pub(super) fn variance(&self, rows: ArrayView1<'_, f64>) -> f64 {
        let data = self.scores.data() as f64;
        let mean = rows.sum() / data;
        (0..self.scores.data()).map(|n| self.of_datum(rows.slice(s![self.rows_of(n)]), mean)).sum()
    }

    fn rows_of(&self, n: usize) -> std::ops::Range<usize> {
        n * self.draws..(n + 1) * self.draws
    }

    /// One datum's part of N² Var; `mean` is that over the data.
    fn of_datum(&self, rows: ArrayView1<'_, f64>, mean: f64) -> f64 {
        if self.within() {
            let g = self.groups as f64;
            let size = self.draws / self.groups;
            let own = rows.sum();
            let sums = (0..self.groups).map(|k| rows.slice(s![k * size..(k + 1) * size]).sum());
            sums.map(|sum| (g * sum - own).powi(2)).sum::<f64>() / (g * (g - 1.0))
        } else {
            let data = self.scores.data() as f64;
            (rows.sum() - mean).powi(2) * data / (data - 1.0)
        }
    }

    /// N² times the mean squared error and the variance of the trace.
    pub(super) fn error(&self) -> (f64, f64) {
        let scores = self.scores;
        let pulled = Pulled::rows(scores.pullback(), &scores.differential, &scores.offsets);
        let data = scores.data();
        let mut squares = Vec::with_capacity(scores.rows());
        let (mut squared_error, mut first, mut before) = (0.0, 0.0, 0.0);
        for n in 0..data {
            let own = pulled.gram(n, n);
            squares.extend(own.diag());
            if self.within() {
                squared_error += self.spread(&own);
                continue;
            }
            // ½ Σ_n ‖F̂_n - F̂_{n-1}‖² around the circle of data.
            let norm = square_sum(&own);
            if n == 0 {
                first = norm;
            } else {
                squared_error += 0.5 * (norm + before) - square_sum(&pulled.gram(n - 1, n));
            }
            before = norm;
        }
        if !self.within() {
            squared_error += 0.5 * (first + before) - square_sum(&pulled.gram(data - 1, 0));
        }
        (squared_error, self.variance(Array1::from(squares).view()))
    }

    /// Σ_g ‖A_g - Ā‖²/(G(G - 1)) of the groups' matrices, from inner products of the rows of one datum.
    fn spread(&self, gram: &Array2<f64>) -> f64 {
        let (g, size) = (self.groups as f64, self.draws / self.groups);
        let mut within = 0.0;
        for k in 0..self.groups {
            let rows = k * size..(k + 1) * size;
            within += gram.slice(s![rows.clone(), rows]).iter().map(|x| x * x).sum::<f64>();
        }
        // A_g = G Σ_{k of g} S_kS_kᵀ.
        g * g * (within - square_sum(gram) / g) / (g * (g - 1.0))
    }

    /// N² Var of every entry of the diagonal, whose mean over the data is given.
    pub(super) fn diagonal(&self, mean: &Array1<f64>) -> Array1<f64> {
        let owner = self.scores.owner();
        let at_once = (CHUNK / self.draws).max(1);
        let mut sums = Array1::zeros(self.scores.dim());
        for start in (0..self.scores.data()).step_by(at_once) {
            let data = start..(start + at_once).min(self.scores.data());
            let rows = data.start * self.draws..data.end * self.draws;
            let panel = self.scores.panel(rows, &owner).mapv(|x| x.as_f64() * x.as_f64());
            for ((sum, row), &mean) in sums.iter_mut().zip(panel.outer_iter()).zip(mean) {
                for n in 0..data.len() {
                    *sum += self.of_datum(row.slice(s![self.rows_of(n)]), mean);
                }
            }
        }
        sums
    }
}

fn square_sum(matrix: &Array2<f64>) -> f64 {
    matrix.iter().map(|x| x * x).sum()
}
