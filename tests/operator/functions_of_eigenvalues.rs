//! Samples from N(0, (F + λI)⁻¹) and pseudo-inverses, against nalgebra.

use crate::support::close::{all_close, in_band};
use crate::support::naive;
use natgrad::operator::{Dense, Diagonal, Kronecker, KroneckerFactors, MatrixBlock};
use natgrad::random::{Purpose, Streams};
use natgrad::{Error, LinearOperator};
use ndarray::{Array1, Array2, array};

/// f(F) by nalgebra's eigenvectors.
fn function(matrix: &Array2<f64>, f: impl Fn(f64) -> f64) -> Array2<f64> {
    let n = matrix.nrows();
    let eigen = nalgebra::DMatrix::from_fn(n, n, |i, j| matrix[[i, j]]).symmetric_eigen();
    let values = nalgebra::DMatrix::from_diagonal(&eigen.eigenvalues.map(f));
    let image = &eigen.eigenvectors * values * eigen.eigenvectors.transpose();
    Array2::from_shape_fn((n, n), |(i, j)| image[(i, j)])
}

/// Operators of order 6 and λ, none of them 1: every kind of decomposition but the low-rank one.
fn operators() -> Vec<(&'static str, Box<dyn LinearOperator<f64>>)> {
    let block = MatrixBlock { offset: 0, outputs: 3, inputs: 2, bias: false };
    let left = naive::with_spectrum(&[0.5, 2.0, 7.0], 11);
    let right = array![[2.0, 0.5], [0.5, 3.0]];
    let factors = KroneckerFactors::new(block, left, right).unwrap();
    vec![
        ("dense", Box::new(Dense::new(naive::with_spectrum(&[0.1, 0.7, 1.3, 2.0, 5.0, 11.0], 3)).unwrap())),
        ("diagonal", Box::new(Diagonal::new(array![0.1, 0.7, 1.3, 2.0, 5.0, 11.0]).unwrap())),
        ("kronecker", Box::new(Kronecker::new(vec![factors]).unwrap())),
    ]
}

const LAMBDA: f64 = 0.3;

/// The identity's samples are z itself; those of F are (F + λI)^-½ z with the same z.
#[test]
fn a_sample_is_the_inverse_root_times_the_sample_of_the_identity() {
    let streams = Streams::new(0, Purpose::Directions);
    let identity = Diagonal::new(Array1::<f64>::ones(6)).unwrap().decompose().unwrap();
    for (name, operator) in operators() {
        let root = function(&operator.to_dense().unwrap(), |value| 1.0 / (value + LAMBDA).sqrt());
        let decomposition = operator.decompose().unwrap();
        for draw in [0, 1, 5, u64::MAX] {
            let z = identity.sample(0.0, &streams, draw).unwrap();
            let expected = naive::apply(&root, &z);
            let found = decomposition.sample(LAMBDA, &streams, draw).unwrap();
            all_close(&found, &expected, 1e-13);
            assert_ne!(found, decomposition.sample(LAMBDA, &streams, draw ^ 2).unwrap(), "{name}");
        }
    }
}

/// Second moments of 2003 draws: E xxᵀ = (F + λI)⁻¹ =: C, with Var x_i x_j = C_ii C_jj + C_ij².
#[test]
fn samples_have_the_inverse_for_their_covariance() {
    let draws = 2003;
    for (name, operator) in operators() {
        let covariance = function(&operator.to_dense().unwrap(), |value| 1.0 / (value + LAMBDA));
        let decomposition = operator.decompose().unwrap();
        let mut second = Array2::<f64>::zeros((6, 6));
        for draw in 0..draws {
            let streams = Streams::new(7, Purpose::Directions);
            let x = decomposition.sample(LAMBDA, &streams, draw).unwrap();
            second += &Array2::from_shape_fn((6, 6), |(i, j)| x[i] * x[j] / draws as f64);
        }
        for ((i, j), &found) in second.indexed_iter() {
            let c = |i: usize, j: usize| covariance[[i, j]];
            let variance = c(i, i) * c(j, j) + c(i, j).powi(2);
            in_band(&format!("{name} [{i}, {j}]"), found, c(i, j), variance, draws as usize);
        }
    }
}

/// Eigenvalues up to the cutoff are left out, the others inverted.
#[test]
fn the_pseudo_inverse_is_that_of_nalgebra() {
    let v = array![1.0, -2.0, 0.5, 3.0, -1.5];
    for (spectrum, cutoff) in [([0.0, 0.0, 0.7, 2.0, 5.0], 1e-10), ([1e-3, 0.02, 0.7, 2.0, 5.0], 0.01)] {
        let matrix = naive::with_spectrum(&spectrum, 5);
        let floor = 5.0 * cutoff;
        let inverse = function(&matrix, |value| if value > floor { 1.0 / value } else { 0.0 });
        let decomposition = Dense::new(matrix).unwrap().decompose().unwrap();
        let found = decomposition.pseudo_inverse(cutoff, v.view()).unwrap();
        all_close(&found, &naive::apply(&inverse, &v), 1e-12);
        for bad in [-0.5, 1.0, f64::NAN] {
            let error = decomposition.pseudo_inverse(bad, v.view()).unwrap_err();
            assert!(matches!(error, Error::Setting { option: "cutoff", .. }), "{error}");
        }
    }
}

/// Where F + λI is singular there is no such distribution.
#[test]
fn a_singular_matrix_has_no_samples() {
    let singular = Diagonal::new(array![2.0, 0.0, 3.0]).unwrap().decompose().unwrap();
    let streams = Streams::new(0, Purpose::Directions);
    assert!(matches!(singular.sample(0.0, &streams, 0).unwrap_err(), Error::Singular { .. }));
    assert!(singular.sample(0.5, &streams, 0).is_ok());
}
