//! Arc length along one natural parameter (private): what [`FamilyCurve`](super::FamilyCurve) and the one-dimensional
//! [`FamilyManifold`](crate::manifold::FamilyManifold) share.

use crate::family::{Family, Natural};
use crate::special::integrate;
use crate::{Error, Result};

/// Pieces of the way to an end: more than the halvings between 1 and the smallest float.
const PIECES: usize = 2400;

/// Newton steps and pieces of one exponential map.
const ITERATIONS: usize = 400;

/// Parts of the whole below which the last piece before the end of the floats shows a finite length.
const SHRINKING: f64 = 1e-6;

/// A family of one natural parameter.
#[derive(Debug)]
pub(in crate::manifold) struct Line<'a, F> {
    family: &'a F,
}

impl<'a, F: Family> Line<'a, F> {
    pub(in crate::manifold) fn new(family: &'a F) -> Self {
        Line { family }
    }

    fn fisher(&self, theta: f64) -> Result<f64> {
        let fisher = self.family.fisher_natural(&Natural::from(theta))?;
        Ok(fisher.first().copied().unwrap_or(f64::NAN))
    }

    /// ds/dθ = √ψ''.
    fn density(&self, theta: f64) -> Result<f64> {
        let fisher = self.fisher(theta)?;
        if fisher.is_finite() {
            return Ok(fisher.sqrt());
        }
        Err(Error::NonFinite { quantity: "Fisher information", index: 0, value: fisher })
    }

    /// ds/dθ, which must be positive.
    pub(in crate::manifold) fn positive_density(&self, theta: f64) -> Result<f64> {
        let density = self.density(theta)?;
        if density > 0.0 && density.is_finite() {
            return Ok(density);
        }
        let requirement = "where the Fisher information is a positive float";
        Err(Error::Domain { quantity: "point", index: 0, value: theta, requirement })
    }

    /// Γ = ψ'''/(2ψ'').
    pub(in crate::manifold) fn symbol(&self, theta: f64) -> Result<f64> {
        let third = self.family.third_cumulants(&Natural::from(theta))?;
        Ok(0.5 * third.first().copied().unwrap_or(f64::NAN) / self.fisher(theta)?)
    }

    /// s(b) - s(a).
    pub(in crate::manifold) fn length(&self, a: f64, b: f64) -> Result<f64> {
        if a.total_cmp(&b).is_eq() {
            return Ok(0.0);
        }
        integrate(|theta| self.density(theta), a, b)
    }

    /// The end of the domain of θ on the side of `sign`: the first float that the family refuses, or infinity.
    ///
    /// Domains are intervals, so that bisection finds it, in the order of the floats: some 64 checks.
    pub(in crate::manifold) fn edge(&self, theta: f64, sign: f64) -> f64 {
        let allowed = |x: f64| self.family.check_natural(&Natural::from(x)).is_ok();
        if allowed(sign * f64::MAX) {
            return sign * f64::INFINITY;
        }
        let (mut inside, mut outside) = (rank(theta), rank(sign * f64::MAX));
        loop {
            let middle = inside.midpoint(outside);
            if middle == inside || middle == outside {
                return unrank(outside);
            }
            if allowed(unrank(middle)) {
                inside = middle;
            } else {
                outside = middle;
            }
        }
    }

    /// The length from θ to an end of the domain, positive; infinite once it is seen to exceed `cap`, or where the floats end
    /// before anything shows that it is finite.
    ///
    /// An end at infinity is approached by pieces of doubling length, another by halves of what is left, until nothing is added.
    /// Where there is no float left before a finite end, the length is finite if the pieces have been shrinking: by half where
    /// the metric is regular at the end, by nothing where the length grows as a logarithm.
    pub(in crate::manifold) fn room(&self, theta: f64, end: f64, cap: f64) -> Result<f64> {
        let (mut total, mut from, mut width, mut before) = (0.0, theta, end.signum(), f64::INFINITY);
        for _ in 0..PIECES {
            let to = if end.is_finite() { 0.5 * (from + end) } else { from + width };
            if to.total_cmp(&from).is_eq() || to.total_cmp(&end).is_eq() {
                return Ok(if before < SHRINKING * total { total } else { f64::INFINITY });
            }
            let part = match self.length(from, to) {
                Err(Error::NonFinite { .. } | Error::Domain { .. }) => return Ok(f64::INFINITY),
                part => part?.abs(),
            };
            total += part;
            if total > cap {
                return Ok(f64::INFINITY);
            }
            if part <= 1e-17 * total || !to.is_finite() {
                return Ok(total);
            }
            (from, width, before) = (to, 2.0 * width, part);
        }
        Ok(f64::INFINITY)
    }

    /// The length from θ to an end that is declared to be a finite length away.
    pub(in crate::manifold) fn declared_room(&self, theta: f64, end: f64) -> Result<f64> {
        if end.is_finite() {
            Ok(self.length(theta, end)?.abs())
        } else {
            self.room(theta, end, f64::INFINITY)
        }
    }

    /// The θ at the signed length `target` from `start`, before `end`: Newton's method inside a bracket. Only the piece between
    /// two iterates is integrated, so that rounding stays relative to the length.
    pub(in crate::manifold) fn at_length(&self, start: f64, target: f64, end: f64) -> Result<f64> {
        let (mut here, mut left) = (start, target);
        // The answer is between `here` and `far`, on the side of `left`.
        let (mut near, mut far) = (start, end);
        for _ in 0..ITERATIONS {
            let density = self.positive_density(here)?;
            let newton = here + left / density;
            let inside = newton > near.min(far) && newton < near.max(far);
            let next = match (inside, far.is_finite()) {
                (true, _) => newton,
                (false, true) => 0.5 * (near + far),
                (false, false) => near + (far.signum() * (near - start).abs().max(1.0)),
            };
            // No farther than a few scales of the density at a time: what lies beyond may not be floats.
            let reach = 8.0 / self.symbol(here)?.abs();
            let next = if reach > 0.0 { here + (next - here).max(-reach).min(reach) } else { next };
            if (next - here).abs() <= 4.0 * f64::EPSILON * here.abs().min((here - start).abs())
                || next.total_cmp(&here).is_eq()
            {
                return Ok(next);
            }
            let after = left - self.length(here, next)?;
            let beyond = (after > 0.0) != (target > 0.0);
            if beyond {
                far = next;
            } else {
                near = next;
            }
            // Farther beyond the answer than before it (a step of several scales): rounding of so long a piece would stay.
            if beyond && after.abs() > left.abs() {
                continue;
            }
            (here, left) = (next, after);
        }
        Err(Error::NotConverged {
            solver: "Newton's method for the arc length",
            iterations: ITERATIONS,
            residual: (left / target).abs(),
            tolerance: f64::EPSILON,
            condition: f64::NAN,
            backward_error: f64::NAN,
            at_rounding: false,
        })
    }
}

/// The place of a float among all floats, zeros next to each other.
fn rank(x: f64) -> i64 {
    let bits = x.to_bits() as i64;
    if bits < 0 { i64::MIN.wrapping_sub(bits) - 1 } else { bits }
}

/// The float at a place.
fn unrank(place: i64) -> f64 {
    f64::from_bits(if place < 0 { i64::MIN.wrapping_sub(place + 1) } else { place } as u64)
}
