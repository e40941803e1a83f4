use super::{Simplex, contiguous};
use crate::Result;
use crate::manifold::model::Model;
use crate::manifold::{Manifold, Point, Tangent};

impl Simplex {
    /// The Riemannian volume N^(n/2) π^((n+1)/2)/Γ((n+1)/2): one orthant of the n-sphere of radius 2√N.
    ///
    /// The Jeffreys prior is the volume element divided by it: the Dirichlet law with every parameter ½.
    ///
    /// # Cost
    /// n/2 products.
    ///
    /// # Numerical notes
    /// Infinity or zero where the number is out of range; [`log_volume`](Simplex::log_volume) never is.
    ///
    /// # Example
    /// ```
    /// # use natgrad::manifold::Simplex;
    /// // An eighth of 4π·2².
    /// assert!((Simplex::new(3)?.volume() - 2.0 * std::f64::consts::PI).abs() < 1e-15);
    /// # Ok::<(), natgrad::Error>(())
    /// ```
    ///
    /// # Checked by
    /// `manifold::elsewhere::the_volume_of_the_triangle_is_two_pi`
    pub fn volume(&self) -> f64 {
        // By the recursion V(n+2) = V(n) Nπ/((n+1)/2), from π√N and 2πN: no rounding of a logarithm is raised to e.
        let pi = std::f64::consts::PI;
        let (mut volume, mut half) =
            if self.dim() % 2 == 1 { (pi * self.trials.sqrt(), 1.0) } else { (2.0 * pi * self.trials, 1.5) };
        let last = 0.5 * self.outcomes as f64;
        while half < last {
            volume *= self.trials * pi / half;
            half += 1.0;
        }
        volume
    }

    /// ln of the volume: (n/2) ln N + ((n + 1)/2) ln π - ln Γ((n + 1)/2).
    ///
    /// # Checked by
    /// `manifold::elsewhere::the_volume_of_the_triangle_is_two_pi`
    pub fn log_volume(&self) -> f64 {
        let half = 0.5 * self.outcomes as f64;
        0.5 * self.dim() as f64 * self.trials.ln() + half * std::f64::consts::PI.ln() - libm::lgamma(half)
    }

    /// (sin ϑ/ϑ)^(n-1), ϑ = ‖v‖/(2√N): what exp does to volumes at v, the Jacobian of normal coordinates at p.
    ///
    /// # Errors
    /// [`BeyondExit`](crate::Error::BeyondExit) if exp(v) does not exist.
    ///
    /// # Example
    /// ```
    /// # use natgrad::{manifold::{Manifold, Simplex}, ndarray::array};
    /// let simplex = Simplex::new(3)?;
    /// let p = simplex.point(array![0.25, 0.25, 0.5])?;
    /// let v = simplex.tangent(&p, array![0.25, -0.25, 0.0])?;       // ‖v‖ = √½
    /// let angle = 0.125f64.sqrt();
    /// assert!((simplex.volume_density(&p, &v)? - angle.sin() / angle).abs() < 1e-15);
    /// # Ok::<(), natgrad::Error>(())
    /// ```
    ///
    /// # Checked by
    /// `manifold::elsewhere::the_volume_density_is_that_of_curvature_one_quarter`
    pub fn volume_density(&self, p: &Point, v: &Tangent) -> Result<f64> {
        self.exp(p, v)?;
        let motion = self.motion(p, v)?;
        let angle = motion.careful_angle(&contiguous(&p.values()), &contiguous(&v.values()));
        Ok(Model::Sphere.sinc(angle).powf(self.dim() as f64 - 1.0))
    }
}
