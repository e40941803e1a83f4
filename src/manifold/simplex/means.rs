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
impl Simplex {
    /// The arithmetic mean.
    pub fn mixture_mean(&self, points: &[Point], weights: &[f64]) -> Result<Point> {
        let weights = self.check_weighted(points, weights)?;
        self.normalise(weighted(points, &weights, self.outcomes, |x| x))
    }

    /// The normalised geometric mean.
    ///
    /// # Errors
    /// [`Domain`](Error::Domain) if an entry underflows.
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
    /// # Errors
    /// [`NotConverged`](Error::NotConverged) after `limit` steps.
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
