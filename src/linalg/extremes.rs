use super::Lanczos;
use crate::{Error, Result, Scalar, check};
use ndarray::{Array1, ArrayView1};

/// The ends of a spectrum, as far as they are known; made by [`extreme_eigenvalues`].
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Extremes {
    /// The least eigenvalue found.
    pub least: f64,
    /// The greatest.
    pub greatest: f64,
    /// The matrix has an eigenvalue within this distance of `least`.
    pub least_bound: f64,
    /// The matrix has an eigenvalue within this distance of `greatest`.
    pub greatest_bound: f64,
    /// Products made.
    pub products: usize,
}

impl Extremes {
    /// max |θ| over both ends: what the spectral norm is at least.
    pub fn largest(&self) -> f64 {
        self.least.abs().max(self.greatest.abs())
    }

    /// The ends of what a process has found; none before its first step.
    ///
    /// # Errors
    /// [`Error::Empty`] if the process has made no step.
    pub fn of<T: Scalar>(process: &Lanczos<T>) -> Result<Self> {
        let ritz = process.ritz()?;
        match (ritz.values.first(), ritz.values.last(), ritz.bounds.first(), ritz.bounds.last()) {
            (Some(&least), Some(&greatest), Some(&least_bound), Some(&greatest_bound)) => {
                Ok(Extremes { least, greatest, least_bound, greatest_bound, products: process.steps() })
            }
            _ => Err(Error::Empty { quantity: "Krylov space" }),
        }
    }
}

/// Steps before the bounds are believed: fewer could miss an end that the start vector hardly sees.
const LEAST_STEPS: usize = 12;

/// The least and the greatest eigenvalue of a symmetric map, by the Lanczos process.
///
/// ```text
/// θ_min, θ_max of T = QᵀAQ,    min_λ |λ - θ| ≤ β_k |s_k|
/// ```
///
/// Stops when both bounds are at most `tolerance`·max|θ| (after twelve steps at least), when the Krylov space is invariant,
/// or at the full order.
///
/// What is certain, up to rounding of some ε·‖A‖: λ_min ≤ `least`, `greatest` ≤ λ_max, and an eigenvalue lies within
/// each bound. What is not: that it is the extreme one. A process sees only eigenvectors that its start vector is not
/// orthogonal to, and sees late what the start hardly contains. The start is fixed, without structure, and so
/// orthogonal to an eigenvector only by ill luck; at the full order the result is exact. The multiplicity of an
/// eigenvalue is never seen, and does no harm.
///
/// # Shapes
/// `map`: n to n entries, symmetric (not checked), not necessarily definite.
///
/// # Errors
/// [`Error::Empty`] at order 0, [`Error::Setting`] for a tolerance that is negative or NaN, those of the map.
///
/// # Cost
/// k products and 4k²n flops; k + 1 vectors are kept. A gap γ relative to the spread needs some log(2/tolerance)/(4√γ) steps.
///
/// # Example
/// ```
/// use natgrad::{linalg::extreme_eigenvalues, ndarray::array};
/// let a = array![[2.0, 1.0], [1.0, 2.0]];
/// let ends = extreme_eigenvalues(2, 1e-10, |v| Ok(a.dot(&v)))?;
/// assert!((ends.least - 1.0).abs() < 1e-15 && (ends.greatest - 3.0).abs() < 1e-15);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Parlett 1998, "The Symmetric Eigenvalue Problem", section 13.2 (the bounds); Kuczyński & Woźniakowski 1992, SIAM J.
/// Matrix Anal. Appl. 13, 1094-1122 (starts without structure).
pub fn extreme_eigenvalues<T: Scalar>(
    order: usize,
    tolerance: f64,
    map: impl Fn(ArrayView1<'_, T>) -> Result<Array1<T>>,
) -> Result<Extremes> {
    iterate(order, tolerance, map, |ends| ends.least_bound.max(ends.greatest_bound) / ends.largest())
}

/// The greatest eigenvalue alone, its bound relative to itself at most `tolerance`; see [`extreme_eigenvalues`].
///
/// # Errors
/// As [`extreme_eigenvalues`].
pub(crate) fn greatest_eigenvalue<T: Scalar>(
    order: usize,
    tolerance: f64,
    map: impl Fn(ArrayView1<'_, T>) -> Result<Array1<T>>,
) -> Result<f64> {
    Ok(iterate(order, tolerance, map, |ends| ends.greatest_bound / ends.greatest.abs())?.greatest)
}

/// max |λ|, whichever end it is, its bound relative to itself at most `tolerance`; see [`extreme_eigenvalues`].
///
/// # Errors
/// As [`extreme_eigenvalues`].
pub(crate) fn spectral_radius<T: Scalar>(
    order: usize,
    tolerance: f64,
    map: impl Fn(ArrayView1<'_, T>) -> Result<Array1<T>>,
) -> Result<f64> {
    let ends = iterate(order, tolerance, map, |ends| {
        let least = ends.least.abs() > ends.greatest.abs();
        (if least { ends.least_bound } else { ends.greatest_bound }) / ends.largest()
    })?;
    Ok(ends.largest())
}

/// Steps until `error` is at most the tolerance (0/0 never is: the process then ends by itself).
fn iterate<T: Scalar>(
    order: usize,
    tolerance: f64,
    map: impl Fn(ArrayView1<'_, T>) -> Result<Array1<T>>,
    error: impl Fn(&Extremes) -> f64,
) -> Result<Extremes> {
    check::setting("tolerance", tolerance, tolerance >= 0.0, "at least 0")?;
    if order == 0 {
        return Err(Error::Empty { quantity: "matrix" });
    }
    let mut process = Lanczos::new(start_vector::<T>(order).view())?;
    // The tridiagonal problem costs k²: looked at after every eighth part of growth, it never dominates.
    let mut look = LEAST_STEPS;
    while process.step(&map)? {
        if process.steps() >= look && !process.is_invariant() {
            let ends = Extremes::of(&process)?;
            if error(&ends) <= tolerance {
                return Ok(ends);
            }
            look = process.steps() + 1 + process.steps() / 8;
        }
    }
    Extremes::of(&process)
}

/// A fixed vector without structure, entries in (-½, ½).
///
/// Multiples of an irrational number are not enough: their second differences vanish, and so they are orthogonal to
/// eigenvectors such as (1, -2, 1).
pub(crate) fn start_vector<T: Scalar>(order: usize) -> Array1<T> {
    Array1::from_shape_fn(order, |i| {
        let mut bits = (i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        bits = (bits ^ (bits >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits ^= bits >> 32;
        T::of(((bits >> 12) as f64 + 0.5) / (1u64 << 52) as f64 - 0.5)
    })
}
