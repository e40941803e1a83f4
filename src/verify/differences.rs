//! Derivatives by extrapolated central differences (private).

use crate::{Error, Result};
use ndarray::Array1;

/// Rows of the extrapolation tableau, each with a step shorter by [`SHRINK`].
const ROWS: usize = 12;
const SHRINK: f64 = 1.6;

/// A derivative, and how far the best two extrapolations are apart.
#[derive(Debug, Clone)]
pub(crate) struct Difference {
    pub(crate) value: Array1<f64>,
    pub(crate) uncertainty: f64,
}

/// The largest absolute entry; NaN if there is one.
pub(crate) fn largest(x: &Array1<f64>) -> f64 {
    x.iter().fold(0.0, |most: f64, x| if x.is_nan() || most.is_nan() { f64::NAN } else { most.max(x.abs()) })
}

/// f'(0), by Ridders' method.
pub(crate) fn first(f: impl Fn(f64) -> Result<Array1<f64>>, step: f64) -> Result<Difference> {
    let rounding = f64::EPSILON * largest(&f(0.0)?) / step;
    let difference = extrapolated(|h| Ok((f(h)? - f(-h)?) / (2.0 * h)), step)?;
    Ok(Difference { uncertainty: difference.uncertainty.max(rounding), ..difference })
}

/// f''(0), likewise.
pub(crate) fn second(f: impl Fn(f64) -> Result<Array1<f64>>, step: f64) -> Result<Difference> {
    let middle = f(0.0)?;
    let rounding = f64::EPSILON * largest(&middle) / step / step;
    let difference = extrapolated(|h| Ok((f(h)? + f(-h)? - 2.0 * &middle) / h / h), step)?;
    Ok(Difference { uncertainty: difference.uncertainty.max(rounding), ..difference })
}

/// The limit of an even function of h as h → 0 (Ridders 1982); the step is halved until the function can be evaluated.
fn extrapolated(g: impl Fn(f64) -> Result<Array1<f64>>, step: f64) -> Result<Difference> {
    let mut h = step;
    let mut row = vec![g(h)];
    for _ in 0..100 {
        if row[0].is_ok() {
            break;
        }
        h *= 0.5;
        row = vec![g(h)];
    }
    let mut previous: Vec<Array1<f64>> = row.into_iter().collect::<Result<_>>()?;
    let mut best = Difference { value: previous[0].clone(), uncertainty: f64::INFINITY };
    for _ in 1..ROWS {
        h /= SHRINK;
        let mut current = vec![g(h)?];
        let mut factor = SHRINK * SHRINK;
        for (j, coarse) in previous.iter().enumerate() {
            let next = (factor * &current[j] - coarse) / (factor - 1.0);
            let apart = largest(&(&next - &current[j])).max(largest(&(&next - coarse)));
            if apart < best.uncertainty {
                best = Difference { value: next.clone(), uncertainty: apart };
            }
            current.push(next);
            factor *= SHRINK * SHRINK;
        }
        previous = current;
    }
    match best.value.iter().position(|x| !x.is_finite()) {
        Some(index) => {
            let value = best.value[index];
            Err(Error::NonFinite { quantity: "difference quotient", index, value })
        }
        None => Ok(best),
    }
}
