use super::{Simplex, kernel};
use crate::manifold::{Manifold, Point};
use crate::{Error, Result, check};
use ndarray::{Array1, ArrayView1};
use rand::{Rng, RngExt};
use rand_distr::{Distribution, Gamma, StandardNormal};

/// Random points; random tangent vectors are [`Manifold::random_tangent`].
impl Simplex {
    /// A point that is uniform with respect to the Fisher-Rao volume: squares of a Gaussian vector, divided by their sum.
    ///
    /// It is the Dirichlet law with every parameter ½, the Jeffreys prior. Uniform in p itself is
    /// [`random_dirichlet`](Simplex::random_dirichlet) with every parameter 1.
    ///
    /// # Errors
    /// [`Domain`](Error::Domain) if an entry underflows, which takes a Gaussian below 1e-154.
    ///
    /// # Cost
    /// One Gaussian an outcome.
    ///
    /// # Checked by
    /// `manifold::charts::random_points_and_tangents_have_their_moments`
    pub fn random_point(&self, rng: &mut dyn Rng) -> Result<Point> {
        let squares = Array1::from_shape_fn(self.outcomes, |_| {
            // Zero has probability 2^-53 or so, and no place in the open simplex.
            loop {
                let z: f64 = StandardNormal.sample(rng);
                if z.abs() > 0.0 {
                    return z * z;
                }
            }
        });
        self.normalise(squares)
    }

    /// A Dirichlet draw with parameters αᵢ > 0.
    ///
    /// ```text
    /// density ∝ Π pᵢ^(αᵢ - 1),   E pᵢ = αᵢ/Σα
    /// ```
    ///
    /// # Shapes
    /// n + 1 parameters.
    ///
    /// # Errors
    /// [`Domain`](Error::Domain) if an entry of the draw is below the least double: with α = 0.001 about half are.
    ///
    /// # Numerical notes
    /// A Gamma(α) draw with α < 1 is Gamma(α + 1)·U^(1/α), taken in logarithms: α = 0.05 reaches 1e-300.
    ///
    /// # Checked by
    /// `manifold::charts::random_points_and_tangents_have_their_moments`
    pub fn random_dirichlet(&self, alpha: ArrayView1<'_, f64>, rng: &mut dyn Rng) -> Result<Point> {
        check::vector("Dirichlet parameters", self.outcomes, &alpha)?;
        let mut logs = Vec::with_capacity(self.outcomes);
        for (index, &value) in alpha.iter().enumerate() {
            let refused =
                Error::Domain { quantity: "Dirichlet parameters", index, value, requirement: "positive" };
            let gamma = Gamma::new(value + 1.0, 1.0).map_err(|_| refused.clone())?;
            if value <= 0.0 {
                return Err(refused);
            }
            let uniform = crate::random::open_unit(rng.random());
            logs.push(gamma.sample(rng).ln() + uniform.ln() / value);
        }
        let top = logs.iter().fold(f64::NEG_INFINITY, |m: f64, x| m.max(*x));
        let mut p: Vec<f64> = logs.iter().map(|x| (x - top).exp()).collect();
        kernel::normalise(&mut p);
        kernel::normalise(&mut p);
        self.point(p.into())
    }
}
