use super::{AdaFisher, MinMax, Reduction};
use crate::fisher::LayerDiagonals;
use crate::operator::MatrixBlock;
use crate::optimizer::{State, StateReader};
use crate::{ParameterLayout, Result, Scalar};
use ndarray::{Array1, ArrayViewMut1};

/// The averaged factors of one affine layer.
#[derive(Debug, Clone)]
pub(super) struct Layer<T> {
    name: String,
    pub(super) block: MatrixBlock,
    /// Average of h, in + 1 with a bias.
    inputs: Array1<T>,
    /// Average of d, out.
    outputs: Array1<T>,
}

impl<T: Scalar> Layer<T> {
    /// The affine layers of a layout: `w7` of shape (out × in), with `b7` of out entries if that comes next.
    pub(super) fn all(layout: &ParameterLayout, initial: f64) -> Vec<Self> {
        let tensors = layout.tensors();
        let layers = tensors.iter().enumerate().filter_map(|(place, weight)| {
            let number = weight.name().strip_prefix('w')?;
            let &[outputs, inputs] = weight.shape() else { return None };
            if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            let bias = tensors.get(place + 1).is_some_and(|bias| {
                bias.name().strip_prefix('b') == Some(number) && bias.shape() == [outputs]
            });
            let block = MatrixBlock { offset: weight.range().start, outputs, inputs, bias };
            let start = T::of(initial);
            Some(Layer {
                name: weight.name().to_owned(),
                block,
                inputs: Array1::from_elem(block.shape().1, start),
                outputs: Array1::from_elem(outputs, start),
            })
        });
        layers.collect()
    }

    /// The averages after fresh factors of N data.
    pub(super) fn refreshed(&self, settings: &AdaFisher, fresh: &LayerDiagonals<T>, data: usize) -> Self {
        let (keep, take) = settings.ema.weights(settings.gamma);
        let (keep, take) = (T::of(keep), T::of(take));
        let average = |old: &Array1<T>, fresh: Array1<T>| {
            let fresh = match settings.minmax {
                MinMax::BeforeEma => rescaled(&fresh, settings.minmax_epsilon),
                MinMax::AfterEma | MinMax::Off => fresh,
            };
            let mut next = fresh;
            next.zip_mut_with(old, |next, &old| *next = keep * old + take * *next);
            next
        };
        let count = T::of(data.max(1) as f64);
        let outputs = match settings.reduction {
            Reduction::PerDatum => fresh.outputs.clone(),
            Reduction::Mean => fresh.outputs.mapv(|d| d / (count * count)),
        };
        Layer {
            name: self.name.clone(),
            block: self.block,
            inputs: average(&self.inputs, fresh.inputs.clone()),
            outputs: average(&self.outputs, outputs),
        }
    }

    /// h' and d' as they are multiplied.
    pub(super) fn factors(&self, settings: &AdaFisher) -> (Array1<T>, Array1<T>) {
        match settings.minmax {
            MinMax::AfterEma => (
                rescaled(&self.inputs, settings.minmax_epsilon),
                rescaled(&self.outputs, settings.minmax_epsilon),
            ),
            MinMax::BeforeEma | MinMax::Off => (self.inputs.clone(), self.outputs.clone()),
        }
    }

    /// Writes d' ⊗ h' + λ to the places of the layer; returns the sum of d' ⊗ h'.
    pub(super) fn write_curvature(&self, settings: &AdaFisher, mut into: ArrayViewMut1<'_, T>) -> T {
        let (h, d) = self.factors(settings);
        let damping = T::of(settings.damping);
        for (o, &d) in d.iter().enumerate() {
            for (i, &h) in h.iter().enumerate() {
                into[self.block.place(o, i)] = d * h + damping;
            }
        }
        h.sum() * d.sum()
    }

    pub(super) fn save(&self, state: &mut State) {
        state.put(format!("inputs/{}", self.name), &self.inputs);
        state.put(format!("outputs/{}", self.name), &self.outputs);
    }

    pub(super) fn load(&mut self, reader: &mut StateReader<'_>) -> Result<()> {
        self.inputs = reader.non_negative(&format!("inputs/{}", self.name), &[self.inputs.len()])?;
        self.outputs = reader.non_negative(&format!("outputs/{}", self.name), &[self.outputs.len()])?;
        Ok(())
    }
}

/// (x − min) / (max − min + ε), 0/0 := 0.
fn rescaled<T: Scalar>(x: &Array1<T>, epsilon: f64) -> Array1<T> {
    let low = x.iter().fold(T::infinity(), |low, &x| low.min(x));
    let high = x.iter().fold(T::neg_infinity(), |high, &x| high.max(x));
    let range = high - low + T::of(epsilon);
    x.mapv(|x| if x > low { (x - low) / range } else { T::zero() })
}
