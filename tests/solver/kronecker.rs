//! Kronecker solves against dense ones of the matrix that each damping means, built by loops.

use super::{reference, residual};
use crate::support::cases::{double, matrix, vector};
use crate::support::close::{all_close, close, rounding};
use crate::support::{Stream, naive};
use natgrad::operator::{Kronecker, KroneckerFactors, KroneckerOperator, MatrixBlock};
use natgrad::solver::{Damping, KroneckerSolver, Pi};
use natgrad::{Error, LinearOperator, Scalar, Solver};
use ndarray::{Array1, Array2, array};

/// √λ/π and π√λ by the definition.
fn shares<T: Scalar>(factors: &KroneckerFactors<T>, lambda: f64) -> (f64, f64) {
    let mean = |m: ndarray::ArrayView2<'_, T>| {
        (0..m.nrows()).map(|i| m[[i, i]].as_f64()).sum::<f64>() / m.nrows() as f64
    };
    let (b, a) = (mean(factors.left()), mean(factors.right()));
    let pi = if a > 0.0 && b > 0.0 { (a / b).sqrt() } else { 1.0 };
    (lambda.sqrt() / pi, lambda.sqrt() * pi)
}

/// The damped matrix, entry by entry: (o, i) of a layer stands at offset + o·in + i, the bias after the weights.
pub fn damped<T: Scalar, F: KroneckerOperator<T>>(operator: &F, damping: Damping) -> Array2<f64> {
    let mut dense = Array2::zeros((operator.dim(), operator.dim()));
    for factors in operator.factors() {
        let (left, right, block) = (factors.left(), factors.right(), factors.block());
        let (beta, alpha) = match damping {
            Damping::Factored { lambda, pi: Pi::TraceRatio } => shares(factors, lambda),
            Damping::Factored { lambda, pi: Pi::One } => (lambda.sqrt(), lambda.sqrt()),
            Damping::PerFactor(lambda) => (lambda, lambda),
            _ => (0.0, 0.0),
        };
        let place = |o: usize, i: usize| {
            if i < block.inputs {
                block.offset + o * block.inputs + i
            } else {
                block.offset + block.outputs * block.inputs + o
            }
        };
        for ((o, p), b) in left.indexed_iter() {
            for ((i, j), a) in right.indexed_iter() {
                let b = b.as_f64() + if o == p { beta } else { 0.0 };
                let a = a.as_f64() + if i == j { alpha } else { 0.0 };
                dense[[place(o, i), place(p, j)]] = b * a;
            }
        }
    }
    for i in 0..dense.nrows() {
        dense[[i, i]] += match damping {
            Damping::Exact(lambda) => lambda,
            Damping::RelativeDiagonal(lambda) => lambda * dense[[i, i]],
            _ => 0.0,
        };
    }
    dense
}

/// Two layers with and without a bias; every width another prime, so that no order of the factors can be mistaken.
fn two_layers<T: Scalar>() -> Kronecker<T> {
    let spread = |n: usize, seed: u64| {
        let spectrum: Vec<f64> = (0..n).map(|i| 0.25 * 1.7f64.powi(i as i32)).collect();
        matrix::<T>(&naive::with_spectrum(&spectrum, seed))
    };
    let first = MatrixBlock { offset: 0, outputs: 5, inputs: 2, bias: true };
    let second = MatrixBlock { offset: first.end(), outputs: 3, inputs: 7, bias: false };
    Kronecker::new(vec![
        KroneckerFactors::new(first, spread(5, 3), spread(3, 5)).unwrap(),
        KroneckerFactors::new(second, spread(3, 7), spread(7, 11)).unwrap(),
    ])
    .unwrap()
}

const SCHEMES: [fn(f64) -> Damping; 5] = [
    Damping::Exact,
    Damping::RelativeDiagonal,
    Damping::PerFactor,
    |lambda| Damping::Factored { lambda, pi: Pi::TraceRatio },
    |lambda| Damping::Factored { lambda, pi: Pi::One },
];

/// Against nalgebra's LU of the matrix built by loops. The inverse is applied, not the matrix, and to rows and columns in their
/// order.
fn agrees_with_dense_solves<T: Scalar>() {
    let f = two_layers::<T>();
    let mut stream = Stream(31);
    let g = Array1::from_shape_simple_fn(f.dim(), || T::of(stream.dyadic()));
    for scheme in SCHEMES {
        for lambda in [0.0, 1e-3, 0.1, 5.0, 300.0] {
            let damping = scheme(lambda);
            let dense = damped(&f, damping);
            let expected = reference(&dense, &double(&g));
            let solution = KroneckerSolver { damping }.solve(&f, g.view()).unwrap().converged().unwrap();
            // The factors have conditions of up to 25 and 9: their product 220.
            all_close(&solution.direction, &expected, rounding::<T>(300.0));
            let exact = residual(&dense, &double(&solution.direction), &double(&g));
            close(solution.info.residual + 1.0, exact + 1.0, rounding::<T>(300.0));
        }
    }
}

/// A unit that never fires: a zero row in B. Relative damping adds nothing there, and the direction is 0 if the gradient is.
fn dead_units<T: Scalar>() {
    let block = MatrixBlock { offset: 0, outputs: 3, inputs: 2, bias: false };
    let left = matrix(&array![[2.0, 0.0, 1.0], [0.0, 0.0, 0.0], [1.0, 0.0, 3.0]]);
    let factors = KroneckerFactors::new(block, left, matrix(&array![[2.0, 0.5], [0.5, 1.0]])).unwrap();
    let f = Kronecker::new(vec![factors]).unwrap();
    let solver = KroneckerSolver { damping: Damping::RelativeDiagonal(0.25) };
    let g = vector::<T>(&[1.0, -2.0, 0.0, 0.0, 0.5, 3.0]);
    let solution = solver.solve(&f, g.view()).unwrap().converged().unwrap();
    let dense = damped(&f, Damping::RelativeDiagonal(0.25));
    let alive: Vec<usize> = vec![0, 1, 4, 5];
    let inside = Array2::from_shape_fn((4, 4), |(i, j)| dense[[alive[i], alive[j]]]);
    let expected = reference(&inside, &alive.iter().map(|&i| g[i].as_f64()).collect());
    all_close(alive.iter().map(|&i| &solution.direction[i]), &expected, rounding::<T>(16.0));
    assert!(solution.direction[2].is_zero() && solution.direction[3].is_zero());
    let error = solver.solve(&f, vector::<T>(&[1.0, -2.0, 0.0, 0.125, 0.5, 3.0]).view()).unwrap_err();
    assert!(matches!(error, Error::Domain { quantity: "diagonal", index: 3, .. }), "{error}");
    // Damped factors are positive definite all the same.
    for damping in [KroneckerSolver::factored(0.25).damping, Damping::PerFactor(0.25), Damping::Exact(0.25)] {
        let solution = KroneckerSolver { damping }.solve(&f, g.view()).unwrap().converged().unwrap();
        all_close(&solution.direction, &reference(&damped(&f, damping), &double(&g)), rounding::<T>(32.0));
    }
    // Undamped, the product is singular, and a factor is.
    let error = KroneckerSolver::default().solve(&f, g.view()).unwrap_err();
    assert!(matches!(error, Error::Singular { what: "kronecker", .. }), "{error}");
    let error = KroneckerSolver { damping: Damping::PerFactor(0.0) }.solve(&f, g.view()).unwrap_err();
    assert!(matches!(error, Error::NotPositiveDefinite { order: 3, pivot: 1 }), "{error}");
}

/// Parameters in units of 2⁻⁹⁰ to 2⁹⁰ of one another: the relative damping does not see it. (K + λD) with K = SK'S, D = SD'S has
/// the solution S⁻¹ d' of S g'.
#[test]
fn relative_damping_has_no_units() {
    let plain = two_layers::<f64>();
    let units = |n: usize, seed: u64| {
        let mut stream = Stream(seed);
        Array1::from_shape_simple_fn(n, || 2f64.powi((stream.bits() % 91) as i32 - 45))
    };
    let mut scales = Array1::zeros(plain.dim());
    let scaled = plain.factors().iter().enumerate().map(|(l, factors)| {
        let block = factors.block();
        let (rows, columns) = block.shape();
        let (rows, columns) = (units(rows, l as u64), units(columns, l as u64 + 7));
        for (o, r) in rows.iter().enumerate() {
            for (i, c) in columns.iter().enumerate() {
                scales[block.place(o, i)] = r * c;
            }
        }
        let times = |m: ndarray::ArrayView2<'_, f64>, s: &Array1<f64>| {
            Array2::from_shape_fn(m.dim(), |(i, j)| m[[i, j]] * s[i] * s[j])
        };
        KroneckerFactors::new(block, times(factors.left(), &rows), times(factors.right(), &columns)).unwrap()
    });
    let scaled = Kronecker::new(scaled.collect()).unwrap();
    let mut stream = Stream(41);
    let g = Array1::from_shape_simple_fn(plain.dim(), || stream.dyadic());
    let solver = KroneckerSolver { damping: Damping::RelativeDiagonal(0.125) };
    let expected = solver.solve(&plain, g.view()).unwrap().direction;
    let found = solver.solve(&scaled, (&g * &scales).view()).unwrap().direction * &scales;
    all_close(&found, &expected, 1e-14);
}

on_both!(agrees_with_dense_solves, dead_units);
