use super::{Estimate, Probes};
use crate::linalg::{dot, qr, times};
use crate::operator::LinearOperator;
use crate::{Result, Scalar};

/// The trace: exactly on a sketch of the range, by random quadratic forms on the rest.
///
/// ```text
/// Q = orth(F S),    tr F ≈ tr QᵀFQ + (1/m) Σ_k g_kᵀ F g_k,    g_k = (I - QQᵀ) z_k
/// ```
///
/// S holds `sketch` random vectors of the same law, independent of the probes. Unbiased, and exact if the rank of F is at
/// most `sketch` (unless signs happen to be orthogonal to its range, which they can be where P is small). The paper
/// splits its products into equal thirds: `sketch` = m.
///
/// # Errors
/// [`Error::Empty`](crate::Error::Empty) without probes; those of the operator.
///
/// # Cost
/// 2·sketch + m products (fewer if the sketch is of lower rank; no probes if it spans everything), 8P·sketch² flops.
///
/// # Numerical notes
/// The standard error is that of the second term, given Q; it is 0 and exact where Q spans everything.
///
/// # Example
/// ```
/// use natgrad::{operator::{Dense, stochastic::{Probes, hutch_plus_plus}}, ndarray::array};
/// let f = Dense::new(array![[1.0, 2.0, 4.0], [2.0, 4.0, 8.0], [4.0, 8.0, 16.0]])?;    // rank 1
/// assert!((hutch_plus_plus(&f, 1, Probes::rademacher(2, 0))?.value - 21.0f64).abs() < 1e-13);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Meyer, Musco, Musco & Woodruff 2021, SOSA, arXiv 2010.09649, algorithm 1.
pub fn hutch_plus_plus<T: Scalar, F: LinearOperator<T> + ?Sized>(
    operator: &F,
    sketch: usize,
    probes: Probes,
) -> Result<Estimate> {
    probes.check()?;
    let order = operator.dim();
    let sketch = sketch.min(order);
    let range = operator.apply_columns(probes.sketch::<T>(order, sketch).view())?;
    let basis = qr(range.view())?.q;
    let inside = operator.apply_columns(basis.view())?;
    let trace: f64 = basis.columns().into_iter().zip(inside.columns()).map(|(q, z)| dot(q, z).as_f64()).sum();
    let products = sketch + basis.ncols();
    if basis.ncols() == order {
        return Ok(Estimate::exact(trace, products, probes.seed));
    }
    let form = |z: ndarray::Array1<T>| {
        let overlap = times(basis.t(), z.view());
        let rest = z - &times(basis.view(), overlap.view());
        Ok(trace + operator.quadratic_form(rest.view())?.as_f64())
    };
    let terms = probes.vectors::<T>(order).map(form).collect::<Result<Vec<f64>>>()?;
    Ok(Estimate::mean(&terms, products + probes.count, probes.seed))
}
