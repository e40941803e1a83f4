mod gragg;
mod shooting;
mod travel;

use crate::family::{Family, Natural};
use crate::linalg::Cholesky;
use crate::manifold::family_curve::Line;
use crate::manifold::{Cotangent, Manifold, Point, Tangent};
use crate::{Error, Result, check};
use ndarray::{Array1, Array2, ArrayView1, Axis};
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};
use travel::{Budget, Fate, Journey};

/// The Fisher-Rao geometry of any exponential family, numerically, in its natural parameters.
///
/// ```text
/// ⟨v, w⟩ = vᵀ Cov(T) w,   Γ(v, w) = ½ G⁻¹ T(v, w, ·),   G = ∇²ψ,   T = ∂³ψ
/// R(x, y) z = ¼ G⁻¹ [T(y, G⁻¹T(x, z, ·), ·) - T(x, G⁻¹T(y, z, ·), ·)]
/// ```
///
/// All it needs of a family are the domain, G and T. Geodesics and parallel transport are integrated by Gragg's extrapolated
/// midpoint rule (order 16) with errors measured in the metric; the logarithm shoots, with Newton's method. One parameter
/// needs none of this: there everything but Γ is arc length by quadrature, as in [`FamilyCurve`](crate::manifold::FamilyCurve),
/// whose ends are declared where this type looks for them. For families with closed forms
/// ([`Simplex`](crate::manifold::Simplex), [`Curve`](crate::manifold::Curve), [`HalfPlane`](crate::manifold::HalfPlane)) it is an
/// independent check, for the others (Conway-Maxwell-Poisson) the only way.
///
/// # Errors
/// [`Error::BeyondExit`] with the time at which a geodesic reaches the boundary, be it an edge of the domain of θ or, as
/// where a rate or a probability goes to zero, θ infinite at finite length. [`Error::NotConverged`] where rounding of G⁻¹ leaves
/// more than the [rounding](Self::with_rounding) allowed, where a logarithm's Newton iteration fails, and where the
/// [budget](Self::with_budget) of evaluations is spent: no call goes on for ever.
///
/// # Cost
/// A geodesic of length 1 evaluates G and T some hundred times, a logarithm some ten times as often in two dimensions, and a
/// hundred times from a point 1e-6 from a face. The whole budget is a few seconds of a family with cheap G and T.
///
/// # Numerical notes
/// Tolerance 1e-12 per step, relative to lengths. Where G⁻¹T is rounded to less, the tolerance rises by itself, as far as the
/// rounding allowed (1e-9): [`achieved_tolerance`](Self::achieved_tolerance) tells to what. Coordinates that run to infinity do no
/// harm by themselves: towards a face of the simplex at 1e-30 distances are right to 1e-11. But if it is the face of the category that
/// θ is relative to, all entries of G go to zero together but for their sum, and G⁻¹ loses the digits of its probability: 3e-12 is
/// left at 1e-6, 1e-9 at 1e-8, and [`Error::NotConverged`] at 1e-10. In normal laws it is (μ/σ)² that is lost.
///
/// # Example
/// ```
/// use natgrad::family::ConwayMaxwellPoisson;
/// use natgrad::manifold::{FamilyManifold, Manifold};
/// use natgrad::ndarray::array;
/// let counts = FamilyManifold::new(ConwayMaxwellPoisson);
/// // Along ν = 1 the family is Poisson's, but geodesics of the larger family are shorter: 2|√4 - √2.5| = 0.83772…
/// let (p, q) = (counts.point(array![2.5f64.ln(), -1.0])?, counts.point(array![4f64.ln(), -1.0])?);
/// assert!(counts.distance(&p, &q)? < 0.83772);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `manifold::numerical_family`, against categorical, normal and Poisson closed forms.
///
/// # References
/// Amari & Nagaoka 2000; Gragg 1965; Hairer, Nørsett & Wanner 1993, §II.9.
#[derive(Debug, Clone, PartialEq)]
pub struct FamilyManifold<F> {
    family: F,
    tolerance: f64,
    rounding: f64,
    budget: usize,
    horizon: f64,
}

impl<F: Family> FamilyManifold<F> {
    /// The manifold of a family; tolerance 1e-12, rounding 1e-9, 200 000 evaluations, horizon 25.
    pub fn new(family: F) -> Self {
        FamilyManifold { family, tolerance: 1e-12, rounding: 1e-9, budget: 200_000, horizon: 25.0 }
    }

    /// With another error per step, relative, in the metric; no more than the [rounding](Self::with_rounding) allowed, which rises
    /// with it if need be.
    ///
    /// # Errors
    /// [`Error::Setting`] unless it is between 1e-15 and 1e-2.
    pub fn with_tolerance(mut self, tolerance: f64) -> Result<Self> {
        check::setting(
            "tolerance",
            tolerance,
            (1e-15..=1e-2).contains(&tolerance),
            "between 1e-15 and 1e-2",
        )?;
        self.tolerance = tolerance;
        self.rounding = self.rounding.max(tolerance);
        Ok(self)
    }

    /// With another bound of the error per step where rounding allows no better: up to here the tolerance rises by itself, as
    /// [`achieved_tolerance`](Self::achieved_tolerance) tells, and beyond is [`Error::NotConverged`]. A logarithm may miss its
    /// target by as much.
    ///
    /// # Errors
    /// [`Error::Setting`] unless it is between the tolerance and 1e-2.
    pub fn with_rounding(mut self, rounding: f64) -> Result<Self> {
        let fits = (self.tolerance..=1e-2).contains(&rounding);
        check::setting("error left by rounding", rounding, fits, "between the tolerance and 1e-2")?;
        self.rounding = rounding;
        Ok(self)
    }

    /// With another number of evaluations of G and T that one call may make before it is [`Error::NotConverged`].
    ///
    /// # Errors
    /// [`Error::Setting`] if it is zero.
    pub fn with_budget(mut self, evaluations: usize) -> Result<Self> {
        check::setting("evaluations", evaluations as f64, evaluations > 0, "positive")?;
        self.budget = evaluations;
        Ok(self)
    }

    /// With another length up to which [`exit_time`](Manifold::exit_time) looks for the boundary; zero declares that there is
    /// none.
    ///
    /// # Errors
    /// [`Error::Setting`] unless it is finite and at least 0.
    pub fn with_horizon(mut self, horizon: f64) -> Result<Self> {
        check::at_least_zero("horizon", horizon)?;
        self.horizon = horizon;
        Ok(self)
    }

    /// The family.
    pub fn family(&self) -> &F {
        &self.family
    }

    /// The largest error per step, relative, on the geodesic from `p` with velocity `v` up to time 1 or the boundary: the tolerance
    /// asked for, or what rounding of G⁻¹T raised it to. In one dimension there are no steps, and it is the rounding of floats.
    ///
    /// # Errors
    /// [`Error::NotConverged`] beyond the bound of [`with_rounding`](Self::with_rounding).
    pub fn achieved_tolerance(&self, p: &Point, v: &Tangent) -> Result<f64> {
        if self.dim() == 1 || self.norm(p, v)? <= 0.0 {
            return Ok(f64::EPSILON);
        }
        Ok(self.follow(p, v, &self.zero(), 1.0)?.tolerance)
    }

    fn follow(&self, p: &Point, v: &Tangent, carried: &Tangent, until: f64) -> Result<Journey> {
        self.travel(p.values(), v.values(), carried.values(), until, &Budget::new(self.budget))
    }

    /// θ and ds/dt at a point of a one-dimensional family.
    fn speed(&self, p: &Point, v: &Tangent) -> Result<(f64, f64)> {
        self.lengths(&[v])?;
        let theta = self.natural(p)?.values().sum();
        Ok((theta, Line::new(&self.family).positive_density(theta)? * v.values().sum()))
    }

    /// s(q) - s(p) in a one-dimensional family.
    fn between(&self, p: &Point, q: &Point) -> Result<f64> {
        let (p, q) = (self.natural(p)?.values().sum(), self.natural(q)?.values().sum());
        Line::new(&self.family).length(p, q)
    }

    fn beyond(&self, exit_time: f64) -> Error {
        Error::BeyondExit { map: "exponential map", manifold: self.name(), exit_time }
    }

    fn natural(&self, p: &Point) -> Result<Natural> {
        self.check_point(p.values())?;
        Ok(Natural::new(p.values().to_owned()))
    }

    fn fisher(&self, p: &Point) -> Result<Array2<f64>> {
        self.family.fisher_natural(&self.natural(p)?)
    }

    /// Γ(v, v) and Γ(v, w).
    fn symbols(
        &self,
        theta: &Natural,
        v: ArrayView1<'_, f64>,
        w: ArrayView1<'_, f64>,
    ) -> Result<(Array1<f64>, Array1<f64>)> {
        let cubic = self.contracted(theta, v)?;
        let factor = Cholesky::factor(self.family.fisher_natural(theta)?.view())?;
        Ok((0.5 * factor.solve(cubic.dot(&v).view())?, 0.5 * factor.solve(cubic.dot(&w).view())?))
    }

    /// T(v, ·, ·).
    fn contracted(&self, theta: &Natural, v: ArrayView1<'_, f64>) -> Result<Array2<f64>> {
        let third = self.family.third_cumulants(theta)?;
        let mut sum = Array2::zeros((v.len(), v.len()));
        for (slice, v) in third.axis_iter(Axis(0)).zip(v) {
            sum.scaled_add(*v, &slice);
        }
        Ok(sum)
    }

    fn lengths(&self, vectors: &[&Tangent]) -> Result<()> {
        vectors.iter().try_for_each(|v| check::vector("tangent vector", self.dim(), &v.values()))
    }
}

impl<F: Family> Manifold for FamilyManifold<F> {
    fn name(&self) -> String {
        format!("Fisher-Rao manifold of the {} family", self.family.name())
    }

    fn dim(&self) -> usize {
        self.family.dim()
    }

    fn coordinates(&self) -> usize {
        self.family.dim()
    }

    fn check_point(&self, p: ArrayView1<'_, f64>) -> Result<()> {
        check::vector("point", self.dim(), &p)?;
        self.family.check_natural(&Natural::new(p.to_owned()))
    }

    fn check_tangent(&self, _: &Point, v: ArrayView1<'_, f64>) -> Result<()> {
        check::vector("tangent vector", self.dim(), &v)
    }

    fn inner(&self, p: &Point, v: &Tangent, w: &Tangent) -> Result<f64> {
        self.lengths(&[v, w])?;
        Ok(v.values().dot(&self.fisher(p)?.dot(&w.values())))
    }

    fn sharp(&self, p: &Point, a: &Cotangent) -> Result<Tangent> {
        check::vector("covector", self.dim(), &a.values())?;
        Ok(Tangent::unchecked(Cholesky::factor(self.fisher(p)?.view())?.solve(a.values())?))
    }

    fn flat(&self, p: &Point, v: &Tangent) -> Result<Cotangent> {
        self.lengths(&[v])?;
        Ok(Cotangent::new(self.fisher(p)?.dot(&v.values())))
    }

    /// Infinite if the geodesic does not reach the boundary within the [horizon](Self::with_horizon).
    fn exit_time(&self, p: &Point, v: &Tangent) -> Result<f64> {
        let norm = self.norm(p, v)?;
        let until = self.horizon / norm;
        if !(until > 0.0 && until.is_finite()) {
            return Ok(f64::INFINITY);
        }
        if self.dim() == 1 {
            let ((theta, speed), line) = (self.speed(p, v)?, Line::new(&self.family));
            return Ok(line.room(theta, line.edge(theta, speed.signum()), self.horizon)? / speed.abs());
        }
        Ok(match self.follow(p, v, &self.zero(), until)?.fate {
            Fate::Arrived => f64::INFINITY,
            Fate::Exit(time) => time,
        })
    }

    fn exp(&self, p: &Point, v: &Tangent) -> Result<Point> {
        if self.norm(p, v)? <= 0.0 {
            return Ok(p.clone());
        }
        if self.dim() == 1 {
            let ((theta, speed), line) = (self.speed(p, v)?, Line::new(&self.family));
            let end = line.edge(theta, speed.signum());
            let exit_time = line.room(theta, end, speed.abs())? / speed.abs();
            if exit_time <= 1.0 {
                return Err(self.beyond(exit_time));
            }
            return self.point(Array1::from_elem(1, line.at_length(theta, speed, end)?));
        }
        let journey = self.follow(p, v, &self.zero(), 1.0)?;
        match journey.fate {
            Fate::Arrived => self.point(&p.values() + &journey.displacement),
            Fate::Exit(exit_time) => Err(self.beyond(exit_time)),
        }
    }

    fn log(&self, p: &Point, q: &Point) -> Result<Tangent> {
        self.check_point(p.values())?;
        self.check_point(q.values())?;
        if p == q {
            return Ok(self.zero());
        }
        if self.dim() == 1 {
            let density = Line::new(&self.family).positive_density(p.values().sum())?;
            return Ok(Tangent::unchecked(Array1::from_elem(1, self.between(p, q)? / density)));
        }
        Ok(Tangent::unchecked(self.shoot(p.values(), q.values(), &Budget::new(self.budget))?))
    }

    fn distance(&self, p: &Point, q: &Point) -> Result<f64> {
        if self.dim() == 1 {
            return Ok(self.between(p, q)?.abs());
        }
        self.norm(p, &self.log(p, q)?)
    }

    fn parallel_transport(&self, p: &Point, q: &Point, v: &Tangent) -> Result<Tangent> {
        self.lengths(&[v])?;
        if self.dim() == 1 {
            let there = Line::new(&self.family).positive_density(self.natural(q)?.values().sum())?;
            return Ok(Tangent::unchecked(Array1::from_elem(1, self.speed(p, v)?.1 / there)));
        }
        let velocity = self.log(p, q)?;
        if self.norm(p, &velocity)? <= 0.0 {
            return Ok(v.clone());
        }
        let journey = self.follow(p, &velocity, v, 1.0)?;
        match journey.fate {
            Fate::Arrived => Ok(Tangent::unchecked(journey.carried)),
            Fate::Exit(exit_time) => Err(self.beyond(exit_time)),
        }
    }

    fn christoffel(&self, p: &Point, v: &Tangent, w: &Tangent) -> Result<Tangent> {
        self.lengths(&[v, w])?;
        Ok(Tangent::unchecked(self.symbols(&self.natural(p)?, v.values(), w.values())?.1))
    }

    fn riemann(&self, p: &Point, x: &Tangent, y: &Tangent, z: &Tangent) -> Result<Tangent> {
        self.lengths(&[x, y, z])?;
        let theta = self.natural(p)?;
        let factor = Cholesky::factor(self.family.fisher_natural(&theta)?.view())?;
        let (along_x, along_y) = (self.contracted(&theta, x.values())?, self.contracted(&theta, y.values())?);
        let x_z = factor.solve(along_x.dot(&z.values()).view())?;
        let y_z = factor.solve(along_y.dot(&z.values()).view())?;
        let covector = along_y.dot(&x_z) - along_x.dot(&y_z);
        Ok(Tangent::unchecked(0.25 * factor.solve(covector.view())?))
    }

    /// L⁻ᵀ z for a standard normal z, G = L Lᵀ.
    fn random_tangent(&self, p: &Point, rng: &mut dyn Rng) -> Result<Tangent> {
        let factor = Cholesky::factor(self.fisher(p)?.view())?;
        let z = Array1::from_shape_fn(self.dim(), |_| StandardNormal.sample(rng));
        Ok(Tangent::unchecked(factor.whiten_transposed(z.view())?))
    }
}
