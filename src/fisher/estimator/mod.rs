//! Axis one: which output-space vectors r.

mod centred_empirical;
mod curvature_propagation;
mod empirical;
mod exact;
mod exact_enumeration;
mod monte_carlo;

pub use centred_empirical::CentredEmpirical;
pub use curvature_propagation::{CurvaturePropagation, Root};
pub use empirical::Empirical;
pub use exact::Exact;
pub use exact_enumeration::ExactEnumeration;
pub use monte_carlo::{MonteCarlo, Sampler};

use crate::fisher::Provenance;
use crate::fisher::sampling::Sampling;
use crate::model::Linearization;
use crate::{Result, Scalar};
use ndarray::{Array1, Array2, ArrayView1};
use std::fmt::Debug;

/// A choice of output-space vectors r_k per datum such that Σ_k r_k r_kᵀ estimates H_n.
pub trait Estimator<T: Scalar>: Debug {
    /// The name the command line uses.
    fn name(&self) -> String;

    /// The vectors, weights included.
    ///
    /// # Errors
    /// [`Error::TooLarge`](crate::Error::TooLarge), [`Error::Setting`](crate::Error::Setting): see the
    /// estimator.
    fn output_vectors(&self, lin: &Linearization<T>) -> Result<OutputVectors<T>>;
}

/// Output-space vectors of all data.
///
/// # Shapes
/// `vectors`: rows × C; the rows of datum n are `offsets[n]..offsets[n + 1]`, N + 1 offsets from 0.
#[derive(Debug, Clone)]
pub struct OutputVectors<T> {
    pub(crate) vectors: Array2<T>,
    pub(crate) offsets: Vec<usize>,
    pub(crate) centred: bool,
    /// How they were drawn, if they were.
    pub(crate) sampling: Option<Sampling<T>>,
    pub(crate) provenance: Provenance,
}

impl<T: Scalar> OutputVectors<T> {
    /// Collects what `per_datum` makes of each datum: any number of vectors of C entries.
    ///
    /// # Errors
    /// Those of `per_datum`; [`Error::Shape`](crate::Error::Shape) for a vector that has not C entries.
    pub fn collect(
        estimator: String,
        lin: &Linearization<T>,
        mut per_datum: impl FnMut(usize, ArrayView1<'_, T>) -> Result<Vec<Array1<T>>>,
    ) -> Result<Self> {
        let mut flat = Vec::new();
        let mut offsets = vec![0];
        let outputs = lin.outputs();
        for (n, eta) in lin.eta().outer_iter().enumerate() {
            for vector in per_datum(n, eta)? {
                crate::check::shape("output vector", &[outputs], vector.shape())?;
                flat.extend(vector);
            }
            offsets.push(flat.len() / outputs);
        }
        let shape = (flat.len() / outputs, outputs);
        let vectors = Array2::from_shape_vec(shape, flat).unwrap_or_default();
        let provenance = Provenance {
            estimator,
            likelihood: lin.likelihood().name(),
            data: lin.data(),
            seed: None,
            omitted_mass: 0.0,
            error: None,
        };
        Ok(OutputVectors { vectors, offsets, centred: false, sampling: None, provenance })
    }

    /// The same vectors, with the law they were drawn from.
    pub(crate) fn sampled(mut self, sampling: Sampling<T>) -> Self {
        self.provenance.seed = Some(sampling.seed());
        self.sampling = Some(sampling);
        self
    }

    /// The same vectors, of which S is centred: its mean row is taken off every row.
    ///
    /// ```text
    /// (1/N) Σ_k (S_k - S̄)(S_k - S̄)ᵀ,    S̄ = (1/rows) Σ_k S_k
    /// ```
    ///
    /// A covariance if there is one row per datum.
    #[must_use]
    pub fn centred(mut self) -> Self {
        self.centred = true;
        self
    }

    /// rows × C.
    pub fn vectors(&self) -> &Array2<T> {
        &self.vectors
    }

    /// The first row of every datum, and the number of rows at the end.
    pub fn offsets(&self) -> &[usize] {
        &self.offsets
    }
}
