use crate::family::Natural;
use crate::special::ConwaySum;
use crate::{Error, Result};

const ITERATIONS: usize = 500;

/// Terms of all series together after which a search is given up: well under a second.
const WORK: usize = 10_000_000;

/// What one step of Newton's method needs: the sum, and the step in (ln λ, ν) towards η.
struct Newton {
    /// ψ(θ) - ⟨θ, η⟩, to be made least.
    objective: f64,
    step: [f64; 2],
    /// ⟨gap, step⟩, twice what the step should gain.
    decrement: f64,
    /// Terms of the series.
    terms: usize,
}

impl Newton {
    /// The 2 × 2 system is solved by regression of ln x! on x: its residual variance is summed as such, not left over from
    /// a determinant.
    fn at(log_rate: f64, nu: f64, [mean, mean_log]: [f64; 2]) -> Result<Newton> {
        let sum = ConwaySum::new(log_rate, nu)?;
        let [x, u] = sum.shift();
        let variance = sum.mean(|term| (term.offset - x).powi(2));
        let slope = sum.mean(|term| (term.offset - x) * (term.log_factorial - u)) / variance;
        let residual = |offset: f64, log_factorial: f64| (log_factorial - u) - slope * (offset - x);
        let rest = sum.mean(|term| residual(term.offset, term.log_factorial).powi(2));
        // η relative to the mode.
        let (to_mean, to_log) = (mean - sum.mode, mean_log - sum.log_mode_factorial);
        let gap = [to_mean - x, residual(to_mean, to_log)];
        let minus_nu = gap[1] / rest;
        let step = [gap[0] / variance - slope * minus_nu, -minus_nu];
        // ψ - ⟨θ, η⟩ = ln Σ w - ⟨θ, η - T(m)⟩.
        let objective = sum.others.ln_1p() - log_rate * to_mean + nu * to_log;
        let decrement = gap[0] * gap[0] / variance + gap[1] * gap[1] / rest;
        Ok(Newton { objective, step, decrement, terms: sum.terms.len() })
    }
}

/// θ at an η in the interior of its domain: Newton's method on the convex ψ(θ) - ⟨θ, η⟩ from the Poisson law, steps halved
/// while they leave ν > 0, need too long a series, or do not descend.
pub(super) fn solve(eta: [f64; 2]) -> Result<Natural> {
    let (mut log_rate, mut nu) = (eta[0].ln(), 1.0);
    let mut here = Newton::at(log_rate, nu, eta)?;
    let (mut last, mut work, mut iterations) = (f64::INFINITY, 0, 0);
    while iterations < ITERATIONS && work < WORK {
        iterations += 1;
        // In units of the parameters' own size.
        let size = (here.step[0] / log_rate.abs().max(1.0)).hypot(here.step[1] / nu);
        if size <= 1e-15 || (size < 1e-7 && size >= last) {
            return Ok(Natural::from([log_rate, -nu]));
        }
        last = size;
        let mut length = (2.0 / here.step[0].hypot(here.step[1])).min(1.0);
        let mut moved = None;
        while length > 1e-12 && moved.is_none() && work < WORK {
            let (rate, dispersion) = (log_rate + length * here.step[0], nu + length * here.step[1]);
            // A series that is too long is as good as infinite.
            let trial = if dispersion > 0.0 { Newton::at(rate, dispersion, eta).ok() } else { None };
            work += trial.as_ref().map_or(0, |next| next.terms);
            // Where all gains are below rounding of the objective, Newton's method needs no guard.
            let gain = 0.25 * length * here.decrement;
            moved = trial
                .filter(|next| here.decrement < 1e-3 || next.objective <= here.objective - gain)
                .map(|next| (rate, dispersion, next));
            length *= 0.5;
        }
        match moved {
            Some((rate, dispersion, next)) => (log_rate, nu, here) = (rate, dispersion, next),
            None => break,
        }
    }
    Err(Error::NotConverged {
        solver: "Newton's method for the natural parameter",
        iterations,
        residual: here.decrement.sqrt(),
        tolerance: 1e-15,
        condition: f64::NAN,
        backward_error: f64::NAN,
        at_rounding: false,
    })
}
