use super::{Simplex, contiguous, kernel};
use crate::manifold::{Cotangent, Point, Tangent};
use crate::{Result, check};
use ndarray::{ArrayView1, Zip};

impl Simplex {
    /// Hess f\[v\], from the ordinary partial derivatives a = ∂f at p and the ordinary Hessian-vector product h = (∂²f)v.
    ///
    /// ```text
    /// Hess f[v] = (1/N) Π(p∘h + ½ v∘(a - ⟨p, a⟩)),   Π(w) = w - (Σw) p
    /// ⟨Hess f[v], v⟩ = d²/dt² f(exp(tv)) at t = 0
    /// ```
    ///
    /// Symmetric in the metric. f may be any extension to positive vectors: a constant added to a, or a multiple of one
    /// added to h, changes nothing.
    ///
    /// # Checked by
    /// `manifold::hessian`
    pub fn hessian_product(
        &self,
        p: &Point,
        partials: &Cotangent,
        second: ArrayView1<'_, f64>,
        v: &Tangent,
    ) -> Result<Tangent> {
        self.motion(p, v)?;
        check::vector("partial derivatives", self.outcomes, &partials.values())?;
        check::vector("Hessian-vector product", self.outcomes, &second)?;
        let points = p.values();
        let a = kernel::centred(&contiguous(&points), &contiguous(&partials.values()));
        let h = kernel::centred(&contiguous(&points), &contiguous(&second));
        let w = Zip::from(points)
            .and(v.values())
            .and(&a)
            .and(&h)
            .map_collect(|&p, &v, &a, &h| (p * h + 0.5 * v * a) / self.trials);
        // Twice: where large entries cancel against p, the first projection leaves their rounding beside a small result.
        self.tangential(p, self.tangential(p, w)?.into_inner())
    }
}
