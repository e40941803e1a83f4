use crate::data::{Dataset, digits};
use crate::{Result, Scalar};
use ndarray::s;

/// The lower half of every handwritten digit from its upper half: 32 counts, for a Poisson regression.
///
/// ```text
/// input = ink / 16 of rows 0 to 3,    labels = ink of rows 4 to 7,    ink ∈ {0, …, 16}
/// ```
///
/// A pixel of [`digits`] is a count: so many of the 4 × 4 points of a bitmap were black. Some blocks at the edge
/// are never black; a model learns that by rates that go to 0.
///
/// # Shapes
/// Inputs 1797 × 32; labels 1797 × 32; both in row order.
///
/// # Errors
/// None with the data as shipped.
///
/// # Example
/// ```
/// let ink = natgrad::data::ink::<f64>()?;
/// assert_eq!((ink.len(), ink.features(), ink.labels().ncols()), (1797, 32, 32));
/// assert_eq!((ink.feature_names()[31].as_str(), ink.labels()[[0, 2]]), ("p37", 8.0));
/// # Ok::<(), natgrad::Error>(())
/// ```
pub fn ink<T: Scalar>() -> Result<Dataset<T>> {
    let all = digits::<T>()?;
    let upper = all.inputs().slice(s![.., ..32]).to_owned();
    let lower = all.inputs().slice(s![.., 32..]).mapv(|share| share * T::of(16.0));
    Dataset::new("ink", upper, lower)?.with_feature_names(all.feature_names().iter().take(32).cloned())
}
