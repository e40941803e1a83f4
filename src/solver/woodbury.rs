use crate::linalg::{self, eigh, norm, times};
use crate::operator::DualOperator;
use crate::solver::cholesky::largest_eigenvalue;
use crate::solver::refine::{Refined, refined};
use crate::solver::solution::{System, tolerance};
use crate::solver::{Damping, Solution, SolveInfo, Solver};
use crate::{Error, Result, Scalar, check};
use ndarray::{Array1, ArrayView1};

/// Solves in the space of the scores, for fewer scores than parameters.
///
/// ```text
/// F = VᵀV,  G = V Vᵀ:    (F + λ I)⁻¹ g = (g - Vᵀ (G + λ I)⁻¹ V g)/λ,        F⁺ g = Vᵀ G⁺ G⁺ V g
/// ```
///
/// With λ = 0 it is the second, the solution of least norm, as a note says. Neither F nor V is formed.
///
/// # Errors
/// [`Error::Unsupported`] for dampings other than a multiple of the identity, which alone passes from F to G.
///
/// # Cost
/// rows³/3 flops (9·rows³ for λ = 0) and memory 2·rows², two products with V and Vᵀ per step of refinement.
///
/// # Numerical notes
/// The difference cancels where g lies in the range of F and λ is small: what is left is off by ε·‖F‖/λ, relatively, and
/// refinement against F + λ I itself takes that away. Where it does not (λ below ε·‖F‖, or more rows than parameters), or where
/// Cholesky fails, G's eigenvectors split g into its part in the range and the rest, as a note says; eigenvalues up to
/// rows·ε of the greatest are zeros then.
///
/// # Example
/// ```
/// use natgrad::{Labels, Network, Solver, fisher::Empirical, likelihood::Bernoulli, solver::Woodbury};
/// use natgrad::{model::Activation, ndarray::array};
/// let network = Network::random(&[1, 1], Activation::Tanh, 0)?.with_parameters(array![0.0, 0.0].view())?;
/// let lin = network.linearize(&Bernoulli, &array![[2.0]], &Labels::new(array![[1.0]])?)?;
/// let f = lin.scores(&Empirical)?.gram()?;                    // one score v = -½(2, 1): G = 5/4
/// let d = Woodbury::damped(0.75).solve(&f, lin.gradient().view())?.direction;
/// assert!((d[0] + 0.5f64).abs() < 1e-15);                     // g = v, (vvᵀ + λ)⁻¹ v = v/(5/4 + λ) = v/2
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Woodbury 1950; for Fishers of many parameters: Chen & Heyl 2024, Nature Physics 20, 1476 (minSR, arXiv 2302.01941).
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Woodbury {
    /// What is added to the operator.
    pub damping: Damping,
}

impl Woodbury {
    /// F + λ I.
    pub fn damped(lambda: f64) -> Self {
        Woodbury { damping: Damping::Exact(lambda) }
    }
}

impl<T: Scalar, F: DualOperator<T>> Solver<T, F> for Woodbury {
    fn solve(&self, operator: &F, gradient: ArrayView1<'_, T>) -> Result<Solution<T>> {
        check::vector("gradient", operator.dim(), &gradient)?;
        self.damping.check()?;
        let Some(lambda) = self.damping.uniform() else {
            return Err(Error::Unsupported {
                what: "dual solve with this damping",
                reason: "only λ I passes from F to its Gram matrix; damp by `Exact`, or ask the scores for `.dense()` or \
                         `.implicit()`",
            });
        };
        let gram = operator.gram();
        check::finite("Gram matrix", &gram)?;
        let lambda = T::of(lambda);
        let largest = largest_eigenvalue(gram.nrows(), |v| Ok(times(gram, v)))?;
        let found = if lambda.is_zero() {
            least_norm(operator, gradient)?
        } else {
            damped(operator, lambda, gradient)?
        };
        let operator_norm = largest + lambda.as_f64();
        let system = System {
            direction: &found.refined.direction,
            rest: &found.refined.rest,
            gradient,
            operator_norm,
        };
        // Not 0·∞ for F = 0.
        let condition =
            if found.inverse_norm.is_infinite() { f64::INFINITY } else { operator_norm * found.inverse_norm };
        let info = SolveInfo {
            iterations: 1 + found.refined.steps,
            note: found.note,
            ..SolveInfo::direct("woodbury", self.damping, system, condition)
        };
        Ok(Solution { direction: found.refined.direction, info })
    }
}

struct Found<T> {
    refined: Refined<T>,
    /// ‖(F + λI)⁻¹‖.
    inverse_norm: f64,
    note: Option<String>,
}

fn damped<T: Scalar, F: DualOperator<T>>(
    operator: &F,
    lambda: T,
    gradient: ArrayView1<'_, T>,
) -> Result<Found<T>> {
    let mut matrix = operator.gram().to_owned();
    matrix.diag_mut().mapv_inplace(|x| x + lambda);
    let apply = |v: &Array1<T>| Ok(operator.apply(v.view())? + v * lambda);
    // With fewer rows than parameters λ itself is an eigenvalue.
    let few = operator.gram().nrows() < operator.dim();
    let norm_of = |inverse: &dyn Fn(ArrayView1<'_, T>) -> Result<Array1<T>>| {
        if few { Ok(1.0 / lambda.as_f64()) } else { largest_eigenvalue(operator.dim(), inverse) }
    };
    let mut note = "the damping is lost beside the rounding of G";
    let mut first = None;
    match linalg::Cholesky::factor(matrix.view()) {
        Ok(factor) => {
            let inverse = |v: ArrayView1<'_, T>| {
                let inside = factor.solve(operator.images(v).view())?;
                Ok((&v - &operator.combine(inside.view())) / lambda)
            };
            let refined = refined(apply, inverse, gradient)?;
            let found = Found { inverse_norm: norm_of(&inverse)?, refined, note: None };
            if norm(found.refined.rest.view()) <= T::of(tolerance::<T>()) * norm(gradient) {
                return Ok(found);
            }
            note = "the plain form cancels";
            first = Some(found);
        }
        Err(Error::NotPositiveDefinite { .. }) => {}
        Err(error) => return Err(error),
    }
    let dual = Dual::of(operator)?;
    let inverse = |v: ArrayView1<'_, T>| {
        let images = operator.images(v);
        let inside = dual.map(&images, |x| T::one() / x / (x + lambda));
        let mut result = operator.combine(inside.view());
        if dual.kept < operator.dim() {
            // v - Vᵀ G⁺ V v, twice: what a first projection leaves in the range would be blown up by 1/λ.
            let project = |v: &Array1<T>, images: &Array1<T>| {
                v - &operator.combine(dual.map(images, |x| T::one() / x).view())
            };
            let outside = project(&v.to_owned(), &images);
            let outside = project(&outside, &operator.images(outside.view()));
            result += &(outside / lambda);
        }
        Ok(result)
    };
    let second = refined(apply, inverse, gradient)?;
    match first {
        Some(first) if norm(first.refined.rest.view()) <= norm(second.rest.view()) => Ok(first),
        _ => {
            let note = format!(
                "through the eigenvectors of the Gram matrix, rank {} of {} rows: {note}",
                dual.kept,
                dual.eigen.values.len()
            );
            Ok(Found { inverse_norm: norm_of(&inverse)?, refined: second, note: Some(note) })
        }
    }
}

fn least_norm<T: Scalar, F: DualOperator<T>>(operator: &F, gradient: ArrayView1<'_, T>) -> Result<Found<T>> {
    let dual = Dual::of(operator)?;
    let inverse = |v: ArrayView1<'_, T>| {
        let inside = dual.map(&operator.images(v), |x| T::one() / x);
        Ok(operator.combine(dual.map(&inside, |x| T::one() / x).view()))
    };
    let refined = refined(|v: &Array1<T>| operator.apply(v.view()), inverse, gradient)?;
    let full = dual.kept == operator.dim();
    let note = format!(
        "solution of least norm, rank {} of {}: eigenvalues up to {:.1e} of the greatest count as zero",
        dual.kept,
        operator.dim(),
        dual.cutoff
    );
    let inverse_norm = if full { 1.0 / dual.floor.max(f64::MIN_POSITIVE) } else { f64::INFINITY };
    Ok(Found { refined, inverse_norm, note: Some(note) })
}

/// The eigenvalues of G that are not rounding.
struct Dual<T> {
    eigen: linalg::Eigh<T>,
    cutoff: f64,
    /// The least eigenvalue that is kept.
    floor: f64,
    kept: usize,
}

impl<T: Scalar> Dual<T> {
    fn of<F: DualOperator<T>>(operator: &F) -> Result<Self> {
        let eigen = eigh(operator.gram())?;
        let largest = eigen.values.iter().fold(T::zero(), |m, x| m.max(*x));
        let cutoff = eigen.values.len().max(1) as f64 * T::epsilon().as_f64();
        let noise = T::of(cutoff) * largest;
        // Not more than P can be: those beyond are rounding, however large.
        let kept = eigen.values.iter().filter(|x| **x > noise).count().min(operator.dim());
        let floor = eigen.values.get(eigen.values.len() - kept).map_or(0.0, |x| x.as_f64());
        Ok(Dual { eigen, cutoff, floor, kept })
    }

    /// Q f(μ) Qᵀ w over the kept eigenvalues, which stand last.
    fn map(&self, w: &Array1<T>, f: impl Fn(T) -> T) -> Array1<T> {
        let mut inside = times(self.eigen.vectors.t(), w.view());
        let left_out = inside.len() - self.kept;
        for (k, (x, &value)) in inside.iter_mut().zip(&self.eigen.values).enumerate() {
            *x = if k < left_out { T::zero() } else { *x * f(value) };
        }
        times(self.eigen.vectors.view(), inside.view())
    }
}
