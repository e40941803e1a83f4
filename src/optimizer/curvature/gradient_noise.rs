use super::NoiseCovariance;
use crate::fisher::{CentredEmpirical, Estimator};
use crate::linalg::{Eigh, eigh, eigvalsh, times};
use crate::random::{Purpose, Streams};
use crate::{Error, Linearization, Result, Scalar, check};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};
use rand_distr::{Distribution, StandardNormal};

/// A linear map L from independent normals to the noise of one step: Σ = L Lᵀ, and neither is formed unless it is small.
///
/// With N data and P > N parameters, L = S̃ᵀ K, where the rows of S̃ are the scores less their mean and K is N × r, from
/// the N × N Gram matrix S̃ S̃ᵀ/N = Q diag(μ) Qᵀ: for Σ ∝ C^½, K = Q diag(μ^(−¼)) times a constant. With P ≤ N it is a
/// root of the P × P matrix.
///
/// # Cost
/// To make: N²·(sum of layer widths) + 9N³ flops, or NP² + 9P³. Per draw: that of a gradient.
#[derive(Debug, Clone)]
pub struct GradientNoise<T>(Map<T>);

#[derive(Debug, Clone)]
enum Map<T> {
    /// A multiple of the identity of P.
    Isotropic { deviation: f64, dim: usize },
    /// A P × r matrix.
    Root(Array2<f64>),
    /// J of all data after weights for the score of each: `weights` is N × r.
    Scores { lin: Box<Linearization<T>>, vectors: Array2<T>, weights: Weights },
}

#[derive(Debug, Clone)]
enum Weights {
    /// A multiple of the identity of N.
    Scale { scale: f64, data: usize },
    /// N × r.
    Matrix(Array2<f64>),
}

impl<T: Scalar> GradientNoise<T> {
    /// The noise of total variance `trace` that a batch asks for.
    ///
    /// # Errors
    /// Those of the likelihood and of the eigendecomposition; [`Error::Setting`] for a trace that is negative or not finite.
    pub fn new(lin: &Linearization<T>, form: NoiseCovariance, trace: f64) -> Result<Self> {
        checked_trace(trace)?;
        let (data, dim) = (lin.data(), lin.dim());
        if form == NoiseCovariance::Isotropic {
            return Ok(GradientNoise(Map::Isotropic { deviation: (trace / dim as f64).sqrt(), dim }));
        }
        let scores = lin.scores(&CentredEmpirical)?;
        // Scores that are all alike leave, centred, the rounding of their mean.
        let mean: f64 = lin.gradient().iter().map(|g| g.as_f64().powi(2)).sum();
        if dim <= data {
            let covariance = scores.dense()?;
            let covariance = crate::LinearOperator::to_dense(&covariance)?;
            return Ok(GradientNoise(Map::Root(root(covariance.view(), form, trace, mean)?)));
        }
        let fisher = scores.gram()?;
        let gram = fisher.operator().gram();
        let weights = match form {
            NoiseCovariance::SquareRoot => {
                let (values, vectors) = positive_part(gram, mean)?;
                let scale = ratio(trace, data as f64 * values.mapv(f64::sqrt).sum()).sqrt();
                Weights::Matrix(vectors * &values.mapv(|mu| scale * mu.powf(-0.25)).insert_axis(Axis(0)))
            }
            _ => {
                let total: f64 = gram.diag().iter().map(|x| x.as_f64()).sum();
                let total = if total > rounding::<T>(data, mean) { total } else { 0.0 };
                Weights::Scale { scale: ratio(trace, data as f64 * total).sqrt(), data }
            }
        };
        let vectors = CentredEmpirical.output_vectors(lin)?.vectors().clone();
        Ok(GradientNoise(Map::Scores { lin: Box::new(lin.clone()), vectors, weights }))
    }

    /// r, how many normals L takes.
    pub fn normals(&self) -> usize {
        match &self.0 {
            Map::Isotropic { dim, .. } => *dim,
            Map::Root(root) => root.ncols(),
            Map::Scores { weights: Weights::Scale { data, .. }, .. } => *data,
            Map::Scores { weights: Weights::Matrix(matrix), .. } => matrix.ncols(),
        }
    }

    /// L z: P entries.
    ///
    /// # Errors
    /// [`Error::Shape`] unless z has [`normals`](Self::normals) entries.
    pub fn apply(&self, z: ArrayView1<'_, f64>) -> Result<Array1<T>> {
        check::vector("normals", self.normals(), &z)?;
        match &self.0 {
            Map::Isotropic { deviation, .. } => Ok(z.mapv(|z| T::of(deviation * z))),
            Map::Root(root) => Ok(times(root.view(), z).mapv(T::of)),
            Map::Scores { lin, vectors, weights } => {
                let mut weights = match weights {
                    Weights::Scale { scale, .. } => z.mapv(|z| scale * z),
                    Weights::Matrix(matrix) => times(matrix.view(), z),
                };
                // S̃ᵀa = Sᵀ(a − mean of a).
                let mean = weights.sum() / weights.len().max(1) as f64;
                weights.mapv_inplace(|weight| weight - mean);
                lin.vjp((vectors * &weights.mapv(T::of).insert_axis(Axis(1))).view())
            }
        }
    }

    /// The noise of one step: a function of (seed, step) and of the batch.
    ///
    /// # Errors
    /// As [`apply`](Self::apply).
    pub fn draw(&self, seed: u64, step: u64) -> Result<Array1<T>> {
        self.apply(normals(self.normals(), seed, step).view())
    }
}

/// The noise covariance of a given trace under which a bound on the generalisation error is least.
///
/// ```text
/// Σ = c C^½ / tr C^½     minimises tr(C Σ⁻¹) over Σ > 0 with tr Σ = c; the least value is (tr C^½)²/c
/// ```
///
/// # Shapes
/// `covariance`: C, P × P; returns P × P. Σ = 0 for C = 0 (0/0 := 0).
///
/// # Errors
/// [`Error::Shape`], [`Error::NonFinite`]; [`Error::Domain`] for a C with an eigenvalue below 0 by more than rounding;
/// [`Error::Setting`] for a trace that is negative or not finite.
///
/// # Example
/// ```
/// use natgrad::{ndarray::array, optimizer::anisotropic_noise};
/// let sigma = anisotropic_noise(array![[9.0, 0.0], [0.0, 1.0]].view(), 2.0)?;
/// assert!((sigma[[0, 0]] - 1.5f64).abs() < 1e-15 && (sigma[[1, 1]] - 0.5).abs() < 1e-15);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Wang, Zhang, Zhang, Meng, Chen & Liu 2021, "Optimizing Information-theoretical Generalization Bounds via Anisotropic Noise in
/// SGLD" (arXiv 2110.13750).
pub fn anisotropic_noise<T: Scalar>(covariance: ArrayView2<'_, T>, trace: f64) -> Result<Array2<T>> {
    checked_trace(trace)?;
    check_semidefinite(covariance)?;
    let root = root(covariance, NoiseCovariance::SquareRoot, trace, 0.0)?;
    Ok(crate::linalg::product(root.view(), root.t()).mapv(T::of))
}

/// The change of θ in one Langevin step with [`anisotropic_noise`]: −η g + ξ, ξ ~ N(0, Σ).
///
/// # Shapes
/// `gradient`: P; `covariance`: C, P × P; returns P.
///
/// # Errors
/// As [`anisotropic_noise`].
///
/// # Example
/// ```
/// use natgrad::{ndarray::array, optimizer::sgld_step};
/// let c = array![[1.0, 0.0], [0.0, 4.0]];
/// let change = sgld_step(array![1.0, -2.0].view(), c.view(), 0.5, 0.0, 7, 1)?;
/// assert_eq!(change, array![-0.5, 1.0]);                                   // no noise: gradient descent
/// # Ok::<(), natgrad::Error>(())
/// ```
pub fn sgld_step<T: Scalar>(
    gradient: ArrayView1<'_, T>,
    covariance: ArrayView2<'_, T>,
    learning_rate: f64,
    trace: f64,
    seed: u64,
    step: u64,
) -> Result<Array1<T>> {
    check::vector("gradient", covariance.nrows(), &gradient)?;
    checked_trace(trace)?;
    check_semidefinite(covariance)?;
    let root = root(covariance, NoiseCovariance::SquareRoot, trace, 0.0)?;
    let noise = times(root.view(), normals(root.ncols(), seed, step).view());
    Ok(gradient.mapv(|g| -T::of(learning_rate) * g) + noise.mapv(T::of))
}

fn checked_trace(trace: f64) -> Result<()> {
    check::at_least_zero("trace", trace)
}

fn normals(count: usize, seed: u64, step: u64) -> Array1<f64> {
    let mut generator = Streams::new(seed, Purpose::Noise).generator(step);
    Array1::from_shape_simple_fn(count, || StandardNormal.sample(&mut generator))
}

/// L with L Lᵀ = c C^p / tr C^p, p = ½ or 1: P × r.
fn root<T: Scalar>(
    covariance: ArrayView2<'_, T>,
    form: NoiseCovariance,
    trace: f64,
    mean: f64,
) -> Result<Array2<f64>> {
    let (values, vectors) = positive_part(covariance, mean)?;
    let weights = match form {
        NoiseCovariance::SquareRoot => values.mapv(f64::sqrt),
        _ => values,
    };
    let total = weights.sum();
    Ok(vectors * &weights.mapv(|weight| ratio(trace * weight, total).sqrt()).insert_axis(Axis(0)))
}

/// The eigenvalues above rounding, with their vectors in columns, of a matrix that is semidefinite by construction: what
/// is negative is rounding too. `mean` is the square that centring has taken out, of which rounding is left.
fn positive_part<T: Scalar>(matrix: ArrayView2<'_, T>, mean: f64) -> Result<(Array1<f64>, Array2<f64>)> {
    let Eigh { values, vectors } = eigh(matrix.mapv(|x| x.as_f64()).view())?;
    let largest = values.iter().fold(mean, |largest, value| largest.max(value.abs()));
    let noise = rounding::<T>(values.len(), largest);
    let kept: Vec<usize> = (0..values.len()).filter(|&k| values[k] > noise).collect();
    Ok((values.select(Axis(0), &kept), vectors.select(Axis(1), &kept)))
}

/// What rounding leaves of the eigenvalues of a matrix of this order.
fn rounding<T: Scalar>(order: usize, largest: f64) -> f64 {
    order as f64 * T::epsilon().as_f64() * largest
}

/// That a matrix from outside has no eigenvalue below 0.
fn check_semidefinite<T: Scalar>(matrix: ArrayView2<'_, T>) -> Result<()> {
    let values = eigvalsh(matrix.mapv(|x| x.as_f64()).view())?;
    let largest = values.iter().fold(0.0f64, |largest, value| largest.max(value.abs()));
    let noise = rounding::<T>(values.len(), largest);
    match values.iter().enumerate().find(|(_, value)| **value < -noise) {
        None => Ok(()),
        Some((index, &value)) => {
            let requirement = "at least 0, for an eigenvalue of a covariance";
            Err(Error::Domain { quantity: "eigenvalue", index, value, requirement })
        }
    }
}

/// a/b, 0/0 := 0.
fn ratio(a: f64, b: f64) -> f64 {
    if a > 0.0 && b > 0.0 { a / b } else { 0.0 }
}
