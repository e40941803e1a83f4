use super::kernel;
use super::{Simplex, contiguous};
use crate::Result;
use crate::manifold::{Manifold, Order, Point, Tangent, VectorTransport};
use ndarray::Zip;

/// v ↦ v: parallel for the mixture connection, which is flat in p. Also the Fisher-Rao projection of v onto the new tangent
/// space, since v sums to zero already.
///
/// ```text
/// Π^m v = v,   g_q(Π^e v, Π^m w) = g_p(v, w)
/// ```
///
/// # Errors
/// A point off the simplex, a vector that is not tangent, a component out of range.
///
/// # Cost
/// None but the checks.
///
/// # Example
/// ```
/// use natgrad::manifold::{Manifold, Simplex, VectorTransport, simplex::MixtureTransport};
/// use natgrad::ndarray::array;
///
/// let simplex = Simplex::new(2)?;
/// let p = simplex.point(array![0.25, 0.75])?;
/// let q = simplex.point(array![0.5, 0.5])?;
/// let v = simplex.tangent(&p, array![0.25, -0.25])?;
/// let w = MixtureTransport.transport(&simplex, &p, &q, &v)?;
/// assert_eq!(w, v);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `manifold::orders`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MixtureTransport;

/// Parallel for the exponential connection, which is flat in the logits. The dual of [`MixtureTransport`]: an e-transported and
/// an m-transported vector keep their inner product.
///
/// ```text
/// Π^e v = q∘(v/p - E_q[v/p])
/// ```
///
/// # Errors
/// A point off the simplex, a vector that is not tangent, a component out of range.
///
/// # Cost
/// A division an entry.
///
/// # Numerical notes
/// The mean is that of differences from the score of the most probable outcome.
///
/// # Example
/// ```
/// use natgrad::manifold::{Manifold, Simplex, VectorTransport, simplex::MultiplicativeTransport};
/// use natgrad::ndarray::array;
///
/// let simplex = Simplex::new(2)?;
/// let p = simplex.point(array![0.25, 0.75])?;
/// let q = simplex.point(array![0.5, 0.5])?;
/// let v = simplex.tangent(&p, array![0.25, -0.25])?;
/// let w = MultiplicativeTransport.transport(&simplex, &p, &q, &v)?;
/// // Scores 1 and -1/3, of mean 1/3 at q.
/// assert!((w.values()[0] - 1.0 / 3.0).abs() < 1e-15);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `manifold::orders`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MultiplicativeTransport;

/// The average of the two dual transports, whose first-order errors are opposite.
///
/// ```text
/// v ↦ ½(v + q∘(v/p - E_q[v/p]))
/// ```
///
/// # Errors
/// A point off the simplex, a vector that is not tangent, a component out of range.
///
/// # Cost
/// A division an entry.
///
/// # Example
/// ```
/// use natgrad::manifold::{Manifold, Simplex, VectorTransport, simplex::AverageTransport};
/// use natgrad::ndarray::array;
///
/// let simplex = Simplex::new(2)?;
/// let p = simplex.point(array![0.25, 0.75])?;
/// let q = simplex.point(array![0.5, 0.5])?;
/// let v = simplex.tangent(&p, array![0.25, -0.25])?;
/// let w = AverageTransport.transport(&simplex, &p, &q, &v)?;
/// assert!((w.values()[0] - 0.5 * (0.25 + 1.0 / 3.0)).abs() < 1e-15);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `manifold::orders`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AverageTransport;

/// The derivative of the sphere-projection retraction at the step that leads from p to q.
///
/// ```text
/// v ↦ 2⟨a, b⟩ b∘(u - ⟨b, u⟩b),   a = √p, b = √q, u = v/(2a)
/// ```
///
/// It shortens vectors, so that convergence theory for conjugate gradients asks nothing more of it.
///
/// # Errors
/// A point off the simplex, a vector that is not tangent, a component out of range.
///
/// # Cost
/// Two divisions and two roots an entry.
///
/// # Example
/// ```
/// use natgrad::manifold::{Manifold, Simplex, VectorTransport, simplex::ProjectionTransport};
/// use natgrad::ndarray::array;
///
/// let simplex = Simplex::new(2)?;
/// let p = simplex.point(array![0.25, 0.75])?;
/// let q = simplex.point(array![0.5, 0.5])?;
/// let v = simplex.tangent(&p, array![0.25, -0.25])?;
/// let w = ProjectionTransport.transport(&simplex, &p, &q, &v)?;
/// assert!((w.values()[0] - (2.0 + 4.0 / 3f64.sqrt()) / 16.0).abs() < 1e-15);
/// # Ok::<(), natgrad::Error>(())
/// ```
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
