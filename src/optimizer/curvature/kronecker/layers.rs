use crate::operator::{KroneckerFactors, KroneckerOperator, MatrixBlock};
use crate::{Error, ParameterLayout, Result, Scalar, check};

/// The affine layers of a layout: where the parameters of each lie, and its name.
///
/// ```text
/// w (out × in), and then b (out) if there is one:    V̄ = [W b], out × (in + 1)
/// ```
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AffineLayers {
    blocks: Vec<MatrixBlock>,
    names: Vec<String>,
}

impl AffineLayers {
    /// Layers out of a layout.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for a tensor that is neither the weight of a layer nor the bias that follows it.
    pub(crate) fn of(layout: &ParameterLayout) -> Result<Self> {
        let (mut blocks, mut names): (Vec<MatrixBlock>, Vec<String>) = (Vec::new(), Vec::new());
        for tensor in layout.tensors() {
            match (tensor.shape(), blocks.last_mut()) {
                (&[outputs, inputs], _) => {
                    blocks.push(MatrixBlock { offset: tensor.range().start, outputs, inputs, bias: false });
                    names.push(tensor.name().to_owned());
                }
                (&[outputs], Some(block)) if !block.bias && block.outputs == outputs => block.bias = true,
                _ => {
                    return Err(Error::Unsupported {
                        what: "Kronecker factors of this parameter layout",
                        reason: "every tensor must be the weight of an affine layer, outputs × inputs, or the bias that \
                                 follows it",
                    });
                }
            }
        }
        Ok(AffineLayers { blocks, names })
    }

    pub(crate) fn blocks(&self) -> &[MatrixBlock] {
        &self.blocks
    }

    /// The name of every layer: that of its weight.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// The factors of an operator in double precision, if they are those of these layers.
    ///
    /// # Errors
    /// [`Error::Shape`] if they are not.
    pub(crate) fn factors<T: Scalar, F: KroneckerOperator<T>>(
        &self,
        fisher: &F,
    ) -> Result<Vec<KroneckerFactors<f64>>> {
        let found = fisher.factors();
        check::shape("layers", &[self.blocks.len()], &[found.len()])?;
        let double = |(block, found): (&MatrixBlock, &KroneckerFactors<T>)| {
            let ((rows, columns), (outputs, inputs)) = (block.shape(), found.block().shape());
            let (here, there) = ([block.offset, rows, columns], [found.block().offset, outputs, inputs]);
            check::shape("layer (offset, outputs, inputs)", &here, &there)?;
            KroneckerFactors::new(
                *block,
                found.left().mapv(Scalar::as_f64),
                found.right().mapv(Scalar::as_f64),
            )
        };
        self.blocks.iter().zip(found).map(double).collect()
    }
}
