use crate::Result;
use crate::manifold::{Manifold, Order, Point, Tangent};
use std::fmt::Debug;

/// A linear map from the tangent space at `p` to that at `q`, with a declared order: the error against parallel transport
/// along the geodesic is O(d) for [`Order::First`], O(d²) for [`Order::Second`], d the distance moved.
pub trait VectorTransport<M: Manifold + ?Sized>: Debug + Send + Sync {
    /// The field's name.
    fn name(&self) -> &'static str;

    /// The order that the tests hold it to.
    fn order(&self) -> Order;

    /// Whether it keeps inner products.
    fn is_isometric(&self) -> bool;

    /// `v` at `p`, carried to `q`.
    fn transport(&self, manifold: &M, p: &Point, q: &Point, v: &Tangent) -> Result<Tangent>;
}

/// Parallel transport of the Levi-Civita connection, along the geodesic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LeviCivita;

impl<M: Manifold + ?Sized> VectorTransport<M> for LeviCivita {
    fn name(&self) -> &'static str {
        "parallel transport"
    }

    fn order(&self) -> Order {
        Order::Exact
    }

    fn is_isometric(&self) -> bool {
        true
    }

    fn transport(&self, manifold: &M, p: &Point, q: &Point, v: &Tangent) -> Result<Tangent> {
        manifold.parallel_transport(p, q, v)
    }
}
