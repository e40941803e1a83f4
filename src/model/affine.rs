use crate::{Result, Scalar, check};
use ndarray::{Array1, Array2};

/// An affine map x ↦ W x + b, or W x without a bias.
///
/// # Shapes
/// `weight`: out × in, `bias`: out.
#[derive(Debug, Clone, PartialEq)]
pub struct Affine<T> {
    pub(crate) weight: Array2<T>,
    pub(crate) bias: Option<Array1<T>>,
}

impl<T: Scalar> Affine<T> {
    /// A layer from its parameters.
    ///
    /// # Errors
    /// [`Error::Empty`](crate::Error::Empty) for a weight without entries,
    /// [`Error::NonFinite`](crate::Error::NonFinite), [`Error::Shape`](crate::Error::Shape) if the bias is not
    /// as long as the weight has rows.
    pub fn new(weight: Array2<T>, bias: Option<Array1<T>>) -> Result<Self> {
        check::not_empty("weight", &weight)?;
        check::finite("weight", &weight)?;
        if let Some(bias) = &bias {
            check::vector("bias", weight.nrows(), &bias.view())?;
        }
        // Standard layout, so that flattening is a copy of memory.
        Ok(Affine { weight: weight.as_standard_layout().into_owned(), bias })
    }

    /// W.
    pub fn weight(&self) -> &Array2<T> {
        &self.weight
    }

    /// b, if there is one.
    pub fn bias(&self) -> Option<&Array1<T>> {
        self.bias.as_ref()
    }

    /// Number of inputs.
    pub fn inputs(&self) -> usize {
        self.weight.ncols()
    }

    /// Number of outputs.
    pub fn outputs(&self) -> usize {
        self.weight.nrows()
    }
}
