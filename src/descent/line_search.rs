//! How far to go along a direction: Armijo's rule and the strong Wolfe conditions, inside the exit time.

use crate::descent::{Iterate, Problem};
use crate::manifold::{Manifold, Tangent};
use crate::{Error, Result, check};
use std::fmt;

/// Why no step was found. A value, not an error: the caller decides what becomes of the run.
#[derive(Debug, Clone, PartialEq)]
pub enum Failure {
    /// f does not decrease along the direction.
    NotDescent {
        /// ⟨grad f, d⟩.
        slope: f64,
        /// ‖grad f‖.
        gradient_norm: f64,
        /// ‖d‖.
        direction_norm: f64,
    },
    /// No trial step decreased f enough.
    NoDecrease {
        /// Trials made.
        trials: usize,
        /// The last step tried.
        last_step: f64,
        /// f at the start.
        value: f64,
        /// f at the last trial; NaN if it was not finite.
        last_value: f64,
        /// ⟨grad f, d⟩.
        slope: f64,
    },
    /// Newton's equation has no minimiser: the Hessian is not positive definite.
    NegativeCurvature {
        /// ⟨Hess f d, d⟩/⟨d, d⟩.
        curvature: f64,
    },
    /// The trust region shrank below rounding.
    RadiusCollapsed {
        /// Its radius.
        radius: f64,
    },
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::NotDescent { slope, gradient_norm, direction_norm } => write!(
                f,
                "the direction is not one of descent: slope {slope:.3e} with ‖grad f‖ = {gradient_norm:.3e}, ‖d‖ = \
                 {direction_norm:.3e}; check the derivative, or restart"
            ),
            Failure::NoDecrease { trials, last_step, value, last_value, slope } => write!(
                f,
                "{trials} trial steps down to {last_step:.3e} gave no sufficient decrease: f = {value:e} at the start, \
                 {last_value:e} at the last, slope {slope:.3e}; check the derivative against the value"
            ),
            Failure::NegativeCurvature { curvature } => write!(
                f,
                "the Hessian has curvature {curvature:.3e} along a direction; add damping, or use a trust region"
            ),
            Failure::RadiusCollapsed { radius } => {
                write!(
                    f,
                    "the trust region shrank to {radius:.3e} without an accepted step; check the derivatives"
                )
            }
        }
    }
}

/// How the length of a step is found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum StepRule {
    /// The same multiple of the direction every time.
    Fixed(f64),
    /// h = √(2δ/⟨d, d⟩), a step of δ nats of KL divergence to second order.
    KlRadius(f64),
    /// Backtracking to a sufficient decrease.
    Armijo(Armijo),
    /// Bracketing until the slope has fallen too.
    StrongWolfe(StrongWolfe),
}

/// Armijo's rule: the first of h, hr, hr², … with f(R(hd)) ≤ f + c h ⟨grad f, d⟩.
///
/// # Numerical notes
/// Where the two values differ by less than `64 ε max(1, |f|)`, their difference is rounding. There, the decrease is the integral
/// of the slope by the trapezoidal rule, which turns the condition into slope(h) ≤ (2c - 1) slope(0), as in the
/// approximate Wolfe conditions of Hager and Zhang. Before slopes are trusted so, the last trial that f refused is asked whether
/// they explain its value; a derivative of the wrong sign does not, and the search fails instead of creeping.
///
/// # References
/// Armijo, Pacific J. Math. 16 (1966); Hager & Zhang, SIAM J. Optim. 16 (2005).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Armijo {
    /// c in (0, ½).
    pub sufficient: f64,
    /// r in (0, 1).
    pub contraction: f64,
    /// The first trial of the first search.
    pub initial: f64,
    /// At most so many trials.
    pub trials: usize,
    /// No trial goes beyond this fraction of the exit time.
    pub inside: f64,
}

impl Default for Armijo {
    fn default() -> Self {
        Armijo { sufficient: 1e-4, contraction: 0.5, initial: 1.0, trials: 60, inside: 0.95 }
    }
}

/// The strong Wolfe conditions: Armijo's, and |⟨grad f(R(hd)), 𝒯d⟩| ≤ c₂ |⟨grad f, d⟩|.
///
/// A bracket is widened until it holds a minimum along the curve, then narrowed. If f still falls at the last step inside the
/// exit time, that step is taken and [`Ending::AtLimit`] says so.
///
/// # References
/// Nocedal & Wright, Numerical Optimization (2006), chapter 3; Ring & Wirth, SIAM J. Optim. 22 (2012), on manifolds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StrongWolfe {
    /// c₁ in (0, ½).
    pub sufficient: f64,
    /// c₂ in (c₁, 1).
    pub curvature: f64,
    /// The first trial of the first search.
    pub initial: f64,
    /// At most so many trials.
    pub trials: usize,
    /// No trial goes beyond this fraction of the exit time.
    pub inside: f64,
}

impl Default for StrongWolfe {
    fn default() -> Self {
        StrongWolfe { sufficient: 1e-4, curvature: 0.1, initial: 1.0, trials: 60, inside: 0.95 }
    }
}

/// How a search ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// All conditions hold.
    Met,
    /// f decreased enough, and the step stopped short of the boundary.
    AtLimit,
    /// f decreased enough, but the slope condition was not reached in the allowed trials.
    DecreaseOnly,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq)]
pub enum Search {
    /// A step.
    Found {
        /// h.
        step: f64,
        /// The point R(hd), with value and gradient.
        next: Box<Iterate>,
        /// Which conditions hold.
        ending: Ending,
        /// Trials made.
        trials: usize,
    },
    /// None.
    Failed(Failure),
}

impl StepRule {
    /// Whether the settings are in their domains.
    pub fn check(&self) -> Result<()> {
        let positive = |option, x: f64| check::setting(option, x, x > 0.0 && x.is_finite(), "positive");
        let shared = |sufficient: f64, initial: f64, trials: usize, inside: f64| {
            check::setting(
                "sufficient decrease",
                sufficient,
                sufficient > 0.0 && sufficient < 0.5,
                "in (0, 1/2)",
            )?;
            positive("initial step", initial)?;
            check::setting("trials", trials as f64, trials >= 1, "at least 1")?;
            check::setting(
                "fraction of the exit time",
                inside,
                inside > 0.0 && inside < 1.0,
                "between 0 and 1",
            )
        };
        match self {
            StepRule::Fixed(step) => positive("step", *step),
            StepRule::KlRadius(delta) => positive("radius in nats", *delta),
            StepRule::Armijo(a) => {
                check::setting(
                    "contraction",
                    a.contraction,
                    a.contraction > 0.0 && a.contraction < 1.0,
                    "in (0, 1)",
                )?;
                shared(a.sufficient, a.initial, a.trials, a.inside)
            }
            StepRule::StrongWolfe(w) => {
                let holds = w.curvature > w.sufficient && w.curvature < 1.0;
                check::setting("curvature", w.curvature, holds, "between the sufficient decrease and 1")?;
                shared(w.sufficient, w.initial, w.trials, w.inside)
            }
        }
    }

    /// A step along `direction`; `guess` is the first trial if there was a search before.
    ///
    /// # Errors
    /// Those of the objective and of the manifold, except that a trial with a value that is not finite counts as too long.
    pub fn search<M: Manifold + ?Sized>(
        &self,
        problem: &Problem<'_, M>,
        at: &Iterate,
        direction: &Tangent,
        guess: Option<f64>,
    ) -> Result<Search> {
        self.check()?;
        let fixed = |step: f64| -> Result<Search> {
            let arrival = problem.stepper().advance(&at.point, &(step * direction), &[])?;
            let step = step * arrival.fraction;
            let ending = if arrival.fraction < 1.0 { Ending::AtLimit } else { Ending::Met };
            Ok(Search::Found { step, next: Box::new(problem.iterate(arrival.point)?), ending, trials: 1 })
        };
        match self {
            StepRule::Fixed(step) => fixed(*step),
            StepRule::KlRadius(delta) => {
                let squared = problem.manifold().inner(&at.point, direction, direction)?;
                check::setting("squared length of the direction", squared, squared > 0.0, "positive")?;
                fixed((2.0 * delta / squared).sqrt())
            }
            StepRule::Armijo(rule) => match Curve::along(problem, at, direction, rule.inside)? {
                Ok(curve) => rule.search(&curve, guess.unwrap_or(rule.initial)),
                Err(failure) => Ok(Search::Failed(failure)),
            },
            StepRule::StrongWolfe(rule) => match Curve::along(problem, at, direction, rule.inside)? {
                Ok(curve) => super::wolfe::search(rule, &curve, guess.unwrap_or(rule.initial)),
                Err(failure) => Ok(Search::Failed(failure)),
            },
        }
    }
}

/// The function h ↦ f(R(hd)) with what a search needs of it.
pub(super) struct Curve<'a, 'p, M: Manifold + ?Sized> {
    problem: &'a Problem<'p, M>,
    at: &'a Iterate,
    direction: &'a Tangent,
    pub(super) value: f64,
    pub(super) slope: f64,
    /// The longest step allowed.
    pub(super) longest: f64,
}

/// A trial step with value, and slope once asked for.
pub(super) struct Trial {
    pub(super) step: f64,
    pub(super) value: f64,
    pub(super) slope: f64,
    pub(super) iterate: Option<Box<Iterate>>,
}

impl<'a, 'p, M: Manifold + ?Sized> Curve<'a, 'p, M> {
    fn along(
        problem: &'a Problem<'p, M>,
        at: &'a Iterate,
        direction: &'a Tangent,
        inside: f64,
    ) -> Result<Result<Self, Failure>> {
        let slope = problem.manifold().inner(&at.point, &at.gradient, direction)?;
        if slope >= 0.0 || !slope.is_finite() {
            let direction_norm = problem.manifold().norm(&at.point, direction)?;
            return Ok(Err(Failure::NotDescent { slope, gradient_norm: at.gradient_norm(), direction_norm }));
        }
        let longest = inside * problem.stepper().exit_time(&at.point, direction)?;
        Ok(Ok(Curve { problem, at, direction, value: at.value, slope, longest }))
    }

    /// Value and, if `with_slope`, gradient at a trial step; a value that is not finite is NaN here, and too far for everyone.
    pub(super) fn trial(&self, step: f64, with_slope: bool) -> Result<Trial> {
        let lost = |value| Trial { step, value, slope: f64::NAN, iterate: None };
        let arrival = self.problem.stepper().advance(&self.at.point, &(step * self.direction), &[])?;
        let value = match self.problem.value(&arrival.point) {
            Ok(value) => value,
            Err(Error::NonFinite { .. }) => return Ok(lost(f64::NAN)),
            Err(error) => return Err(error),
        };
        if !with_slope && !self.within_rounding(value) {
            return Ok(lost(value));
        }
        let iterate = match self.problem.iterate_with(arrival.point, value) {
            Ok(iterate) => iterate,
            Err(Error::NonFinite { .. }) => return Ok(lost(f64::NAN)),
            Err(error) => return Err(error),
        };
        let there = self.problem.stepper().carry(&self.at.point, &iterate.point, self.direction)?;
        let slope = self.problem.manifold().inner(&iterate.point, &iterate.gradient, &there)?;
        Ok(Trial { step, value, slope, iterate: Some(Box::new(iterate)) })
    }

    /// Whether a value differs from that at the start by no more than rounding.
    pub(super) fn within_rounding(&self, value: f64) -> bool {
        (value - self.value).abs() <= 64.0 * f64::EPSILON * self.value.abs().max(1.0)
    }

    /// Armijo's condition.
    pub(super) fn decreases(&self, trial: &Trial, sufficient: f64) -> bool {
        if self.within_rounding(trial.value) && !trial.slope.is_nan() {
            trial.slope <= (2.0 * sufficient - 1.0) * self.slope
        } else {
            trial.value <= self.value + sufficient * trial.step * self.slope
        }
    }

    /// Whether slopes explain that f was higher at a trial: by the trapezoidal rule they must sum to more than zero. Where values
    /// drown, only slopes speak; this asks, at the last trial whose value did not drown, whether they may be believed.
    pub(super) fn believes(&self, refused: &Trial) -> Result<bool> {
        if refused.value.is_nan() || self.within_rounding(refused.value) || refused.value < self.value {
            return Ok(true);
        }
        let slope =
            if refused.slope.is_nan() { self.trial(refused.step, true)?.slope } else { refused.slope };
        Ok(slope.is_nan() || self.slope + slope > 0.0)
    }

    /// The step of an accepted trial.
    pub(super) fn found(&self, trial: Trial, ending: Ending, trials: usize) -> Result<Search> {
        let next = match trial.iterate {
            Some(iterate) => iterate,
            None => {
                let arrival =
                    self.problem.stepper().advance(&self.at.point, &(trial.step * self.direction), &[])?;
                Box::new(self.problem.iterate_with(arrival.point, trial.value)?)
            }
        };
        Ok(Search::Found { step: trial.step, next, ending, trials })
    }

    pub(super) fn failed(&self, trials: usize, last_step: f64, last_value: f64) -> Search {
        Search::Failed(Failure::NoDecrease {
            trials,
            last_step,
            value: self.value,
            last_value,
            slope: self.slope,
        })
    }
}

impl Armijo {
    fn search<M: Manifold + ?Sized>(&self, curve: &Curve<'_, '_, M>, first: f64) -> Result<Search> {
        let mut step = first.min(curve.longest);
        let mut refused: Option<Trial> = None;
        for trial in 1..=self.trials {
            let tried = curve.trial(step, false)?;
            if curve.decreases(&tried, self.sufficient) {
                if let Some(refused) = refused.as_ref().filter(|_| curve.within_rounding(tried.value))
                    && !curve.believes(refused)?
                {
                    return Ok(curve.failed(trial, tried.step, tried.value));
                }
                let ending = if step >= curve.longest { Ending::AtLimit } else { Ending::Met };
                return curve.found(tried, ending, trial);
            }
            refused = Some(tried);
            step *= self.contraction;
        }
        let (step, value) = refused.map_or((step, f64::NAN), |trial| (trial.step, trial.value));
        Ok(curve.failed(self.trials, step, value))
    }
}
