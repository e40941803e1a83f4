use crate::fisher::sampling::Sampling;
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
    /// M/2 independent pairs u, 1 - u, M even; more pairs extend fewer. Unbiased; the pair helps where the squared score
    /// at 1 - u is small when that at u is large. Where s sᵀ is the same at both (one Gaussian output, a fair
    /// Bernoulli) the second draw of a pair is wasted and the error is that of M/2 draws.
    Antithetic,
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
/// The result carries its error ([`MonteCarloError`](crate::fisher::MonteCarloError)): exact, except for systematic and
/// antithetic draws of labels that cannot be listed, where it is estimated from the sample.
///
/// Where a datum has no more labels than M, [`ExactEnumeration`](super::ExactEnumeration) needs no more rows and has no
/// error: for a categorical of C ≤ M classes there is nothing to draw for.
///
/// # Errors
/// [`Error::Setting`](crate::Error::Setting) for 0 draws, and for an odd number of antithetic ones.
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
    /// That the number of draws fits the sampler.
    pub(crate) fn check(&self) -> Result<()> {
        check::setting("draws", self.draws as f64, self.draws >= 1, "at least 1")?;
        let even = self.sampler != Sampler::Antithetic || self.draws.is_multiple_of(2);
        check::setting("draws", self.draws as f64, even, "even for antithetic pairs")
    }

    /// The labels drawn: M per datum, (N·M) × width, those of datum n in rows n·M..(n + 1)·M.
    ///
    /// # Errors
    /// As the estimator.
    pub fn labels<T: Scalar>(&self, lin: &Linearization<T>) -> Result<Labels<T>> {
        self.check()?;
        let streams = Streams::new(self.seed, Purpose::Labels);
        let width = lin.likelihood().label_width(lin.outputs());
        let mut labels = Array2::zeros((lin.data() * self.draws, width));
        let mut rows = labels.axis_iter_mut(Axis(0));
        for (eta, &id) in lin.eta().outer_iter().zip(lin.ids()) {
            let mut uniforms = streams.uniforms(id);
            let mut last = None;
            for (m, mut row) in rows.by_ref().take(self.draws).enumerate() {
                let fresh = match self.sampler {
                    Sampler::Independent => true,
                    Sampler::Antithetic => m.is_multiple_of(2),
                    Sampler::Systematic => m == 0,
                };
                if fresh {
                    last = uniforms.next();
                }
                let Some(first) = last else { break }; // Uniforms do not end.
                let u = match self.sampler {
                    // Exact: the grid of uniforms is symmetric about one half.
                    Sampler::Antithetic if !fresh => 1.0 - first,
                    Sampler::Independent | Sampler::Antithetic => first,
                    // u + M - 1 may round up to M; one is no place of the distribution function.
                    Sampler::Systematic => {
                        ((first + m as f64) / self.draws as f64).min(1.0 - f64::EPSILON / 2.0)
                    }
                };
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
            Sampler::Antithetic => format!("mc-antithetic:{}", self.draws),
            Sampler::Systematic => format!("mc-systematic:{}", self.draws),
        }
    }

    fn output_vectors(&self, lin: &Linearization<T>) -> Result<OutputVectors<T>> {
        let labels = self.labels(lin)?;
        let weight = T::of(1.0 / (self.draws as f64).sqrt());
        let chosen = OutputVectors::collect(Estimator::<T>::name(self), lin, |n, eta| {
            let drawn = n * self.draws..(n + 1) * self.draws;
            drawn.map(|row| Ok(lin.likelihood().score(eta, labels.row(row))? * weight)).collect()
        })?;
        Ok(chosen.sampled(Sampling::of_labels(lin, self)))
    }
}
