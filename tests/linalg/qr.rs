//! The thin QR decomposition of the numerical rank.

use crate::support::Stream;
use crate::support::cases::{double, matrix};
use crate::support::close::{all_close, near, rounding};
use crate::support::naive;
use natgrad::linalg::qr;
use natgrad::{Error, Scalar};
use ndarray::{Array2, array, s};

fn random(rows: usize, columns: usize, seed: u64) -> Array2<f64> {
    let mut stream = Stream(seed);
    Array2::from_shape_simple_fn((rows, columns), || stream.dyadic())
}

/// A = QR, QᵀQ = I, R trapezoidal, for tall, square, wide and deficient matrices, and for one whose columns nearly agree.
fn decomposes<T: Scalar>() {
    let hilbert = Array2::from_shape_fn((23, 11), |(i, j)| 1.0 / (1 + i + j) as f64);
    let deficient = naive::matmul(&random(29, 3, 5), &random(3, 13, 7));
    for (a, rank) in [
        (random(31, 7, 1), Some(7)),
        (random(11, 11, 2), Some(11)),
        (random(5, 17, 3), Some(5)),
        (deficient, Some(3)),
        (hilbert, None),
    ] {
        let a = matrix::<T>(&a);
        for scale in [T::one(), T::of(2.0).powi(-80), T::of(2.0).powi(80)] {
            let found = qr(a.mapv(|x| x * scale).view()).unwrap();
            let (q, r) = (double(&found.q), double(&found.r.mapv(|x| x / scale)));
            if let Some(rank) = rank {
                assert_eq!(q.ncols(), rank);
            }
            all_close(&naive::matmul(&naive::transpose(&q), &q), &Array2::eye(q.ncols()), rounding::<T>(8.0));
            // What was dropped is below 8√n·ε of the longest column.
            all_close(&naive::matmul(&q, &r), &double(&a), rounding::<T>(64.0));
            for i in 1..r.nrows() {
                near(r.slice(s![i, ..i]).iter().map(|x| x.abs()).sum(), 0.0, 0.0);
            }
        }
    }
}

#[test]
fn corners() {
    for shape in [(3, 2), (3, 0), (0, 3)] {
        let found = qr(Array2::<f64>::zeros(shape).view()).unwrap();
        assert_eq!((found.q.dim(), found.r.dim()), ((shape.0, 0), (0, shape.1)));
    }
    // A zero column between two others.
    let found = qr(array![[0.0, 3.0, 0.0, 1.0], [0.0, 4.0, 0.0, 2.0]].view()).unwrap();
    all_close(&found.r, &array![[0.0, 5.0, 0.0, 2.2], [0.0, 0.0, 0.0, 0.4]], 1e-15);
    assert!(matches!(qr(array![[f64::NAN]].view()), Err(Error::NonFinite { .. })));
}

on_both!(decomposes);
