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
    /// # Shapes
    /// n + 1 partials, n + 1 components of h, and of the result.
    ///
    /// # Errors
    /// A point off the simplex, a vector that is not tangent, a result that leaves the range of f64.
    ///
    /// # Cost
    /// Linear in n: h is the caller's, and no matrix is formed.
    ///
    /// # Numerical notes
    /// a and h are centred before they meet p, and the result is projected twice: where they are large against it, its sum is still
    /// zero.
    ///
    /// # Example
    /// ```
    /// use natgrad::manifold::{Cotangent, Manifold, Simplex};
    /// use natgrad::ndarray::array;
    ///
    /// // f = p₁ at the centre of three outcomes: ∂f = (1, 0, 0), ∂²f = 0, so that Hess f[v] = ½ Π(v∘(⅔, -⅓, -⅓)).
    /// let simplex = Simplex::new(3)?;
    /// let p = simplex.centre();
    /// let v = simplex.tangent(&p, array![0.6, -0.3, -0.3])?;
    /// let h = simplex.hessian_product(&p, &Cotangent::new(array![1.0, 0.0, 0.0]), array![0.0, 0.0, 0.0].view(), &v)?;
    /// assert!((&h.values() - &array![0.1, -0.05, -0.05]).iter().all(|e| e.abs() < 1e-16));
    /// # Ok::<(), natgrad::Error>(())
    /// ```
    ///
    /// # Checked by
    /// `manifold::charts::the_hessian_is_the_second_derivative_along_geodesics`
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
