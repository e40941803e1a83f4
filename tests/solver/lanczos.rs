//! Powers of a damped operator on a vector, from a Krylov space.

use crate::support::cases::{double, matrix, vector};
use crate::support::close::{all_close, close, rounding};
use crate::support::{Stream, naive};
use natgrad::operator::{Dense, Diagonal};
use natgrad::solver::{ConjugateGradient, Damping, Lanczos};
use natgrad::{Error, LinearOperator, Result, Scalar, Solver};
use ndarray::{Array1, ArrayView1, array};
use std::cell::Cell;

fn gradient<T: Scalar>(n: usize) -> Array1<T> {
    let mut stream = Stream(29);
    Array1::from_shape_simple_fn(n, || T::of(stream.dyadic()))
}

/// U (λ + shift)^s Uᵀ g by nalgebra's eigenvectors.
fn power(f: &ndarray::Array2<f64>, g: &Array1<f64>, lambda: f64, s: f64) -> Vec<f64> {
    let a = nalgebra::DMatrix::from_fn(g.len(), g.len(), |i, j| f[[i, j]]).symmetric_eigen();
    let g = nalgebra::DVector::from_iterator(g.len(), g.iter().copied());
    let inner =
        (a.eigenvectors.transpose() * g).zip_map(&a.eigenvalues, |x, value| x * (value + lambda).powf(s));
    (a.eigenvectors * inner).iter().copied().collect()
}

/// Real powers against nalgebra's eigenvectors.
fn powers_agree_with_nalgebra<T: Scalar>() {
    let spectrum: Vec<f64> = (0..41).map(|i| 0.25 + 6.0 * (f64::from(i) / 41.0).powi(3)).collect();
    let f = double(&matrix::<T>(&naive::with_spectrum(&spectrum, 31)));
    let operator = Dense::new(matrix::<T>(&f)).unwrap();
    let g = gradient::<T>(41);
    let tolerance = if T::NAME == "float32" { 1e-5 } else { 1e-12 };
    for s in [-2.0, -1.0, -0.5, -1.0 / 3.0, 0.0, 0.5, 1.0, 2.0] {
        for lambda in [0.0, 0.0625, 3.0] {
            let solver = Lanczos { tolerance, ..Lanczos::damped(lambda).with_power(s) };
            let found = solver.solve(&operator, g.view()).unwrap().converged().unwrap();
            // The error is the residual times the condition, 25 at most (its square for the power -2).
            all_close(
                &found.direction,
                &power(&f, &double(&g), lambda, s),
                100.0 * tolerance.max(rounding::<T>(4.0)),
            );
            assert_eq!(found.info.note.is_none(), s.to_bits() == (-1.0f64).to_bits());
            assert!(found.info.backward_error <= tolerance, "{}", found.info);
        }
    }
}

/// For s = -1 these are the iterates of conjugate gradients.
#[test]
fn inverse_is_conjugate_gradients() {
    let spectrum: Vec<f64> = (1..=23).map(f64::from).collect();
    let f = naive::with_spectrum(&spectrum, 37);
    let (operator, g) = (Dense::new(f.clone()).unwrap(), gradient::<f64>(23));
    for limit in [1, 2, 5, 11] {
        let one =
            Lanczos { max_iterations: limit, ..Lanczos::damped(0.5) }.solve(&operator, g.view()).unwrap();
        let other =
            ConjugateGradient { damping: Damping::Exact(0.5), tolerance: 1e-10, max_iterations: limit };
        let other = other.solve(&operator, g.view()).unwrap();
        all_close(&one.direction, &other.direction.to_vec(), 1e-12);
        close(one.info.residual, other.info.residual, 1e-9);
        close(one.info.residual, super::residual(&super::shifted(&f, &[0.5; 23]), &one.direction, &g), 1e-12);
        close(one.info.condition, other.info.condition, 1e-9);
        assert!(!one.info.converged());
    }
}

/// Counts products.
#[derive(Debug)]
struct Counted {
    operator: Dense<f64>,
    products: Cell<usize>,
}

impl LinearOperator<f64> for Counted {
    fn dim(&self) -> usize {
        self.operator.dim()
    }

    fn apply(&self, v: ArrayView1<'_, f64>) -> Result<Array1<f64>> {
        self.products.set(self.products.get() + 1);
        self.operator.apply(v)
    }
}

/// Many dampings for the products of the hardest, and one for each residual.
#[test]
fn a_path_shares_its_products() {
    let spectrum: Vec<f64> = (0..61).map(|i| 10f64.powf(-f64::from(i) / 10.0)).collect();
    let f = naive::with_spectrum(&spectrum, 41);
    let counted = Counted { operator: Dense::new(f.clone()).unwrap(), products: Cell::new(0) };
    let g = gradient::<f64>(61);
    let lambdas = [10.0, 1.0, 0.1, 1e-2, 1e-3];
    let path = Lanczos::damped(0.0).path(&counted, g.view(), &lambdas).unwrap();
    let steps = path[0].info.iterations;
    assert_eq!(counted.products.get(), steps + lambdas.len());
    for (solution, lambda) in path.into_iter().zip(lambdas) {
        let solution = solution.converged().unwrap();
        assert_eq!(solution.info.damping, Damping::Exact(lambda));
        all_close(&solution.direction, &super::reference(&super::shifted(&f, &[lambda; 61]), &g), 1e-8);
        let alone = Lanczos::damped(lambda).solve(&counted, g.view()).unwrap();
        assert!(alone.info.iterations <= steps);
    }
    assert!(Lanczos::damped(0.0).path(&counted, g.view(), &[]).unwrap().is_empty());
}

/// Low rank plus damping ends after rank + 1 steps; singular systems give the solution of least norm, or say what they left out.
fn singular_operators<T: Scalar>() {
    let spectrum: Vec<f64> = (0..37).map(|i| if i < 5 { 1.0 + i as f64 } else { 0.0 }).collect();
    let operator = Dense::new(matrix::<T>(&naive::with_spectrum(&spectrum, 43))).unwrap();
    let tolerance = if T::NAME == "float32" { 1e-4 } else { 1e-10 };
    let solver = Lanczos { tolerance, ..Lanczos::damped(0.25) };
    let found = solver.solve(&operator, gradient::<T>(37).view()).unwrap().converged().unwrap();
    assert_eq!(found.info.iterations, 6);
    close(found.info.condition, 5.25 / 0.25, 1e-4);

    let diagonal = Diagonal::new(vector::<T>(&[2.0, 0.0, 5.0])).unwrap();
    let solver = Lanczos { damping: Damping::None, ..solver };
    let found = solver.solve(&diagonal, vector::<T>(&[3.0, 0.0, -7.0]).view()).unwrap().converged().unwrap();
    all_close(&found.direction, &[1.5, 0.0, -1.4], rounding::<T>(8.0));
    let stuck = solver.solve(&diagonal, vector::<T>(&[3.0, 1.0, -7.0]).view()).unwrap();
    assert!(stuck.info.note.as_deref().is_some_and(|note| note.contains("1 direction(s) of no curvature")));
    close(stuck.info.residual, 1.0 / 59f64.sqrt(), 1e-4);
    assert!(stuck.converged().is_err());
    let half = solver.with_power(-0.5).solve(&diagonal, vector::<T>(&[3.0, 1.0, -7.0]).view()).unwrap();
    assert!(!half.info.converged());
    let root = solver.with_power(0.5).solve(&diagonal, vector::<T>(&[3.0, 1.0, -7.0]).view()).unwrap();
    // A root is as good as the square root of rounding.
    all_close(
        &root.direction,
        &[3.0 * 2f64.sqrt(), 0.0, -7.0 * 5f64.sqrt()],
        8.0 * T::epsilon().as_f64().sqrt(),
    );
    // No gradient, no direction.
    let none = solver.solve(&diagonal, Array1::zeros(3).view()).unwrap();
    assert_eq!((none.direction.clone(), none.info.iterations), (Array1::zeros(3), 0));
    assert!(none.info.converged());
}

#[test]
fn refusals() {
    let operator = Diagonal::new(array![1.0, 2.0]).unwrap();
    let g = array![1.0, 1.0];
    let relative = Lanczos { damping: Damping::RelativeDiagonal(0.5), ..Lanczos::damped(0.0) };
    let error = relative.solve(&operator, g.view()).unwrap_err();
    assert!(
        matches!(error, Error::Unsupported { .. }) && error.to_string().contains("multiple of the identity")
    );
    for (option, solver) in [
        ("power", Lanczos::damped(0.5).with_power(f64::NAN)),
        ("tolerance", Lanczos { tolerance: 0.0, ..Lanczos::damped(0.5) }),
        ("damping", Lanczos::damped(-1.0)),
    ] {
        let error = solver.solve(&operator, g.view()).unwrap_err();
        assert!(matches!(error, Error::Setting { option: found, .. } if found == option), "{error}");
    }
    let indefinite = Dense::new(array![[0.0, 1.0], [1.0, 0.0]]).unwrap();
    let error = Lanczos::damped(0.5).solve(&indefinite, array![1.0, 0.25].view()).unwrap_err();
    assert!(matches!(error, Error::Domain { requirement: "at least 0; raise the damping", .. }), "{error}");
    let error = Lanczos::damped(0.5).solve(&operator, array![1.0].view()).unwrap_err();
    assert_eq!(error, Error::Shape { quantity: "gradient", expected: vec![2], found: vec![1] });
}

on_both!(powers_agree_with_nalgebra, singular_operators);
