use crate::{Error, Result, Scalar, check};
use ndarray::{Array2, ArrayView1, ArrayView2};

/// The observed labels of N data, one row each.
///
/// # Shapes
/// N × 1 for [`Categorical`](super::Categorical) (the class index), N × C for the others.
///
/// # Example
/// ```
/// use natgrad::{Labels, ndarray::array};
/// let classes = Labels::<f64>::classes(&[0, 2, 1])?;
/// let counts = Labels::new(array![[3.0, 0.0], [1.0, 7.0]])?;
/// assert_eq!((classes.len(), counts.row(1)[1]), (3, 7.0));
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Labels<T> {
    values: Array2<T>,
}

impl<T: Scalar> Labels<T> {
    /// Class indices, counted from 0.
    ///
    /// # Errors
    /// [`Error::Empty`] without labels.
    pub fn classes(classes: &[usize]) -> Result<Self> {
        if classes.is_empty() {
            return Err(Error::Empty { quantity: "labels" });
        }
        Self::new(Array2::from_shape_fn((classes.len(), 1), |(n, _)| T::of(classes[n] as f64)))
    }

    /// One row of numbers per datum.
    ///
    /// # Errors
    /// [`Error::Empty`], and [`Error::NonFinite`] with the flat index.
    pub fn new(values: Array2<T>) -> Result<Self> {
        check::not_empty("labels", &values)?;
        check::finite("labels", &values)?;
        Ok(Labels { values })
    }

    /// N.
    pub fn len(&self) -> usize {
        self.values.nrows()
    }

    /// Never true: [`new`](Self::new) refuses it.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The label of datum n; for n ≥ N an empty one, which every likelihood refuses by its shape.
    pub fn row(&self, n: usize) -> ArrayView1<'_, T> {
        if n < self.len() { self.values.row(n) } else { ArrayView1::from(&[]) }
    }

    /// All labels, N × width.
    pub fn values(&self) -> ArrayView2<'_, T> {
        self.values.view()
    }
}
