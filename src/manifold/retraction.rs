use crate::Result;
use crate::manifold::{Manifold, Point, Tangent};
use std::fmt::Debug;

/// How closely a curve follows the geodesic: d(R(tv), exp(tv)) = O(t^(order + 1)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Order {
    /// Error O(t²): the velocity agrees.
    First,
    /// Error O(t³): the acceleration agrees too.
    Second,
    /// The exponential map itself.
    Exact,
}

/// A map from tangent vectors to points, R(0) = p and Ṙ = v, with a declared order.
pub trait Retraction<M: Manifold + ?Sized>: Debug + Send + Sync {
    /// The field's name.
    fn name(&self) -> &'static str;

    /// The order that the tests hold it to.
    fn order(&self) -> Order;

    /// The time t > 0 at which R(t v) leaves the manifold; infinite if never.
    fn exit_time(&self, manifold: &M, p: &Point, v: &Tangent) -> Result<f64>;

    /// R(v).
    ///
    /// # Errors
    /// [`BeyondExit`](crate::Error::BeyondExit) if the exit time is 1 or less.
    fn retract(&self, manifold: &M, p: &Point, v: &Tangent) -> Result<Point>;
}

/// A retraction whose inverse has a closed form.
pub trait InverseRetraction<M: Manifold + ?Sized>: Retraction<M> {
    /// The tangent vector v at `p` with R(v) = q.
    fn inverse(&self, manifold: &M, p: &Point, q: &Point) -> Result<Tangent>;
}

/// The exponential map, as a retraction; its inverse is the logarithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Exponential;

impl<M: Manifold + ?Sized> Retraction<M> for Exponential {
    fn name(&self) -> &'static str {
        "exponential map"
    }

    fn order(&self) -> Order {
        Order::Exact
    }

    fn exit_time(&self, manifold: &M, p: &Point, v: &Tangent) -> Result<f64> {
        manifold.exit_time(p, v)
    }

    fn retract(&self, manifold: &M, p: &Point, v: &Tangent) -> Result<Point> {
        manifold.exp(p, v)
    }
}

impl<M: Manifold + ?Sized> InverseRetraction<M> for Exponential {
    fn inverse(&self, manifold: &M, p: &Point, q: &Point) -> Result<Tangent> {
        manifold.log(p, q)
    }
}
