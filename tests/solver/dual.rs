//! The dual solve against the primal one, by nalgebra on the matrix.

use super::{reference, residual, shifted};
use crate::support::cases::{NETWORKS, NetworkCase, double, labels, matrix, vector};
use crate::support::close::{all_close, close, rounding};
use crate::support::{Stream, naive};
use natgrad::fisher::{Exact, Fisher, Gram};
use natgrad::operator::DualOperator;
use natgrad::solver::{Damping, Eigen, KroneckerSolver, Woodbury};
use natgrad::{Error, LinearOperator, Linearization, Result, Scalar, Solver};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2};

fn linearize<T: Scalar>(case: &NetworkCase) -> Linearization<T> {
    let labels = labels(&case.labels());
    case.network().linearize(&case.likelihood(), &matrix(&case.inputs()), &labels).unwrap()
}

fn gram<T: Scalar>(case: &NetworkCase) -> Fisher<Gram<T>> {
    linearize::<T>(case).scores(&Exact).unwrap().gram().unwrap()
}

fn random(n: usize) -> Array1<f64> {
    let mut stream = Stream(n as u64 + 1);
    Array1::from_shape_simple_fn(n, || stream.dyadic())
}

fn distance(a: &Array1<f64>, b: &Array1<f64>) -> f64 {
    naive::norm(&(a - b)) / naive::norm(b)
}

/// To 1e-10 of the length of the direction for λ ≥ 1e-4; below, both lose ε·‖F‖/λ.
#[test]
fn dual_is_primal() {
    let mut worst = 0.0f64;
    for case in NETWORKS {
        let f = gram::<f64>(case);
        let dense = f.to_dense().unwrap();
        let norm = f.spectral_norm().unwrap();
        for g in [linearize::<f64>(case).gradient().clone(), random(case.dim())] {
            for lambda in [1e-8, 1e-6, 1e-4, 1e-2, 1.0, 1e2, 1e6] {
                let a = shifted(&dense, &vec![lambda; case.dim()]);
                let primal = Array1::from(reference(&a, &g));
                let solution = Woodbury::damped(lambda).solve(&f, g.view()).unwrap();
                let off = distance(&solution.direction, &primal);
                let allowed = if lambda >= 1e-4 { 1e-10 } else { 16.0 * f64::EPSILON * norm / lambda };
                assert!(off <= allowed, "{}, {lambda:e}: {off:e}; {}", case.likelihood, solution.info);
                if lambda >= 1e-4 {
                    worst = worst.max(off);
                }
                assert_eq!(solution.info.solver, "woodbury");
                // With fewer rows than parameters the condition is (‖F‖ + λ)/λ.
                if f.gram().nrows() < case.dim() {
                    close(solution.info.condition, (norm + lambda) / lambda, 1e-3);
                }
            }
        }
    }
    println!("dual against primal: at most {worst:e}");
}

/// F⁺ g: it solves, it lies in the span of the scores, and it is nalgebra's pseudo-inverse.
fn least_norm<T: Scalar>() {
    let case = &NETWORKS[2];
    let f = gram::<T>(case);
    let g = linearize::<T>(case).gradient().clone();
    let solution = Woodbury::default().solve(&f, g.view()).unwrap().converged().unwrap();
    let note = solution.info.note.clone().unwrap();
    assert!(note.starts_with("solution of least norm, rank"), "{note}");
    assert!(solution.info.condition.is_infinite());
    let d = double(&solution.direction);
    let dense = double(&f.to_dense().unwrap());
    let cutoff = case.dim() as f64 * T::epsilon().as_f64();
    let square = nalgebra::DMatrix::from_fn(case.dim(), case.dim(), |i, j| dense[[i, j]]);
    let values = square.clone().symmetric_eigenvalues();
    let kept: Vec<f64> = values.iter().copied().filter(|x| *x > cutoff * values.max()).collect();
    let spread = values.max() / kept.iter().fold(f64::INFINITY, |m, x| m.min(*x));
    let inverse = square.pseudo_inverse(cutoff * values.max()).unwrap();
    let expected = inverse * nalgebra::DVector::from_iterator(case.dim(), g.iter().map(|x| x.as_f64()));
    // The condition on the range.
    all_close(&d, expected.as_slice(), rounding::<T>(16.0) * spread);
    // The eigensolver on the matrix leaves out the same.
    let eigen = Eigen::default().solve(&f, g.view()).unwrap();
    all_close(&double(&eigen.direction), &d, rounding::<T>(16.0) * spread);
    assert!(eigen.info.note.unwrap().starts_with("pseudo-inverse of rank"));
}

/// A gradient with a part outside the range has no solution without damping, and the verdict says so; with any damping it has one.
#[test]
fn outside_the_range() {
    let case = &NETWORKS[2];
    let f = gram::<f64>(case);
    let g = random(case.dim());
    let solution = Woodbury::default().solve(&f, g.view()).unwrap();
    // The residual is what lies outside: orthogonal to the scores.
    let rest = f.apply(solution.direction.view()).unwrap() - &g;
    let inside = f.images(rest.view());
    assert!(naive::norm(&inside) < 1e-9 * naive::norm(&rest));
    let error = solution.converged().unwrap_err().to_string();
    assert!(error.contains("part outside its range"), "{error}");
    let solution = Woodbury::damped(0.5).solve(&f, g.view()).unwrap().converged().unwrap();
    let exact = residual(&shifted(&f.to_dense().unwrap(), &vec![0.5; case.dim()]), &solution.direction, &g);
    assert!(exact < 1e-14, "{exact:e}");
}

/// From λ so large that F does not matter to λ so small that it does not: λ d = g, and F⁺ g for a gradient in the range.
fn extreme_damping<T: Scalar>() {
    let single = T::NAME == "float32";
    for case in NETWORKS {
        let f = gram::<T>(case);
        let g = linearize::<T>(case).gradient().clone();
        let large = if single { 2f64.powi(100) } else { 2f64.powi(900) };
        let solution = Woodbury::damped(large).solve(&f, g.view()).unwrap();
        all_close(&solution.direction.mapv(|x| x * T::of(large)), &double(&g), rounding::<T>(1.0));
        for lambda in if single { [1e-10, 1e-20, 1e-36] } else { [1e-16, 1e-60, 1e-290] } {
            match Woodbury::damped(lambda).solve(&f, g.view()) {
                Ok(solution) => assert!(solution.direction.iter().all(|x| x.is_finite())),
                // A direction of length ‖rounding‖/λ that leaves the range of numbers.
                Err(error) => assert!(matches!(error, Error::NonFinite { .. }), "{error}"),
            }
        }
    }
}

/// Only the multiple of the identity has a dual.
#[test]
fn other_dampings_are_refused() {
    let f = gram::<f64>(&NETWORKS[2]);
    let g = random(f.dim());
    for damping in
        [Damping::RelativeDiagonal(0.1), Damping::PerFactor(0.1), KroneckerSolver::factored(0.1).damping]
    {
        let error = Woodbury { damping }.solve(&f, g.view()).unwrap_err();
        assert!(matches!(error, Error::Unsupported { .. }), "{error}");
        assert!(error.to_string().contains("`.dense()`"), "{error}");
    }
    let error = Woodbury::damped(-1.0).solve(&f, g.view()).unwrap_err();
    assert!(matches!(error, Error::Setting { option: "damping", .. }));
    let error = Woodbury::damped(1.0).solve(&f, vector::<f64>(&[1.0]).view()).unwrap_err();
    assert!(matches!(error, Error::Shape { quantity: "gradient", .. }));
}

/// An operator that can do nothing of size P².
struct Narrow<'a>(&'a Fisher<Gram<f64>>);

impl LinearOperator<f64> for Narrow<'_> {
    fn dim(&self) -> usize {
        self.0.dim()
    }

    fn apply(&self, v: ArrayView1<'_, f64>) -> Result<Array1<f64>> {
        self.0.apply(v)
    }

    fn to_dense(&self) -> Result<Array2<f64>> {
        panic!("the matrix was asked for")
    }

    fn diagonal(&self) -> Result<Array1<f64>> {
        panic!("the diagonal was asked for")
    }
}

impl DualOperator<f64> for Narrow<'_> {
    fn gram(&self) -> ArrayView2<'_, f64> {
        self.0.gram()
    }

    fn images(&self, v: ArrayView1<'_, f64>) -> Array1<f64> {
        self.0.images(v)
    }

    fn combine(&self, weights: ArrayView1<'_, f64>) -> Array1<f64> {
        self.0.combine(weights)
    }
}

#[test]
fn no_matrix_of_the_order_of_the_parameters() {
    let f = gram::<f64>(&NETWORKS[2]);
    let g = random(f.dim());
    for lambda in [0.0, 1e-15, 0.1] {
        let narrow = Woodbury::damped(lambda).solve(&Narrow(&f), g.view()).unwrap();
        assert_eq!(narrow, Woodbury::damped(lambda).solve(&f, g.view()).unwrap());
    }
}

on_both!(least_norm, extreme_damping);
