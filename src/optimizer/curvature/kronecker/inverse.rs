use crate::linalg::{Cholesky, eigh, product};
use crate::operator::KroneckerFactors;
use crate::optimizer::keywords::keywords;
use crate::solver::Pi;
use crate::{Error, Result};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2};

/// Where γ² goes in the inverse of a block B ⊗ A.
///
/// | word | inverse | flops per layer |
/// |---|---|---|
/// | `factored` | (B + γ/π I)⁻¹ ⊗ (A + πγ I)⁻¹, π² the ratio of mean traces | (out³ + in³)/3 |
/// | `factored-even` | the same with π = 1 | the same |
/// | `exact` | (B ⊗ A + γ² I)⁻¹, by eigenvectors | 9 (out³ + in³) |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FactorDamping {
    /// Shared out to the factors by their traces.
    Factored,
    /// γ to either factor.
    FactoredEven,
    /// To the product.
    Exact,
}

keywords!(FactorDamping, "damping of Kronecker factors", {
    Factored = "factored",
    FactoredEven = "factored-even",
    Exact = "exact",
});

impl FactorDamping {
    /// What is added to B and to A, unless it is the product that is damped.
    pub fn shifts(self, factors: &KroneckerFactors<f64>, gamma: f64) -> Option<(f64, f64)> {
        let pi = match self {
            FactorDamping::Factored => Pi::TraceRatio.of(factors),
            FactorDamping::FactoredEven => 1.0,
            FactorDamping::Exact => return None,
        };
        Some((gamma / pi, gamma * pi))
    }
}

/// Damped inverses of blocks B ⊗ A, and what they were made of.
#[derive(Debug, Clone)]
pub(crate) struct Inverse {
    factors: Vec<KroneckerFactors<f64>>,
    gamma: f64,
    blocks: Vec<BlockInverse>,
}

#[derive(Debug, Clone)]
enum BlockInverse {
    Factored { left: Cholesky<f64>, right: Cholesky<f64> },
    Exact { left: Array2<f64>, right: Array2<f64>, values: Array2<f64> },
}

impl Inverse {
    /// Of these factors with this γ.
    ///
    /// # Errors
    /// [`Error::NotPositiveDefinite`] or [`Error::Singular`] if the damping does not make up for what the factors lack.
    pub(crate) fn new(factors: &[KroneckerFactors<f64>], damping: FactorDamping, gamma: f64) -> Result<Self> {
        let blocks = factors.iter().map(|f| BlockInverse::new(f, damping, gamma)).collect::<Result<_>>()?;
        Ok(Inverse { factors: factors.to_vec(), gamma, blocks })
    }

    /// B and A as they were.
    pub(crate) fn factors(&self) -> &[KroneckerFactors<f64>] {
        &self.factors
    }

    /// γ as it was.
    pub(crate) fn gamma(&self) -> f64 {
        self.gamma
    }

    /// The product with a vector.
    pub(crate) fn apply(&self, v: ArrayView1<'_, f64>) -> Result<Array1<f64>> {
        let mut result = Array1::zeros(v.len());
        for (factors, inverse) in self.factors.iter().zip(&self.blocks) {
            let block = factors.block();
            block.scatter(inverse.apply(block.gather(v).view())?.view(), result.view_mut());
        }
        Ok(result)
    }
}

impl BlockInverse {
    fn new(factors: &KroneckerFactors<f64>, damping: FactorDamping, gamma: f64) -> Result<Self> {
        let plus = |matrix: ArrayView2<'_, f64>, shift: f64| {
            let mut damped = matrix.to_owned();
            damped.diag_mut().mapv_inplace(|x| x + shift);
            Cholesky::factor(damped.view())
        };
        if let Some((left, right)) = damping.shifts(factors, gamma) {
            return Ok(BlockInverse::Factored {
                left: plus(factors.left(), left)?,
                right: plus(factors.right(), right)?,
            });
        }
        let (left, right) = (eigh(factors.left())?, eigh(factors.right())?);
        // A second moment has no negative eigenvalues: they are rounding.
        let (b, a) = (left.values.mapv(|x| x.max(0.0)), right.values.mapv(|x| x.max(0.0)));
        let values = Array2::from_shape_fn(factors.block().shape(), |(o, i)| b[o] * a[i] + gamma * gamma);
        check_positive("Kronecker factors", &values, gamma * gamma)?;
        Ok(BlockInverse::Exact { left: left.vectors, right: right.vectors, values })
    }

    fn apply(&self, v: ArrayView2<'_, f64>) -> Result<Array2<f64>> {
        match self {
            BlockInverse::Factored { left, right } => {
                let half = left.solve_columns(v)?;
                Ok(right.solve_columns(half.t())?.reversed_axes())
            }
            BlockInverse::Exact { left, right, values } => {
                Ok(in_basis(left.view(), right.view(), v, |inside| inside / values))
            }
        }
    }
}

/// That damped eigenvalues are positive; without damping, more than rounding.
///
/// # Errors
/// [`Error::Singular`].
pub(crate) fn check_positive(what: &'static str, values: &Array2<f64>, shift: f64) -> Result<()> {
    let least = values.iter().fold(f64::INFINITY, |least, x| least.min(*x));
    let largest = values.iter().fold(0.0f64, |largest, x| largest.max(*x));
    let rounding = if shift > 0.0 { 0.0 } else { values.len() as f64 * f64::EPSILON * largest };
    if least <= rounding {
        return Err(Error::Singular { what, eigenvalue: least, largest });
    }
    Ok(())
}

/// Q_B f(Q_Bᵀ V Q_A) Q_Aᵀ.
pub(crate) fn in_basis(
    left: ArrayView2<'_, f64>,
    right: ArrayView2<'_, f64>,
    v: ArrayView2<'_, f64>,
    f: impl FnOnce(Array2<f64>) -> Array2<f64>,
) -> Array2<f64> {
    let inside = f(product(product(left.t(), v).view(), right));
    product(product(left, inside.view()).view(), right.t())
}
