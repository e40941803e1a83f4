use super::{Distribution, Probes};
use crate::operator::LinearOperator;
use crate::{Error, Result, Scalar};
use ndarray::Array1;

/// A diagonal estimated from random products.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct DiagonalEstimate {
    /// The entries, P.
    pub values: Array1<f64>,
    /// Their standard errors, P; none from a single probe, which has no scatter.
    pub standard_errors: Option<Array1<f64>>,
    /// Whether the standard errors are known (0, for the estimate is exact by construction) instead of estimated from the
    /// scatter of the probes.
    pub exact: bool,
    /// Products with the operator.
    pub products: usize,
    /// Seed of the probes.
    pub seed: u64,
}

impl DiagonalEstimate {
    /// The mean of terms, entry by entry (Welford's recurrence, for the terms are not kept).
    pub(super) fn mean(
        order: usize,
        terms: impl Iterator<Item = Result<Array1<f64>>>,
        products: usize,
        seed: u64,
    ) -> Result<Self> {
        let (mut values, mut squares) = (Array1::<f64>::zeros(order), Array1::<f64>::zeros(order));
        let mut count = 0.0;
        for term in terms {
            let term = term?;
            count += 1.0;
            let before = &term - &values;
            values.scaled_add(1.0 / count, &before);
            squares += &(before * (term - &values));
        }
        let standard_errors = (count > 1.0).then(|| squares.mapv(|s| (s / (count - 1.0) / count).sqrt()));
        Ok(DiagonalEstimate { values, standard_errors, exact: false, products, seed })
    }
}

/// Only signs: for other probes the mean needs a quotient, which is biased.
pub(super) fn only_signs(probes: &Probes) -> Result<()> {
    probes.check()?;
    match probes.distribution {
        Distribution::Rademacher => Ok(()),
        _ => Err(Error::Unsupported {
            what: "diagonal from Gaussian probes",
            reason: "signs have a smaller variance in every entry; use Probes::rademacher",
        }),
    }
}

/// The diagonal from random products.
///
/// ```text
/// diag F ≈ (1/m) Σ_k z_k ∘ F z_k,    z of signs;    Var_i = Σ_{j≠i} F_ij²/m
/// ```
///
/// Unbiased; exact for a diagonal operator.
///
/// # Errors
/// [`Error::Empty`] without probes, [`Error::Unsupported`] for Gaussian ones; those of the operator.
///
/// # Cost
/// m products.
///
/// # Example
/// ```
/// use natgrad::{operator::{Diagonal, stochastic::{Probes, diagonal}}, ndarray::array};
/// let f = Diagonal::new(array![1.0, 2.0, 4.0])?;
/// assert_eq!(diagonal(&f, Probes::rademacher(3, 0))?.values, array![1.0, 2.0, 4.0]);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Bekas, Kokiopoulou & Saad 2007, Appl. Numer. Math. 57, 1214-1229.
pub fn diagonal<T: Scalar, F: LinearOperator<T> + ?Sized>(
    operator: &F,
    probes: Probes,
) -> Result<DiagonalEstimate> {
    only_signs(&probes)?;
    let order = operator.dim();
    let terms = probes.vectors::<T>(order).map(|z| Ok((operator.apply(z.view())? * &z).mapv(T::as_f64)));
    DiagonalEstimate::mean(order, terms, probes.count, probes.seed)
}
