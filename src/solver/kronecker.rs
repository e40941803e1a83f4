use crate::linalg::{self, eigvalsh};
use crate::operator::{Kronecker, KroneckerFactors, KroneckerOperator, LinearOperator};
use crate::solver::refine::refined;
use crate::solver::solution::System;
use crate::solver::spectral::{ends, invert, ratio};
use crate::solver::{Damping, Pi, Solution, SolveInfo, Solver};
use crate::{Error, Result, Scalar, check};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};

/// Solves block by block on Kronecker factors, with every meaning that damping has there.
///
/// ```text
/// Exact             (B ⊗ A + λ I)⁻¹          through the eigenvalues of B and A
/// Factored          (B + √λ/π I)⁻¹ V̄ (A + π√λ I)⁻¹          two Cholesky factors
/// PerFactor         (B + λ I)⁻¹ V̄ (A + λ I)⁻¹
/// RelativeDiagonal  D^-½ (D^-½ (B ⊗ A) D^-½ + λ I)⁻¹ D^-½,   D = diag B ⊗ diag A
/// ```
///
/// The last is exact, for D^-½ (B ⊗ A) D^-½ is again a Kronecker product.
///
/// # Errors
/// [`Error::Singular`] if nothing is added to a singular product, [`Error::NotPositiveDefinite`] if nothing is to a
/// singular factor; [`Error::Domain`] where the gradient is not 0 and the diagonal, to which the damping is relative, is.
///
/// # Cost
/// Per layer two symmetric eigenproblems, 9(out³ + in³) flops; with damped factors two Cholesky factorisations and the
/// eigenvalues alone, 5(out³ + in³)/3.
///
/// # Numerical notes
/// The residual is that of the operator which the scheme really makes, refined as that of [`Cholesky`](super::Cholesky) is.
/// `info.spectrum` has the ends of the damped spectrum, `info.shift` those of what was added: λ and λ for `Exact`, far more
/// than λ for damped factors. With `RelativeDiagonal` the condition is that of the operator scaled to unit diagonal, as a
/// note says.
///
/// # Example
/// ```
/// use natgrad::{Solver, ndarray::array, operator::{Kronecker, KroneckerFactors, MatrixBlock}};
/// use natgrad::solver::{Damping, KroneckerSolver};
/// let block = MatrixBlock { offset: 0, outputs: 1, inputs: 1, bias: false };
/// let f = Kronecker::new(vec![KroneckerFactors::new(block, array![[1.0]], array![[3.0]])?])?;
/// let step = |damping| KroneckerSolver { damping }.solve(&f, array![12.0].view());
/// let exact = step(Damping::Exact(1.0))?;
/// assert!((exact.direction[0] - 3.0f64).abs() < 1e-15);            // 12/(1·3 + 1)
/// let each = step(Damping::PerFactor(1.0))?;
/// assert!((each.direction[0] - 1.5f64).abs() < 1e-15);             // 12/((1 + 1)(3 + 1))
/// assert_eq!(each.info.shift, Some((5.0, 5.0)));                   // 8 - 3, and not 1
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Martens & Grosse 2015, arXiv 1503.05671, section 6.3.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct KroneckerSolver {
    /// What is added to the product, or to its factors.
    pub damping: Damping,
}

const NAME: &str = "kronecker";

impl KroneckerSolver {
    /// B ⊗ A + λ I.
    pub fn damped(lambda: f64) -> Self {
        KroneckerSolver { damping: Damping::Exact(lambda) }
    }

    /// √λ shared out to the factors by their traces.
    pub fn factored(lambda: f64) -> Self {
        KroneckerSolver { damping: Damping::Factored { lambda, pi: Pi::TraceRatio } }
    }
}

impl<T: Scalar, F: KroneckerOperator<T>> Solver<T, F> for KroneckerSolver {
    fn solve(&self, operator: &F, gradient: ArrayView1<'_, T>) -> Result<Solution<T>> {
        check::vector("gradient", operator.dim(), &gradient)?;
        self.damping.check()?;
        match self.damping {
            Damping::None | Damping::Exact(_) => {
                invert(NAME, self.damping, operator, &operator.decompose()?, gradient)
            }
            Damping::RelativeDiagonal(lambda) => scaled(operator, lambda, gradient),
            Damping::Factored { .. } | Damping::PerFactor(_) => factored(operator, self.damping, gradient),
        }
    }
}

/// One block with both factors damped.
struct DampedBlock<T> {
    factors: KroneckerFactors<T>,
    left: linalg::Cholesky<T>,
    right: linalg::Cholesky<T>,
}

impl<T: Scalar> DampedBlock<T> {
    fn new(factors: &KroneckerFactors<T>, beta: T, alpha: T) -> Result<Self> {
        let plus = |matrix: ArrayView2<'_, T>, shift: T| {
            let mut damped = matrix.to_owned();
            damped.diag_mut().mapv_inplace(|x| x + shift);
            damped
        };
        let (left, right) = (plus(factors.left(), beta), plus(factors.right(), alpha));
        Ok(DampedBlock {
            left: linalg::Cholesky::factor(left.view())?,
            right: linalg::Cholesky::factor(right.view())?,
            factors: KroneckerFactors::new(factors.block(), left, right)?,
        })
    }

    /// (B + β)⁻¹ V̄ (A + α)⁻¹.
    fn solve(&self, v: Array2<T>) -> Result<Array2<T>> {
        let half = self.left.solve_columns(v.view())?;
        Ok(self.right.solve_columns(half.t())?.reversed_axes())
    }
}

/// The ends of a spectrum, widened by one more.
fn widen(range: Option<(f64, f64)>, values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    values.into_iter().fold(range, |range, x| {
        let (least, greatest) = range.unwrap_or((x, x));
        Some((least.min(x), greatest.max(x)))
    })
}

fn factored<T: Scalar, F: KroneckerOperator<T>>(
    operator: &F,
    damping: Damping,
    gradient: ArrayView1<'_, T>,
) -> Result<Solution<T>> {
    let mut blocks = Vec::with_capacity(operator.factors().len());
    let (mut spectrum, mut shift) = (None, None);
    for factors in operator.factors() {
        let Some((beta, alpha)) = damping.on_factors(factors) else { continue };
        blocks.push(DampedBlock::new(factors, beta, alpha)?);
        let (b, a) = (ends(&eigvalsh(factors.left())?), ends(&eigvalsh(factors.right())?));
        let (beta, alpha) = (beta.as_f64(), alpha.as_f64());
        let corners = [(b.0, a.0), (b.0, a.1), (b.1, a.0), (b.1, a.1)];
        spectrum = widen(spectrum, corners.map(|(b, a)| (b + beta) * (a + alpha)));
        // (b + β)(a + α) - ba without the cancellation.
        shift = widen(shift, corners.map(|(b, a)| beta * a + alpha * b + beta * alpha));
    }
    let damped = Kronecker::new(blocks.iter().map(|block| block.factors.clone()).collect())?;
    let inverse = |v: ArrayView1<'_, T>| {
        let mut result = Array1::zeros(v.len());
        for block in &blocks {
            let place = block.factors.block();
            place.scatter(block.solve(place.gather(v))?.view(), result.view_mut());
        }
        Ok(result)
    };
    let found = refined(|v: &Array1<T>| damped.apply(v.view()), inverse, gradient)?;
    let (least, greatest) = spectrum.unwrap_or((0.0, 0.0));
    let system = System { direction: &found.direction, rest: &found.rest, gradient, operator_norm: greatest };
    let info = SolveInfo {
        iterations: 1 + found.steps,
        spectrum,
        shift,
        ..SolveInfo::direct(NAME, damping, system, ratio(least, greatest))
    };
    Ok(Solution { direction: found.direction, info })
}

/// One over the root of a diagonal; 0 where the diagonal is.
fn scales<T: Scalar>(quantity: &'static str, matrix: ArrayView2<'_, T>) -> Result<Array1<T>> {
    let diagonal = matrix.diag();
    if let Some(index) = diagonal.iter().position(|x| *x < T::zero()) {
        let value = diagonal[index].as_f64();
        return Err(Error::Domain { quantity, index, value, requirement: "at least 0" });
    }
    Ok(diagonal.mapv(|x| if x.is_zero() { x } else { T::one() / x.sqrt() }))
}

/// A block of unit diagonal, and the scales that made it so.
struct ScaledBlock<T> {
    factors: KroneckerFactors<T>,
    rows: Array1<T>,
    columns: Array1<T>,
}

impl<T: Scalar> ScaledBlock<T> {
    fn new(factors: &KroneckerFactors<T>) -> Result<Self> {
        let rows = scales("diagonal of the left factor", factors.left())?;
        let columns = scales("diagonal of the right factor", factors.right())?;
        let unit = |matrix: ArrayView2<'_, T>, scale: &Array1<T>| {
            Array2::from_shape_fn(matrix.dim(), |(i, j)| matrix[[i, j]] * scale[i] * scale[j])
        };
        let (left, right) = (unit(factors.left(), &rows), unit(factors.right(), &columns));
        Ok(ScaledBlock { factors: KroneckerFactors::new(factors.block(), left, right)?, rows, columns })
    }
}

fn scaled<T: Scalar, F: KroneckerOperator<T>>(
    operator: &F,
    lambda: f64,
    gradient: ArrayView1<'_, T>,
) -> Result<Solution<T>> {
    let damping = Damping::RelativeDiagonal(lambda);
    let shift = damping.shift(operator)?;
    let blocks: Vec<ScaledBlock<T>> =
        operator.factors().iter().map(ScaledBlock::new).collect::<Result<_>>()?;
    let unit = Kronecker::new(blocks.iter().map(|block| block.factors.clone()).collect())?;
    let decomposition = unit.decompose()?;
    decomposition.check_positive(NAME, T::of(lambda))?;
    // D^-½ v; two factors one after the other, for their product may leave the range of numbers.
    let scale = |v: ArrayView1<'_, T>| {
        let mut result = Array1::zeros(v.len());
        for ScaledBlock { factors, rows, columns } in &blocks {
            let part = factors.block().gather(v) * rows.view().insert_axis(Axis(1)) * columns;
            factors.block().scatter(part.view(), result.view_mut());
        }
        result
    };
    let flat = scale(Array1::ones(operator.dim()).view());
    if let Some(index) = flat.iter().zip(gradient).position(|(scale, g)| scale.is_zero() && !g.is_zero()) {
        return Err(Error::Domain {
            quantity: "diagonal",
            index,
            value: 0.0,
            requirement: "positive where the gradient is not 0, for the damping is relative to it; use `Exact`",
        });
    }
    let inverse = |v: ArrayView1<'_, T>| {
        let inside = decomposition.map(scale(v).view(), |value| T::one() / (value + T::of(lambda)))?;
        Ok(scale(inside.view()))
    };
    let apply = |v: &Array1<T>| Ok(operator.apply(v.view())? + &shift * v);
    let found = refined(apply, inverse, gradient)?;
    let (least, greatest) = ends(&decomposition.eigenvalues());
    let mut operator_norm = 0.0f64;
    for factors in operator.factors() {
        let (b, a) = (ends(&eigvalsh(factors.left())?), ends(&eigvalsh(factors.right())?));
        operator_norm = operator_norm.max(b.1 * a.1);
    }
    let added = ends(&shift);
    // ‖K + λD‖ is at least each of the two, and at most their sum.
    let operator_norm = operator_norm.max(added.1);
    let system = System { direction: &found.direction, rest: &found.rest, gradient, operator_norm };
    let info = SolveInfo {
        iterations: 1 + found.steps,
        shift: Some(added),
        note: Some("the condition is that of the operator scaled to unit diagonal".to_owned()),
        ..SolveInfo::direct(NAME, damping, system, ratio(least + lambda, greatest + lambda))
    };
    Ok(Solution { direction: found.direction, info })
}
