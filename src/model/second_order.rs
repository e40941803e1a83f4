//! Second derivatives of a network: the derivative of a pass back along a direction in θ (private).

use crate::linalg::product;
use crate::model::trace::LayerTrace;
use crate::model::{Differential, Linearization};
use crate::operator::MatrixBlock;
use crate::{Error, Result, Scalar, check};
use ndarray::{Array1, Array2, Array3, ArrayView1, ArrayView2, Axis, Zip, s};
use std::sync::Arc;

/// What products with second derivatives need besides J: φ'' of every layer.
#[derive(Debug, Clone)]
pub(crate) struct SecondOrder<T> {
    differential: Arc<Differential<T>>,
    bends: Vec<Option<Array2<T>>>,
}

impl<T: Scalar> SecondOrder<T> {
    /// # Errors
    /// [`Error::Unsupported`] for an explicit Jacobian.
    pub(crate) fn new(differential: Arc<Differential<T>>) -> Result<Self> {
        let bends = match differential.as_ref() {
            Differential::Network(trace) => trace.layers.iter().map(LayerTrace::bend).collect(),
            Differential::Jacobian(_) => {
                return Err(Error::Unsupported {
                    what: "second derivative of the outputs",
                    reason: "a model from elsewhere came with its Jacobian only; a `Network` knows how it bends",
                });
            }
        };
        Ok(SecondOrder { differential, bends })
    }

    /// Σ_n (J_nᵀ B_n J_n + Σ_a w_na ∂²η_na/∂θ²) v, by a pass forward and a pass back, both with their derivative
    /// along v (Pearlmutter 1994).
    ///
    /// `weights`: N × C; `middle`: B, N × C × C, zero if absent.
    pub(crate) fn product(
        &self,
        weights: ArrayView2<'_, T>,
        middle: Option<&Array3<T>>,
        v: ArrayView1<'_, T>,
    ) -> Array1<T> {
        let Differential::Network(trace) = self.differential.as_ref() else {
            // `new` refuses any other.
            return Array1::zeros(v.len());
        };
        // Forward: ż = V a + u + W ȧ, ȧ = φ'(z) ż.
        let mut directions = Vec::new();
        let mut moved_inputs: Vec<Option<Array2<T>>> = vec![None];
        let mut moved = Vec::new();
        let blocks: Vec<MatrixBlock> = trace.blocks().collect();
        for (l, layer) in trace.layers.iter().enumerate() {
            let (direction, bias) = blocks[l].parts(v);
            let mut z = product(layer.input.view(), direction.t());
            if let Some(bias) = bias {
                z += &bias;
            }
            if let Some(input) = &moved_inputs[l] {
                T::gemm(input.view(), layer.weight.t(), true, z.view_mut());
            }
            if let Some(slope) = &layer.slope {
                moved_inputs.push(Some(&z * slope));
            }
            directions.push(direction);
            moved.push(z);
        }
        // Back: δ of the weights, and δ̇, which starts as B J v.
        let mut delta = weights.to_owned();
        let mut turned = Array2::zeros(delta.dim());
        if let (Some(middle), Some(outputs)) = (middle, moved.last()) {
            for ((mut row, b), z) in
                turned.outer_iter_mut().zip(middle.outer_iter()).zip(outputs.outer_iter())
            {
                row.assign(&b.dot(&z));
            }
        }
        let mut sum = Array1::zeros(v.len());
        for (l, layer) in trace.layers.iter().enumerate().rev() {
            let mut block = product(turned.t(), layer.input.view());
            if let Some(input) = &moved_inputs[l] {
                T::gemm(delta.t(), input.view(), true, block.view_mut());
            }
            let bias = if layer.bias { turned.sum_axis(Axis(0)) } else { Array1::zeros(0) };
            let place = sum.slice_mut(s![blocks[l].range()]);
            place.into_iter().zip(block.iter().chain(&bias)).for_each(|(place, &x)| *place = x);
            let Some(below) = l.checked_sub(1) else { break };
            let pulled = product(delta.view(), layer.weight.view());
            turned = product(turned.view(), layer.weight.view());
            T::gemm(delta.view(), directions[l].view(), true, turned.view_mut());
            delta = pulled.clone();
            if let Some(slope) = &trace.layers[below].slope {
                turned *= slope;
                delta *= slope;
            }
            if let Some(bend) = &self.bends[below] {
                Zip::from(&mut turned)
                    .and(&pulled)
                    .and(bend)
                    .and(&moved[below])
                    .for_each(|t, &p, &b, &z| *t += p * b * z);
            }
        }
        sum
    }
}

impl<T: Scalar> Linearization<T> {
    /// Σ_n Σ_a r_na ∂²η_na/∂θ² v: the derivative of [`vjp`](Self::vjp) at fixed r along v in θ.
    ///
    /// # Shapes
    /// `vectors`: N × C, one output-space vector per datum; v and the result: P.
    ///
    /// # Errors
    /// [`Error::Shape`]; [`Error::Unsupported`] for a model that came as a Jacobian.
    ///
    /// # Cost
    /// About 10NP flops.
    ///
    /// # Example
    /// ```
    /// use natgrad::{Labels, Network, likelihood::Bernoulli, model::{Activation, Affine}, ndarray::array};
    /// // η = w₁ w₀ x at w₀ = 3, w₁ = 5, x = 2: ∂²η/∂w₀∂w₁ = 2, the other second derivatives vanish.
    /// let layers = vec![Affine::new(array![[3.0]], None)?, Affine::new(array![[5.0]], None)?];
    /// let network = Network::new(layers, Activation::Identity)?;
    /// let lin = network.linearize(&Bernoulli, &array![[2.0]], &Labels::new(array![[1.0]])?)?;
    /// assert_eq!(lin.second_vjp(array![[7.0]].view(), array![1.0, 10.0].view())?, array![140.0, 14.0]);
    /// # Ok::<(), natgrad::Error>(())
    /// ```
    ///
    /// # References
    /// Pearlmutter 1994, "Fast exact multiplication by the Hessian", Neural Computation 6(1), 147-160.
    pub fn second_vjp(&self, vectors: ArrayView2<'_, T>, v: ArrayView1<'_, T>) -> Result<Array1<T>> {
        check::shape("output vectors", self.eta().shape(), vectors.shape())?;
        self.layout().check("vector", v.len())?;
        Ok(SecondOrder::new(self.differential().clone())?.product(vectors, None, v))
    }
}
