//! Solvers: directions against nalgebra, residuals against loops, condition numbers against known spectra.

mod auto;
mod cholesky;
mod condition;
mod conjugate_gradient;
mod damped_factors;
mod damping;
mod diagonal_power;
mod dual;
mod dual_road;
mod every_pair;
mod kronecker;
mod lanczos;
mod laws;
mod limits;
mod preconditioned;
mod verdicts;

use crate::support::naive;
use ndarray::{Array1, Array2};

/// F + diag(shift), by hand.
fn shifted(f: &Array2<f64>, shift: &[f64]) -> Array2<f64> {
    Array2::from_shape_fn(f.dim(), |(i, j)| f[[i, j]] + if i == j { shift[i] } else { 0.0 })
}

/// ‖A d - g‖/‖g‖ by loops.
fn residual(a: &Array2<f64>, d: &Array1<f64>, g: &Array1<f64>) -> f64 {
    naive::norm(&(naive::apply(a, d) - g)) / naive::norm(g)
}

/// A⁻¹ g by nalgebra's LU with full pivoting.
fn reference(a: &Array2<f64>, g: &Array1<f64>) -> Vec<f64> {
    let matrix = nalgebra::DMatrix::from_fn(a.nrows(), a.ncols(), |i, j| a[[i, j]]);
    let right = nalgebra::DVector::from_iterator(g.len(), g.iter().copied());
    matrix.full_piv_lu().solve(&right).unwrap().iter().copied().collect()
}
