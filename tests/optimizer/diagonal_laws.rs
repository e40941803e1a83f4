//! What holds for every coordinate-wise method: states, failures, zeros, empty tensors, refusals.

use super::several_tensors::{layout, problem, same_bits};
use super::{flat, run};
use natgrad::ndarray::{Array1, arr1};
use natgrad::optimizer::{Optimizer, OptimizerConfig, State};
use natgrad::{Error, Scalar};

const CONFIGS: [&str; 14] = [
    "optimizer = 'rmsprop'\nmomentum = 0.9",
    "optimizer = 'rmsprop'\ncentered = true\nepsilon = 0.1\nweight_decay = 0.1",
    "optimizer = 'adagrad'\nlr_decay = 0.3",
    "optimizer = 'adam'\namsgrad = true",
    "optimizer = 'root-free-rmsprop'\nbatch = 32\nmomentum = 0.5\nweight_decay = 0.1",
    "optimizer = 'root-free-adamw'\nbatch = 32",
    "optimizer = 'lion'\nweight_decay = 0.1",
    "optimizer = 'madam'",
    "optimizer = 'lamadam'",
    "optimizer = 'adafactor'",
    "optimizer = 'adafactor'\nbeta1 = 0.9\nfactored_axes = 'largest-two'",
    "optimizer = 'adafactor'\npreset = 'torch'",
    "optimizer = 'adafactor'\npreset = 'optax'\nlr = 0.01",
    "optimizer = 'adafactor'\nsmallest_factored = 100\nclip = 'inf'",
];

fn start<T: Scalar>(config: &str) -> Box<dyn Optimizer<T>> {
    OptimizerConfig::from_toml(config).unwrap().optimizer(layout()).unwrap()
}

fn a_restored_run_goes_on_bit_identically<T: Scalar>() {
    let (theta, gradients) = problem::<T>(61, 30);
    for config in CONFIGS {
        let whole = run(start::<T>(config).as_mut(), &theta, &gradients);
        let mut first = start::<T>(config);
        run(first.as_mut(), &theta, &gradients[..13]);
        let state = first.state();
        let mut second = start::<T>(config);
        second.restore(&state).unwrap();
        assert_eq!((second.steps(), second.state()), (13, state.clone()), "{config}");
        same_bits(&run(second.as_mut(), &whole[13], &gradients[13..]), &whole[13..]);
        // Every array matters: one that is missing is refused, and so is one too many.
        for (left_out, _) in state.arrays() {
            let mut less = State::new(13);
            state.arrays().filter(|(name, _)| *name != left_out).for_each(|(name, array)| {
                less.put(name, array);
            });
            let error = start::<T>(config).restore(&less).unwrap_err();
            assert!(matches!(error, Error::Unknown { .. }), "{config} {left_out}: {error}");
        }
        let mut more = state.clone();
        more.number("more", 1.0);
        assert!(start::<T>(config).restore(&more).is_err());
    }
}

fn a_failed_step_leaves_no_trace<T: Scalar>() {
    let (theta, gradients) = problem::<T>(62, 12);
    for config in CONFIGS {
        let whole = run(start::<T>(config).as_mut(), &theta, &gradients);
        let mut optimizer = start::<T>(config);
        run(optimizer.as_mut(), &theta, &gradients[..6]);
        let before = optimizer.state();
        let mut at = Array1::from(whole[6].clone());
        let mut refused = |gradient: Vec<T>, quantity: &'static str, place: usize| {
            let error = optimizer.step(&mut at, Array1::from(gradient).view()).unwrap_err();
            let Error::NonFinite { quantity: found, index, .. } = error else { panic!("{config}: {error}") };
            assert_eq!((found, index), (quantity, place), "{config}");
            assert_eq!(optimizer.state(), before, "{config}");
            assert_eq!(at.to_vec(), whole[6], "{config}");
        };
        let mut broken = gradients[6].clone();
        broken[40] = T::nan();
        refused(broken, "gradient", 40);
        // In the matrix, in the vector and in the tensor.
        for place in [4, 23, 100] {
            let mut large = gradients[6].clone();
            large[place] = T::max_value() / T::of(4.0);
            if !config.contains("lion") {
                refused(large, "second moment", place);
            }
        }
        same_bits(&run(optimizer.as_mut(), &whole[6], &gradients[6..]), &whole[6..]);
    }
}

fn zeros_are_no_trouble<T: Scalar>() {
    let (theta, gradients) = problem::<T>(63, 6);
    let zeros = vec![T::zero(); theta.len()];
    for config in CONFIGS {
        let path = run(start::<T>(config).as_mut(), &theta, &vec![zeros.clone(); 3]);
        let decays = config.contains("weight_decay");
        assert_eq!(path[3] == theta, !decays, "{config}");
        // And before, after and between gradients; θ = 0 too.
        let mixed: Vec<Vec<T>> = gradients.iter().flat_map(|g| [zeros.clone(), g.clone()]).collect();
        for start_at in [&theta, &zeros] {
            let path = run(start::<T>(config).as_mut(), start_at, &mixed);
            assert!(path.iter().flatten().all(|x| x.is_finite()), "{config}");
            // The entry without any gradient: nothing but decay moves it.
            assert!(decays || path[12][26] == start_at[26], "{config}");
        }
        // Without anything that keeps a denominator from 0.
        let epsilon = match config {
            c if c.contains("adafactor") => "epsilon1",
            c if c.contains("lion") => continue,
            _ => "epsilon",
        };
        let lines = config.lines().filter(|line| !line.starts_with(epsilon)).collect::<Vec<_>>().join("\n");
        let path = run(start::<T>(&format!("{lines}\n{epsilon} = 0.0")).as_mut(), &theta, &mixed);
        assert!(path.iter().flatten().all(|x| x.is_finite()), "{config}");
    }
}

on_both!(a_restored_run_goes_on_bit_identically, a_failed_step_leaves_no_trace, zeros_are_no_trouble);

#[test]
fn sums_and_factors_in_a_state_may_not_be_negative() {
    for (config, name) in [
        ("optimizer = 'adagrad'", "second_moment"),
        ("optimizer = 'adam'\namsgrad = true", "largest_second_moment"),
        ("optimizer = 'madam'", "weight_sum/theta"),
        ("optimizer = 'lamadam'", "second_sum/theta"),
        ("optimizer = 'adafactor'", "second_moment/theta"),
    ] {
        let mut optimizer = OptimizerConfig::from_toml(config).unwrap().optimizer::<f64>(flat(2)).unwrap();
        optimizer.step(&mut arr1(&[1.0, 2.0]), arr1(&[0.5, 0.25]).view()).unwrap();
        let mut state = optimizer.state();
        state.put(name, &arr1(&[1.0, -1.0]));
        let error = optimizer.restore(&state).unwrap_err();
        assert_eq!(error.to_string(), "saved state[1] = -1; it must be at least 0", "{config}");
        assert_eq!(optimizer.steps(), 1);
    }
}

#[test]
fn settings_out_of_their_domain() {
    for (config, expected) in [
        ("rmsprop momentum = 1.0", "momentum = 1; it must be at least 0 and less than 1"),
        ("rmsprop beta2 = 1.0", "beta2 = 1; it must be at least 0 and less than 1"),
        ("rmsprop epsilon = -1.0", "epsilon = -1; it must be finite and at least 0"),
        ("adagrad lr_decay = -1.0", "lr_decay = -1; it must be finite and at least 0"),
        ("adagrad initial_accumulator = -1.0", "initial_accumulator = -1; it must be finite and at least 0"),
        ("root-free-rmsprop batch = 0", "batch = 0; it must be at least 1"),
        ("root-free-adamw batch = 0", "batch = 0; it must be at least 1"),
        ("root-free-adamw beta1 = 1.0", "beta1 = 1; it must be at least 0 and less than 1"),
        ("lion beta1 = 1.5", "beta1 = 1.5; it must be between 0 and 1"),
        ("lion weight_decay = -1.0", "weight_decay = -1; it must be finite and at least 0"),
        ("madam beta2_max = 1.0", "beta2_max = 1; it must be at least 0 and less than 1"),
        ("madam beta2_max = 0.4", "beta2_min = 0.5; it must be at least 0 and at most beta2_max"),
        ("lamadam guard = -1.0", "guard = -1; it must be finite and at least 0"),
        ("lamadam epsilon = -1.0", "epsilon = -1; it must be finite and at least 0"),
        ("adafactor clip = 0.0", "clip = 0; it must be positive (infinity turns it off)"),
        ("adafactor decay_exponent = 1.5", "decay_exponent = 1.5; it must be above 0 and at most 1"),
        ("adafactor beta2_limit = 1.5", "beta2_limit = 1.5; it must be between 0 and 1"),
        ("adafactor epsilon2 = -1.0", "epsilon2 = -1; it must be finite and at least 0"),
        ("adafactor lr = -1.0", "lr = -1; it must be finite and at least 0"),
    ] {
        let (name, option) = config.split_once(' ').unwrap();
        let config = OptimizerConfig::from_toml(&format!("optimizer = '{name}'\n{option}")).unwrap();
        assert_eq!(config.optimizer::<f64>(flat(2)).unwrap_err().to_string(), expected);
    }
    let config = "optimizer = 'adafactor'\nrelative_step = false\nwarmup_init = true";
    let error = OptimizerConfig::from_toml(config).unwrap().optimizer::<f64>(flat(2)).unwrap_err();
    assert_eq!(error.to_string(), "warmup_init = 1; it must be false without relative_step");
}
