//! Stochastic Lanczos quadrature against exact spectra.

use crate::support::cases::{double, matrix, vector};
use crate::support::close::{close, near, rounding};
use crate::support::naive;
use natgrad::linalg::Cholesky;
use natgrad::operator::stochastic::{Probes, StandardError, rademacher_trace_variance, spectral_density};
use natgrad::operator::{Dense, Diagonal};
use natgrad::{Error, Scalar};
use ndarray::{Array1, Array2, array};

fn spectrum(n: usize) -> Vec<f64> {
    (0..n).map(|i| 0.5 + 4.0 * (i as f64 / n as f64).powi(2)).collect()
}

/// Five steps make the moments of degree 0 to 9 of every probe exact: zᵀ Fᵖ z, by loops.
fn moments_are_exact<T: Scalar>() {
    let f = double(&matrix::<T>(&naive::with_spectrum(&spectrum(31), 3)));
    let operator = Dense::new(matrix::<T>(&f)).unwrap();
    for probes in [Probes::rademacher(3, 5), Probes::gaussian(3, 5)] {
        let density = spectral_density(&operator, 5, probes).unwrap();
        assert!(!density.is_exact());
        for p in 0..10 {
            let mut expected = 0.0;
            for k in 0..3 {
                let z = probes.vector::<T>(31, k).mapv(T::as_f64);
                let image = (0..p).fold(z.clone(), |v, _| naive::apply(&f, &v));
                expected += naive::dot(&z, &image) / 3.0;
            }
            let found = density.trace_of(|x| x.powi(p)).unwrap();
            close(found.value, expected, rounding::<T>(8.0 * f64::from(p + 4)));
            assert_eq!(found.products, 15);
        }
    }
}

/// Over fixed seeds the mean of tr F² is that of the matrix, with Hutchinson's variance for F².
#[test]
fn moments_are_unbiased() {
    let f = naive::with_spectrum(&spectrum(17), 7);
    let operator = Dense::new(f.clone()).unwrap();
    let square = naive::matmul(&f, &f);
    let density = spectral_density(&operator, 3, Probes::rademacher(1009, 11)).unwrap();
    let found = density.trace_of(|x| x * x).unwrap();
    let exact: f64 = spectrum(17).iter().map(|x| x * x).sum();
    let z = (found.value - exact) / rademacher_trace_variance(square.view(), 1009).unwrap().sqrt();
    assert!(z.abs() < 4.0, "z = {z:.2}");
}

/// log det(F + λ I) within 4 standard errors of Cholesky's, exactly for a multiple of the identity, and refused where singular.
fn log_determinant_of_cholesky<T: Scalar>() {
    let n = 41;
    let f = double(&matrix::<T>(&naive::with_spectrum(&spectrum(n), 13)));
    let operator = Dense::new(matrix::<T>(&f)).unwrap();
    let density = spectral_density(&operator, 17, Probes::rademacher(101, 17)).unwrap();
    for lambda in [0.0, 0.25, 3.0] {
        let mut damped = f.clone();
        damped.diag_mut().mapv_inplace(|x| x + lambda);
        let exact = Cholesky::factor(damped.view()).unwrap().log_determinant();
        let found = density.log_determinant(lambda).unwrap();
        // The same reflections make log(F + λ I); its variance is known, and 17 steps leave no bias beside it.
        let logs: Vec<f64> = spectrum(n).iter().map(|x| (x + lambda).ln()).collect();
        let log = naive::with_spectrum(&logs, 13);
        let variance = rademacher_trace_variance(log.view(), 101).unwrap();
        let z = (found.value - exact) / variance.sqrt();
        assert!(z.abs() < 4.0, "{found}, exactly {exact}: z = {z:.2}");
        // The scatter of 101 terms is its own to 1/√200 = 7 %.
        let error = found.standard_error.value().unwrap();
        assert!((error / variance.sqrt() - 1.0).abs() < 0.28, "{error} of {}", variance.sqrt());
    }
    let identity = Diagonal::new(Array1::from_elem(7, T::of(3.0))).unwrap();
    let density = spectral_density(&identity, 5, Probes::rademacher(2, 1)).unwrap();
    assert!(density.is_exact());
    close(density.log_determinant(1.0).unwrap().value, 7.0 * 4f64.ln(), rounding::<T>(4.0));
    let zero = Diagonal::new(Array1::<T>::zeros(5)).unwrap();
    let density = spectral_density(&zero, 5, Probes::rademacher(2, 1)).unwrap();
    let error = density.log_determinant(0.0).unwrap_err();
    assert_eq!(error, Error::NonFinite { quantity: "f(θ)", index: 0, value: f64::NEG_INFINITY });
    close(density.log_determinant(0.5).unwrap().value, -5.0 * 2f64.ln(), rounding::<T>(4.0));
}

/// The distribution function and the smoothed density of a diagonal whose eigenvalues signs see with equal weight.
fn distribution_of_a_diagonal<T: Scalar>() {
    let values = [0.5, 1.0, 1.0, 2.5, 4.0, 4.0, 4.0];
    let operator = Diagonal::new(vector::<T>(&values)).unwrap();
    let density = spectral_density(&operator, 7, Probes::rademacher(3, 19)).unwrap();
    assert!(density.is_exact());
    assert_eq!(density.order(), 7);
    for (nodes, weights) in density.rules() {
        assert_eq!(nodes.len(), 4);
        close(weights.sum(), 1.0, rounding::<T>(8.0));
    }
    for (lambda, fraction) in [(0.25, 0.0), (0.75, 1.0), (2.0, 3.0), (3.0, 4.0), (5.0, 7.0)] {
        let found = density.cumulative(lambda).unwrap();
        near(found.value, fraction / 7.0, rounding::<T>(64.0));
        assert!(found.standard_error.value().unwrap() < rounding::<T>(64.0));
    }
    let width = 0.3;
    let grid = array![0.0, 1.1, 2.4, 3.9, 9.0];
    for (lambda, found) in grid.iter().zip(density.density(grid.view(), width).unwrap()) {
        let bell = |x: &f64| (-((lambda - x) / width).powi(2) / 2.0).exp() / (width * 2.506628274631);
        near(found.value, values.iter().map(bell).sum::<f64>() / 7.0, rounding::<T>(256.0).max(1e-12));
    }
    // A bell that is integrated is one.
    let fine = Array1::linspace(-2.0, 7.0, 901);
    let area: f64 = density.density(fine.view(), width).unwrap().iter().map(|e| e.value).sum::<f64>() * 0.01;
    near(area, 1.0, 1e-5);
}

/// The distribution function of a dense matrix, within 4 standard errors at every gap (full steps: no bias).
#[test]
fn distribution_of_a_matrix() {
    let values = [0.0, 0.0, 0.0, 1.0, 1.5, 2.0, 2.0, 5.0, 8.0, 9.0, 11.0];
    let operator = Dense::new(naive::with_spectrum(&values, 23)).unwrap();
    let density = spectral_density(&operator, 11, Probes::rademacher(307, 29)).unwrap();
    for (lambda, count) in
        [(0.5, 3.0), (1.25, 4.0), (1.75, 5.0), (3.0, 7.0), (6.0, 8.0), (8.5, 9.0), (10.0, 10.0)]
    {
        let found = density.cumulative(lambda).unwrap();
        let error = found.standard_error.value().unwrap();
        assert!((found.value - count / 11.0).abs() < 4.0 * error, "{lambda}: {found}");
        assert!(error < 0.03);
    }
}

#[test]
fn refusals() {
    let operator = Diagonal::new(array![1.0, 2.0]).unwrap();
    let probes = Probes::rademacher(2, 0);
    assert!(matches!(spectral_density(&operator, 0, probes), Err(Error::Setting { option: "steps", .. })));
    let none = spectral_density(&operator, 2, Probes::rademacher(0, 0)).unwrap_err();
    assert_eq!(none, Error::Empty { quantity: "probes" });
    let empty = Dense::new(Array2::<f64>::zeros((0, 0))).unwrap();
    assert_eq!(spectral_density(&empty, 2, probes).unwrap_err(), Error::Empty { quantity: "operator" });
    let density = spectral_density(&operator, 2, Probes::rademacher(1, 0)).unwrap();
    assert_eq!(density.cumulative(1.5).unwrap().standard_error, StandardError::Unknown);
    assert!(matches!(density.log_determinant(-1.0), Err(Error::Setting { option: "damping", .. })));
    assert!(matches!(density.cumulative(f64::NAN), Err(Error::Setting { option: "lambda", .. })));
    for width in [0.0, f64::INFINITY] {
        assert!(matches!(
            density.density(array![1.0].view(), width),
            Err(Error::Setting { option: "width", .. })
        ));
    }
    assert!(matches!(density.density(array![f64::NAN].view(), 1.0), Err(Error::NonFinite { .. })));
}

on_both!(moments_are_exact, log_determinant_of_cholesky, distribution_of_a_diagonal);
