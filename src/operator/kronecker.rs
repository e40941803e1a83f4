use crate::linalg::{self, norm, product};
use crate::operator::LinearOperator;
use crate::operator::places::MatrixBlock;
use crate::operator::spectral::{Part, SpectralDecomposition};
use crate::{Result, Scalar, check};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2};

/// One Kronecker-factored block: B ⊗ A on the parameters of a layer.
///
/// ```text
/// (B ⊗ A) vec(V̄) = vec(B V̄ A),    vec row-major
/// ```
///
/// # Shapes
/// `left` B: out × out, the factor of the gradients; `right` A: (in + 1) × (in + 1), that of the inputs (in × in without
/// bias).
#[derive(Debug, Clone, PartialEq)]
pub struct KroneckerFactors<T> {
    block: MatrixBlock,
    left: Array2<T>,
    right: Array2<T>,
}

impl<T: Scalar> KroneckerFactors<T> {
    /// B ⊗ A on a block.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) if a factor does not fit the block;
    /// [`Error::NonFinite`](crate::Error::NonFinite); [`Error::Domain`](crate::Error::Domain) for a factor
    /// that is not symmetric.
    pub fn new(block: MatrixBlock, left: Array2<T>, right: Array2<T>) -> Result<Self> {
        let (rows, columns) = block.shape();
        check::shape("left Kronecker factor", &[rows, rows], left.shape())?;
        check::shape("right Kronecker factor", &[columns, columns], right.shape())?;
        let left = crate::operator::Dense::new(left)?.into_matrix();
        let right = crate::operator::Dense::new(right)?.into_matrix();
        Ok(KroneckerFactors { block, left, right })
    }

    /// The parameters it acts on.
    pub fn block(&self) -> MatrixBlock {
        self.block
    }

    /// B.
    pub fn left(&self) -> ArrayView2<'_, T> {
        self.left.view()
    }

    /// A.
    pub fn right(&self) -> ArrayView2<'_, T> {
        self.right.view()
    }
}

/// A block diagonal of Kronecker products, one or more blocks per layer.
///
/// ```text
/// F = ⊕_l B_l ⊗ A_l
/// ```
///
/// # Cost
/// Σ (out² + in²) numbers; 2·out·in·(out + in) flops per product and layer; a decomposition is one per factor.
///
/// # Example
/// ```
/// use natgrad::{LinearOperator, ndarray::array, operator::{Kronecker, KroneckerFactors, MatrixBlock}};
/// let block = MatrixBlock { offset: 0, outputs: 2, inputs: 1, bias: false };
/// let factors = KroneckerFactors::new(block, array![[2.0, 1.0], [1.0, 3.0]], array![[5.0]])?;
/// let f = Kronecker::new(vec![factors])?;
/// assert_eq!(f.apply(array![1.0, 0.0].view())?, array![10.0, 5.0]);
/// assert_eq!(f.trace()?, 25.0);
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Kronecker<T> {
    dim: usize,
    factors: Vec<KroneckerFactors<T>>,
}

impl<T: Scalar> Kronecker<T> {
    /// Blocks that follow one another: each begins where the one before ends.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) for a gap or an overlap.
    pub fn new(factors: Vec<KroneckerFactors<T>>) -> Result<Self> {
        let mut dim = 0;
        for factor in &factors {
            check::shape("offset of a Kronecker block", &[dim], &[factor.block.offset])?;
            dim = factor.block.end();
        }
        Ok(Kronecker { dim, factors })
    }

    /// The factors, layer by layer.
    pub fn factors(&self) -> &[KroneckerFactors<T>] {
        &self.factors
    }
}

/// An operator made of Kronecker products, whose factors can be damped one by one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no Kronecker factors",
    label = "this solver works on Kronecker factors",
    note = "ask the scores for `.kfac()`, `.kfoc()` or `.tkfac()`"
)]
pub trait KroneckerOperator<T: Scalar>: LinearOperator<T> {
    /// B_l and A_l of every block.
    fn factors(&self) -> &[KroneckerFactors<T>];
}

impl<T: Scalar> KroneckerOperator<T> for Kronecker<T> {
    fn factors(&self) -> &[KroneckerFactors<T>] {
        &self.factors
    }
}

impl<T: Scalar> LinearOperator<T> for Kronecker<T> {
    fn dim(&self) -> usize {
        self.dim
    }

    fn apply(&self, v: ArrayView1<'_, T>) -> Result<Array1<T>> {
        check::shape("vector", &[self.dim], v.shape())?;
        let mut result = Array1::zeros(self.dim);
        for KroneckerFactors { block, left, right } in &self.factors {
            let image = product(product(left.view(), block.gather(v).view()).view(), right.view());
            block.scatter(image.view(), result.view_mut());
        }
        Ok(result)
    }

    fn stored(&self) -> usize {
        self.factors.iter().map(|f| f.left.len() + f.right.len()).sum()
    }

    fn to_dense(&self) -> Result<Array2<T>> {
        let mut dense = Array2::zeros((self.dim, self.dim));
        for KroneckerFactors { block, left, right } in &self.factors {
            for ((o, p), &b) in left.indexed_iter() {
                for ((i, j), &a) in right.indexed_iter() {
                    dense[[block.place(o, i), block.place(p, j)]] = b * a;
                }
            }
        }
        Ok(dense)
    }

    fn diagonal(&self) -> Result<Array1<T>> {
        let mut diagonal = Array1::zeros(self.dim);
        for KroneckerFactors { block, left, right } in &self.factors {
            let outer = Array2::from_shape_fn(block.shape(), |(o, i)| left[[o, o]] * right[[i, i]]);
            block.scatter(outer.view(), diagonal.view_mut());
        }
        Ok(diagonal)
    }

    fn trace(&self) -> Result<T> {
        Ok(self.factors.iter().map(|f| f.left.diag().sum() * f.right.diag().sum()).sum())
    }

    fn frobenius_norm(&self) -> Result<T> {
        let square = |matrix: &Array2<T>| norm(matrix.flatten().view());
        let norms: Array1<T> = self.factors.iter().map(|f| square(&f.left) * square(&f.right)).collect();
        Ok(norm(norms.view()))
    }

    fn decompose(&self) -> Result<SpectralDecomposition<T>> {
        let mut parts = Vec::with_capacity(self.factors.len());
        for KroneckerFactors { block, left, right } in &self.factors {
            let (left, right) = (linalg::eigh(left.view())?, linalg::eigh(right.view())?);
            parts.push(Part::kronecker(*block, left, right));
        }
        Ok(SpectralDecomposition::new(self.dim, parts))
    }

    fn eigenvalues(&self) -> Result<Array1<T>> {
        let mut values = Vec::with_capacity(self.dim);
        for KroneckerFactors { left, right, .. } in &self.factors {
            let (left, right) = (linalg::eigvalsh(left.view())?, linalg::eigvalsh(right.view())?);
            values.extend(left.iter().flat_map(|&b| right.iter().map(move |&a| b * a)));
        }
        Ok(linalg::ascending(values))
    }
}
