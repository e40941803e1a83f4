use crate::{Error, Result, check};
use ndarray::{Array1, Array2, ArrayView2, Axis, Zip, s};

/// Rounds of the iteration per eigenvalue; two or three are usual.
const ROUNDS: usize = 60;

/// Eigenvalues of a symmetric tridiagonal matrix, and as many rows of its eigenvectors as were asked for; made by
/// [`tridiagonal`].
#[derive(Debug, Clone, PartialEq)]
pub struct Tridiagonal {
    /// θ in ascending order.
    pub values: Array1<f64>,
    /// R S, one column per eigenvalue: the rows R of the caller times the orthogonal matrix S of eigenvectors.
    pub rows: Array2<f64>,
}

/// The spectral decomposition of a symmetric tridiagonal matrix, as far as it is needed.
///
/// ```text
/// T = S diag(θ) Sᵀ,    returns θ and R S
/// ```
///
/// With R = I that is everything; with R = (e₁ᵀ; e_kᵀ) the first components of the eigenvectors, whose squares are the
/// weights of a Gauss quadrature, and the last ones, which bound the error of a Lanczos process, at k times less cost.
///
/// # Shapes
/// `diagonal`: k; `off_diagonal`: k - 1; `rows`: r × k; returns r × k.
///
/// # Errors
/// [`Error::Shape`], [`Error::NonFinite`], and [`Error::NotConverged`] should the iteration fail.
///
/// # Cost
/// About 15k² + 10rk² flops.
///
/// # Numerical notes
/// Errors of θ are some ε·‖T‖, whatever the scale of T.
///
/// # Example
/// ```
/// use natgrad::{linalg::tridiagonal, ndarray::array};
/// // Eigenvalues 1 and 3, eigenvectors (1, ∓1)/√2.
/// let found = tridiagonal(&[2.0, 2.0], &[1.0], array![[1.0, 0.0]].view())?;
/// assert!((found.values[0] - 1.0).abs() < 1e-15 && (found.values[1] - 3.0).abs() < 1e-15);
/// assert!((found.rows[[0, 0]].powi(2) - 0.5).abs() < 1e-15);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// The implicit QL method: Dubrulle, Martin & Wilkinson 1968, Numer. Math. 12, 377-383. Only the first components:
/// Golub & Welsch 1969, Math. Comp. 23, 221-230.
pub fn tridiagonal(diagonal: &[f64], off_diagonal: &[f64], rows: ArrayView2<'_, f64>) -> Result<Tridiagonal> {
    let order = diagonal.len();
    check::shape("off-diagonal", &[order.saturating_sub(1)], &[off_diagonal.len()])?;
    check::shape("rows", &[rows.nrows(), order], rows.shape())?;
    let mut d = Array1::from_iter(diagonal.iter().copied());
    let mut e = Array1::from_iter(off_diagonal.iter().copied().chain([0.0]).take(order));
    check::finite("diagonal", &d)?;
    check::finite("off-diagonal", &e)?;
    // In units of the largest entry nothing overflows, and `negligible` is a number.
    let scale = d.iter().chain(&e).fold(0.0f64, |m, x| m.max(x.abs()));
    // One row per eigenvalue while we work, so that a rotation runs over contiguous memory.
    let mut z = rows.t().as_standard_layout().into_owned();
    if scale > 0.0 {
        d.mapv_inplace(|x| x / scale);
        e.mapv_inplace(|x| x / scale);
        iterate(&mut d, &mut e, &mut z)?;
    }
    let mut ascending: Vec<usize> = (0..order).collect();
    ascending.sort_by(|&i, &j| d[i].total_cmp(&d[j]));
    Ok(Tridiagonal {
        values: ascending.iter().map(|&i| d[i] * scale).collect(),
        rows: z.select(Axis(0), &ascending).reversed_axes().as_standard_layout().into_owned(),
    })
}

/// QL steps with implicit shifts until the off-diagonal `e` is negligible beside the unit norm of the matrix.
fn iterate(d: &mut Array1<f64>, e: &mut Array1<f64>, z: &mut Array2<f64>) -> Result<()> {
    let order = d.len();
    let negligible = f64::EPSILON / 2.0;
    for l in 0..order {
        let mut round = 0;
        loop {
            // The block that begins at l ends at m.
            let m = (l..order - 1).find(|&m| e[m].abs() <= negligible).unwrap_or(order - 1);
            if m == l {
                break;
            }
            round += 1;
            if round > ROUNDS {
                return Err(Error::NotConverged {
                    solver: "tridiagonal eigenvalue iteration",
                    iterations: ROUNDS,
                    residual: e[l].abs(),
                    tolerance: negligible,
                    condition: f64::NAN,
                    backward_error: f64::NAN,
                    at_rounding: false,
                });
            }
            step(l, m, d, e, z);
        }
    }
    Ok(())
}

/// One QL step on the block l..=m with Wilkinson's shift.
fn step(l: usize, m: usize, d: &mut Array1<f64>, e: &mut Array1<f64>, z: &mut Array2<f64>) {
    let half = (d[l + 1] - d[l]) / (2.0 * e[l]);
    let mut g = d[m] - d[l] + e[l] / (half + half.hypot(1.0).copysign(half));
    let (mut s, mut c, mut p) = (1.0, 1.0, 0.0);
    for i in (l..m).rev() {
        let (f, b) = (s * e[i], c * e[i]);
        let r = f.hypot(g);
        e[i + 1] = r;
        if r <= 0.0 {
            // The bulge vanished: the block has split in two.
            d[i + 1] -= p;
            e[m] = 0.0;
            return;
        }
        (s, c) = (f / r, g / r);
        g = d[i + 1] - p;
        let r = (d[i] - g) * s + 2.0 * c * b;
        p = s * r;
        d[i + 1] = g + p;
        g = c * r - b;
        let (mut upper, mut lower) = z.multi_slice_mut((s![i, ..], s![i + 1, ..]));
        Zip::from(&mut upper).and(&mut lower).for_each(|a, b| {
            let (x, y) = (*a, *b);
            *b = s * x + c * y;
            *a = c * x - s * y;
        });
    }
    d[l] -= p;
    e[l] = g;
    e[m] = 0.0;
}
