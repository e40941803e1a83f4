//! What holds for every method there is: the laws run over `MethodSettings::NAMES`, presets included, so that a method
//! is tested by being in the catalogue. Methods that need only gradients get gradients over many decades; those that
//! need a model get minibatches of a categorical and of a Poisson network.

use crate::support::Stream;
use natgrad::likelihood::{Categorical, Likelihood, Poisson};
use natgrad::model::Activation;
use natgrad::ndarray::{Array1, Array2, ArrayD, Axis, IxDyn};
use natgrad::optimizer::{Method, MethodSettings, Minibatch, Optimizer, OptimizerConfig, State};
use natgrad::{Error, Labels, Network, ParameterLayout, Result, Scalar};
use std::sync::Arc;

/// Methods that treat every coordinate for itself: how θ is cut into tensors cannot matter.
const ELEMENTWISE: &[&str] = &["sgd", "adam", "adamw"];

/// Methods that normalise: at η = 0 their θ stays only up to rounding.
const NORMALISING: &[&str] = &["nd-adam", "riemannian-adam"];

/// Methods, some as a preset, whose decay is not multiplied by η.
const DECAY_WITHOUT_RATE: &[&str] = &["adafactor (pytorch-optimizer)"];

/// Methods whose momentum averages whole updates, η included: those made before go on at η = 0.
const MOMENTUM_OF_UPDATES: &[&str] = &["kfac", "ekfac", "two-level-kfac"];

/// Methods whose rows must have more than one entry.
const NO_SINGLE_ENTRIES: &[&str] = &["nd-adam", "riemannian-adam"];

const STEPS: usize = 7;

/// Data and a network of them.
struct Problem<T> {
    network: Network<T>,
    likelihood: Arc<dyn Likelihood<T>>,
    x: Array2<T>,
    y: Labels<T>,
}

impl<T: Scalar> Problem<T> {
    fn inputs(data: usize) -> Array2<T> {
        Array2::from_shape_fn((data, 3), |(n, d)| T::of(((n * 5 + d * 7) % 11) as f64 / 5.0 - 1.0))
    }

    fn categorical() -> Self {
        Problem {
            network: Network::random(&[3, 5, 3], Activation::Tanh, 1).unwrap(),
            likelihood: Arc::new(Categorical),
            x: Self::inputs(11),
            y: Labels::classes(&[0, 2, 1, 1, 0, 2, 2, 0, 1, 0, 2]).unwrap(),
        }
    }

    fn poisson() -> Self {
        Problem {
            network: Network::random(&[3, 5, 2], Activation::Tanh, 2).unwrap(),
            likelihood: Arc::new(Poisson),
            x: Self::inputs(11),
            y: Labels::new(Array2::from_shape_fn((11, 2), |(n, k)| T::of(((n + 3 * k) % 4) as f64))).unwrap(),
        }
    }

    /// Every η is 0 and every label e⁰: the loss is at its minimum, and the gradient exactly 0.
    fn at_minimum() -> Self {
        let network = Network::random(&[3, 5, 2], Activation::Tanh, 2).unwrap();
        let network = network.with_parameters(Array1::zeros(network.dim()).view()).unwrap();
        let y = Labels::new(Array2::ones((11, 2))).unwrap();
        Problem { network, likelihood: Arc::new(Poisson), x: Self::inputs(11), y }
    }

    fn rows(step: usize) -> Vec<usize> {
        match step % 4 {
            0 => (0..11).collect(),
            1 => vec![3],
            2 => vec![10, 1, 4, 7],
            _ => vec![2, 5],
        }
    }

    /// Something with the batch of a step, linearized at θ.
    fn batch<R>(
        &self,
        theta: &Array1<T>,
        step: usize,
        gradient: Option<&Array1<T>>,
        then: impl FnOnce(&Minibatch<'_, T>) -> R,
    ) -> Result<R> {
        let rows = Self::rows(step);
        let network = self.network.with_parameters(theta.view())?;
        let (x, y) =
            (self.x.select(Axis(0), &rows), Labels::new(self.y.values().select(Axis(0), &rows)).unwrap());
        let ids: Vec<u64> = rows.iter().map(|row| *row as u64).collect();
        let mut batch = Minibatch::new(&network, &self.likelihood, &x, &y, &ids)?;
        if let Some(gradient) = gradient {
            batch = batch.with_gradient(gradient.clone())?;
        }
        Ok(then(&batch))
    }
}

/// An instance of a method, and the model of one that needs a model.
enum Instance<'a, T> {
    Gradient(Box<dyn Optimizer<T>>),
    Model(Box<dyn Method<T>>, &'a Problem<T>),
}

/// A member of the trait of either.
macro_rules! of_either {
    ($instance:expr, $inner:ident => $result:expr) => {
        match $instance {
            Instance::Gradient($inner) => $result,
            Instance::Model($inner, _) => $result,
        }
    };
}

impl<T: Scalar> Instance<'_, T> {
    fn state(&self) -> State {
        of_either!(self, inner => inner.state())
    }

    fn restore(&mut self, state: &State) -> Result<()> {
        of_either!(self, inner => inner.restore(state))
    }

    fn set_learning_rate(&mut self, rate: f64) -> Result<()> {
        of_either!(self, inner => inner.set_learning_rate(T::of(rate)))
    }

    fn learning_rate(&self) -> T {
        of_either!(self, inner => inner.learning_rate())
    }

    fn steps(&self) -> u64 {
        of_either!(self, inner => inner.steps())
    }
}

/// A method with what it is fed.
struct Subject<T> {
    label: String,
    name: &'static str,
    config: OptimizerConfig,
    layout: ParameterLayout,
    problem: Option<Problem<T>>,
}

fn tensors(name: &str) -> ParameterLayout {
    let single = if NO_SINGLE_ENTRIES.contains(&name) { 2 } else { 1 };
    ParameterLayout::new([
        ("w0", vec![5, 3]),
        ("b0", vec![5]),
        ("none", vec![0, 3]),
        ("kernel", vec![2, 3, 2]),
        ("scalar", vec![]),
        ("column", vec![3, single]),
        ("one", vec![1]),
        ("empty", vec![0]),
    ])
    .unwrap()
}

fn configurations() -> Vec<(String, &'static str, OptimizerConfig)> {
    let mut all = Vec::new();
    for name in MethodSettings::NAMES {
        all.push(((*name).to_owned(), *name, OptimizerConfig::named(name).unwrap()));
        for preset in MethodSettings::presets(name).unwrap() {
            let text = format!("optimizer = '{name}'\npreset = '{preset}'");
            all.push((format!("{name} ({preset})"), *name, OptimizerConfig::from_toml(&text).unwrap()));
        }
    }
    // And all laws hold for several methods as one.
    let text = "optimizer = 'adam'\n[[group]]\ntensors = ['b*', '?']\noptimizer = 'fadam'\n\
        [[group]]\ntensors = ['w?', 'e*', 'scalar']\noptimizer = 'sgd'\nmomentum = 0.9";
    all.push(("groups".to_owned(), "adam", OptimizerConfig::from_toml(text).unwrap()));
    all
}

fn subjects<T: Scalar>() -> Vec<Subject<T>> {
    let mut all = Vec::new();
    for (label, name, config) in configurations() {
        if config.settings.needs().is_none() {
            all.push(Subject { label, name, config, layout: tensors(name), problem: None });
        } else {
            for problem in [Problem::categorical(), Problem::poisson()] {
                let layout = problem.network.layout().clone();
                let label = format!("{label} on {:?}", problem.likelihood);
                all.push(Subject { label, name, config: config.clone(), layout, problem: Some(problem) });
            }
        }
    }
    all
}

impl<T: Scalar> Subject<T> {
    fn fresh(&self) -> Instance<'_, T> {
        let told = |error: Error| -> ! { panic!("{}: {error}", self.label) };
        match &self.problem {
            None => {
                Instance::Gradient(self.config.optimizer(self.layout.clone()).unwrap_or_else(|e| told(e)))
            }
            Some(problem) => {
                let method = self.config.method(self.layout.clone()).unwrap_or_else(|e| told(e));
                Instance::Model(method, problem)
            }
        }
    }

    fn start(&self) -> Array1<T> {
        let mut stream = Stream(5);
        let mut theta = match &self.problem {
            None => (0..self.layout.dim()).map(|_| T::of(stream.heavy(-2.0, 0.0))).collect(),
            Some(problem) => problem.network.parameters(),
        };
        of_either!(self.fresh(), inner => inner.prepare(&mut theta)).unwrap();
        theta
    }

    /// The gradient of step k: sixteen or twenty-four decades.
    fn gradient(&self, step: usize) -> Array1<T> {
        let decades = if T::NAME == f32::NAME { 8.0 } else { 12.0 };
        let mut stream = Stream(100 + step as u64);
        (0..self.layout.dim()).map(|_| T::of(stream.heavy(-decades, decades))).collect()
    }

    fn step(&self, instance: &mut Instance<'_, T>, theta: &mut Array1<T>, step: usize) -> Result<()> {
        match instance {
            Instance::Model(inner, problem) => {
                let here = theta.clone();
                problem.batch(&here, step, None, |batch| inner.step(theta, batch))?
            }
            Instance::Gradient(inner) => inner.as_mut().step(theta, self.gradient(step).view()),
        }
    }

    /// A step with this gradient; a model is linearized at `here`.
    fn step_along(
        &self,
        instance: &mut Instance<'_, T>,
        theta: &mut Array1<T>,
        gradient: &Array1<T>,
        here: &Array1<T>,
    ) -> Result<()> {
        match instance {
            Instance::Model(inner, problem) => {
                problem.batch(here, 0, Some(gradient), |batch| inner.step(theta, batch))?
            }
            Instance::Gradient(inner) => inner.as_mut().step(theta, gradient.view()),
        }
    }

    /// The iterates of some steps, k from `first`.
    fn run(&self, instance: &mut Instance<'_, T>, theta: &mut Array1<T>, first: usize, last: usize) {
        for step in first..last {
            self.step(instance, theta, step).unwrap_or_else(|error| {
                panic!("{} in {}, step {}: {error}", self.label, T::NAME, step + 1);
            });
            self.finite(instance, theta);
        }
    }

    fn finite(&self, instance: &Instance<'_, T>, theta: &Array1<T>) {
        assert!(theta.iter().all(|x| x.is_finite()), "{}: {theta}", self.label);
        for (name, array) in instance.state().arrays() {
            assert!(array.iter().all(|x| x.is_finite()), "{}: {name} = {array}", self.label);
        }
    }
}

fn bits<T: Scalar>(theta: &Array1<T>) -> Vec<u64> {
    theta.iter().map(|x| x.as_f64().to_bits()).collect()
}

fn one_line(error: &Error) -> String {
    let text = error.to_string();
    assert!(text.lines().count() == 1 && text.len() > 10, "{text:?}");
    text
}

/// A bad step is refused for the right reason, changes nothing, and leaves no trace in later steps.
fn bad_steps<T: Scalar>() {
    for subject in subjects::<T>() {
        let (label, dim) = (&subject.label, subject.layout.dim());
        let (mut clean, mut tried) = (subject.fresh(), subject.fresh());
        let (mut a, mut b) = (subject.start(), subject.start());
        for step in 0..STEPS {
            let state = tried.state();
            let here = b.clone();
            let index = (11 * step + 3) % dim;
            let bad = [T::nan(), T::infinity(), T::neg_infinity()][step % 3];
            let mut gradient = subject.gradient(step).mapv(|g| g / (T::one() + g.abs()));
            gradient[index] = bad;
            let error = subject.step_along(&mut tried, &mut b, &gradient, &here).unwrap_err();
            assert!(
                matches!(error, Error::NonFinite { quantity: "gradient", index: found, .. } if found == index),
                "{label}: {error}"
            );
            gradient[index] = T::one();
            let mut theta = here.clone();
            theta[index] = bad;
            let before = bits(&theta);
            let error = subject.step_along(&mut tried, &mut theta, &gradient, &here).unwrap_err();
            // A method that solves with the model need not look at θ before it has moved it.
            let names: &[&str] =
                if subject.problem.is_some() { &["theta", "updated theta"] } else { &["theta"] };
            assert!(
                matches!(error, Error::NonFinite { quantity, index: found, .. } if found == index && names.contains(&quantity)),
                "{label}: {error}"
            );
            assert_eq!(bits(&theta), before, "{label}");
            let mut long = Array1::zeros(dim + 1);
            let error = subject.step_along(&mut tried, &mut long, &gradient, &here).unwrap_err();
            let expected = Error::Shape { quantity: "theta", expected: vec![dim], found: vec![dim + 1] };
            assert_eq!(error, expected, "{label}");
            let short = Array1::zeros(dim - 1);
            let error = subject.step_along(&mut tried, &mut b, &short, &here).unwrap_err();
            let expected = Error::Shape { quantity: "gradient", expected: vec![dim], found: vec![dim - 1] };
            assert_eq!(error, expected, "{label}");
            assert_eq!((bits(&b), tried.state()), (bits(&here), state), "{label}");
            subject.run(&mut clean, &mut a, step, step + 1);
            subject.run(&mut tried, &mut b, step, step + 1);
            assert_eq!((bits(&a), clean.state()), (bits(&b), tried.state()), "{label}, step {}", step + 1);
        }
    }
}

/// Where the numbers end a step is finite or refused, and a refused one changes nothing.
fn overflow<T: Scalar>() {
    for subject in subjects::<T>() {
        let (mut instance, mut theta) = (subject.fresh(), subject.start());
        subject.run(&mut instance, &mut theta, 0, 2);
        for size in [1e-3, 0.9].map(|part| T::max_value() * T::of(part)) {
            let (state, before) = (instance.state(), theta.clone());
            let mut stream = Stream(9);
            let gradient = theta.mapv(|_| size * T::of(stream.dyadic()));
            match subject.step_along(&mut instance, &mut theta, &gradient, &before) {
                Ok(()) => subject.finite(&instance, &theta),
                Err(error) => {
                    one_line(&error);
                    assert_eq!((instance.state(), bits(&theta)), (state, bits(&before)), "{}", subject.label);
                }
            }
        }
    }
}

/// Zero gradients: from the start, after others, and in single coordinates.
fn zero_gradients<T: Scalar>() {
    for subject in subjects::<T>() {
        let zero = Array1::zeros(subject.layout.dim());
        for before in [0, 1, 3] {
            let (mut instance, mut theta) = (subject.fresh(), subject.start());
            subject.run(&mut instance, &mut theta, 0, before);
            for _ in 0..STEPS {
                let here = theta.clone();
                subject.step_along(&mut instance, &mut theta, &zero, &here).unwrap_or_else(|error| {
                    panic!("{} in {}, a zero gradient: {error}", subject.label, T::NAME)
                });
                subject.finite(&instance, &theta);
            }
            subject.run(&mut instance, &mut theta, 0, 2);
        }
        let (mut instance, mut theta) = (subject.fresh(), subject.start());
        for step in 0..STEPS {
            let here = theta.clone();
            let mut gradient = subject.gradient(step).mapv(|g| g / (T::one() + g.abs()));
            gradient.iter_mut().step_by(3).for_each(|g| *g = T::zero());
            match subject.step_along(&mut instance, &mut theta, &gradient, &here) {
                Ok(()) => subject.finite(&instance, &theta),
                // A gradient that is not the model's may drive a Poisson rate out of the numbers.
                Err(Error::NonFinite { .. }) if subject.label.ends_with("on Poisson") && step > 0 => break,
                Err(error) => panic!("{} in {}: {error}", subject.label, T::NAME),
            }
            assert_eq!(instance.steps(), step as u64 + 1);
        }
    }
}

/// A batch at the minimum of its loss, and batches of one datum, of which the gradients are those of the model.
fn batches_at_the_minimum<T: Scalar>() {
    for (label, name, config) in configurations() {
        let problem = Problem::<T>::at_minimum();
        let layout = problem.network.layout().clone();
        if NORMALISING.contains(&name) || label == "groups" {
            continue; // Unit vectors cannot be 0; and the groups are those of other tensors.
        }
        let mut method = config.method::<T>(layout).unwrap();
        let mut theta = problem.network.parameters();
        for step in 0..STEPS {
            let here = theta.clone();
            let told = problem.batch(&here, step, None, |batch| {
                assert!(step > 0 || batch.gradient().iter().all(|g| g.is_zero()));
                method.step(&mut theta, batch)
            });
            told.and_then(|told| told).unwrap_or_else(|error| panic!("{label}, step {}: {error}", step + 1));
            assert!(theta.iter().all(|x| x.is_finite()), "{label}");
        }
    }
}

/// Any state, put into a fresh instance, continues the run bit by bit; and two runs are the same run.
fn restored_runs<T: Scalar>() {
    for subject in subjects::<T>() {
        let (mut whole, mut theta) = (subject.fresh(), subject.start());
        let mut checkpoints = vec![(whole.state(), theta.clone())];
        for step in 0..STEPS {
            subject.run(&mut whole, &mut theta, step, step + 1);
            checkpoints.push((whole.state(), theta.clone()));
        }
        for (at, (state, here)) in checkpoints.iter().enumerate() {
            assert_eq!(state.steps(), at as u64, "{}", subject.label);
            // Neither into a fresh instance nor into one that has seen something else.
            for warm in [0, 2] {
                let (mut instance, mut elsewhere) = (subject.fresh(), subject.start());
                subject.run(&mut instance, &mut elsewhere, 20, 20 + warm);
                instance.restore(state).unwrap_or_else(|error| panic!("{}: {error}", subject.label));
                assert_eq!(&instance.state(), state, "{}", subject.label);
                let mut theta = here.clone();
                for (step, (later, there)) in checkpoints.iter().enumerate().skip(at + 1) {
                    subject.run(&mut instance, &mut theta, step - 1, step);
                    assert_eq!(bits(&theta), bits(there), "{}, from {at} to {step}", subject.label);
                    assert_eq!(&instance.state(), later, "{}, from {at} to {step}", subject.label);
                }
            }
        }
    }
}

/// The same state with one array replaced, or left out.
fn altered(state: &State, name: &str, array: Option<ArrayD<f64>>) -> State {
    let mut other = State::new(state.steps());
    for (known, held) in state.arrays().filter(|(known, _)| *known != name) {
        other.put(known, held);
    }
    if let Some(array) = array {
        other.put(name, &array);
    }
    other
}

/// A state that does not fit is refused, and the instance goes on as if nothing had been.
fn refused_states<T: Scalar>() {
    for subject in subjects::<T>() {
        let (mut instance, mut theta) = (subject.fresh(), subject.start());
        subject.run(&mut instance, &mut theta, 0, 3);
        let state = instance.state();
        let mut broken = vec![("extra", altered(&state, "nobody/knows", Some(ArrayD::zeros(IxDyn(&[2])))))];
        for (name, array) in state.arrays() {
            let mut longer = array.shape().to_vec();
            longer.push(2);
            broken.push(("missing", altered(&state, name, None)));
            broken.push(("shape", altered(&state, name, Some(ArrayD::zeros(IxDyn(&longer))))));
            for bad in [f64::NAN, f64::INFINITY] {
                let mut array = array.clone();
                if let Some(last) = array.iter_mut().last() {
                    *last = bad;
                    broken.push(("not finite", altered(&state, name, Some(array))));
                }
            }
        }
        for (what, other) in broken {
            match instance.restore(&other) {
                Err(error) => one_line(&error),
                Ok(()) => panic!("{}: a state with something {what} was taken: {other:?}", subject.label),
            };
            assert_eq!(instance.state(), state, "{}, {what}", subject.label);
        }
        let (mut clean, mut other) = (subject.fresh(), subject.start());
        subject.run(&mut clean, &mut other, 0, 5);
        subject.run(&mut instance, &mut theta, 3, 5);
        assert_eq!(bits(&theta), bits(&other), "{}", subject.label);
    }
}

/// η is what was set; at 0 nothing moves, decay included; and what is no learning rate is refused.
fn learning_rates<T: Scalar>() {
    for subject in subjects::<T>() {
        let label = &subject.label;
        let (mut instance, mut theta) = (subject.fresh(), subject.start());
        subject.run(&mut instance, &mut theta, 0, 2);
        for bad in [-1.0, f64::NAN, f64::INFINITY] {
            let before = instance.learning_rate();
            let error = instance.set_learning_rate(bad).unwrap_err();
            assert!(matches!(error, Error::Setting { option: "lr", .. }), "{label}: {error}");
            assert_eq!(instance.learning_rate(), before, "{label}");
        }
        if MOMENTUM_OF_UPDATES.contains(&subject.name) {
            (instance, theta) = (subject.fresh(), subject.start());
        }
        instance.set_learning_rate(0.0).unwrap();
        assert!(instance.learning_rate().is_zero(), "{label}");
        let here = theta.clone();
        subject.run(&mut instance, &mut theta, 2, 5);
        let moved =
            theta.iter().zip(&here).fold(0.0, |moved, (a, b)| f64::max(moved, (*a - *b).as_f64().abs()));
        let allowed = if NORMALISING.contains(&subject.name) { 4.0 * T::epsilon().as_f64() } else { 0.0 };
        if DECAY_WITHOUT_RATE.contains(&label.as_str()) {
            assert!(moved > 0.0, "{label} has no decay of its own");
        } else {
            assert!(moved <= allowed, "{label} moves by {moved:e} at a learning rate of 0");
        }
        instance.set_learning_rate(0.125).unwrap();
        assert_eq!(instance.learning_rate(), T::of(0.125), "{label}");
        subject.run(&mut instance, &mut theta, 5, 6);
        let moved = theta.iter().zip(&here).any(|(a, b)| a != b);
        assert!(moved, "{label} does not move at all");
    }
}

on_both!(
    bad_steps,
    overflow,
    zero_gradients,
    batches_at_the_minimum,
    restored_runs,
    refused_states,
    learning_rates,
);

#[test]
fn tensors_of_an_elementwise_method_do_not_matter() {
    let dim = tensors("").dim();
    for name in ELEMENTWISE {
        let config = OptimizerConfig::named(name).unwrap();
        let subject = |layout| Subject::<f64> {
            label: (*name).to_owned(),
            name,
            config: config.clone(),
            layout,
            problem: None,
        };
        let (split, flat) = (subject(tensors("")), subject(ParameterLayout::flat(dim).unwrap()));
        let (mut a, mut b) = (split.start(), flat.start());
        split.run(&mut split.fresh(), &mut a, 0, STEPS);
        flat.run(&mut flat.fresh(), &mut b, 0, STEPS);
        assert_eq!(bits(&a), bits(&b), "{name}");
    }
}

/// From text to a method that has made two steps, or the first error on the way.
fn attempt(text: &str, steps: usize) -> Result<OptimizerConfig> {
    let config = OptimizerConfig::from_toml(text)?;
    let name = config.name();
    let problem = config.settings.needs().map(|_| Problem::categorical());
    let layout = problem.as_ref().map_or_else(|| tensors(name), |p| p.network.layout().clone());
    // Everything is said before the first step, where it can be.
    let _ = config.method::<f64>(layout.clone())?;
    let subject = Subject::<f64> { label: text.to_owned(), name, config: config.clone(), layout, problem };
    let (mut instance, mut theta) = (subject.fresh(), subject.start());
    for step in 0..steps {
        subject.step(&mut instance, &mut theta, step)?;
        subject.finite(&instance, &theta);
    }
    assert_eq!(OptimizerConfig::from_toml(&config.to_toml())?, config, "{text}");
    Ok(config)
}

#[test]
fn files_say_all_options_and_come_back() {
    for (label, name, config) in configurations() {
        assert_eq!(OptimizerConfig::from_toml(&config.to_toml()).unwrap(), config, "{label}");
        assert_eq!(config.clone().with_learning_rate(0.25).settings.learning_rate(), 0.25, "{label}");
        assert!(config.optimizer::<f64>(tensors(name)).is_err() == config.settings.needs().is_some());
        if label != name {
            continue;
        }
        let table: toml::Table = config.to_toml().parse().unwrap();
        for option in MethodSettings::options(name).unwrap() {
            let value = table.get(*option).unwrap_or_else(|| panic!("{name}: {option} is not written"));
            let other: toml::Value = match value {
                toml::Value::Boolean(flag) => (!flag).into(),
                toml::Value::Float(number) if number.is_finite() => (0.5 * number + 0.01).into(),
                toml::Value::Float(_) => 1.5.into(),
                toml::Value::Integer(number) => (number + 1).into(),
                _ => continue,
            };
            let text = format!("optimizer = '{name}'\n{option} = {other}");
            let changed = OptimizerConfig::from_toml(&text).unwrap();
            assert_ne!(changed, OptimizerConfig::named(name).unwrap(), "{text}");
            assert_eq!(OptimizerConfig::from_toml(&changed.to_toml()).unwrap(), changed, "{text}");
        }
    }
}

#[test]
fn values_of_another_type_are_refused_in_one_line() {
    for name in MethodSettings::NAMES {
        for option in MethodSettings::options(name).unwrap() {
            for value in ["[1.0]", "{ a = 1 }", "1979-05-27", "'no such word'", "''"] {
                let text = format!("optimizer = '{name}'\n{option} = {value}");
                let error = OptimizerConfig::from_toml(&text).expect_err(&text);
                assert!(one_line(&error).starts_with("optimizer.toml: "), "{text}: {error}");
            }
        }
    }
}

#[test]
fn numbers_out_of_range_are_refused_in_one_line_or_do_no_harm() {
    for name in MethodSettings::NAMES {
        for option in MethodSettings::options(name).unwrap() {
            for value in
                ["nan", "-1", "-1.0", "inf", "-inf", "1e400", "1e308", "1e-308", "0", "0.0", "true", "'inf'"]
            {
                let text = format!("optimizer = '{name}'\n{option} = {value}");
                let outcome = attempt(&text, 3).map_err(|error| one_line(&error));
                let never = *option == "lr" && ["nan", "-1", "-1.0", "inf", "-inf", "1e400"].contains(&value);
                assert!(outcome.is_err() || !(never || value == "nan"), "{text} was taken");
            }
            let text = format!("optimizer = '{name}'\n{option} = {}", i64::MAX);
            let _ = attempt(&text, 0).map_err(|error| one_line(&error));
        }
    }
}

#[test]
fn unknown_options_list_the_known_ones() {
    for name in MethodSettings::NAMES {
        let error = OptimizerConfig::from_toml(&format!("optimizer = '{name}'\nnobody = 1")).unwrap_err();
        let mut known = MethodSettings::options(name).unwrap().to_vec();
        assert_eq!(known[0], "lr", "{name}");
        if !MethodSettings::presets(name).unwrap().is_empty() {
            known.insert(0, "preset");
        }
        let known = format!("for {name}: {}", known.join(", "));
        assert_eq!(error, Error::Unknown { what: "option", name: "nobody".into(), known });
        let error = OptimizerConfig::from_toml(&format!("optimizer = '{name}'\npreset = 'x'")).unwrap_err();
        assert!(one_line(&error).contains("'x'"));
        // Words that a file uses for itself.
        for reserved in ["optimizer", "preset", "group", "tensors", "warmup_steps"] {
            assert!(!MethodSettings::options(name).unwrap().contains(&reserved), "{name}: {reserved}");
        }
        assert!(MethodSettings::options(name).unwrap().iter().all(|option| !option.starts_with("schedule")));
    }
}

#[test]
fn a_replay_of_a_method_that_needs_a_model_says_what_it_needs() {
    for (label, name, config) in configurations() {
        if let Some(needs) = config.settings.needs() {
            let error = config.optimizer::<f32>(tensors(name)).unwrap_err();
            assert_eq!(error, Error::NeedsModel { method: name, needs }, "{label}");
            assert_eq!(error.to_string(), format!("{name} needs {needs}, not only gradients"));
        }
    }
}
