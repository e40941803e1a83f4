//! Checks that two vectors are laws on the same outcomes (private).

use crate::{Error, Result, check};
use ndarray::ArrayView1;

/// How far the sum of a law may be from one.
const MASS_TOLERANCE: f64 = 1e-12;

/// The vector is a point of the closed simplex.
pub(crate) fn law(quantity: &'static str, p: ArrayView1<'_, f64>) -> Result<()> {
    check::not_empty(quantity, &p)?;
    check::finite(quantity, &p)?;
    if let Some((index, &value)) = p.iter().enumerate().find(|(_, x)| **x < 0.0) {
        return Err(Error::Domain { quantity, index, value, requirement: "at least 0" });
    }
    let sum = p.sum();
    let holds = (sum - 1.0).abs() <= MASS_TOLERANCE;
    check::setting("sum of the law", sum, holds, "1 within 1e-12; divide the weights by their sum")
}

/// Both vectors are laws, on as many outcomes.
pub(crate) fn pair(first: ArrayView1<'_, f64>, second: ArrayView1<'_, f64>) -> Result<()> {
    law("first law", first)?;
    check::shape("second law", first.shape(), second.shape())?;
    law("second law", second)
}

/// Σ term(pᵢ, qᵢ) over two laws.
pub(crate) fn sum(
    first: ArrayView1<'_, f64>,
    second: ArrayView1<'_, f64>,
    term: impl Fn(f64, f64) -> f64,
) -> Result<f64> {
    pair(first, second)?;
    Ok(first.iter().zip(&second).map(|(&p, &q)| term(p, q)).sum())
}
