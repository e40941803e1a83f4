//! Learning rates as functions of the step: against PyTorch's schedulers, the formulas of the papers, and the loop that
//! sets the rate by hand.

use crate::support::{Stream, distance};
use natgrad::ndarray::{Array1, Array2, arr1};
use natgrad::optimizer::stage::Schedule;
use natgrad::optimizer::{
    MethodSettings, Minibatch, NaturalDescent, Optimizer, OptimizerConfig, Scheduled, Sgd,
};
use natgrad::{Error, Labels, Network, ParameterLayout, Scalar};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::f64::consts::PI;
use std::sync::Arc;

#[derive(Deserialize)]
struct Record {
    shapes: BTreeMap<String, Vec<usize>>,
    theta0: Vec<f64>,
    gradients: Vec<Vec<f64>>,
    trajectories: BTreeMap<String, Trajectory>,
}

#[derive(Deserialize)]
struct Trajectory {
    config: String,
    rates: Vec<f64>,
    theta: BTreeMap<usize, Vec<f64>>,
}

/// Replays the trajectories of `tests/golden/groups.py` that are wanted; how many, and the worst relative distances of
/// the parameters and of the learning rates.
pub(super) fn recorded(wanted: impl Fn(&str) -> bool) -> (usize, f64, f64) {
    let record: Record = serde_json::from_str(include_str!("../golden/groups.json")).unwrap();
    let (mut count, mut worst, mut worst_rate) = (0, 0.0f64, 0.0f64);
    for (name, trajectory) in record.trajectories.iter().filter(|(name, _)| wanted(name)) {
        let names = ["w0", "b0", "w1", "b1", "scale"];
        let layout = ParameterLayout::new(names.map(|name| (name, record.shapes[name].clone()))).unwrap();
        let config = OptimizerConfig::from_toml(&trajectory.config).unwrap();
        let mut optimizer = config.optimizer::<f64>(layout).unwrap();
        let mut theta = Array1::from(record.theta0.clone());
        for (step, gradient) in record.gradients.iter().enumerate() {
            let (rate, expected) = (optimizer.learning_rate(), trajectory.rates[step]);
            worst_rate = worst_rate.max((rate - expected).abs() / expected);
            optimizer.step(&mut theta, arr1(gradient).view()).unwrap();
            if let Some(expected) = trajectory.theta.get(&(step + 1)) {
                let found = distance(theta.as_slice().unwrap(), expected);
                assert!(found < 1e-12, "{name}, step {}: off by {found:e}", step + 1);
                worst = worst.max(found);
            }
        }
        count += 1;
    }
    (count, worst, worst_rate)
}

#[test]
fn torch_schedules() {
    let (count, worst, rate) = recorded(|name| !name.contains("groups") && !name.contains("methods"));
    assert_eq!(count, 6);
    // Its cosine is a recurrence, which loses two digits on the way down.
    assert!(worst < 1e-14 && rate < 1e-13, "{worst:e}, {rate:e}");
}

#[test]
fn factors_are_the_formulas() {
    for (steps, warmup, floor) in
        [(1u64, 0u64, 0.3), (10, 3, 0.0), (37, 1, 1e-3), (1000, 999, 0.5), (17, 0, 1.0)]
    {
        let cosine = Schedule::cosine(steps, floor).unwrap().with_warmup(warmup).unwrap();
        let linear = Schedule::linear(steps, floor).unwrap().with_warmup(warmup).unwrap();
        let constant = Schedule::constant().with_warmup(warmup).unwrap();
        let root = Schedule::inverse_square_root().with_warmup(warmup).unwrap();
        for schedule in [cosine, linear, constant] {
            for s in 0..warmup {
                assert_eq!(schedule.factor(s), (s + 1) as f64 / warmup as f64);
            }
            assert_eq!(schedule.factor(warmup), 1.0);
            assert_eq!(warmup.checked_sub(1).map_or(1.0, |s| schedule.factor(s)), 1.0);
        }
        for s in warmup..steps + 3 {
            let u = ((s - warmup) as f64 / (steps - warmup) as f64).min(1.0);
            let expected = floor + (1.0 - floor) * 0.5 * (1.0 + (PI * u).cos());
            assert!((cosine.factor(s) - expected).abs() < 4e-16, "{s} of {steps}");
            assert!((linear.factor(s) - (1.0 - (1.0 - floor) * u)).abs() < 4e-16, "{s} of {steps}");
            assert_eq!(constant.factor(s), 1.0);
            assert!(cosine.factor(s + 1) <= cosine.factor(s) && linear.factor(s + 1) <= linear.factor(s));
            let t = (s + 1) as f64;
            assert!((root.factor(s) - (warmup.max(1) as f64 / t).sqrt()).abs() < 2e-16);
        }
        for s in [steps, steps + 1, u64::MAX] {
            assert_eq!((cosine.factor(s), linear.factor(s)), (floor, floor));
            assert!(root.factor(s) > 0.0 && root.factor(s) <= 1.0);
        }
    }
}

#[test]
fn the_transformers_rate() {
    // Vaswani et al. 2017, eq. 3, at d = 512 and 4000 steps of warm-up.
    let schedule = Schedule::inverse_square_root().with_warmup(4000).unwrap();
    let rate = (512.0f64 * 4000.0).powf(-0.5);
    for t in [1u64, 2, 57, 3999, 4000, 4001, 16000, 100_000] {
        let step = t as f64;
        let expected = 512f64.powf(-0.5) * step.powf(-0.5).min(step * 4000f64.powf(-1.5));
        assert!((rate * schedule.factor(t - 1) / expected - 1.0).abs() < 1e-15, "{t}");
    }
    assert_eq!(schedule.factor(15_999), 0.5);
}

#[test]
fn the_schedule_of_nd_adam_up_to_its_last_rate() {
    let rate = 0.05;
    let schedule = Schedule::cosine(80_000, 1e-7 / rate).unwrap();
    let mut worst = 0.0f64;
    for t in (0..80_000).step_by(97) {
        let theirs = 0.5 * rate * (1.0 + (PI * t as f64 / 80_000.0).cos());
        worst = worst.max((rate * schedule.factor(t) - theirs).abs());
    }
    assert!(worst < 1e-7 && worst > 0.99e-7, "{worst:e}");
    for t in [80_000, 84_999] {
        assert!((rate * schedule.factor(t) / 1e-7 - 1.0).abs() < 1e-15);
    }
}

/// A schedule is the loop that sets the rate before every step, to the last bit, and goes on so after a checkpoint.
fn a_schedule_is_the_loop<T: Scalar>() {
    let layout = || ParameterLayout::new([("w", vec![3, 2]), ("b", vec![3])]).unwrap();
    let schedule = Schedule::cosine(9, 0.1).unwrap().with_warmup(3).unwrap();
    let mut stream = Stream(8);
    let mut draw = || (0..9).map(|_| T::of(stream.heavy(-2.0, 2.0))).collect::<Array1<T>>();
    let (start, gradients): (_, Vec<_>) = (draw(), (0..12).map(|_| draw()).collect());
    for name in MethodSettings::NAMES {
        let config = OptimizerConfig::named(name).unwrap();
        if config.settings.needs().is_some() {
            continue;
        }
        let config = config.with_learning_rate(0.1);
        let mut by_hand = config.optimizer::<T>(layout()).unwrap();
        let config = OptimizerConfig { schedule, ..config };
        let mut scheduled = config.optimizer::<T>(layout()).unwrap();
        let mut a = start.clone();
        by_hand.prepare(&mut a).unwrap();
        let mut b = start.clone();
        scheduled.prepare(&mut b).unwrap();
        for (step, gradient) in gradients.iter().enumerate() {
            let rate = T::of(0.1 * schedule.factor(step as u64));
            assert_eq!(scheduled.learning_rate(), rate, "{name}");
            by_hand.set_learning_rate(rate).unwrap();
            by_hand.step(&mut a, gradient.view()).unwrap();
            let mut again = config.optimizer::<T>(layout()).unwrap();
            again.restore(&scheduled.state()).unwrap();
            let mut c = b.clone();
            again.step(&mut c, gradient.view()).unwrap();
            scheduled.step(&mut b, gradient.view()).unwrap();
            assert_eq!((&a, &a), (&b, &c), "{name}, step {step}");
            assert_eq!((scheduled.state(), again.state()), (by_hand.state(), by_hand.state()), "{name}");
        }
    }
}

on_both!(a_schedule_is_the_loop);

#[test]
fn a_method_that_needs_a_model_has_schedules_too() {
    let network = Network::<f64>::random(&[2, 3], natgrad::model::Activation::Tanh, 3).unwrap();
    let x = Array2::from_shape_fn((5, 2), |(n, d)| (n as f64 - 2.0) * 0.5 + d as f64 * 0.25);
    let y = Labels::classes(&[0, 1, 2, 1, 0]).unwrap();
    let likelihood: Arc<dyn natgrad::likelihood::Likelihood<f64>> =
        Arc::new(natgrad::likelihood::Categorical);
    let text = "optimizer = 'natural-gradient'\nlr = 0.2\ndivergence_limit = 1e9\nwarmup_steps = 2\n\
                schedule = 'linear'\nschedule_steps = 6";
    let config = OptimizerConfig::from_toml(text).unwrap();
    assert!(matches!(config.settings, MethodSettings::NaturalDescent(NaturalDescent { .. })));
    let layout = || network.layout().clone();
    let mut scheduled = config.method::<f64>(layout()).unwrap();
    let mut by_hand = config.settings.method::<f64>(layout()).unwrap();
    let (mut a, mut b) = (network.parameters(), network.parameters());
    for factor in [0.5, 1.0, 1.0, 0.75, 0.5, 0.25, 0.0, 0.0] {
        assert_eq!(scheduled.learning_rate(), 0.2 * factor);
        by_hand.set_learning_rate(0.2 * factor).unwrap();
        for (method, theta) in [(&mut by_hand, &mut a), (&mut scheduled, &mut b)] {
            let here = network.with_parameters(theta.view()).unwrap();
            let batch = Minibatch::new(&here, &likelihood, &x, &y, &[0, 1, 2, 3, 4]).unwrap();
            let before = theta.clone();
            method.step(theta, &batch).unwrap();
            assert_eq!(*theta == before, factor == 0.0);
        }
        assert_eq!(a, b);
        let mut again = config.method::<f64>(layout()).unwrap();
        again.restore(&scheduled.state()).unwrap();
        assert_eq!((again.steps(), again.learning_rate()), (scheduled.steps(), scheduled.learning_rate()));
    }
}

#[test]
fn a_schedule_passes_on_what_is_not_its_own() {
    // The average of K-FAC's iterates.
    let network = Network::<f64>::random(&[2, 3], natgrad::model::Activation::Tanh, 3).unwrap();
    let x = Array2::from_shape_fn((5, 2), |(n, d)| (n as f64 - 2.0) * 0.5 + d as f64 * 0.25);
    let y = Labels::classes(&[0, 1, 2, 1, 0]).unwrap();
    let likelihood: Arc<dyn natgrad::likelihood::Likelihood<f64>> =
        Arc::new(natgrad::likelihood::Categorical);
    let text = "optimizer = 'kfac'\naveraging = 0.9\nschedule = 'linear'\nschedule_steps = 9";
    let config = OptimizerConfig::from_toml(text).unwrap();
    let mut method = config.method::<f64>(network.layout().clone()).unwrap();
    let mut theta = network.parameters();
    assert!(method.averaged().is_none());
    let batch = Minibatch::new(&network, &likelihood, &x, &y, &[0, 1, 2, 3, 4]).unwrap();
    method.step(&mut theta, &batch).unwrap();
    // Of one iterate the average is that iterate.
    assert_eq!(method.averaged(), Some(&theta));
    // And a step that is taken back.
    let text = "optimizer = 'adam'\nschedule = 'linear'\nschedule_steps = 9";
    let layout = natgrad::ParameterLayout::flat(2).unwrap();
    let mut adam = OptimizerConfig::from_toml(text).unwrap().optimizer::<f64>(layout).unwrap();
    let mut theta = Array1::from(vec![1.0, 2.0]);
    adam.step(&mut theta, Array1::from(vec![0.5, -3.0]).view()).unwrap();
    let (state, rate) = (adam.state(), adam.learning_rate());
    adam.step(&mut theta, Array1::from(vec![4.0, 1.0]).view()).unwrap();
    adam.undo();
    assert_eq!((adam.state(), adam.learning_rate()), (state, rate));
}

#[test]
fn to_set_the_rate_is_to_set_the_base() {
    let sgd: Box<dyn Optimizer<f64>> =
        Box::new(Sgd::default().build(ParameterLayout::flat(1).unwrap()).unwrap());
    let schedule = Schedule::linear(4, 0.5).unwrap();
    let mut sgd = Scheduled::new(sgd, 1.0, schedule).unwrap();
    let mut theta = arr1(&[0.0]);
    sgd.step(&mut theta, arr1(&[-1.0]).view()).unwrap();
    assert_eq!(sgd.learning_rate(), 0.875);
    sgd.set_learning_rate(8.0).unwrap();
    assert_eq!((sgd.learning_rate(), sgd.base()), (7.0, 8.0));
    for bad in [-1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(sgd.set_learning_rate(bad), Err(Error::Setting { option: "lr", .. })));
    }
    sgd.step(&mut theta, arr1(&[-1.0]).view()).unwrap();
    assert_eq!((theta[0], sgd.learning_rate(), sgd.steps()), (8.0, 6.0, 2));
    let before = (sgd.state(), theta.clone());
    assert!(sgd.step(&mut theta, arr1(&[f64::NAN]).view()).is_err());
    assert_eq!((sgd.state(), theta, sgd.learning_rate()), (before.0, before.1, 6.0));
}

#[test]
fn files() {
    let refusal = |text: &str| {
        let error =
            OptimizerConfig::from_toml(&format!("optimizer = 'sgd'\n{text}")).unwrap_err().to_string();
        assert_eq!(error.lines().count(), 1, "{error}");
        error
    };
    for (text, told) in [
        (
            "schedule = 'step'",
            "unknown schedule 'step'; known: constant, cosine, linear, inverse-square-root",
        ),
        ("schedule = 3", "schedule = 3: it must be a word"),
        (
            "schedule = 'cosine'",
            "schedule_steps = 0; it must be at least 1 (and at most 2^53) for this schedule",
        ),
        ("schedule = 'cosine'\nschedule_steps = -3", "schedule_steps = -3: it must be a number of steps"),
        ("schedule = 'cosine'\nschedule_steps = 1.5", "schedule_steps = 1.5: it must be a number of steps"),
        (
            "schedule = 'linear'\nschedule_steps = 9223372036854775807",
            "schedule_steps = 9.223372036854776e18; it must be at least 1 (and at most 2^53) for this schedule",
        ),
        (
            "schedule = 'linear'\nschedule_steps = 9\nschedule_floor = 1.5",
            "schedule_floor = 1.5; it must be between 0 and 1",
        ),
        (
            "schedule = 'linear'\nschedule_steps = 9\nschedule_floor = nan",
            "schedule_floor = NaN; it must be between 0 and 1",
        ),
        (
            "schedule = 'linear'\nschedule_steps = 9\nschedule_floor = '1'",
            "schedule_floor = \"1\": it must be a number",
        ),
        (
            "schedule = 'linear'\nschedule_steps = 9\nwarmup_steps = 9",
            "warmup_steps = 9; it must be less than schedule_steps",
        ),
        ("schedule_steps = 9", "schedule_steps = 9; it must be left out unless schedule is cosine or linear"),
        (
            "schedule = 'inverse-square-root'\nschedule_floor = 0.1",
            "schedule_floor = 0.1; it must be left out unless schedule is cosine or linear",
        ),
        ("warmup_steps = true", "warmup_steps = true: it must be a number of steps"),
    ] {
        assert_eq!(refusal(text), format!("optimizer.toml: {told}"));
    }
    assert_eq!(
        refusal("schedule_step = 5"),
        "unknown option 'schedule_step'; known: for schedules: schedule, schedule_steps, schedule_floor, warmup_steps"
    );
    for text in [
        "warmup_steps = 5",
        "schedule = 'cosine'\nschedule_steps = 12\nschedule_floor = 0.1\nwarmup_steps = 3",
        "schedule = 'linear'\nschedule_steps = 12",
        "schedule = 'inverse-square-root'\nwarmup_steps = 7",
        "schedule = 'constant'",
    ] {
        let config = OptimizerConfig::from_toml(&format!("optimizer = 'sgd'\n{text}")).unwrap();
        assert_eq!(OptimizerConfig::from_toml(&config.to_toml()).unwrap(), config, "{text}");
    }
    let config = OptimizerConfig::from_toml("optimizer = 'sgd'\nwarmup_steps = 5").unwrap();
    assert_eq!(config.schedule, Schedule::constant().with_warmup(5).unwrap());
    assert_eq!(config.clone().with_learning_rate(2.0).schedule, config.schedule);
}
