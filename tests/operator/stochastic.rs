//! Estimators of traces, diagonals and norms: exact cases, closed variances, and slow twins.

use crate::support::cases::{double, matrix, vector};
use crate::support::close::{all_close, close, near, rounding};
use crate::support::naive;
use natgrad::operator::stochastic::{
    Estimate, Probes, StandardError, diagonal, frobenius_norm_squared, gaussian_trace_variance,
    hutch_plus_plus, hutchinson, rademacher_trace_variance, xdiag, xtrace,
};
use natgrad::operator::{Dense, Diagonal};
use natgrad::{Error, LinearOperator, Result, Scalar};
use ndarray::{Array1, Array2, array};

/// Eigenvalues falling geometrically: no estimator is exact on it.
fn decaying(n: usize, seed: u64) -> Array2<f64> {
    let spectrum: Vec<f64> = (0..n).map(|i| 2.0 * 0.8f64.powi(i as i32)).collect();
    naive::with_spectrum(&spectrum, seed)
}

fn low_rank(n: usize, rank: usize, seed: u64) -> Array2<f64> {
    naive::with_spectrum(
        &(0..n).map(|i| if i < rank { 1.0 + i as f64 } else { 0.0 }).collect::<Vec<_>>(),
        seed,
    )
}

type Trace<T> = fn(&Dense<T>, Probes) -> Result<Estimate>;

fn traces<T: Scalar>() -> [(&'static str, Trace<T>); 3] {
    [
        ("hutchinson", |f, probes| hutchinson(f, probes)),
        ("hutch++", |f, probes| hutch_plus_plus(f, probes.count, probes)),
        ("xtrace", |f, probes| xtrace(f, probes)),
    ]
}

/// Signs see no scatter in a diagonal; entries are multiples of 1/4, so that all sums are exact.
fn diagonals_have_no_variance<T: Scalar>() {
    let entries = [1.0, 0.25, 3.5, 0.0, 7.75];
    let operator = Diagonal::new(vector::<T>(&entries)).unwrap();
    let probes = Probes::rademacher(3, 11);
    let trace = hutchinson(&operator, probes).unwrap();
    close(trace.value, 12.5, 0.0);
    assert_eq!(trace.standard_error, StandardError::Estimated(0.0));
    let norm = frobenius_norm_squared(&operator, probes).unwrap();
    close(norm.value, 73.375, 0.0);
    assert_eq!(norm.standard_error, StandardError::Estimated(0.0));
    let found = diagonal(&operator, probes).unwrap();
    assert_eq!(found.values, Array1::from(entries.to_vec()));
    assert_eq!(found.standard_errors, Some(Array1::zeros(5)));
    assert_eq!((found.products, found.seed, found.exact), (3, 11, false));
    // Normal probes do scatter.
    assert!(hutchinson(&operator, Probes::gaussian(3, 11)).unwrap().standard_error.value().unwrap() > 0.1);
}

/// Rank 5 of 23 is exact: for a sketch of 5, and for 6 exchangeable probes.
fn low_rank_is_exact<T: Scalar>() {
    let f = double(&matrix::<T>(&low_rank(23, 5, 3)));
    let operator = Dense::new(matrix::<T>(&f)).unwrap();
    let tolerance = if T::NAME == "float32" { 2e-5 } else { 1e-12 };
    for seed in 0..7 {
        for probes in [Probes::rademacher(6, seed), Probes::gaussian(6, seed)] {
            let sketched = hutch_plus_plus(&operator, 5, probes).unwrap();
            close(sketched.value, 15.0, tolerance);
            let exchanged = xtrace(&operator, probes).unwrap();
            close(exchanged.value, 15.0, tolerance);
            assert!(exchanged.standard_error.value().unwrap() < 15.0 * tolerance);
            if T::NAME == "float64" {
                assert_eq!((sketched.products, exchanged.products), (16, 11));
            }
        }
        let found = xdiag(&operator, Probes::rademacher(6, seed)).unwrap();
        all_close(&found.values, &f.diag().to_vec(), tolerance);
    }
}

/// As many probes as the order, or more: everything is spanned (for signs unless two agree), and the error is exactly 0.
fn more_probes_than_the_order<T: Scalar>() {
    let f = double(&matrix::<T>(&decaying(7, 5)));
    let operator = Dense::new(matrix::<T>(&f)).unwrap();
    let trace = f.diag().sum();
    for count in [7, 11, 101] {
        let probes = Probes::gaussian(count, 13);
        let found = xtrace(&operator, probes).unwrap();
        close(found.value, trace, rounding::<T>(16.0));
        assert_eq!((found.standard_error, found.products), (StandardError::Exact(0.0), 14));
        let found = hutch_plus_plus(&operator, count, probes).unwrap();
        close(found.value, trace, rounding::<T>(16.0));
        assert_eq!((found.standard_error, found.products), (StandardError::Exact(0.0), 14));
    }
    let found = xdiag(&operator, Probes::rademacher(7, 1)).unwrap();
    if found.exact {
        all_close(&found.values, &f.diag().to_vec(), rounding::<T>(16.0));
    }
}

/// Order 1, the zero operator, one probe, order 0.
fn corners<T: Scalar>() {
    let zero = Dense::new(Array2::<T>::zeros((5, 5))).unwrap();
    let one = Dense::new(array![[T::of(3.0)]]).unwrap();
    let empty = Dense::new(Array2::<T>::zeros((0, 0))).unwrap();
    for (name, trace) in traces::<T>() {
        for count in [1, 2, 7] {
            for probes in [Probes::rademacher(count, 3), Probes::gaussian(count, 3)] {
                close(trace(&zero, probes).unwrap().value, 0.0, 0.0);
                close(trace(&empty, probes).unwrap().value, 0.0, 0.0);
                if name != "hutchinson" {
                    close(trace(&one, probes).unwrap().value, 3.0, rounding::<T>(4.0));
                }
            }
        }
        close(trace(&one, Probes::rademacher(1, 3)).unwrap().value, 3.0, 0.0);
        let error = trace(&zero, Probes::rademacher(0, 3)).unwrap_err();
        assert_eq!(error, Error::Empty { quantity: "probes" }, "{name}");
    }
    let single = hutchinson(&zero, Probes::rademacher(1, 3)).unwrap();
    assert_eq!((single.standard_error, single.standard_error.value()), (StandardError::Unknown, None));
    assert!(single.to_string().contains("standard error unknown, 1 products, seed 3"), "{single}");
    for found in [diagonal(&zero, Probes::rademacher(2, 1)), xdiag(&zero, Probes::rademacher(2, 1))] {
        assert_eq!(found.unwrap().values, Array1::<f64>::zeros(5));
    }
    assert!(diagonal(&zero, Probes::rademacher(1, 1)).unwrap().standard_errors.is_none());
    assert_eq!(xdiag(&one, Probes::rademacher(2, 1)).unwrap().values, array![3.0]);
    for found in [diagonal(&zero, Probes::gaussian(2, 1)), xdiag(&zero, Probes::gaussian(2, 1))] {
        assert!(matches!(found, Err(Error::Unsupported { .. })));
    }
    let wide = Array2::<T>::zeros((2, 3));
    assert!(matches!(rademacher_trace_variance(wide.view(), 1), Err(Error::Shape { .. })));
    let square = Array2::<T>::zeros((2, 2));
    assert!(matches!(
        gaussian_trace_variance(square.view(), 0),
        Err(Error::Setting { option: "probes", .. })
    ));
}

/// Probe k is a function of (seed, k); signs are fair, normal numbers have the moments of theirs.
#[test]
fn probes_extend_and_have_their_moments() {
    let n = 20011;
    for probes in [Probes::rademacher(4, 17), Probes::gaussian(4, 17)] {
        let x: Array1<f64> = probes.vector::<f64>(n, 2);
        assert_eq!(x, Probes { count: 8, ..probes }.vector::<f64>(n, 2));
        assert_ne!(x, probes.vector::<f64>(n, 3));
        assert_ne!(x, Probes { seed: 18, ..probes }.vector::<f64>(n, 2));
        let fourth = if probes.distribution == natgrad::operator::stochastic::Distribution::Gaussian {
            3.0
        } else {
            1.0
        };
        let sum = |p: i32| x.iter().map(|v| v.powi(p)).sum::<f64>() / n as f64;
        let band = 4.0 / (n as f64).sqrt();
        near(sum(1), 0.0, band);
        near(sum(2), 1.0, band * f64::sqrt(fourth - 1.0));
        let y: Array1<f64> = probes.vector(n, 3);
        near(x.dot(&y) / n as f64, 0.0, band);
        // Neighbours: bits of one word.
        let shifted = x.iter().zip(x.iter().skip(1)).map(|(a, b)| a * b).sum::<f64>() / n as f64;
        near(shifted, 0.0, band);
    }
}

/// Over fixed seeds: the mean is the trace, and the variance its closed form (Hutchinson), in bands of 4 standard deviations.
#[test]
fn unbiased_with_known_variance() {
    let f = decaying(13, 7);
    let operator = Dense::new(f.clone()).unwrap();
    let (exact, count, seeds) = (f.diag().sum(), 3, 2003u64);
    let sum = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
    for gaussian in [false, true] {
        let probes =
            |seed| if gaussian { Probes::gaussian(count, seed) } else { Probes::rademacher(count, seed) };
        for (name, trace) in traces::<f64>() {
            let found: Vec<f64> = (0..seeds).map(|s| trace(&operator, probes(s)).unwrap().value).collect();
            let spread = found.iter().map(|x| (x - exact).powi(2)).collect::<Vec<f64>>();
            let variance = sum(&spread);
            let z = (sum(&found) - exact) / (variance / seeds as f64).sqrt();
            assert!(z.abs() < 4.0, "{name}, gaussian {gaussian}: z = {z:.2}");
            if name == "hutchinson" {
                let known = if gaussian { gaussian_trace_variance } else { rademacher_trace_variance };
                let known = known(f.view(), count).unwrap();
                let fourth = sum(&spread.iter().map(|x| x * x).collect::<Vec<f64>>());
                let z = (variance - known) / ((fourth - variance * variance) / seeds as f64).sqrt();
                assert!(z.abs() < 4.0, "variance, gaussian {gaussian}: {variance} of {known}, z = {z:.2}");
            }
        }
    }
    // Entries of the diagonal: variance Σ_{j≠i} F_ij²/m; the Frobenius norm: Hutchinson on F².
    let square = naive::matmul(&f, &f);
    let known = rademacher_trace_variance(square.view(), count).unwrap();
    let (mut norm, mut plain, mut sketched) = (0.0, Array1::<f64>::zeros(13), Array1::<f64>::zeros(13));
    let mut scatter = Array1::<f64>::zeros(13);
    for seed in 0..seeds {
        let probes = Probes::rademacher(count, seed);
        norm += frobenius_norm_squared(&operator, probes).unwrap().value / seeds as f64;
        plain += &(diagonal(&operator, probes).unwrap().values / seeds as f64);
        let off = xdiag(&operator, probes).unwrap().values - f.diag();
        scatter += &(&off * &off / seeds as f64);
        sketched += &(off / seeds as f64);
    }
    let z = (norm - square.diag().sum()) / (known / seeds as f64).sqrt();
    assert!(z.abs() < 4.0, "Frobenius: z = {z:.2}");
    for i in 0..13 {
        let variance = (square[[i, i]] - f[[i, i]].powi(2)) / count as f64;
        let z = (plain[i] - f[[i, i]]) / (variance / seeds as f64).sqrt();
        assert!(z.abs() < 4.0, "diagonal {i}: z = {z:.2}");
        let z = sketched[i] / (scatter[i] / seeds as f64).sqrt();
        assert!(z.abs() < 4.0, "xdiag {i}: z = {z:.2}");
    }
}

/// The exchangeable estimators by their definition: one QR (nalgebra's) per left-out probe.
#[test]
fn leaving_one_out_by_definition() {
    for (n, m, seed) in [(19, 5, 3), (31, 2, 5), (13, 11, 7), (17, 1, 9)] {
        let f = decaying(n, seed);
        let operator = Dense::new(f.clone()).unwrap();
        for probes in [Probes::rademacher(m, seed), Probes::gaussian(m, seed)] {
            let gaussian = probes == Probes::gaussian(m, seed);
            let vectors: Vec<Array1<f64>> = (0..m as u64).map(|k| probes.vector(n, k)).collect();
            let a = nalgebra::DMatrix::from_fn(n, n, |i, j| f[[i, j]]);
            let (mut trace, mut diagonal) = (0.0, Array1::<f64>::zeros(n));
            for i in 0..m {
                let others: Vec<&Array1<f64>> =
                    vectors.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, v)| v).collect();
                let images = &a * nalgebra::DMatrix::from_fn(n, m - 1, |r, c| others[c][r]);
                let q = if m > 1 { images.qr().q() } else { nalgebra::DMatrix::zeros(n, 0) };
                let projector = &q * q.transpose();
                let left = nalgebra::DMatrix::identity(n, n) - &projector;
                let z = nalgebra::DVector::from_iterator(n, vectors[i].iter().copied());
                let rest = &left * &z;
                let scale = if gaussian { (n - m + 1) as f64 / rest.norm_squared() } else { 1.0 };
                trace += ((q.transpose() * &a * &q).trace() + scale * rest.dot(&(&a * &rest))) / m as f64;
                let (inside, outside) = (&projector * &a, &left * (&a * &z));
                for k in 0..n {
                    diagonal[k] += (inside[(k, k)] + z[k] * outside[k]) / m as f64;
                }
            }
            // The spectrum falls to 1e-3 at most: the sketches are conditioned that well.
            close(xtrace(&operator, probes).unwrap().value, trace, 1e-11);
            if !gaussian {
                all_close(&xdiag(&operator, probes).unwrap().values, &diagonal.to_vec(), 1e-11);
            }
        }
    }
}

/// The truth lies within two standard errors for 95.2 % of seeds (Student's t with 100 degrees; the skew of the forms
/// averages out over 101 probes): 4 standard deviations of a binomial of 1009 are 2.7 %.
#[test]
fn standard_errors_cover() {
    let f = decaying(11, 9);
    let operator = Dense::new(f.clone()).unwrap();
    let exact = f.diag().sum();
    let covered = (0..1009).filter(|&seed| {
        let found = hutchinson(&operator, Probes::rademacher(101, seed)).unwrap();
        (found.value - exact).abs() <= 2.0 * found.standard_error.value().unwrap()
    });
    let fraction = covered.count() as f64 / 1009.0;
    near(fraction, 0.952, 0.027);
    // Exchangeable terms are correlated, and their scatter says less than the error: two thirds of it here in root mean
    // square (a program apart, in plain Python with its own generator: 0.663, and 72 % of seeds within two).
    let (mut scatter, mut spread) = (0.0, 0.0);
    for seed in 0..1009 {
        let found = xtrace(&operator, Probes::gaussian(5, seed)).unwrap();
        scatter += found.standard_error.value().unwrap().powi(2);
        spread += (found.value - exact).powi(2);
    }
    near((scatter / spread).sqrt(), 0.663, 0.06);
}

/// On a falling spectrum, with the same products: exchangeable below sketched below plain, in root mean square.
#[test]
fn sketches_pay_where_the_spectrum_falls() {
    let spectrum: Vec<f64> = (0..61).map(|i| f64::from(1 + i).powi(-3)).collect();
    let f = naive::with_spectrum(&spectrum, 11);
    let operator = Dense::new(f.clone()).unwrap();
    let exact: f64 = spectrum.iter().sum();
    let error = |estimate: &dyn Fn(u64) -> Estimate| {
        let squares = (0..101).map(|seed| {
            let found = estimate(seed);
            assert_eq!(found.products, 30);
            (found.value - exact).powi(2)
        });
        (squares.sum::<f64>() / 101.0).sqrt()
    };
    let plain = error(&|s| hutchinson(&operator, Probes::gaussian(30, s)).unwrap());
    let sketched = error(&|s| hutch_plus_plus(&operator, 10, Probes::gaussian(10, s)).unwrap());
    let exchanged = error(&|s| xtrace(&operator, Probes::gaussian(15, s)).unwrap());
    assert!(exchanged < sketched / 2.0 && sketched < plain / 10.0, "{plain:e}, {sketched:e}, {exchanged:e}");
}

/// A trait object will do.
#[test]
fn trait_objects() {
    let boxed: Box<dyn LinearOperator<f32>> = Box::new(Diagonal::new(array![1.0f32, 2.0]).unwrap());
    close(hutchinson(boxed.as_ref(), Probes::rademacher(2, 0)).unwrap().value, 3.0, 0.0);
}

on_both!(diagonals_have_no_variance, low_rank_is_exact, more_probes_than_the_order, corners);
