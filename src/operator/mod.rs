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
//! | [`Damped`] | F + λ I | + 2P |
//! | [`Scaled`] | c F | + P |
//! | [`Sum`] | F + G | both |
//!
//! What a few random products say of an operator is in [`stochastic`].

mod dense;
mod diagonal;
mod damped;
mod scaled;
pub mod stochastic;
mod sum;

pub use damped::Damped;
pub use dense::{Dense, DenseOperator};
pub use diagonal::{Diagonal, DiagonalOperator};
pub use scaled::Scaled;
pub use sum::Sum;

use crate::{Result, Scalar, linalg};
use ndarray::{Array1, Array2, ArrayView1};

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
}

impl<T: Scalar, F: LinearOperator<T> + ?Sized> LinearOperator<T> for &F {
    fn dim(&self) -> usize {
        (**self).dim()
    }

    fn apply(&self, v: ArrayView1<'_, T>) -> Result<Array1<T>> {
        (**self).apply(v)
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
}
