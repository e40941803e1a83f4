//! The probability simplex with the Fisher-Rao metric: one orthant of a sphere, seen through p ↦ √p.
//!
//! ```text
//! ⟨v, w⟩ = N Σ vᵢwᵢ/pᵢ,   d(p, q) = 2√N arccos Σ √(pᵢqᵢ),
//! exp_p(v) = (cos ϑ √p + (sin ϑ/ϑ) u)²,  u = v/(2√p), ϑ = ‖u‖
//! ```
//!
//! | retraction | order | leaves the simplex | if unsure |
//! |---|---|---|---|
//! | [`Exponential`](crate::manifold::Exponential) | exact | at the face, t = [`exit_time`](Manifold::exit_time) | **use this**: a sine and a cosine a step |
//! | [`MultiplicativeRetraction`] | first | never | exponentiated gradient; of KL(c‖q) one step arrives |
//! | [`MixtureRetraction`] | first | min pᵢ/(-vᵢ) | of KL(q‖c) one step arrives |
//! | [`ProjectionRetraction`] | second | min 2pᵢ/(-vᵢ) | many steps: no function but division |
//! | [`AverageRetraction`] | second | up to 28 % after the mixture | to compare with |
//! | [`QuadraticRetraction`], [`NaturalQuadraticRetraction`] | second | at a face; never | geodesic corrections in p and in θ |
//!
//! | vector transport | order | keeps | if unsure |
//! |---|---|---|---|
//! | [`LeviCivita`](crate::manifold::LeviCivita) | exact | lengths | **use this** |
//! | [`MixtureTransport`], [`MultiplicativeTransport`] | first | inner products between the two | mirror descent's own momenta |
//! | [`AverageTransport`], [`ProjectionTransport`] | second | nothing exactly | to compare with |
//!
//! | chart | coordinates | if unsure |
//! |---|---|---|
//! | [`DropLast`] | p₁..pₙ | expectation parameters |
//! | [`LogRatios`] | ln(pᵢ/pₙ₊₁) | **use this** for coordinates without bounds or redundancy |
//! | [`RedundantLogits`] | one logit an outcome | what networks put out |
//!
//! Beside them on [`Simplex`]: faces and the closed simplex, means, volumes, random points, the Hessian, and batches of rows.

mod batch;
mod charts;
mod faces;
mod geometry;
mod kernel;
mod means;
mod retraction;
mod sampling;
mod steps;
mod transport;
mod volume;

pub use charts::{DropLast, LogRatios, Logits, RedundantLogits, SimplexChart};
pub use steps::{
    AverageRetraction, MixtureRetraction, MultiplicativeRetraction, NaturalQuadraticRetraction,
    ProjectionRetraction, QuadraticRetraction,
};
pub use transport::{AverageTransport, MixtureTransport, MultiplicativeTransport, ProjectionTransport};

use crate::manifold::{Manifold, Point, Tangent};
use crate::{Result, check};
use ndarray::{Array1, ArrayView1};
use std::borrow::Cow;

/// How far the sum of a point may be from one, and that of a tangent vector from zero relative to Σ|vᵢ|.
pub(crate) const MASS_TOLERANCE: f64 = 1e-12;

/// How far the sum of a tangent vector may be from zero outright: what rounding leaves when nearly equal vectors of length one
/// are subtracted, as in a change of gradients near a minimum.
pub(crate) const DIFFERENCE_TOLERANCE: f64 = 1e-14;

/// The entries in order, copied only if they are strided.
fn contiguous<'a>(x: &ArrayView1<'a, f64>) -> Cow<'a, [f64]> {
    x.to_slice().map_or_else(|| Cow::Owned(x.to_vec()), Cow::Borrowed)
}

/// The open probability simplex with the Fisher-Rao metric of N trials.
///
/// ```text
/// {p : pᵢ > 0, Σ pᵢ = 1},   T_p = {v : Σ vᵢ = 0},   ⟨v, w⟩ = N Σ vᵢwᵢ/pᵢ
/// ```
///
/// p ↦ 2√N √p is an isometry onto the positive orthant of a sphere of radius 2√N: curvature 1/(4N), diameter π√N.
///
/// # Errors
/// A point with an entry that is not positive, or whose sum is not 1 within 1e-12; a vector whose sum is not 0 within
/// 1e-12 Σ|vᵢ| + 1e-14; a step that reaches the boundary ([`BeyondExit`](crate::Error::BeyondExit), with the exit time).
///
/// # Numerical notes
/// The last bits of a sum are taken seriously: a point stands for p/Σp, a vector for its projection v - (Σv)p. The tolerance of
/// a vector's sum therefore changes no result: it only says how large a sum is still taken for rounding, 1e-12 of the vector
/// itself, or the 1e-14 that a difference of vectors of length one may keep. Vectors that come from here sum to zero within
/// 1e-13 Σ|vᵢ|, also between corners, where the entries may be smaller than the rounding of one.
///
/// No arc cosine and no difference of square roots occurs, so that distance, logarithm and transport keep all digits for points
/// 1e-15 apart as for entries of 1e-300; `docs/precision.md` lists what was measured.
///
/// # Example
/// ```
/// use natgrad::manifold::{Manifold, Simplex};
/// use natgrad::ndarray::array;
///
/// let simplex = Simplex::new(2)?;
/// let p = simplex.point(array![0.25, 0.75])?;
/// let q = simplex.point(array![0.75, 0.25])?;
/// // √p and √q are 30 degrees apart, and the sphere has radius 2.
/// assert!((simplex.distance(&p, &q)? - std::f64::consts::FRAC_PI_3).abs() < 1e-15);
/// // One step too far is an error, not a reflection.
/// let v = simplex.tangent(&p, array![-1.0, 1.0])?;
/// assert!(simplex.exp(&p, &v).is_err());
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Cost
/// A few divisions and roots an entry; no matrix is formed by any method of [`Manifold`].
///
/// # Checked by
/// `manifold::simplex`, `manifold::simplex_laws`, `manifold::every_manifold`, `manifold::precision`, `manifold::elsewhere`
///
/// # References
/// Rao 1945; Chentsov 1982; Åström, Petra, Schmitzer & Schnörr 2017 (arXiv:1603.05285).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Simplex {
    outcomes: usize,
    trials: f64,
}

impl Simplex {
    /// Laws of one trial with `outcomes` ≥ 2 outcomes.
    ///
    /// # Errors
    /// [`Setting`](crate::Error::Setting) with fewer than two outcomes.
    pub fn new(outcomes: usize) -> Result<Self> {
        Simplex::multinomial(outcomes, 1)
    }

    /// Laws of `trials` ≥ 1 trials: the metric is N times that of one, so that distances grow by √N. Points still sum to one.
    ///
    /// # Errors
    /// [`Setting`](crate::Error::Setting) with fewer than two outcomes, or no trial.
    ///
    /// # Example
    /// ```
    /// use natgrad::manifold::{Manifold, Simplex};
    /// use natgrad::ndarray::array;
    ///
    /// let (one, nine) = (Simplex::new(3)?, Simplex::multinomial(3, 9)?);
    /// let (p, q) = (one.point(array![0.2, 0.3, 0.5])?, one.point(array![0.1, 0.6, 0.3])?);
    /// assert!((nine.distance(&p, &q)? / one.distance(&p, &q)? - 3.0).abs() < 1e-15);
    /// # Ok::<(), natgrad::Error>(())
    /// ```
    ///
    /// # Checked by
    /// `manifold::elsewhere::the_metric_of_trials_is_a_sum_over_counts`
    pub fn multinomial(outcomes: usize, trials: u64) -> Result<Self> {
        check::setting("outcomes", outcomes as f64, outcomes >= 2, "at least 2")?;
        check::setting("trials", trials as f64, trials >= 1, "at least 1")?;
        Ok(Simplex { outcomes, trials: trials as f64 })
    }

    /// The weights divided by their sum.
    ///
    /// # Shapes
    /// n + 1 weights.
    ///
    /// # Errors
    /// [`Domain`](crate::Error::Domain) if an entry is not positive once divided: a weight 1e-330 of the largest is no double.
    ///
    /// # Numerical notes
    /// Divided by the largest first, so that no sum overflows, and by the sum twice: the result sums to one within 2.2e-16.
    ///
    /// # Example
    /// ```
    /// # use natgrad::{manifold::{Manifold, Simplex}, ndarray::array};
    /// let p = Simplex::new(3)?.normalise(array![1e300, 2e300, 5e300])?;
    /// assert!((&p.values() - &array![0.125, 0.25, 0.625]).iter().all(|e| e.abs() < 1e-16));
    /// # Ok::<(), natgrad::Error>(())
    /// ```
    pub fn normalise(&self, weights: Array1<f64>) -> Result<Point> {
        check::vector("weights", self.outcomes, &weights.view())?;
        let largest = weights.fold(f64::MIN_POSITIVE, |m, w| m.max(w.abs()));
        let mut p = weights.mapv(|w| w / largest).to_vec();
        kernel::normalise(&mut p);
        kernel::normalise(&mut p);
        self.point(p.into())
    }

    /// The centre (1, …, 1)/(n + 1).
    pub fn centre(&self) -> Point {
        Point::unchecked(Array1::from_elem(self.outcomes, 1.0 / self.outcomes as f64))
    }

    /// The Fisher-Rao-orthogonal projection a ↦ a - (Σa)p of a vector onto the tangent space.
    ///
    /// Subtracting the mean of a also lands in the tangent space, but that is the Euclidean projection.
    ///
    /// # Shapes
    /// n + 1 components, and as many of the result.
    ///
    /// # Errors
    /// A component that is not finite, or that leaves the range of f64 in the result.
    ///
    /// # Example
    /// ```
    /// # use natgrad::{manifold::{Manifold, Simplex}, ndarray::array};
    /// let simplex = Simplex::new(3)?;
    /// let p = simplex.point(array![0.25, 0.25, 0.5])?;
    /// let v = simplex.project(&p, array![1.0, 0.0, 0.0].view())?;
    /// assert_eq!(v.values(), array![0.75, -0.25, -0.5]);
    /// # Ok::<(), natgrad::Error>(())
    /// ```
    ///
    /// # Checked by
    /// `manifold::simplex_laws`
    pub fn project(&self, p: &Point, a: ArrayView1<'_, f64>) -> Result<Tangent> {
        self.check_point(p.values())?;
        check::vector("vector", self.outcomes, &a)?;
        let once = self.tangential(p, a.to_owned())?;
        // What rounding of large entries left.
        self.tangential(p, once.into_inner())
    }

    /// The number of trials N.
    pub fn trials(&self) -> f64 {
        self.trials
    }

    /// The number of outcomes n + 1.
    pub fn outcomes(&self) -> usize {
        self.outcomes
    }
}
