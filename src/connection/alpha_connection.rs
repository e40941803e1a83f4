use crate::connection::AlphaGeodesic;
use crate::manifold::{Manifold, Point, Simplex, Tangent};
use crate::{Result, check};

/// The α-connection ∇^(α) of the open simplex.
///
/// ```text
/// ∇^(α)_v w = Dw[v] + Γ(v, w),   Γ(v, w) = -(1+α)/2 (v∘w/p - g(v,w) p),   g(v, w) = Σ vᵢwᵢ/pᵢ
/// ```
///
/// | α | is | geodesics are straight in |
/// |---|---|---|
/// | -1 | the m-connection (mixture), flat | p |
/// | 0 | the Levi-Civita connection | — |
/// | 1 | the e-connection (exponential), flat | ln p up to a constant |
///
/// ∇^(α) and ∇^(-α) are dual: u g(v, w) = g(∇^(α)_u v, w) + g(v, ∇^(-α)_u w). In N trials the metric is N g, the connections are the
/// same, and the curvature is (1-α²)/(4N).
///
/// # Numerical notes
/// exp, log and geodesics are a closed curve and one quadrature for its affine parameter: see [`AlphaGeodesic`]. Nothing
/// jumps at α = ±1.
///
/// # Example
/// ```
/// use natgrad::{connection::AlphaConnection, manifold::{Manifold, Simplex}, ndarray::array};
/// let simplex = Simplex::new(3)?;
/// let p = simplex.point(array![0.2, 0.3, 0.5])?;
/// let v = simplex.tangent(&p, array![0.1, -0.3, 0.2])?;
/// let m = AlphaConnection::new(simplex, -1.0)?;
/// assert_eq!(m.christoffel(&p, &v, &v)?, simplex.zero());
/// assert_eq!(m.dual().alpha(), 1.0);
/// // v²/p - g(v,v) p = (.05, .3, .08) - .43 (.2, .3, .5)
/// let e = m.dual().christoffel(&p, &v, &v)?;
/// assert!((e.values()[0] + (0.05 - 0.086)).abs() < 1e-16);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Chentsov 1982, Statistical Decision Rules and Optimal Inference (AMS); Amari & Nagaoka 2000, Methods of Information Geometry
/// (AMS), chapters 2 and 3.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AlphaConnection {
    simplex: Simplex,
    alpha: f64,
}

impl AlphaConnection {
    /// For any finite α.
    pub fn new(simplex: Simplex, alpha: f64) -> Result<Self> {
        check::setting("alpha", alpha, alpha.is_finite(), "finite")?;
        Ok(AlphaConnection { simplex, alpha })
    }

    /// α.
    pub fn alpha(&self) -> f64 {
        self.alpha
    }

    /// The simplex.
    pub fn simplex(&self) -> &Simplex {
        &self.simplex
    }

    /// ∇^(-α).
    pub fn dual(&self) -> Self {
        AlphaConnection { simplex: self.simplex, alpha: -self.alpha }
    }

    /// m = (1-α)/2: the geodesics are straight in p^m up to scale.
    pub(crate) fn exponent(&self) -> f64 {
        0.5 * (1.0 - self.alpha)
    }

    /// Γ(v, w) = ∇_v w for constant w.
    pub fn christoffel(&self, p: &Point, v: &Tangent, w: &Tangent) -> Result<Tangent> {
        Ok((1.0 + self.alpha) * &self.simplex.christoffel(p, v, w)?)
    }

    /// ∇_v w of a field w, from its value and its derivative Dw\[v\] at `p`.
    pub fn covariant_derivative(
        &self,
        p: &Point,
        v: &Tangent,
        w: &Tangent,
        derivative: &Tangent,
    ) -> Result<Tangent> {
        self.simplex.check_tangent(p, derivative.values())?;
        Ok(derivative + &self.christoffel(p, v, w)?)
    }

    /// The sectional curvature, the same everywhere: (1-α²)/(4N).
    pub fn curvature(&self) -> f64 {
        (1.0 - self.alpha) * (1.0 + self.alpha) / (4.0 * self.simplex.trials())
    }

    /// R(x, y) z = (1-α²)/(4N) (⟨y, z⟩ x - ⟨x, z⟩ y).
    pub fn riemann(&self, p: &Point, x: &Tangent, y: &Tangent, z: &Tangent) -> Result<Tangent> {
        let (yz, xz) = (self.simplex.inner(p, y, z)?, self.simplex.inner(p, x, z)?);
        Ok(self.curvature() * &(&(yz * x) - &(xz * y)))
    }

    /// The affine time at which the geodesic from `p` with velocity `v` reaches the boundary; infinite for α ≥ 1.
    pub fn exit_time(&self, p: &Point, v: &Tangent) -> Result<f64> {
        AlphaGeodesic::from_velocity(self, p, v)?.exit_time()
    }

    /// The point at affine time 1 of the geodesic from `p` with velocity `v`.
    ///
    /// # Errors
    /// [`BeyondExit`](crate::Error::BeyondExit) if the exit time is 1 or less.
    pub fn exp(&self, p: &Point, v: &Tangent) -> Result<Point> {
        AlphaGeodesic::from_velocity(self, p, v)?.at(1.0)
    }

    /// The velocity at `p`, in affine time, of the geodesic that is at `q` at time 1.
    pub fn log(&self, p: &Point, q: &Point) -> Result<Tangent> {
        AlphaGeodesic::between(self, p, q)?.velocity()
    }

    /// The point at affine time `t` of the geodesic that is at `p` at time 0 and at `q` at time 1; 0 ≤ t ≤ 1.
    pub fn geodesic(&self, p: &Point, q: &Point, t: f64) -> Result<Point> {
        AlphaGeodesic::between(self, p, q)?.at(t)
    }
}

/// The Amari-Chentsov tensor of the simplex, totally symmetric.
///
/// ```text
/// T(u, v, w) = N Σ uᵢvᵢwᵢ/pᵢ² = N E[s_u s_v s_w],   s_v = v/p;
/// g(∇^(α)_u v, w) = g(∇^(0)_u v, w) - (α/2) T(u, v, w)
/// ```
///
/// # Example
/// ```
/// use natgrad::{connection::amari_chentsov, manifold::{Manifold, Simplex}, ndarray::array};
/// let simplex = Simplex::new(3)?;
/// let p = simplex.point(array![0.2, 0.3, 0.5])?;
/// let v = simplex.tangent(&p, array![0.1, -0.3, 0.2])?;
/// // .001/.04 - .027/.09 + .008/.25
/// assert!((amari_chentsov(&simplex, &p, &v, &v, &v)? + 0.243).abs() < 1e-15);
/// # Ok::<(), natgrad::Error>(())
/// ```
pub fn amari_chentsov(simplex: &Simplex, p: &Point, u: &Tangent, v: &Tangent, w: &Tangent) -> Result<f64> {
    simplex.check_point(p.values())?;
    for vector in [u, v, w] {
        simplex.check_tangent(p, vector.values())?;
    }
    let (p, u, v, w) = (p.values(), u.values(), v.values(), w.values());
    let terms = p.iter().zip(&u).zip(&v).zip(&w).map(|(((p, u), v), w)| u * (v / p) * (w / p));
    Ok(simplex.trials() * terms.sum::<f64>())
}
