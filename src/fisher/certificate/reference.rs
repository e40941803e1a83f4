use super::{Comparison, DirectionComparison, Loewner};
use crate::linalg::{Cholesky, dot, eigvalsh, greatest_eigenvalue, norm, spectral_radius, times};
use crate::operator::{DenseOperator, LinearOperator};
use crate::{Result, Scalar, check};
use ndarray::{Array1, Array2, ArrayView1, Axis, s};
use std::ops::Range;

/// The exact Fisher of a problem, damped and factored, to hold approximations against.
///
/// # Example
/// ```
/// use natgrad::{fisher::Reference, ndarray::array, operator::{Dense, Diagonal}};
/// let exact = Dense::new(array![[2.0, 1.0], [1.0, 2.0]])?;
/// let reference = Reference::new(&exact, array![1.0, 0.0].view(), 1.0)?;
/// let diagonal = reference.compare(&Diagonal::new(array![2.0, 2.0])?)?;
/// // (F + I)v = μ(D + I)v has μ = 2/3 and 4/3.
/// assert!((diagonal.generalised_range.0 - 2.0 / 3.0).abs() < 1e-15);
/// assert!((diagonal.generalised_range.1 - 4.0 / 3.0).abs() < 1e-15);
/// assert!((diagonal.relative_frobenius_error - (0.2f64).sqrt()).abs() < 1e-15);
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Reference<T> {
    fisher: Array2<T>,
    /// F + λI, and its factor.
    damped: Array2<T>,
    factor: Cholesky<T>,
    gradient: Array1<T>,
    damping: T,
    direction: Array1<T>,
    frobenius: T,
    spectral: T,
    rank: usize,
    blocks: Vec<Range<usize>>,
}

impl<T: Scalar> Reference<T> {
    /// Takes the exact Fisher, the gradient, and λ.
    ///
    /// # Errors
    /// [`Error::Empty`](crate::Error::Empty), [`Error::Shape`](crate::Error::Shape),
    /// [`Error::NonFinite`](crate::Error::NonFinite), [`Error::Setting`](crate::Error::Setting) for λ < 0,
    /// [`Error::NotPositiveDefinite`](crate::Error::NotPositiveDefinite) if F + λI is singular.
    ///
    /// # Cost
    /// P³/3 flops to factor and 4P³/3 for the spectrum.
    pub fn new<F: DenseOperator<T>>(exact: &F, gradient: ArrayView1<'_, T>, damping: T) -> Result<Self> {
        check::not_empty("gradient", &gradient)?;
        check::vector("gradient", exact.dim(), &gradient)?;
        let holds = damping >= T::zero() && damping.is_finite();
        check::setting("damping", damping.as_f64(), holds, "finite and at least 0")?;
        let fisher = exact.matrix().to_owned();
        let shifted = damped(&fisher, damping);
        let factor = Cholesky::factor(shifted.view())?;
        let direction = factor.solve(gradient)?;
        let frobenius = norm(fisher.flatten().view());
        let values = eigvalsh(fisher.view())?;
        let spectral = values.iter().fold(T::zero(), |m, x| m.max(x.abs()));
        Ok(Reference {
            fisher,
            damped: shifted,
            factor,
            gradient: gradient.to_owned(),
            damping,
            direction,
            frobenius,
            spectral,
            rank: rank(&values),
            blocks: Vec::new(),
        })
    }

    /// Adds the diagonal blocks that [`Comparison::block_errors`] are about, as ranges of parameters.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) if a block does not lie within 0..P or has no entries.
    pub fn with_blocks(mut self, blocks: &[Range<usize>]) -> Result<Self> {
        for block in blocks {
            let holds = block.start < block.end && block.end <= self.fisher.nrows();
            let found = [block.start, block.end];
            check::shape("block of parameters", if holds { &found } else { &[0, 0] }, &found)?;
        }
        self.blocks = blocks.to_vec();
        Ok(self)
    }

    /// The number of eigenvalues of F above P·ε times the largest.
    pub fn rank(&self) -> usize {
        self.rank
    }

    /// F.
    pub(super) fn fisher(&self) -> &Array2<T> {
        &self.fisher
    }

    /// λ.
    pub fn damping(&self) -> T {
        self.damping
    }

    /// d* = (F + λI)⁻¹g.
    pub fn direction(&self) -> &Array1<T> {
        &self.direction
    }

    /// Holds an approximation against F.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) for another order;
    /// [`Error::NotPositiveDefinite`](crate::Error::NotPositiveDefinite) if M + λI is singular.
    ///
    /// # Cost
    /// Below order 384 about 5P³ flops. From there P³/3 to factor, some hundred products and triangular solves for the ends of
    /// spectra (to 1e-10 of themselves), and the spectrum of M for its rank: 4P³/3 if M has no structure. Memory 4P².
    pub fn compare(&self, approximation: &dyn LinearOperator<T>) -> Result<Comparison> {
        Ok(self.compare_with_direction(approximation)?.0)
    }

    /// [`compare`](Self::compare), with the direction d = (M + λI)⁻¹g itself.
    ///
    /// # Errors
    /// As [`compare`](Self::compare).
    pub fn compare_with_direction(
        &self,
        approximation: &dyn LinearOperator<T>,
    ) -> Result<(Comparison, Array1<T>)> {
        let order = self.fisher.nrows();
        check::shape("approximation", &[order, order], &[approximation.dim(), approximation.dim()])?;
        let matrix = approximation.to_dense()?;
        let difference = &matrix - &self.fisher;
        if difference.iter().all(|x| x.is_zero()) {
            return Ok((self.itself()?, self.direction.clone()));
        }
        let shifted = damped(&matrix, self.damping);
        let factor = Cholesky::factor(shifted.view())?;
        let range = generalised_range((&self.damped, &self.factor), (&shifted, &factor))?;
        let ratio = range.1 / range.0;
        let direction = factor.solve(self.gradient.view())?;
        let trace = matrix.diag().sum().as_f64();
        let comparison = Comparison {
            trace,
            relative_trace_error: ratio_less_one(trace, self.fisher.diag().sum().as_f64()),
            frobenius: norm(matrix.flatten().view()).as_f64(),
            relative_frobenius_error: (norm(difference.flatten().view()) / self.frobenius).as_f64(),
            relative_spectral_error: (spectral_norm(&difference)? / self.spectral).as_f64(),
            block_errors: self.block_errors(&difference),
            rank: rank(&approximation.eigenvalues()?),
            generalised_range: range,
            kantorovich_bound: 2.0 * ratio.sqrt() / (1.0 + ratio),
            loewner: Loewner::of_range(range, T::epsilon().sqrt().as_f64()),
            largest_step: 2.0 / range.1,
            direction: self.compare_direction(direction.view())?,
        };
        Ok((comparison, direction))
    }

    /// ‖M_b - F_b‖/‖F_b‖ of every block; 0 for two blocks of zeros.
    fn block_errors(&self, difference: &Array2<T>) -> Vec<f64> {
        let size = |matrix: &Array2<T>, block: &Range<usize>| {
            norm(matrix.slice(s![block.clone(), block.clone()]).flatten().view()).as_f64()
        };
        let errors = self.blocks.iter().map(|block| {
            let error = size(difference, block);
            if error > 0.0 { error / size(&self.fisher, block) } else { 0.0 }
        });
        errors.collect()
    }

    /// F against F: nothing needs to be solved.
    fn itself(&self) -> Result<Comparison> {
        Ok(Comparison {
            trace: self.fisher.diag().sum().as_f64(),
            relative_trace_error: 0.0,
            frobenius: self.frobenius.as_f64(),
            relative_frobenius_error: 0.0,
            relative_spectral_error: 0.0,
            block_errors: vec![0.0; self.blocks.len()],
            rank: self.rank,
            generalised_range: (1.0, 1.0),
            kantorovich_bound: 1.0,
            loewner: Loewner::Equal,
            largest_step: 2.0,
            direction: self.compare_direction(self.direction.view())?,
        })
    }

    /// Holds any direction, for example the gradient itself, against d*.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape), [`Error::NonFinite`](crate::Error::NonFinite).
    pub fn compare_direction(&self, d: ArrayView1<'_, T>) -> Result<DirectionComparison> {
        check::vector("direction", self.fisher.nrows(), &d)?;
        // Both at size one, so that no square vanishes or overflows: angles know no scale.
        let (unit, size) = scaled(d);
        let (best, best_size) = scaled(self.direction.view());
        let gradient = &self.gradient / best_size;
        let image = times(self.fisher.view(), unit.view());
        let metric = &image + &(&unit * self.damping);
        // ⟨d, d*⟩ = dᵀ(F + λI)d* = dᵀg, and ⟨d*, d*⟩ = d*ᵀg.
        let inner = dot(unit.view(), gradient.view()).as_f64();
        let square = dot(unit.view(), metric.view()).as_f64();
        let best_square = dot(best.view(), gradient.view()).as_f64();
        let metric_cosine = cosine(inner, square.sqrt(), best_square.sqrt());
        let (size, best_size) = (size.as_f64(), best_size.as_f64());
        let ratio = size / best_size;
        let lengths = (norm(unit.view()).as_f64(), norm(best.view()).as_f64());
        Ok(DirectionComparison {
            euclidean_cosine: cosine(dot(unit.view(), best.view()).as_f64(), lengths.0, lengths.1),
            metric_cosine,
            efficiency: metric_cosine * metric_cosine,
            unit_efficiency: if best_square > 0.0 {
                ratio * (2.0 * inner - ratio * square) / best_square
            } else {
                1.0
            },
            norm: size * lengths.0,
            slope: inner * size * best_size,
            curvature: dot(unit.view(), image.view()).as_f64() * size * size,
        })
    }
}

/// A vector over its largest entry in size, and that size; 1 for a vector of zeros.
fn scaled<T: Scalar>(v: ArrayView1<'_, T>) -> (Array1<T>, T) {
    let largest = v.iter().fold(T::zero(), |m, x| m.max(x.abs()));
    let size = if largest.is_zero() { T::one() } else { largest };
    (v.mapv(|x| x / size), size)
}

/// The cosine of the angle between d and d*. Where d* is zero there is nothing to miss, and every d is a perfect match; a d
/// of zero misses all of any other d*.
fn cosine(inner: f64, length: f64, best: f64) -> f64 {
    match (length > 0.0, best > 0.0) {
        (_, false) => 1.0,
        (false, true) => 0.0,
        (true, true) => inner / (length * best),
    }
}

fn damped<T: Scalar>(matrix: &Array2<T>, damping: T) -> Array2<T> {
    let mut sum = matrix.clone();
    sum.diag_mut().mapv_inplace(|x| x + damping);
    sum
}

/// a/b - 1, where 0/0 counts as 1.
fn ratio_less_one(a: f64, b: f64) -> f64 {
    if (a - b).abs() > 0.0 { a / b - 1.0 } else { 0.0 }
}

/// Eigenvalues above n·ε times the largest, of values in ascending order.
fn rank<T: Scalar>(values: &Array1<T>) -> usize {
    let largest = values.iter().fold(T::zero(), |m, x| m.max(*x));
    let floor = T::of(values.len() as f64) * T::epsilon() * largest;
    values.iter().filter(|x| **x > floor).count()
}

/// Relative residual of an end of a spectrum; the eigenvalue is as near at least.
const TOLERANCE: f64 = 1e-10;

/// Order from which a few products are cheaper than a spectrum.
const ITERATE: usize = 384;

fn tolerance<T: Scalar>() -> f64 {
    TOLERANCE.max(64.0 * T::epsilon().as_f64())
}

/// max |μ|.
fn spectral_norm<T: Scalar>(matrix: &Array2<T>) -> Result<T> {
    let order = matrix.nrows();
    if order < ITERATE {
        return Ok(eigvalsh(matrix.view())?.iter().fold(T::zero(), |m, x| m.max(x.abs())));
    }
    Ok(T::of(spectral_radius(order, tolerance::<T>(), |v| Ok(times(matrix.view(), v)))?))
}

/// The extreme μ of A v = μ B v, for A and B with their factors: the greatest, and the greatest of the inverse problem.
fn generalised_range<T: Scalar>(
    (a, a_factor): (&Array2<T>, &Cholesky<T>),
    (b, b_factor): (&Array2<T>, &Cholesky<T>),
) -> Result<(f64, f64)> {
    let order = a.nrows();
    if order < ITERATE {
        // L⁻¹ A L⁻ᵀ with B = L Lᵀ has the generalised eigenvalues.
        let half = b_factor.whiten(a.view())?;
        let spectrum = eigvalsh(b_factor.whiten(half.t())?.view())?;
        return Ok((spectrum[0].as_f64(), spectrum[order - 1].as_f64()));
    }
    let greatest = |matrix: &Array2<T>, factor: &Cholesky<T>| {
        greatest_eigenvalue(order, tolerance::<T>(), |v| {
            let image = times(matrix.view(), factor.whiten_transposed(v)?.view());
            Ok(factor.whiten(image.insert_axis(Axis(1)).view())?.remove_axis(Axis(1)))
        })
    };
    Ok((1.0 / greatest(b, a_factor)?, greatest(a, b_factor)?))
}
