use crate::linalg::{dot, eigh, norm};
use crate::operator::LinearOperator;
use crate::solver::solution::relative_residual;
use crate::solver::{Damping, Solution, SolveInfo, Solver};
use crate::{Result, Scalar, check};
use ndarray::{Array1, Array2, ArrayView1};

/// The method of conjugate gradients: products with F only.
///
/// ```text
/// (F + damping) d = g,    stops at ‖residual‖ ≤ tolerance·‖g‖ or after max_iterations
/// ```
///
/// Reaching the limit is not an error by itself, for truncated iterations are ordinary practice:
/// [`Solution::converged`] turns it into one.
///
/// # Cost
/// One product per iteration; at most √condition·log(2/tolerance)/2 iterations in exact arithmetic.
///
/// # Numerical notes
/// The reported residual is computed afresh from the direction, not by the recurrence. The condition estimate is
/// that of the Lanczos matrix of the iteration.
///
/// # Example
/// ```
/// use natgrad::{Solver, ndarray::array, operator::Dense, solver::ConjugateGradient};
/// let f = Dense::new(array![[4.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 2.0]])?;
/// let d = ConjugateGradient::damped(0.0).solve(&f, array![1.0, 2.0, 3.0].view())?.converged()?;
/// assert!((d.direction[2] - 13.0f64 / 9.0).abs() < 1e-14);
/// assert_eq!(d.info.iterations, 3);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Hestenes & Stiefel 1952, J. Res. Nat. Bur. Standards 49, 409-436.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ConjugateGradient {
    /// What is added to the operator.
    pub damping: Damping,
    /// Relative residual to stop at.
    pub tolerance: f64,
    /// Products at most.
    pub max_iterations: usize,
}

impl ConjugateGradient {
    /// F + λ I, relative residual 1e-10, at most 1000 iterations.
    pub fn damped(lambda: f64) -> Self {
        ConjugateGradient { damping: Damping::Exact(lambda), tolerance: 1e-10, max_iterations: 1000 }
    }
}

impl<T: Scalar, F: LinearOperator<T>> Solver<T, F> for ConjugateGradient {
    fn solve(&self, operator: &F, gradient: ArrayView1<'_, T>) -> Result<Solution<T>> {
        check::vector("gradient", operator.dim(), &gradient)?;
        check::setting("tolerance", self.tolerance, self.tolerance > 0.0, "positive")?;
        let shift = self.damping.shift(operator)?;
        let product = |v: &Array1<T>| -> Result<Array1<T>> { Ok(operator.apply(v.view())? + &shift * v) };
        let mut direction = Array1::zeros(operator.dim());
        // In units of ‖g‖, rounded to a power of two, so that squares neither overflow nor vanish.
        let unit = T::of(norm(gradient).as_f64().log2().floor().exp2());
        let unit = if unit > T::zero() { unit } else { T::one() };
        let mut residual = gradient.mapv(|g| g / unit);
        let mut search = residual.clone();
        let mut square = dot(residual.view(), residual.view());
        let target = T::of(self.tolerance) * norm(residual.view());
        // Step lengths and ratios of successive residuals: the Lanczos matrix of the iteration.
        let (mut steps, mut ratios) = (Vec::new(), Vec::new());
        while norm(residual.view()) > target && steps.len() < self.max_iterations {
            let image = product(&search)?;
            let curvature = dot(search.view(), image.view());
            // A direction without curvature lies in the null space (or is lost to rounding).
            if !(curvature > T::zero() && curvature.is_finite()) {
                break;
            }
            let step = square / curvature;
            direction.scaled_add(step, &search);
            residual.scaled_add(-step, &image);
            let next = dot(residual.view(), residual.view());
            let ratio = next / square;
            search.zip_mut_with(&residual, |s, &r| *s = r + ratio * *s);
            square = next;
            steps.push(step.as_f64());
            ratios.push(ratio.as_f64());
        }
        direction.mapv_inplace(|d| d * unit);
        check::finite("direction", &direction)?;
        let info = SolveInfo {
            solver: "conjugate gradient",
            damping: self.damping,
            residual: relative_residual(&product(&direction)?, gradient),
            iterations: steps.len(),
            tolerance: self.tolerance,
            condition: condition(&steps, &ratios)?,
        };
        Ok(Solution { direction, info })
    }
}

/// The ratio of the extreme eigenvalues of the Lanczos matrix (Golub & Van Loan 2013, section 11.3).
fn condition(steps: &[f64], ratios: &[f64]) -> Result<f64> {
    let order = steps.len();
    let mut lanczos = Array2::<f64>::zeros((order, order));
    for k in 0..order {
        lanczos[[k, k]] = 1.0 / steps[k] + if k > 0 { ratios[k - 1] / steps[k - 1] } else { 0.0 };
        if k > 0 {
            lanczos[[k, k - 1]] = ratios[k - 1].sqrt() / steps[k - 1];
        }
    }
    let values = eigh(lanczos.view())?.values;
    Ok(match (values.first(), values.last()) {
        (Some(&least), Some(&most)) if least > 0.0 => most / least,
        (Some(_), _) => f64::INFINITY,
        (None, _) => 1.0,
    })
}
