use super::kernel;
use super::{Simplex, contiguous};
use crate::Result;
use crate::manifold::{Manifold, Order, Point, Tangent, VectorTransport};
use ndarray::Zip;

/// v ↦ v: parallel for the mixture connection, which is flat in p. Also the Fisher-Rao projection of v onto the new tangent
/// space, since v sums to zero already.
///
/// # Checked by
/// `manifold::orders`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MixtureTransport;

/// v ↦ q∘(v/p - E_q\[v/p\]): parallel for the exponential connection. The dual of [`MixtureTransport`]: an e-transported and
/// an m-transported vector keep their inner product.
///
/// # Checked by
/// `manifold::orders`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MultiplicativeTransport;

/// The average of the two dual transports, whose first-order errors are opposite.
///
/// # Checked by
/// `manifold::orders`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AverageTransport;

/// The derivative of the sphere-projection retraction at the step that leads from p to q: 2b∘(u - ⟨b, u⟩b)⟨a, b⟩ with
/// a = √p, b = √q, u = v/(2a).
///
/// # Checked by
/// `manifold::orders`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ProjectionTransport;

impl VectorTransport<Simplex> for MixtureTransport {
    fn name(&self) -> &'static str {
        "mixture transport"
    }

    fn order(&self) -> Order {
        Order::First
    }

    fn is_isometric(&self) -> bool {
        false
    }

    fn transport(&self, manifold: &Simplex, p: &Point, q: &Point, v: &Tangent) -> Result<Tangent> {
        manifold.check_point(q.values())?;
        manifold.motion(p, v)?;
        Ok(v.clone())
    }
}

impl VectorTransport<Simplex> for MultiplicativeTransport {
    fn name(&self) -> &'static str {
        "multiplicative transport"
    }

    fn order(&self) -> Order {
        Order::First
    }

    fn is_isometric(&self) -> bool {
        false
    }

    fn transport(&self, manifold: &Simplex, p: &Point, q: &Point, v: &Tangent) -> Result<Tangent> {
        manifold.check_point(q.values())?;
        let motion = manifold.motion(p, v)?;
        let scores = Zip::from(p.values()).and(v.values()).map_collect(|&p, &v| motion.score(p, v));
        let centred = kernel::centred(&contiguous(&q.values()), &contiguous(&scores.view()));
        manifold.tangential(q, Zip::from(q.values()).and(&centred).map_collect(|&q, &s| q * s))
    }
}

impl VectorTransport<Simplex> for AverageTransport {
    fn name(&self) -> &'static str {
        "average of the mixture and the multiplicative transport"
    }

    fn order(&self) -> Order {
        Order::Second
    }

    fn is_isometric(&self) -> bool {
        false
    }

    fn transport(&self, manifold: &Simplex, p: &Point, q: &Point, v: &Tangent) -> Result<Tangent> {
        let tilted = MultiplicativeTransport.transport(manifold, p, q, v)?;
        manifold.tangential(q, 0.5 * (&tilted.values() + &v.values()))
    }
}

impl VectorTransport<Simplex> for ProjectionTransport {
    fn name(&self) -> &'static str {
        "differentiated sphere-projection retraction"
    }

    fn order(&self) -> Order {
        Order::Second
    }

    fn is_isometric(&self) -> bool {
        false
    }

    fn transport(&self, manifold: &Simplex, p: &Point, q: &Point, v: &Tangent) -> Result<Tangent> {
        let (pair, motion) = (manifold.pair(p, q)?, manifold.motion(p, v)?);
        // ⟨b, u⟩ = ⟨b - a, u⟩.
        let products = Zip::from(p.values()).and(q.values()).and(v.values());
        let products = products.map_collect(|&p, &q, &v| pair.step(p, q).0 * motion.amplitude(p, v));
        let along = kernel::sum(&contiguous(&products.view()));
        let cosine = pair.coefficient(&contiguous(&p.values()), &contiguous(&q.values()));
        let w = Zip::from(p.values()).and(q.values()).and(v.values()).map_collect(|&p, &q, &v| {
            let (_, _, b) = pair.step(p, q);
            2.0 * cosine * b * (motion.amplitude(p, v) - along * b)
        });
        manifold.tangential(q, w)
    }
}
