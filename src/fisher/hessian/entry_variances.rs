use crate::fisher::Sampler;
use crate::model::Linearization;
use crate::{Error, Result, Scalar, check};
use ndarray::Array2;

/// The exact variance of every entry of an estimated Fisher, for independent draws at fixed inputs.
///
/// Of the first estimator by [`MonteCarlo::entry_variances`](crate::fisher::MonteCarlo::entry_variances), of the
/// second by [`NegativeHessian::entry_variances`](crate::fisher::NegativeHessian::entry_variances). Neither is
/// better everywhere; the second has no variance where a canonical likelihood meets an η affine in θ.
///
/// # Units
/// Squares of those of F.
///
/// # Example
/// ```
/// use natgrad::{Labels, Linearization, fisher::{MonteCarlo, Sampler}, likelihood::Bernoulli, ndarray::array};
/// // p = ½ and J = (1, 3): s² is ¼ for either label, so one draw is exact. At p = ¾: Var s² = 21/256 - 9/256 = 3/64.
/// let one = MonteCarlo { draws: 1, sampler: Sampler::Independent, seed: 0 };
/// let at = |eta: f64| -> natgrad::Result<_> {
///     let y = Labels::new(array![[1.0]])?;
///     one.entry_variances(&Linearization::from_jacobian(&Bernoulli, array![[[1.0, 3.0]]], array![[eta]], &y)?)
/// };
/// assert_eq!(at(0.0)?.mean_squared_error, 0.0);
/// assert!((at(3f64.ln())?.variances[[0, 1]] - 9.0 * 3.0 / 64.0).abs() < 1e-15);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Soen & Sun 2021, "On the variance of the Fisher information for deep learning", arXiv 2107.04205.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct EntryVariances {
    /// Var F̂_ij, P × P.
    pub variances: Array2<f64>,
    /// Var tr F̂.
    pub trace_variance: f64,
    /// E‖F̂ - F‖² in the Frobenius norm: the sum of [`variances`](Self::variances).
    pub mean_squared_error: f64,
}

/// The most entries of a matrix of variances.
const ENTRY_LIMIT: usize = 1 << 24;

impl EntryVariances {
    /// From sums over the data of the variances of one draw.
    pub(super) fn of_sums(sums: Array2<f64>, trace_sum: f64, data: usize, draws: usize) -> Result<Self> {
        let scale = (data as f64).powi(2) * draws as f64;
        let variances = sums / scale;
        check::finite("variances", &variances)?;
        let mean_squared_error = variances.sum();
        Ok(EntryVariances { variances, trace_variance: trace_sum.max(0.0) / scale, mean_squared_error })
    }
}

/// That these draws have a closed form.
pub(super) fn check_draws(draws: usize, sampler: Sampler) -> Result<()> {
    check::setting("draws", draws as f64, draws >= 1, "at least 1")?;
    match sampler {
        Sampler::Independent => Ok(()),
        Sampler::Antithetic | Sampler::Systematic => Err(Error::Unsupported {
            what: "variances of entries under dependent draws",
            reason: "antithetic and systematic draws share uniforms; ask for independent ones",
        }),
    }
}

/// That P × P numbers can be held.
pub(super) fn check_order(order: usize) -> Result<()> {
    let needed = (order as f64).powi(2);
    if needed <= ENTRY_LIMIT as f64 {
        return Ok(());
    }
    Err(Error::TooLarge {
        quantity: "entries of the matrix of variances",
        needed,
        limit: ENTRY_LIMIT as f64,
        advice: "ask for the covariance of single entries",
    })
}

/// That an entry is inside the matrix.
pub(super) fn check_entries<T: Scalar>(lin: &Linearization<T>, entries: [[usize; 2]; 2]) -> Result<()> {
    for (index, &place) in entries.iter().flatten().enumerate() {
        if place >= lin.dim() {
            return Err(Error::Domain {
                quantity: "entries",
                index,
                value: place as f64,
                requirement: "below the number of parameters",
            });
        }
    }
    Ok(())
}

/// Labels of one datum beyond which no list is made.
const LABEL_LIMIT: usize = 4096;

/// That a list of labels is short enough to visit with P² numbers each.
pub(super) fn check_labels(count: usize) -> Result<()> {
    if count <= LABEL_LIMIT {
        return Ok(());
    }
    Err(Error::TooLarge {
        quantity: "labels of one datum",
        needed: count as f64,
        limit: LABEL_LIMIT as f64,
        advice: "variances of dependent outputs are sums over a list of labels",
    })
}
