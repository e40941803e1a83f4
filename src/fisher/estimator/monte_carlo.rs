use crate::fisher::monte_carlo_error::MonteCarloError;
use crate::fisher::{Estimator, OutputVectors};
use crate::model::Linearization;
use crate::random::{Purpose, Streams};
use crate::{Labels, Result, Scalar, check};
use ndarray::{Array2, Axis};

/// How the M uniforms of one datum are chosen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Sampler {
    /// M independent uniforms; more draws extend fewer.
    #[default]
    Independent,
    /// (u + m)/M, m = 0..M, with one uniform u: unbiased, and its mean squared error falls like 1/M² for a
    /// finite support where that of independent draws falls like 1/M. Not nested in M.
    Systematic,
}

/// The Fisher from labels drawn from the model: unbiased, with known variance.
///
/// ```text
/// r = s_n(y_nm)/√M,   y_nm ~ p(·|η_n),   m = 1..M
/// E‖F̂ - F‖² = (1/(N²M)) Σ_n (Σ_y p(y) ‖J_nᵀs_n(y)‖⁴ - ‖F_n‖²)      (independent draws)
/// ```
///
/// The uniform of draw m of datum n is a function of (seed, identity of n, m) only, so labels do not depend on
/// the order of the data, their split into batches, or threads. Does not look at the observed labels.
/// The result carries its exact error ([`MonteCarloError`]) except for systematic draws
/// of labels that cannot be listed.
///
/// # Errors
/// [`Error::Setting`](crate::Error::Setting) for 0 draws.
///
/// # Cost
/// M rows per datum, and the cost of the error: about that of [`Exact`](super::Exact).
///
/// # Example
/// ```
/// use natgrad::{Labels, Network, fisher::{MonteCarlo, Sampler}, likelihood::Categorical};
/// use natgrad::{model::Activation, ndarray::array};
/// let network = Network::random(&[2, 3], Activation::Tanh, 7)?;
/// let lin = network.linearize(&Categorical, &array![[1.0, 0.5]], &Labels::classes(&[0])?)?;
/// let fisher = lin.scores(&MonteCarlo { draws: 4, sampler: Sampler::Systematic, seed: 0 })?.dense()?;
/// assert!(fisher.to_string().contains("mc-systematic:4"));
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MonteCarlo {
    /// M ≥ 1.
    pub draws: usize,
    /// How the uniforms are chosen.
    pub sampler: Sampler,
    /// The seed; 0 is a seed.
    pub seed: u64,
}

impl MonteCarlo {
    /// The labels drawn: M per datum, (N·M) × width, those of datum n in rows n·M..(n + 1)·M.
    ///
    /// # Errors
    /// As the estimator.
    pub fn labels<T: Scalar>(&self, lin: &Linearization<T>) -> Result<Labels<T>> {
        check::setting("draws", self.draws as f64, self.draws >= 1, "at least 1")?;
        let streams = Streams::new(self.seed, Purpose::Labels);
        let width = lin.likelihood().label_width(lin.outputs());
        let mut labels = Array2::zeros((lin.data() * self.draws, width));
        let mut rows = labels.axis_iter_mut(Axis(0));
        for (eta, &id) in lin.eta().outer_iter().zip(lin.ids()) {
            let mut uniforms = streams.uniforms(id);
            let start = match self.sampler {
                Sampler::Independent => None,
                Sampler::Systematic => uniforms.next(),
            };
            for (m, (mut row, fresh)) in rows.by_ref().take(self.draws).zip(uniforms).enumerate() {
                // u + M - 1 may round up to M; one is no place of the distribution function.
                let u =
                    start.map_or(fresh, |u| (u + m as f64) / self.draws as f64).min(1.0 - f64::EPSILON / 2.0);
                row.assign(&lin.likelihood().sample(eta, u)?);
            }
        }
        Labels::new(labels)
    }
}

impl<T: Scalar> Estimator<T> for MonteCarlo {
    fn name(&self) -> String {
        match self.sampler {
            Sampler::Independent => format!("mc:{}", self.draws),
            Sampler::Systematic => format!("mc-systematic:{}", self.draws),
        }
    }

    fn output_vectors(&self, lin: &Linearization<T>) -> Result<OutputVectors<T>> {
        let labels = self.labels(lin)?;
        let weight = T::of(1.0 / (self.draws as f64).sqrt());
        let mut chosen = OutputVectors::collect(Estimator::<T>::name(self), lin, |n, eta| {
            let drawn = n * self.draws..(n + 1) * self.draws;
            drawn.map(|row| Ok(lin.likelihood().score(eta, labels.row(row))? * weight)).collect()
        })?;
        chosen.provenance.seed = Some(self.seed);
        chosen.provenance.error = MonteCarloError::exact(self, lin)?;
        Ok(chosen)
    }
}
