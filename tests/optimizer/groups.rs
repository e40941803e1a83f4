//! Parameter groups: against PyTorch's, against the methods run alone, and all or nothing.

use super::schedules::recorded;
use crate::support::Stream;
use natgrad::ndarray::{Array1, arr1};
use natgrad::optimizer::stage::Schedule;
use natgrad::optimizer::{Grouped, MethodSettings, OptimizerConfig, State, TensorGroup};
use natgrad::{Error, ParameterLayout, Scalar};

#[test]
fn torch_parameter_groups() {
    let (count, worst, rate) = recorded(|name| name.contains("groups") || name.contains("methods"));
    assert_eq!(count, 3);
    assert!(worst < 1e-14 && rate < 1e-14, "{worst:e}, {rate:e}");
}

const NAMES: [&str; 5] = ["w0", "b0", "w1", "b1", "scale"];
const SHAPES: [&[usize]; 5] = [&[5, 3], &[5], &[7, 5], &[7], &[]];

fn layout_of(names: &[&str]) -> ParameterLayout {
    let shape = |name: &str| SHAPES[NAMES.iter().position(|known| *known == name).unwrap()].to_vec();
    ParameterLayout::new(names.iter().map(|name| (*name, shape(name)))).unwrap()
}

fn parse(text: &str) -> OptimizerConfig {
    OptimizerConfig::from_toml(text).unwrap()
}

fn gradient<T: Scalar>(dim: usize, step: usize) -> Array1<T> {
    let mut stream = Stream(40 + step as u64);
    (0..dim).map(|_| T::of(stream.heavy(-6.0, 6.0))).collect()
}

/// The entries of some tensors, in the order of the layout.
fn part<T: Scalar>(whole: &ParameterLayout, names: &[&str], theta: &Array1<T>) -> Array1<T> {
    let held = whole.tensors().iter().filter(|tensor| names.contains(&tensor.name()));
    held.flat_map(|tensor| theta.iter().copied().skip(tensor.range().start).take(tensor.range().len()))
        .collect()
}

/// Every method there is, as a base and as a group, does to its tensors what it does alone, to the last bit.
fn groups_are_the_methods_alone<T: Scalar>() {
    let whole = layout_of(&NAMES);
    for (position, name) in MethodSettings::NAMES.iter().enumerate() {
        if MethodSettings::named(name).unwrap().needs().is_some() {
            continue;
        }
        // The group's tensors lie together, or apart.
        let (patterns, held, rest): (_, &[&str], &[&str]) = if position % 2 == 0 {
            ("'b?'", &["b0", "b1"], &["w0", "w1", "scale"])
        } else {
            ("'w1', 'b1'", &["w1", "b1"], &["w0", "b0", "scale"])
        };
        for (base, group) in [(*name, "adam"), ("sgd", *name)] {
            let text =
                format!("optimizer = '{base}'\n[[group]]\ntensors = [{patterns}]\noptimizer = '{group}'");
            let mut grouped = parse(&text).optimizer::<T>(whole.clone()).unwrap();
            let mut alone = [
                OptimizerConfig::named(base).unwrap().optimizer::<T>(layout_of(rest)).unwrap(),
                OptimizerConfig::named(group).unwrap().optimizer::<T>(layout_of(held)).unwrap(),
            ];
            let mut theta: Array1<T> = gradient::<T>(whole.dim(), 99).mapv(|x| x / (T::one() + x.abs()));
            let mut parts = [part(&whole, rest, &theta), part(&whole, held, &theta)];
            grouped.prepare(&mut theta).unwrap();
            for (alone, own) in alone.iter_mut().zip(&mut parts) {
                alone.prepare(own).unwrap();
            }
            for step in 0..6 {
                let gradient = gradient::<T>(whole.dim(), step);
                grouped.step(&mut theta, gradient.view()).unwrap();
                for ((alone, names), own) in alone.iter_mut().zip([rest, held]).zip(&mut parts) {
                    alone.step(own, part(&whole, names, &gradient).view()).unwrap();
                    assert_eq!(part(&whole, names, &theta), *own, "{base} with {group}, step {step}");
                }
            }
            let state = grouped.state();
            assert_eq!(state.nested("base").unwrap(), alone[0].state());
            assert_eq!(state.nested("group1").unwrap(), alone[1].state());
        }
    }
}

/// A step that fails in any of the groups has happened in none.
fn a_step_is_made_by_all_groups_or_by_none<T: Scalar>() {
    let whole = layout_of(&NAMES);
    for name in MethodSettings::NAMES {
        if MethodSettings::named(name).unwrap().needs().is_some() {
            continue;
        }
        let text = format!(
            "optimizer = '{name}'\n[[group]]\ntensors = ['b0']\noptimizer = 'fadam'\n\
             [[group]]\ntensors = ['b1']\noptimizer = 'sgd'\nmomentum = 0.5\n\
             [[group]]\ntensors = ['s*']\noptimizer = 'adam'"
        );
        let build = || parse(&text).optimizer::<T>(whole.clone()).unwrap();
        let (mut tried, mut clean) = (build(), build());
        let mut theta: Array1<T> = gradient::<T>(whole.dim(), 99).mapv(|x| x / (T::one() + x.abs()));
        tried.prepare(&mut theta).unwrap();
        let mut other = theta.clone();
        for step in 0..8 {
            let good = gradient::<T>(whole.dim(), step);
            // The square of this is infinite.
            for (tensor, group) in [(1, 1), (4, 3)] {
                let index = whole.tensors()[tensor].range().end - 1;
                let mut bad = good.clone();
                bad[index] = T::max_value() * T::of(0.5);
                let (state, before) = (tried.state(), theta.clone());
                let error = tried.step(&mut theta, bad.view()).unwrap_err();
                let Error::Group { group: found, error: inner } = &error else { panic!("{error}") };
                assert_eq!(*found, group);
                assert!(
                    matches!(**inner, Error::NonFinite { quantity: "second moment", index: found, .. } if found == index),
                    "{error}"
                );
                assert_eq!((tried.state(), &theta), (state, &before), "{name}, step {step}");
            }
            tried.step(&mut theta, good.view()).unwrap();
            clean.step(&mut other, good.view()).unwrap();
            assert_eq!((&theta, tried.state()), (&other, clean.state()), "{name}, step {step}");
        }
        // And a whole step can be taken back.
        if tried.keeps_previous() {
            let (state, mut elsewhere) = (tried.state(), theta.clone());
            tried.step(&mut elsewhere, gradient::<T>(whole.dim(), 8).view()).unwrap();
            tried.undo();
            assert_eq!(tried.state(), state, "{name}");
            for step in 9..11 {
                tried.step(&mut theta, gradient::<T>(whole.dim(), step).view()).unwrap();
                clean.step(&mut other, gradient::<T>(whole.dim(), step).view()).unwrap();
            }
            assert_eq!((&theta, tried.state()), (&other, clean.state()), "{name}");
        }
    }
}

#[test]
fn groups_are_told_the_size_of_the_batch() {
    let text = "optimizer = 'sgd'\n[[group]]\ntensors = ['b*']\noptimizer = 'root-free-rmsprop'";
    let told = parse(text).with_batch(32);
    let MethodSettings::RootFreeRmsProp(settings) = &told.groups[0].settings else { panic!("{told:?}") };
    assert_eq!(settings.batch, 32);
}

/// Methods with a memory that their defaults do not have.
const REMEMBERING: [&str; 9] = [
    "optimizer = 'adam'\namsgrad = true",
    "optimizer = 'rmsprop'\ncentered = true\nmomentum = 0.9",
    "optimizer = 'rmsprop'\nmomentum = 0.9\nbias_correction = true",
    "optimizer = 'sgd'\nmomentum = 0.9\nnesterov = true",
    "optimizer = 'adagrad'\nlr_decay = 0.3",
    "optimizer = 'adafactor'\npreset = 'pytorch-optimizer'",
    "optimizer = 'shampoo'\nmomentum = 0.9\nmomentum_of = 'direction'\ngraft = 'adagrad'\ninterval = 2",
    "optimizer = 'conda'\ninterval = 2",
    "optimizer = 'soap'\ninterval = 2",
];

/// A step is taken back whole: by itself, and by the failure of a later group.
fn what_a_method_remembers_is_taken_back<T: Scalar>() {
    let whole = layout_of(&NAMES);
    for base in REMEMBERING {
        let text = format!("{base}\n[[group]]\ntensors = ['b1']\noptimizer = 'adam'");
        let build = || parse(&text).optimizer::<T>(whole.clone()).unwrap();
        let (mut tried, mut clean) = (build(), build());
        let mut theta: Array1<T> = gradient::<T>(whole.dim(), 99).mapv(|x| x / (T::one() + x.abs()));
        let mut other = theta.clone();
        for step in 0..8 {
            // Both of other numbers than the step that counts.
            let mut bad = gradient::<T>(whole.dim(), step + 50);
            bad[whole.tensors()[3].range().start] = T::max_value() * T::of(0.5);
            let (state, before) = (tried.state(), theta.clone());
            tried.step(&mut theta, bad.view()).unwrap_err();
            assert_eq!((tried.state(), &theta), (state.clone(), &before), "{base}, step {step}");
            let mut elsewhere = theta.clone();
            tried.step(&mut elsewhere, gradient::<T>(whole.dim(), step + 70).view()).unwrap();
            tried.undo();
            assert_eq!(tried.state(), state, "{base}, step {step}");
            let good = gradient::<T>(whole.dim(), step);
            tried.step(&mut theta, good.view()).unwrap();
            clean.step(&mut other, good.view()).unwrap();
            assert_eq!((&theta, tried.state()), (&other, clean.state()), "{base}, step {step}");
        }
    }
}

on_both!(
    groups_are_the_methods_alone,
    a_step_is_made_by_all_groups_or_by_none,
    what_a_method_remembers_is_taken_back
);

fn tensors(text: &str, names: &[&str]) -> Vec<Vec<String>> {
    let OptimizerConfig { settings, schedule, groups } = parse(text);
    let grouped = Grouped::<f64>::new(layout_of(names), &settings, schedule, &groups).unwrap();
    grouped.tensors().into_iter().map(|held| held.into_iter().map(str::to_owned).collect()).collect()
}

#[test]
fn the_first_group_that_names_a_tensor_has_it() {
    let text = "optimizer = 'sgd'\n[[group]]\ntensors = ['?1']\n[[group]]\ntensors = ['b*', 'x']";
    assert_eq!(tensors(text, &NAMES), [vec!["w0", "scale"], vec!["w1", "b1"], vec!["b0"]]);
    let text = "optimizer = 'sgd'\n[[group]]\ntensors = ['*a?e']\n[[group]]\ntensors = ['*']";
    assert_eq!(tensors(text, &NAMES), [vec!["scale"], vec!["w0", "b0", "w1", "b1"]]);
    assert_eq!(tensors("optimizer = 'sgd'", &NAMES), [NAMES.to_vec()]);
}

fn refusal(text: &str) -> String {
    let error = match OptimizerConfig::from_toml(text) {
        Err(error) => error,
        Ok(config) => config.optimizer::<f64>(layout_of(&NAMES)).unwrap_err(),
    };
    let text = error.to_string();
    assert_eq!(text.lines().count(), 1, "{text}");
    text
}

#[test]
fn refusals_are_one_line() {
    for (group, told) in [
        ("tensors = ['c*', 'b']", "group 2: unknown tensor 'c*, b'; known: w0, b0, w1, b1, scale"),
        ("tensors = []", "group 2: tensors is empty; at least one entry is needed"),
        ("tensors = ['w0', 'w?']", "group 2: tensors: earlier groups have all that it names"),
        (
            "tensors = 'b*'",
            "optimizer.toml: group 2: tensors = \"b*\": it must be a list of names or patterns, for example [\"b*\"]",
        ),
        (
            "tensors = ['b*', 1]",
            "optimizer.toml: group 2: tensors = [\"b*\", 1]: it must be a list of names or patterns, for example [\"b*\"]",
        ),
        (
            "lr = 1.0",
            "optimizer.toml: group 2: has no line tensors = a list of names or patterns, for example [\"b*\"]",
        ),
        (
            "tensors = ['b*']\nbeta1 = 1",
            "group 2: unknown option 'beta1'; known: for sgd: lr, momentum, nesterov, weight_decay",
        ),
        (
            "tensors = ['b*']\noptimizer = 'ftrl'",
            &format!("group 2: unknown optimizer 'ftrl'; known: {}", MethodSettings::NAMES.join(", ")),
        ),
        ("tensors = ['b*']\noptimizer = 2", "optimizer.toml: group 2: optimizer = 2: it must be a word"),
        (
            "tensors = ['b*']\nlr = 'fast'",
            "optimizer.toml: group 2: lr: invalid type: string \"fast\", expected f64",
        ),
        ("tensors = ['b*']\nlr = -1", "group 2: lr = -1; it must be finite and at least 0"),
        (
            "tensors = ['b*']\nmomentum = 1.5",
            "group 2: momentum = 1.5; it must be at least 0 and less than 1",
        ),
        (
            "tensors = ['b*']\nschedule = 'cosine'",
            "optimizer.toml: group 2: schedule_steps = 0; it must be at least 1 (and at most 2^53) for this schedule",
        ),
    ] {
        let text = format!("optimizer = 'sgd'\n[[group]]\ntensors = ['w*']\n[[group]]\n{group}");
        assert_eq!(refusal(&text), told);
    }
    let tables = "groups are tables, each under a line [[group]]";
    assert_eq!(refusal("optimizer = 'sgd'\ngroup = 1"), format!("optimizer.toml: group = 1: {tables}"));
    assert_eq!(refusal("optimizer = 'sgd'\ngroup = [1]"), format!("optimizer.toml: group 1: {tables}"));
    assert!(refusal("optimizer = 'sgd'\n[group]\ntensors = ['*']").ends_with(tables));
}

#[test]
fn methods_that_need_a_model_have_no_groups() {
    for name in MethodSettings::NAMES {
        let Some(needs) = MethodSettings::named(name).unwrap().needs() else { continue };
        let told = format!("{name} needs {needs}, not only gradients");
        assert_eq!(
            refusal(&format!("optimizer = '{name}'\n[[group]]\ntensors = ['*']\noptimizer = 'sgd'")),
            told
        );
        let text = format!("optimizer = 'sgd'\n[[group]]\ntensors = ['*']\noptimizer = '{name}'");
        assert_eq!(refusal(&text), format!("group 1: {told}"));
        // Nor have they when nobody has read a file.
        let settings = MethodSettings::named(name).unwrap();
        let groups = vec![TensorGroup {
            tensors: vec!["*".to_owned()],
            settings: MethodSettings::named("sgd").unwrap(),
            schedule: Schedule::constant(),
        }];
        let config = OptimizerConfig { groups, ..OptimizerConfig::from(settings) };
        assert_eq!(
            config.method::<f64>(layout_of(&NAMES)).unwrap_err(),
            Error::NeedsModel { method: name, needs }
        );
    }
}

#[test]
fn options_schedules_and_rates_of_groups() {
    let text = "optimizer = 'fadam'\nlr = 0.5\nclip = inf\nbeta1 = 0.5\nschedule = 'linear'\nschedule_steps = 10\n\
        [[group]]\ntensors = ['b0']\nlr = 0.25\n\
        [[group]]\ntensors = ['b1']\nwarmup_steps = 4\npreset = 'v3'\n\
        [[group]]\ntensors = ['w1']\noptimizer = 'fadam'";
    let config = parse(text);
    let alone = |text: &str| parse(text).settings;
    assert_eq!(config.groups[0].settings, alone("optimizer = 'fadam'\nlr = 0.25\nclip = inf\nbeta1 = 0.5"));
    assert_eq!(config.groups[1].settings, alone("optimizer = 'fadam'\npreset = 'v3'"));
    assert_eq!(config.groups[2].settings, alone("optimizer = 'fadam'"));
    assert_eq!(config.groups[0].schedule, Schedule::linear(10, 0.0).unwrap());
    assert_eq!(config.groups[1].schedule, Schedule::constant().with_warmup(4).unwrap());
    assert_eq!(parse(&config.to_toml()), config);
    let faster = config.clone().with_learning_rate(1.0);
    let rates = |config: &OptimizerConfig| -> Vec<f64> {
        config.groups.iter().map(|group| group.settings.learning_rate()).collect()
    };
    assert_eq!((rates(&config), rates(&faster)), (vec![0.25, 1e-3, 1e-3], vec![0.5, 2e-3, 2e-3]));
    let frozen = parse("optimizer = 'sgd'\nlr = 0\n[[group]]\ntensors = ['b*']\nlr = 0.5");
    assert_eq!(rates(&frozen.with_learning_rate(3.0)), [0.5]);

    // By hand: 2 for the weights, 1 for the bias; then at half the rate; then at none; then as before.
    let sgd = parse("optimizer = 'sgd'\nlr = 2.0\n[[group]]\ntensors = ['b*']\nlr = 1.0\nwarmup_steps = 2");
    let layout = ParameterLayout::new([("w", vec![1]), ("b", vec![1])]).unwrap();
    let mut sgd = sgd.optimizer::<f64>(layout).unwrap();
    let mut theta = arr1(&[0.0, 0.0]);
    for (rate, expected) in [(2.0, [2.0, 0.5]), (1.0, [3.0, 1.0]), (0.0, [3.0, 1.0]), (2.0, [5.0, 2.0])] {
        sgd.set_learning_rate(rate).unwrap();
        assert_eq!(sgd.learning_rate(), rate);
        sgd.step(&mut theta, arr1(&[-1.0, -1.0]).view()).unwrap();
        assert_eq!(theta.to_vec(), expected);
    }
    let error = sgd.set_learning_rate(f64::NAN).unwrap_err();
    assert!(matches!(error, Error::Setting { option: "lr", .. }));
}

#[test]
fn states_of_groups_that_do_not_fit_change_none_of_them() {
    let text = "optimizer = 'adam'\n[[group]]\ntensors = ['b*']\noptimizer = 'sgd'";
    let mut grouped = parse(text).optimizer::<f64>(layout_of(&NAMES)).unwrap();
    let dim = layout_of(&NAMES).dim();
    let mut theta = Array1::zeros(dim);
    grouped.step(&mut theta, gradient(dim, 1).view()).unwrap();
    let before = grouped.state();
    grouped.step(&mut theta, gradient(dim, 2).view()).unwrap();
    let after = grouped.state();
    let names: Vec<&str> = after.arrays().map(|(name, _)| name).collect();
    assert_eq!(
        names,
        ["base/momentum", "base/second_moment", "base/steps", "group1/momentum", "group1/steps"]
    );
    // The base of one step with the group of another.
    let mut mixed = State::new(1);
    mixed.nest("base", &before.nested("base").unwrap()).nest("group1", &after.nested("group1").unwrap());
    let error = grouped.restore(&mixed).unwrap_err();
    assert_eq!(error.to_string(), "saved state: its groups have made different numbers of steps");
    // A group that cannot be restored, after a base that could.
    let mut short = before.nested("group1").unwrap();
    short.put("momentum", &arr1(&[1.0]));
    let mut broken = State::new(1);
    broken.nest("base", &before.nested("base").unwrap()).nest("group1", &short);
    let error = grouped.restore(&broken).unwrap_err();
    assert_eq!(error.to_string(), "group 1: saved state has shape [1]; expected [12]");
    assert_eq!(grouped.state(), after);
    grouped.restore(&before).unwrap();
    assert_eq!(grouped.state(), before);
}
