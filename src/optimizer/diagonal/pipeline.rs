use super::sweep::{Clock, Sweep};
use crate::optimizer::keywords::keywords;
use crate::optimizer::stage::{
    Clip, Decay, DecayForm, Momentum, Preconditioner, RateDecay, SecondMoment, Statistic,
};
use crate::optimizer::{Optimizer, State, checked_learning_rate};
use crate::{Error, ParameterLayout, Result, Scalar, check};
use ndarray::{Array1, ArrayView1};

const STATE: [&str; 2] = ["second_moment", "momentum"];

/// What the momentum averages: where it sits in the pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Averaged {
    /// Natural gradients, after preconditioner and clip (FAdam).
    #[default]
    NaturalGradient,
    /// Gradients, before the preconditioner (Adam).
    Gradient,
}

keywords!(Averaged, "momentum_of", { NaturalGradient = "natural-gradient", Gradient = "gradient" });

/// The choice of stages that makes a [`DiagonalNaturalGradient`] this method or that.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stages {
    /// f, the diagonal empirical Fisher averaged over time.
    pub second_moment: SecondMoment,
    /// What of f stands in the denominator.
    pub statistic: Statistic,
    /// f^p + ε.
    pub preconditioner: Preconditioner,
    /// The bound on each tensor's direction.
    pub clip: Clip,
    /// m.
    pub momentum: Momentum,
    /// What the momentum averages.
    pub averaged: Averaged,
    /// λ, and the way it takes.
    pub decay: Decay,
    /// How η falls by itself.
    pub rate_decay: RateDecay,
}

/// A natural-gradient step with a diagonal Fisher that is averaged over time: Adam, AdamW, FAdam, RMSProp, AdaGrad and
/// the root-free methods are choices of its [`Stages`].
///
/// ```text
/// f ← average of g²
/// NaturalGradient:  n = clip(g / (f^p + ε)),  m ← average of n          d = m
/// Gradient:         m ← average of g                                    d = clip(m / (f^p + ε))
/// θ ← θ − η (d + λ w)
/// ```
///
/// # Cost
/// Memory: 2 P numbers of state, 4 P of work; 3 P and 5 P with a [`Statistic`] that remembers. A FAdam step streams 14 numbers per parameter (112 bytes in `f64`, 56
/// in `f32`): 1 read to check g, 1 for RMS(g), then g, f, θ in and f', n, w out, then n, w, m, θ in and m', θ' out.
/// Work goes in blocks that stay in the first-level cache; without clips the last two passes are one.
///
/// # Numerical notes
/// New state is written beside the old and swapped in when all of it is finite. Root mean squares are summed in
/// `f64`, powers of β taken in `f64`, and every hyper-parameter is rounded to `T` once.
///
/// # Example
/// ```
/// use natgrad::{ParameterLayout, ndarray::array, optimizer::{FAdam, Optimizer}};
/// let layout = ParameterLayout::new([("w0", vec![2]), ("b0", vec![1])])?;
/// let mut fadam = FAdam { learning_rate: 0.01, ..FAdam::default() }.build::<f64>(layout)?;
/// let mut theta = array![0.0, 0.0, 0.0];
/// fadam.step(&mut theta, array![3.0, -3.0, 1e-3].view())?;
/// // First step: −η (1 − β₁) sign(g).
/// assert!((theta[0] + 0.001).abs() < 1e-9 && (theta[1] - 0.001).abs() < 1e-9 && (theta[2] + 0.001).abs() < 1e-8);
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct DiagonalNaturalGradient<T> {
    layout: ParameterLayout,
    stages: Stages,
    learning_rate: T,
    steps: u64,
    weight_sum: f64,
    second_moment: Array1<T>,
    momentum: Array1<T>,
    memory: Array1<T>,
    next_second_moment: Array1<T>,
    next_momentum: Array1<T>,
    next_memory: Array1<T>,
    next_theta: Array1<T>,
    direction: Array1<T>,
}

impl<T: Scalar> DiagonalNaturalGradient<T> {
    /// The pipeline for a layout, at t = 0.
    ///
    /// # Errors
    /// [`Error::Setting`] unless the learning rate is finite and at least 0.
    pub fn new(layout: ParameterLayout, stages: Stages, learning_rate: f64) -> Result<Self> {
        let zeros = || Array1::zeros(layout.dim());
        let remembered = || Array1::zeros(stages.statistic.memory().map_or(0, |_| layout.dim()));
        Ok(DiagonalNaturalGradient {
            learning_rate: T::of(checked_learning_rate(learning_rate)?),
            second_moment: Array1::from_elem(layout.dim(), T::of(stages.second_moment.initial())),
            momentum: zeros(),
            memory: remembered(),
            next_second_moment: zeros(),
            next_momentum: zeros(),
            next_memory: remembered(),
            next_theta: zeros(),
            direction: zeros(),
            stages,
            steps: 0,
            weight_sum: 0.0,
            layout,
        })
    }

    /// The stages.
    pub fn stages(&self) -> &Stages {
        &self.stages
    }

    /// Everything of step t + 1, written beside the old.
    fn propose(&mut self, clock: &Clock<T>, theta: &[T], gradient: &[T]) -> Option<bool> {
        let mut finite = true;
        for tensor in self.layout.tensors() {
            let range = tensor.range();
            let remembered = if self.memory.is_empty() { 0..0 } else { range.clone() };
            let sweep = Sweep {
                stages: &self.stages,
                clock,
                gradient: gradient.get(range.clone())?,
                theta: theta.get(range.clone())?,
                second_moment: self.second_moment.as_slice()?.get(range.clone())?,
                momentum: self.momentum.as_slice()?.get(range.clone())?,
                memory: self.memory.as_slice()?.get(remembered.clone())?,
                next_second_moment: self.next_second_moment.as_slice_mut()?.get_mut(range.clone())?,
                next_momentum: self.next_momentum.as_slice_mut()?.get_mut(range.clone())?,
                next_memory: self.next_memory.as_slice_mut()?.get_mut(remembered)?,
                next_theta: self.next_theta.as_slice_mut()?.get_mut(range.clone())?,
                direction: self.direction.as_slice_mut()?.get_mut(range)?,
            };
            finite &= sweep.run();
        }
        Some(finite)
    }

    fn clock(&self) -> Clock<T> {
        let (stages, step) = (&self.stages, self.steps + 1);
        Clock {
            average: stages.second_moment.average(stages.second_moment.next_weight_sum(self.weight_sum)),
            second_divisor: stages.second_moment.divisor(step),
            first_divisor: stages.momentum.divisor(step),
            learning_rate: stages.rate_decay.at(self.learning_rate, step),
        }
    }
}

impl<T: Scalar> Optimizer<T> for DiagonalNaturalGradient<T> {
    fn layout(&self) -> &ParameterLayout {
        &self.layout
    }

    fn step(&mut self, theta: &mut Array1<T>, gradient: ArrayView1<'_, T>) -> Result<()> {
        self.layout.check("theta", theta.len())?;
        self.layout.check("gradient", gradient.len())?;
        let gradient = gradient.as_standard_layout();
        if !gradient.as_slice().is_some_and(check::all_finite) {
            check::finite("gradient", &gradient)?;
        }
        let clock = self.clock();
        let old = theta.as_standard_layout();
        let proposed = match (old.as_slice(), gradient.as_slice(), self.stages.decay.form()) {
            (Some(theta), Some(gradient), Some(DecayForm::Penalty)) => {
                let rate = T::of(self.stages.decay.rate());
                let penalised: Vec<T> = gradient.iter().zip(theta).map(|(&g, &x)| g + rate * x).collect();
                self.propose(&clock, theta, &penalised)
            }
            (Some(theta), Some(gradient), _) => self.propose(&clock, theta, gradient),
            _ => None,
        };
        drop(old);
        if proposed != Some(true) {
            check::finite("theta", theta)?;
            check::finite("second moment", &self.next_second_moment)?;
            check::finite("updated theta", &self.next_theta)?;
            return Err(Error::Unsupported {
                what: "optimizer step",
                reason: "its arrays are not contiguous",
            });
        }
        std::mem::swap(&mut self.second_moment, &mut self.next_second_moment);
        std::mem::swap(&mut self.momentum, &mut self.next_momentum);
        std::mem::swap(&mut self.memory, &mut self.next_memory);
        std::mem::swap(theta, &mut self.next_theta);
        self.weight_sum = self.stages.second_moment.next_weight_sum(self.weight_sum);
        self.steps += 1;
        Ok(())
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
        state.put(STATE[0], &self.second_moment).put(STATE[1], &self.momentum);
        if let Some(name) = self.stages.statistic.memory() {
            state.put(name, &self.memory);
        }
        state
    }

    fn restore(&mut self, state: &State) -> Result<()> {
        let shape = [self.layout.dim()];
        let mut reader = state.reader();
        let second_moment = reader.non_negative(STATE[0], &shape)?;
        let momentum = reader.array(STATE[1], &shape)?;
        let memory = match (self.stages.statistic, self.stages.statistic.memory()) {
            (Statistic::Largest, Some(name)) => reader.non_negative(name, &shape)?,
            (_, Some(name)) => reader.array(name, &shape)?,
            (_, None) => Array1::zeros(0),
        };
        reader.finish()?;
        (self.second_moment, self.momentum, self.memory) = (second_moment, momentum, memory);
        self.weight_sum = self.stages.second_moment.weight_sum(state.steps());
        self.steps = state.steps();
        Ok(())
    }

    fn keeps_previous(&self) -> bool {
        true
    }

    fn undo(&mut self) {
        std::mem::swap(&mut self.second_moment, &mut self.next_second_moment);
        std::mem::swap(&mut self.momentum, &mut self.next_momentum);
        std::mem::swap(&mut self.memory, &mut self.next_memory);
        self.steps = self.steps.saturating_sub(1);
        self.weight_sum = self.stages.second_moment.weight_sum(self.steps);
    }
}
