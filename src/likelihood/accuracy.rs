use crate::likelihood::Likelihood;
use crate::{Error, Labels, Result, Scalar, check};
use ndarray::ArrayView2;

/// The share of data whose most probable label is the one observed; of equally probable labels the first counts.
///
/// ```text
/// (1/N) Σ_n [ y_n = argmax_y p(y|η_n) ]
/// ```
///
/// # Shapes
/// `eta`: N × C; `labels`: N. A label of several outputs counts as a whole.
///
/// # Errors
/// [`Error::Shape`], the errors of [`Likelihood::support`], and [`Error::Unsupported`] for a density, in which no
/// label has a probability.
///
/// # Cost
/// One list of labels per datum.
///
/// # Example
/// ```
/// use natgrad::{Labels, likelihood::{Categorical, accuracy}, ndarray::array};
/// let eta = array![[2.0, 1.0], [0.0, 1.0], [3.0, -1.0]];
/// let share = accuracy(&Categorical, eta.view(), &Labels::classes(&[0, 1, 1])?)?;
/// assert!((share - 2.0 / 3.0).abs() < 1e-15);
/// # Ok::<(), natgrad::Error>(())
/// ```
pub fn accuracy<T: Scalar>(
    likelihood: &dyn Likelihood<T>,
    eta: ArrayView2<'_, T>,
    labels: &Labels<T>,
) -> Result<f64> {
    let (data, outputs) = eta.dim();
    check::shape("labels", &[data, likelihood.label_width(outputs)], labels.values().shape())?;
    let mut hits = 0;
    for (n, eta) in eta.outer_iter().enumerate() {
        let support = likelihood.support(eta)?;
        if support.quadrature {
            return Err(Error::Unsupported {
                what: "accuracy",
                reason: "a density has no most probable label; use the held-out log-likelihood",
            });
        }
        let p = &support.probabilities;
        let best = (0..p.len()).fold(0, |best, k| if p[k] > p[best] { k } else { best });
        hits += usize::from(support.labels.row(best) == labels.row(n));
    }
    Ok(hits as f64 / data as f64)
}
