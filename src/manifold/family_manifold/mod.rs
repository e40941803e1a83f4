mod gragg;
mod shooting;
mod travel;

use crate::family::{Family, Natural};
use crate::linalg::Cholesky;
use crate::manifold::{Cotangent, Manifold, Point, Tangent};
use crate::{Error, Result, check};
use ndarray::{Array1, Array2, ArrayView1, Axis};
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};
use travel::Fate;

/// The Fisher-Rao geometry of any exponential family, numerically, in its natural parameters.
///
/// ```text
/// ⟨v, w⟩ = vᵀ Cov(T) w,   Γ(v, w) = ½ G⁻¹ T(v, w, ·),   G = ∇²ψ,   T = ∂³ψ
/// R(x, y) z = ¼ G⁻¹ [T(y, G⁻¹T(x, z, ·), ·) - T(x, G⁻¹T(y, z, ·), ·)]
/// ```
///
/// All it needs of a family are the domain, G and T. Geodesics and parallel transport are integrated by Gragg's extrapolated
/// midpoint rule (order 16) with errors measured in the metric; the logarithm shoots, with Newton's method.
/// For families with closed forms it is an independent check, for the others (Conway-Maxwell-Poisson) the only way.
///
/// # Errors
/// [`Error::BeyondExit`] with the time at which a geodesic reaches the boundary, be it an edge of the domain of θ or, as
/// where a rate or a probability goes to zero, θ infinite at finite length. [`Error::NotConverged`] with the error reached where
/// rounding of G⁻¹ or a logarithm's Newton iteration do not allow the tolerance.
///
/// # Cost
/// A geodesic of length 1 evaluates G and T some hundred times, a logarithm some ten times as often in two dimensions.
///
/// # Numerical notes
/// Tolerance 1e-12 per step, relative to lengths. What a face of the simplex takes from G⁻¹ (its condition is the inverse of the
/// least probability) it takes from Γ: closer than 1e-6 to a face the closed forms are better.
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
    horizon: f64,
}

impl<F: Family> FamilyManifold<F> {
    /// The manifold of a family; tolerance 1e-12, horizon 25.
    pub fn new(family: F) -> Self {
        FamilyManifold { family, tolerance: 1e-12, horizon: 25.0 }
    }

    /// With another error per step, relative, in the metric.
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
        Ok(self)
    }

    /// With another length up to which [`exit_time`](Manifold::exit_time) looks for the boundary; zero declares that there is
    /// none.
    ///
    /// # Errors
    /// [`Error::Setting`] unless it is finite and at least 0.
    pub fn with_horizon(mut self, horizon: f64) -> Result<Self> {
        check::setting("horizon", horizon, horizon >= 0.0 && horizon.is_finite(), "finite and at least 0")?;
        self.horizon = horizon;
        Ok(self)
    }

    /// The family.
    pub fn family(&self) -> &F {
        &self.family
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
        let speed = self.norm(p, v)?;
        let until = self.horizon / speed;
        if !(until > 0.0 && until.is_finite()) {
            return Ok(f64::INFINITY);
        }
        let journey = self.travel(p.values(), v.values(), Array1::zeros(self.dim()).view(), until)?;
        Ok(match journey.fate {
            Fate::Arrived => f64::INFINITY,
            Fate::Exit(time) => time,
        })
    }

    fn exp(&self, p: &Point, v: &Tangent) -> Result<Point> {
        if self.norm(p, v)? <= 0.0 {
            return Ok(p.clone());
        }
        let journey = self.travel(p.values(), v.values(), Array1::zeros(self.dim()).view(), 1.0)?;
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
        Ok(Tangent::unchecked(self.shoot(p.values(), q.values())?))
    }

    fn distance(&self, p: &Point, q: &Point) -> Result<f64> {
        self.norm(p, &self.log(p, q)?)
    }

    fn parallel_transport(&self, p: &Point, q: &Point, v: &Tangent) -> Result<Tangent> {
        self.lengths(&[v])?;
        let velocity = self.log(p, q)?;
        if self.norm(p, &velocity)? <= 0.0 {
            return Ok(v.clone());
        }
        let journey = self.travel(p.values(), velocity.values(), v.values(), 1.0)?;
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
