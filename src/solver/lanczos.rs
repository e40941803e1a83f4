use crate::linalg::{self, norm, tridiagonal};
use crate::operator::LinearOperator;
use crate::solver::solution::System;
use crate::solver::{Damping, Solution, SolveInfo, Solver};
use crate::{Error, Result, Scalar, check};
use ndarray::{Array1, Array2, ArrayView1};

/// Any real power of a damped operator on a gradient, from one Krylov space.
///
/// ```text
/// d = (F + λ I)^s g ≈ ‖g‖ Q (T + λ I)^s e₁,    Q, T of the Lanczos process of F and g
/// ```
///
/// s = -1 is the natural gradient (in exact arithmetic the iterate of conjugate gradients), s = -½ whitens. The space
/// depends neither on λ nor on s: [`path`](Self::path) solves for many dampings with the products of one.
///
/// The damping must be a multiple of the identity, for only that moves T along with F.
///
/// # Errors
/// [`Error::Unsupported`] for other dampings; [`Error::Setting`] for a power that is not finite or a tolerance that is not
/// positive; [`Error::Domain`] if F + λ I has an eigenvalue clearly below 0.
///
/// # Cost
/// k products and 8k²n flops for k iterations; k + 1 vectors are kept, unlike in
/// [`ConjugateGradient`](super::ConjugateGradient).
///
/// # Numerical notes
/// For s = -1 residual and backward error are those of the system, computed afresh. Other powers solve no system at hand; what
/// is reported is the residual of F' d = F'^{1+s} g with F' = F + λ I and the right side taken in the Krylov space,
/// β_k|e_kᵀ T'^s e₁|/‖T'^{1+s} e₁‖, which for s = -1 is the same; a note says so. Eigenvalues of T + λ I that are 0 to
/// rounding are left out of negative powers (the pseudo-inverse), with a note; the residual counts what they leave.
///
/// # Example
/// ```
/// use natgrad::{Solver, ndarray::array, operator::Dense, solver::Lanczos};
/// // Eigenvalues 1 and 9, eigenvectors (1, ∓1)/√2.
/// let f = Dense::new(array![[5.0, 4.0], [4.0, 5.0]])?;
/// let half = Lanczos::damped(0.0).with_power(-0.5).solve(&f, array![1.0, 0.0].view())?.direction;
/// assert!((half[0] - 2.0f64 / 3.0).abs() < 1e-15 && (half[1] + 1.0 / 3.0).abs() < 1e-15);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Saad 1992, SIAM J. Numer. Anal. 29, 209-228; Higham 2008, "Functions of Matrices", section 13.2. Shifts for nothing:
/// Frommer & Maass 1999, SIAM J. Sci. Comput. 20, 1831-1850.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lanczos {
    /// What is added to the operator: nothing, or λ I.
    pub damping: Damping,
    /// s.
    pub power: f64,
    /// Relative residual to stop at.
    pub tolerance: f64,
    /// Products at most, and vectors kept.
    pub max_iterations: usize,
}

impl Lanczos {
    /// (F + λ I)⁻¹, relative residual 1e-10, at most 500 iterations.
    pub fn damped(lambda: f64) -> Self {
        Lanczos { damping: Damping::Exact(lambda), power: -1.0, tolerance: 1e-10, max_iterations: 500 }
    }

    /// Another power of the same operator.
    pub fn with_power(self, power: f64) -> Self {
        Lanczos { power, ..self }
    }

    /// One solution per λ, all from one Krylov space; `damping` is not looked at.
    ///
    /// # Errors
    /// As for one solve; [`Error::Setting`] for the first λ that is negative or not finite.
    ///
    /// # Cost
    /// The products of the hardest λ, and one each for the residual.
    pub fn path<T: Scalar, F: LinearOperator<T>>(
        &self,
        operator: &F,
        gradient: ArrayView1<'_, T>,
        lambdas: &[f64],
    ) -> Result<Vec<Solution<T>>> {
        check::vector("gradient", operator.dim(), &gradient)?;
        check::setting("power", self.power, self.power.is_finite(), "finite")?;
        check::setting("tolerance", self.tolerance, self.tolerance > 0.0, "positive")?;
        for &lambda in lambdas {
            Damping::Exact(lambda).check()?;
        }
        let mut process = linalg::Lanczos::new(gradient)?;
        let mut look = 1;
        while process.steps() < self.max_iterations && process.step(|v| operator.apply(v))? {
            // The small problem costs k²: looked at after every eighth part of growth, it never dominates.
            if process.steps() >= look {
                let small = Small::ends(&process)?;
                let leave = |&lambda: &f64| Ok(small.power::<T>(lambda, self.power)?.residual);
                let worst = lambdas.iter().map(leave).collect::<Result<Vec<f64>>>()?;
                if worst.iter().all(|&residual| residual <= self.tolerance) {
                    break;
                }
                look = process.steps() + 1 + process.steps() / 8;
            }
        }
        let small = Small::whole(&process)?;
        lambdas.iter().map(|&lambda| self.solution(operator, gradient, &process, &small, lambda)).collect()
    }

    /// Q y, and what is to be said about it.
    fn solution<T: Scalar, F: LinearOperator<T>>(
        &self,
        operator: &F,
        gradient: ArrayView1<'_, T>,
        process: &linalg::Lanczos<T>,
        small: &Small,
        lambda: f64,
    ) -> Result<Solution<T>> {
        let found = small.power::<T>(lambda, self.power)?;
        let length = norm(gradient);
        let y = small.vectors.dot(&found.coefficients).mapv(T::of);
        let direction = linalg::times(process.basis().t(), y.view()) * length;
        check::finite("direction", &direction)?;
        let mut rest = operator.apply(direction.view())? - gradient;
        rest.scaled_add(T::of(lambda), &direction);
        let system = System { direction: &direction, rest: &rest, gradient, operator_norm: found.largest };
        let mut info = SolveInfo {
            iterations: process.steps(),
            tolerance: self.tolerance,
            ..SolveInfo::direct("lanczos", Damping::Exact(lambda), system, found.condition)
        };
        let mut notes = Vec::new();
        if self.power.to_bits() != (-1.0f64).to_bits() {
            notes.push(format!("power {}: the residual is an estimate", self.power));
            info.residual = found.residual;
            // ‖A d - A^{1+s} g‖/(‖A‖‖d‖ + ‖A^{1+s} g‖), in units of ‖g‖.
            let size = norm(found.coefficients.view()) * found.largest + found.right;
            info.backward_error = if size > 0.0 { found.residual * found.right / size } else { 0.0 };
        }
        if found.left_out > 0 {
            notes.push(format!("{} direction(s) of no curvature left out", found.left_out));
        }
        info.note = (!notes.is_empty()).then(|| notes.join("; "));
        Ok(Solution { direction, info })
    }
}

impl<T: Scalar, F: LinearOperator<T>> Solver<T, F> for Lanczos {
    fn solve(&self, operator: &F, gradient: ArrayView1<'_, T>) -> Result<Solution<T>> {
        if self.damping.uniform().is_none() {
            return Err(Error::Unsupported {
                what: "Lanczos solver with this damping",
                reason: "only a multiple of the identity leaves the Krylov space as it is; use Damping::Exact",
            });
        }
        let found = self.path(operator, gradient, &[self.damping.value()])?;
        let one = found.into_iter().next().ok_or(Error::Empty { quantity: "path" })?;
        let info = SolveInfo { damping: self.damping, ..one.info };
        Ok(Solution { info, ..one })
    }
}

/// T = S diag(θ) Sᵀ.
struct Small {
    values: Array1<f64>,
    /// e₁ᵀ S.
    first: Array1<f64>,
    /// β_k e_kᵀ S.
    last: Array1<f64>,
    /// S; empty where only residuals are wanted.
    vectors: Array2<f64>,
}

/// (T + λ)^s e₁.
struct Powered {
    /// In the basis S.
    coefficients: Array1<f64>,
    residual: f64,
    /// ‖(T + λ)^{1+s} e₁‖.
    right: f64,
    largest: f64,
    condition: f64,
    left_out: usize,
}

impl Small {
    /// As much as residuals need, at k² cost.
    fn ends<T: Scalar>(process: &linalg::Lanczos<T>) -> Result<Self> {
        let order = process.steps();
        let rows = Array2::from_shape_fn((2, order), |(i, j)| f64::from(u8::from(j == i * (order - 1))));
        let found = tridiagonal(process.diagonal(), process.off_diagonal(), rows.view())?;
        let (first, last) = (found.rows.row(0).to_owned(), &found.rows.row(1) * process.remainder());
        Ok(Small { values: found.values, first, last, vectors: Array2::zeros((0, 0)) })
    }

    /// With all eigenvectors.
    fn whole<T: Scalar>(process: &linalg::Lanczos<T>) -> Result<Self> {
        let order = process.steps();
        let found = tridiagonal(process.diagonal(), process.off_diagonal(), Array2::eye(order).view())?;
        let row = |i: usize| match order {
            0 => Array1::zeros(0),
            _ => found.rows.row(i).to_owned(),
        };
        let (first, last) = (row(0), row(order.saturating_sub(1)) * process.remainder());
        Ok(Small { values: found.values, first, last, vectors: found.rows })
    }

    fn power<T: Scalar>(&self, lambda: f64, power: f64) -> Result<Powered> {
        let shifted = self.values.mapv(|theta| theta + lambda);
        let largest = shifted.iter().fold(0.0f64, |m, x| m.max(x.abs()));
        let rounding = T::epsilon().as_f64() * (shifted.len() as f64).max(4.0) * largest;
        if let Some(index) =
            shifted.iter().position(|&x| x < -rounding.max(T::epsilon().as_f64().sqrt() * largest))
        {
            return Err(Error::Domain {
                quantity: "eigenvalues of the damped operator",
                index,
                value: shifted[index],
                requirement: "at least 0; raise the damping",
            });
        }
        // Zero to rounding: nothing can be inverted there.
        let null = |x: f64| x <= rounding;
        let scale = |x: f64| match null(x) {
            true if power < 0.0 => 0.0,
            true => x.max(0.0).powf(power),
            false => x.powf(power),
        };
        let coefficients = Array1::from_shape_fn(shifted.len(), |i| self.first[i] * scale(shifted[i]));
        let left = (0..shifted.len()).filter(|&i| power < 0.0 && null(shifted[i]));
        let (left_out, missing) = left.fold((0, 0.0), |(n, sum), i| (n + 1, sum + self.first[i].powi(2)));
        let right = norm((&coefficients * &shifted).view());
        let tail =
            self.last.dot(&coefficients).abs().hypot(missing.sqrt() * if right > 0.0 { right } else { 1.0 });
        let kept = shifted.iter().copied().filter(|&x| !null(x)).fold(f64::INFINITY, f64::min);
        Ok(Powered {
            residual: if right > 0.0 { tail / right } else { tail },
            right,
            largest,
            condition: if kept.is_finite() { largest / kept } else { 1.0 },
            coefficients,
            left_out,
        })
    }
}
