use crate::manifold::{Cotangent, Manifold, Point, Tangent};
use crate::{Result, check, linalg};
use ndarray::{Array1, ArrayView1};
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

/// ℝⁿ with the dot product: the twin against which Riemannian methods reduce to ordinary ones, and a factor of products.
///
/// # Example
/// ```
/// use natgrad::manifold::{Euclidean, Manifold};
/// use natgrad::ndarray::array;
///
/// let plane = Euclidean::new(2)?;
/// assert_eq!(plane.distance(&plane.point(array![1.0, 1.0])?, &plane.point(array![4.0, 5.0])?)?, 5.0);
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Euclidean {
    dim: usize,
}

impl Euclidean {
    /// Of dimension `dim` ≥ 1.
    pub fn new(dim: usize) -> Result<Self> {
        check::setting("dimension", dim as f64, dim >= 1, "at least 1")?;
        Ok(Euclidean { dim })
    }

    fn vectors(&self, p: &Point, vectors: &[&Tangent]) -> Result<()> {
        self.check_point(p.values())?;
        vectors.iter().try_for_each(|v| self.check_tangent(p, v.values()))
    }
}

fn length(quantity: &'static str, v: &Tangent) -> Result<f64> {
    let value = linalg::norm(v.values());
    check::finite(quantity, &ndarray::arr0(value))?;
    Ok(value)
}

impl Manifold for Euclidean {
    fn name(&self) -> String {
        format!("Euclidean space of dimension {}", self.dim)
    }

    fn dim(&self) -> usize {
        self.dim
    }

    fn coordinates(&self) -> usize {
        self.dim
    }

    fn bounds(&self) -> Option<Vec<(f64, f64)>> {
        Some(vec![(f64::NEG_INFINITY, f64::INFINITY); self.dim])
    }

    fn check_point(&self, p: ArrayView1<'_, f64>) -> Result<()> {
        check::vector("point", self.dim, &p)
    }

    fn check_tangent(&self, _: &Point, v: ArrayView1<'_, f64>) -> Result<()> {
        check::vector("tangent vector", self.dim, &v)
    }

    fn inner(&self, p: &Point, v: &Tangent, w: &Tangent) -> Result<f64> {
        self.vectors(p, &[v, w])?;
        let value = v.values().dot(&w.values());
        check::finite("inner product", &ndarray::arr0(value))?;
        Ok(value)
    }

    fn norm(&self, p: &Point, v: &Tangent) -> Result<f64> {
        self.vectors(p, &[v])?;
        length("norm", v)
    }

    fn sharp(&self, p: &Point, a: &Cotangent) -> Result<Tangent> {
        self.vectors(p, &[])?;
        check::vector("covector", self.dim, &a.values())?;
        Ok(Tangent::unchecked(a.values().to_owned()))
    }

    fn flat(&self, p: &Point, v: &Tangent) -> Result<Cotangent> {
        self.vectors(p, &[v])?;
        Ok(Cotangent::new(v.values().to_owned()))
    }

    fn exit_time(&self, p: &Point, v: &Tangent) -> Result<f64> {
        self.vectors(p, &[v])?;
        Ok(f64::INFINITY)
    }

    fn exp(&self, p: &Point, v: &Tangent) -> Result<Point> {
        self.vectors(p, &[v])?;
        let q = &p.values() + &v.values();
        check::finite("end point of the geodesic", &q)?;
        Ok(Point::unchecked(q))
    }

    fn log(&self, p: &Point, q: &Point) -> Result<Tangent> {
        self.vectors(p, &[])?;
        self.vectors(q, &[])?;
        let v = &q.values() - &p.values();
        check::finite("logarithm", &v)?;
        Ok(Tangent::unchecked(v))
    }

    fn distance(&self, p: &Point, q: &Point) -> Result<f64> {
        length("distance", &self.log(p, q)?)
    }

    fn parallel_transport(&self, p: &Point, q: &Point, v: &Tangent) -> Result<Tangent> {
        self.vectors(p, &[v])?;
        self.vectors(q, &[])?;
        Ok(v.clone())
    }

    fn christoffel(&self, p: &Point, v: &Tangent, w: &Tangent) -> Result<Tangent> {
        self.vectors(p, &[v, w])?;
        Ok(self.zero())
    }

    fn riemann(&self, p: &Point, x: &Tangent, y: &Tangent, z: &Tangent) -> Result<Tangent> {
        self.vectors(p, &[x, y, z])?;
        Ok(self.zero())
    }

    fn random_tangent(&self, p: &Point, rng: &mut dyn Rng) -> Result<Tangent> {
        self.vectors(p, &[])?;
        Ok(Tangent::unchecked(Array1::from_shape_fn(self.dim, |_| StandardNormal.sample(rng))))
    }
}
