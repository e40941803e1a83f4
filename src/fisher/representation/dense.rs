use super::{Fisher, Representation};
use crate::fisher::Scores;
use crate::linalg::SymmetricAccumulator;
use crate::operator::Dense;
use crate::{Result, Scalar, check};

/// Rows of S that are written out at a time.
pub(super) const CHUNK: usize = 512;

impl<T: Scalar> Scores<T> {
    /// The matrix itself.
    ///
    /// ```text
    /// F = SᵀS/N
    /// ```
    ///
    /// # Shapes
    /// P × P, exactly symmetric.
    ///
    /// # Errors
    /// [`Error::NonFinite`](crate::Error::NonFinite) if a product overflows.
    ///
    /// # Cost
    /// rows·P² flops by a symmetric rank-k update, half of a general product; S is written out 512 rows at a
    /// time, so memory is P² + 512·P numbers.
    ///
    /// # Numerical notes
    /// Bit-identical for any number of threads.
    pub fn dense(&self) -> Result<Fisher<Dense<T>>> {
        let mut sum = SymmetricAccumulator::new(self.dim());
        let owner = self.owner();
        for start in (0..self.rows()).step_by(CHUNK) {
            let rows = start..(start + CHUNK).min(self.rows());
            sum.add(self.panel(rows, &owner).view());
        }
        let matrix = sum.finish(T::of(1.0 / self.data() as f64));
        check::finite("Fisher", &matrix)?;
        Ok(Fisher {
            operator: Dense::symmetric(matrix),
            representation: "dense",
            provenance: self.provenance.clone(),
        })
    }
}

/// [`Scores::dense`] as a value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DenseForm;

impl<T: Scalar> Representation<T> for DenseForm {
    type Operator = Dense<T>;

    fn represent(&self, scores: &Scores<T>) -> Result<Fisher<Dense<T>>> {
        scores.dense()
    }
}
