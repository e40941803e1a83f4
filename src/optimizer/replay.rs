use super::Optimizer;
use crate::{Result, Scalar, check};
use ndarray::{Array1, Array2, ArrayView2};

/// Feeds a recorded gradient sequence to an optimizer and returns every iterate.
///
/// # Shapes
/// θ₀: P; gradients: T × P, one row per step; result: (T + 1) × P, row 0 is θ₀, [prepared](Optimizer::prepare).
///
/// # Errors
/// [`Error::Shape`](crate::Error::Shape) before the first step if either does not fit the layout;
/// [`Error::NonFinite`](crate::Error::NonFinite) named `theta0` or `gradients`, with the flat (row-major) index, also
/// before the first step; later, those of [`Optimizer::step`].
///
/// # Example
/// ```
/// use natgrad::{ParameterLayout, ndarray::array, optimizer::{Sgd, replay}};
/// let mut sgd = Sgd { learning_rate: 0.5, ..Sgd::default() }.build::<f64>(ParameterLayout::flat(1)?)?;
/// let path = replay(&mut sgd, array![1.0], array![[2.0], [-4.0]].view())?;
/// assert_eq!(path, array![[1.0], [0.0], [2.0]]);
/// # Ok::<(), natgrad::Error>(())
/// ```
pub fn replay<T: Scalar>(
    optimizer: &mut dyn Optimizer<T>,
    theta0: Array1<T>,
    gradients: ArrayView2<'_, T>,
) -> Result<Array2<T>> {
    let dim = optimizer.layout().dim();
    check::vector("theta0", dim, &theta0.view())?;
    check::shape("gradients", &[gradients.nrows(), dim], gradients.shape())?;
    check::finite("gradients", &gradients)?;
    let mut path = Array2::zeros((gradients.nrows() + 1, dim));
    let mut theta = theta0;
    optimizer.prepare(&mut theta)?;
    path.row_mut(0).assign(&theta);
    for (t, gradient) in gradients.rows().into_iter().enumerate() {
        optimizer.step(&mut theta, gradient)?;
        path.row_mut(t + 1).assign(&theta);
    }
    Ok(path)
}
