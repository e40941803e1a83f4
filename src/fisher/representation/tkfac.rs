use super::{Fisher, Representation};
use crate::fisher::Scores;
use crate::linalg::dot;
use crate::operator::{Kronecker, KroneckerFactors};
use crate::{Result, Scalar};

impl<T: Scalar> Scores<T> {
    /// The Kronecker product of trace-weighted factors: it keeps the trace of every block.
    ///
    /// ```text
    /// F_l ≈ B ⊗ A / δ,   δ = (1/N) Σ_n tr(D_n) ‖ā_n‖²,   A = (1/N) Σ_n tr(D_n) ā_n ā_nᵀ,   B = (1/N) Σ_n ‖ā_n‖² D_n
    /// ```
    ///
    /// with D_n = Σ δ_k δ_kᵀ over the rows of datum n: KFAC with every datum weighted by what the other factor
    /// makes of it. No ordering between its error and EKFAC's holds in general.
    ///
    /// # Errors
    /// As [`kfac`](Self::kfac).
    ///
    /// # Cost
    /// As [`kfac`](Self::kfac).
    ///
    /// # References
    /// Gao, Liu, Huang, Wang, Wang, Xu & Yu 2021, "A trace-restricted Kronecker-factored approximation to natural
    /// gradient", AAAI 35(9), arXiv 2011.10741.
    pub fn tkfac(&self) -> Result<Fisher<Kronecker<T>>> {
        let mut factors = Vec::new();
        for layer in self.layers("TKFAC")? {
            let inputs = layer.inputs();
            let scale = layer.scale();
            let lengths = inputs.outer_iter().map(|a| dot(a, a) * scale).collect::<ndarray::Array1<T>>();
            let traces = layer.per_datum(|delta| dot(delta, delta));
            let total = dot(lengths.view(), traces.view());
            // δ = 0 only if every score of the layer is zero, and then so are the factors.
            let root = if total > T::zero() { T::one() / total.sqrt() } else { T::zero() };
            let left = layer.weighted_deltas(lengths.view()) * root;
            let right = layer.weighted_inputs(&inputs, (traces * scale).view()) * root;
            factors.push(KroneckerFactors::new(layer.block, left, right)?);
        }
        self.represented(Kronecker::new(factors)?, "tkfac")
    }
}

/// [`Scores::tkfac`] as a value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TkfacForm;

impl<T: Scalar> Representation<T> for TkfacForm {
    type Operator = Kronecker<T>;

    fn represent(&self, scores: &Scores<T>) -> Result<Fisher<Kronecker<T>>> {
        scores.tkfac()
    }
}
