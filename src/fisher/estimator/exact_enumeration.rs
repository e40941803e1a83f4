use crate::fisher::{Estimator, OutputVectors};
use crate::model::Linearization;
use crate::{Result, Scalar};

/// The Fisher itself, from every label with its probability (type 1): an independent path to [`Exact`](super::Exact).
///
/// ```text
/// r = √p(y|η_n) s_n(y) for every y,   F = (1/N) Σ_n Σ_y p(y|η_n) J_nᵀ s_n(y) s_n(y)ᵀ J_n
/// ```
///
/// Shares with `Exact` the Jacobian, but neither the root nor the output-space Fisher. Infinite supports are
/// cut where nothing is left to add; the provenance reports the omitted mass. For the Gaussian the labels are
/// those of a quadrature rule that is exact for second moments.
///
/// # Errors
/// [`Error::TooLarge`](crate::Error::TooLarge) if one datum has more than
/// [`SUPPORT_LIMIT`](crate::likelihood::SUPPORT_LIMIT) labels, as C independent outputs soon do.
///
/// # Cost
/// One row per label and datum.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExactEnumeration;

impl<T: Scalar> Estimator<T> for ExactEnumeration {
    fn name(&self) -> String {
        "exact-enumeration".to_owned()
    }

    fn output_vectors(&self, lin: &Linearization<T>) -> Result<OutputVectors<T>> {
        let likelihood = lin.likelihood();
        let mut omitted_mass = 0.0f64;
        let mut chosen = OutputVectors::collect(Estimator::<T>::name(self), lin, |_, eta| {
            let support = likelihood.support(eta)?;
            omitted_mass = omitted_mass.max(support.omitted_mass);
            support
                .labels
                .outer_iter()
                .zip(&support.probabilities)
                .map(|(label, &p)| Ok(likelihood.score(eta, label)? * p.sqrt()))
                .collect()
        })?;
        chosen.provenance.omitted_mass = omitted_mass;
        Ok(chosen)
    }
}
