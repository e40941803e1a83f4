use crate::linalg::{self, Eigh, product, times};
use crate::operator::places::{MatrixBlock, Places};
use crate::operator::power::Power;
use crate::random::Streams;
use crate::{Error, Result, Scalar, check};
use ndarray::{Array1, Array2, ArrayView1};
use rand_distr::{Distribution, StandardNormal};

/// F = U diag(μ) Uᵀ in whatever form the structure of F allows: everything that a function of the eigenvalues can
/// answer, once and for all damping values.
///
/// ```text
/// f(F) v = U f(μ) Uᵀ v:    (F + λI)^s,    log det(F + λI) = Σ log(μ + λ),    x = (F + λI)^-½ z ~ N(0, (F + λI)⁻¹)
/// ```
///
/// Made by [`LinearOperator::decompose`](crate::LinearOperator::decompose).
///
/// # Errors
/// Powers below zero, log-determinants and samples return [`Error::Singular`] where μ + λ is not positive.
///
/// # Numerical notes
/// An eigenvalue of a factorised matrix of order n that lies within n·ε of the largest is indistinguishable from zero and
/// counts as zero; eigenvalues that are entries (of a diagonal, of EKFAC) are taken as they are.
///
/// # Example
/// ```
/// use natgrad::{LinearOperator, ndarray::array, operator::Dense};
/// let f = Dense::new(array![[2.0, 1.0], [1.0, 2.0]])?.decompose()?;      // eigenvalues 1 and 3
/// let root = f.apply_power(0.5, 1.0, array![1.0, 1.0].view())?;          // (F + I)^½ (1, 1) = 2 (1, 1)
/// assert!(root.iter().all(|x: &f64| (x - 2.0).abs() < 1e-14));
/// assert!((f.log_determinant(1.0)? - 8f64.ln()).abs() < 1e-14);
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct SpectralDecomposition<T> {
    dim: usize,
    parts: Vec<Part<T>>,
}

/// One summand of the direct sum.
#[derive(Debug, Clone)]
pub(crate) enum Part<T> {
    /// Eigenvectors written out, columns on `places`.
    Dense { places: Places, values: Array1<T>, vectors: Array2<T> },
    /// Unit vectors.
    Diagonal { places: Places, values: Array1<T> },
    /// (Q_B ⊗ Q_A) with values out × in.
    Kronecker { block: MatrixBlock, left: Array2<T>, right: Array2<T>, values: Array2<T> },
    /// Some orthonormal columns of the whole space; every other eigenvalue is zero.
    LowRank { values: Array1<T>, vectors: Array2<T> },
}

/// Eigenvalues with those that rounding alone explains set to zero.
fn cleaned<T: Scalar>(values: Array1<T>) -> Array1<T> {
    let largest = values.iter().fold(T::zero(), |m, x| m.max(x.abs()));
    let noise = T::of(values.len() as f64) * T::epsilon() * largest;
    values.mapv(|x| if x.abs() <= noise { T::zero() } else { x })
}

impl<T: Scalar> Part<T> {
    pub(crate) fn dense(places: Places, eigen: Eigh<T>) -> Self {
        Part::Dense { places, values: cleaned(eigen.values), vectors: eigen.vectors }
    }

    pub(crate) fn kronecker(block: MatrixBlock, left: Eigh<T>, right: Eigh<T>) -> Self {
        let (b, a) = (cleaned(left.values), cleaned(right.values));
        let values = Array2::from_shape_fn(block.shape(), |(o, i)| b[o] * a[i]);
        Part::Kronecker { block, left: left.vectors, right: right.vectors, values }
    }

    /// The eigenvalues in any order; of a low-rank part those that are not zero by structure.
    fn values(&self) -> Box<dyn Iterator<Item = T> + '_> {
        match self {
            Part::Dense { values, .. } | Part::Diagonal { values, .. } | Part::LowRank { values, .. } => {
                Box::new(values.iter().copied())
            }
            Part::Kronecker { values, .. } => Box::new(values.iter().copied()),
        }
    }
}

impl<T: Scalar> SpectralDecomposition<T> {
    pub(crate) fn new(dim: usize, parts: Vec<Part<T>>) -> Self {
        SpectralDecomposition { dim, parts }
    }

    /// P.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// All P eigenvalues in ascending order.
    pub fn eigenvalues(&self) -> Array1<T> {
        let mut values: Vec<T> = self.parts.iter().flat_map(Part::values).collect();
        values.resize(self.dim, T::zero());
        linalg::ascending(values)
    }

    /// The number of eigenvalues above `tolerance` times the largest.
    pub fn rank(&self, tolerance: T) -> usize {
        let values = self.eigenvalues();
        let floor = tolerance * values.iter().fold(T::zero(), |m, x| m.max(*x));
        values.iter().filter(|x| **x > floor).count()
    }

    /// U f(μ) Uᵀ v.
    ///
    /// # Errors
    /// [`Error::Shape`] unless v has P entries.
    pub fn map(&self, v: ArrayView1<'_, T>, f: impl Fn(T) -> T) -> Result<Array1<T>> {
        check::shape("vector", &[self.dim], v.shape())?;
        let mut result = Array1::zeros(self.dim);
        for part in &self.parts {
            match part {
                Part::Dense { places, values, vectors } => {
                    let mut image = times(vectors.t(), places.gather(v).view());
                    image.zip_mut_with(values, |x, &value| *x *= f(value));
                    places.scatter(times(vectors.view(), image.view()).view(), result.view_mut());
                }
                Part::Diagonal { places, values } => {
                    let image = places.gather(v) * &values.mapv(&f);
                    places.scatter(image.view(), result.view_mut());
                }
                Part::Kronecker { block, left, right, values } => {
                    let inside = product(product(left.t(), block.gather(v).view()).view(), right.view());
                    let image = inside * &values.mapv(&f);
                    let image = product(product(left.view(), image.view()).view(), right.t());
                    block.scatter(image.view(), result.view_mut());
                }
                Part::LowRank { values, vectors } => {
                    // U f(μ) Uᵀ v + f(0) times what U does not span, taken off twice: f(0) may be large beside f(μ).
                    let mut image = times(vectors.t(), v);
                    if values.len() < self.dim {
                        let mut outside = &v - &times(vectors.view(), image.view());
                        let again = times(vectors.t(), outside.view());
                        outside -= &times(vectors.view(), again.view());
                        result.scaled_add(f(T::zero()), &outside);
                    }
                    image.zip_mut_with(values, |x, &value| *x *= f(value));
                    result += &times(vectors.view(), image.view());
                }
            }
        }
        Ok(result)
    }

    /// The diagonal of U f(μ) Uᵀ.
    pub(crate) fn diagonal_of(&self, f: impl Fn(T) -> T) -> Result<Array1<T>> {
        let square = |matrix: &Array2<T>| matrix.mapv(|x| x * x);
        let mut diagonal = Array1::zeros(self.dim);
        for part in &self.parts {
            match part {
                Part::Dense { places, values, vectors } => {
                    let part = times(square(vectors).view(), values.mapv(&f).view());
                    places.scatter(part.view(), diagonal.view_mut());
                }
                Part::Diagonal { places, values } => {
                    places.scatter(values.mapv(&f).view(), diagonal.view_mut());
                }
                Part::Kronecker { block, left, right, values } => {
                    let half = product(square(left).view(), values.mapv(&f).view());
                    let part = product(half.view(), square(right).t());
                    block.scatter(part.view(), diagonal.view_mut());
                }
                Part::LowRank { values, vectors } => {
                    // Of full rank there is no rest, and f(0) may be infinite.
                    let rest = if values.len() < self.dim { f(T::zero()) } else { T::zero() };
                    let weights = values.mapv(|value| f(value) - rest);
                    diagonal += &times(square(vectors).view(), weights.view());
                    diagonal += rest;
                }
            }
        }
        Ok(diagonal)
    }

    /// That every μ + λ is positive.
    pub(crate) fn check_positive(&self, what: &'static str, damping: T) -> Result<()> {
        check::damping(damping)?;
        let values = self.eigenvalues();
        match (values.first(), values.last()) {
            (Some(&least), Some(&most)) if least + damping <= T::zero() => Err(Error::Singular {
                what,
                eigenvalue: (least + damping).as_f64(),
                largest: (most + damping).as_f64(),
            }),
            _ => Ok(()),
        }
    }

    /// (F + λI)^s v, for any real s.
    ///
    /// # Errors
    /// [`Error::Shape`]; [`Error::Setting`] unless s is finite and λ ≥ 0; [`Error::Singular`] if s < 0 and F + λI is
    /// singular, and if any μ + λ is negative.
    ///
    /// # Cost
    /// That of two changes of basis: 4P² flops for a dense F.
    pub fn apply_power(&self, exponent: f64, damping: T, v: ArrayView1<'_, T>) -> Result<Array1<T>> {
        self.check_power(exponent, damping)?;
        self.map(v, |value| power(value + damping, exponent))
    }

    /// (F + λI)^s as an operator.
    ///
    /// # Errors
    /// As [`apply_power`](Self::apply_power).
    pub fn power(&self, exponent: f64, damping: T) -> Result<Power<T>> {
        self.check_power(exponent, damping)?;
        Ok(Power::new(self.clone(), exponent, damping))
    }

    fn check_power(&self, exponent: f64, damping: T) -> Result<()> {
        check::setting("exponent", exponent, exponent.is_finite(), "finite")?;
        check::damping(damping)?;
        if exponent < 0.0 {
            return self.check_positive("negative power", damping);
        }
        let values = self.eigenvalues();
        match values.first() {
            Some(&least) if least + damping < T::zero() => Err(Error::Singular {
                what: "power",
                eigenvalue: (least + damping).as_f64(),
                largest: values.last().map_or(0.0, |most| (*most + damping).as_f64()),
            }),
            _ => Ok(()),
        }
    }

    /// F⁺ v: the inverse on the eigenvectors with μ > cutoff·max μ, zero on the others.
    ///
    /// # Errors
    /// [`Error::Shape`]; [`Error::Setting`] unless 0 ≤ cutoff < 1.
    pub fn pseudo_inverse(&self, cutoff: f64, v: ArrayView1<'_, T>) -> Result<Array1<T>> {
        check::setting("cutoff", cutoff, (0.0..1.0).contains(&cutoff), "at least 0 and below 1")?;
        let largest = self.eigenvalues().iter().fold(T::zero(), |m, x| m.max(*x));
        let floor = T::of(cutoff) * largest;
        self.map(v, |value| if value > floor { T::one() / value } else { T::zero() })
    }

    /// log det(F + λI), natural logarithm.
    ///
    /// # Errors
    /// [`Error::Singular`] if F + λI is not positive definite; [`Error::Setting`] unless λ ≥ 0.
    pub fn log_determinant(&self, damping: T) -> Result<T> {
        self.check_positive("log-determinant", damping)?;
        // In f64, for the sum of many logarithms of both signs loses digits.
        Ok(T::of(self.eigenvalues().iter().map(|&value| (value + damping).as_f64().ln()).sum()))
    }

    /// One draw from N(0, (F + λI)⁻¹): the Laplace approximation's posterior about the mode.
    ///
    /// `draw` numbers the draws of a seed: equal numbers give equal draws, whatever came before.
    ///
    /// # Errors
    /// [`Error::Singular`] if F + λI is not positive definite; [`Error::Setting`] unless λ ≥ 0.
    ///
    /// # Example
    /// ```
    /// use natgrad::{LinearOperator, ndarray::array, operator::Diagonal, random::{Purpose, Streams}};
    /// let f = Diagonal::new(array![3.0, 8.0])?.decompose()?;
    /// let z = f.sample(1.0, &Streams::new(0, Purpose::Directions), 5)?;
    /// assert_eq!(z, f.sample(1.0, &Streams::new(0, Purpose::Directions), 5)?);
    /// # Ok::<(), natgrad::Error>(())
    /// ```
    pub fn sample(&self, damping: T, streams: &Streams, draw: u64) -> Result<Array1<T>> {
        self.check_positive("sample", damping)?;
        let mut generator = streams.generator(draw);
        let z = Array1::from_shape_simple_fn(self.dim, || {
            let z: f64 = StandardNormal.sample(&mut generator);
            T::of(z)
        });
        self.map(z.view(), |value| T::one() / (value + damping).sqrt())
    }
}

/// x^s, with the common exponents by their own operations.
pub(crate) fn power<T: Scalar>(x: T, exponent: f64) -> T {
    match exponent {
        e if e.to_bits() == 1f64.to_bits() => x,
        e if e.to_bits() == (-1f64).to_bits() => T::one() / x,
        e if e.to_bits() == 0.5f64.to_bits() => x.sqrt(),
        e if e.to_bits() == (-0.5f64).to_bits() => T::one() / x.sqrt(),
        e => x.powf(T::of(e)),
    }
}
