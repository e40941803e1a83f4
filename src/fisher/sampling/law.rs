use super::cells::Cell;
use crate::linalg::{dot, product};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};

/// How one datum's output-space vectors come about: F̂_n is a quadratic form in fixed vectors a_g with random
/// coefficients.
pub(super) struct Law {
    /// a_g, G × C: scores of all labels, columns of a root, or unit vectors.
    pub(super) generators: Array2<f64>,
    pub(super) weights: Weights,
}

/// The random coefficients.
pub(super) enum Weights {
    /// r = Σ_g z_g a_g with independent z_g of mean zero, drawn M times independently.
    Independent {
        /// E z².
        second: Array1<f64>,
        /// E z⁴.
        fourth: Array1<f64>,
        draws: usize,
    },
    /// A group of draws takes one of these patterns of labels; the mean over independent groups is taken.
    Cells { cells: Vec<Cell>, groups: usize },
}

impl Law {
    /// E‖F̂_n - F_n‖² and Var tr F̂_n, given K = J_nJ_nᵀ.
    pub(super) fn error(&self, gram: ArrayView2<'_, f64>) -> (f64, f64) {
        let images = product(self.generators.view(), gram);
        match &self.weights {
            Weights::Independent { second, fourth, draws } => {
                let pairs = product(images.view(), self.generators.t());
                let (mut error, mut trace) = (0.0, 0.0);
                for ((i, j), &k) in pairs.indexed_iter() {
                    if i == j {
                        let excess = k * k * (fourth[i] - second[i] * second[i]);
                        error += excess;
                        trace += excess;
                    } else {
                        let h = second[i] * second[j];
                        error += h * (pairs[[i, i]] * pairs[[j, j]] + k * k);
                        trace += 2.0 * h * k * k;
                    }
                }
                (error / *draws as f64, trace / *draws as f64)
            }
            Weights::Cells { cells, groups } => {
                let pair = |y: usize, z: usize| dot(images.row(y), self.generators.row(z));
                let own: Array1<f64> = (0..images.nrows()).map(|y| pair(y, y)).collect();
                let mut second = 0.0;
                for cell in cells {
                    let mut norm = 0.0;
                    for (place, &(y, share)) in cell.shares.iter().enumerate() {
                        norm += (share * own[y]).powi(2);
                        for &(z, other) in &cell.shares[..place] {
                            norm += 2.0 * share * other * pair(y, z).powi(2);
                        }
                    }
                    second += cell.length * norm;
                }
                let hk = product(self.mean_outer(cells).view(), gram);
                let error = second - (&hk * &hk.t()).sum();
                (error / *groups as f64, variance(cells, own.view()) / *groups as f64)
            }
        }
    }

    /// H = Σ_y p(y) s(y) s(y)ᵀ.
    fn mean_outer(&self, cells: &[Cell]) -> Array2<f64> {
        let mut weights = Array1::<f64>::zeros(self.generators.nrows());
        for cell in cells {
            for &(y, share) in &cell.shares {
                weights[y] += cell.length * share;
            }
        }
        let weighted = &self.generators * &weights.insert_axis(Axis(1));
        product(self.generators.t(), weighted.view())
    }

    /// The variance of the mean of (w·r)² over the draws, given w·a_g for every g.
    pub(super) fn variance_of_square(&self, values: ArrayView1<'_, f64>) -> f64 {
        match &self.weights {
            Weights::Independent { second, fourth, draws } => {
                // Σ_g x_g⁴ (E z⁴ - (E z²)²) + 4 Σ_{g<h} x_g² E z_g² x_h² E z_h²: no term is negative.
                let (mut sum, mut before) = (0.0, 0.0);
                for ((x, &h), &m) in values.iter().zip(second).zip(fourth) {
                    let square = x * x;
                    sum += square * square * (m - h * h) + 4.0 * before * square * h;
                    before += square * h;
                }
                sum / *draws as f64
            }
            Weights::Cells { cells, groups } => {
                variance(cells, values.mapv(|x| x * x).view()) / *groups as f64
            }
        }
    }
}

/// The variance of Σ share·φ_y over the cells.
fn variance(cells: &[Cell], phi: ArrayView1<'_, f64>) -> f64 {
    let of_cell = |cell: &Cell| cell.shares.iter().map(|&(y, share)| share * phi[y]).sum::<f64>();
    let mean: f64 = cells.iter().map(|cell| cell.length * of_cell(cell)).sum();
    cells.iter().map(|cell| cell.length * (of_cell(cell) - mean).powi(2)).sum()
}
