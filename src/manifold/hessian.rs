use crate::Result;
use crate::manifold::{Cotangent, Manifold, Point, Tangent};
use ndarray::Array1;

/// Hess f\[v\] on any manifold.
///
/// The trait has Γ(v, w) and not its transpose; but the vector whose inner product with every w is c(w) has the components
/// c(♯dxᵢ), also where coordinates are constrained.
pub(super) fn by_christoffel<M: Manifold + ?Sized>(
    manifold: &M,
    p: &Point,
    partials: &Cotangent,
    second: &Cotangent,
    v: &Tangent,
) -> Result<Tangent> {
    // Of the derivative only the part that the metric sees: ∂f is free up to the normals of the constraints.
    let covector = manifold.flat(p, &manifold.sharp(p, partials)?)?;
    let size = manifold.coordinates();
    let mut bent = Array1::zeros(size);
    for (i, entry) in bent.iter_mut().enumerate() {
        let unit = Cotangent::new(Array1::from_shape_fn(size, |j| if i == j { 1.0 } else { 0.0 }));
        let raised = manifold.sharp(p, &unit)?;
        *entry = covector.pair(&manifold.christoffel(p, v, &raised)?);
    }
    let straight = manifold.flat(p, &manifold.sharp(p, second)?)?;
    manifold.sharp(p, &(&straight - &manifold.flat(p, &Tangent::unchecked(bent))?))
}
