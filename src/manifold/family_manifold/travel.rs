use super::FamilyManifold;
use super::gragg::{self, COLUMNS};
use crate::family::{Family, Natural};
use crate::{Error, Result};
use ndarray::{Array1, Array2, ArrayView1};
use std::cell::Cell;

/// What stops where rounding leaves more than it may.
const ROUGH: &str = "integration of the geodesic (rounding of the inverse metric)";

/// Steps of one geodesic.
const STEPS: usize = 4000;

/// √(vᵀ G v).
pub(super) fn size(metric: &Array2<f64>, v: &Array1<f64>) -> f64 {
    v.dot(&metric.dot(v)).max(0.0).sqrt()
}

/// How a journey along a geodesic ended.
pub(super) enum Fate {
    /// At the time asked for.
    Arrived,
    /// At the boundary, at this time.
    Exit(f64),
}

/// A journey along a geodesic.
pub(super) struct Journey {
    /// θ - θ₀: kept apart from θ, so that short geodesics keep their digits.
    pub(super) displacement: Array1<f64>,
    /// θ̇.
    pub(super) velocity: Array1<f64>,
    /// The vector transported parallel.
    pub(super) carried: Array1<f64>,
    /// The largest error of a step: the tolerance, or what rounding made of it.
    pub(super) tolerance: f64,
    /// How it ended.
    pub(super) fate: Fate,
}

/// Evaluations of the geodesic equation that one call may make.
pub(super) struct Budget {
    all: usize,
    left: Cell<usize>,
}

impl Budget {
    pub(super) fn new(all: usize) -> Self {
        Budget { all, left: Cell::new(all) }
    }

    pub(super) fn spent(&self) -> usize {
        self.all - self.left.get()
    }

    pub(super) fn is_spent(&self) -> bool {
        self.left.get() == 0
    }

    fn spend(&self, tolerance: f64) -> Result<()> {
        match self.left.get().checked_sub(1) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => Err(Error::NotConverged {
                solver: "integration of geodesics (budget of evaluations)",
                iterations: self.all,
                residual: f64::NAN,
                tolerance,
                condition: f64::NAN,
                backward_error: f64::NAN,
                at_rounding: false,
            }),
        }
    }
}

impl<F: Family> FamilyManifold<F> {
    /// Follows θ̈ = -Γ(θ̇, θ̇), u̇ = -Γ(θ̇, u) for the time `until`.
    ///
    /// Errors of a step are measured in the metric, relative to the length travelled, the speed, and the length of u: the
    /// result does not depend on how the family scales its parameters. Near a boundary at which θ is infinite the velocity
    /// grows as c/(t* - t), so that |θ̇|/|θ̈| is the time t* - t left.
    pub(super) fn travel(
        &self,
        start: ArrayView1<'_, f64>,
        velocity: ArrayView1<'_, f64>,
        carried: ArrayView1<'_, f64>,
        until: f64,
        budget: &Budget,
    ) -> Result<Journey> {
        let d = start.len();
        let part =
            |state: &[f64], k: usize| -> Array1<f64> { state.iter().skip(k * d).take(d).copied().collect() };
        let place = |state: &[f64]| Natural::new(&start + &part(state, 0));
        let field = |state: &[f64]| -> Result<Vec<f64>> {
            budget.spend(self.tolerance)?;
            let (theta, w, u) = (place(state), part(state, 1), part(state, 2));
            let (bend, turn) = self.symbols(&theta, w.view(), u.view())?;
            Ok(w.into_iter()
                .chain(bend.into_iter().map(|x| -x))
                .chain(turn.into_iter().map(|x| -x))
                .collect())
        };
        let metric = self.family.fisher_natural(&Natural::new(start.to_owned()))?;
        let (speed, length) = (size(&metric, &velocity.to_owned()), size(&metric, &carried.to_owned()));
        let mut state: Vec<f64> = std::iter::repeat_n(0.0, d)
            .chain(velocity.iter().copied())
            .chain(carried.iter().copied())
            .collect();
        let end = |state: &[f64], tolerance, fate| Journey {
            tolerance,
            displacement: part(state, 0),
            velocity: part(state, 1),
            carried: part(state, 2),
            fate,
        };
        // The time scale on which the velocity changes, in the metric or in coordinates: the second is the time left where a
        // coordinate runs to infinity.
        let patience = |state: &[f64]| -> Result<f64> {
            let (theta, w) = (place(state), part(state, 1));
            let (bend, _) = self.symbols(&theta, w.view(), w.view())?;
            let metric = self.family.fisher_natural(&theta)?;
            Ok((speed / size(&metric, &bend)).min(w.dot(&w).sqrt() / bend.dot(&bend).sqrt()))
        };
        let (mut time, mut left) = (0.0, patience(&state)?);
        let (mut h, mut tolerance, mut before) = (until.min(left), self.tolerance, f64::INFINITY);
        for _ in 0..STEPS {
            if time >= until {
                return Ok(end(&state, tolerance, Fate::Arrived));
            }
            h = h.min(until - time);
            let metric = self.family.fisher_natural(&place(&state))?;
            let measure = |error: &[f64], at: &[f64]| -> Result<f64> {
                // In the metric at both ends: beyond a boundary a coordinate may run off where it no longer counts.
                let ahead = self.family.fisher_natural(&place(at))?;
                let larger = |k| size(&ahead, &part(error, k)).max(size(&metric, &part(error, k)));
                let moved = larger(0) / (speed * (time + h));
                let turned = larger(1) / speed;
                let carried = larger(2) / length.max(f64::MIN_POSITIVE);
                Ok(moved.max(turned).max(carried))
            };
            let attempt = gragg::step(&field, &measure, &state, h, tolerance);
            // A step whose end has no geodesic equation is no step.
            let attempt = attempt.and_then(|step| Ok((patience(&step.state)?, step)));
            let (failure, noisy) = match attempt {
                Ok((ahead, step)) if step.error <= tolerance && step.state.iter().all(|x| x.is_finite()) => {
                    (state, time, left) = (step.state, time + h, ahead);
                    before = f64::INFINITY;
                    if left < 1e-9 * time && time + 10.0 * left < until {
                        return Ok(end(&state, tolerance, Fate::Exit(time + left)));
                    }
                    if step.columns == COLUMNS && h < 0.03 * left && tolerance < self.rounding {
                        tolerance *= 4.0;
                    }
                    h *= match step.columns {
                        ..=5 => 2.5,
                        6 => 1.5,
                        7 => 1.0,
                        _ => 0.8,
                    };
                    continue;
                }
                // A third of the step, and no better, or a step that is short by the geodesic's own time: this is
                // rounding of G⁻¹T, which no step length cures.
                Ok((_, step))
                    if (step.error > 0.03 * before || h < 0.03 * left) && step.error < self.rounding =>
                {
                    tolerance = 4.0 * step.error;
                    continue;
                }
                Ok((_, step)) => {
                    before = step.error;
                    (self.unconverged(ROUGH, budget, step.error), h < 1e-3 * left)
                }
                Err(error) if budget.is_spent() => return Err(error),
                Err(error) => (error, false),
            };
            h *= 0.3;
            if !noisy && h > 1e-12 * time.max(left.min(until)) {
                continue;
            }
            // No step is short enough: the boundary, or a real failure.
            return match failure {
                Error::Domain { .. } => Ok(end(&state, tolerance, Fate::Exit(time))),
                _ if left < 1e-5 * time => Ok(end(&state, tolerance, Fate::Exit(time + left))),
                other => Err(other),
            };
        }
        Err(self.unconverged("integration of the geodesic (steps)", budget, (until - time) / until))
    }

    fn unconverged(&self, solver: &'static str, budget: &Budget, residual: f64) -> Error {
        Error::NotConverged {
            solver,
            iterations: budget.spent(),
            residual,
            tolerance: self.rounding,
            condition: f64::NAN,
            backward_error: f64::NAN,
            at_rounding: false,
        }
    }
}
