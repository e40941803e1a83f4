use super::layer::Layer;
use super::{AdaFisher, Fallback};
use crate::fisher::LayerDiagonals;
use crate::operator::MatrixBlock;
use crate::optimizer::stage::{is_due, weight_so_far};
use crate::optimizer::{Method, Minibatch, State, checked_learning_rate};
use crate::{Error, ParameterLayout, Result, Scalar, check};
use ndarray::{Array1, ArrayView1};
use std::ops::Range;

/// The constants of Adam, for tensors that belong to no layer.
const BETA2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// [`AdaFisher`] or [`AdaFisherW`](super::AdaFisherW) at work: momentum, and two vectors per affine layer.
///
/// # Cost
/// State: P numbers, and (in + 1) + out per layer. A step takes some 4P flops; one that refreshes the factors also a
/// pass back per row of scores.
#[derive(Debug, Clone)]
pub struct FactoredAdam<T> {
    layout: ParameterLayout,
    settings: AdaFisher,
    decoupled: bool,
    learning_rate: T,
    steps: u64,
    momentum: Array1<T>,
    layers: Vec<Layer<T>>,
    /// The parameters of no layer.
    outside: Vec<Range<usize>>,
    /// v of those, if their curvature is Adam's.
    second_moment: Array1<T>,
}

impl<T: Scalar> FactoredAdam<T> {
    pub(super) fn new(settings: AdaFisher, decoupled: bool, layout: ParameterLayout) -> Result<Self> {
        settings.check()?;
        let layers = Layer::<T>::all(&layout, settings.initial_factor);
        let inside = |range: &Range<usize>| {
            layers.iter().any(|layer| layer.block.offset <= range.start && range.end <= layer.block.end())
        };
        let outside: Vec<_> =
            layout.tensors().iter().map(|tensor| tensor.range()).filter(|range| !inside(range)).collect();
        let remembered = match settings.fallback {
            Fallback::Adam => outside.iter().map(Range::len).sum(),
            Fallback::Mean => 0,
        };
        Ok(FactoredAdam {
            decoupled,
            learning_rate: T::of(settings.learning_rate),
            steps: 0,
            momentum: Array1::zeros(layout.dim()),
            layers,
            outside,
            second_moment: Array1::zeros(remembered),
            settings,
            layout,
        })
    }

    /// Where the affine layers lie that were found in the layout.
    pub fn layers(&self) -> impl Iterator<Item = MatrixBlock> {
        self.layers.iter().map(|layer| layer.block)
    }

    /// Whether the next step refreshes the factors: steps 1, 1 + interval, 1 + 2·interval, ….
    pub fn is_refresh_due(&self) -> bool {
        is_due(self.steps + 1, self.settings.interval)
    }

    /// The curvature by which the last step divided, P entries; before the first, that of the initial factors.
    pub fn curvature(&self) -> Array1<T> {
        self.curvature_of(&self.layers, &self.second_moment, self.steps)
    }

    /// One step of a gradient, without a model; `fresh` are new factors of every layer, in any order, with the number of
    /// data they come from.
    ///
    /// # Shapes
    /// θ, gradient: P.
    ///
    /// # Errors
    /// [`Error::Shape`], [`Error::NonFinite`]; [`Error::Unsupported`] unless there is exactly one pair of factors for each
    /// layer of the layout. θ and the state are then as they were.
    pub fn advance(
        &mut self,
        theta: &mut Array1<T>,
        gradient: ArrayView1<'_, T>,
        fresh: Option<(&[LayerDiagonals<T>], usize)>,
    ) -> Result<()> {
        check::vector("theta", self.layout.dim(), &theta.view())?;
        check::vector("gradient", self.layout.dim(), &gradient)?;
        let layers = match fresh {
            None => self.layers.clone(),
            Some((fresh, data)) => self.paired(fresh, data)?,
        };
        let AdaFisher { beta1, weight_decay, .. } = self.settings;
        let (keep, take, decay) = (T::of(beta1), T::of(1.0 - beta1), T::of(weight_decay));
        let penalty = if self.decoupled { T::zero() } else { decay };
        let penalised = &gradient + &theta.mapv(|x| penalty * x);
        let momentum = &self.momentum * keep + &(&penalised * take);
        let steps = self.steps + 1;
        let second_moment = self.next_second_moment(&penalised);
        let curvature = self.curvature_of(&layers, &second_moment, steps);
        let corrected = T::of(weight_so_far(beta1, steps));
        let mut updated = theta.clone();
        for ((x, &m), &f) in updated.iter_mut().zip(&momentum).zip(&curvature) {
            // 0/0 := 0, for λ = 0.
            let direction = if m.is_zero() { T::zero() } else { m / corrected / f };
            let decayed = if self.decoupled { direction + decay * *x } else { direction };
            *x -= self.learning_rate * decayed;
        }
        // An infinite curvature would make a step of 0, and its average would stay infinite.
        for (quantity, values) in [("curvature", &curvature), ("updated theta", &updated)] {
            if !values.as_slice().is_some_and(check::all_finite) {
                check::finite(quantity, values)?;
            }
        }
        *theta = updated;
        (self.layers, self.momentum, self.second_moment, self.steps) =
            (layers, momentum, second_moment, steps);
        Ok(())
    }

    /// Every layer with the fresh factors of the same place.
    fn paired(&self, fresh: &[LayerDiagonals<T>], data: usize) -> Result<Vec<Layer<T>>> {
        let unpaired = |reason| Error::Unsupported { what: "factors of AdaFisher", reason };
        if fresh.len() != self.layers.len() {
            return Err(unpaired("there must be one pair for every affine layer of the layout"));
        }
        let pair = |layer: &Layer<T>| {
            let own = fresh.iter().find(|fresh| fresh.block == layer.block);
            let own = own.ok_or_else(|| unpaired("an affine layer of the layout has none"))?;
            check::vector("inputs", layer.block.shape().1, &own.inputs.view())?;
            check::vector("outputs", layer.block.outputs, &own.outputs.view())?;
            Ok(layer.refreshed(&self.settings, own, data))
        };
        self.layers.iter().map(pair).collect()
    }

    fn next_second_moment(&self, gradient: &Array1<T>) -> Array1<T> {
        let (keep, take) = (T::of(BETA2), T::of(1.0 - BETA2));
        let own = self.outside.iter().flat_map(|range| range.clone()).map(|place| gradient[place]);
        self.second_moment.iter().zip(own).map(|(&v, g)| keep * v + take * (g * g)).collect()
    }

    /// F of all parameters.
    fn curvature_of(&self, layers: &[Layer<T>], second_moment: &Array1<T>, steps: u64) -> Array1<T> {
        let mut curvature = Array1::zeros(self.layout.dim());
        let (mut sum, mut count) = (T::zero(), 0);
        for layer in layers {
            sum += layer.write_curvature(&self.settings, curvature.view_mut());
            count += layer.block.dim();
        }
        let places = self.outside.iter().flat_map(|range| range.clone());
        match self.settings.fallback {
            Fallback::Mean => {
                let mean = if count == 0 { T::zero() } else { sum / T::of(count as f64) };
                places.for_each(|place| curvature[place] = mean + T::of(self.settings.damping));
            }
            Fallback::Adam => {
                let divisor = T::of(weight_so_far(BETA2, steps.max(1)));
                for (place, &v) in places.zip(second_moment) {
                    curvature[place] = (v / divisor).sqrt() + T::of(EPSILON);
                }
            }
        }
        curvature
    }
}

impl<T: Scalar> Method<T> for FactoredAdam<T> {
    fn step(&mut self, theta: &mut Array1<T>, batch: &Minibatch<'_, T>) -> Result<()> {
        let fresh = match self.is_refresh_due() {
            false => None,
            true => {
                let estimator = self.settings.fisher.estimator(self.settings.seed, self.steps + 1);
                Some(batch.linearization().scores(estimator.as_ref())?.layer_diagonals()?)
            }
        };
        let fresh = fresh.as_deref().map(|fresh| (fresh, batch.data()));
        self.advance(theta, batch.gradient().view(), fresh)
    }

    fn steps(&self) -> u64 {
        self.steps
    }

    fn learning_rate(&self) -> T {
        self.learning_rate
    }

    fn set_learning_rate(&mut self, learning_rate: T) -> Result<()> {
        checked_learning_rate(learning_rate.as_f64())?;
        self.learning_rate = learning_rate;
        Ok(())
    }

    fn state(&self) -> State {
        let mut state = State::new(self.steps);
        state.put("momentum", &self.momentum);
        self.layers.iter().for_each(|layer| layer.save(&mut state));
        if !self.second_moment.is_empty() {
            state.put("second_moment", &self.second_moment);
        }
        state
    }

    fn restore(&mut self, state: &State) -> Result<()> {
        let mut reader = state.reader();
        let momentum = reader.array("momentum", &[self.momentum.len()])?;
        let mut layers = self.layers.clone();
        layers.iter_mut().try_for_each(|layer| layer.load(&mut reader))?;
        let mut second_moment = self.second_moment.clone();
        if !second_moment.is_empty() {
            second_moment = reader.non_negative("second_moment", &[second_moment.len()])?;
        }
        reader.finish()?;
        (self.momentum, self.layers, self.second_moment) = (momentum, layers, second_moment);
        self.steps = state.steps();
        Ok(())
    }
}
