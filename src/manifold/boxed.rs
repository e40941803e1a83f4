use crate::Result;
use crate::manifold::{Cotangent, Manifold, Point, Tangent};
use ndarray::{Array1, ArrayView1};
use rand::Rng;

/// A manifold behind a box is that manifold: `Product<Box<dyn Manifold>>` has factors of different kinds.
impl<M: Manifold + ?Sized> Manifold for Box<M> {
    fn name(&self) -> String {
        (**self).name()
    }

    fn dim(&self) -> usize {
        (**self).dim()
    }

    fn coordinates(&self) -> usize {
        (**self).coordinates()
    }

    fn bounds(&self) -> Option<Vec<(f64, f64)>> {
        (**self).bounds()
    }

    fn check_point(&self, p: ArrayView1<'_, f64>) -> Result<()> {
        (**self).check_point(p)
    }

    fn check_tangent(&self, p: &Point, v: ArrayView1<'_, f64>) -> Result<()> {
        (**self).check_tangent(p, v)
    }

    fn inner(&self, p: &Point, v: &Tangent, w: &Tangent) -> Result<f64> {
        (**self).inner(p, v, w)
    }

    fn sharp(&self, p: &Point, a: &Cotangent) -> Result<Tangent> {
        (**self).sharp(p, a)
    }

    fn flat(&self, p: &Point, v: &Tangent) -> Result<Cotangent> {
        (**self).flat(p, v)
    }

    fn exit_time(&self, p: &Point, v: &Tangent) -> Result<f64> {
        (**self).exit_time(p, v)
    }

    fn exp(&self, p: &Point, v: &Tangent) -> Result<Point> {
        (**self).exp(p, v)
    }

    fn log(&self, p: &Point, q: &Point) -> Result<Tangent> {
        (**self).log(p, q)
    }

    fn distance(&self, p: &Point, q: &Point) -> Result<f64> {
        (**self).distance(p, q)
    }

    fn parallel_transport(&self, p: &Point, q: &Point, v: &Tangent) -> Result<Tangent> {
        (**self).parallel_transport(p, q, v)
    }

    fn christoffel(&self, p: &Point, v: &Tangent, w: &Tangent) -> Result<Tangent> {
        (**self).christoffel(p, v, w)
    }

    fn hessian(&self, p: &Point, partials: &Cotangent, second: &Cotangent, v: &Tangent) -> Result<Tangent> {
        (**self).hessian(p, partials, second, v)
    }

    fn riemann(&self, p: &Point, x: &Tangent, y: &Tangent, z: &Tangent) -> Result<Tangent> {
        (**self).riemann(p, x, y, z)
    }

    fn random_tangent(&self, p: &Point, rng: &mut dyn Rng) -> Result<Tangent> {
        (**self).random_tangent(p, rng)
    }

    fn point(&self, p: Array1<f64>) -> Result<Point> {
        (**self).point(p)
    }

    fn tangent(&self, p: &Point, v: Array1<f64>) -> Result<Tangent> {
        (**self).tangent(p, v)
    }

    fn zero(&self) -> Tangent {
        (**self).zero()
    }

    fn norm(&self, p: &Point, v: &Tangent) -> Result<f64> {
        (**self).norm(p, v)
    }

    fn gradient(&self, p: &Point, partials: Array1<f64>) -> Result<Tangent> {
        (**self).gradient(p, partials)
    }

    fn geodesic(&self, p: &Point, q: &Point, t: f64) -> Result<Point> {
        (**self).geodesic(p, q, t)
    }

    fn sectional_curvature(&self, p: &Point, v: &Tangent, w: &Tangent) -> Result<f64> {
        (**self).sectional_curvature(p, v, w)
    }
}
