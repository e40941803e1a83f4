use crate::linalg::{product, singular_basis};
use crate::optimizer::keywords::keywords;
use crate::{Result, Scalar};
use ndarray::{Array2, ArrayView2};

/// How the inverse root of a Gram matrix is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Whitening {
    /// By singular vectors, to rounding; a singular value of 0 stays 0.
    #[default]
    Exact,
    /// By a fixed number of coupled Newton-Schulz steps, which are products only.
    NewtonSchulz,
}

keywords!(Whitening, "whitening", { Exact = "exact", NewtonSchulz = "newton-schulz" });

/// The polar factor (X Xᵀ)^(-½) X = U Vᵀ, of the numerical rank.
///
/// # Errors
/// Those of the singular vectors.
pub(crate) fn polar_factor<T: Scalar>(x: ArrayView2<'_, T>) -> Result<Array2<f64>> {
    if x.nrows() < x.ncols() {
        return Ok(polar_factor(x.t())?.reversed_axes());
    }
    let basis = singular_basis(x)?;
    let mut left = basis.images;
    let largest = basis.values.first().copied().unwrap_or(0.0);
    let negligible = 8.0 * (x.nrows() as f64) * T::epsilon().as_f64() * largest;
    for (mut column, &value) in left.columns_mut().into_iter().zip(&basis.values) {
        column.mapv_inplace(|u| if value <= negligible { 0.0 } else { u / value });
    }
    Ok(product(left.view(), basis.vectors.t()))
}

/// The same by k coupled steps, along the shorter side.
///
/// ```text
/// X ← X/‖X‖,   Y = X Xᵀ,  Z = I;      repeat: T = 3I − Z Y,  Y ← β Y T,  Z ← β T Z;      Z X
/// ```
///
/// A singular value s of X/‖X‖ becomes z s, with z from the same recurrence in numbers. Near the fixed point √(3 − 1/β) an
/// error is multiplied by 3 − 6β: the steps converge for ⅓ < β < ⅔ only, quadratically for β = ½, where the fixed point is 1.
pub(crate) fn newton_schulz<T: Scalar>(x: ArrayView2<'_, T>, iterations: u64, beta: f64) -> Array2<f64> {
    if x.nrows() > x.ncols() {
        return newton_schulz(x.t(), iterations, beta).reversed_axes();
    }
    let mut x = x.mapv(Scalar::as_f64);
    let norm = x.iter().map(|x| x * x).sum::<f64>().sqrt();
    if norm == 0.0 {
        return x;
    }
    x /= norm;
    let mut y = product(x.view(), x.t());
    let mut z = Array2::<f64>::eye(x.nrows());
    for _ in 0..iterations {
        let mut t = -product(z.view(), y.view());
        t.diag_mut().mapv_inplace(|d| d + 3.0);
        y = beta * product(y.view(), t.view());
        z = beta * product(t.view(), z.view());
    }
    product(z.view(), x.view())
}
