use crate::fisher::{Estimator, OutputVectors};
use crate::model::Linearization;
use crate::{Result, Scalar};
use ndarray::Axis;

/// The Fisher itself, from a root of the output-space Fisher (type 2).
///
/// ```text
/// r = columns of R_n,   R_n R_nᵀ = H_n,   F = (1/N) Σ_n J_nᵀ H_n J_n
/// ```
///
/// For a canonical likelihood this is the generalised Gauss-Newton matrix of the loss. Does not look at the
/// observed labels.
///
/// # Cost
/// At most C rows per datum (C - 1 for the categorical).
///
/// # References
/// Martens 2020, "New insights and perspectives on the natural gradient method", JMLR 21(146), section 8.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Exact;

impl<T: Scalar> Estimator<T> for Exact {
    fn name(&self) -> String {
        "exact".to_owned()
    }

    fn output_vectors(&self, lin: &Linearization<T>) -> Result<OutputVectors<T>> {
        OutputVectors::collect(Estimator::<T>::name(self), lin, |_, eta| {
            let root = lin.likelihood().root(eta)?;
            Ok(root.axis_iter(Axis(1)).map(|column| column.to_owned()).collect())
        })
    }
}
