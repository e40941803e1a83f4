use crate::operator::{Dense, LinearOperator, SpectralDecomposition};
use crate::solver::refine::refined;
use crate::solver::solution::System;
use crate::solver::spectral::{ends, invert};
use crate::solver::{Damping, Solution, SolveInfo, Solver};
use crate::{Result, Scalar, check};
use ndarray::{Array1, ArrayView1};

/// The inverse through the spectral decomposition; of a singular operator the pseudo-inverse, announced.
///
/// ```text
/// d = Σ_i (u_iᵀ g)/(μ_i + λ) u_i,        over μ_i + λ > cutoff·max(μ + λ)
/// ```
///
/// Where eigenvalues are left out, d is the vector of least norm among those that minimise ‖(F + damping) d - g‖. It solves the
/// system if g lies in the range of F, as the gradient of a loss does for the empirical Fisher of the same data; otherwise
/// the residual is the part of g outside the range, and [`Solution::converged`] says so.
///
/// # Errors
/// [`Error::Setting`](crate::Error::Setting) unless 0 ≤ cutoff < 1; [`Error::Unsupported`](crate::Error::Unsupported) for the
/// damping of Kronecker factors.
///
/// # Cost
/// One [`decompose`](LinearOperator::decompose): 9P³ flops for a matrix, less where there is structure. A damping relative to
/// the diagonal needs the matrix.
///
/// # Numerical notes
/// The default cutoff is P·ε, below which eigenvalues of a computed matrix mean nothing. A note gives the rank and the cutoff
/// whenever something was left out, and then the condition is infinite.
///
/// # Example
/// ```
/// use natgrad::{Solver, ndarray::array, operator::Dense, solver::Eigen};
/// let f = Dense::new(array![[1.0, 1.0], [1.0, 1.0]])?;                        // rank 1
/// let solution = Eigen::default().solve(&f, array![2.0, 2.0].view())?.converged()?;
/// assert!(solution.direction.iter().all(|x: &f64| (x - 1.0).abs() < 1e-15));  // (2, 0) solves it too, and is longer
/// assert!(solution.info.note.unwrap_or_default().starts_with("pseudo-inverse of rank 1 of 2"));
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Eigen {
    /// What is added to the operator.
    pub damping: Damping,
    /// Damped eigenvalues up to this part of the greatest count as zero; P·ε if not given.
    pub cutoff: Option<f64>,
}

impl Eigen {
    /// F + λ I, with the default cutoff.
    pub fn damped(lambda: f64) -> Self {
        Eigen { damping: Damping::Exact(lambda), cutoff: None }
    }
}

impl<T: Scalar, F: LinearOperator<T>> Solver<T, F> for Eigen {
    fn solve(&self, operator: &F, gradient: ArrayView1<'_, T>) -> Result<Solution<T>> {
        check::vector("gradient", operator.dim(), &gradient)?;
        let shift = self.damping.shift(operator)?;
        let cutoff = self.cutoff.unwrap_or(operator.dim().max(1) as f64 * T::epsilon().as_f64());
        check::setting("cutoff", cutoff, (0.0..1.0).contains(&cutoff), "at least 0 and below 1")?;
        if self.damping.uniform().is_some() {
            return solve(self.damping, cutoff, operator, &operator.decompose()?, gradient);
        }
        let mut matrix = operator.to_dense()?;
        matrix.diag_mut().zip_mut_with(&shift, |entry, &shift| *entry += shift);
        check::finite("damped matrix", &matrix)?;
        let damped = Dense::symmetric(matrix);
        let solution = solve(Damping::None, cutoff, &damped, &damped.decompose()?, gradient)?;
        let info = SolveInfo { damping: self.damping, shift: Some(ends(&shift)), ..solution.info };
        Ok(Solution { info, ..solution })
    }
}

fn solve<T: Scalar, F: LinearOperator<T>>(
    damping: Damping,
    cutoff: f64,
    operator: &F,
    decomposition: &SpectralDecomposition<T>,
    gradient: ArrayView1<'_, T>,
) -> Result<Solution<T>> {
    const NAME: &str = "eigen";
    let lambda = T::of(damping.value());
    let values = decomposition.eigenvalues() + lambda;
    let (least, greatest) = ends(&values);
    let floor = T::of(cutoff * greatest).max(T::zero());
    let rank = values.iter().filter(|x| **x > floor).count();
    if rank == values.len() {
        return invert(NAME, damping, operator, decomposition, gradient);
    }
    let apply = |v: &Array1<T>| Ok(operator.apply(v.view())? + v * lambda);
    let reciprocal = |value: T| if value + lambda > floor { T::one() / (value + lambda) } else { T::zero() };
    let found = refined(apply, |v| decomposition.map(v, reciprocal), gradient)?;
    let system = System {
        direction: &found.direction,
        rest: &found.rest,
        gradient,
        operator_norm: greatest.max(-least),
    };
    let note = format!(
        "pseudo-inverse of rank {rank} of {}: eigenvalues up to {cutoff:.1e} of the greatest count as zero",
        values.len()
    );
    let info = SolveInfo {
        iterations: 1 + found.steps,
        spectrum: Some((least, greatest)),
        note: Some(note),
        ..SolveInfo::direct(NAME, damping, system, f64::INFINITY)
    };
    Ok(Solution { direction: found.direction, info })
}
