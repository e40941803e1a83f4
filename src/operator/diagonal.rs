use crate::operator::places::Places;
use crate::operator::spectral::Part;
use crate::operator::{LinearOperator, SpectralDecomposition};
use crate::{Error, Result, Scalar, check, linalg};
use ndarray::{Array1, Array2, ArrayView1};

/// An operator that is its diagonal.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not diagonal",
    label = "this solver raises a diagonal to a power",
    note = "ask the scores for `.diagonal()`"
)]
pub trait DiagonalOperator<T: Scalar>: LinearOperator<T> {
    /// The diagonal entries, P of them.
    fn entries(&self) -> ArrayView1<'_, T>;
}

/// A diagonal matrix with entries ≥ 0.
///
/// # Cost
/// P numbers; P flops per product.
///
/// # Example
/// ```
/// use natgrad::{Error, ndarray::array, operator::Diagonal};
/// let error = Diagonal::new(array![1.0, -2.0]).unwrap_err();
/// assert_eq!(error.to_string(), "diagonal[1] = -2; it must be at least 0");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Diagonal<T> {
    entries: Array1<T>,
}

impl<T: Scalar> Diagonal<T> {
    /// Wraps the entries.
    ///
    /// # Errors
    /// [`Error::NonFinite`], and [`Error::Domain`] at the first negative entry.
    pub fn new(entries: Array1<T>) -> Result<Self> {
        check::finite("diagonal", &entries)?;
        if let Some(index) = entries.iter().position(|x| *x < T::zero()) {
            return Err(Error::Domain {
                quantity: "diagonal",
                index,
                value: entries[index].as_f64(),
                requirement: "at least 0",
            });
        }
        Ok(Diagonal { entries })
    }

    /// The entries, moved out.
    pub fn into_entries(self) -> Array1<T> {
        self.entries
    }
}

impl<T: Scalar> DiagonalOperator<T> for Diagonal<T> {
    fn entries(&self) -> ArrayView1<'_, T> {
        self.entries.view()
    }
}

impl<T: Scalar> LinearOperator<T> for Diagonal<T> {
    fn dim(&self) -> usize {
        self.entries.len()
    }

    fn apply(&self, v: ArrayView1<'_, T>) -> Result<Array1<T>> {
        check::shape("vector", &[self.dim()], v.shape())?;
        Ok(&self.entries * &v)
    }

    fn stored(&self) -> usize {
        self.entries.len()
    }

    fn to_dense(&self) -> Result<Array2<T>> {
        Ok(Array2::from_diag(&self.entries))
    }

    fn diagonal(&self) -> Result<Array1<T>> {
        Ok(self.entries.clone())
    }

    fn frobenius_norm(&self) -> Result<T> {
        Ok(linalg::norm(self.entries.view()))
    }

    fn eigenvalues(&self) -> Result<Array1<T>> {
        Ok(linalg::ascending(self.entries.to_vec()))
    }

    fn decompose(&self) -> Result<SpectralDecomposition<T>> {
        let places = Places::Range(0..self.entries.len());
        let part = Part::Diagonal { places, values: self.entries.clone() };
        Ok(SpectralDecomposition::new(self.entries.len(), vec![part]))
    }
}
