use crate::manifold::{Cotangent, Manifold, Point, Tangent};
use crate::{Error, Result, check, linalg};
use ndarray::{Array1, ArrayView1, s};
use rand::Rng;
use std::ops::Range;

/// The Riemannian product of manifolds: coordinates concatenated, everything factor by factor.
///
/// ```text
/// ⟨v, w⟩ = Σᵢ ⟨vᵢ, wᵢ⟩,   d² = Σᵢ dᵢ²,   exp, log, transport, curvature: of each factor
/// ```
///
/// Independent parameters make a product: k categorical laws are `Product::power(Simplex::new(n)?, k)`, and a normal law of
/// k independent variables is `Product::power(HalfPlane::normal(), k)`, coordinates (μ₁, σ₁, μ₂, σ₂, …); k positive numbers are
/// `Product::power(Curve::new(arc::Logarithmic::positive()), k)`. Factors of different kinds go into a
/// `Product<Box<dyn Manifold>>`.
///
/// A mean with a full covariance matrix is *not* a product of ℝᵏ and the covariance matrices in the Fisher-Rao metric,
/// not even for k = 1: the information of the mean is σ⁻², which depends on the other factor. The product metric
/// gives other distances ([`HalfPlane`](crate::manifold::HalfPlane) has the right ones).
///
/// # Errors
/// Errors of a factor, with the index moved to its place in the product. A step beyond the exit time of some factor names the
/// factor that is left first.
///
/// # Example
/// ```
/// use natgrad::manifold::{Curve, Euclidean, Manifold, Product, arc::Poisson};
/// use natgrad::ndarray::array;
///
/// let factors: Vec<Box<dyn Manifold>> = vec![Box::new(Euclidean::new(2)?), Box::new(Curve::new(Poisson))];
/// let product = Product::new(factors)?;
/// let (p, q) = (product.point(array![0.0, 0.0, 1.0])?, product.point(array![4.0, 4.0, 4.0])?);
/// assert_eq!(product.distance(&p, &q)?, 6.0);              // √(4² + 4² + 2²)
/// assert_eq!(product.norms(&p, &product.log(&p, &q)?)?, array![32f64.sqrt(), 2.0]);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `manifold::products`, `manifold::every_manifold`; `manifold::half_plane` has the two metrics of mean and covariance side by side.
#[derive(Debug, Clone, PartialEq)]
pub struct Product<M> {
    factors: Vec<M>,
    /// Where each factor's coordinates lie.
    ranges: Vec<Range<usize>>,
}

impl<M: Manifold> Product<M> {
    /// The product of one or more factors.
    pub fn new(factors: Vec<M>) -> Result<Self> {
        if factors.is_empty() {
            return Err(Error::Empty { quantity: "factors" });
        }
        let mut end = 0;
        let ranges = factors
            .iter()
            .map(|factor| {
                let start = end;
                end += factor.coordinates();
                start..end
            })
            .collect();
        Ok(Product { factors, ranges })
    }

    /// `copies` ≥ 1 times the same factor.
    pub fn power(factor: M, copies: usize) -> Result<Self>
    where
        M: Clone,
    {
        Product::new(vec![factor; copies])
    }

    /// The factors.
    pub fn factors(&self) -> &[M] {
        &self.factors
    }

    /// The coordinates of each factor.
    pub fn ranges(&self) -> &[Range<usize>] {
        &self.ranges
    }

    /// The point of every factor.
    pub fn split(&self, p: &Point) -> Result<Vec<Point>> {
        Ok(self.parts("point", p.values())?.map(|(_, _, part)| Point::unchecked(part)).collect())
    }

    /// The tangent vector of every factor.
    pub fn split_tangent(&self, v: &Tangent) -> Result<Vec<Tangent>> {
        Ok(self.parts("tangent vector", v.values())?.map(|(_, _, part)| Tangent::unchecked(part)).collect())
    }

    /// The covector of every factor.
    pub fn split_cotangent(&self, a: &Cotangent) -> Result<Vec<Cotangent>> {
        Ok(self.parts("covector", a.values())?.map(|(_, _, part)| Cotangent::new(part)).collect())
    }

    /// The point with these points of the factors.
    pub fn join(&self, parts: &[Point]) -> Result<Point> {
        self.point(concatenated(parts.iter().map(Point::values)))
    }

    /// The tangent vector at `p` with these tangent vectors of the factors.
    pub fn join_tangent(&self, p: &Point, parts: &[Tangent]) -> Result<Tangent> {
        self.tangent(p, concatenated(parts.iter().map(Tangent::values)))
    }

    /// ‖vᵢ‖ in every factor: what Adam on a product divides by.
    pub fn norms(&self, p: &Point, v: &Tangent) -> Result<Array1<f64>> {
        let v = self.split_tangent(v)?;
        self.each(p, |i, factor, p| factor.norm(p, &v[i]))
    }

    /// dᵢ in every factor.
    pub fn distances(&self, p: &Point, q: &Point) -> Result<Array1<f64>> {
        let q = self.split(q)?;
        self.each(p, |i, factor, p| factor.distance(p, &q[i]))
    }

    /// `f` of every factor, its index and its point; errors are moved to the product.
    pub(crate) fn each<T>(&self, p: &Point, f: impl Fn(usize, &M, &Point) -> Result<T>) -> Result<Array1<T>> {
        self.parts("point", p.values())?
            .enumerate()
            .map(|(i, (factor, start, p))| f(i, factor, &Point::unchecked(p)).map_err(|e| e.shifted(start)))
            .collect()
    }

    /// The tangent vector of what `f` gives in every factor.
    pub(crate) fn vectors(
        &self,
        p: &Point,
        f: impl Fn(usize, &M, &Point) -> Result<Tangent>,
    ) -> Result<Tangent> {
        let parts = self.each(p, f)?;
        Ok(Tangent::unchecked(concatenated(parts.iter().map(Tangent::values))))
    }

    /// The point of what `f` gives in every factor.
    pub(crate) fn points(&self, p: &Point, f: impl Fn(usize, &M, &Point) -> Result<Point>) -> Result<Point> {
        let parts = self.each(p, f)?;
        Ok(Point::unchecked(concatenated(parts.iter().map(Point::values))))
    }

    /// The step fits, or the error that names the factor left first.
    pub(crate) fn check_exit(&self, map: &'static str, exit_times: &Array1<f64>) -> Result<()> {
        let first = exit_times.iter().enumerate().min_by(|a, b| a.1.total_cmp(b.1));
        match first.zip(first.and_then(|(i, _)| self.factors.get(i))) {
            Some(((index, &exit_time), factor)) if exit_time <= 1.0 => {
                let manifold = format!("{} (factor {index} of {})", factor.name(), self.factors.len());
                Err(Error::BeyondExit { map, manifold, exit_time })
            }
            _ => Ok(()),
        }
    }

    /// Every factor, where its coordinates begin, and its part of the numbers.
    fn parts<'a>(
        &'a self,
        quantity: &'static str,
        values: ArrayView1<'a, f64>,
    ) -> Result<impl Iterator<Item = (&'a M, usize, Array1<f64>)>> {
        check::shape(quantity, &[self.coordinates()], values.shape())?;
        Ok(self
            .factors
            .iter()
            .zip(&self.ranges)
            .map(move |(factor, range)| (factor, range.start, values.slice(s![range.clone()]).to_owned())))
    }

    fn exit_times(&self, p: &Point, v: &Tangent) -> Result<Array1<f64>> {
        let v = self.split_tangent(v)?;
        self.each(p, |i, factor, p| factor.exit_time(p, &v[i]))
    }
}

/// √Σ xᵢ².
fn length(quantity: &'static str, parts: &Array1<f64>) -> Result<f64> {
    let value = linalg::norm(parts.view());
    check::finite(quantity, &ndarray::arr0(value))?;
    Ok(value)
}

fn concatenated<'a>(parts: impl Iterator<Item = ArrayView1<'a, f64>>) -> Array1<f64> {
    parts.flat_map(|part| part.to_vec()).collect()
}

impl<M: Manifold> Manifold for Product<M> {
    fn name(&self) -> String {
        let mut groups: Vec<(String, usize)> = Vec::new();
        for name in self.factors.iter().map(Manifold::name) {
            match groups.last_mut() {
                Some((last, copies)) if *last == name => *copies += 1,
                _ => groups.push((name, 1)),
            }
        }
        let power = |(name, copies): &(String, usize)| match copies {
            1 => name.clone(),
            _ => format!("({name})^{copies}"),
        };
        groups.iter().map(power).collect::<Vec<_>>().join(" × ")
    }

    fn dim(&self) -> usize {
        self.factors.iter().map(Manifold::dim).sum()
    }

    fn coordinates(&self) -> usize {
        self.ranges.last().map_or(0, |range| range.end)
    }

    fn bounds(&self) -> Option<Vec<(f64, f64)>> {
        Some(self.factors.iter().map(Manifold::bounds).collect::<Option<Vec<_>>>()?.concat())
    }

    fn check_point(&self, p: ArrayView1<'_, f64>) -> Result<()> {
        let mut parts = self.parts("point", p)?;
        parts.try_for_each(|(factor, start, p)| factor.check_point(p.view()).map_err(|e| e.shifted(start)))
    }

    fn check_tangent(&self, p: &Point, v: ArrayView1<'_, f64>) -> Result<()> {
        let v: Vec<_> = self.parts("tangent vector", v)?.map(|(_, _, part)| part).collect();
        self.each(p, |i, factor, p| factor.check_tangent(p, v[i].view())).map(|_| ())
    }

    fn inner(&self, p: &Point, v: &Tangent, w: &Tangent) -> Result<f64> {
        let (v, w) = (self.split_tangent(v)?, self.split_tangent(w)?);
        let value = self.each(p, |i, factor, p| factor.inner(p, &v[i], &w[i]))?.sum();
        check::finite("inner product", &ndarray::arr0(value))?;
        Ok(value)
    }

    fn norm(&self, p: &Point, v: &Tangent) -> Result<f64> {
        length("norm", &self.norms(p, v)?)
    }

    fn sharp(&self, p: &Point, a: &Cotangent) -> Result<Tangent> {
        let a = self.split_cotangent(a)?;
        self.vectors(p, |i, factor, p| factor.sharp(p, &a[i]))
    }

    fn flat(&self, p: &Point, v: &Tangent) -> Result<Cotangent> {
        let v = self.split_tangent(v)?;
        let parts = self.each(p, |i, factor, p| factor.flat(p, &v[i]))?;
        Ok(Cotangent::new(concatenated(parts.iter().map(Cotangent::values))))
    }

    fn exit_time(&self, p: &Point, v: &Tangent) -> Result<f64> {
        Ok(self.exit_times(p, v)?.fold(f64::INFINITY, |least, &t| least.min(t)))
    }

    fn exp(&self, p: &Point, v: &Tangent) -> Result<Point> {
        self.check_exit("exponential map", &self.exit_times(p, v)?)?;
        let v = self.split_tangent(v)?;
        self.points(p, |i, factor, p| factor.exp(p, &v[i]))
    }

    fn log(&self, p: &Point, q: &Point) -> Result<Tangent> {
        let q = self.split(q)?;
        self.vectors(p, |i, factor, p| factor.log(p, &q[i]))
    }

    fn distance(&self, p: &Point, q: &Point) -> Result<f64> {
        length("distance", &self.distances(p, q)?)
    }

    fn parallel_transport(&self, p: &Point, q: &Point, v: &Tangent) -> Result<Tangent> {
        let (q, v) = (self.split(q)?, self.split_tangent(v)?);
        self.vectors(p, |i, factor, p| factor.parallel_transport(p, &q[i], &v[i]))
    }

    fn christoffel(&self, p: &Point, v: &Tangent, w: &Tangent) -> Result<Tangent> {
        let (v, w) = (self.split_tangent(v)?, self.split_tangent(w)?);
        self.vectors(p, |i, factor, p| factor.christoffel(p, &v[i], &w[i]))
    }

    fn hessian(&self, p: &Point, partials: &Cotangent, second: &Cotangent, v: &Tangent) -> Result<Tangent> {
        // ∂²f v holds what the factors do to each other; the connection does not mix them.
        let (a, h, v) =
            (self.split_cotangent(partials)?, self.split_cotangent(second)?, self.split_tangent(v)?);
        self.vectors(p, |i, factor, p| factor.hessian(p, &a[i], &h[i], &v[i]))
    }

    fn riemann(&self, p: &Point, x: &Tangent, y: &Tangent, z: &Tangent) -> Result<Tangent> {
        let (x, y, z) = (self.split_tangent(x)?, self.split_tangent(y)?, self.split_tangent(z)?);
        self.vectors(p, |i, factor, p| factor.riemann(p, &x[i], &y[i], &z[i]))
    }

    fn random_tangent(&self, p: &Point, rng: &mut dyn Rng) -> Result<Tangent> {
        let parts = self
            .parts("point", p.values())?
            .map(|(factor, start, p)| {
                factor.random_tangent(&Point::unchecked(p), rng).map_err(|e| e.shifted(start))
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(Tangent::unchecked(concatenated(parts.iter().map(Tangent::values))))
    }
}
