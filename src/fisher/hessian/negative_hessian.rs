use crate::fisher::{Hessian, MonteCarlo, Sampler};
use crate::model::Linearization;
use crate::{Result, Scalar};

/// The Fisher from second derivatives at labels drawn from the model: the *second* estimator of Soen & Sun.
///
/// ```text
/// I₂ = (1/N) Σ_n (1/M) Σ_m -∂² log p(y_nm|θ) = (1/N) Σ_n (1/M) Σ_m (J_nᵀ hess(η_n, y_nm) J_n - Σ_a s_a(y_nm) ∂²η_na/∂θ²)
/// ```
///
/// Unbiased as the first estimator, [`MonteCarlo`], and drawn with the same labels: with equal draws, sampler and
/// seed the two can be compared draw by draw. It may be indefinite. For a canonical likelihood its randomness is
/// only in the second term, so it is exact where η is affine in θ: generalised linear models, and the last layer
/// of any network.
///
/// # Errors
/// [`Error::Setting`](crate::Error::Setting) for 0 draws, [`Error::Unsupported`](crate::Error::Unsupported) for a
/// model that came as a Jacobian.
///
/// # Cost
/// Drawing; products cost the same for any M, because B and w are averaged first.
///
/// # Example
/// ```
/// use natgrad::{Labels, LinearOperator, Network, fisher::{Exact, NegativeHessian, Sampler}};
/// use natgrad::{likelihood::Poisson, model::Activation, ndarray::array};
/// // One layer: η is affine in θ, and one draw gives the Fisher itself.
/// let network = Network::random(&[2, 1], Activation::Identity, 7)?;
/// let lin = network.linearize(&Poisson, &array![[1.0, 0.5], [-0.5, 1.0]], &Labels::new(array![[3.0], [0.0]])?)?;
/// let second = NegativeHessian { draws: 1, sampler: Sampler::Independent, seed: 0 }.estimate(&lin)?;
/// let difference = second.to_dense()? - lin.scores(&Exact)?.dense()?.to_dense()?;
/// assert!(difference.iter().all(|x: &f64| x.abs() < 1e-14));
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Soen & Sun 2021, "On the variance of the Fisher information for deep learning", arXiv 2107.04205.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NegativeHessian {
    /// M ≥ 1.
    pub draws: usize,
    /// How the uniforms are chosen.
    pub sampler: Sampler,
    /// The seed; 0 is a seed.
    pub seed: u64,
}

impl NegativeHessian {
    /// The first estimator with the same labels.
    pub fn first(&self) -> MonteCarlo {
        MonteCarlo { draws: self.draws, sampler: self.sampler, seed: self.seed }
    }

    /// The name, for example `negative-hessian:4`.
    pub fn name(&self) -> String {
        match self.sampler {
            Sampler::Independent => format!("negative-hessian:{}", self.draws),
            Sampler::Antithetic => format!("negative-hessian-antithetic:{}", self.draws),
            Sampler::Systematic => format!("negative-hessian-systematic:{}", self.draws),
        }
    }

    /// The estimate.
    ///
    /// # Errors
    /// See the type.
    pub fn estimate<T: Scalar>(&self, lin: &Linearization<T>) -> Result<Hessian<T>> {
        let labels = self.first().labels(lin)?;
        Hessian::mean_over_labels(lin, &labels, self.draws, self.name(), Some(self.seed))
    }
}
