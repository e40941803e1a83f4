use crate::optimizer::keywords::keywords;
use crate::optimizer::stage::sphere::{exponential, inner, length, normalise, project, transport};
use crate::optimizer::stage::{MomentClock, Moments, MomentumTransport, SphereMap, check_second_moment};
use crate::optimizer::{State, StateReader, TensorRule, Tick};
use crate::{Error, Result, Scalar, check};
use ndarray::Array1;

/// Where the weight vectors stand before the first step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum InitialVectors {
    /// On the sphere: [`prepare`](crate::Optimizer::prepare) normalises them, and a step elsewhere is refused.
    #[default]
    Normalised,
    /// Anywhere: the first step takes them to the sphere, and its projection is not yet one.
    AsGiven,
}

keywords!(InitialVectors, "initial vectors", { Normalised = "normalised", AsGiven = "as-given" });

/// What the second moment of a weight vector is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum VectorMoment {
    /// One number per unit, the average of ‖g‖²: the step keeps the direction of the averaged gradient.
    #[default]
    Unit,
    /// One number per coordinate, as in Adam.
    Coordinate,
}

keywords!(VectorMoment, "second moment", { Unit = "unit", Coordinate = "coordinate" });

/// What becomes of a tensor whose units have one input, hence a sphere of two points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SingleInput {
    /// No optimizer is made for it.
    #[default]
    Refuse,
    /// It stays at ±1.
    Freeze,
    /// It is trained by Adam, without a sphere.
    Scalars,
}

keywords!(SingleInput, "single input", { Refuse = "refuse", Freeze = "freeze", Scalars = "scalars" });

/// AMSGrad: the greatest second moment so far in the place of the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AmsGrad {
    /// The last.
    #[default]
    Off,
    /// The greatest v̂ = v/(1 − β₂^t), as [`descent::RiemannianAdam`](../descent/struct.RiemannianAdam.html).
    Corrected,
    /// The greatest v, divided by 1 − β₂^t afterwards, as geoopt and PyTorch; a large v of the first steps then weighs less.
    Raw,
}

keywords!(AmsGrad, "amsgrad", { Off = "off", Corrected = "corrected", Raw = "raw" });

/// The choices that make a method on spheres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct SphereStages {
    pub moments: Moments,
    /// What the learning rate is multiplied by for unit vectors.
    pub vector_factor: f64,
    /// The L2 penalty of scalars.
    pub weight_decay: f64,
    pub projection: bool,
    pub second_moment: VectorMoment,
    pub amsgrad: AmsGrad,
    pub map: SphereMap,
    pub transport: MomentumTransport,
    pub initial: InitialVectors,
}

/// One tensor of a method on spheres: unit vectors, one per output unit, or scalars under Adam.
#[derive(Debug, Clone)]
pub struct SphereRule<T> {
    stages: SphereStages,
    /// Entries of a unit vector; `None` for scalars.
    inputs: Option<usize>,
    momentum: Array1<T>,
    second_moment: Array1<T>,
    /// The greatest v̂ or v so far, with AMSGrad.
    greatest: Array1<T>,
}

impl<T: Scalar> SphereRule<T> {
    pub(super) fn new(stages: SphereStages, single: SingleInput, shape: &[usize]) -> Result<Self> {
        let entries: usize = shape.iter().product();
        let inputs = match shape {
            [units, rest @ ..] if !rest.is_empty() && entries > 0 => Some(entries / units),
            _ => None,
        };
        let inputs = match (inputs, single) {
            (Some(1), SingleInput::Refuse) => {
                return Err(Error::Unsupported {
                    what: "unit vectors of a tensor with one input per unit",
                    reason: "they can only be 1 or -1, and never move; choose single_input = \"freeze\" or \"scalars\"",
                });
            }
            (Some(1), SingleInput::Scalars) => None,
            _ => inputs,
        };
        let moments = match (inputs, stages.second_moment) {
            (Some(inputs), VectorMoment::Unit) => entries / inputs,
            _ => entries,
        };
        Ok(SphereRule {
            stages,
            inputs,
            momentum: Array1::zeros(entries),
            second_moment: Array1::zeros(moments),
            greatest: Array1::zeros(if stages.amsgrad != AmsGrad::Off { moments } else { 0 }),
        })
    }

    /// The entries of a unit vector, if the tensor consists of such.
    pub fn inputs(&self) -> Option<usize> {
        self.inputs
    }

    /// v', and the v̂ that the quotient takes.
    fn second(&self, next: &mut Self, clock: &MomentClock<T>, index: usize, square: T) -> T {
        let second = clock.second(self.second_moment[index], square);
        next.second_moment[index] = second;
        let corrected = clock.corrected(second);
        match (self.stages.amsgrad, self.greatest.get(index), next.greatest.get_mut(index)) {
            (AmsGrad::Corrected, Some(before), Some(after)) => {
                *after = before.max(corrected);
                *after
            }
            (AmsGrad::Raw, Some(before), Some(after)) => {
                *after = before.max(second);
                clock.corrected(*after)
            }
            _ => corrected,
        }
    }

    fn scalars(&self, next: &mut Self, tick: Tick<T>, theta: &[T], gradient: &[T], updated: &mut [T]) {
        let clock = self.stages.moments.at(tick.step);
        let decay = T::of(self.stages.weight_decay);
        for (i, updated) in updated.iter_mut().enumerate() {
            let g = gradient[i] + decay * theta[i];
            let corrected = self.second(next, &clock, i, g * g);
            next.momentum[i] = clock.first(self.momentum[i], g);
            *updated = theta[i] - tick.learning_rate * clock.quotient(next.momentum[i], corrected);
        }
    }

    /// One unit vector w, number `unit`; `step` is scratch space of its size.
    fn unit_vector(
        &self,
        next: &mut Self,
        tick: Tick<T>,
        unit: usize,
        w: &[T],
        step: &mut [T],
        updated: &mut [T],
    ) -> Result<()> {
        let stages = &self.stages;
        let clock = stages.moments.at(tick.step);
        let rate = tick.learning_rate * T::of(stages.vector_factor);
        let start = unit * w.len();
        if stages.projection {
            project(w, step);
        }
        let of_unit = match stages.second_moment {
            VectorMoment::Unit => Some(self.second(next, &clock, unit, T::of(inner(step, step)))),
            VectorMoment::Coordinate => None,
        };
        for (i, step) in step.iter_mut().enumerate() {
            let at = start + i;
            let corrected = match of_unit {
                Some(corrected) => corrected,
                None => self.second(next, &clock, at, *step * *step),
            };
            next.momentum[at] = clock.first(self.momentum[at], *step);
            *step = -rate * clock.quotient(next.momentum[at], corrected);
        }
        match stages.map {
            SphereMap::Exponential => {
                project(w, step);
                exponential(w, step, updated);
            }
            SphereMap::Normalisation => {
                updated.iter_mut().zip(w).zip(&*step).for_each(|((new, &w), &v)| *new = w + v);
            }
        }
        if !normalise(updated) {
            return Err(vanished(start));
        }
        if stages.transport != MomentumTransport::None {
            let momentum = next.momentum.as_slice_mut().unwrap_or_default();
            let momentum = &mut momentum[start..start + w.len()];
            if stages.transport == MomentumTransport::Parallel {
                transport(w, step, momentum);
            }
            // After a parallel transport this removes only rounding, which would add up to a radial part.
            project(updated, momentum);
        }
        Ok(())
    }

    fn check_on_sphere(&self, tick: Tick<T>, inputs: usize, theta: &[T]) -> Result<()> {
        if self.stages.initial == InitialVectors::AsGiven && tick.step == 1 {
            return Ok(());
        }
        let tolerance = f64::max(1e-6, 64.0 * T::epsilon().as_f64());
        for (unit, w) in theta.chunks_exact(inputs).enumerate() {
            let norm = length(w);
            if (norm - 1.0).abs() > tolerance {
                return Err(Error::Domain {
                    quantity: "norm of the weight vector that begins at theta",
                    index: unit * inputs,
                    value: norm,
                    requirement: "1; call prepare on the first theta",
                });
            }
        }
        Ok(())
    }
}

impl<T: Scalar> TensorRule<T> for SphereRule<T> {
    fn prepare(&self, theta: &mut [T]) -> Result<()> {
        let (Some(inputs), InitialVectors::Normalised) = (self.inputs, self.stages.initial) else {
            return Ok(());
        };
        for (unit, w) in theta.chunks_exact_mut(inputs).enumerate() {
            if !normalise(w) {
                return Err(vanished(unit * inputs));
            }
        }
        Ok(())
    }

    fn advance(
        &self,
        next: &mut Self,
        tick: Tick<T>,
        theta: &[T],
        gradient: &[T],
        updated: &mut [T],
    ) -> Result<()> {
        let Some(inputs) = self.inputs else {
            self.scalars(next, tick, theta, gradient, updated);
            return check_second_moment(&next.second_moment, 1);
        };
        self.check_on_sphere(tick, inputs, theta)?;
        let mut step = vec![T::zero(); inputs];
        let vectors = theta.chunks_exact(inputs).zip(gradient.chunks_exact(inputs));
        for (unit, ((w, g), new)) in vectors.zip(updated.chunks_exact_mut(inputs)).enumerate() {
            step.copy_from_slice(g);
            self.unit_vector(next, tick, unit, w, &mut step, new)?;
        }
        // A step so long that its angle overflows spoils the transported momentum, though θ' is of unit norm.
        check::finite("momentum", &next.momentum)?;
        check_second_moment(&next.second_moment, theta.len() / next.second_moment.len().max(1))
    }

    fn save(&self, state: &mut State, name: &dyn Fn(&str) -> String) {
        state.put(name("momentum"), &self.momentum).put(name("second_moment"), &self.second_moment);
        if self.stages.amsgrad != AmsGrad::Off {
            state.put(name("greatest_second_moment"), &self.greatest);
        }
    }

    fn load(&mut self, reader: &mut StateReader<'_>, name: &dyn Fn(&str) -> String) -> Result<()> {
        self.momentum = reader.array(&name("momentum"), self.momentum.shape())?;
        self.second_moment = reader.non_negative(&name("second_moment"), self.second_moment.shape())?;
        if self.stages.amsgrad != AmsGrad::Off {
            let greatest = reader.non_negative(&name("greatest_second_moment"), self.greatest.shape())?;
            self.greatest = greatest;
        }
        Ok(())
    }
}

fn vanished(index: usize) -> Error {
    Error::Domain {
        quantity: "norm of the weight vector that begins at theta",
        index,
        value: 0.0,
        requirement: "positive, for a vector without direction is on no sphere",
    }
}
