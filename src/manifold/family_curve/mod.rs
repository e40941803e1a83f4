mod line;

use crate::family::{Family, LogarithmicSeries, Natural, Zeta};
use crate::manifold::{Cotangent, Manifold, Point, Tangent};
use crate::{Error, Result, check};
use ndarray::{Array1, ArrayView1};
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

pub(in crate::manifold) use line::Line;

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
/// Where the arc length has a closed form, a [`Curve`](crate::manifold::Curve) is better; a family of several parameters, or one
/// whose ends are not known, is a [`FamilyManifold`](crate::manifold::FamilyManifold).
///
/// Points and vectors are in the natural parameter. A curve is flat: all that is left of its geometry is the length, and
/// the length to its ends. Whether that is finite cannot be read from finitely many values of ψ'', so the ends are declared.
///
/// # Cost
/// A distance is an adaptive quadrature with some 60 to some hundred values of ψ''; the exponential map a few.
///
/// # Numerical notes
/// Distances are right to 4e-15, at any closeness, for the integrand is positive. A finite end at infinity is reached by pieces of
/// doubling length until nothing is added. The exponential map ends within four roundings of θ, which are 4ε|θ|√ψ'' of length: the
/// largest part of its error where |θ| is large, and none of it is owed to the point it starts from. No quadrature bisects more
/// than 4000 times, and no exponential map takes more than 400 steps.
///
/// # Errors
/// [`Error::BeyondExit`] with the exit time; [`Error::NotConverged`] where rounding of ψ'' exceeds 1e-13.
///
/// # Example
/// ```
/// use natgrad::manifold::{FamilyCurve, Manifold};
/// use natgrad::ndarray::array;
/// let zeta = FamilyCurve::zeta();
/// let (p, q) = (zeta.point(array![2.5])?, zeta.point(array![4.0])?);
/// assert!((zeta.distance(&p, &q)? - 0.56155606187495849).abs() < 1e-14);    // by quadrature of thirty digits
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `manifold::numerical_curve`, against the closed forms of five families and quadrature of forty digits.
///
/// # References
/// Rao 1945; Atkinson & Mitchell 1981.
#[derive(Debug, Clone, PartialEq)]
pub struct FamilyCurve<F> {
    family: F,
    lower: End,
    upper: End,
}

impl FamilyCurve<LogarithmicSeries> {
    /// Logarithmic series: p → 0 is at finite length, p → 1 at infinite.
    pub fn logarithmic_series() -> Self {
        let (lower, upper) = (End::Finite { at: f64::NEG_INFINITY }, End::Infinite { at: 0.0 });
        FamilyCurve { family: LogarithmicSeries, lower, upper }
    }
}

impl FamilyCurve<Zeta> {
    /// Zeta laws: s → 1 is at infinite length, s → ∞ at finite.
    pub fn zeta() -> Self {
        FamilyCurve {
            family: Zeta,
            lower: End::Infinite { at: 1.0 },
            upper: End::Finite { at: f64::INFINITY },
        }
    }
}

impl<F: Family> FamilyCurve<F> {
    /// The curve of a family of one natural parameter between two declared ends.
    ///
    /// # Errors
    /// [`Error::Setting`] if the family has more than one natural parameter, or if the ends are not in order.
    pub fn new(family: F, lower: End, upper: End) -> Result<Self> {
        check::setting("natural parameters", family.dim() as f64, family.dim() == 1, "one")?;
        check::setting("lower end", lower.at(), lower.at() < upper.at(), "below the upper end")?;
        Ok(FamilyCurve { family, lower, upper })
    }

    /// The family.
    pub fn family(&self) -> &F {
        &self.family
    }

    fn line(&self) -> Line<'_, F> {
        Line::new(&self.family)
    }

    /// ds/dθ at a point, which must be positive.
    fn density(&self, p: &Point) -> Result<f64> {
        self.line().positive_density(self.value(p)?)
    }

    fn value(&self, p: &Point) -> Result<f64> {
        self.check_point(p.values())?;
        Ok(p.values()[0])
    }

    fn component(&self, p: &Point, v: &Tangent) -> Result<f64> {
        self.check_tangent(p, v.values())?;
        Ok(v.values()[0])
    }

    fn exit(&self, theta: f64, speed: f64) -> Result<f64> {
        if speed.total_cmp(&0.0).is_eq() || speed.total_cmp(&-0.0).is_eq() {
            return Ok(f64::INFINITY);
        }
        let room = match if speed > 0.0 { self.upper } else { self.lower } {
            End::Infinite { .. } => f64::INFINITY,
            End::Finite { at } => self.line().declared_room(theta, at)?,
        };
        Ok(room / speed.abs())
    }
}

impl<F: Family> Manifold for FamilyCurve<F> {
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
        let density = self.density(p)?;
        Ok((density * self.component(p, v)?) * (density * self.component(p, w)?))
    }

    fn sharp(&self, p: &Point, a: &Cotangent) -> Result<Tangent> {
        check::vector("covector", 1, &a.values())?;
        let density = self.density(p)?;
        Ok(Tangent::unchecked(a.values().mapv(|a| a / density / density)))
    }

    fn flat(&self, p: &Point, v: &Tangent) -> Result<Cotangent> {
        let density = self.density(p)?;
        Ok(Cotangent::new(Array1::from_elem(1, density * (density * self.component(p, v)?))))
    }

    fn exit_time(&self, p: &Point, v: &Tangent) -> Result<f64> {
        self.exit(self.value(p)?, self.density(p)? * self.component(p, v)?)
    }

    fn exp(&self, p: &Point, v: &Tangent) -> Result<Point> {
        let (theta, speed) = (self.value(p)?, self.density(p)? * self.component(p, v)?);
        let exit_time = self.exit(theta, speed)?;
        if exit_time <= 1.0 {
            return Err(Error::BeyondExit { map: "exponential map", manifold: self.name(), exit_time });
        }
        let end = if speed > 0.0 { self.upper } else { self.lower };
        self.point(Array1::from_elem(1, self.line().at_length(theta, speed, end.at())?))
    }

    fn log(&self, p: &Point, q: &Point) -> Result<Tangent> {
        let (from, to) = (self.value(p)?, self.value(q)?);
        let length = self.line().length(from, to)?;
        Ok(Tangent::unchecked(Array1::from_elem(1, length / self.density(p)?)))
    }

    fn distance(&self, p: &Point, q: &Point) -> Result<f64> {
        Ok(self.line().length(self.value(p)?, self.value(q)?)?.abs())
    }

    fn parallel_transport(&self, p: &Point, q: &Point, v: &Tangent) -> Result<Tangent> {
        let ratio = self.density(p)? / self.density(q)?;
        Ok(Tangent::unchecked(Array1::from_elem(1, ratio * self.component(p, v)?)))
    }

    fn christoffel(&self, p: &Point, v: &Tangent, w: &Tangent) -> Result<Tangent> {
        let symbol = self.line().symbol(self.value(p)?)?;
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
        Ok(Tangent::unchecked(Array1::from_elem(1, z / self.density(p)?)))
    }
}
