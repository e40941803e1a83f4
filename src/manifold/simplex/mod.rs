//! The probability simplex with the Fisher-Rao metric: one orthant of a sphere, seen through p ↦ √p.

mod batch;
mod charts;
mod faces;
mod geometry;
mod kernel;
mod means;
mod retraction;
mod sampling;
mod transport;
mod volume;

pub use charts::{Chart, DropLast, LogRatios, Logits, RedundantLogits};
pub use means::FrechetMean;
pub use retraction::{
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
/// # References
/// Rao 1945; Chentsov 1982; Åström, Petra, Schmitzer & Schnörr 2017 (arXiv:1603.05285).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Simplex {
    outcomes: usize,
    trials: f64,
}

impl Simplex {
    /// Laws of one trial with `outcomes` ≥ 2 outcomes.
    pub fn new(outcomes: usize) -> Result<Self> {
        Simplex::multinomial(outcomes, 1)
    }

    /// Laws of `trials` ≥ 1 trials: the metric is N times that of one, so that distances grow by √N. Points still sum to one.
    pub fn multinomial(outcomes: usize, trials: u64) -> Result<Self> {
        check::setting("outcomes", outcomes as f64, outcomes >= 2, "at least 2")?;
        check::setting("trials", trials as f64, trials >= 1, "at least 1")?;
        Ok(Simplex { outcomes, trials: trials as f64 })
    }

    /// The weights divided by their sum.
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
