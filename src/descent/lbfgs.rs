//! Limited-memory BFGS.

use crate::descent::{Ending, Iterate, Minimizer, Outcome, Problem, Search, StepRule, StrongWolfe};
use crate::manifold::{Manifold, Tangent};
use crate::{Result, check};

/// Riemannian L-BFGS: the inverse Hessian from the last steps and changes of the gradient, all transported to the current point.
///
/// ```text
/// s = 𝒯(h d),   y = g₊ - 𝒯g;     a pair is kept if ⟨s, y⟩ ≥ 1e-8 ‖s‖‖y‖
/// ```
///
/// # References
/// Nocedal, Math. Comp. 35 (1980); Huang, Gallivan & Absil, SIAM J. Optim. 25 (2015), on manifolds, who ask for an isometric transport.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lbfgs {
    /// Pairs kept.
    pub memory: usize,
    /// How far to go.
    pub search: StepRule,
}

impl Default for Lbfgs {
    fn default() -> Self {
        let search = StrongWolfe { curvature: 0.9, ..StrongWolfe::default() };
        Lbfgs { memory: 10, search: StepRule::StrongWolfe(search) }
    }
}

/// Pairs (s, y), oldest first.
pub type Pairs = Vec<(Tangent, Tangent)>;

impl Lbfgs {
    /// The two loops.
    fn direction<M: Manifold + ?Sized>(
        problem: &Problem<'_, M>,
        at: &Iterate,
        pairs: &Pairs,
    ) -> Result<Tangent> {
        let (manifold, p) = (problem.manifold(), &at.point);
        let inner = |v: &Tangent, w: &Tangent| manifold.inner(p, v, w);
        let mut q = at.gradient.clone();
        let mut factors = Vec::with_capacity(pairs.len());
        for (s, y) in pairs.iter().rev() {
            let rho = 1.0 / inner(s, y)?;
            let alpha = rho * inner(s, &q)?;
            q = problem.stepper().combine(p, &[(1.0, &q), (-alpha, y)])?;
            factors.push((rho, alpha));
        }
        if let Some((s, y)) = pairs.last() {
            q = (inner(s, y)? / inner(y, y)?) * &q;
        }
        for ((s, y), (rho, alpha)) in pairs.iter().zip(factors.iter().rev()) {
            let beta = rho * inner(y, &q)?;
            q = problem.stepper().combine(p, &[(1.0, &q), (alpha - beta, s)])?;
        }
        Ok(-&q)
    }
}

impl<M: Manifold + ?Sized> Minimizer<M> for Lbfgs {
    type Memory = Pairs;

    fn name(&self) -> String {
        format!("L-BFGS ({} pairs)", self.memory)
    }

    fn start(&self, _: &Problem<'_, M>, _: &Iterate) -> Result<Pairs> {
        check::setting("pairs kept", self.memory as f64, self.memory >= 1, "at least 1")?;
        self.search.check()?;
        Ok(Vec::new())
    }

    fn step(&self, problem: &Problem<'_, M>, at: &Iterate, pairs: &Pairs) -> Result<Outcome<Pairs>> {
        let (manifold, stepper) = (problem.manifold(), problem.stepper());
        let direction = Lbfgs::direction(problem, at, pairs)?;
        let guess = if pairs.is_empty() { None } else { Some(1.0) };
        let (step, next, ending) = match self.search.search(problem, at, &direction, guess)? {
            Search::Failed(failure) => return Ok(Outcome::Failed(failure)),
            Search::Found { step, next, ending, .. } => (step, next, ending),
        };
        // At a face the model would lead further into it with every step, and starve the other directions: it starts anew.
        let pairs = if ending == Ending::AtLimit { &Pairs::new() } else { pairs };
        let carry = |v: &Tangent| stepper.carry(&at.point, &next.point, v);
        let s = carry(&(step * &direction))?;
        let y = stepper.combine(&next.point, &[(1.0, &next.gradient), (-1.0, &carry(&at.gradient)?)])?;
        let mut kept = Pairs::new();
        let old = pairs.len().saturating_sub(self.memory.saturating_sub(1));
        for (s, y) in pairs.iter().skip(old) {
            kept.push((carry(s)?, carry(y)?));
        }
        let product = manifold.inner(&next.point, &s, &y)?;
        let sizes = manifold.norm(&next.point, &s)? * manifold.norm(&next.point, &y)?;
        if product > 0.0 && product >= 1e-8 * sizes {
            kept.push((s, y));
        }
        let length = step * manifold.norm(&at.point, &direction)?;
        Ok(Outcome::Moved { next, memory: kept, length })
    }
}
