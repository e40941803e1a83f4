use super::DiagonalEstimate;
use super::Probes;
use super::diagonal::only_signs;
use super::leave_one_out::LeaveOneOut;
use crate::linalg::times;
use crate::operator::LinearOperator;
use crate::{Result, Scalar};
use ndarray::{Array1, Axis};

/// The diagonal by an exchangeable estimator: each probe in turn is tested on the sketch of all others.
///
/// ```text
/// diag F ≈ (1/m) Σ_i [ diag(Q_i Q_iᵀ F) + ω_i ∘ (I - Q_i Q_iᵀ) F ω_i ],    Q_i = orth(F ω_j, j ≠ i)
/// ```
///
/// Unbiased; exact if the rank of F is below m (unless signs happen to be orthogonal to its range, which they can be where
/// P is small), and where m ≥ P probes span everything.
///
/// # Errors
/// As [`diagonal`](super::diagonal()).
///
/// # Cost
/// 2m products (fewer if the rank is lower; m is cut to P), 16Pm² flops.
///
/// # Numerical notes
/// Standard errors as those of [`xtrace`](super::xtrace): a guide, for the terms are not independent.
///
/// # Example
/// ```
/// use natgrad::{operator::{Dense, stochastic::{Probes, xdiag}}, ndarray::array};
/// let f = Dense::new(array![[1.0, 2.0, 4.0], [2.0, 4.0, 8.0], [4.0, 8.0, 16.0]])?;    // rank 1
/// let estimate = xdiag(&f, Probes::rademacher(2, 0))?.values;
/// assert!((estimate - array![1.0, 4.0, 16.0]).iter().all(|x: &f64| x.abs() < 1e-13));
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Epperly, Tropp & Webber 2024, arXiv 2301.07825.
pub fn xdiag<T: Scalar, F: LinearOperator<T> + ?Sized>(
    operator: &F,
    probes: Probes,
) -> Result<DiagonalEstimate> {
    only_signs(&probes)?;
    let sketch = LeaveOneOut::<T>::new(operator, &probes)?;
    let (basis, inside) = (&sketch.basis, &sketch.inside);
    // diag(Q QᵀF) = Σ_c Q_c ∘ (FQ)_c, for F is symmetric.
    let all: Array1<T> = (basis * inside).sum_axis(Axis(1));
    if sketch.spans() {
        return Ok(DiagonalEstimate {
            values: all.mapv(T::as_f64),
            standard_errors: Some(Array1::zeros(all.len())),
            exact: true,
            products: sketch.products(),
            seed: probes.seed,
        });
    }
    let term = |i: usize| {
        let missing = sketch.missing(i);
        let kept = &all - &(times(basis.view(), missing) * times(inside.view(), missing));
        let image = sketch.images.column(i);
        let rest = &image - &times(basis.view(), sketch.coordinates(i, image).view());
        Ok((kept + rest * sketch.probes.column(i)).mapv(T::as_f64))
    };
    DiagonalEstimate::mean(operator.dim(), (0..sketch.count()).map(term), sketch.products(), probes.seed)
}
