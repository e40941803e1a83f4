use crate::family::{Family, LogarithmicSeries, Natural, Zeta};
use crate::manifold::{Cotangent, Manifold, Point, Tangent};
use crate::special::integrate;
use crate::{Error, Result, check};
use ndarray::{Array1, ArrayView1};
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

/// One end of the interval of natural parameters, as the geometry sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum End {
    /// At θ = `at`, possibly infinite, a finite length away: geodesics reach it and stop.
    Finite {
        /// The end of the interval.
        at: f64,
    },
    /// At θ = `at`, possibly infinite, at infinite length: geodesics never reach it.
    Infinite {
        /// The end of the interval.
        at: f64,
    },
}

impl End {
    fn at(self) -> f64 {
        match self {
            End::Finite { at } | End::Infinite { at } => at,
        }
    }
}

/// The Fisher-Rao geometry of any family of one natural parameter, by its arc length.
///
/// ```text
/// s(θ) = ∫ √ψ''(θ) dθ,   d(θ₁, θ₂) = |s(θ₂) - s(θ₁)|,   exp_θ(v) = s⁻¹(s(θ) + v √ψ''(θ)),
/// Γ = ψ'''/(2ψ'')
/// ```
///
/// Points and vectors are in the natural parameter. A curve is flat: all that is left of its geometry is the length, and
/// the length to its ends. Whether that is finite cannot be read from finitely many values of ψ'', so the ends are declared.
///
/// # Cost
/// A distance is an adaptive quadrature with some 60 to some hundred values of ψ''; the exponential map a few.
///
/// # Numerical notes
/// Distances are right to 1e-12 or better, at any closeness, for the integrand is positive. A finite end at infinity is
/// reached by intervals of doubling length until nothing is added.
///
/// # Example
/// ```
/// use natgrad::manifold::{ArcLength, Manifold};
/// use natgrad::ndarray::array;
/// let zeta = ArcLength::zeta();
/// let (p, q) = (zeta.point(array![2.5])?, zeta.point(array![4.0])?);
/// assert!((zeta.distance(&p, &q)? - 0.56155606187495849).abs() < 1e-14);    // by quadrature of thirty digits
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `manifold::numerical_arc_length`, against the closed forms of five families and quadrature of forty digits.
///
/// # References
/// Rao 1945; Atkinson & Mitchell 1981.
#[derive(Debug, Clone, PartialEq)]
pub struct ArcLength<F> {
    family: F,
    lower: End,
    upper: End,
}

impl ArcLength<LogarithmicSeries> {
    /// Logarithmic series: p → 0 is at finite length, p → 1 at infinite.
    pub fn logarithmic_series() -> Self {
        let (lower, upper) = (End::Finite { at: f64::NEG_INFINITY }, End::Infinite { at: 0.0 });
        ArcLength { family: LogarithmicSeries, lower, upper }
    }
}

impl ArcLength<Zeta> {
    /// Zeta laws: s → 1 is at infinite length, s → ∞ at finite.
    pub fn zeta() -> Self {
        ArcLength { family: Zeta, lower: End::Infinite { at: 1.0 }, upper: End::Finite { at: f64::INFINITY } }
    }
}

impl<F: Family> ArcLength<F> {
    /// The curve of a family of one natural parameter between two declared ends.
    ///
    /// # Errors
    /// [`Error::Setting`] if the family has more than one natural parameter, or if the ends are not in order.
    pub fn new(family: F, lower: End, upper: End) -> Result<Self> {
        check::setting("natural parameters", family.dim() as f64, family.dim() == 1, "one")?;
        check::setting("lower end", lower.at(), lower.at() < upper.at(), "below the upper end")?;
        Ok(ArcLength { family, lower, upper })
    }

    /// The family.
    pub fn family(&self) -> &F {
        &self.family
    }

    fn fisher(&self, theta: f64) -> Result<f64> {
        let fisher = self.family.fisher_natural(&Natural::from(theta))?;
        Ok(fisher.first().copied().unwrap_or(f64::NAN))
    }

    /// ds/dθ = √ψ''.
    fn density(&self, theta: f64) -> Result<f64> {
        Ok(self.fisher(theta)?.sqrt())
    }

    /// ds/dθ at a point, which must be positive.
    fn positive_density(&self, p: &Point) -> Result<f64> {
        let theta = self.value(p)?;
        let density = self.density(theta)?;
        if density > 0.0 && density.is_finite() {
            return Ok(density);
        }
        let requirement = "where the Fisher information is a positive float";
        Err(Error::Domain { quantity: "point", index: 0, value: theta, requirement })
    }

    fn value(&self, p: &Point) -> Result<f64> {
        self.check_point(p.values())?;
        Ok(p.values()[0])
    }

    fn component(&self, p: &Point, v: &Tangent) -> Result<f64> {
        self.check_tangent(p, v.values())?;
        Ok(v.values()[0])
    }

    /// s(b) - s(a).
    fn length(&self, a: f64, b: f64) -> Result<f64> {
        if a.total_cmp(&b).is_eq() {
            return Ok(0.0);
        }
        integrate(|theta| self.density(theta), a, b)
    }

    /// The length from θ to the end in the given direction.
    fn length_to_end(&self, theta: f64, end: End) -> Result<f64> {
        let at = match end {
            End::Infinite { .. } => return Ok(f64::INFINITY),
            End::Finite { at } => at,
        };
        if at.is_finite() {
            return Ok(self.length(theta, at)?.abs());
        }
        let (mut total, mut from, mut width) = (0.0, theta, at.signum());
        loop {
            let to = from + width;
            let part = self.length(from, to)?.abs();
            total += part;
            if part <= 1e-17 * total || !to.is_finite() {
                return Ok(total);
            }
            (from, width) = (to, 2.0 * width);
        }
    }

    /// The θ at the signed length `target` from `start`: Newton's method inside a bracket. Only the piece between two
    /// iterates is integrated, so that rounding stays relative to the length.
    fn at_length(&self, start: f64, target: f64) -> Result<f64> {
        let end = if target > 0.0 { self.upper.at() } else { self.lower.at() };
        let (mut here, mut left) = (start, target);
        // The answer is between `here` and `far`, on the side of `left`.
        let (mut near, mut far) = (start, end);
        for _ in 0..400 {
            let density = self.positive_density(&Point::unchecked(Array1::from_elem(1, here)))?;
            let newton = here + left / density;
            let inside = newton > near.min(far) && newton < near.max(far);
            let next = match (inside, far.is_finite()) {
                (true, _) => newton,
                (false, true) => 0.5 * (near + far),
                (false, false) => near + (far.signum() * (near - start).abs().max(1.0)),
            };
            // No farther than a few scales of the density at a time: what lies beyond may not be floats.
            let reach = 8.0 * self.scale(here)?;
            let next = if reach > 0.0 { here + (next - here).max(-reach).min(reach) } else { next };
            if (next - here).abs() <= 4.0 * f64::EPSILON * here.abs().min((here - start).abs())
                || next.total_cmp(&here).is_eq()
            {
                return Ok(next);
            }
            left -= self.length(here, next)?;
            here = next;
            if (left > 0.0) == (target > 0.0) {
                near = here;
            } else {
                far = here;
            }
        }
        Err(Error::NotConverged {
            solver: "Newton's method for the arc length",
            iterations: 400,
            residual: (left / target).abs(),
            tolerance: f64::EPSILON,
            condition: f64::NAN,
            backward_error: f64::NAN,
            at_rounding: false,
        })
    }

    /// The change of θ over which √ψ'' changes by a factor of e.
    fn scale(&self, theta: f64) -> Result<f64> {
        Ok(1.0 / self.symbol(theta)?.abs())
    }

    /// Γ = ψ'''/(2ψ'').
    fn symbol(&self, theta: f64) -> Result<f64> {
        let third = self.family.third_cumulants(&Natural::from(theta))?;
        Ok(0.5 * third.first().copied().unwrap_or(f64::NAN) / self.fisher(theta)?)
    }

    fn exit(&self, theta: f64, speed: f64) -> Result<f64> {
        if speed.total_cmp(&0.0).is_eq() || speed.total_cmp(&-0.0).is_eq() {
            return Ok(f64::INFINITY);
        }
        let end = if speed > 0.0 { self.upper } else { self.lower };
        Ok(self.length_to_end(theta, end)? / speed.abs())
    }
}

impl<F: Family> Manifold for ArcLength<F> {
    fn name(&self) -> String {
        format!("Fisher-Rao curve of the {} family", self.family.name())
    }

    fn dim(&self) -> usize {
        1
    }

    fn coordinates(&self) -> usize {
        1
    }

    fn check_point(&self, p: ArrayView1<'_, f64>) -> Result<()> {
        check::vector("point", 1, &p)?;
        self.family.check_natural(&Natural::new(p.to_owned()))
    }

    fn check_tangent(&self, _: &Point, v: ArrayView1<'_, f64>) -> Result<()> {
        check::vector("tangent vector", 1, &v)
    }

    fn inner(&self, p: &Point, v: &Tangent, w: &Tangent) -> Result<f64> {
        let density = self.positive_density(p)?;
        Ok((density * self.component(p, v)?) * (density * self.component(p, w)?))
    }

    fn sharp(&self, p: &Point, a: &Cotangent) -> Result<Tangent> {
        check::vector("covector", 1, &a.values())?;
        let density = self.positive_density(p)?;
        Ok(Tangent::unchecked(a.values().mapv(|a| a / density / density)))
    }

    fn flat(&self, p: &Point, v: &Tangent) -> Result<Cotangent> {
        let density = self.positive_density(p)?;
        Ok(Cotangent::new(Array1::from_elem(1, density * (density * self.component(p, v)?))))
    }

    fn exit_time(&self, p: &Point, v: &Tangent) -> Result<f64> {
        self.exit(self.value(p)?, self.positive_density(p)? * self.component(p, v)?)
    }

    fn exp(&self, p: &Point, v: &Tangent) -> Result<Point> {
        let (theta, speed) = (self.value(p)?, self.positive_density(p)? * self.component(p, v)?);
        let exit_time = self.exit(theta, speed)?;
        if exit_time <= 1.0 {
            return Err(Error::BeyondExit { map: "exponential map", manifold: self.name(), exit_time });
        }
        self.point(Array1::from_elem(1, self.at_length(theta, speed)?))
    }

    fn log(&self, p: &Point, q: &Point) -> Result<Tangent> {
        let (from, to) = (self.value(p)?, self.value(q)?);
        let length = self.length(from, to)?;
        Ok(Tangent::unchecked(Array1::from_elem(1, length / self.positive_density(p)?)))
    }

    fn distance(&self, p: &Point, q: &Point) -> Result<f64> {
        Ok(self.length(self.value(p)?, self.value(q)?)?.abs())
    }

    fn parallel_transport(&self, p: &Point, q: &Point, v: &Tangent) -> Result<Tangent> {
        let ratio = self.positive_density(p)? / self.positive_density(q)?;
        Ok(Tangent::unchecked(Array1::from_elem(1, ratio * self.component(p, v)?)))
    }

    fn christoffel(&self, p: &Point, v: &Tangent, w: &Tangent) -> Result<Tangent> {
        let symbol = self.symbol(self.value(p)?)?;
        Ok(Tangent::unchecked(Array1::from_elem(1, symbol * self.component(p, v)? * self.component(p, w)?)))
    }

    /// Zero: a curve is flat.
    fn riemann(&self, p: &Point, x: &Tangent, y: &Tangent, z: &Tangent) -> Result<Tangent> {
        self.check_point(p.values())?;
        for v in [x, y, z] {
            self.check_tangent(p, v.values())?;
        }
        Ok(self.zero())
    }

    fn random_tangent(&self, p: &Point, rng: &mut dyn Rng) -> Result<Tangent> {
        let z: f64 = StandardNormal.sample(rng);
        Ok(Tangent::unchecked(Array1::from_elem(1, z / self.positive_density(p)?)))
    }
}
