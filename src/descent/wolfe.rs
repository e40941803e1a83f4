//! The search for the strong Wolfe conditions: widen, then narrow.

use crate::Result;
use crate::descent::line_search::{Curve, Trial};
use crate::descent::{Ending, Search, StrongWolfe};
use crate::manifold::Manifold;

/// A bracket holds a minimum when its end is too high, or rises.
pub(super) fn search<M: Manifold + ?Sized>(
    rule: &StrongWolfe,
    curve: &Curve<'_, '_, M>,
    first: f64,
) -> Result<Search> {
    let flat = |trial: &Trial| trial.slope.abs() <= rule.curvature * curve.slope.abs();
    let mut low = Trial { step: 0.0, value: curve.value, slope: curve.slope, iterate: None };
    let mut step = first.min(curve.longest);
    let mut trials = 0;
    let (mut low, mut high) = loop {
        if trials >= rule.trials {
            return finish(curve, low, trials);
        }
        trials += 1;
        let trial = curve.trial(step, true)?;
        if !curve.decreases(&trial, rule.sufficient) || higher(curve, &trial, &low) {
            break (low, trial);
        }
        if flat(&trial) {
            return curve.found(trial, Ending::Met, trials);
        }
        if trial.slope >= 0.0 {
            break (trial, low);
        }
        if step >= curve.longest {
            return curve.found(trial, Ending::AtLimit, trials);
        }
        low = trial;
        step = (3.0 * step).min(curve.longest);
    };
    let mut last = (high.step, high.value);
    let mut believed = curve.believes(&high)?;
    while trials < rule.trials {
        trials += 1;
        let trial = curve.trial(between(&low, &high), true)?;
        last = (trial.step, trial.value);
        if !curve.decreases(&trial, rule.sufficient) || higher(curve, &trial, &low) {
            high = trial;
            believed = curve.believes(&high)?;
            continue;
        }
        if flat(&trial) && (believed || !curve.within_rounding(trial.value)) {
            return curve.found(trial, Ending::Met, trials);
        }
        if trial.slope * (high.step - low.step) >= 0.0 {
            high = low;
            believed = true;
        }
        low = trial;
    }
    if low.step > 0.0 { finish(curve, low, trials) } else { Ok(curve.failed(trials, last.0, last.1)) }
}

/// The best step so far, if its value says that it is one.
fn finish<M: Manifold + ?Sized>(curve: &Curve<'_, '_, M>, low: Trial, trials: usize) -> Result<Search> {
    if low.step > 0.0 && !curve.within_rounding(low.value) {
        curve.found(low, Ending::DecreaseOnly, trials)
    } else {
        Ok(curve.failed(trials, low.step, low.value))
    }
}

/// Whether a trial is above the low end by more than rounding.
fn higher<M: Manifold + ?Sized>(curve: &Curve<'_, '_, M>, trial: &Trial, low: &Trial) -> bool {
    let drowned = curve.within_rounding(trial.value) && curve.within_rounding(low.value);
    trial.value.is_nan() || (trial.value > low.value && !drowned)
}

/// The next trial: where a line through the slopes is zero, or a parabola least; kept off the ends.
fn between(low: &Trial, high: &Trial) -> f64 {
    let width = high.step - low.step;
    let secant = low.slope / (low.slope - high.slope);
    let parabola = -0.5 * low.slope * width / (high.value - low.value - low.slope * width);
    let part = if low.slope * high.slope < 0.0 { secant } else { parabola };
    let part = if part.is_finite() { part.clamp(0.1, 0.9) } else { 0.5 };
    low.step + part * width
}
