//! Nonlinear conjugate gradients: eight rules for β, and when to restart.

use crate::descent::{Iterate, Minimizer, Outcome, Problem, Search, StepRule, StrongWolfe};
use crate::manifold::{Manifold, Tangent};
use crate::{Result, check};

/// The rule for β in d ← -g₊ + β𝒯d, with ν = g₊ - 𝒯g.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConjugateRule {
    /// ‖g₊‖²/‖g‖².
    FletcherReeves,
    /// ⟨g₊, ν⟩/‖g‖².
    PolakRibiere,
    /// max(0, ⟨g₊, ν⟩/‖g‖²).
    PolakRibierePlus,
    /// ⟨g₊, ν⟩/⟨𝒯d, ν⟩.
    HestenesStiefel,
    /// ‖g₊‖²/⟨𝒯d, ν⟩.
    DaiYuan,
    /// -‖g₊‖²/⟨d, g⟩.
    ConjugateDescent,
    /// -⟨g₊, ν⟩/⟨d, g⟩.
    LiuStorey,
    /// ⟨ν - 2𝒯d ‖ν‖²/⟨𝒯d, ν⟩, g₊⟩/⟨𝒯d, ν⟩.
    HagerZhang,
}

impl ConjugateRule {
    /// All of them.
    pub const ALL: [ConjugateRule; 8] = [
        ConjugateRule::FletcherReeves,
        ConjugateRule::PolakRibiere,
        ConjugateRule::PolakRibierePlus,
        ConjugateRule::HestenesStiefel,
        ConjugateRule::DaiYuan,
        ConjugateRule::ConjugateDescent,
        ConjugateRule::LiuStorey,
        ConjugateRule::HagerZhang,
    ];

    /// The field's name.
    pub fn name(self) -> &'static str {
        match self {
            ConjugateRule::FletcherReeves => "Fletcher-Reeves",
            ConjugateRule::PolakRibiere => "Polak-Ribière",
            ConjugateRule::PolakRibierePlus => "Polak-Ribière-plus",
            ConjugateRule::HestenesStiefel => "Hestenes-Stiefel",
            ConjugateRule::DaiYuan => "Dai-Yuan",
            ConjugateRule::ConjugateDescent => "conjugate descent",
            ConjugateRule::LiuStorey => "Liu-Storey",
            ConjugateRule::HagerZhang => "Hager-Zhang",
        }
    }
}

/// Riemannian conjugate gradients.
///
/// The direction restarts at -g₊ when it is not one of descent, every [`restart_every`](ConjugateGradient::restart_every) steps,
/// and by Powell's test |⟨g₊, 𝒯g⟩| ≥ ν‖g₊‖² when [`powell`](ConjugateGradient::powell) is set. With
/// [`nonexpansive`](ConjugateGradient::nonexpansive), 𝒯d is scaled down to ‖d‖ where the transport made it longer, which the theory
/// of Fletcher-Reeves asks for.
///
/// | rule | use it |
/// |---|---|
/// | Hager-Zhang, Polak-Ribière-plus | **if unsure** |
/// | Fletcher-Reeves, Dai-Yuan, conjugate descent | for their theory; they can take many short steps in a row |
/// | Hestenes-Stiefel, Polak-Ribière, Liu-Storey | with a restart rule |
///
/// # References
/// Hager & Zhang, Pacific J. Optim. 2 (2006), a survey of the rules; Ring & Wirth, SIAM J. Optim. 22 (2012), and Sato, Riemannian
/// Optimization and Its Applications (2021), on manifolds; Powell, Math. Programming 12 (1977).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ConjugateGradient {
    /// β.
    pub rule: ConjugateRule,
    /// How far to go.
    pub search: StepRule,
    /// Restart after so many steps; `None` for the dimension of the manifold.
    pub restart_every: Option<usize>,
    /// Powell's ν.
    pub powell: Option<f64>,
    /// Whether 𝒯d is kept from growing.
    pub nonexpansive: bool,
}

impl ConjugateGradient {
    /// With the strong Wolfe conditions, restarts every dim steps.
    pub fn new(rule: ConjugateRule) -> Self {
        ConjugateGradient {
            rule,
            search: StepRule::StrongWolfe(StrongWolfe::default()),
            restart_every: None,
            powell: None,
            nonexpansive: true,
        }
    }
}

impl Default for ConjugateGradient {
    fn default() -> Self {
        ConjugateGradient::new(ConjugateRule::HagerZhang)
    }
}

/// What conjugate gradients remember.
#[derive(Debug, Clone, PartialEq)]
pub struct ConjugateMemory {
    /// The next direction.
    pub direction: Tangent,
    /// The first step to try.
    pub guess: Option<f64>,
    /// Steps since the last restart.
    pub since_restart: usize,
}

impl<M: Manifold + ?Sized> Minimizer<M> for ConjugateGradient {
    type Memory = ConjugateMemory;

    fn name(&self) -> String {
        format!("conjugate gradients ({})", self.rule.name())
    }

    fn start(&self, _: &Problem<'_, M>, at: &Iterate) -> Result<ConjugateMemory> {
        self.search.check()?;
        if let Some(powell) = self.powell {
            check::setting("Powell's threshold", powell, powell > 0.0, "positive")?;
        }
        if let Some(every) = self.restart_every {
            check::setting("steps between restarts", every as f64, every >= 1, "at least 1")?;
        }
        Ok(ConjugateMemory { direction: -&at.gradient, guess: None, since_restart: 0 })
    }

    fn step(
        &self,
        problem: &Problem<'_, M>,
        at: &Iterate,
        memory: &ConjugateMemory,
    ) -> Result<Outcome<ConjugateMemory>> {
        let (stepper, manifold) = (problem.stepper(), problem.manifold());
        let d = &memory.direction;
        let (step, next) = match self.search.search(problem, at, d, memory.guess)? {
            Search::Failed(failure) => return Ok(Outcome::Failed(failure)),
            Search::Found { step, next, .. } => (step, next),
        };
        let d_norm = manifold.norm(&at.point, d)?;
        let slope = manifold.inner(&at.point, &at.gradient, d)?;
        let mut carried = stepper.carry(&at.point, &next.point, d)?;
        let old = stepper.carry(&at.point, &next.point, &at.gradient)?;
        let grown = manifold.norm(&next.point, &carried)?;
        if self.nonexpansive && grown > d_norm {
            carried = (d_norm / grown) * &carried;
        }

        let g = &next.gradient;
        let difference = stepper.combine(&next.point, &[(1.0, g), (-1.0, &old)])?;
        let inner = |v: &Tangent, w: &Tangent| manifold.inner(&next.point, v, w);
        let (along, bend) = (inner(g, &difference)?, inner(&carried, &difference)?);
        let beta = match self.rule {
            ConjugateRule::FletcherReeves => next.squared_decrement / at.squared_decrement,
            ConjugateRule::PolakRibiere => along / at.squared_decrement,
            ConjugateRule::PolakRibierePlus => (along / at.squared_decrement).max(0.0),
            ConjugateRule::HestenesStiefel => along / bend,
            ConjugateRule::DaiYuan => next.squared_decrement / bend,
            ConjugateRule::ConjugateDescent => -next.squared_decrement / slope,
            ConjugateRule::LiuStorey => -along / slope,
            ConjugateRule::HagerZhang => {
                let square = inner(&difference, &difference)?;
                (along - 2.0 * square / bend * inner(&carried, g)?) / bend
            }
        };

        let every = self.restart_every.unwrap_or_else(|| manifold.dim().max(1));
        let orthogonal = match self.powell {
            None => true,
            Some(limit) => inner(g, &old)?.abs() < limit * next.squared_decrement,
        };
        let mut direction = -g;
        let mut since_restart = 0;
        if beta.is_finite() && orthogonal && memory.since_restart + 1 < every {
            let conjugate = stepper.combine(&next.point, &[(-1.0, g), (beta, &carried)])?;
            if inner(g, &conjugate)? < 0.0 {
                (direction, since_restart) = (conjugate, memory.since_restart + 1);
            }
        }
        // The next step is likely to gain as much to first order as this one did.
        let guess =
            Some(step * slope / inner(g, &direction)?).filter(|guess| guess.is_finite() && *guess > 0.0);
        let memory = ConjugateMemory { direction, guess, since_restart };
        Ok(Outcome::Moved { next, memory, length: step * d_norm })
    }
}
