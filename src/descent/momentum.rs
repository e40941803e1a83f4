//! Momentum: averaged, heavy ball, Nesterov's.

use crate::descent::{Iterate, Minimizer, Outcome, Problem, Stepper};
use crate::manifold::{Cotangent, Manifold, Point, Tangent};
use crate::{Result, check};

/// Which momentum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MomentumKind {
    /// m ← β𝒯m + (1 - β)g, step -hm.
    Averaged,
    /// m ← β𝒯m + g, step -hm.
    #[default]
    HeavyBall,
    /// m ← β𝒯m + g, step -h(g + βm): in flat space, Nesterov's method in the variable at which the gradient is taken.
    Nesterov,
}

/// Gradient descent with momentum; with a gradient of a minibatch, SGD with momentum.
///
/// ```text
/// m ← β 𝒯m + g,   x ← R(-h m),   and m goes along with the step
/// ```
///
/// Leaving the components of m as they are, instead of transporting it, is the transport of one chart (on the simplex the
/// m-transport), and makes the method depend on the chart.
///
/// # References
/// Polyak, USSR Comput. Math. 4 (1964); Sutskever et al., ICML 2013, for the form of Nesterov's method.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Momentum {
    /// h.
    pub learning_rate: f64,
    /// β in [0, 1).
    pub beta: f64,
    /// Which.
    pub kind: MomentumKind,
}

impl Momentum {
    /// Heavy ball.
    pub fn new(learning_rate: f64, beta: f64) -> Self {
        Momentum { learning_rate, beta, kind: MomentumKind::HeavyBall }
    }

    /// Another kind.
    pub fn with_kind(mut self, kind: MomentumKind) -> Self {
        self.kind = kind;
        self
    }

    fn check(&self) -> Result<()> {
        let h = self.learning_rate;
        check::setting("learning rate", h, h > 0.0 && h.is_finite(), "positive")?;
        check::setting("beta", self.beta, (0.0..1.0).contains(&self.beta), "in [0, 1)")
    }

    /// One step with a given derivative, for instance that of a minibatch: the new point, the momentum there, and the length of
    /// the step.
    pub fn update<M: Manifold + ?Sized>(
        &self,
        stepper: &Stepper<'_, M>,
        p: &Point,
        partials: &Cotangent,
        momentum: &Tangent,
    ) -> Result<(Point, Tangent, f64)> {
        self.check()?;
        let gradient = stepper.manifold().sharp(p, partials)?;
        let share = if self.kind == MomentumKind::Averaged { 1.0 - self.beta } else { 1.0 };
        let m = stepper.combine(p, &[(self.beta, momentum), (share, &gradient)])?;
        let v = match self.kind {
            MomentumKind::Nesterov => stepper
                .combine(p, &[(-self.learning_rate, &gradient), (-self.learning_rate * self.beta, &m)])?,
            _ => -self.learning_rate * &m,
        };
        let mut arrival = stepper.advance(p, &v, &[&m])?;
        let length = arrival.fraction * stepper.manifold().norm(p, &v)?;
        let m = arrival.carried.pop().unwrap_or_else(|| stepper.manifold().zero());
        Ok((arrival.point, m, length))
    }
}

impl<M: Manifold + ?Sized> Minimizer<M> for Momentum {
    /// The momentum at the current point.
    type Memory = Tangent;

    fn name(&self) -> String {
        match self.kind {
            MomentumKind::Averaged => "averaged momentum",
            MomentumKind::HeavyBall => "heavy ball",
            MomentumKind::Nesterov => "Nesterov momentum",
        }
        .to_owned()
    }

    fn start(&self, problem: &Problem<'_, M>, _: &Iterate) -> Result<Tangent> {
        self.check()?;
        Ok(problem.manifold().zero())
    }

    fn step(&self, problem: &Problem<'_, M>, at: &Iterate, momentum: &Tangent) -> Result<Outcome<Tangent>> {
        let (point, memory, length) = self.update(&problem.stepper(), &at.point, &at.partials, momentum)?;
        Ok(Outcome::Moved { next: Box::new(problem.iterate(point)?), memory, length })
    }
}
