//! Tensors by naive loops over all their indices, for the transcriptions of methods that work axis by axis.

use crate::support::Stream;
use nalgebra::DMatrix;
use natgrad::ParameterLayout;
use natgrad::ndarray::ArrayD;
use natgrad::optimizer::State;

pub type Matrix = DMatrix<f64>;

/// Two axes with out ≠ in, one axis, none, and three: sizes that no transposition leaves in place.
pub fn layout() -> ParameterLayout {
    ParameterLayout::new(shapes()).unwrap()
}

pub fn shapes() -> Vec<(&'static str, Vec<usize>)> {
    vec![("weight", vec![7, 3]), ("bias", vec![5]), ("scale", vec![]), ("kernel", vec![3, 2, 5])]
}

pub fn one(shape: &[usize]) -> ParameterLayout {
    ParameterLayout::new([("w", shape.to_vec())]).unwrap()
}

/// Numbers that are exact in both scalars, over two decades of size.
pub fn gradients(seed: u64, dim: usize, steps: usize) -> Vec<Vec<f64>> {
    let mut stream = Stream(seed);
    let mut row = || {
        let size = [0.125, 0.5, 1.0, 8.0][(stream.bits() % 4) as usize];
        (0..dim).map(|_| size * stream.dyadic()).collect()
    };
    (0..steps).map(|_| row()).collect()
}

pub fn random(seed: u64, rows: usize, columns: usize) -> Matrix {
    let mut stream = Stream(seed);
    Matrix::from_fn(rows, columns, |_, _| 2.0 * stream.uniform() - 1.0)
}

pub fn orthogonal(seed: u64, order: usize) -> Matrix {
    random(seed, order, order).qr().q()
}

/// Row by row, as a tensor lies in θ.
pub fn rows(matrix: &Matrix) -> Vec<f64> {
    matrix.transpose().iter().copied().collect()
}

pub fn matrix(rows: usize, columns: usize, entries: &[f64]) -> Matrix {
    Matrix::from_row_slice(rows, columns, entries)
}

/// An array of a saved state.
pub fn saved(state: &State, name: &str) -> Matrix {
    let array: &ArrayD<f64> = state.get(name).unwrap();
    let entries: Vec<f64> = array.iter().copied().collect();
    matrix(array.shape()[0], array.shape()[1], &entries)
}

/// f of a symmetric matrix.
pub fn function(a: &Matrix, f: impl Fn(f64) -> f64) -> Matrix {
    let eigen = a.clone().symmetric_eigen();
    &eigen.eigenvectors * Matrix::from_diagonal(&eigen.eigenvalues.map(f)) * eigen.eigenvectors.transpose()
}

/// The polar factor U Vᵀ; singular values below 1e-10 are left out. `power` of the singular values stays.
pub fn polar(a: &Matrix, power: i32) -> Matrix {
    let svd = a.clone().svd(true, true);
    let values = svd.singular_values.map(|s| if s > 1e-10 { s.powi(power) } else { 0.0 });
    svd.u.unwrap() * Matrix::from_diagonal(&values) * svd.v_t.unwrap()
}

/// All multi-indices of a shape, in row-major order.
fn indices(shape: &[usize]) -> Vec<Vec<usize>> {
    let mut all = vec![vec![]];
    for &length in shape {
        all = all
            .into_iter()
            .flat_map(|start: Vec<usize>| {
                (0..length).map(move |i| start.iter().copied().chain([i]).collect::<Vec<usize>>())
            })
            .collect();
    }
    all
}

fn position(shape: &[usize], index: &[usize]) -> usize {
    shape.iter().zip(index).fold(0, |sum, (length, i)| sum * length + i)
}

/// y with y[…, j, …] = Σᵢ A[j, i] x[…, i, …].
pub fn multiply(shape: &[usize], axis: usize, a: &Matrix, x: &[f64]) -> Vec<f64> {
    let mut y = vec![0.0; x.len()];
    for index in indices(shape) {
        let mut source = index.clone();
        for i in 0..shape[axis] {
            source[axis] = i;
            y[position(shape, &index)] += a[(index[axis], i)] * x[position(shape, &source)];
        }
    }
    y
}

/// C with C[i, j] = Σ x[…, i, …] x[…, j, …] over all other indices.
pub fn gram(shape: &[usize], axis: usize, x: &[f64]) -> Matrix {
    let mut c = Matrix::zeros(shape[axis], shape[axis]);
    for index in indices(shape) {
        let mut other = index.clone();
        for j in 0..shape[axis] {
            other[axis] = j;
            c[(index[axis], j)] += x[position(shape, &index)] * x[position(shape, &other)];
        }
    }
    c
}

/// x with the indices along an axis taken in another order.
pub fn permute(shape: &[usize], axis: usize, order: &[usize], x: &[f64]) -> Vec<f64> {
    let from = |mut index: Vec<usize>| {
        index[axis] = order[index[axis]];
        x[position(shape, &index)]
    };
    indices(shape).into_iter().map(from).collect()
}

pub fn norm(x: &[f64]) -> f64 {
    x.iter().map(|v| v * v).sum::<f64>().sqrt()
}
