use super::{Optimizer, State, StateReader, checked_learning_rate};
use crate::{Error, ParameterLayout, Result, Scalar, check};
use ndarray::{Array1, ArrayView1};
use std::fmt::Debug;

/// What a [`TensorRule`] is told of a step.
#[derive(Debug, Clone, Copy)]
pub struct Tick<T> {
    /// t, from 1.
    pub step: u64,
    /// η.
    pub learning_rate: T,
}

/// A rule for one tensor, with the state it keeps of it: what is particular about a method.
///
/// [`PerTensor`] does the rest: checks, the walk over the tensors, and that a step either happens for all tensors or
/// for none. A rule therefore never changes its own state: it writes the next one.
pub trait TensorRule<T: Scalar>: Clone + Debug + Send + Sync {
    /// Puts θ₀ where the iterates of the method live, for example on a sphere.
    ///
    /// # Errors
    /// Where there is no such point.
    fn prepare(&self, _theta: &mut [T]) -> Result<()> {
        Ok(())
    }

    /// θ' and the state after the step, from θ, the gradient g and the state before.
    ///
    /// `next` has the shapes of `self` and arbitrary content: all of it must be written. θ and g are finite; whether
    /// θ' is finite is checked by the caller.
    ///
    /// # Errors
    /// Where a factorisation fails. Nothing has then happened.
    fn advance(
        &self,
        next: &mut Self,
        tick: Tick<T>,
        theta: &[T],
        gradient: &[T],
        updated: &mut [T],
    ) -> Result<()>;

    /// Adds the state to a checkpoint, under `name(what)`.
    fn save(&self, state: &mut State, name: &dyn Fn(&str) -> String);

    /// Takes it out again.
    ///
    /// # Errors
    /// Those of [`StateReader`].
    fn load(&mut self, reader: &mut StateReader<'_>, name: &dyn Fn(&str) -> String) -> Result<()>;
}

/// An optimizer that applies one [`TensorRule`] to each tensor of its layout.
///
/// # Cost
/// Twice the state of the rule, since the next one is written beside the old and swapped in when all of it is right.
#[derive(Debug, Clone)]
pub struct PerTensor<T, R> {
    layout: ParameterLayout,
    learning_rate: T,
    steps: u64,
    rules: Vec<R>,
    next: Vec<R>,
    updated: Array1<T>,
}

impl<T: Scalar, R: TensorRule<T>> PerTensor<T, R> {
    /// One rule per tensor, made by `rule` from name and shape, at t = 0.
    ///
    /// # Errors
    /// Those of `rule`; [`Error::Setting`] for the learning rate.
    pub fn new(
        layout: ParameterLayout,
        learning_rate: f64,
        rule: impl Fn(&str, &[usize]) -> Result<R>,
    ) -> Result<Self> {
        let learning_rate = T::of(checked_learning_rate(learning_rate)?);
        let rules: Vec<R> = layout
            .tensors()
            .iter()
            .map(|tensor| rule(tensor.name(), tensor.shape()))
            .collect::<Result<_>>()?;
        let updated = Array1::zeros(layout.dim());
        Ok(PerTensor { layout, learning_rate, steps: 0, next: rules.clone(), rules, updated })
    }

    /// The rules, in the order of the tensors.
    pub fn rules(&self) -> &[R] {
        &self.rules
    }

    fn propose(&mut self, theta: &[T], gradient: &[T]) -> Result<()> {
        let tick = Tick { step: self.steps + 1, learning_rate: self.learning_rate };
        let mut updated = self.updated.as_slice_mut().unwrap_or_default();
        let rules = self.rules.iter().zip(&mut self.next);
        for (tensor, (rule, next)) in self.layout.tensors().iter().zip(rules) {
            let range = tensor.range();
            let (head, tail) = updated.split_at_mut(range.len());
            updated = tail;
            if !range.is_empty() {
                rule.advance(next, tick, &theta[range.clone()], &gradient[range.clone()], head)
                    .map_err(|error| error.shifted(range.start))?;
            }
        }
        Ok(())
    }
}

impl<T: Scalar, R: TensorRule<T>> Optimizer<T> for PerTensor<T, R> {
    fn layout(&self) -> &ParameterLayout {
        &self.layout
    }

    fn prepare(&self, theta: &mut Array1<T>) -> Result<()> {
        check::vector("theta", self.layout.dim(), &theta.view())?;
        let mut prepared = theta.to_vec();
        for (tensor, rule) in self.layout.tensors().iter().zip(&self.rules) {
            rule.prepare(&mut prepared[tensor.range()])
                .map_err(|error| error.shifted(tensor.range().start))?;
        }
        *theta = Array1::from(prepared);
        Ok(())
    }

    fn step(&mut self, theta: &mut Array1<T>, gradient: ArrayView1<'_, T>) -> Result<()> {
        self.layout.check("theta", theta.len())?;
        self.layout.check("gradient", gradient.len())?;
        check::finite("gradient", &gradient)?;
        check::finite("theta", theta)?;
        let (old, gradient) = (theta.as_standard_layout(), gradient.as_standard_layout());
        let (Some(old), Some(gradient)) = (old.as_slice(), gradient.as_slice()) else {
            return Err(Error::Unsupported {
                what: "optimizer step",
                reason: "its arrays are not contiguous",
            });
        };
        self.propose(old, gradient)?;
        if !self.updated.as_slice().is_some_and(check::all_finite) {
            check::finite("updated theta", &self.updated)?;
        }
        std::mem::swap(&mut self.rules, &mut self.next);
        theta.assign(&self.updated);
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
        for (tensor, rule) in self.layout.tensors().iter().zip(&self.rules) {
            rule.save(&mut state, &|what| format!("{what}/{}", tensor.name()));
        }
        state
    }

    fn restore(&mut self, state: &State) -> Result<()> {
        let mut reader = state.reader();
        let mut rules = self.rules.clone();
        for (tensor, rule) in self.layout.tensors().iter().zip(&mut rules) {
            rule.load(&mut reader, &|what| format!("{what}/{}", tensor.name()))?;
        }
        reader.finish()?;
        self.rules = rules;
        self.steps = state.steps();
        Ok(())
    }

    fn keeps_previous(&self) -> bool {
        true
    }

    fn undo(&mut self) {
        std::mem::swap(&mut self.rules, &mut self.next);
        self.steps = self.steps.saturating_sub(1);
    }
}
