use crate::{Error, Result, check};
use std::ops::Range;

/// One named tensor inside a flat parameter vector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tensor {
    name: String,
    shape: Vec<usize>,
    offset: usize,
}

impl Tensor {
    /// Its name, for example `w0`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its shape.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Its place in the flat vector (row-major inside).
    pub fn range(&self) -> Range<usize> {
        self.offset..self.offset + self.shape.iter().product::<usize>()
    }
}

/// How named tensors lie in one flat parameter vector θ ∈ R^P.
///
/// Order: layer by layer, the weight row-major, then the bias, as PyTorch flattens. Every flat vector of the
/// crate (θ, gradients, directions, diagonals) has this layout; only rules that act per tensor, like the
/// clips of FAdam, need to know it.
///
/// # Example
/// ```
/// use natgrad::ParameterLayout;
/// let layout = ParameterLayout::new([("w0", vec![3, 2]), ("b0", vec![3])])?;
/// assert_eq!(layout.dim(), 9);
/// assert_eq!(layout.tensors()[1].range(), 6..9);
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterLayout {
    tensors: Vec<Tensor>,
    dim: usize,
}

impl ParameterLayout {
    /// A layout of tensors, one after the other. A tensor may have no entries.
    ///
    /// # Errors
    /// [`Error::Empty`] without tensors; [`Error::Unsupported`] if a name occurs twice.
    pub fn new<S: Into<String>>(tensors: impl IntoIterator<Item = (S, Vec<usize>)>) -> Result<Self> {
        let mut layout = ParameterLayout { tensors: Vec::new(), dim: 0 };
        for (name, shape) in tensors {
            let name = name.into();
            if layout.tensors.iter().any(|tensor| tensor.name == name) {
                return Err(Error::Unsupported {
                    what: "parameter layout",
                    reason: "two tensors have the same name",
                });
            }
            let tensor = Tensor { name, shape, offset: layout.dim };
            layout.dim = tensor.range().end;
            layout.tensors.push(tensor);
        }
        if layout.tensors.is_empty() {
            Err(Error::Empty { quantity: "parameter layout" })
        } else {
            Ok(layout)
        }
    }

    /// A layout of one tensor `theta` with P entries.
    ///
    /// # Errors
    /// [`Error::Empty`] if `dim` is 0.
    pub fn flat(dim: usize) -> Result<Self> {
        if dim == 0 {
            return Err(Error::Empty { quantity: "parameters" });
        }
        Self::new([("theta", vec![dim])])
    }

    /// The tensors in order.
    pub fn tensors(&self) -> &[Tensor] {
        &self.tensors
    }

    /// P, the number of parameters.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// That a flat vector fits.
    pub(crate) fn check(&self, quantity: &'static str, length: usize) -> Result<()> {
        check::shape(quantity, &[self.dim], &[length])
    }
}
