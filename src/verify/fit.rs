//! The straight part of a curve at small times (private).

/// Decades and points that a slope needs at least.
const DECADES: f64 = 0.45;
const POINTS: usize = 5;
/// How far, in the logarithm, the curve may be from a line.
const STRAIGHT: f64 = 0.02;

/// A line through ln e against ln t.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fit {
    pub(crate) first: usize,
    pub(crate) last: usize,
    pub(crate) slope: f64,
    /// The largest distance from the line, in the logarithm.
    pub(crate) bend: f64,
}

impl Fit {
    /// From the first time at which errors are above the noise and stay there, as far as the curve is straight; at
    /// least about half a decade.
    pub(crate) fn lowest(times: &[f64], errors: &[f64], above: &[bool]) -> Option<Fit> {
        let first = above.windows(POINTS).position(|run| run.iter().all(|above| *above))?;
        let end = above[first..].iter().position(|above| !above).map_or(above.len(), |n| first + n);
        let wide = |last: usize| (times[last] / times[first]).log10() >= DECADES;
        let least = (first + POINTS - 1..end).find(|last| wide(*last))?;
        let mut fit = Fit::over(times, errors, first, least);
        for last in least + 1..end {
            let longer = Fit::over(times, errors, first, last);
            if longer.bend > STRAIGHT {
                break;
            }
            fit = longer;
        }
        Some(fit)
    }

    fn over(times: &[f64], errors: &[f64], first: usize, last: usize) -> Fit {
        let points: Vec<(f64, f64)> =
            (first..=last).map(|i| (times[i].ln(), errors[i].max(f64::MIN_POSITIVE).ln())).collect();
        let (slope, height) = line(&points);
        let bend = points.iter().map(|(x, y)| (y - height - slope * x).abs()).fold(0.0, f64::max);
        Fit { first, last, slope, bend }
    }

    /// The limit of e/tᵏ as t → 0: the height at 0 of a line through e/tᵏ against t.
    pub(crate) fn coefficient(&self, times: &[f64], errors: &[f64], order: i32) -> f64 {
        let points: Vec<(f64, f64)> =
            (self.first..=self.last).map(|i| (times[i], errors[i] / times[i].powi(order))).collect();
        line(&points).1
    }
}

/// Slope, and height at 0, of the least-squares line.
fn line(points: &[(f64, f64)]) -> (f64, f64) {
    let n = points.len() as f64;
    let (x, y) = points.iter().fold((0.0, 0.0), |(a, b), (x, y)| (a + x / n, b + y / n));
    let (top, bottom) =
        points.iter().fold((0.0, 0.0), |(t, b), p| (t + (p.0 - x) * (p.1 - y), b + (p.0 - x).powi(2)));
    let slope = if bottom > 0.0 { top / bottom } else { 0.0 };
    (slope, y - slope * x)
}
