use crate::fisher::sampling::Sampling;
use crate::fisher::{Estimator, OutputVectors};
use crate::likelihood::Likelihood;
use crate::linalg::product;
use crate::model::Linearization;
use crate::random::{Purpose, Streams};
use crate::{Result, Scalar, check};
use ndarray::{Array1, Array2, ArrayView1, Axis};

/// Which root R_n R_nᵀ = H_n is given random signs: the error depends on it, the mean does not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Root {
    /// That of [`Exact`](super::Exact): at most C columns.
    #[default]
    Likelihood,
    /// One column √p(y) s(y) for every label, as in [`ExactEnumeration`](super::ExactEnumeration); for the categorical
    /// diag(√p) - p √pᵀ.
    Labels,
}

impl Root {
    /// R, C × K.
    ///
    /// # Errors
    /// [`Error::TooLarge`](crate::Error::TooLarge) if the labels are too many to list.
    pub(crate) fn columns<T: Scalar>(
        self,
        likelihood: &dyn Likelihood<T>,
        eta: ArrayView1<'_, T>,
    ) -> Result<Array2<T>> {
        match self {
            Root::Likelihood => likelihood.root(eta),
            Root::Labels => {
                let support = likelihood.support(eta)?;
                let mut root = Array2::zeros((eta.len(), support.probabilities.len()));
                let labels = support.labels.outer_iter().zip(&support.probabilities);
                for ((label, &p), mut column) in labels.zip(root.axis_iter_mut(Axis(1))) {
                    column.assign(&(likelihood.score(eta, label)? * p.sqrt()));
                }
                Ok(root)
            }
        }
    }
}

/// The Fisher from random signs on a root of the output-space Fisher: unbiased, no label is drawn.
///
/// ```text
/// r = R_n ε_nm/√M,   R_n R_nᵀ = H_n,   ε = ±1 independent,   m = 1..M
/// E‖F̂ - F‖² = (1/(N²M)) Σ_n ((tr K)² + tr K² - 2 Σ_k K_kk²),   K = R_nᵀ J_n J_nᵀ R_n
/// ```
///
/// Without error where H_n has one column (one output): then a sign changes nothing. The signs of draw m of datum n are
/// a function of (seed, identity of n, m) only; more draws extend fewer. Does not look at the observed labels.
///
/// # Errors
/// [`Error::Setting`](crate::Error::Setting) for 0 draws; [`Error::TooLarge`](crate::Error::TooLarge) for
/// [`Root::Labels`] if the labels are too many to list.
///
/// # Cost
/// M rows per datum, and the cost of the error: about that of [`Exact`](super::Exact).
///
/// # Example
/// ```
/// use natgrad::{Labels, Linearization, fisher::{CurvaturePropagation, Root}, likelihood::Bernoulli};
/// use natgrad::{LinearOperator, ndarray::array};
/// let y = Labels::new(array![[1.0]])?;
/// let lin = Linearization::from_jacobian(&Bernoulli, array![[[2.0]]], array![[0.0]], &y)?;
/// // One output: ε² = 1, so the estimate is F = 2 · ¼ · 2 itself.
/// let scores = lin.scores(&CurvaturePropagation { draws: 3, seed: 0, root: Root::Likelihood })?;
/// assert!((scores.dense()?.trace()? - 1.0f64).abs() < 1e-15);
/// assert_eq!(scores.provenance().error.unwrap().mean_squared_error, 0.0);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Martens, Sutskever & Swersky 2012, "Estimating the Hessian by back-propagating curvature", arXiv 1206.6464.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CurvaturePropagation {
    /// M ≥ 1.
    pub draws: usize,
    /// The seed; 0 is a seed.
    pub seed: u64,
    /// The root.
    pub root: Root,
}

impl<T: Scalar> Estimator<T> for CurvaturePropagation {
    fn name(&self) -> String {
        match self.root {
            Root::Likelihood => format!("curvature-propagation:{}", self.draws),
            Root::Labels => format!("curvature-propagation-labels:{}", self.draws),
        }
    }

    fn output_vectors(&self, lin: &Linearization<T>) -> Result<OutputVectors<T>> {
        check::setting("draws", self.draws as f64, self.draws >= 1, "at least 1")?;
        let streams = Streams::new(self.seed, Purpose::Signs);
        let weight = 1.0 / (self.draws as f64).sqrt();
        let chosen = OutputVectors::collect(Estimator::<T>::name(self), lin, |n, eta| {
            let root = self.root.columns(lin.likelihood().as_ref(), eta)?;
            let signs = streams.uniforms(lin.ids()[n]).map(|u| T::of(if u < 0.5 { -weight } else { weight }));
            let signs: Array1<T> = signs.take(self.draws * root.ncols()).collect();
            // K signs of a draw after those of the draw before.
            let signs = signs.into_shape_with_order((self.draws, root.ncols())).unwrap_or_default();
            let vectors = product(signs.view(), root.t());
            Ok(vectors.outer_iter().map(|row| row.to_owned()).collect())
        })?;
        Ok(chosen.sampled(Sampling::of_signs(lin, self)))
    }
}
