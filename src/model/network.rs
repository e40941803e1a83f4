use crate::linalg::product;
use crate::model::trace::{LayerTrace, Trace};
use crate::model::{Activation, Affine, Differential, Linearization, ParameterLayout};
use crate::random::{Purpose, Streams};
use crate::{Labels, Likelihood, Result, Scalar, check};
use ndarray::{Array1, Array2, Array3, ArrayView1, Zip};
use rand_distr::{Distribution, StandardNormal};
use std::sync::Arc;

/// A feed-forward network: affine layers with an activation between, none after the last.
///
/// ```text
/// z_l = W_l a_l + b_l,    a_{l+1} = φ_l(z_l),    a_0 = x,    η = z_L
/// ```
///
/// θ is flat in the order `w0` (row-major), `b0`, `w1`, `b1`, …; see [`ParameterLayout`].
///
/// # Shapes
/// Inputs N × D with D the inputs of the first layer; outputs η: N × C with C the outputs of the last.
///
/// # Cost
/// Forward 2NP flops; [`linearize`](Self::linearize) about three times that.
///
/// # Example
/// ```
/// use natgrad::{Labels, Network, likelihood::Categorical, model::Activation, ndarray::array};
/// let network = Network::random(&[2, 3, 2], Activation::Tanh, 0)?;
/// let lin = network.linearize(&Categorical, &array![[1.0, 0.5]], &Labels::classes(&[1])?)?;
/// assert_eq!(lin.gradient().len(), 2 * 3 + 3 + 3 * 2 + 2);
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Network<T> {
    layers: Vec<Affine<T>>,
    activations: Vec<Activation>,
    layout: ParameterLayout,
}

impl<T: Scalar> Network<T> {
    /// Layers with the same activation between all of them.
    ///
    /// # Errors
    /// [`Error::Empty`](crate::Error::Empty) without layers, [`Error::Shape`](crate::Error::Shape) if a layer
    /// does not take what the one before gives.
    pub fn new(layers: Vec<Affine<T>>, activation: Activation) -> Result<Self> {
        let activations = vec![activation; layers.len().saturating_sub(1)];
        Self::with_activations(layers, activations)
    }

    /// Layers with `activations[l]` between layer l and l + 1.
    ///
    /// # Errors
    /// As [`new`](Self::new), and [`Error::Shape`](crate::Error::Shape) unless there is one activation fewer
    /// than layers.
    pub fn with_activations(layers: Vec<Affine<T>>, activations: Vec<Activation>) -> Result<Self> {
        check::not_empty("network", &ArrayView1::from(&layers))?;
        check::shape("activations", &[layers.len() - 1], &[activations.len()])?;
        for pair in layers.windows(2) {
            check::shape("weight", &[pair[1].outputs(), pair[0].outputs()], pair[1].weight.shape())?;
        }
        let tensors = layers.iter().enumerate().flat_map(|(l, layer)| {
            let weight = (format!("w{l}"), layer.weight.shape().to_vec());
            let bias = layer.bias.as_ref().map(|bias| (format!("b{l}"), vec![bias.len()]));
            [Some(weight), bias].into_iter().flatten()
        });
        let layout = ParameterLayout::new(tensors)?;
        Ok(Network { layers, activations, layout })
    }

    /// Random weights with standard deviation 1/√inputs (LeCun et al. 1998) and zero biases.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) for fewer than two widths, [`Error::Empty`](crate::Error::Empty)
    /// for a width of 0.
    pub fn random(widths: &[usize], activation: Activation, seed: u64) -> Result<Self> {
        if widths.len() < 2 {
            check::shape("widths", &[2], &[widths.len()])?;
        }
        let streams = Streams::new(seed, Purpose::Initialisation);
        let layers = widths.windows(2).enumerate().map(|(l, pair)| {
            let mut generator = streams.generator(l as u64);
            let deviation = 1.0 / (pair[0] as f64).sqrt();
            let weight = Array2::from_shape_simple_fn((pair[1], pair[0]), || {
                let normal: f64 = StandardNormal.sample(&mut generator);
                T::of(deviation * normal)
            });
            Affine::new(weight, Some(Array1::zeros(pair[1])))
        });
        Self::new(layers.collect::<Result<_>>()?, activation)
    }

    /// The layers in order.
    pub fn layers(&self) -> &[Affine<T>] {
        &self.layers
    }

    /// The activations between the layers.
    pub fn activations(&self) -> &[Activation] {
        &self.activations
    }

    /// Names and places of the tensors in θ.
    pub fn layout(&self) -> &ParameterLayout {
        &self.layout
    }

    /// P.
    pub fn dim(&self) -> usize {
        self.layout.dim()
    }

    /// D, the number of inputs.
    pub fn inputs(&self) -> usize {
        self.layers[0].inputs()
    }

    /// C, the number of outputs.
    pub fn outputs(&self) -> usize {
        self.layers[self.layers.len() - 1].outputs()
    }

    /// θ, flat.
    pub fn parameters(&self) -> Array1<T> {
        let values =
            self.layers.iter().flat_map(|layer| layer.weight.iter().chain(layer.bias.iter().flatten()));
        values.copied().collect()
    }

    /// The same network at another θ.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) or [`Error::NonFinite`](crate::Error::NonFinite).
    pub fn with_parameters(&self, theta: ArrayView1<'_, T>) -> Result<Self> {
        check::vector("theta", self.dim(), &theta)?;
        let mut network = self.clone();
        let slots = network
            .layers
            .iter_mut()
            .flat_map(|layer| layer.weight.iter_mut().chain(layer.bias.iter_mut().flatten()));
        slots.zip(theta).for_each(|(slot, &value)| *slot = value);
        Ok(network)
    }

    /// η = f(θ, x), N × C.
    ///
    /// # Errors
    /// [`Error::Empty`](crate::Error::Empty), [`Error::Shape`](crate::Error::Shape),
    /// [`Error::NonFinite`](crate::Error::NonFinite) for the inputs.
    pub fn forward(&self, x: &Array2<T>) -> Result<Array2<T>> {
        self.check_inputs(x)?;
        let mut values = x.clone();
        for (l, layer) in self.layers.iter().enumerate() {
            values = affine(layer, &values);
            if let Some(activation) = self.activations.get(l) {
                values.mapv_inplace(|z| activation.evaluate(z).0);
            }
        }
        Ok(values)
    }

    /// The mean loss -log p(y|x, θ) alone, in nats, by a forward pass.
    ///
    /// # Errors
    /// As [`linearize`](Self::linearize).
    pub fn loss(&self, likelihood: &dyn Likelihood<T>, x: &Array2<T>, y: &Labels<T>) -> Result<T> {
        let eta = self.forward(x)?;
        crate::model::linearization::mean_nll(likelihood, &eta, y)
    }

    /// Loss, gradient and factored Jacobian at this θ, on these data.
    ///
    /// # Shapes
    /// `x`: N × D; `y`: N labels.
    ///
    /// # Errors
    /// [`Error::Empty`](crate::Error::Empty), [`Error::Shape`](crate::Error::Shape),
    /// [`Error::NonFinite`](crate::Error::NonFinite) for inputs or outputs,
    /// [`Error::Domain`](crate::Error::Domain) for labels; the index is flat over all data.
    ///
    /// # Cost
    /// About 6NP flops; keeps the activations of every layer.
    pub fn linearize<L>(&self, likelihood: &L, x: &Array2<T>, y: &Labels<T>) -> Result<Linearization<T>>
    where
        L: Likelihood<T> + Clone + 'static,
    {
        let (eta, trace) = self.trace(x)?;
        let differential = Differential::Network(trace);
        Linearization::new(Arc::new(likelihood.clone()), differential, eta, y.clone(), self.layout.clone())
    }

    /// J = ∂η/∂θ, N × C × P, written out.
    ///
    /// # Errors
    /// As [`forward`](Self::forward).
    ///
    /// # Cost
    /// NCP numbers.
    pub fn jacobian(&self, x: &Array2<T>) -> Result<Array3<T>> {
        Ok(self.trace(x)?.1.jacobian())
    }

    fn check_inputs(&self, x: &Array2<T>) -> Result<()> {
        check::not_empty("x", x)?;
        check::shape("x", &[x.nrows(), self.inputs()], x.shape())?;
        check::finite("x", x)
    }

    /// Forward pass that keeps what the derivatives need.
    fn trace(&self, x: &Array2<T>) -> Result<(Array2<T>, Trace<T>)> {
        self.check_inputs(x)?;
        let mut layers = Vec::with_capacity(self.layers.len());
        let mut values = x.as_standard_layout().into_owned();
        for (l, layer) in self.layers.iter().enumerate() {
            let mut outputs = affine(layer, &values);
            let slope = self.activations.get(l).map(|activation| {
                let mut slope = Array2::zeros(outputs.dim());
                Zip::from(&mut outputs).and(&mut slope).for_each(|z, d| (*z, *d) = activation.evaluate(*z));
                slope
            });
            layers.push(LayerTrace {
                input: values,
                weight: layer.weight.clone(),
                bias: layer.bias.is_some(),
                slope,
                offset: layer.bias.clone(),
                activation: self.activations.get(l).copied(),
            });
            values = outputs;
        }
        Ok((values, Trace { layers }))
    }
}

/// X Wᵀ + b.
fn affine<T: Scalar>(layer: &Affine<T>, x: &Array2<T>) -> Array2<T> {
    let mut z = product(x.view(), layer.weight.t());
    if let Some(bias) = &layer.bias {
        z += bias;
    }
    z
}
