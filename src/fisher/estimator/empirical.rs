use crate::fisher::{Estimator, OutputVectors};
use crate::model::Linearization;
use crate::{Result, Scalar};

/// The mean outer product of scores at the *observed* labels: not the Fisher.
///
/// ```text
/// r = s_n(y_n),   E = (1/N) Σ_n J_nᵀ s_n(y_n) s_n(y_n)ᵀ J_n
/// ```
///
/// Agrees with the Fisher in expectation only where the labels follow the model; elsewhere it can be larger
/// or smaller without bound. Uncentred: scores have mean zero under the model, not under the data.
///
/// # Cost
/// One row per datum; rank at most N.
///
/// # References
/// Kunstner, Balles & Hennig 2019, "Limitations of the empirical Fisher approximation", arXiv 1905.12558.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Empirical;

impl<T: Scalar> Estimator<T> for Empirical {
    fn name(&self) -> String {
        "empirical".to_owned()
    }

    fn output_vectors(&self, lin: &Linearization<T>) -> Result<OutputVectors<T>> {
        OutputVectors::collect(Estimator::<T>::name(self), lin, |n, eta| {
            Ok(vec![lin.likelihood().score(eta, lin.labels().row(n))?])
        })
    }
}
