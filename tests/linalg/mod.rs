//! Dense linear algebra against triple loops, against nalgebra, and against matrices with known answers.

mod lanczos;
mod qr;

use crate::support::Stream;
use crate::support::cases::{double, matrix};
use crate::support::close::{all_close, close, near, rounding};
use crate::support::naive;
use nalgebra::{DMatrix, DVector};
use natgrad::linalg::{Cholesky, eigh, matmul, syrk};
use natgrad::{Error, Scalar};
use ndarray::{Array1, Array2, ArrayView2, array, s};

/// Sizes below, at and beyond the tile of 128.
const SIZES: [usize; 5] = [1, 7, 127, 129, 257];

fn random(rows: usize, columns: usize, seed: u64) -> Array2<f64> {
    let mut stream = Stream(seed);
    Array2::from_shape_simple_fn((rows, columns), || stream.dyadic())
}

fn foreign(a: &Array2<f64>) -> DMatrix<f64> {
    DMatrix::from_fn(a.nrows(), a.ncols(), |i, j| a[[i, j]])
}

fn native(a: &DMatrix<f64>) -> Array2<f64> {
    Array2::from_shape_fn(a.shape(), |(i, j)| a[(i, j)])
}

/// B Bᵀ/n + ½ I, rounded to T first: well conditioned.
fn definite<T: Scalar>(n: usize, seed: u64) -> Array2<T> {
    let b = random(n, n, seed);
    let product = &foreign(&b) * foreign(&b).transpose() / n as f64 + DMatrix::identity(n, n) * 0.5;
    matrix(&native(&product))
}

/// The same matrix seen four ways: as it is, transposed in memory, with gaps, and backwards.
fn views<T: Scalar>(a: &Array2<T>, check: impl Fn(ArrayView2<'_, T>)) {
    check(a.view());
    let transposed = a.t().as_standard_layout().into_owned();
    check(transposed.t());
    let mut wide = Array2::from_elem((2 * a.nrows() + 1, 3 * a.ncols() + 1), T::of(777.0));
    wide.slice_mut(s![1..2 * a.nrows() + 1;2, 1..3 * a.ncols() + 1;3]).assign(a);
    check(wide.slice(s![1..2 * a.nrows() + 1;2, 1..3 * a.ncols() + 1;3]));
    let backwards = a.slice(s![..;-1, ..;-1]).as_standard_layout().into_owned();
    check(backwards.slice(s![..;-1, ..;-1]));
    // Rows contiguous, row stride wider than the row.
    let mut padded = Array2::from_elem((a.nrows(), a.ncols() + 5), T::of(777.0));
    padded.slice_mut(s![.., 2..a.ncols() + 2]).assign(a);
    check(padded.slice(s![.., 2..a.ncols() + 2]));
}

fn matmul_is_the_triple_loop<T: Scalar>() {
    for (m, k, n) in [(1, 1, 1), (2, 3, 5), (7, 1, 3), (1, 129, 7), (129, 7, 127), (31, 257, 29)] {
        let (a, b) = (random(m, k, 1), random(k, n, 2));
        let expected = naive::matmul(&a, &b);
        views(&matrix::<T>(&a), |a| {
            views(&matrix::<T>(&b), |b| {
                // Dyadic entries: every product is exact, so only sums of up to 257 terms round in f32.
                all_close(&matmul(a, b).unwrap(), &expected, rounding::<T>(16.0));
            });
        });
        all_close(&native(&(foreign(&a) * foreign(&b))), &expected, rounding::<f64>(16.0));
    }
}

fn syrk_is_the_triple_loop<T: Scalar>() {
    for n in SIZES {
        for rows in [1, 5, 131] {
            let a = random(rows, n, 3 + n as u64);
            let expected = native(&(foreign(&a).transpose() * foreign(&a)));
            views(&matrix::<T>(&a), |a| {
                let c = syrk(a);
                all_close(&c, &expected, rounding::<T>(32.0));
                assert_eq!(c, c.t(), "not exactly symmetric");
            });
        }
    }
}

/// kfac-pytorch's covariance example: rows (1,2,3), (4,5,6), (7,8,9), XᵀX/3.
#[test]
fn syrk_by_hand() {
    let x = array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]];
    assert_eq!(syrk(x.view()) / 3.0, array![[22.0, 26.0, 30.0], [26.0, 31.0, 36.0], [30.0, 36.0, 42.0]]);
}

fn syrk_ignores_the_number_of_threads<T: Scalar>() {
    let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let mut stream = Stream(17);
    // Full mantissas, so that another order of summation would show.
    let s = Array2::from_shape_simple_fn((193, 389), || T::of(stream.bits() as f64 / 1e19 - 0.9));
    let one = pool(1).install(|| syrk(s.view()));
    for threads in [2, 3] {
        for _ in 0..3 {
            let many = pool(threads).install(|| syrk(s.view()));
            assert!(one.iter().zip(&many).all(|(a, b)| a.as_f64().to_bits() == b.as_f64().to_bits()));
        }
    }
}

fn cholesky_agrees_with_nalgebra<T: Scalar>() {
    for n in SIZES {
        let a = definite::<T>(n, 5);
        let reference = foreign(&double(&a)).cholesky().unwrap();
        let mut stream = Stream(6);
        let b = Array2::from_shape_simple_fn((n, 3), || stream.dyadic());
        let expected = native(&reference.solve(&foreign(&b)));
        let half = native(&reference.l().solve_lower_triangular(&foreign(&b)).unwrap());
        let log_determinant = 2.0 * reference.l().diagonal().iter().map(|x| x.ln()).sum::<f64>();
        views(&a, |a| {
            let factor = Cholesky::factor(a).unwrap();
            all_close(factor.lower(), &native(&reference.l()), rounding::<T>(64.0));
            let bt = matrix::<T>(&b);
            all_close(&factor.solve_columns(bt.view()).unwrap(), &expected, rounding::<T>(64.0));
            all_close(&factor.whiten(bt.view()).unwrap(), &half, rounding::<T>(64.0));
            // A column of a matrix is a strided vector.
            let x = factor.solve(bt.column(1)).unwrap();
            all_close(&x, &expected.column(1).to_owned(), rounding::<T>(64.0));
            near(factor.log_determinant().as_f64(), log_determinant, rounding::<T>(64.0 * n as f64));
        });
    }
}

/// det diag(2¹⁰, 3¹⁰, 5¹⁰) and a determinant that no float could hold.
#[test]
fn log_determinant_by_hand() {
    let a = Array2::from_diag(&array![1024.0, 59049.0, 9765625.0]);
    close(Cholesky::factor(a.view()).unwrap().log_determinant(), 10.0 * 30f64.ln(), 1e-15);
    let tiny = Array2::from_diag(&Array1::from_elem(211, 1e-10));
    close(Cholesky::factor(tiny.view()).unwrap().log_determinant(), -2110.0 * 10f64.ln(), 1e-14);
}

/// Only the lower triangle counts: the upper one may hold any finite number.
fn upper_triangle_is_not_read<T: Scalar>() {
    for n in [7, 131] {
        let a = definite::<T>(n, 8);
        let spoilt = Array2::from_shape_fn((n, n), |(i, j)| if j > i { T::of(-555.0) } else { a[[i, j]] });
        let (clean, dirty) = (Cholesky::factor(a.view()).unwrap(), Cholesky::factor(spoilt.view()).unwrap());
        assert_eq!(clean.lower(), dirty.lower());
        assert!(clean.lower().indexed_iter().all(|((i, j), x)| j <= i || x.is_zero()));
        all_close(&eigh(spoilt.view()).unwrap().values, &double(&eigh(a.view()).unwrap().values), 0.0);
    }
}

/// Pivots worked out by hand: 4; 5 - 1 = 4; 1 - 1 - 1 = -1. And one bad entry on the diagonal of an identity,
/// on either side of any block the factorisation may use.
fn failing_pivot_is_named<T: Scalar>() {
    let three = array![[4.0, 2.0, 2.0], [2.0, 5.0, 3.0], [2.0, 3.0, 1.0]].mapv(T::of);
    let refused = |a: &Array2<T>| Cholesky::factor(a.view()).unwrap_err();
    assert_eq!(refused(&three), Error::NotPositiveDefinite { order: 3, pivot: 2 });
    let flat = array![[1.0, 1.0], [1.0, 1.0]].mapv(T::of);
    assert_eq!(refused(&flat), Error::NotPositiveDefinite { order: 2, pivot: 1 });
    assert_eq!(refused(&Array2::zeros((3, 3))), Error::NotPositiveDefinite { order: 3, pivot: 0 });
    for bad in [0, 1, 31, 32, 63, 64, 97, 127, 128, 129, 255, 256, 262] {
        let mut a = Array2::eye(263);
        a[[bad, bad]] = T::of(-1.0);
        assert_eq!(refused(&a), Error::NotPositiveDefinite { order: 263, pivot: bad });
        // A later bad pivot does not hide the first.
        a[[262, 262]] = T::of(-1.0);
        assert_eq!(refused(&a), Error::NotPositiveDefinite { order: 263, pivot: bad });
    }
}

fn eigenvalues_agree_with_nalgebra<T: Scalar>() {
    for n in [1, 2, 7, 61, 129] {
        let a = definite::<T>(n, 9);
        let mut expected: Vec<f64> = foreign(&double(&a)).symmetric_eigenvalues().iter().copied().collect();
        expected.sort_by(f64::total_cmp);
        views(&a, |a| {
            let e = eigh(a).unwrap();
            all_close(&e.values, &expected, rounding::<T>(64.0));
            assert!(e.values.windows(2).into_iter().all(|pair| pair[0] <= pair[1]), "not ascending");
            let u = double(&e.vectors);
            let scaled = &u * &double(&e.values);
            all_close(
                &naive::matmul(&scaled, &naive::transpose(&u)),
                &a.mapv(T::as_f64),
                rounding::<T>(128.0),
            );
            all_close(&naive::matmul(&naive::transpose(&u), &u), &Array2::eye(n), rounding::<T>(64.0));
        });
    }
}

/// Spectra chosen in advance: with multiplicity, zero, negative, over 12 decades.
#[test]
fn known_spectra_are_found() {
    let mut graded: Vec<f64> = (0..13).map(|k| 10f64.powi(k - 12)).collect();
    graded.extend([-3.0, -0.5, 0.0, 0.0, 0.0, 2.0, 2.0]);
    graded.sort_by(f64::total_cmp);
    let e = eigh(naive::with_spectrum(&graded, 11).view()).unwrap();
    all_close(&e.values, &graded, 1e-14);
    let tridiagonal = Array2::from_shape_fn((37, 37), |(i, j)| match i.abs_diff(j) {
        0 => 2.0,
        1 => -1.0,
        _ => 0.0,
    });
    // The discrete Laplacian: 2 - 2 cos(πk/(n+1)).
    let expected: Vec<f64> =
        (1..=37).map(|k| 4.0 * (std::f64::consts::PI * f64::from(k) / 76.0).sin().powi(2)).collect();
    all_close(&eigh(tridiagonal.view()).unwrap().values, &expected, 1e-14);
}

/// NaN goes where arithmetic sends it, or is refused with its place; nothing panics.
fn not_a_number<T: Scalar>() {
    let mut a = matrix::<T>(&random(5, 3, 12));
    a[[2, 1]] = T::nan();
    let b = matrix::<T>(&random(3, 7, 13));
    let c = matmul(a.view(), b.view()).unwrap();
    assert!(c.outer_iter().enumerate().all(|(i, row)| row.iter().all(|x| x.is_nan() == (i == 2))));
    let c = syrk(a.view());
    assert!(c.indexed_iter().all(|((i, j), x)| x.is_nan() == (i == 1 || j == 1)));
    let mut square = definite::<T>(7, 14);
    for bad in [T::nan(), T::infinity(), T::neg_infinity()] {
        square[[4, 2]] = bad;
        for error in [Cholesky::factor(square.view()).unwrap_err(), eigh(square.view()).unwrap_err()] {
            assert!(matches!(error, Error::NonFinite { index: 30, .. }), "{error}");
        }
    }
    let factor = Cholesky::factor(definite::<T>(7, 14).view()).unwrap();
    let x = factor.solve(Array1::from_elem(7, T::nan()).view()).unwrap();
    assert!(x.iter().all(|x| x.is_nan()));
}

fn empty_is_no_accident<T: Scalar>() {
    let of = |rows, columns| Array2::<T>::zeros((rows, columns));
    assert_eq!(matmul(of(2, 0).view(), of(0, 3).view()).unwrap(), of(2, 3));
    for (m, k, n) in [(0, 0, 0), (0, 2, 3), (2, 3, 0), (0, 5, 0)] {
        assert_eq!(matmul(of(m, k).view(), of(k, n).view()).unwrap().dim(), (m, n));
    }
    assert_eq!(syrk(of(0, 3).view()), of(3, 3));
    assert_eq!(syrk(of(0, 131).view()), of(131, 131));
    assert_eq!(syrk(of(5, 0).view()).dim(), (0, 0));
    let factor = Cholesky::factor(of(0, 0).view()).unwrap();
    assert!(factor.log_determinant().is_zero());
    assert_eq!(factor.solve(Array1::zeros(0).view()).unwrap().len(), 0);
    assert_eq!(factor.solve_columns(of(0, 3).view()).unwrap().dim(), (0, 3));
    let factor = Cholesky::factor(definite::<T>(3, 15).view()).unwrap();
    assert_eq!(factor.solve_columns(of(3, 0).view()).unwrap().dim(), (3, 0));
    assert_eq!(factor.whiten(of(3, 0).view()).unwrap().dim(), (3, 0));
    let e = eigh(of(0, 0).view()).unwrap();
    assert_eq!((e.values.len(), e.vectors.dim()), (0, (0, 0)));
}

fn wrong_shapes<T: Scalar>() {
    let of = |rows, columns| Array2::<T>::zeros((rows, columns));
    let shape = |quantity, expected: [usize; 2], found: [usize; 2]| Error::Shape {
        quantity,
        expected: expected.to_vec(),
        found: found.to_vec(),
    };
    let error = matmul(of(2, 3).view(), of(5, 7).view()).unwrap_err();
    assert_eq!(error, shape("right factor of a product", [3, 7], [5, 7]));
    assert_eq!(Cholesky::factor(of(2, 3).view()).unwrap_err(), shape("matrix to factor", [2, 2], [2, 3]));
    assert_eq!(eigh(of(5, 3).view()).unwrap_err(), shape("symmetric matrix", [5, 5], [5, 3]));
    let factor = Cholesky::factor(definite::<T>(3, 16).view()).unwrap();
    assert_eq!(factor.solve_columns(of(2, 5).view()).unwrap_err(), shape("right-hand side", [3, 5], [2, 5]));
    assert_eq!(factor.solve(Array1::zeros(7).view()).unwrap_err(), shape("right-hand side", [3, 1], [7, 1]));
    assert_eq!(factor.whiten(of(5, 2).view()).unwrap_err(), shape("matrix to whiten", [3, 2], [5, 2]));
}

/// Hilbert's matrix of order 5, whose inverse is known: ones map to the row sums of an integer matrix.
#[test]
fn hilbert_is_inverted() {
    let hilbert = Array2::from_shape_fn((5, 5), |(i, j)| 1.0 / (i + j + 1) as f64);
    let x = Cholesky::factor(hilbert.view()).unwrap().solve(Array1::ones(5).view()).unwrap();
    // Condition 4.8e5, hence 1e-10; nalgebra loses as much.
    all_close(&x, &[5.0, -120.0, 630.0, -1120.0, 630.0], 1e-10);
    let twin = foreign(&hilbert).lu().solve(&DVector::from_element(5, 1.0)).unwrap();
    all_close(twin.as_slice(), &[5.0, -120.0, 630.0, -1120.0, 630.0], 1e-10);
}

on_both!(
    matmul_is_the_triple_loop,
    syrk_is_the_triple_loop,
    syrk_ignores_the_number_of_threads,
    cholesky_agrees_with_nalgebra,
    upper_triangle_is_not_read,
    failing_pivot_is_named,
    eigenvalues_agree_with_nalgebra,
    not_a_number,
    empty_is_no_accident,
    wrong_shapes,
);
