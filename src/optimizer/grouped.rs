use super::stage::Schedule;
use super::{MethodSettings, Optimizer, State, checked_learning_rate};
use crate::{Error, ParameterLayout, Result, Scalar, check};
use ndarray::{Array1, ArrayView1, s};
use wildmatch::WildMatch;

/// Tensors that are optimized apart from the rest, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct TensorGroup {
    /// Patterns of names; `*` is any run of characters, `?` any one.
    pub tensors: Vec<String>,
    /// The method and its options.
    pub settings: MethodSettings,
    /// Of its learning rate.
    pub schedule: Schedule,
}

/// Several optimizers, each for some of the tensors, named by patterns; a step is made by all of them or by none.
///
/// ```toml
/// optimizer = "adamw"
/// lr = 1e-3
///
/// [[group]]                   # the first group that names a tensor has it; the base has what is left
/// tensors = ["b*"]
/// weight_decay = 0.0          # the options of the base, this one changed
///
/// [[group]]
/// tensors = ["w1", "w?_out"]
/// optimizer = "sgd"           # another method: its own defaults, these changed
/// lr = 0.1
/// schedule = "cosine"         # a schedule of its own; without, that of the base
/// schedule_steps = 1000
/// ```
///
/// The learning rate is that of the base. To set it multiplies the rates of the groups by the same factor, so that
/// their ratios to the base stay those of the file; from a base of 0 there is no such factor, and the groups
/// keep theirs.
///
/// # Errors
/// What goes wrong in a group is [`Error::Group`], with its number from 1 and flat indices of all of θ. All groups, and
/// θ, are then as before the step.
///
/// # Cost
/// Beside the steps of the methods three copies of P numbers: θ and g into the vectors of the groups, θ back. No state is
/// copied: where a later group fails, those before it take their step back ([`Optimizer::undo`]). Only a method that cannot
/// (none in the catalogue) has its state saved before every step.
///
/// # Example
/// ```
/// use natgrad::{ParameterLayout, ndarray::array, optimizer::{Optimizer, OptimizerConfig}};
/// let config = OptimizerConfig::from_toml("optimizer = 'sgd'\nlr = 1.0\n[[group]]\ntensors = ['b*']\nlr = 0.5")?;
/// let layout = ParameterLayout::new([("w0", vec![2]), ("b0", vec![1])])?;
/// let mut grouped = config.optimizer::<f64>(layout.clone())?;
/// let mut theta = array![0.0, 0.0, 0.0];
/// grouped.step(&mut theta, array![1.0, 2.0, 4.0].view())?;
/// assert_eq!(theta, array![-1.0, -2.0, -2.0]);
/// grouped.set_learning_rate(2.0)?; // and 1 for the group
/// grouped.step(&mut theta, array![1.0, 2.0, 4.0].view())?;
/// assert_eq!(theta, array![-3.0, -6.0, -6.0]);
///
/// let config = OptimizerConfig::from_toml("optimizer = 'sgd'\n[[group]]\ntensors = ['c*', 'd?']")?;
/// let error = config.optimizer::<f64>(layout).unwrap_err();
/// assert_eq!(error.to_string(), "group 1: unknown tensor 'c*, d?'; known: w0, b0");
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `optimizer::groups::torch_parameter_groups`, `optimizer::groups::a_step_is_made_by_all_groups_or_by_none`.
#[derive(Debug)]
pub struct Grouped<T> {
    layout: ParameterLayout,
    /// Of the base, as it was given and as it is.
    given: f64,
    rate: f64,
    schedule: Schedule,
    parts: Vec<Part<T>>,
    steps: u64,
}

/// One optimizer with the tensors that it has.
#[derive(Debug)]
struct Part<T> {
    /// From 1; 0 is the base.
    group: usize,
    optimizer: Box<dyn Optimizer<T>>,
    /// As it was given, and as it is.
    given: f64,
    rate: f64,
    schedule: Schedule,
    runs: Vec<Run>,
    theta: Array1<T>,
    /// Empty where the tensors are neighbours: the gradient is then looked at in its place.
    gradient: Array1<T>,
    saved: Option<State>,
}

/// Neighbours in θ that are neighbours in the part.
#[derive(Debug, Clone, Copy)]
struct Run {
    whole: usize,
    part: usize,
    length: usize,
}

impl<T: Scalar> Grouped<T> {
    /// The groups and the base at t = 0.
    ///
    /// # Errors
    /// [`Error::Group`] with the number of the group: of [`Error::Empty`] without patterns; of [`Error::Unknown`] if they
    /// name no tensor; of [`Error::Unsupported`] if earlier groups have all that they name; of
    /// [`Error::NeedsModel`] for a method that needs more than gradients; and of what its settings say.
    pub fn new(
        layout: ParameterLayout,
        base: &MethodSettings,
        schedule: Schedule,
        groups: &[TensorGroup],
    ) -> Result<Self> {
        base.only_gradients()?;
        let mut owner = vec![0; layout.tensors().len()];
        for (index, group) in groups.iter().enumerate() {
            in_group(index + 1, claim(&layout, group, index + 1, &mut owner))?;
        }
        let mut parts = Vec::new();
        for (group, (settings, schedule)) in std::iter::once((base, schedule))
            .chain(groups.iter().map(|group| (&group.settings, group.schedule)))
            .enumerate()
        {
            let part = Part::new(&layout, &owner, group, settings, schedule);
            parts.extend(in_group(group, part)?);
        }
        let rate = checked_learning_rate(base.learning_rate())?;
        Ok(Grouped { layout, given: rate, rate, schedule, parts, steps: 0 })
    }

    /// The names of the tensors that each optimizer has, the base first; one that has none is not there.
    pub fn tensors(&self) -> Vec<Vec<&str>> {
        let tensors = self.parts.iter().map(|part| part.optimizer.layout().tensors());
        tensors.map(|tensors| tensors.iter().map(|tensor| tensor.name()).collect()).collect()
    }
}

/// Gives a group what it names and no earlier one has.
fn claim(layout: &ParameterLayout, group: &TensorGroup, number: usize, owner: &mut [usize]) -> Result<()> {
    if group.tensors.is_empty() {
        return Err(Error::Empty { quantity: "tensors" });
    }
    let patterns: Vec<WildMatch> = group.tensors.iter().map(|pattern| WildMatch::new(pattern)).collect();
    let (mut named, mut had) = (false, false);
    for (tensor, owner) in layout.tensors().iter().zip(owner) {
        if patterns.iter().any(|pattern| pattern.matches(tensor.name())) {
            named = true;
            if *owner == 0 {
                (*owner, had) = (number, true);
            }
        }
    }
    if had {
        return Ok(());
    }
    if named {
        return Err(Error::Unsupported { what: "tensors", reason: "earlier groups have all that it names" });
    }
    let known: Vec<&str> = layout.tensors().iter().map(|tensor| tensor.name()).collect();
    Err(Error::Unknown { what: "tensor", name: group.tensors.join(", "), known: known.join(", ") })
}

/// The entries of a part.
fn gather<T: Scalar>(runs: &[Run], from: ArrayView1<'_, T>, to: &mut Array1<T>) {
    for &Run { whole, part, length } in runs {
        to.slice_mut(s![part..part + length]).assign(&from.slice(s![whole..whole + length]));
    }
}

/// The entries of a part, put back.
fn scatter<T: Scalar>(runs: &[Run], from: &Array1<T>, to: &mut Array1<T>) {
    for &Run { whole, part, length } in runs {
        to.slice_mut(s![whole..whole + length]).assign(&from.slice(s![part..part + length]));
    }
}

/// The same error, said of a group; the base says it itself.
pub(super) fn of_group(group: usize, error: Error) -> Error {
    if group == 0 { error } else { Error::Group { group, error: Box::new(error) } }
}

fn in_group<V>(group: usize, result: Result<V>) -> Result<V> {
    result.map_err(|error| of_group(group, error))
}

impl<T: Scalar> Part<T> {
    /// The tensors that a group owns, if it owns any.
    fn new(
        layout: &ParameterLayout,
        owner: &[usize],
        group: usize,
        settings: &MethodSettings,
        schedule: Schedule,
    ) -> Result<Option<Self>> {
        settings.only_gradients()?;
        let rate = checked_learning_rate(settings.learning_rate())?;
        let mut runs: Vec<Run> = Vec::new();
        let mut held = Vec::new();
        let mut part = 0;
        for (tensor, _) in layout.tensors().iter().zip(owner).filter(|(_, owner)| **owner == group) {
            let (whole, length) = (tensor.range().start, tensor.range().len());
            match runs.last_mut().filter(|last| last.whole + last.length == whole) {
                Some(last) => last.length += length,
                None => runs.push(Run { whole, part, length }),
            }
            part += length;
            held.push((tensor.name(), tensor.shape().to_vec()));
        }
        if held.is_empty() {
            return Ok(None);
        }
        let optimizer = settings.optimizer(ParameterLayout::new(held)?)?;
        let (theta, gradient) = (Array1::zeros(part), Array1::zeros(if runs.len() == 1 { 0 } else { part }));
        Ok(Some(Part { group, optimizer, given: rate, rate, schedule, runs, theta, gradient, saved: None }))
    }

    fn name(&self) -> String {
        if self.group == 0 { "base".to_owned() } else { format!("group{}", self.group) }
    }

    /// The error of the part, said of the whole.
    fn placed<V>(&self, result: Result<V>) -> Result<V> {
        in_group(self.group, result.map_err(|error| self.moved(error)))
    }

    fn moved(&self, error: Error) -> Error {
        let (Error::Domain { index, .. } | Error::NonFinite { index, .. }) = error else { return error };
        match self.runs.iter().find(|run| (run.part..run.part + run.length).contains(&index)) {
            Some(run) => error.shifted(run.whole - run.part),
            None => error,
        }
    }

    /// A step whose θ stays here, for now.
    fn step(&mut self, theta: &Array1<T>, gradient: ArrayView1<'_, T>) -> Result<()> {
        let optimizer = self.optimizer.as_mut();
        self.saved = (!optimizer.keeps_previous()).then(|| optimizer.state());
        gather(&self.runs, theta.view(), &mut self.theta);
        let gradient = match self.runs[..] {
            [Run { whole, length, .. }] => gradient.slice_move(s![whole..whole + length]),
            _ => {
                gather(&self.runs, gradient, &mut self.gradient);
                self.gradient.view()
            }
        };
        let rate = T::of(self.rate * self.schedule.factor(optimizer.steps()));
        let done = optimizer.set_learning_rate(rate).and_then(|()| optimizer.step(&mut self.theta, gradient));
        self.placed(done)
    }

    /// The state before the last step.
    fn undo(&mut self) -> Result<()> {
        match &self.saved {
            Some(state) => self.optimizer.restore(state),
            None => {
                self.optimizer.undo();
                Ok(())
            }
        }
    }
}

impl<T: Scalar> Optimizer<T> for Grouped<T> {
    fn layout(&self) -> &ParameterLayout {
        &self.layout
    }

    fn prepare(&self, theta: &mut Array1<T>) -> Result<()> {
        check::vector("theta", self.layout.dim(), &theta.view())?;
        let mut prepared = theta.clone();
        for part in &self.parts {
            let mut own = Array1::zeros(part.theta.len());
            gather(&part.runs, theta.view(), &mut own);
            part.placed(part.optimizer.prepare(&mut own))?;
            scatter(&part.runs, &own, &mut prepared);
        }
        *theta = prepared;
        Ok(())
    }

    fn step(&mut self, theta: &mut Array1<T>, gradient: ArrayView1<'_, T>) -> Result<()> {
        self.layout.check("theta", theta.len())?;
        self.layout.check("gradient", gradient.len())?;
        // Here, where the indices are those of all of θ.
        check::finite("gradient", &gradient)?;
        check::finite("theta", theta)?;
        for current in 0..self.parts.len() {
            let (before, rest) = self.parts.split_at_mut(current);
            if let Some(Err(error)) = rest.first_mut().map(|part| part.step(theta, gradient)) {
                before.iter_mut().try_for_each(Part::undo)?;
                return Err(error);
            }
        }
        for part in &self.parts {
            scatter(&part.runs, &part.theta, theta);
        }
        self.steps += 1;
        Ok(())
    }

    fn steps(&self) -> u64 {
        self.steps
    }

    fn learning_rate(&self) -> T {
        T::of(self.rate * self.schedule.factor(self.steps))
    }

    fn set_learning_rate(&mut self, learning_rate: T) -> Result<()> {
        let rate = checked_learning_rate(learning_rate.as_f64())?;
        let factor = if self.given > 0.0 { rate / self.given } else { 1.0 };
        let mut rates = Vec::with_capacity(self.parts.len());
        for Part { group, given, .. } in &self.parts {
            let own = if *group == 0 { rate } else { given * factor };
            rates.push(in_group(*group, checked_learning_rate(own))?);
        }
        self.parts.iter_mut().zip(rates).for_each(|(part, rate)| part.rate = rate);
        self.rate = rate;
        Ok(())
    }

    fn state(&self) -> State {
        let mut state = State::new(self.steps);
        for part in &self.parts {
            state.nest(&part.name(), &part.optimizer.state());
        }
        state
    }

    fn restore(&mut self, state: &State) -> Result<()> {
        let mut reader = state.reader();
        let mut states = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            let inner = reader.nested(&part.name())?;
            if inner.steps() != state.steps() {
                return Err(Error::Unsupported {
                    what: "saved state",
                    reason: "its groups have made different numbers of steps",
                });
            }
            states.push(inner);
        }
        reader.finish()?;
        let former: Vec<State> = self.parts.iter().map(|part| part.optimizer.state()).collect();
        for current in 0..self.parts.len() {
            let (before, rest) = self.parts.split_at_mut(current);
            let next = rest.iter_mut().zip(&states[current..]).next();
            let done = next.map(|(part, state)| in_group(part.group, part.optimizer.restore(state)));
            if let Some(Err(error)) = done {
                before.iter_mut().zip(&former).try_for_each(|(part, state)| part.optimizer.restore(state))?;
                return Err(error);
            }
        }
        self.steps = state.steps();
        Ok(())
    }

    fn keeps_previous(&self) -> bool {
        self.parts.iter().all(|part| part.optimizer.keeps_previous())
    }

    fn undo(&mut self) {
        self.parts.iter_mut().for_each(|part| part.optimizer.undo());
        self.steps = self.steps.saturating_sub(1);
    }
}
