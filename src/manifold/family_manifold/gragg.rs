use crate::Result;

/// Columns of the extrapolation: order 2·COLUMNS with 2, 4, …, 2·COLUMNS midpoint steps.
pub(super) const COLUMNS: usize = 8;

/// A step of the extrapolated midpoint rule.
pub(super) struct Step {
    /// The state after the step.
    pub(super) state: Vec<f64>,
    /// The difference of the last two extrapolations, in the caller's norm.
    pub(super) error: f64,
    /// Extrapolations made until the error was below the tolerance.
    pub(super) columns: usize,
}

/// One step of length `h` of ẏ = f(y) by Gragg's method: modified midpoint rules, whose error is a series in the square
/// of the substep, extrapolated to substep zero (Aitken-Neville).
///
/// `norm` measures an error at a state; the step ends with the first extrapolation whose error is below `tolerance`.
pub(super) fn step(
    f: &impl Fn(&[f64]) -> Result<Vec<f64>>,
    norm: &impl Fn(&[f64], &[f64]) -> Result<f64>,
    start: &[f64],
    h: f64,
    tolerance: f64,
) -> Result<Step> {
    let slope = f(start)?;
    // The last row of the table, its newest extrapolation last.
    let mut row: Vec<Vec<f64>> = Vec::new();
    let mut error = f64::INFINITY;
    for column in 1..=COLUMNS {
        let mut next = vec![midpoint(f, start, &slope, h, 2 * column)?];
        for (back, coarser) in row.iter().enumerate() {
            let finer = &next[back];
            let ratio = (column as f64 / (column - back - 1) as f64).powi(2) - 1.0;
            next.push(finer.iter().zip(coarser).map(|(a, b)| a + (a - b) / ratio).collect());
        }
        row = next;
        if let [.., before, state] = row.as_slice() {
            let difference: Vec<f64> = state.iter().zip(before).map(|(a, b)| a - b).collect();
            error = norm(&difference, state)?;
            if column >= 3 && error <= tolerance {
                return Ok(Step { state: state.clone(), error, columns: column });
            }
        }
    }
    Ok(Step { state: row.pop().unwrap_or_default(), error, columns: COLUMNS })
}

/// Gragg's smoothed midpoint rule with an even number of substeps.
fn midpoint(
    f: &impl Fn(&[f64]) -> Result<Vec<f64>>,
    start: &[f64],
    slope: &[f64],
    h: f64,
    substeps: usize,
) -> Result<Vec<f64>> {
    let advance = |from: &[f64], slope: &[f64], h: f64| -> Vec<f64> {
        from.iter().zip(slope).map(|(y, k)| y + h * k).collect()
    };
    let substep = h / substeps as f64;
    let mut before = start.to_vec();
    let mut here = advance(start, slope, substep);
    for _ in 1..substeps {
        let next = advance(&before, &f(&here)?, 2.0 * substep);
        before = std::mem::replace(&mut here, next);
    }
    let ahead = advance(&before, &f(&here)?, substep);
    Ok(here.iter().zip(&ahead).map(|(a, b)| 0.5 * (a + b)).collect())
}
