//! A one-dimensional manifold in other coordinates.

use crate::descent::Objective;
use crate::manifold::{Cotangent, Manifold, Point, Tangent};
use crate::{Error, Result, check};
use ndarray::{Array1, ArrayView1};
use rand::Rng;
use std::fmt;
use std::sync::Arc;

type Map = Arc<dyn Fn(f64) -> f64 + Send + Sync>;

/// A smooth change of one coordinate, y = y(x), with its first two derivatives and its inverse.
#[derive(Clone)]
pub struct Reparametrisation {
    name: String,
    to_base: Map,
    derivative: Map,
    second: Map,
    from_base: Map,
}

impl fmt::Debug for Reparametrisation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Reparametrisation").field(&self.name).finish()
    }
}

impl Reparametrisation {
    /// From y(x), y′(x), y″(x) and x(y).
    pub fn new(
        name: impl Into<String>,
        to_base: impl Fn(f64) -> f64 + Send + Sync + 'static,
        derivative: impl Fn(f64) -> f64 + Send + Sync + 'static,
        second: impl Fn(f64) -> f64 + Send + Sync + 'static,
        from_base: impl Fn(f64) -> f64 + Send + Sync + 'static,
    ) -> Self {
        Reparametrisation {
            name: name.into(),
            to_base: Arc::new(to_base),
            derivative: Arc::new(derivative),
            second: Arc::new(second),
            from_base: Arc::new(from_base),
        }
    }

    /// x = ln y: the natural parameter of the Poisson law, if y is its mean.
    pub fn logarithm() -> Self {
        Reparametrisation::new("logarithm", f64::exp, f64::exp, f64::exp, f64::ln)
    }

    /// x = yᵏ of a positive y.
    ///
    /// # Errors
    /// If k is zero or not finite.
    pub fn power(k: f64) -> Result<Self> {
        check::setting("exponent", k, k.is_finite() && k.abs() > 0.0, "finite and not 0")?;
        let r = 1.0 / k;
        Ok(Reparametrisation::new(
            format!("power {k}"),
            move |x| x.powf(r),
            move |x| r * x.powf(r - 1.0),
            move |x| r * (r - 1.0) * x.powf(r - 2.0),
            move |y| y.powf(k),
        ))
    }

    /// x = ln(y/(1 - y)): the natural parameter of the Bernoulli law, if y is its mean.
    pub fn logit() -> Self {
        fn sigma(x: f64) -> f64 {
            1.0 / (1.0 + (-x).exp())
        }
        let slope = |x: f64| sigma(x) * sigma(-x);
        let bend = move |x: f64| slope(x) * (sigma(-x) - sigma(x));
        Reparametrisation::new("logit", sigma, slope, bend, |y| y.ln() - (-y).ln_1p())
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// y(x).
    pub fn to_base(&self, x: f64) -> f64 {
        (self.to_base)(x)
    }

    /// x(y).
    pub fn from_base(&self, y: f64) -> f64 {
        (self.from_base)(y)
    }
}

/// A manifold of one coordinate y, in the coordinate x: the same metric, geodesics and distances, other numbers.
///
/// ```text
/// g_x = g_y y′²,      Γ_x(v, w) = (Γ_y(y′v, y′w) + y″vw)/y′,      ∂f/∂x = y′ ∂f/∂y
/// ```
///
/// # Errors
/// An x whose y is not a point of the manifold, or at which y′ is zero or not finite.
#[derive(Debug, Clone)]
pub struct Reparametrised<M> {
    base: M,
    map: Reparametrisation,
}

impl<M: Manifold> Reparametrised<M> {
    /// `base` must have one coordinate.
    pub fn new(base: M, map: Reparametrisation) -> Result<Self> {
        check::shape("coordinates of the manifold to reparametrise", &[1], &[base.coordinates()])?;
        Ok(Reparametrised { base, map })
    }

    /// The manifold in its own coordinate.
    pub fn base(&self) -> &M {
        &self.base
    }

    /// The point of x in the coordinate of the base.
    pub fn to_base(&self, x: &Point) -> Result<Point> {
        Ok(self.lift(x.values())?.0)
    }

    /// The point of y in the coordinate of this chart.
    pub fn from_base(&self, y: &Point) -> Result<Point> {
        self.base.check_point(y.values())?;
        let x = y.values().mapv(|y| self.map.from_base(y));
        self.check_point(x.view())?;
        Ok(Point::unchecked(x))
    }

    /// An objective given in the base's coordinate, in this one.
    pub fn objective<'a>(&'a self, objective: &'a dyn Objective) -> InChart<'a, M> {
        InChart { chart: self, objective }
    }

    /// y and y′.
    fn lift(&self, x: ArrayView1<'_, f64>) -> Result<(Point, f64)> {
        check::vector("point", 1, &x)?;
        let x = x.sum();
        let (y, slope) = (self.map.to_base(x), (self.map.derivative)(x));
        if !y.is_finite() || !slope.is_finite() || slope.abs() <= 0.0 {
            let requirement =
                "in the domain of the reparametrisation, where its derivative is finite and not 0";
            return Err(Error::Domain { quantity: "point", index: 0, value: x, requirement });
        }
        Ok((self.base.point(Array1::from_elem(1, y))?, slope))
    }

    fn vector(&self, v: &Tangent, slope: f64) -> Result<Tangent> {
        check::vector("tangent vector", 1, &v.values())?;
        Ok(slope * v)
    }
}

impl<M: Manifold> Manifold for Reparametrised<M> {
    fn name(&self) -> String {
        format!("{} in the coordinate \"{}\"", self.base.name(), self.map.name)
    }

    fn dim(&self) -> usize {
        self.base.dim()
    }

    fn coordinates(&self) -> usize {
        1
    }

    fn bounds(&self) -> Option<Vec<(f64, f64)>> {
        let (low, high) = self.base.bounds()?.first().copied()?;
        let (low, high) = (self.map.from_base(low), self.map.from_base(high));
        (!low.is_nan() && !high.is_nan()).then(|| vec![(low.min(high), low.max(high))])
    }

    fn check_point(&self, x: ArrayView1<'_, f64>) -> Result<()> {
        self.lift(x).map(|_| ())
    }

    fn check_tangent(&self, _: &Point, v: ArrayView1<'_, f64>) -> Result<()> {
        check::vector("tangent vector", 1, &v)
    }

    fn inner(&self, x: &Point, v: &Tangent, w: &Tangent) -> Result<f64> {
        let (y, slope) = self.lift(x.values())?;
        self.base.inner(&y, &self.vector(v, slope)?, &self.vector(w, slope)?)
    }

    fn sharp(&self, x: &Point, a: &Cotangent) -> Result<Tangent> {
        let (y, slope) = self.lift(x.values())?;
        Ok((1.0 / slope) * &self.base.sharp(&y, &((1.0 / slope) * a))?)
    }

    fn flat(&self, x: &Point, v: &Tangent) -> Result<Cotangent> {
        let (y, slope) = self.lift(x.values())?;
        Ok(slope * &self.base.flat(&y, &self.vector(v, slope)?)?)
    }

    fn exit_time(&self, x: &Point, v: &Tangent) -> Result<f64> {
        let (y, slope) = self.lift(x.values())?;
        self.base.exit_time(&y, &self.vector(v, slope)?)
    }

    fn exp(&self, x: &Point, v: &Tangent) -> Result<Point> {
        let (y, slope) = self.lift(x.values())?;
        self.from_base(&self.base.exp(&y, &self.vector(v, slope)?)?)
    }

    fn log(&self, x: &Point, to: &Point) -> Result<Tangent> {
        let (y, slope) = self.lift(x.values())?;
        Ok((1.0 / slope) * &self.base.log(&y, &self.to_base(to)?)?)
    }

    fn distance(&self, x: &Point, to: &Point) -> Result<f64> {
        self.base.distance(&self.to_base(x)?, &self.to_base(to)?)
    }

    fn parallel_transport(&self, x: &Point, to: &Point, v: &Tangent) -> Result<Tangent> {
        let (y, slope) = self.lift(x.values())?;
        let (z, there) = self.lift(to.values())?;
        Ok((1.0 / there) * &self.base.parallel_transport(&y, &z, &self.vector(v, slope)?)?)
    }

    fn christoffel(&self, x: &Point, v: &Tangent, w: &Tangent) -> Result<Tangent> {
        let (y, slope) = self.lift(x.values())?;
        let base = self.base.christoffel(&y, &self.vector(v, slope)?, &self.vector(w, slope)?)?;
        let second = (self.map.second)(x.values().sum());
        let bend = second * v.values().sum() * w.values().sum();
        Ok(Tangent::unchecked((&base.values() + bend) / slope))
    }

    fn riemann(&self, x: &Point, _: &Tangent, _: &Tangent, _: &Tangent) -> Result<Tangent> {
        self.check_point(x.values())?;
        Ok(self.zero())
    }

    fn random_tangent(&self, x: &Point, rng: &mut dyn Rng) -> Result<Tangent> {
        let (y, slope) = self.lift(x.values())?;
        Ok((1.0 / slope) * &self.base.random_tangent(&y, rng)?)
    }
}

/// An objective of the base's coordinate, in that of a [`Reparametrised`] manifold.
#[derive(Debug)]
pub struct InChart<'a, M> {
    chart: &'a Reparametrised<M>,
    objective: &'a dyn Objective,
}

impl<M: Manifold> Objective for InChart<'_, M> {
    fn value(&self, x: &Point) -> Result<f64> {
        self.objective.value(&self.chart.to_base(x)?)
    }

    fn partials(&self, x: &Point) -> Result<Cotangent> {
        let (y, slope) = self.chart.lift(x.values())?;
        Ok(slope * &self.objective.partials(&y)?)
    }

    fn second_partials(&self, x: &Point, v: &Tangent) -> Result<Option<Cotangent>> {
        let (y, slope) = self.chart.lift(x.values())?;
        let Some(second) = self.objective.second_partials(&y, &self.chart.vector(v, slope)?)? else {
            return Ok(None);
        };
        let bend = (self.chart.map.second)(x.values().sum()) * v.values().sum();
        Ok(Some(&(slope * &second) + &(bend * &self.objective.partials(&y)?)))
    }
}
