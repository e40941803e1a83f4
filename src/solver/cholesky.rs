use crate::linalg::{self, norm};
use crate::operator::DenseOperator;
use crate::solver::solution::relative_residual;
use crate::solver::{Damping, Solution, SolveInfo, Solver};
use crate::{Result, Scalar, check};
use ndarray::{Array1, ArrayView1};

/// The direct solver for explicit matrices.
///
/// ```text
/// F + damping = L Lᵀ,    d = L⁻ᵀ L⁻¹ g
/// ```
///
/// # Errors
/// [`Error::NotPositiveDefinite`](crate::Error::NotPositiveDefinite) with the failing pivot: a Fisher of rank
/// below P needs damping. No jitter is ever added.
///
/// # Cost
/// P³/3 flops, and some products for the condition estimate.
///
/// # Example
/// ```
/// use natgrad::{Solver, ndarray::array, operator::Dense, solver::Cholesky};
/// let f = Dense::new(array![[1.5, 0.0], [0.0, 3.5]])?;
/// let d = Cholesky::damped(0.5).solve(&f, array![1.0, 2.0].view())?;
/// assert!(d.direction.iter().all(|x: &f64| (x - 0.5).abs() < 1e-15));
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Cholesky {
    /// What is added before factoring.
    pub damping: Damping,
}

/// Rounds of power and inverse iteration for the condition estimate.
const ROUNDS: usize = 12;

impl Cholesky {
    /// F + λ I.
    pub fn damped(lambda: f64) -> Self {
        Cholesky { damping: Damping::Exact(lambda) }
    }
}

impl<T: Scalar, F: DenseOperator<T>> Solver<T, F> for Cholesky {
    fn solve(&self, operator: &F, gradient: ArrayView1<'_, T>) -> Result<Solution<T>> {
        check::vector("gradient", operator.dim(), &gradient)?;
        let shift = self.damping.shift(operator)?;
        let mut matrix = operator.matrix().to_owned();
        matrix.diag_mut().zip_mut_with(&shift, |entry, &shift| *entry += shift);
        let factor = linalg::Cholesky::factor(matrix.view())?;
        let direction = factor.solve(gradient)?;
        check::finite("direction", &direction)?;
        let residual =
            relative_residual(&(operator.apply(direction.view())? + &shift * &direction), gradient);
        let largest = growth(operator.dim(), |v| Ok(operator.apply(v)? + &shift * &v))?;
        let smallest = growth(operator.dim(), |v| factor.solve(v))?;
        let info = SolveInfo {
            solver: "cholesky",
            damping: self.damping,
            residual,
            iterations: 1,
            tolerance: 0.0,
            condition: largest * smallest,
        };
        Ok(Solution { direction, info })
    }
}

/// A lower bound of the largest eigenvalue of a symmetric map, by power iteration from a fixed start.
fn growth<T: Scalar>(order: usize, map: impl Fn(ArrayView1<'_, T>) -> Result<Array1<T>>) -> Result<f64> {
    // An irrational rotation has no reason to be orthogonal to an eigenvector.
    let mut v =
        Array1::from_shape_fn(order, |i| T::of(((i as f64 + 1.0) * 0.618_033_988_749_895).fract() - 0.5));
    let mut growth = 0.0;
    for _ in 0..ROUNDS {
        let length = norm(v.view());
        if length.is_zero() || !length.is_finite() {
            break;
        }
        v.mapv_inplace(|x| x / length);
        v = map(v.view())?;
        growth = norm(v.view()).as_f64();
    }
    Ok(growth)
}
