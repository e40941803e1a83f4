use super::{Estimate, Probes};
use crate::operator::LinearOperator;
use crate::{Result, Scalar, check};
use ndarray::ArrayView2;

/// The trace from random quadratic forms.
///
/// ```text
/// tr F ≈ (1/m) Σ_k z_kᵀ F z_k
/// ```
///
/// Unbiased; its variance is [`rademacher_trace_variance`] or [`gaussian_trace_variance`]. The standard error is that of the sample.
///
/// # Errors
/// [`Error::Empty`](crate::Error::Empty) without probes; those of the operator.
///
/// # Cost
/// m products.
///
/// # Example
/// ```
/// use natgrad::{operator::{Dense, stochastic::{Probes, hutchinson}}, ndarray::array};
/// // zᵀFz = 5 ± 2 for signs z: never more than 2 off.
/// let f = Dense::new(array![[2.0, 1.0], [1.0, 3.0]])?;
/// let estimate = hutchinson(&f, Probes::rademacher(64, 0))?;
/// assert!((estimate.value - 5.0f64).abs() <= 2.0 && estimate.products == 64);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Hutchinson 1990, Commun. Stat. Simul. Comput. 19, 433-450; Girard 1989, Numer. Math. 56, 1-23 (Gaussian).
pub fn hutchinson<T: Scalar, F: LinearOperator<T> + ?Sized>(
    operator: &F,
    probes: Probes,
) -> Result<Estimate> {
    probes.check()?;
    let forms = probes.vectors::<T>(operator.dim()).map(|z| Ok(operator.quadratic_form(z.view())?.as_f64()));
    let forms = forms.collect::<Result<Vec<f64>>>()?;
    Ok(Estimate::mean(&forms, probes.count, probes.seed))
}

/// The variance of [`hutchinson`] with m vectors of signs, for a known symmetric matrix.
///
/// ```text
/// Var = 2 (‖A‖_F² - Σ_i A_ii²)/m
/// ```
///
/// # Errors
/// [`Error::Shape`](crate::Error::Shape) unless square, [`Error::Setting`](crate::Error::Setting) for m = 0.
///
/// # Example
/// ```
/// use natgrad::{operator::stochastic::rademacher_trace_variance, ndarray::array};
/// assert_eq!(rademacher_trace_variance(array![[2.0, 1.0], [1.0, 3.0]].view(), 2)?, 2.0);
/// # Ok::<(), natgrad::Error>(())
/// ```
pub fn rademacher_trace_variance<T: Scalar>(matrix: ArrayView2<'_, T>, probes: usize) -> Result<f64> {
    let beside = |((i, j), x): ((usize, usize), &T)| if i == j { 0.0 } else { x.as_f64().powi(2) };
    variance(matrix, probes, beside)
}

/// The variance of [`hutchinson`] with m normal vectors, for a known symmetric matrix.
///
/// ```text
/// Var = 2 ‖A‖_F²/m
/// ```
///
/// # Errors
/// As [`rademacher_trace_variance`].
pub fn gaussian_trace_variance<T: Scalar>(matrix: ArrayView2<'_, T>, probes: usize) -> Result<f64> {
    variance(matrix, probes, |(_, x)| x.as_f64().powi(2))
}

/// 2/m times a sum over entries.
fn variance<T: Scalar>(
    matrix: ArrayView2<'_, T>,
    probes: usize,
    term: impl Fn(((usize, usize), &T)) -> f64,
) -> Result<f64> {
    check::shape("matrix", &[matrix.nrows(), matrix.nrows()], matrix.shape())?;
    check::setting("probes", probes as f64, probes > 0, "at least 1")?;
    Ok(2.0 * matrix.indexed_iter().map(term).sum::<f64>() / probes as f64)
}
