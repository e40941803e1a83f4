use crate::fisher::sampling::Sampling;
use crate::fisher::{Estimator, MonteCarloError, Provenance};
use crate::model::{Differential, Linearization, ParameterLayout, Pullback, Tensor};
use crate::{Result, Scalar, check};
use ndarray::{Array1, Array2, Axis, s};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// The score matrix S in factored form: F = SᵀS/N.
///
/// Row k of S is J_nᵀ r_k for an output-space vector r_k of datum n. For a network it is the concatenation
/// over layers of δ_k ⊗ ā_n (a Khatri-Rao product), and only δ and ā are stored. Nothing is pulled back until a
/// view asks for it: products that go through J itself need only the vectors r.
///
/// # Shapes
/// rows × P, several rows per datum.
///
/// # Cost
/// Memory rows × C, and once pulled back rows × (sum of layer widths) for a network, rows × P for an explicit
/// Jacobian; pulling back takes rows·2P flops through a network, rows·2CP through a Jacobian. Clones share both.
#[derive(Debug, Clone)]
pub struct Scores<T> {
    pub(crate) differential: Arc<Differential<T>>,
    /// r, rows × C.
    pub(crate) vectors: Arc<Array2<T>>,
    pub(crate) offsets: Vec<usize>,
    /// Whether the mean row is taken off every row of S. The pulled-back factors do not know of it: views that read
    /// them themselves must.
    pub(crate) centred: bool,
    pub(crate) layout: ParameterLayout,
    pub(crate) provenance: Provenance,
    pub(crate) sampling: Option<Arc<Sampling<T>>>,
    pulled_back: Arc<OnceLock<Pullback<T>>>,
    mean_row: Arc<OnceLock<Array1<T>>>,
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
        let mut scores = Scores {
            differential: self.differential().clone(),
            vectors: Arc::new(chosen.vectors),
            offsets: chosen.offsets,
            centred: chosen.centred,
            layout: self.layout().clone(),
            provenance: chosen.provenance,
            sampling: chosen.sampling.map(Arc::new),
            pulled_back: Arc::default(),
            mean_row: Arc::default(),
        };
        if let Some(sampling) = scores.law() {
            let exact = sampling.error(&scores.differential)?;
            scores.provenance.error = exact.or_else(|| MonteCarloError::estimated(&scores));
        }
        Ok(scores)
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

    /// The numbers kept so far: the output-space vectors, and once a view has asked for them δ of every row and
    /// layer, or S itself where it comes from an explicit Jacobian.
    pub fn stored(&self) -> usize {
        let pulled_back = match self.pulled_back.get() {
            None => 0,
            Some(Pullback::Factored(deltas)) => deltas.iter().map(Array2::len).sum(),
            Some(Pullback::Explicit(rows)) => rows.len(),
        };
        self.vectors.len() + pulled_back
    }

    /// S written out, rows × P.
    ///
    /// # Cost
    /// rows·P numbers: for small models and for tests.
    pub fn matrix(&self) -> Array2<T> {
        self.panel(0..self.rows(), &self.owner()).reversed_axes()
    }

    /// The factors of S before centring, pulled back when they are first asked for.
    pub(crate) fn pullback(&self) -> &Pullback<T> {
        self.pulled_back.get_or_init(|| self.differential.pull_back(self.vectors.view(), &self.offsets))
    }

    /// The law of the draws, if S is as they made it: it says nothing of centred scores.
    pub(crate) fn law(&self) -> Option<&Sampling<T>> {
        self.sampling.as_deref().filter(|_| !self.centred)
    }

    /// The datum of every row.
    pub(crate) fn owner(&self) -> Vec<usize> {
        let mut owner = Vec::with_capacity(self.rows());
        for n in 0..self.data() {
            owner.resize(self.offsets[n + 1], n);
        }
        owner
    }

    /// The mean of the rows of S before centring: P.
    fn mean_row(&self) -> &Array1<T> {
        self.mean_row.get_or_init(|| {
            let weight = T::of(1.0 / self.rows().max(1) as f64);
            let mut sums = Array2::zeros((self.data(), self.vectors.ncols()));
            for (n, mut sum) in sums.outer_iter_mut().enumerate() {
                let rows = self.vectors.slice(s![self.offsets[n]..self.offsets[n + 1], ..]);
                sum.assign(&(rows.sum_axis(Axis(0)) * weight));
            }
            self.differential.vjp(sums.view())
        })
    }

    /// The parameters of every block: of the layers of a network, or of the tensors of a Jacobian's layout.
    pub(crate) fn block_ranges(&self) -> Vec<Range<usize>> {
        match self.differential.as_ref() {
            Differential::Jacobian(_) => self.layout.tensors().iter().map(Tensor::range).collect(),
            Differential::Network(trace) => trace.blocks().map(|block| block.range()).collect(),
        }
    }

    /// Some rows of S, transposed: P × rows.
    pub(crate) fn panel(&self, rows: Range<usize>, owner: &[usize]) -> Array2<T> {
        let layers = match self.differential.as_ref() {
            Differential::Network(trace) => 0..trace.layers.len(),
            Differential::Jacobian(_) => 0..0,
        };
        self.piece(0..self.dim(), layers, rows, owner)
    }

    /// Some rows of the b-th block of S, transposed: the block's parameters × rows.
    pub(crate) fn block_panel(
        &self,
        b: usize,
        range: Range<usize>,
        rows: Range<usize>,
        owner: &[usize],
    ) -> Array2<T> {
        self.piece(range, b..b + 1, rows, owner)
    }

    /// The part of S in `range`, which is that of `layers` in a network.
    fn piece(
        &self,
        range: Range<usize>,
        layers: Range<usize>,
        rows: Range<usize>,
        owner: &[usize],
    ) -> Array2<T> {
        let mut panel = match (self.pullback(), self.differential.as_ref()) {
            (Pullback::Factored(deltas), Differential::Network(trace)) => {
                trace.panel(deltas, layers, rows, owner)
            }
            (Pullback::Explicit(s), _) => {
                s.slice(s![rows, range.clone()]).reversed_axes().as_standard_layout().into_owned()
            }
            // A factored pullback comes from a network: `Differential::pull_back` makes no other pair.
            (Pullback::Factored(_), Differential::Jacobian(_)) => Array2::zeros((range.len(), 0)),
        };
        if self.centred {
            for (mut row, &mean) in panel.outer_iter_mut().zip(self.mean_row().slice(s![range])) {
                row -= mean;
            }
        }
        panel
    }
}
