use crate::Result;
use crate::linalg::{Eigh, eigh, product};
use ndarray::{Array2, ArrayView2};

/// (A + εI)^(−p) of a positive semidefinite matrix; the pseudo-inverse if ε = 0.
///
/// Eigenvalues of A below n ε_mach λ_max are rounding and count as 0, so that none is negative and none of them is
/// magnified when ε = 0.
pub(super) fn inverse_power(a: ArrayView2<'_, f64>, epsilon: f64, power: f64) -> Result<Array2<f64>> {
    let Eigh { values, vectors } = eigh(a)?;
    let largest = values.last().map_or(0.0, |value| value.max(0.0));
    let cutoff = values.len() as f64 * f64::EPSILON * largest;
    let powers =
        values.mapv(|value| inverse_power_of(if value > cutoff { value } else { 0.0 }, epsilon, power));
    let scaled = &vectors * &powers;
    Ok(product(scaled.view(), vectors.t()))
}

/// (a + ε)^(−p), with 0 for 0^(−p).
pub(super) fn inverse_power_of(value: f64, epsilon: f64, power: f64) -> f64 {
    let sum = value + epsilon;
    if sum > 0.0 { sum.powf(-power) } else { 0.0 }
}
