//! Runs of the library's optimizers that show one internal number, and Adam as the textbook has it.

use crate::optimizer::{DiagonalNaturalGradient, FAdam, Optimizer};
use crate::{ParameterLayout, Result};
use ndarray::{Array1, Array2, ArrayView2};

/// FAdam with nothing but the average of squares and the division: no momentum, clip, decay or ε.
pub(crate) fn bare() -> FAdam {
    FAdam { beta1: 0.0, clip: f64::INFINITY, weight_decay: 0.0, epsilon: 0.0, ..FAdam::paper() }
}

/// The state of this name after every step, steps × order; θ starts at 0.
pub(crate) fn states(
    optimizer: &mut DiagonalNaturalGradient<f64>,
    gradients: ArrayView2<'_, f64>,
    name: &str,
) -> Result<Array2<f64>> {
    let mut theta = Array1::zeros(gradients.ncols());
    let mut path = Array2::from_elem(gradients.dim(), f64::NAN);
    for (gradient, mut row) in gradients.outer_iter().zip(path.outer_iter_mut()) {
        optimizer.step(&mut theta, gradient)?;
        if let Some(state) = optimizer.state().vector(name) {
            row.assign(&state);
        }
    }
    Ok(path)
}

/// [`states`] of a fresh FAdam with one tensor.
pub(crate) fn fadam_states(fadam: FAdam, gradients: ArrayView2<'_, f64>, name: &str) -> Result<Array2<f64>> {
    let mut optimizer = fadam.build(ParameterLayout::flat(gradients.ncols())?)?;
    states(&mut optimizer, gradients, name)
}

/// Adam of Kingma & Ba 2015, Algorithm 1, without ε: every step over η, steps × order.
pub(crate) fn textbook_adam(gradients: ArrayView2<'_, f64>, beta1: f64, beta2: f64) -> Array2<f64> {
    let mut steps = Array2::zeros(gradients.dim());
    for (column, mut out) in gradients.columns().into_iter().zip(steps.columns_mut()) {
        let (mut m, mut v) = (0.0, 0.0);
        for (t, (g, out)) in (1..).zip(column.iter().zip(out.iter_mut())) {
            m = beta1 * m + (1.0 - beta1) * g;
            v = beta2 * v + (1.0 - beta2) * g * g;
            let (first, second) = (m / (1.0 - beta1.powi(t)), v / (1.0 - beta2.powi(t)));
            *out = if second > 0.0 { first / f64::sqrt(second) } else { 0.0 };
        }
    }
    steps
}

/// Adam's corrected second moment v_t/(1 - β₂^t) as the textbook has it, steps × order.
pub(crate) fn textbook_second_moment(gradients: ArrayView2<'_, f64>, beta2: f64) -> Array2<f64> {
    let mut moments = Array2::zeros(gradients.dim());
    for (column, mut out) in gradients.columns().into_iter().zip(moments.columns_mut()) {
        let mut v = 0.0;
        for (t, (g, out)) in (1..).zip(column.iter().zip(out.iter_mut())) {
            v = beta2 * v + (1.0 - beta2) * g * g;
            *out = v / (1.0 - beta2.powi(t));
        }
    }
    moments
}
