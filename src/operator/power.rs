use crate::operator::spectral::power;
use crate::operator::{LinearOperator, SpectralDecomposition};
use crate::{Result, Scalar};
use ndarray::{Array1, ArrayView1};

/// (F + λI)^s; made by [`SpectralDecomposition::power`].
///
/// With s = -1 a preconditioner, with s = -½ a whitening.
#[derive(Debug, Clone)]
pub struct Power<T> {
    decomposition: SpectralDecomposition<T>,
    exponent: f64,
    damping: T,
}

impl<T: Scalar> Power<T> {
    /// Of a decomposition whose damped eigenvalues have this power.
    pub(crate) fn new(decomposition: SpectralDecomposition<T>, exponent: f64, damping: T) -> Self {
        Power { decomposition, exponent, damping }
    }

    fn of(&self, value: T) -> T {
        power(value + self.damping, self.exponent)
    }
}

impl<T: Scalar> LinearOperator<T> for Power<T> {
    fn dim(&self) -> usize {
        self.decomposition.dim()
    }

    fn apply(&self, v: ArrayView1<'_, T>) -> Result<Array1<T>> {
        self.decomposition.map(v, |value| self.of(value))
    }

    fn diagonal(&self) -> Result<Array1<T>> {
        self.decomposition.diagonal_of(|value| self.of(value))
    }

    fn trace(&self) -> Result<T> {
        Ok(self.decomposition.eigenvalues().iter().map(|&value| self.of(value)).sum())
    }

    fn eigenvalues(&self) -> Result<Array1<T>> {
        let values = self.decomposition.eigenvalues().mapv(|value| self.of(value));
        Ok(crate::linalg::ascending(values.to_vec()))
    }
}
