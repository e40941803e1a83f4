use super::FamilyManifold;
use super::gragg::{self, COLUMNS};
use crate::family::{Family, Natural};
use crate::{Error, Result};
use ndarray::{Array1, ArrayView1};

/// Steps of one geodesic.
const STEPS: usize = 4000;

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
    /// How it ended.
    pub(super) fate: Fate,
}

impl<F: Family> FamilyManifold<F> {
    /// Follows θ̈ = -Γ(θ̇, θ̇), u̇ = -Γ(θ̇, u) for the time `until`.
    ///
    /// Errors of a step are measured in the metric, relative to the length travelled, the speed, and the length of u: the
    /// result does not depend on how the family scales its parameters. Near a boundary at which θ is infinite the velocity grows as c/(t* - t), so that
    /// speed/‖Γ(θ̇, θ̇)‖ is the time t* - t left.
    pub(super) fn travel(
        &self,
        start: ArrayView1<'_, f64>,
        velocity: ArrayView1<'_, f64>,
        carried: ArrayView1<'_, f64>,
        until: f64,
    ) -> Result<Journey> {
        let d = start.len();
        let part =
            |state: &[f64], k: usize| -> Array1<f64> { state.iter().skip(k * d).take(d).copied().collect() };
        let place = |state: &[f64]| Natural::new(&start + &part(state, 0));
        let field = |state: &[f64]| -> Result<Vec<f64>> {
            let (theta, w, u) = (place(state), part(state, 1), part(state, 2));
            let (bend, turn) = self.symbols(&theta, w.view(), u.view())?;
            Ok(w.into_iter()
                .chain(bend.into_iter().map(|x| -x))
                .chain(turn.into_iter().map(|x| -x))
                .collect())
        };
        let size = |theta: &Natural, v: &Array1<f64>| -> Result<f64> {
            Ok(v.dot(&self.family.fisher_natural(theta)?.dot(v)).max(0.0).sqrt())
        };
        let origin = Natural::new(start.to_owned());
        let (speed, length) = (size(&origin, &velocity.to_owned())?, size(&origin, &carried.to_owned())?);
        let mut state: Vec<f64> = std::iter::repeat_n(0.0, d)
            .chain(velocity.iter().copied())
            .chain(carried.iter().copied())
            .collect();
        let end = |state: &[f64], fate| Journey {
            displacement: part(state, 0),
            velocity: part(state, 1),
            carried: part(state, 2),
            fate,
        };
        // The time scale on which the velocity changes.
        let patience = |state: &[f64]| -> Result<f64> {
            let (theta, w) = (place(state), part(state, 1));
            let (bend, _) = self.symbols(&theta, w.view(), w.view())?;
            Ok(speed / size(&theta, &bend)?)
        };
        let (mut time, mut left) = (0.0, patience(&state)?);
        let mut h = until.min(left);
        for _ in 0..STEPS {
            if time >= until {
                return Ok(end(&state, Fate::Arrived));
            }
            h = h.min(until - time);
            let measure = |error: &[f64], at: &[f64]| -> Result<f64> {
                let theta = place(at);
                let moved = size(&theta, &part(error, 0))? / (speed * (time + h));
                let turned = size(&theta, &part(error, 1))? / speed;
                let carried = size(&theta, &part(error, 2))? / length.max(f64::MIN_POSITIVE);
                Ok(moved.max(turned).max(carried))
            };
            let failure = match gragg::step(&field, &measure, &state, h, self.tolerance) {
                Ok(step) if step.columns <= COLUMNS && step.state.iter().all(|x| x.is_finite()) => {
                    (state, time) = (step.state, time + h);
                    left = patience(&state)?;
                    if left < 1e-9 * time && time + 10.0 * left < until {
                        return Ok(end(&state, Fate::Exit(time + left)));
                    }
                    h *= match step.columns {
                        ..=5 => 2.5,
                        6 => 1.5,
                        7 => 1.0,
                        _ => 0.7,
                    };
                    continue;
                }
                Ok(step) => Error::NotConverged {
                    solver: "integration of the geodesic",
                    iterations: COLUMNS,
                    residual: step.error,
                    tolerance: self.tolerance,
                    condition: f64::NAN,
                    backward_error: f64::NAN,
                    at_rounding: false,
                },
                Err(error) => error,
            };
            h *= 0.3;
            if h > 1e-12 * time.max(1e-3 * until) {
                continue;
            }
            // No step is short enough: the boundary, or a real failure.
            return match failure {
                Error::Domain { .. } => Ok(end(&state, Fate::Exit(time))),
                _ if left < 1e-5 * time => Ok(end(&state, Fate::Exit(time + left))),
                other => Err(other),
            };
        }
        Err(Error::NotConverged {
            solver: "integration of the geodesic",
            iterations: STEPS,
            residual: (until - time) / until,
            tolerance: self.tolerance,
            condition: f64::NAN,
            backward_error: f64::NAN,
            at_rounding: false,
        })
    }
}
