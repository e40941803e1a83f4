use super::kfac::moments;
use super::layers::Layer;
use super::{Fisher, Representation};
use crate::fisher::Scores;
use crate::linalg::{eigh, product};
use crate::operator::{EigenKronecker, KroneckerFactors};
use crate::{Result, Scalar, check};
use ndarray::Array2;

impl<T: Scalar> Scores<T> {
    /// KFAC's eigenbasis with the second moments that the scores really have in it.
    ///
    /// ```text
    /// A = Q_A D_A Q_Aᵀ,  B = Q_B D_B Q_Bᵀ,   S = (1/N) Σ_n (Σ_{k of n} (Q_Bᵀδ_k)∘²) ((Q_Aᵀā_n)∘²)ᵀ
    /// ```
    ///
    /// S is the diagonal of the exact block in that basis, hence the Frobenius-nearest choice of eigenvalues: never
    /// farther from the block than KFAC, and with the block's trace. It is born with S: there is no state in which
    /// it would still be KFAC.
    ///
    /// # Errors
    /// As [`kfac`](Self::kfac).
    ///
    /// # Cost
    /// That of KFAC, two symmetric eigenproblems per layer, and 2·(rows·out² + N·in² + N·in·out) flops.
    ///
    /// # Numerical notes
    /// Where a factor has equal eigenvalues its basis is not unique, and EKFAC depends on the choice.
    ///
    /// # References
    /// George, Laurent, Bouthillier, Ballas & Vincent 2018, arXiv 1806.03884.
    pub fn ekfac(&self) -> Result<Fisher<EigenKronecker<T>>> {
        let mut blocks = Vec::new();
        for layer in self.layers("EKFAC")? {
            let (left, right) = moments(&layer);
            let (q_left, q_right) = (eigh(left.view())?.vectors, eigh(right.view())?.vectors);
            let scalings = second_moments(&layer, &q_left, &q_right);
            let factors = KroneckerFactors::new(layer.block, left, right)?;
            blocks.push((factors, q_left, q_right, scalings));
        }
        self.represented(EigenKronecker::new(self.dim(), blocks)?, "ekfac")
    }

    /// S of every layer in bases from elsewhere, (Q_B, Q_A) per layer.
    ///
    /// # Errors
    /// As [`kfac`](Self::kfac); [`Error::Shape`](crate::Error::Shape) for a basis of another order.
    pub(crate) fn second_moments_in(&self, bases: &[(Array2<T>, Array2<T>)]) -> Result<Vec<Array2<T>>> {
        let layers = self.layers("EKFAC")?;
        check::shape("bases", &[layers.len()], &[bases.len()])?;
        let moments = |(layer, (left, right)): (&Layer<'_, T>, &(Array2<T>, Array2<T>))| {
            let (rows, columns) = layer.block.shape();
            check::shape("left basis", &[rows, rows], left.shape())?;
            check::shape("right basis", &[columns, columns], right.shape())?;
            Ok(second_moments(layer, left, right))
        };
        layers.iter().zip(bases).map(moments).collect()
    }
}

/// S: the diagonal of the layer's block in the basis Q_B ⊗ Q_A, as a matrix.
fn second_moments<T: Scalar>(layer: &Layer<'_, T>, left: &Array2<T>, right: &Array2<T>) -> Array2<T> {
    let inputs = product(layer.inputs().view(), right.view()).mapv(|x| x * x);
    let deltas = layer.squares_of(&product(layer.delta.view(), left.view()));
    product(deltas.t(), inputs.view()) * layer.scale()
}

/// [`Scores::ekfac`] as a value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EkfacForm;

impl<T: Scalar> Representation<T> for EkfacForm {
    type Operator = EigenKronecker<T>;

    fn represent(&self, scores: &Scores<T>) -> Result<Fisher<EigenKronecker<T>>> {
        scores.ekfac()
    }
}
