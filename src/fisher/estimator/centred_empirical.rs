use super::Empirical;
use crate::fisher::{Estimator, OutputVectors};
use crate::model::Linearization;
use crate::{Result, Scalar};

/// The covariance of the scores at the *observed* labels: not the Fisher.
///
/// ```text
/// C = (1/N) Σ_n (s_n - s̄)(s_n - s̄)ᵀ = E - g gᵀ,    s_n = J_nᵀ s_n(y_n),   s̄ = (1/N) Σ_n s_n = -g
/// ```
///
/// E is [`Empirical`], g the gradient of the mean loss. Divides by N, as every matrix here does, not by N - 1. What
/// the noise of minibatch gradients has for a covariance, times the batch size.
///
/// # Cost
/// One row per datum; rank at most N - 1.
///
/// # Numerical notes
/// The mean is taken off before anything is squared; E - g gᵀ would cancel far from a minimum.
///
/// # References
/// Kunstner, Balles & Hennig 2019, "Limitations of the empirical Fisher approximation", arXiv 1905.12558.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CentredEmpirical;

impl<T: Scalar> Estimator<T> for CentredEmpirical {
    fn name(&self) -> String {
        "empirical-centred".to_owned()
    }

    fn output_vectors(&self, lin: &Linearization<T>) -> Result<OutputVectors<T>> {
        let mut chosen = Empirical.output_vectors(lin)?.centred();
        chosen.provenance.estimator = Estimator::<T>::name(self);
        Ok(chosen)
    }
}
