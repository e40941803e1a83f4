use super::dense::CHUNK;
use super::layers::squares_by_datum;
use super::{Fisher, Representation};
use crate::fisher::Scores;
use crate::linalg::{dot, product};
use crate::model::{Differential, Pullback};
use crate::operator::Diagonal;
use crate::{Result, Scalar};
use ndarray::{Array1, Axis};

impl<T: Scalar> Scores<T> {
    /// The diagonal of F.
    ///
    /// ```text
    /// F_pp = (1/N) Σ_k S_kp²;   per layer  Σ_n (Σ_{k of n} δ_k∘δ_k) (ā_n∘ā_n)ᵀ / N
    /// ```
    ///
    /// The Frobenius-nearest diagonal matrix to F, and the representation that Adam and FAdam use.
    ///
    /// # Shapes
    /// P entries ≥ 0.
    ///
    /// # Errors
    /// [`Error::NonFinite`](crate::Error::NonFinite) if a square overflows.
    ///
    /// # Cost
    /// rows·(sum of layer widths) + 2NP flops through a network; rows·P from a Jacobian, and for centred scores.
    pub fn diagonal(&self) -> Result<Fisher<Diagonal<T>>> {
        let scale = T::of(1.0 / self.data() as f64);
        let square = |x: T| x * x;
        let entries = match (self.pullback(), self.differential.as_ref()) {
            _ if self.centred => self.centred_squares(),
            (Pullback::Factored(deltas), Differential::Network(trace)) => {
                let mut entries = Vec::with_capacity(self.dim());
                for (layer, delta) in trace.layers.iter().zip(deltas) {
                    let sums = squares_by_datum(delta, &self.offsets);
                    entries.extend(product(sums.t(), layer.input.mapv(square).view()));
                    if layer.bias {
                        entries.extend(sums.sum_axis(Axis(0)));
                    }
                }
                Array1::from(entries)
            }
            (Pullback::Explicit(rows), _) => rows.mapv(square).sum_axis(Axis(0)),
            // `pull_back` makes a factored pullback of a network only.
            (Pullback::Factored(_), Differential::Jacobian(_)) => Array1::zeros(self.dim()),
        };
        Ok(Fisher {
            operator: Diagonal::new(entries * scale)?,
            representation: "diagonal",
            provenance: self.provenance.clone(),
        })
    }

    /// Σ_k S_kp² of centred rows, in pieces that are written out: the difference of moments would cancel.
    fn centred_squares(&self) -> Array1<T> {
        let owner = self.owner();
        let mut sums = Array1::zeros(self.dim());
        for start in (0..self.rows()).step_by(CHUNK) {
            let panel = self.panel(start..(start + CHUNK).min(self.rows()), &owner);
            for (sum, row) in sums.iter_mut().zip(panel.outer_iter()) {
                *sum += dot(row, row);
            }
        }
        sums
    }
}

/// [`Scores::diagonal`] as a value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DiagonalForm;

impl<T: Scalar> Representation<T> for DiagonalForm {
    type Operator = Diagonal<T>;

    fn represent(&self, scores: &Scores<T>) -> Result<Fisher<Diagonal<T>>> {
        scores.diagonal()
    }
}
