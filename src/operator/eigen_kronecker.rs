use crate::linalg::norm;
use crate::operator::spectral::{Part, SpectralDecomposition};
use crate::operator::{KroneckerFactors, LinearOperator};
use crate::{Result, Scalar, check};
use ndarray::{Array1, Array2, ArrayView1};

/// Free eigenvalues in a Kronecker-factored eigenbasis, one block per layer.
///
/// ```text
/// F = ⊕_l (Q_B ⊗ Q_A) diag(S) (Q_B ⊗ Q_A)ᵀ,    F vec(V̄) = vec(Q_B [(Q_Bᵀ V̄ Q_A) ∘ S] Q_Aᵀ)
/// ```
///
/// # Shapes
/// Q_B: out × out; Q_A: (in + 1) × (in + 1); S: out × (in + 1), entries ≥ 0.
///
/// # Cost
/// 4·out·in·(out + in) flops per product and layer; it is its own spectral decomposition.
#[derive(Debug, Clone)]
pub struct EigenKronecker<T> {
    factors: Vec<KroneckerFactors<T>>,
    decomposition: SpectralDecomposition<T>,
    scalings: Vec<Array2<T>>,
}

/// B and A, their eigenvectors, S.
type Block<T> = (KroneckerFactors<T>, Array2<T>, Array2<T>, Array2<T>);

impl<T: Scalar> EigenKronecker<T> {
    /// Blocks (B and A, their eigenvectors, S); the eigenvectors are those of the factors.
    pub(crate) fn new(dim: usize, blocks: Vec<Block<T>>) -> Result<Self> {
        let (mut factors, mut parts, mut scalings) = (Vec::new(), Vec::new(), Vec::new());
        for (factor, left, right, values) in blocks {
            check::finite("eigenvalues", &values)?;
            let block = factor.block();
            factors.push(factor);
            scalings.push(values.clone());
            parts.push(Part::Kronecker { block, left, right, values });
        }
        Ok(EigenKronecker { factors, decomposition: SpectralDecomposition::new(dim, parts), scalings })
    }

    /// B and A of every layer, whose eigenvectors are the basis.
    pub fn factors(&self) -> &[KroneckerFactors<T>] {
        &self.factors
    }

    /// S of every layer, out × (in + 1), in ascending order of the factors' eigenvalues.
    pub fn scalings(&self) -> &[Array2<T>] {
        &self.scalings
    }
}

/// An operator that is born with its eigenvectors, so that its spectral decomposition costs nothing.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not come with its eigenvectors",
    label = "this solver divides by eigenvalues in a known basis",
    note = "ask the scores for `.ekfac()`, or use `Eigen`, which computes a decomposition"
)]
pub trait EigenbasisOperator<T: Scalar>: LinearOperator<T> {
    /// S of every layer, out × (in + 1): the eigenvalues.
    fn scalings(&self) -> &[Array2<T>];
}

impl<T: Scalar> EigenbasisOperator<T> for EigenKronecker<T> {
    fn scalings(&self) -> &[Array2<T>] {
        &self.scalings
    }
}

impl<T: Scalar> LinearOperator<T> for EigenKronecker<T> {
    fn dim(&self) -> usize {
        self.decomposition.dim()
    }

    /// Factors, bases, and S.
    fn stored(&self) -> usize {
        let bases: usize = self.factors.iter().map(|f| 2 * (f.left().len() + f.right().len())).sum();
        bases + self.dim()
    }

    fn apply(&self, v: ArrayView1<'_, T>) -> Result<Array1<T>> {
        self.decomposition.map(v, |value| value)
    }

    fn diagonal(&self) -> Result<Array1<T>> {
        // ((Q_B ∘ Q_B) S (Q_A ∘ Q_A)ᵀ), entry by entry.
        self.decomposition.diagonal_of(|value| value)
    }

    fn trace(&self) -> Result<T> {
        Ok(self.scalings.iter().map(|s| s.sum()).sum())
    }

    fn frobenius_norm(&self) -> Result<T> {
        let norms: Array1<T> = self.scalings.iter().map(|s| norm(s.flatten().view())).collect();
        Ok(norm(norms.view()))
    }

    fn decompose(&self) -> Result<SpectralDecomposition<T>> {
        Ok(self.decomposition.clone())
    }
}
