use super::{Estimate, Probes};
use crate::linalg::dot;
use crate::operator::LinearOperator;
use crate::{Result, Scalar};

/// The squared Frobenius norm from random products.
///
/// ```text
/// ‖F‖_F² = tr FᵀF ≈ (1/m) Σ_k ‖F z_k‖²
/// ```
///
/// Hutchinson's estimator of F²; unbiased, and its square root is not.
///
/// # Errors
/// [`Error::Empty`](crate::Error::Empty) without probes; those of the operator.
///
/// # Cost
/// m products.
///
/// # Example
/// ```
/// use natgrad::{operator::{Diagonal, stochastic::{Probes, frobenius_norm_squared}}, ndarray::array};
/// let f = Diagonal::new(array![1.0, 2.0, 4.0])?;
/// assert_eq!(frobenius_norm_squared(&f, Probes::rademacher(3, 0))?.value, 21.0);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Hutchinson 1990, Commun. Stat. Simul. Comput. 19, 433-450.
pub fn frobenius_norm_squared<T: Scalar, F: LinearOperator<T> + ?Sized>(
    operator: &F,
    probes: Probes,
) -> Result<Estimate> {
    probes.check()?;
    let square = |z: ndarray::Array1<T>| {
        let image = operator.apply(z.view())?;
        Ok(dot(image.view(), image.view()).as_f64())
    };
    let squares = probes.vectors::<T>(operator.dim()).map(square).collect::<Result<Vec<f64>>>()?;
    Ok(Estimate::mean(&squares, probes.count, probes.seed))
}
