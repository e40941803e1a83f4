//! Symmetric positive semidefinite linear operators: a matrix is what it does to a vector.
//!
//! ```text
//! v ↦ F v,    F = Fᵀ,    vᵀ F v ≥ 0
//! ```
//!
//! Every Fisher representation is one, and every solver asks for one. Structure lives in the type: a
//! [`DenseOperator`] has entries to factor, a [`DiagonalOperator`] has a diagonal to raise to a power.
//!
//! | operator | is | apply costs |
//! |---|---|---|
//! | [`Dense`] | an explicit matrix | 2P² |
//! | [`Diagonal`] | a vector of entries | P |
//! | [`BlockDiagonal`] | square blocks | 2 Σ p_b² |
//! | [`QuasiDiagonal`] | the diagonal, and every bias with its weights | 6P |
//! | [`Kronecker`] | B ⊗ A per layer | 2 Σ out·in·(out + in) |
//! | [`EigenKronecker`] | free eigenvalues in a Kronecker basis | 4 Σ out·in·(out + in) |
//! | [`Power`] | (F + λ I)^s of a [`SpectralDecomposition`] | two changes of basis |
//! | [`Damped`] | F + λ I | + 2P |
//! | [`Scaled`] | c F | + P |
//! | [`Sum`] | F + G | both |
//!
//! What a few random products say of an operator is in [`stochastic`].

mod block_diagonal;
mod block_inverse;
mod damped;
mod dense;
mod diagonal;
mod dual;
mod eigen_kronecker;
mod kronecker;
mod places;
mod power;
mod quasi_diagonal;
mod scaled;
mod spectral;
pub mod stochastic;
mod sum;

pub use block_diagonal::BlockDiagonal;
pub use damped::Damped;
pub use dense::{Dense, DenseOperator};
pub use diagonal::{Diagonal, DiagonalOperator};
pub use dual::DualOperator;
pub use eigen_kronecker::{EigenKronecker, EigenbasisOperator};
pub use kronecker::{Kronecker, KroneckerFactors, KroneckerOperator};
pub use places::MatrixBlock;
pub(crate) use places::Places;
pub use power::Power;
pub use quasi_diagonal::QuasiDiagonal;
pub(crate) use quasi_diagonal::Unit;
pub use scaled::Scaled;
pub(crate) use spectral::Part;
pub use spectral::SpectralDecomposition;
pub use sum::Sum;

use crate::{Result, Scalar, linalg};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2};

/// A symmetric positive semidefinite operator v ↦ F v of order P.
///
/// Semidefiniteness is part of the meaning of the trait, not a flag. The provided methods are right for any
/// operator and override-worthy wherever structure makes them cheaper.
///
/// # Errors
/// Methods return [`Error::Shape`](crate::Error::Shape) when a vector's length is not [`dim`](Self::dim).
///
/// # Example
/// ```
/// use natgrad::{LinearOperator, ndarray::array, operator::{Damped, Diagonal}};
/// let f = Damped::new(Diagonal::new(array![1.0, 2.0])?, 0.5)?;
/// assert_eq!(f.apply(array![2.0, 2.0].view())?, array![3.0, 5.0]);
/// assert_eq!(f.trace()?, 4.0);
/// # Ok::<(), natgrad::Error>(())
/// ```
pub trait LinearOperator<T: Scalar> {
    /// The order P.
    fn dim(&self) -> usize;

    /// F v.
    fn apply(&self, v: ArrayView1<'_, T>) -> Result<Array1<T>>;

    /// F V for the columns of V: P × k, by default one application each.
    fn apply_columns(&self, v: ArrayView2<'_, T>) -> Result<Array2<T>> {
        let mut result = Array2::zeros(v.dim());
        for (column, mut image) in v.columns().into_iter().zip(result.columns_mut()) {
            image.assign(&self.apply(column)?);
        }
        Ok(result)
    }

    /// The numbers kept; by default P², those of an explicit matrix.
    fn stored(&self) -> usize {
        self.dim() * self.dim()
    }

    /// The matrix, P × P; by default P applications to unit vectors.
    fn to_dense(&self) -> Result<Array2<T>> {
        let order = self.dim();
        let mut matrix = Array2::zeros((order, order));
        let mut unit = Array1::zeros(order);
        for i in 0..order {
            unit[i] = T::one();
            matrix.row_mut(i).assign(&self.apply(unit.view())?);
            unit[i] = T::zero();
        }
        Ok(matrix)
    }

    /// The diagonal, P entries; by default from P applications.
    fn diagonal(&self) -> Result<Array1<T>> {
        let order = self.dim();
        let mut diagonal = Array1::zeros(order);
        let mut unit = Array1::zeros(order);
        for i in 0..order {
            unit[i] = T::one();
            diagonal[i] = self.apply(unit.view())?[i];
            unit[i] = T::zero();
        }
        Ok(diagonal)
    }

    /// tr F.
    fn trace(&self) -> Result<T> {
        Ok(self.diagonal()?.sum())
    }

    /// ‖F‖_F = (Σᵢⱼ Fᵢⱼ²)^½.
    fn frobenius_norm(&self) -> Result<T> {
        let dense = self.to_dense()?;
        Ok(linalg::norm(dense.flatten().view()))
    }

    /// vᵀ F v.
    fn quadratic_form(&self, v: ArrayView1<'_, T>) -> Result<T> {
        Ok(linalg::dot(v, self.apply(v)?.view()))
    }

    /// F = U diag(μ) Uᵀ in the form that the structure allows, from which follow powers, the inverse and the
    /// pseudo-inverse, log-determinants and samples; by default from the matrix, 9P³ flops.
    fn decompose(&self) -> Result<SpectralDecomposition<T>> {
        let eigen = linalg::eigh(self.to_dense()?.view())?;
        let places = Places::Range(0..self.dim());
        Ok(SpectralDecomposition::new(self.dim(), vec![Part::dense(places, eigen)]))
    }

    /// The P eigenvalues in ascending order.
    fn eigenvalues(&self) -> Result<Array1<T>> {
        Ok(self.decompose()?.eigenvalues())
    }

    /// ‖F‖₂ = max |μ|.
    fn spectral_norm(&self) -> Result<T> {
        Ok(self.eigenvalues()?.iter().fold(T::zero(), |m, x| m.max(x.abs())))
    }

    /// log det(F + λI), natural logarithm.
    ///
    /// # Errors
    /// [`Error::Singular`](crate::Error::Singular) or
    /// [`Error::NotPositiveDefinite`](crate::Error::NotPositiveDefinite) if F + λI is not positive definite.
    fn log_determinant(&self, damping: T) -> Result<T> {
        self.decompose()?.log_determinant(damping)
    }
}

/// An operator made of square blocks that can be factored one by one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not made of blocks",
    label = "this solver factors blocks one by one",
    note = "ask the scores for `.blocks()`, `.unit_blocks()` or `.quasi_diagonal()`"
)]
pub trait BlockOperator<T: Scalar>: LinearOperator<T> {
    /// The number of blocks.
    fn count(&self) -> usize;

    /// (F + diag(shift))⁻¹, every block factored once and by its structure: again an operator, and so a preconditioner too.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape), [`Error::NonFinite`](crate::Error::NonFinite), and
    /// [`Error::NotPositiveDefinite`](crate::Error::NotPositiveDefinite) with the order and the pivot of the first block that is
    /// singular.
    ///
    /// # Example
    /// ```
    /// use natgrad::{LinearOperator, ndarray::array, operator::{BlockDiagonal, BlockOperator}};
    /// let f = BlockDiagonal::new(vec![array![[3.0, 2.0], [2.0, 4.0]], array![[7.0]]])?;
    /// let inverse = f.inverse(array![1.0, 1.0, 1.0].view())?;
    /// let d = inverse.apply(array![8.0, 4.0, 4.0].view())?;                // (8·5 - 2·4)/16, (4·4 - 2·8)/16, 4/8
    /// assert!((d - array![2.0, 0.0, 0.5]).iter().all(|x: &f64| x.abs() < 1e-15));
    /// # Ok::<(), natgrad::Error>(())
    /// ```
    fn inverse(&self, shift: ArrayView1<'_, T>) -> Result<Box<dyn LinearOperator<T>>>;
}

/// A pointer to an operator is the operator.
macro_rules! forward {
    ($pointer:ty) => {
        impl<T: Scalar, F: LinearOperator<T> + ?Sized> LinearOperator<T> for $pointer {
            fn dim(&self) -> usize {
                (**self).dim()
            }

            fn apply(&self, v: ArrayView1<'_, T>) -> Result<Array1<T>> {
                (**self).apply(v)
            }

            fn apply_columns(&self, v: ArrayView2<'_, T>) -> Result<Array2<T>> {
                (**self).apply_columns(v)
            }

            fn stored(&self) -> usize {
                (**self).stored()
            }

            fn to_dense(&self) -> Result<Array2<T>> {
                (**self).to_dense()
            }

            fn diagonal(&self) -> Result<Array1<T>> {
                (**self).diagonal()
            }

            fn trace(&self) -> Result<T> {
                (**self).trace()
            }

            fn frobenius_norm(&self) -> Result<T> {
                (**self).frobenius_norm()
            }

            fn decompose(&self) -> Result<SpectralDecomposition<T>> {
                (**self).decompose()
            }

            fn eigenvalues(&self) -> Result<Array1<T>> {
                (**self).eigenvalues()
            }

            fn spectral_norm(&self) -> Result<T> {
                (**self).spectral_norm()
            }

            fn log_determinant(&self, damping: T) -> Result<T> {
                (**self).log_determinant(damping)
            }
        }
    };
}

forward!(&F);
forward!(Box<F>);
