//! Riemannian gradient descent, which on a family of distributions is natural-gradient descent.

use crate::Result;
use crate::descent::{Armijo, Iterate, Minimizer, Outcome, Problem, Search, StepRule};
use crate::manifold::Manifold;

/// x ← R(-h grad f).
///
/// ```text
/// grad f = ♯∂f = G⁻¹∂f
/// ```
///
/// On the simplex and on exponential families with the Fisher-Rao metric this is the natural gradient. The derivative ∂f is
/// a covector, and adding it to a point is what makes iterates leave the simplex: it does not sum to zero. Here it cannot be
/// done, for a step takes a [`Tangent`](crate::manifold::Tangent) and the objective gives a
/// [`Cotangent`](crate::manifold::Cotangent):
///
/// ```compile_fail
/// # use natgrad::{descent::Stepper, manifold::{Cotangent, Manifold, Simplex}, ndarray::array};
/// # let simplex = Simplex::new(3).unwrap();
/// # let p = simplex.point(array![0.2, 0.3, 0.5]).unwrap();
/// let derivative = Cotangent::from([0.7, -0.2, 1.1]);
/// Stepper::new(&simplex).advance(&p, &derivative, &[]);      // expected `&Tangent`, found `&Cotangent`
/// ```
///
/// # Example
/// ```
/// use natgrad::descent::{Criterion, Function, GradientDescent, Minimizer, Problem};
/// use natgrad::manifold::{Manifold, Simplex};
/// use natgrad::ndarray::array;
///
/// // KL(p ‖ q) = Σ p ln(p/q), which is least at q.
/// let q = array![0.1, 0.6, 0.3];
/// let f = Function::new(|p| (&p * &(&p / &q).ln()).sum(), |p| (&p / &q).ln() + 1.0);
///
/// let simplex = Simplex::new(3)?;
/// let start = simplex.point(array![0.2, 0.3, 0.5])?;
/// let until = Criterion::GradientNorm(1e-10) | Criterion::Iterations(100);
/// let report = GradientDescent::default().minimize(&Problem::new(&simplex, &f), &start, &until)?;
/// assert!(simplex.distance(report.point(), &simplex.point(q.clone())?)? < 1e-9, "{report}");
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Amari, Neural Computation 10 (1998); Absil, Mahony & Sepulchre, Optimization Algorithms on Matrix Manifolds (2008).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GradientDescent {
    /// How far to go.
    pub rule: StepRule,
}

impl Default for GradientDescent {
    fn default() -> Self {
        GradientDescent { rule: StepRule::Armijo(Armijo::default()) }
    }
}

impl<M: Manifold + ?Sized> Minimizer<M> for GradientDescent {
    /// The last step, if there was one.
    type Memory = Option<f64>;

    fn name(&self) -> String {
        "gradient descent".to_owned()
    }

    fn start(&self, _: &Problem<'_, M>, _: &Iterate) -> Result<Option<f64>> {
        self.rule.check()?;
        Ok(None)
    }

    fn step(
        &self,
        problem: &Problem<'_, M>,
        at: &Iterate,
        last: &Option<f64>,
    ) -> Result<Outcome<Option<f64>>> {
        let direction = -&at.gradient;
        let found = self.rule.search(problem, at, &direction, last.map(|step| 2.0 * step))?;
        Ok(match found {
            Search::Failed(failure) => Outcome::Failed(failure),
            Search::Found { step, next, .. } => {
                Outcome::Moved { next, memory: Some(step), length: step * at.gradient_norm() }
            }
        })
    }
}
