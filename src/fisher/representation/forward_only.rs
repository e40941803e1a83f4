use super::Fisher;
use crate::fisher::Provenance;
use crate::linalg::syrk;
use crate::model::{Differential, Linearization};
use crate::operator::{Kronecker, KroneckerFactors};
use crate::{Error, Result, Scalar};
use ndarray::Array2;

impl<T: Scalar> Linearization<T> {
    /// The Kronecker form that never looks back: gradient factors are identities. Not a Fisher.
    ///
    /// ```text
    /// F_l ≈ I ⊗ A_l,   A_l = (1/N) Σ_n ā_n ā_nᵀ
    /// ```
    ///
    /// The Fisher of a layer whose own outputs had a Gaussian likelihood of unit variance; exact for one affine layer with
    /// that likelihood.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for a bare Jacobian, which has no layers.
    ///
    /// # Cost
    /// N·Σ (in + 1)² flops; no pass back.
    ///
    /// # References
    /// Benzing 2022, "Gradient descent on neurons and its link to approximate second-order optimization", arXiv
    /// 2201.12250 (FOOF); Petersen et al. 2023, arXiv 2305.00604 (ISAAC).
    pub fn forward_only(&self) -> Result<Fisher<Kronecker<T>>> {
        let Differential::Network(trace) = self.differential().as_ref() else {
            return Err(Error::Unsupported {
                what: "forward-only",
                reason: "a bare Jacobian has no layers; use dense, diagonal, block, gram or implicit",
            });
        };
        let mut factors = Vec::new();
        for (layer, block) in trace.layers.iter().zip(trace.blocks()) {
            let right = syrk(layer.extended_input().view()) * T::of(1.0 / self.data() as f64);
            factors.push(KroneckerFactors::new(block, Array2::eye(block.outputs), right)?);
        }
        let provenance = Provenance {
            estimator: "forward-only".to_owned(),
            likelihood: self.likelihood().name(),
            data: self.data(),
            seed: None,
            omitted_mass: 0.0,
            error: None,
        };
        Ok(Fisher { operator: Kronecker::new(factors)?, representation: "kfac", provenance })
    }
}
