use crate::random::{Purpose, Streams};
use crate::{Error, Result, Scalar};
use ndarray::{Array1, Array2};
use rand::Rng;
use rand_distr::{Distribution as _, StandardNormal};

/// The law of the entries of a probe: independent, of mean 0 and variance 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Distribution {
    /// -1 or 1 (if unsure, use this): no error from the diagonal of the operator.
    #[default]
    Rademacher,
    /// Standard normal: no direction is special.
    Gaussian,
}

/// m random vectors; vector k is a function of (seed, k).
///
/// # Example
/// ```
/// use natgrad::{operator::{Diagonal, stochastic::{Probes, hutchinson}}, ndarray::array};
/// let f = Diagonal::new(array![1.0, 2.0, 4.0])?;
/// assert_eq!(hutchinson(&f, Probes::rademacher(5, 0))?.value, 7.0);    // z∘z = 1: no error for a diagonal
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probes {
    /// Their law.
    pub distribution: Distribution,
    /// m.
    pub count: usize,
    /// Zero is a seed like any other.
    pub seed: u64,
}

/// Vectors of a sketch, so that they are independent of the probes: the upper half of the streams.
const SKETCH: u64 = 1 << 63;

impl Probes {
    /// m vectors of signs.
    pub fn rademacher(count: usize, seed: u64) -> Self {
        Probes { distribution: Distribution::Rademacher, count, seed }
    }

    /// m vectors of normal numbers.
    pub fn gaussian(count: usize, seed: u64) -> Self {
        Probes { distribution: Distribution::Gaussian, count, seed }
    }

    /// Probe k.
    pub fn vector<T: Scalar>(&self, order: usize, k: u64) -> Array1<T> {
        let mut generator = Streams::new(self.seed, Purpose::Probes).generator(k);
        match self.distribution {
            Distribution::Gaussian => Array1::from_shape_simple_fn(order, || {
                let x: f64 = StandardNormal.sample(&mut generator);
                T::of(x)
            }),
            Distribution::Rademacher => {
                // 64 signs per word.
                let (mut bits, mut left) = (0, 0);
                Array1::from_shape_simple_fn(order, || {
                    if left == 0 {
                        (bits, left) = (generator.next_u64(), 64);
                    }
                    let sign = if bits & 1 == 0 { T::one() } else { -T::one() };
                    (bits, left) = (bits >> 1, left - 1);
                    sign
                })
            }
        }
    }

    /// At least one.
    pub(super) fn check(&self) -> Result<()> {
        if self.count == 0 { Err(Error::Empty { quantity: "probes" }) } else { Ok(()) }
    }

    /// All probes, one at a time.
    pub(super) fn vectors<T: Scalar>(&self, order: usize) -> impl Iterator<Item = Array1<T>> + '_ {
        (0..self.count as u64).map(move |k| self.vector(order, k))
    }

    /// `count` vectors independent of the probes, as columns.
    pub(super) fn sketch<T: Scalar>(&self, order: usize, count: usize) -> Array2<T> {
        let mut columns = Array2::zeros((order, count));
        for (k, mut column) in columns.columns_mut().into_iter().enumerate() {
            column.assign(&self.vector(order, SKETCH | k as u64));
        }
        columns
    }
}
