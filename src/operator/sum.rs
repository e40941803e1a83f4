use crate::operator::LinearOperator;
use crate::{Result, Scalar, check};
use ndarray::{Array1, Array2, ArrayView1};

/// F + G, two operators of one order.
///
/// # Errors
/// [`Sum::new`] returns [`Error::Shape`](crate::Error::Shape) if the orders differ.
#[derive(Debug, Clone, PartialEq)]
pub struct Sum<F, G> {
    left: F,
    right: G,
}

impl<F, G> Sum<F, G> {
    /// F + G.
    pub fn new<T: Scalar>(left: F, right: G) -> Result<Self>
    where
        F: LinearOperator<T>,
        G: LinearOperator<T>,
    {
        let order = left.dim();
        check::shape("right operator of a sum", &[order, order], &[right.dim(), right.dim()])?;
        Ok(Sum { left, right })
    }
}

impl<T: Scalar, F: LinearOperator<T>, G: LinearOperator<T>> LinearOperator<T> for Sum<F, G> {
    fn dim(&self) -> usize {
        self.left.dim()
    }

    fn apply(&self, v: ArrayView1<'_, T>) -> Result<Array1<T>> {
        Ok(self.left.apply(v)? + &self.right.apply(v)?)
    }

    fn stored(&self) -> usize {
        self.left.stored() + self.right.stored()
    }

    fn to_dense(&self) -> Result<Array2<T>> {
        Ok(self.left.to_dense()? + &self.right.to_dense()?)
    }

    fn diagonal(&self) -> Result<Array1<T>> {
        Ok(self.left.diagonal()? + &self.right.diagonal()?)
    }
}
