use super::Simplex;
use crate::Result;
use crate::manifold::frechet_mean::shares;
use crate::manifold::{FrechetMean, Manifold, Point, frechet_mean};
use ndarray::{Array1, Zip};

/// Weighted means. Weights are positive and are divided by their sum.
///
/// | mean | minimises | formula |
/// |---|---|---|
/// | mixture | Σ wᵢ KL(pᵢ‖c) | Σ wᵢ pᵢ |
/// | geometric | Σ wᵢ KL(c‖pᵢ) | Π pᵢ^wᵢ, normalised |
/// | Fréchet | Σ wᵢ d²(pᵢ, c) | none; c ← exp(Σ wᵢ log pᵢ) |
///
/// If unsure, use the mixture mean: it is the law of a draw from a randomly chosen pᵢ. All three are checked by
/// `manifold::charts::means_give_the_printed_numbers`.
impl Simplex {
    /// The arithmetic mean Σ wᵢ pᵢ.
    ///
    /// # Shapes
    /// As many weights as points.
    ///
    /// # Errors
    /// No points, a weight that is not positive, a point off the simplex.
    ///
    /// # Example
    /// ```
    /// # use natgrad::{manifold::{Manifold, Simplex}, ndarray::array};
    /// let simplex = Simplex::new(2)?;
    /// let points = [simplex.point(array![0.1, 0.9])?, simplex.point(array![0.5, 0.5])?];
    /// let mean = simplex.mixture_mean(&points, &[3.0, 1.0])?;
    /// assert!((mean.values()[0] - 0.2).abs() < 1e-16);
    /// # Ok::<(), natgrad::Error>(())
    /// ```
    pub fn mixture_mean(&self, points: &[Point], weights: &[f64]) -> Result<Point> {
        let weights = self.check_weighted(points, weights)?;
        self.normalise(weighted(points, &weights, self.outcomes, |x| x))
    }

    /// The normalised geometric mean Π pᵢ^wᵢ/Z.
    ///
    /// # Shapes
    /// As many weights as points.
    ///
    /// # Errors
    /// [`Domain`](crate::Error::Domain) if an entry underflows; no points, a weight that is not positive, a point off the simplex.
    ///
    /// # Example
    /// ```
    /// # use natgrad::{manifold::{Manifold, Simplex}, ndarray::array};
    /// let simplex = Simplex::new(2)?;
    /// let points = [simplex.point(array![0.5, 0.5])?, simplex.point(array![16.0, 1.0] / 17.0)?];
    /// // Odds 1 and 16 have the geometric mean 4.
    /// let mean = simplex.geometric_mean(&points, &[1.0, 1.0])?;
    /// assert!((mean.values()[0] - 0.8).abs() < 1e-15);
    /// # Ok::<(), natgrad::Error>(())
    /// ```
    pub fn geometric_mean(&self, points: &[Point], weights: &[f64]) -> Result<Point> {
        let weights = self.check_weighted(points, weights)?;
        let logs = weighted(points, &weights, self.outcomes, f64::ln);
        let top = logs.fold(f64::NEG_INFINITY, |m, x| m.max(*x));
        self.normalise(logs.mapv(|x| (x - top).exp()))
    }

    /// The Fréchet (Karcher) mean: unit steps along the mean of the logarithms, until a step is shorter than `tolerance`.
    ///
    /// It is unique, since the simplex is a convex part of a ball of the sphere. No step can leave the simplex, so none is
    /// shortened: a step of angle ϑ ends at least (cos ϑ - (sin ϑ/ϑ) Σ wᵢ ωᵢ cot ωᵢ)√p from zero, where ωᵢ is the angle
    /// to point i; and since ω cot ω falls and is concave, Σ wᵢ ωᵢ cot ωᵢ ≤ ϑ cot ϑ.
    ///
    /// # Shapes
    /// As many weights as points.
    ///
    /// # Units
    /// `tolerance` is a length in the metric.
    ///
    /// # Errors
    /// [`NotConverged`](crate::Error::NotConverged) after `limit` steps.
    ///
    /// # Cost
    /// One logarithm per point and step. Convergence is linear, the faster the closer the points: the start is the mean of
    /// the chords, and a triangle with sides of ½ takes a dozen steps at most to 1e-15.
    ///
    /// # Example
    /// ```
    /// # use natgrad::{manifold::{Manifold, Simplex}, ndarray::array};
    /// let simplex = Simplex::new(2)?;
    /// let points = [simplex.point(array![0.25, 0.75])?, simplex.point(array![0.75, 0.25])?];
    /// let mean = simplex.frechet_mean(&points, &[1.0, 1.0], 1e-14, 20)?;
    /// assert!((mean.point.values()[0] - 0.5).abs() < 1e-15 && mean.residual <= 1e-14);
    /// # Ok::<(), natgrad::Error>(())
    /// ```
    ///
    /// # References
    /// Karcher 1977; Afsari 2011 (uniqueness in balls of a sphere).
    pub fn frechet_mean(
        &self,
        points: &[Point],
        weights: &[f64],
        tolerance: f64,
        limit: usize,
    ) -> Result<FrechetMean> {
        // The mean of the chordal distance agrees with it to second order in the spread.
        let start = self.amplitude_mean(points, &self.check_weighted(points, weights)?)?;
        frechet_mean(self, points, weights, &start, tolerance, limit)
    }

    /// The point whose root is the normalised mean of the roots: the mean of the chordal distance.
    fn amplitude_mean(&self, points: &[Point], weights: &[f64]) -> Result<Point> {
        self.normalise(weighted(points, weights, self.outcomes, f64::sqrt).mapv(|x| x * x))
    }

    fn check_weighted(&self, points: &[Point], weights: &[f64]) -> Result<Vec<f64>> {
        for p in points {
            self.check_point(p.values())?;
        }
        shares(points, weights)
    }
}

/// Σ wᵢ map(pᵢ), entry by entry.
fn weighted(points: &[Point], weights: &[f64], outcomes: usize, map: impl Fn(f64) -> f64) -> Array1<f64> {
    let mut sum = Array1::zeros(outcomes);
    for (p, w) in points.iter().zip(weights) {
        Zip::from(&mut sum).and(p.values()).for_each(|s: &mut f64, &p| *s += w * map(p));
    }
    sum
}
