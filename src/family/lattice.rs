//! Whole numbers around a mode, out to a stated tail (private).

use crate::family::SUPPORT_LIMIT;
use crate::{Error, Result, check};
use ndarray::{Array1, Array2, Axis};

/// 2⁵³.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A law on whole numbers whose probabilities fall away from its mode.
pub(crate) struct Lattice<R, L> {
    /// Where to begin: a most probable outcome, or nearly.
    pub mode: f64,
    /// ln p at the mode.
    pub log_mass: f64,
    /// The least outcome.
    pub first: f64,
    /// The greatest, or infinity.
    pub last: f64,
    /// p(k+1)/p(k).
    pub ratio: R,
    /// No ratio at or above k is larger.
    pub bound: L,
}

impl<R: Fn(f64) -> f64, L: Fn(f64) -> f64> Lattice<R, L> {
    /// First and last outcome of a range that leaves out at most `tail`.
    ///
    /// Beyond k the mass is at most p(k+1)/(1 - ρ) with ρ the bound of the ratios from k+1 on; below k, where ratios
    /// fall (log-concave laws), at most p(k-1)/(1 - p(k-1)/p(k)). Each side may leave out half.
    pub(crate) fn range(&self, tail: f64) -> Result<(f64, f64)> {
        check::setting("tail", tail, tail > 0.0 && tail < 1.0, "strictly between 0 and 1")?;
        let target = (0.5 * tail).ln();
        // Beyond 2⁵³ a count has no neighbour.
        self.check_length(if self.mode < EXACT { 0.0 } else { self.mode })?;
        let (mut log, mut upper) = (self.log_mass, self.mode);
        while upper < self.last {
            log += (self.ratio)(upper).ln();
            let bound = (self.bound)(upper + 1.0);
            if bound < 1.0 && log - (1.0 - bound).ln() < target {
                break;
            }
            upper += 1.0;
            self.check_length(upper - self.mode)?;
        }
        let (mut log, mut lower) = (self.log_mass, self.mode);
        while lower > self.first {
            let ratio = (self.ratio)(lower - 1.0);
            log -= ratio.ln();
            if ratio > 1.0 && log - (1.0 - 1.0 / ratio).ln() < target {
                break;
            }
            lower -= 1.0;
            self.check_length(upper - lower)?;
        }
        Ok((lower, upper))
    }

    /// The outcomes of [`range`](Self::range), one per row.
    pub(crate) fn outcomes(&self, tail: f64) -> Result<Array2<f64>> {
        let (first, last) = self.range(tail)?;
        Ok(column(first, last))
    }

    /// -Σ p ln p: outwards from the mode until what is left is below rounding of what is there.
    ///
    /// Beyond a term p ≤ 1/e the terms are at most those of a geometric law with the bound ρ of the ratios, whose sum is
    /// p/(1 - ρ) (-ln p - ρ ln ρ/(1 - ρ)). Their size beside the sum counts, not their mass: a law that is all but sure
    /// has its entropy in the rare outcomes.
    pub(crate) fn entropy(&self, log_mass: impl Fn(f64) -> Result<f64>) -> Result<f64> {
        // Beyond 2⁵³ a count has no neighbour.
        self.check_length(if self.mode < EXACT { 0.0 } else { self.mode })?;
        let mut sum = 0.0;
        let mut add = |x: f64, ratio: &dyn Fn() -> (f64, f64)| -> Result<bool> {
            let log = log_mass(x)?;
            sum -= log.exp() * log;
            let (next, bound) = ratio();
            let log = log + next.ln();
            if log == f64::NEG_INFINITY {
                return Ok(true);
            }
            let spread = bound * bound.max(f64::MIN_POSITIVE).ln() / (1.0 - bound);
            Ok(bound < 1.0 && log < -1.0 && log.exp() / (1.0 - bound) * (-log - spread) <= 1e-18 * sum)
        };
        let mut upper = self.mode;
        while !add(upper, &|| ((self.ratio)(upper), (self.bound)(upper + 1.0)))? && upper < self.last {
            upper += 1.0;
            self.check_length(upper - self.mode)?;
        }
        let mut lower = self.mode;
        while lower > self.first {
            lower -= 1.0;
            self.check_length(upper - lower)?;
            // Ratios downwards fall as well.
            let down = || {
                if lower > self.first {
                    (1.0 / (self.ratio)(lower - 1.0), 1.0 / (self.ratio)(lower - 1.0))
                } else {
                    (0.0, 0.0)
                }
            };
            if add(lower, &down)? {
                break;
            }
        }
        Ok(sum)
    }

    fn check_length(&self, length: f64) -> Result<()> {
        if length < SUPPORT_LIMIT as f64 {
            return Ok(());
        }
        Err(Error::TooLarge {
            quantity: "list of outcomes",
            needed: length + 1.0,
            limit: SUPPORT_LIMIT as f64,
            advice: "allow a larger tail, or use the closed form",
        })
    }
}

/// first, first + 1, …, last as a column.
pub(crate) fn column(first: f64, last: f64) -> Array2<f64> {
    let count = (last - first) as usize + 1;
    Array1::from_iter((0..count).map(|k| first + k as f64)).insert_axis(Axis(1))
}

/// Standard deviations from which [`wide_sum`] serves.
pub(crate) const WIDE: f64 = 200.0;

/// Σ f over all whole numbers, for an f as smooth and as narrow as a normal law of this mean and deviation: a quarter of
/// the deviation as step, whose error is exp(-2π² 4²) of the sum (Poisson's summation formula).
pub(crate) fn wide_sum(mean: f64, deviation: f64, f: impl Fn(f64) -> Result<f64>) -> Result<f64> {
    let (centre, step) = (mean.floor(), (0.25 * deviation).floor());
    let mut sum = 0.0;
    for k in -50..=50 {
        sum += f(centre + f64::from(k) * step)?;
    }
    Ok(step * sum)
}
