use crate::linalg::{Cholesky, dot, eigvalsh, norm, product};
use crate::operator::{DenseOperator, LinearOperator};
use crate::{Result, Scalar, check};
use ndarray::{Array1, Array2, ArrayView1, Axis};

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
    gradient: Array1<T>,
    damping: T,
    direction: Array1<T>,
    frobenius: T,
    spectral: T,
}

/// One approximation against the exact Fisher F, both damped by λ; made by [`Reference::compare`].
///
/// ```text
/// d = (M + λI)⁻¹g,   d* = (F + λI)⁻¹g,   ⟨u, v⟩ = uᵀ(F + λI)v
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Comparison {
    /// tr M.
    pub trace: f64,
    /// ‖M‖ in the Frobenius norm.
    pub frobenius: f64,
    /// ‖M - F‖/‖F‖ in the Frobenius norm.
    pub relative_frobenius_error: f64,
    /// ‖M - F‖/‖F‖ in the spectral norm.
    pub relative_spectral_error: f64,
    /// The extreme μ of (F + λI)v = μ(M + λI)v. A step along -d of length below 2/max decreases the
    /// quadratic model.
    pub generalised_range: (f64, f64),
    /// 2√κ/(1 + κ), κ the ratio of the range: no gradient whatever makes the metric cosine smaller.
    pub kantorovich_bound: f64,
    /// What the direction is worth.
    pub direction: DirectionComparison,
}

/// One direction against the exact natural direction; made by [`Reference::compare_direction`].
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct DirectionComparison {
    /// The cosine of the angle between d and d*, Euclidean.
    pub euclidean_cosine: f64,
    /// The cosine of the angle between d and d* in the metric F + λI.
    pub metric_cosine: f64,
    /// Decrease of the quadratic model along d at its best length, relative to the best of all:
    /// the square of the metric cosine.
    pub efficiency: f64,
    /// ‖d‖.
    pub norm: f64,
    /// g·d.
    pub slope: f64,
    /// dᵀFd: twice the predicted divergence of a unit step.
    pub curvature: f64,
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
        let direction = Cholesky::factor(damped(&fisher, damping).view())?.solve(gradient)?;
        let (frobenius, spectral) = (norm(fisher.flatten().view()), spectral_norm(&fisher)?);
        Ok(Reference { fisher, gradient: gradient.to_owned(), damping, direction, frobenius, spectral })
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
    /// Two spectra and a reduction: about 5P³ flops, memory 4P².
    pub fn compare(&self, approximation: &dyn LinearOperator<T>) -> Result<Comparison> {
        let order = self.fisher.nrows();
        check::shape("approximation", &[order, order], &[approximation.dim(), approximation.dim()])?;
        let matrix = approximation.to_dense()?;
        let difference = &matrix - &self.fisher;
        if difference.iter().all(|x| x.is_zero()) {
            return self.itself();
        }
        let factor = Cholesky::factor(damped(&matrix, self.damping).view())?;
        // L⁻¹ (F + λI) L⁻ᵀ has the generalised eigenvalues.
        let half = factor.whiten(damped(&self.fisher, self.damping).view())?;
        let whole = factor.whiten(half.t())?;
        let spectrum = eigvalsh(whole.view())?;
        let (least, most) = (spectrum[0].as_f64(), spectrum[order - 1].as_f64());
        let ratio = most / least;
        Ok(Comparison {
            trace: matrix.diag().sum().as_f64(),
            frobenius: norm(matrix.flatten().view()).as_f64(),
            relative_frobenius_error: (norm(difference.flatten().view()) / self.frobenius).as_f64(),
            relative_spectral_error: (spectral_norm(&difference)? / self.spectral).as_f64(),
            generalised_range: (least, most),
            kantorovich_bound: 2.0 * ratio.sqrt() / (1.0 + ratio),
            direction: self.compare_direction(factor.solve(self.gradient.view())?.view())?,
        })
    }

    /// F against F: nothing needs to be solved.
    fn itself(&self) -> Result<Comparison> {
        Ok(Comparison {
            trace: self.fisher.diag().sum().as_f64(),
            frobenius: self.frobenius.as_f64(),
            relative_frobenius_error: 0.0,
            relative_spectral_error: 0.0,
            generalised_range: (1.0, 1.0),
            kantorovich_bound: 1.0,
            direction: self.compare_direction(self.direction.view())?,
        })
    }

    /// Holds any direction, for example the gradient itself, against d*.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape), [`Error::NonFinite`](crate::Error::NonFinite).
    pub fn compare_direction(&self, d: ArrayView1<'_, T>) -> Result<DirectionComparison> {
        check::vector("direction", self.fisher.nrows(), &d)?;
        let image = product(self.fisher.view(), d.insert_axis(Axis(1))).remove_axis(Axis(1));
        let metric = &image + &(&d * self.damping);
        let best = &self.direction;
        // ⟨d, d*⟩ = dᵀ(F + λI)d* = dᵀg, and ⟨d*, d*⟩ = d*ᵀg.
        let slope = dot(d, self.gradient.view());
        let length = dot(d, metric.view()).sqrt() * dot(best.view(), self.gradient.view()).sqrt();
        let metric_cosine = cosine(slope, length);
        Ok(DirectionComparison {
            euclidean_cosine: cosine(dot(d, best.view()), norm(d) * norm(best.view())),
            metric_cosine,
            efficiency: metric_cosine * metric_cosine,
            norm: norm(d).as_f64(),
            slope: slope.as_f64(),
            curvature: dot(d, image.view()).as_f64(),
        })
    }
}

/// A ratio in which 0/0, the angle to a vector that is zero, counts as a perfect match.
fn cosine<T: Scalar>(inner: T, lengths: T) -> f64 {
    if lengths.is_zero() { 1.0 } else { (inner / lengths).as_f64() }
}

fn damped<T: Scalar>(matrix: &Array2<T>, damping: T) -> Array2<T> {
    let mut sum = matrix.clone();
    sum.diag_mut().mapv_inplace(|x| x + damping);
    sum
}

fn spectral_norm<T: Scalar>(matrix: &Array2<T>) -> Result<T> {
    Ok(eigvalsh(matrix.view())?.iter().fold(T::zero(), |m, x| m.max(x.abs())))
}
