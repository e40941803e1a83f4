//! Preconditioned conjugate gradients: the same solution in fewer iterations.

use crate::support::cases::{double, matrix, vector};
use crate::support::close::{all_close, close, rounding};
use crate::support::{Stream, naive};
use natgrad::operator::{Dense, Diagonal, Scaled};
use natgrad::solver::{ConjugateGradient, Damping, PreconditionedConjugateGradient};
use natgrad::{Error, Scalar, Solver};
use ndarray::{Array1, Array2, array};

fn gradient<T: Scalar>(n: usize) -> Array1<T> {
    let mut stream = Stream(23);
    Array1::from_shape_simple_fn(n, || T::of(stream.dyadic()))
}

/// D A D with A of condition 5 and D over six decades.
fn badly_scaled(n: usize) -> Array2<f64> {
    let spectrum: Vec<f64> = (0..n).map(|i| 1.0 + 4.0 * i as f64 / (n - 1) as f64).collect();
    let a = naive::with_spectrum(&spectrum, 3);
    let scale = |i: usize| 2f64.powi((i as i32 * 7) % 11 - 5);
    Array2::from_shape_fn((n, n), |(i, j)| a[[i, j]] * scale(i) * scale(j))
}

/// Against LU, with every damping; and the diagonal takes most of the iterations away.
fn jacobi_agrees_with_nalgebra<T: Scalar>() {
    let f = double(&matrix::<T>(&badly_scaled(31)));
    let operator = Dense::new(matrix::<T>(&f)).unwrap();
    let g = gradient::<T>(31);
    // In single precision 1e-5 is where rounding begins: a backward error of 2e-8 left 1.05e-5 with OpenBLAS.
    let tolerance = if T::NAME == "float32" { 4e-5 } else { 1e-12 };
    for (damping, shift) in [
        (Damping::None, vec![0.0; 31]),
        (Damping::Exact(0.375), vec![0.375; 31]),
        (Damping::RelativeDiagonal(0.25), (0..31).map(|i| 0.25 * f[[i, i]]).collect()),
    ] {
        let a = super::shifted(&f, &shift);
        let jacobi = PreconditionedConjugateGradient {
            tolerance,
            ..PreconditionedConjugateGradient::jacobi(&operator, damping).unwrap()
        };
        let found = jacobi.solve(&operator, g.view()).unwrap().converged().unwrap();
        let exact = super::residual(&a, &double(&found.direction), &double(&g));
        assert!(exact <= 1.01 * tolerance + rounding::<T>(8.0), "{damping}: {exact:e}");
        let expected = super::reference(&a, &double(&g));
        let d = double(&found.direction);
        // In the metric of A the error is below √κ(D⁻¹AD⁻¹)·tolerance·(spread of D): 2¹⁰.
        let off = naive::norm(&(&d - &Array1::from(expected.clone()))) / naive::norm(&Array1::from(expected));
        assert!(off <= 2f64.powi(10) * tolerance, "{damping}: {off:e}");
        // Condition at most 5·max/min of the diagonal of A, some 10: far below that of A.
        assert!(found.info.condition < 30.0, "{damping}: {}", found.info.condition);
        let plain = ConjugateGradient { damping, tolerance, max_iterations: 1000 };
        let plain = plain.solve(&operator, g.view()).unwrap().info;
        assert!(2 * found.info.iterations < plain.iterations, "{} and {plain}", found.info);
    }
}

/// With the exact inverse one iteration is enough, whatever its scale; the identity is plain conjugate gradients.
fn extreme_preconditioners<T: Scalar>() {
    let operator = Dense::new(array![[4.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 2.0]].mapv(T::of)).unwrap();
    // The adjugate: determinant 18.
    let inverse = array![[5.0, -2.0, 1.0], [-2.0, 8.0, -4.0], [1.0, -4.0, 11.0]].mapv(|x| T::of(x / 18.0));
    let g = vector::<T>(&[1.0, 2.0, 3.0]);
    let tolerance = rounding::<T>(16.0);
    for exponent in [-100, 0, 100] {
        let inverse = Dense::new(inverse.clone()).unwrap();
        let scaled = Scaled::new(inverse, T::of(2.0).powi(exponent)).unwrap();
        let solver = PreconditionedConjugateGradient {
            tolerance,
            ..PreconditionedConjugateGradient::new(Damping::None, scaled)
        };
        let found = solver.solve(&operator, g.view()).unwrap().converged().unwrap();
        all_close(&found.direction, &[2.0 / 9.0, 1.0 / 9.0, 13.0 / 9.0], rounding::<T>(16.0));
        assert_eq!(found.info.iterations, 1, "2^{exponent}");
        close(found.info.condition, 1.0, rounding::<T>(16.0));
    }
    let identity = Diagonal::new(Array1::<T>::ones(3)).unwrap();
    let solver = PreconditionedConjugateGradient {
        tolerance: 1e-4,
        ..PreconditionedConjugateGradient::new(Damping::Exact(0.5), identity)
    };
    let plain = ConjugateGradient { damping: Damping::Exact(0.5), tolerance: 1e-4, max_iterations: 1000 };
    let (a, b) = (solver.solve(&operator, g.view()).unwrap(), plain.solve(&operator, g.view()).unwrap());
    assert_eq!((a.direction, a.info.iterations), (b.direction, b.info.iterations));
}

/// A row of zeros is left alone, no gradient is no direction, and a preconditioner that cannot be one is named.
#[test]
fn corners() {
    let operator = Diagonal::new(array![2.0, 0.0, 5.0]).unwrap();
    let solver = PreconditionedConjugateGradient::jacobi(&operator, Damping::None).unwrap();
    let found = solver.solve(&operator, array![3.0, 0.0, -7.0].view()).unwrap().converged().unwrap();
    all_close(&found.direction, &[1.5, 0.0, -1.4], 1e-15);
    let stuck = solver.solve(&operator, array![3.0, 1.0, -7.0].view()).unwrap();
    assert!(stuck.converged().is_err());
    let none = solver.solve(&operator, Array1::zeros(3).view()).unwrap();
    assert_eq!((none.direction, none.info.iterations), (Array1::zeros(3), 0));
    let zero = Diagonal::new(Array1::<f64>::zeros(3)).unwrap();
    let solver = PreconditionedConjugateGradient::new(Damping::None, zero);
    let found = solver.solve(&operator, array![3.0, 0.0, -7.0].view()).unwrap();
    assert!(found.info.note.as_deref().is_some_and(|note| note.contains("not positive definite")));
    close(found.info.residual, 1.0, 0.0);
    let short = PreconditionedConjugateGradient::new(Damping::None, Diagonal::new(array![1.0]).unwrap());
    let error = short.solve(&operator, array![3.0, 0.0, -7.0].view()).unwrap_err();
    assert_eq!(error, Error::Shape { quantity: "preconditioner", expected: vec![3, 3], found: vec![1, 1] });
    let tiny = Diagonal::new(array![1.0, 1e-320]).unwrap();
    let error = PreconditionedConjugateGradient::jacobi(&tiny, Damping::None).unwrap_err();
    assert!(matches!(error, Error::NonFinite { index: 1, .. }));
}

on_both!(jacobi_agrees_with_nalgebra, extreme_preconditioners);
