//! Axis two: which view of S.

mod blocks;
mod dense;
mod diagonal;
mod diagonal_kronecker;
mod ekfac;
mod forward_only;
mod gram;
mod implicit;
mod kfac;
mod kfoc;
mod layer_sums;
mod layers;
mod quasi_diagonal;
mod tkfac;

pub use blocks::{BlockForm, UnitBlockForm};
pub use dense::DenseForm;
pub use diagonal::DiagonalForm;
pub use diagonal_kronecker::{DiagonalKroneckerForm, LayerDiagonals};
pub use ekfac::EkfacForm;
pub use gram::{Gram, GramForm};
pub use implicit::{Implicit, ImplicitForm, Route};
pub use kfac::{Bias, KfacForm};
pub use kfoc::KfocForm;
pub(crate) use layer_sums::LayerSums;
pub use quasi_diagonal::QuasiDiagonalForm;
pub use tkfac::TkfacForm;

use crate::fisher::{Provenance, Scores};
use crate::operator::{
    BlockOperator, DenseOperator, DiagonalOperator, DualOperator, EigenbasisOperator, KroneckerFactors,
    KroneckerOperator, LinearOperator, SpectralDecomposition,
};
use crate::{Result, Scalar};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2};
use std::fmt;

/// A view of the scores as a value, for pipelines that are generic over it; at a call site the methods of
/// [`Scores`] are shorter.
pub trait Representation<T: Scalar>: fmt::Debug {
    /// What the view is.
    type Operator: LinearOperator<T>;

    /// The view of these scores.
    ///
    /// # Errors
    /// Those of the method of [`Scores`] of the same name.
    fn represent(&self, scores: &Scores<T>) -> Result<Fisher<Self::Operator>>;
}

/// An operator with its provenance: what it is, of which estimator, on which scale.
///
/// Made by the methods of [`Scores`](super::Scores) that name a representation; used as the operator it holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Fisher<R> {
    operator: R,
    representation: &'static str,
    provenance: Provenance,
}

impl<R> Fisher<R> {
    pub(crate) fn from_parts(operator: R, representation: &'static str, provenance: Provenance) -> Self {
        Fisher { operator, representation, provenance }
    }

    /// The name the command line uses: `dense`, `kfac`, ….
    pub fn representation(&self) -> &'static str {
        self.representation
    }

    /// Estimator, likelihood, scale, seed, error.
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// The operator without its provenance.
    pub fn operator(&self) -> &R {
        &self.operator
    }

    /// The operator, moved out.
    pub fn into_operator(self) -> R {
        self.operator
    }
}

impl<R> fmt::Display for Fisher<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.representation, self.provenance)
    }
}

impl<T: Scalar, R: LinearOperator<T>> LinearOperator<T> for Fisher<R> {
    fn dim(&self) -> usize {
        self.operator.dim()
    }

    fn apply(&self, v: ArrayView1<'_, T>) -> Result<Array1<T>> {
        self.operator.apply(v)
    }

    fn to_dense(&self) -> Result<Array2<T>> {
        self.operator.to_dense()
    }

    fn diagonal(&self) -> Result<Array1<T>> {
        self.operator.diagonal()
    }

    fn trace(&self) -> Result<T> {
        self.operator.trace()
    }

    fn frobenius_norm(&self) -> Result<T> {
        self.operator.frobenius_norm()
    }

    fn apply_columns(&self, v: ArrayView2<'_, T>) -> Result<Array2<T>> {
        self.operator.apply_columns(v)
    }

    fn stored(&self) -> usize {
        self.operator.stored()
    }

    fn decompose(&self) -> Result<SpectralDecomposition<T>> {
        self.operator.decompose()
    }

    fn eigenvalues(&self) -> Result<Array1<T>> {
        self.operator.eigenvalues()
    }

    fn spectral_norm(&self) -> Result<T> {
        self.operator.spectral_norm()
    }

    fn log_determinant(&self, damping: T) -> Result<T> {
        self.operator.log_determinant(damping)
    }
}

impl<T: Scalar, R: DenseOperator<T>> DenseOperator<T> for Fisher<R> {
    fn matrix(&self) -> ArrayView2<'_, T> {
        self.operator.matrix()
    }
}

impl<T: Scalar, R: DiagonalOperator<T>> DiagonalOperator<T> for Fisher<R> {
    fn entries(&self) -> ArrayView1<'_, T> {
        self.operator.entries()
    }
}

impl<T: Scalar, R: BlockOperator<T>> BlockOperator<T> for Fisher<R> {
    fn count(&self) -> usize {
        self.operator.count()
    }

    fn inverse(&self, shift: ArrayView1<'_, T>) -> Result<Box<dyn LinearOperator<T>>> {
        self.operator.inverse(shift)
    }
}

impl<T: Scalar, R: KroneckerOperator<T>> KroneckerOperator<T> for Fisher<R> {
    fn factors(&self) -> &[KroneckerFactors<T>] {
        self.operator.factors()
    }
}

impl<T: Scalar, R: EigenbasisOperator<T>> EigenbasisOperator<T> for Fisher<R> {
    fn scalings(&self) -> &[Array2<T>] {
        self.operator.scalings()
    }
}

impl<T: Scalar, R: DualOperator<T>> DualOperator<T> for Fisher<R> {
    fn gram(&self) -> ArrayView2<'_, T> {
        self.operator.gram()
    }

    fn images(&self, v: ArrayView1<'_, T>) -> Array1<T> {
        self.operator.images(v)
    }

    fn combine(&self, weights: ArrayView1<'_, T>) -> Array1<T> {
        self.operator.combine(weights)
    }
}

impl<T: Scalar> Scores<T> {
    /// An operator made of these scores, with their provenance.
    pub(super) fn represented<R>(&self, operator: R, representation: &'static str) -> Result<Fisher<R>> {
        Ok(Fisher { operator, representation, provenance: self.provenance.clone() })
    }
}
