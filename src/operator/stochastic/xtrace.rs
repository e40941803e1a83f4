use super::leave_one_out::LeaveOneOut;
use super::{Distribution, Estimate, Probes};
use crate::linalg::{dot, product, times};
use crate::operator::LinearOperator;
use crate::{Result, Scalar};

/// The trace by an exchangeable estimator: each probe in turn is tested on the sketch of all others.
///
/// ```text
/// Q_i = orth(F ω_j, j ≠ i),    t_i = tr Q_iᵀFQ_i + c_i g_iᵀ F g_i,    g_i = (I - Q_i Q_iᵀ) ω_i,    tr F ≈ (1/m) Σ t_i
/// ```
///
/// c_i = 1 for signs; for normal probes c_i = dim/‖g_i‖², with dim that of the space orthogonal to Q_i, which takes the length
/// of g_i out of the error (what the paper recommends). Unbiased; exact if the rank of F is below m, and
/// where m ≥ P probes span everything.
///
/// # Errors
/// [`Error::Empty`](crate::Error::Empty) without probes; those of the operator.
///
/// # Cost
/// 2m products (fewer if the rank is lower; m is cut to P), 16Pm² flops.
///
/// # Numerical notes
/// The standard error is s/√m of the t_i, as the paper has it. They share most of their sketches and are not independent, so it
/// is too small: in root mean square 0.66 to 0.91 of the error in four cases (P = 11 and 61, m = 5 and 15), with 72 to 86 % of
/// seeds within two of it.
///
/// # Example
/// ```
/// use natgrad::{operator::{Dense, stochastic::{Probes, xtrace}}, ndarray::array};
/// let f = Dense::new(array![[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [3.0, 6.0, 9.0]])?;    // rank 1
/// assert!((xtrace(&f, Probes::gaussian(2, 0))?.value - 14.0f64).abs() < 1e-13);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Epperly, Tropp & Webber 2024, "XTrace: making the most of every sample in stochastic trace estimation", SIAM J. Matrix
/// Anal. Appl. 45, 1-23, arXiv 2301.07825.
pub fn xtrace<T: Scalar, F: LinearOperator<T> + ?Sized>(operator: &F, probes: Probes) -> Result<Estimate> {
    probes.check()?;
    let sketch = LeaveOneOut::<T>::new(operator, &probes)?;
    let (basis, inside) = (&sketch.basis, &sketch.inside);
    // H = QᵀFQ.
    let inner = product(basis.t(), inside.view());
    let trace = inner.diag().sum().as_f64();
    let products = sketch.products();
    if sketch.spans() {
        return Ok(Estimate::exact(trace, products, probes.seed));
    }
    let term = |i: usize| {
        let (probe, image, missing) = (sketch.probes.column(i), sketch.images.column(i), sketch.missing(i));
        let kept = trace - missing.dot(&inner.dot(&missing)).as_f64();
        let coordinates = sketch.coordinates(i, probe);
        let rest = &probe - &times(basis.view(), coordinates.view());
        // F g_i needs no product: F ω_i and F Q are known.
        let image = &image - &times(inside.view(), coordinates.view());
        let form = dot(rest.view(), image.view()).as_f64();
        let square = dot(rest.view(), rest.view()).as_f64();
        let scale = match probes.distribution {
            Distribution::Gaussian if square > 0.0 => sketch.left(i) as f64 / square,
            _ => 1.0,
        };
        kept + scale * form
    };
    let terms: Vec<f64> = (0..sketch.count()).map(term).collect();
    Ok(Estimate::mean(&terms, products, probes.seed))
}
