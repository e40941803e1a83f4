//! The Jacobian of a network, kept as factors (private).

use crate::Scalar;
use crate::linalg::product;
use crate::model::Activation;
use crate::operator::MatrixBlock;
use ndarray::{Array1, Array2, Array3, ArrayView1, ArrayView2, ArrayViewMut1, Axis, Zip, concatenate, s};
use rayon::prelude::*;

/// Data that are pulled back together; fixed, so that results do not depend on the number of threads.
const CHUNK: usize = 256;

/// Numbers below which handing work to other threads costs more than it saves.
const PARALLEL: usize = 1 << 14;

/// What one affine layer saw.
#[derive(Debug, Clone)]
pub(crate) struct LayerTrace<T> {
    /// a_l, N × in (the 1 that belongs to the bias is not stored).
    pub(crate) input: Array2<T>,
    /// W_l, out × in.
    pub(crate) weight: Array2<T>,
    /// Whether there is a bias.
    pub(crate) bias: bool,
    /// φ'(z_l), N × out; `None` after the last layer.
    pub(crate) slope: Option<Array2<T>>,
    /// b_l, with W_l and a_l all that z_l needs, so that second derivatives cost no memory before they are asked
    /// for.
    pub(crate) offset: Option<Array1<T>>,
    /// φ_l; `None` after the last layer.
    pub(crate) activation: Option<Activation>,
}

impl<T: Scalar> LayerTrace<T> {
    /// Number of parameters.
    pub(crate) fn dim(&self) -> usize {
        self.weight.len() + if self.bias { self.weight.nrows() } else { 0 }
    }

    /// ā_l: N × (in + 1), the inputs with a column of ones after them if there is a bias.
    pub(crate) fn extended_input(&self) -> Array2<T> {
        let (data, inputs) = self.input.dim();
        let mut extended = Array2::ones((data, inputs + usize::from(self.bias)));
        extended.slice_mut(s![.., ..inputs]).assign(&self.input);
        extended
    }

    /// φ''(z_l), N × out; `None` where it is 0 everywhere.
    pub(crate) fn bend(&self) -> Option<Array2<T>> {
        let activation = self.activation.filter(|activation| !activation.is_piecewise_linear())?;
        let mut z = product(self.input.view(), self.weight.t());
        if let Some(offset) = &self.offset {
            z += offset;
        }
        z.mapv_inplace(|z| activation.second_derivative(z));
        Some(z)
    }

    /// What the layer saw of one datum.
    fn datum(&self, n: usize) -> Self {
        let row = |matrix: &Array2<T>| matrix.slice(s![n..n + 1, ..]).to_owned();
        LayerTrace {
            input: row(&self.input),
            weight: self.weight.clone(),
            bias: self.bias,
            slope: self.slope.as_ref().map(row),
            offset: self.offset.clone(),
            activation: self.activation,
        }
    }
}

/// All layers of one forward pass.
#[derive(Debug, Clone)]
pub(crate) struct Trace<T> {
    pub(crate) layers: Vec<LayerTrace<T>>,
}

impl<T: Scalar> Trace<T> {
    pub(crate) fn data(&self) -> usize {
        self.layers[0].input.nrows()
    }

    /// Where the parameters of every layer lie.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = MatrixBlock> {
        self.layers.iter().scan(0, |offset, layer| {
            let (outputs, inputs) = layer.weight.dim();
            let block = MatrixBlock { offset: *offset, outputs, inputs, bias: layer.bias };
            *offset = block.end();
            Some(block)
        })
    }

    /// The forward pass of one datum alone.
    pub(crate) fn datum(&self, n: usize) -> Self {
        Trace { layers: self.layers.iter().map(|layer| layer.datum(n)).collect() }
    }

    /// δ_l for every row of output-space vectors: δ_L = r, δ_l = (δ_{l+1} W_{l+1}) ∘ φ'(z_l).
    ///
    /// `offsets[n]..offsets[n + 1]` are the rows of datum n. Returns rows × out per layer.
    pub(crate) fn backward(&self, vectors: ArrayView2<'_, T>, offsets: &[usize]) -> Vec<Array2<T>> {
        let data = self.data();
        if data <= CHUNK {
            return self.backward_chunk(vectors, offsets, 0, data);
        }
        let chunks: Vec<Vec<Array2<T>>> = (0..data.div_ceil(CHUNK))
            .into_par_iter()
            .map(|chunk| {
                let (first, last) = (chunk * CHUNK, ((chunk + 1) * CHUNK).min(data));
                self.backward_chunk(
                    vectors.slice(s![offsets[first]..offsets[last], ..]),
                    offsets,
                    first,
                    last,
                )
            })
            .collect();
        (0..self.layers.len())
            .map(|l| {
                let parts: Vec<_> = chunks.iter().map(|chunk| chunk[l].view()).collect();
                // The parts have equal widths by construction.
                concatenate(Axis(0), &parts).unwrap_or_default()
            })
            .collect()
    }

    fn backward_chunk(
        &self,
        vectors: ArrayView2<'_, T>,
        offsets: &[usize],
        first: usize,
        last: usize,
    ) -> Vec<Array2<T>> {
        let mut deltas = vec![vectors.to_owned()];
        for l in (1..self.layers.len()).rev() {
            let mut delta = product(deltas[deltas.len() - 1].view(), self.layers[l].weight.view());
            if let Some(slope) = &self.layers[l - 1].slope {
                for n in first..last {
                    let rows = offsets[n] - offsets[first]..offsets[n + 1] - offsets[first];
                    for mut row in delta.slice_mut(s![rows, ..]).rows_mut() {
                        row *= &slope.row(n);
                    }
                }
            }
            deltas.push(delta);
        }
        deltas.reverse();
        deltas
    }

    /// J v for every datum: N × C, by forward differentiation.
    pub(crate) fn jvp(&self, v: ArrayView1<'_, T>) -> Array2<T> {
        let mut tangent: Option<Array2<T>> = None;
        let mut out = Array2::zeros((0, 0));
        for (layer, block) in self.layers.iter().zip(self.blocks()) {
            let (direction, bias) = block.parts(v);
            out = product(layer.input.view(), direction.t());
            if let Some(bias) = bias {
                out += &bias;
            }
            if let Some(tangent) = tangent {
                T::gemm(tangent.view(), layer.weight.t(), true, out.view_mut());
            }
            tangent = layer.slope.as_ref().map(|slope| &out * slope);
        }
        out
    }

    /// Σ_n J_nᵀ r_n: P, from one vector per datum.
    pub(crate) fn vjp(&self, vectors: ArrayView2<'_, T>) -> Array1<T> {
        let offsets: Vec<usize> = (0..=self.data()).collect();
        let deltas = self.backward(vectors, &offsets);
        self.collect(&deltas)
    }

    /// Σ_n δ_n ⊗ ā_n per layer, flat: P; `deltas` has one row per datum.
    pub(crate) fn collect(&self, deltas: &[Array2<T>]) -> Array1<T> {
        let mut flat = Vec::with_capacity(self.layers.iter().map(LayerTrace::dim).sum());
        for (layer, delta) in self.layers.iter().zip(deltas) {
            flat.extend(product(delta.t(), layer.input.view()));
            if layer.bias {
                flat.extend(delta.sum_axis(Axis(0)));
            }
        }
        Array1::from(flat)
    }

    /// The score block rows δ ⊗ ā of `rows` in some layers, transposed: their parameters × rows, each parameter
    /// contiguous.
    pub(crate) fn panel(
        &self,
        deltas: &[Array2<T>],
        layers: std::ops::Range<usize>,
        rows: std::ops::Range<usize>,
        owner: &[usize],
    ) -> Array2<T> {
        let width = rows.len();
        let order = self.layers[layers.clone()].iter().map(LayerTrace::dim).sum();
        let mut panel = Array2::zeros((order, width));
        let mut offset = 0;
        for (layer, delta) in self.layers[layers.clone()].iter().zip(&deltas[layers]) {
            let (outputs, inputs) = layer.weight.dim();
            let delta = delta.slice(s![rows.clone(), ..]).reversed_axes();
            let delta = delta.as_standard_layout();
            let gathered = layer.input.select(Axis(0), &owner[rows.clone()]).reversed_axes();
            let gathered = gathered.as_standard_layout();
            let fill = |(k, row): (usize, ArrayViewMut1<'_, T>)| {
                let (delta, input) = (delta.row(k / inputs), gathered.row(k % inputs));
                Zip::from(row).and(delta).and(input).for_each(|s, &d, &a| *s = d * a);
            };
            let mut block = panel.slice_mut(s![offset..offset + outputs * inputs, ..]);
            if block.len() < PARALLEL {
                block.axis_iter_mut(Axis(0)).enumerate().for_each(fill);
            } else {
                block.axis_iter_mut(Axis(0)).into_par_iter().enumerate().for_each(fill);
            }
            if layer.bias {
                let start = offset + outputs * inputs;
                panel.slice_mut(s![start..start + outputs, ..]).assign(&delta);
            }
            offset += layer.dim();
        }
        panel
    }

    /// J written out, N × C × P.
    pub(crate) fn jacobian(&self) -> Array3<T> {
        let data = self.data();
        let outputs = self.layers[self.layers.len() - 1].weight.nrows();
        let units = Array2::from_shape_fn((data * outputs, outputs), |(row, c)| {
            if row % outputs == c { T::one() } else { T::zero() }
        });
        let offsets: Vec<usize> = (0..=data).map(|n| n * outputs).collect();
        let owner: Vec<usize> = (0..data * outputs).map(|row| row / outputs).collect();
        let deltas = self.backward(units.view(), &offsets);
        let panel = self.panel(&deltas, 0..self.layers.len(), 0..data * outputs, &owner);
        Array3::from_shape_fn((data, outputs, panel.nrows()), |(n, c, p)| panel[[p, n * outputs + c]])
    }
}

/// A flat piece of a parameter vector as a row-major matrix.
pub(crate) fn matrix<T: Scalar>(flat: ArrayView1<'_, T>, rows: usize, columns: usize) -> Array2<T> {
    Array2::from_shape_fn((rows, columns), |(i, j)| flat[i * columns + j])
}
