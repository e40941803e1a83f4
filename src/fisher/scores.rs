use crate::fisher::{Estimator, Provenance};
use crate::model::{Differential, Linearization, ParameterLayout, Pullback};
use crate::{Result, Scalar, check};
use ndarray::Array2;
use std::ops::Range;
use std::sync::Arc;

/// The score matrix S in factored form: F = SᵀS/N.
///
/// Row k of S is J_nᵀ r_k for an output-space vector r_k of datum n. For a network it is the concatenation
/// over layers of δ_k ⊗ ā_n (a Khatri-Rao product), and only δ and ā are stored.
///
/// # Shapes
/// rows × P, several rows per datum.
///
/// # Cost
/// One pass back per row: rows·2P flops. Memory rows × (sum of layer widths) for a network, rows × P for an
/// explicit Jacobian.
#[derive(Debug, Clone)]
pub struct Scores<T> {
    pub(crate) differential: Arc<Differential<T>>,
    pub(crate) pullback: Pullback<T>,
    pub(crate) offsets: Vec<usize>,
    pub(crate) layout: ParameterLayout,
    pub(crate) provenance: Provenance,
}

impl<T: Scalar> Linearization<T> {
    /// The score matrix that `estimator` chooses.
    ///
    /// # Errors
    /// Those of the estimator; [`Error::NonFinite`](crate::Error::NonFinite) if a score overflows.
    ///
    /// # Example
    /// See [`fisher`](crate::fisher).
    pub fn scores(&self, estimator: &dyn Estimator<T>) -> Result<Scores<T>> {
        let chosen = estimator.output_vectors(self)?;
        check::finite("output vectors", &chosen.vectors)?;
        Ok(Scores {
            differential: self.differential().clone(),
            pullback: self.differential().pull_back(chosen.vectors.view(), &chosen.offsets),
            offsets: chosen.offsets,
            layout: self.layout().clone(),
            provenance: chosen.provenance,
        })
    }
}

impl<T: Scalar> Scores<T> {
    /// P.
    pub fn dim(&self) -> usize {
        self.layout.dim()
    }

    /// N.
    pub fn data(&self) -> usize {
        self.offsets.len() - 1
    }

    /// The number of rows of S.
    pub fn rows(&self) -> usize {
        self.offsets[self.data()]
    }

    /// Estimator, likelihood, scale, seed, error.
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// The numbers kept: δ of every row and layer, or S itself where it came from an explicit Jacobian.
    pub fn stored(&self) -> usize {
        match &self.pullback {
            Pullback::Factored(deltas) => deltas.iter().map(Array2::len).sum(),
            Pullback::Explicit(rows) => rows.len(),
        }
    }

    /// S written out, rows × P.
    ///
    /// # Cost
    /// rows·P numbers: for small models and for tests.
    pub fn matrix(&self) -> Array2<T> {
        self.panel(0..self.rows(), &self.owner()).reversed_axes()
    }

    /// The datum of every row.
    pub(crate) fn owner(&self) -> Vec<usize> {
        let mut owner = Vec::with_capacity(self.rows());
        for n in 0..self.data() {
            owner.resize(self.offsets[n + 1], n);
        }
        owner
    }

    /// Some rows of S, transposed: P × rows.
    pub(crate) fn panel(&self, rows: Range<usize>, owner: &[usize]) -> Array2<T> {
        match (&self.pullback, self.differential.as_ref()) {
            (Pullback::Factored(deltas), Differential::Network(trace)) => trace.panel(deltas, rows, owner),
            (Pullback::Explicit(s), _) => {
                s.slice(ndarray::s![rows, ..]).reversed_axes().as_standard_layout().into_owned()
            }
            // A factored pullback comes from a network: `Differential::pull_back` makes no other pair.
            (Pullback::Factored(_), Differential::Jacobian(_)) => Array2::zeros((self.dim(), 0)),
        }
    }
}
