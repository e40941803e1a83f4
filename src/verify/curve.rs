use crate::Result;
use crate::verify::fit::Fit;
use crate::verify::{Sweep, Verdict};

/// Errors count from this many noise levels on.
const ABOVE_NOISE: f64 = 100.0;
/// Times at which the noise is measured, and neighbours used at each.
const ANCHORS: usize = 7;
const NEIGHBOURS: usize = 8;

/// An error as a function of time, and the power of t that it falls with.
///
/// ```text
/// e(t) ≈ coefficient · t^slope
/// ```
///
/// # Numerical notes
/// The *noise* at a time is measured, not assumed: third differences of e over eight times within 10⁻⁶ of one another
/// see nothing of a smooth function (Moré and Wild 2011). The *window* of the fit begins at the least time from which on errors
/// are a hundred times the noise, and goes on as long as the curve is straight within 2 %: the slope is that at small t,
/// not the best one found anywhere.
///
/// # References
/// J. J. Moré and S. M. Wild, Estimating computational noise, SIAM J. Sci. Comput. 33 (2011).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Curve {
    /// The law whose error this is.
    pub law: String,
    /// The times.
    pub times: Vec<f64>,
    /// The errors at those times; shorter than the times if an evaluation failed.
    pub errors: Vec<f64>,
    /// Noise of the errors at those times.
    pub noise: Vec<f64>,
    /// The least slope that is right; infinite if only rounding is.
    pub required: f64,
    /// The slope, unless the errors are noise.
    pub slope: Option<f64>,
    /// e(t)/tᵏ as t → 0, k the slope rounded; unless the slope is far from every integer.
    pub coefficient: Option<f64>,
    /// First and last time of the fit.
    pub window: Option<(f64, f64)>,
    /// What it came to.
    pub verdict: Verdict,
}

/// What is measured.
pub(crate) struct Probe<'a> {
    pub(crate) law: &'a str,
    pub(crate) required: f64,
    /// The unit of time.
    pub(crate) unit: Result<f64>,
    /// Size of the numbers that are subtracted, as a function of time: their rounding is the least noise.
    pub(crate) scale: &'a dyn Fn(f64) -> f64,
    /// The error; its sign does not count.
    pub(crate) error: &'a dyn Fn(f64) -> Result<f64>,
}

impl Curve {
    /// Whether it is not a failure.
    pub fn passed(&self) -> bool {
        self.verdict.passed()
    }

    /// The largest noise.
    pub fn floor(&self) -> f64 {
        self.noise.iter().copied().fold(0.0, f64::max)
    }

    /// The power of t that the coefficient belongs to.
    pub fn order(&self) -> Option<i32> {
        self.coefficient.and(self.slope).map(|slope| slope.round() as i32)
    }

    pub(crate) fn measure(sweep: Sweep, probe: &Probe<'_>) -> Curve {
        let mut curve = Curve {
            law: probe.law.to_owned(),
            times: Vec::new(),
            errors: Vec::new(),
            noise: Vec::new(),
            required: probe.required,
            slope: None,
            coefficient: None,
            window: None,
            verdict: Verdict::Exact,
        };
        curve.verdict = match curve.sample(sweep, probe) {
            Ok(()) => curve.judge(sweep),
            Err(why) => Verdict::Failed(why),
        };
        curve
    }

    fn sample(&mut self, sweep: Sweep, probe: &Probe<'_>) -> std::result::Result<(), String> {
        let unit = probe.unit.as_ref().map_err(|error| format!("exit time: {error}"))?;
        self.times = sweep.times(*unit).map_err(|error| error.to_string())?;
        let evaluate = |t: f64| match (probe.error)(t) {
            Ok(error) if error.is_finite() => Ok(error),
            Ok(error) => Err(format!("at t = {t:.3e} the error is {error}")),
            Err(error) => Err(format!("at t = {t:.3e}: {error}")),
        };
        for &t in &self.times {
            self.errors.push(evaluate(t)?.abs());
        }
        let last = self.times.len() - 1;
        let mut anchors = Vec::with_capacity(ANCHORS);
        for k in 0..ANCHORS {
            let t = self.times[k * last / (ANCHORS - 1)];
            // Steps that are no multiples of one another's rounding.
            let near: Vec<f64> = (0..NEIGHBOURS)
                .map(|j| evaluate(t * (1.0 - 1.234_567e-7 * j as f64)))
                .collect::<std::result::Result<_, _>>()?;
            anchors.push(noise(&near));
        }
        for (i, &t) in self.times.iter().enumerate() {
            let place = i * (ANCHORS - 1) / last.max(1);
            let measured = anchors[place].max(anchors[(place + 1).min(ANCHORS - 1)]);
            self.noise.push(measured.max(f64::EPSILON * (probe.scale)(t).abs()));
        }
        Ok(())
    }

    fn judge(&mut self, sweep: Sweep) -> Verdict {
        let above: Vec<bool> =
            self.errors.iter().zip(&self.noise).map(|(e, n)| *e > ABOVE_NOISE * n).collect();
        if above.iter().all(|above| !above) {
            return Verdict::Exact;
        }
        let largest = self.errors.iter().copied().fold(0.0, f64::max);
        if self.required.is_infinite() {
            return Verdict::Failed(format!(
                "declared exact, but the error reaches {largest:.2e}, far above the noise of {:.1e}",
                self.floor()
            ));
        }
        let Some(fit) = Fit::lowest(&self.times, &self.errors, &above) else {
            let count = above.iter().filter(|above| **above).count();
            return Verdict::Failed(format!(
                "only {count} of {} errors are above the noise of {:.1e}, too few for a slope; choose later times",
                above.len(),
                self.floor()
            ));
        };
        self.slope = Some(fit.slope);
        self.window = Some((self.times[fit.first], self.times[fit.last]));
        if (fit.slope - fit.slope.round()).abs() <= 2.0 * sweep.tolerance {
            self.coefficient = Some(fit.coefficient(&self.times, &self.errors, fit.slope.round() as i32));
        }
        if fit.slope < self.required - sweep.tolerance {
            Verdict::Failed(format!("the slope is {:.3}, and {} is required", fit.slope, self.required))
        } else if fit.bend > 0.3 {
            Verdict::Failed(format!(
                "the curve bends by a factor of {:.2} between t = {:.1e} and {:.1e}, so that it has no slope; try another \
                 direction",
                fit.bend.exp(),
                self.times[fit.first],
                self.times[fit.last]
            ))
        } else {
            Verdict::Passed
        }
    }
}

/// The standard deviation of the noise in values of a smooth function at equally spaced, close arguments: that of their
/// third differences, over √20.
fn noise(values: &[f64]) -> f64 {
    let third = |w: &[f64]| match w {
        [a, b, c, d] => d - 3.0 * c + 3.0 * b - a,
        _ => 0.0,
    };
    let count = values.len().saturating_sub(3).max(1) as f64;
    (values.windows(4).map(|w| third(w).powi(2)).sum::<f64>() / (20.0 * count)).sqrt()
}
