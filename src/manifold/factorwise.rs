use crate::Result;
use crate::manifold::{
    InverseRetraction, Manifold, Order, Point, Product, Retraction, Tangent, VectorTransport,
};

/// A retraction or a vector transport of the factors, on their [`Product`].
///
/// # Example
/// ```
/// use natgrad::manifold::{Curve, Factorwise, Linear, Manifold, Product, Retraction, arc::Poisson};
/// use natgrad::ndarray::array;
///
/// let counts = Product::power(Curve::new(Poisson), 2)?;
/// let p = counts.point(array![1.0, 3.0])?;
/// let v = counts.tangent(&p, array![0.5, -4.0])?;
/// let step = Factorwise(Linear);
/// assert_eq!(step.exit_time(&counts, &p, &v)?, 0.75);
/// assert_eq!(step.retract(&counts, &p, &(0.5 * &v))?.values(), array![1.25, 1.0]);
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Factorwise<R>(
    /// The map of each factor.
    pub R,
);

impl<M: Manifold, R: Retraction<M>> Retraction<Product<M>> for Factorwise<R> {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn order(&self) -> Order {
        self.0.order()
    }

    fn exit_time(&self, manifold: &Product<M>, p: &Point, v: &Tangent) -> Result<f64> {
        let v = manifold.split_tangent(v)?;
        let times = manifold.each(p, |i, factor, p| self.0.exit_time(factor, p, &v[i]))?;
        Ok(times.fold(f64::INFINITY, |least, &t| least.min(t)))
    }

    fn retract(&self, manifold: &Product<M>, p: &Point, v: &Tangent) -> Result<Point> {
        let v = manifold.split_tangent(v)?;
        let times = manifold.each(p, |i, factor, p| self.0.exit_time(factor, p, &v[i]))?;
        manifold.check_exit(self.0.name(), &times)?;
        manifold.points(p, |i, factor, p| self.0.retract(factor, p, &v[i]))
    }
}

impl<M: Manifold, R: InverseRetraction<M>> InverseRetraction<Product<M>> for Factorwise<R> {
    fn inverse(&self, manifold: &Product<M>, p: &Point, q: &Point) -> Result<Tangent> {
        let q = manifold.split(q)?;
        manifold.vectors(p, |i, factor, p| self.0.inverse(factor, p, &q[i]))
    }
}

impl<M: Manifold, T: VectorTransport<M>> VectorTransport<Product<M>> for Factorwise<T> {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn order(&self) -> Order {
        self.0.order()
    }

    fn is_isometric(&self) -> bool {
        self.0.is_isometric()
    }

    fn transport(&self, manifold: &Product<M>, p: &Point, q: &Point, v: &Tangent) -> Result<Tangent> {
        let (q, v) = (manifold.split(q)?, manifold.split_tangent(v)?);
        manifold.vectors(p, |i, factor, p| self.0.transport(factor, p, &q[i], &v[i]))
    }
}
