//! What every solver of F d = g does, whatever its way.

use super::{reference, residual, shifted};
use crate::support::cases::{double, matrix, vector};
use crate::support::close::{all_close, close, near, rounding};
use crate::support::{Stream, naive};
use natgrad::operator::Dense;
use natgrad::solver::{Cholesky, ConjugateGradient, Damping, Solution};
use natgrad::{Error, Result, Scalar, Solver};
use ndarray::{Array1, Array2, array};

/// The table: a name and a solve with a damping.
type Solve<T> = fn(&Dense<T>, Damping, &Array1<T>) -> Result<Solution<T>>;

fn solvers<T: Scalar>() -> [(&'static str, Solve<T>); 2] {
    [
        ("cholesky", |f, damping, g| Cholesky { damping }.solve(f, g.view())),
        ("conjugate gradient", |f, damping, g| {
            let tolerance = if T::NAME == "float32" { 1e-5 } else { 1e-12 };
            ConjugateGradient { damping, tolerance, max_iterations: 2000 }.solve(f, g.view())?.converged()
        }),
    ]
}

/// Random F with eigenvalues between ½ and 7, at orders on either side of a block.
fn agree_with_nalgebra<T: Scalar>() {
    for n in [1, 2, 7, 31, 131] {
        let spectrum: Vec<f64> = (0..n).map(|i| 0.5 + 6.5 * (i as f64 / n as f64).powi(2)).collect();
        let f = double(&matrix::<T>(&naive::with_spectrum(&spectrum, 3)));
        let mut stream = Stream(5);
        let g = Array1::from_shape_simple_fn(n, || stream.dyadic());
        let operator = Dense::new(matrix::<T>(&f)).unwrap();
        for (damping, shift) in [
            (Damping::None, vec![0.0; n]),
            (Damping::Exact(0.375), vec![0.375; n]),
            (Damping::RelativeDiagonal(0.25), (0..n).map(|i| 0.25 * f[[i, i]]).collect()),
        ] {
            let a = shifted(&f, &shift);
            let expected = reference(&a, &g);
            for (name, solve) in solvers::<T>() {
                let solution = solve(&operator, damping, &g.mapv(T::of)).unwrap();
                // Condition 14; conjugate gradients stop at 1e-12 (1e-5 in f32) of ‖g‖.
                let slack =
                    if name == "cholesky" { rounding::<T>(64.0) } else { rounding::<T>(64.0).max(2e-11) };
                let slack = if T::NAME == "float32" { slack.max(1e-4) } else { slack };
                all_close(&solution.direction, &expected, slack);
                assert_eq!((solution.info.solver, solution.info.damping), (name, damping));
                // The residual that is reported is the residual.
                let exact = residual(&a, &double(&solution.direction), &g);
                near(solution.info.residual, exact, rounding::<T>(64.0));
                assert!(solution.info.converged());
            }
        }
    }
}

/// A Fisher of rank 7 in 13 dimensions and a gradient in its range, as the gradient of a loss is: the residual stays
/// below 1e-10 for dampings over ten decades.
#[test]
fn rank_deficient_fisher_over_ten_decades() {
    let mut stream = Stream(17);
    let scores = Array2::from_shape_simple_fn((7, 13), || stream.dyadic());
    let f = naive::matmul(&naive::transpose(&scores), &scores) / 7.0;
    let weights = Array1::from_shape_simple_fn(7, || stream.dyadic());
    let g = naive::apply(&naive::transpose(&scores), &weights);
    let operator = Dense::new(f.clone()).unwrap();
    for exponent in -8..=2 {
        let lambda = 10f64.powi(exponent);
        let a = shifted(&f, &[lambda; 13]);
        for (name, solve) in solvers::<f64>() {
            let solution = match solve(&operator, Damping::Exact(lambda), &g) {
                Ok(solution) => solution,
                // Saying why is the only way out.
                Err(error) => {
                    assert!(matches!(error, Error::NotConverged { .. }), "{name}: {error}");
                    continue;
                }
            };
            let exact = residual(&a, &solution.direction, &g);
            assert!(exact < 1e-10, "{name} at {lambda:e}: {exact:e}");
            assert!(solution.info.residual < 1e-10);
        }
        // On the range, d = Σ (uᵀg)/(μ + λ) u: through the small dual system, d = Sᵀ (SSᵀ/7 + λ)⁻¹ w.
        let gram = naive::matmul(&scores, &naive::transpose(&scores)) / 7.0;
        let dual = Array1::from(reference(&shifted(&gram, &[lambda; 7]), &weights));
        let expected = naive::apply(&naive::transpose(&scores), &dual);
        let solution = Cholesky::damped(lambda).solve(&operator, g.view()).unwrap();
        // Condition up to 1e9.
        all_close(&solution.direction, &expected, 1e-15 * (10.0 / lambda).max(100.0));
    }
}

/// A gradient with a part outside the range: rounding the direction alone leaves ε·condition, and no more is left.
#[test]
fn gradient_outside_the_range() {
    let spectrum: Vec<f64> = (0..13).map(|i| if i < 6 { 0.0 } else { 1.0 + i as f64 }).collect();
    let f = naive::with_spectrum(&spectrum, 23);
    let operator = Dense::new(f.clone()).unwrap();
    let mut stream = Stream(29);
    let g = Array1::from_shape_simple_fn(13, || stream.dyadic());
    for exponent in -8..=2 {
        let lambda = 10f64.powi(exponent);
        let solution = Cholesky::damped(lambda).solve(&operator, g.view()).unwrap();
        let condition = (13.0 + lambda) / lambda;
        let exact = residual(&shifted(&f, &[lambda; 13]), &solution.direction, &g);
        assert!(exact <= 4.0 * f64::EPSILON * condition, "{lambda:e}: {exact:e}");
        near(solution.info.residual, exact, 4.0 * f64::EPSILON * condition);
    }
}

/// No gradient, no direction: exactly zero, with residual zero.
fn zero_gradient<T: Scalar>() {
    let operator = Dense::new(matrix::<T>(&naive::with_spectrum(&[1.0, 2.0, 5.0], 7))).unwrap();
    for (name, solve) in solvers::<T>() {
        for damping in [Damping::None, Damping::Exact(0.5), Damping::RelativeDiagonal(2.0)] {
            let solution = solve(&operator, damping, &Array1::zeros(3)).unwrap();
            assert_eq!(solution.direction, Array1::zeros(3), "{name}");
            close(solution.info.residual, 0.0, 0.0);
        }
    }
}

/// d is linear in g: scaled by a power of two, it is the same to the bit, however small or large g is.
fn scale_of_the_gradient<T: Scalar>() {
    let operator = Dense::new(matrix::<T>(&naive::with_spectrum(&[1.0, 2.0, 3.5, 5.0, 11.0], 9))).unwrap();
    let g = vector::<T>(&[0.5, -1.25, 2.0, 0.75, -0.125]);
    for (name, solve) in solvers::<T>() {
        let plain = solve(&operator, Damping::Exact(0.25), &g).unwrap();
        for exponent in [-90, -60, 60, 90] {
            let exponent = if T::NAME == "float32" { exponent } else { exponent * 9 };
            let factor = T::of(2.0).powi(exponent);
            let scaled = solve(&operator, Damping::Exact(0.25), &g.mapv(|x| x * factor));
            let scaled = scaled.unwrap_or_else(|error| panic!("{name}, 2^{exponent}: {error}"));
            assert_eq!(scaled.direction, plain.direction.mapv(|x| x * factor), "{name}, 2^{exponent}");
            close(scaled.info.residual, plain.info.residual, rounding::<T>(2.0));
        }
    }
}

/// Large damping: λ d → g. Small damping on the range of F: the pseudo-inverse. By hand on diag(2, 5, 0).
fn limits_of_damping<T: Scalar>() {
    let operator = Dense::new(Array2::from_diag(&vector::<T>(&[2.0, 5.0, 0.0]))).unwrap();
    for (_, solve) in solvers::<T>() {
        let large = solve(&operator, Damping::Exact(2f64.powi(40)), &vector(&[3.0, -7.0, 11.0])).unwrap();
        let scaled = large.direction.mapv(|x| x * T::of(2.0).powi(40));
        all_close(&scaled, &[3.0, -7.0, 11.0], rounding::<T>(4.0).max(1e-11));
        let small = solve(&operator, Damping::Exact(2f64.powi(-40)), &vector(&[3.0, -7.0, 0.0])).unwrap();
        all_close(&small.direction, &[1.5, -1.4, 0.0], rounding::<T>(4.0).max(1e-11));
    }
}

fn refusals<T: Scalar>() {
    let operator = Dense::new(matrix::<T>(&naive::with_spectrum(&[1.0, 2.0, 5.0], 7))).unwrap();
    for (name, solve) in solvers::<T>() {
        let error = solve(&operator, Damping::None, &Array1::ones(5)).unwrap_err();
        assert_eq!(error, Error::Shape { quantity: "gradient", expected: vec![3], found: vec![5] }, "{name}");
        let error = solve(&operator, Damping::None, &array![T::one(), T::infinity(), T::one()]).unwrap_err();
        assert_eq!(
            error,
            Error::NonFinite { quantity: "gradient", index: 1, value: f64::INFINITY },
            "{name}"
        );
        for bad in [-1e-3, f64::NAN, f64::INFINITY] {
            for damping in [Damping::Exact(bad), Damping::RelativeDiagonal(bad)] {
                let error = solve(&operator, damping, &Array1::ones(3)).unwrap_err();
                assert!(matches!(error, Error::Setting { option: "damping", .. }), "{name}: {error}");
                assert!(error.to_string().ends_with("it must be finite and at least 0"));
            }
        }
        // Order zero.
        let empty = Dense::new(Array2::<T>::zeros((0, 0))).unwrap();
        assert_eq!(solve(&empty, Damping::Exact(0.5), &Array1::zeros(0)).unwrap().direction.len(), 0);
    }
}

/// What is printed holds the path, the damping, the residual and the iterations.
#[test]
fn info_reads_as_a_sentence() {
    let operator = Dense::new(array![[4.0, 0.0], [0.0, 1.0]]).unwrap();
    let info = Cholesky::default().solve(&operator, array![4.0, 3.0].view()).unwrap().info;
    let text = info.to_string();
    assert!(
        text.starts_with("cholesky, undamped: residual 0.0e0 after 1 iteration(s), condition ≥ "),
        "{text}"
    );
    assert_eq!(Damping::Exact(0.5).to_string(), "F + 0.5 I");
    assert_eq!(Damping::RelativeDiagonal(0.25).to_string(), "F + 0.25 diag(F)");
    for (damping, value) in
        [(Damping::None, 0.0), (Damping::Exact(0.5), 0.5), (Damping::RelativeDiagonal(3.0), 3.0)]
    {
        close(damping.value(), value, 0.0);
    }
}

on_both!(agree_with_nalgebra, zero_gradient, scale_of_the_gradient, limits_of_damping, refusals);
