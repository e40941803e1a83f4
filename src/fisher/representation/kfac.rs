use super::layers::Layer;
use super::{Fisher, Representation};
use crate::fisher::Scores;
use crate::linalg::syrk;
use crate::operator::{Kronecker, KroneckerFactors, MatrixBlock};
use crate::{Result, Scalar};
use ndarray::{Array2, s};

/// Whether a bias shares its layer's Kronecker product.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Bias {
    /// ā = (a, 1): exact for one datum.
    #[default]
    Joint,
    /// W and b are blocks of their own, B ⊗ E\[a aᵀ\] and B; not exact even for one datum.
    Separate,
}

impl<T: Scalar> Scores<T> {
    /// The Kronecker-factored block diagonal: every block as if activations and gradients were independent.
    ///
    /// ```text
    /// F_l ≈ B_l ⊗ A_l,   A = (1/N) Σ_n ā_n ā_nᵀ,   B = (1/N) Σ_k δ_k δ_kᵀ
    /// ```
    ///
    /// Exact for N = 1, and for linear networks with a Gaussian likelihood. The bias is joint with the weights;
    /// [`kfac_with`](Self::kfac_with) separates it.
    ///
    /// # Errors
    /// [`Error::Unsupported`](crate::Error::Unsupported) for a bare Jacobian, which has no layers, and for centred
    /// scores.
    ///
    /// # Cost
    /// Σ (N·in² + rows·out²) flops, Σ (in² + out²) numbers.
    ///
    /// # Example
    /// ```
    /// use natgrad::{Labels, LinearOperator, Network, fisher::Exact, likelihood::Categorical};
    /// use natgrad::{model::Activation, ndarray::array};
    /// let network = Network::random(&[2, 3, 3], Activation::Tanh, 7)?;
    /// let lin = network.linearize(&Categorical, &array![[1.0, 0.5], [-0.5, 1.0]], &Labels::classes(&[0, 2])?)?;
    /// let kfac = lin.scores(&Exact)?.kfac()?;
    /// let p = lin.eta().mapv(f64::exp);
    /// let spread: f64 = p.outer_iter().map(|p| 1.0 - p.mapv(|x| x * x).sum() / p.sum().powi(2)).sum();
    /// let last = &kfac.operator().factors()[1];               // tr B = mean of 1 - Σ p² at the last layer
    /// assert!((last.left().diag().sum() - spread / 2.0).abs() < 1e-14);
    /// # Ok::<(), natgrad::Error>(())
    /// ```
    ///
    /// # References
    /// Martens & Grosse 2015, "Optimizing neural networks with Kronecker-factored approximate curvature",
    /// arXiv 1503.05671, section 3 (columns are stacked there, hence A ⊗ B).
    pub fn kfac(&self) -> Result<Fisher<Kronecker<T>>> {
        self.kfac_with(Bias::Joint)
    }

    /// [`kfac`](Self::kfac) with the bias joint or separate.
    ///
    /// # Errors
    /// As [`kfac`](Self::kfac).
    pub fn kfac_with(&self, bias: Bias) -> Result<Fisher<Kronecker<T>>> {
        let mut factors = Vec::new();
        for layer in self.layers("KFAC")? {
            let (left, right) = moments(&layer);
            factors.extend(blocks(layer.block, left, right, bias)?);
        }
        self.represented(
            Kronecker::new(factors)?,
            match bias {
                Bias::Joint => "kfac",
                Bias::Separate => "kfac-separate",
            },
        )
    }
}

/// B and A of a layer.
pub(super) fn moments<T: Scalar>(layer: &Layer<'_, T>) -> (Array2<T>, Array2<T>) {
    (syrk(layer.delta.view()) * layer.scale(), syrk(layer.inputs().view()) * layer.scale())
}

/// One block, or two if the bias is to be separate.
fn blocks<T: Scalar>(
    block: MatrixBlock,
    left: Array2<T>,
    right: Array2<T>,
    bias: Bias,
) -> Result<Vec<KroneckerFactors<T>>> {
    if bias == Bias::Joint || !block.bias {
        return Ok(vec![KroneckerFactors::new(block, left, right)?]);
    }
    let weight = MatrixBlock { bias: false, ..block };
    let offset = MatrixBlock { offset: weight.end(), outputs: block.outputs, inputs: 1, bias: false };
    let inner = right.slice(s![..block.inputs, ..block.inputs]).to_owned();
    Ok(vec![
        KroneckerFactors::new(weight, left.clone(), inner)?,
        KroneckerFactors::new(offset, left, Array2::ones((1, 1)))?,
    ])
}

/// [`Scores::kfac_with`] as a value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KfacForm {
    /// Joint or separate.
    pub bias: Bias,
}

impl<T: Scalar> Representation<T> for KfacForm {
    type Operator = Kronecker<T>;

    fn represent(&self, scores: &Scores<T>) -> Result<Fisher<Kronecker<T>>> {
        scores.kfac_with(self.bias)
    }
}
