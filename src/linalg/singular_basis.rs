use super::{eigh, product};
use crate::{Error, Result, Scalar};
use ndarray::{Array1, Array2, ArrayView2};

/// Sweeps of rotations before giving up; two are the rule, since the columns begin almost orthogonal.
const SWEEPS: usize = 40;

/// Right singular vectors and singular values of a tall matrix, the greatest first.
#[derive(Debug, Clone)]
pub(crate) struct SingularBasis {
    /// V, n × n, orthogonal whatever the rank.
    pub vectors: Array2<f64>,
    /// A V, column by column: orthogonal to the rounding of each, which a product of A and V would not be.
    pub images: Array2<f64>,
    /// σ, n.
    pub values: Array1<f64>,
}

/// A V = U diag(σ), by the eigenvectors of AᵀA and then one-sided Jacobi rotations.
///
/// The Gram matrix alone would give the vectors of small σ with an error of ε σ₁²/σ²; the rotations make the columns of A V orthogonal
/// relative to their own lengths, as if A had never been squared.
///
/// # Errors
/// [`Error::NonFinite`](crate::Error::NonFinite), [`Error::NotConverged`].
///
/// # Cost
/// 2mn² + 9n³ flops, and 6mn² for each of about two sweeps.
pub(crate) fn singular_basis<T: Scalar>(a: ArrayView2<'_, T>) -> Result<SingularBasis> {
    let a = a.mapv(Scalar::as_f64);
    let n = a.ncols();
    // A power of two, exactly: squares neither overflow nor vanish.
    let largest = a.iter().fold(0.0f64, |largest, x| largest.max(x.abs()));
    if largest == 0.0 {
        return Ok(SingularBasis { vectors: Array2::eye(n), images: a, values: Array1::zeros(n) });
    }
    let scale = largest.log2().floor().clamp(-1000.0, 1000.0).exp2();
    let a = a / scale;
    let gram = eigh(product(a.t(), a.view()).view())?;
    // One row per vector, the greatest first: rotations run over contiguous memory.
    let mut vectors = gram.vectors.slice(ndarray::s![.., ..;-1]).t().as_standard_layout().into_owned();
    let mut images = product(vectors.view(), a.t());
    let rounding = f64::EPSILON * (a.nrows() as f64).sqrt();
    let mut worst = f64::INFINITY;
    for _ in 0..SWEEPS {
        worst = 0.0;
        let longest = images.rows().into_iter().fold(0.0, |longest: f64, row| longest.max(row.dot(&row)));
        for i in 0..n {
            for j in i + 1..n {
                let (alpha, beta, gamma) = {
                    let (x, y) = (images.row(i), images.row(j));
                    (x.dot(&x), y.dot(&y), x.dot(&y))
                };
                let size = (alpha * beta).sqrt();
                // An image that is rounding beside the longest has no direction to be right about.
                let negligible = alpha.min(beta) <= longest * rounding * rounding;
                if negligible || gamma.abs() <= rounding * size {
                    continue;
                }
                worst = f64::max(worst, gamma.abs() / size);
                let zeta = (beta - alpha) / (2.0 * gamma);
                let tangent = zeta.signum() / (zeta.abs() + zeta.hypot(1.0));
                let cosine = 1.0 / tangent.hypot(1.0);
                let sine = cosine * tangent;
                rotate(&mut images, i, j, cosine, sine);
                rotate(&mut vectors, i, j, cosine, sine);
            }
        }
        if worst <= 0.0 {
            return Ok(sorted(&vectors, &images, scale));
        }
    }
    Err(Error::NotConverged {
        solver: "one-sided Jacobi rotations",
        iterations: SWEEPS,
        residual: worst,
        tolerance: rounding,
        condition: f64::NAN,
        backward_error: f64::NAN,
        at_rounding: false,
    })
}

fn rotate(rows: &mut Array2<f64>, i: usize, j: usize, cosine: f64, sine: f64) {
    let (x, y) = rows.multi_slice_mut((ndarray::s![i, ..], ndarray::s![j, ..]));
    ndarray::Zip::from(x).and(y).for_each(|x, y| {
        (*x, *y) = (cosine * *x - sine * *y, sine * *x + cosine * *y);
    });
}

fn sorted(vectors: &Array2<f64>, images: &Array2<f64>, scale: f64) -> SingularBasis {
    let lengths: Vec<f64> = images.rows().into_iter().map(|row| row.dot(&row).sqrt()).collect();
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by(|&i, &j| lengths[j].total_cmp(&lengths[i]));
    let columns = |rows: &Array2<f64>| {
        rows.select(ndarray::Axis(0), &order).reversed_axes().as_standard_layout().into_owned()
    };
    SingularBasis {
        vectors: columns(vectors),
        images: scale * columns(images),
        values: order.iter().map(|&i| scale * lengths[i]).collect(),
    }
}
