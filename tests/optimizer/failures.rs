//! Bad input gives one exact error and changes nothing.

use super::flat;
use natgrad::ndarray::{Array1, Array2, ArrayView1, arr1, arr2};
use natgrad::optimizer::{Adam, AdamW, FAdam, Optimizer, Sgd, State, replay};
use natgrad::{Error, ParameterLayout, Scalar};

fn all<T: Scalar>() -> Vec<Box<dyn Optimizer<T>>> {
    vec![
        Box::new(FAdam::paper().build(flat(3)).unwrap()),
        Box::new(FAdam::without_corrections().build(flat(3)).unwrap()),
        Box::new(Adam { weight_decay: 0.1, ..Adam::default() }.build(flat(3)).unwrap()),
        Box::new(AdamW::default().build(flat(3)).unwrap()),
        Box::new(Sgd { momentum: 0.9, ..Sgd::default() }.build(flat(3)).unwrap()),
    ]
}

fn bits<T: Scalar>(optimizer: &dyn Optimizer<T>, theta: &Array1<T>) -> Vec<u64> {
    let state = optimizer.state();
    let numbers = state.arrays().flat_map(|(_, x)| x.iter().copied()).chain(theta.iter().map(|v| v.as_f64()));
    numbers.map(f64::to_bits).chain([optimizer.steps()]).collect()
}

/// The failure of a step that must leave everything as it was.
fn failure<T: Scalar>(optimizer: &mut dyn Optimizer<T>, theta: &mut Array1<T>, gradient: &[T]) -> Error {
    let before = bits(optimizer, theta);
    let error = optimizer.step(theta, ArrayView1::from(gradient)).unwrap_err();
    assert_eq!(bits(optimizer, theta), before, "{error}");
    error
}

fn stepped<T: Scalar>() -> Vec<(Box<dyn Optimizer<T>>, Array1<T>)> {
    let gradient = Array1::from_iter([0.3, -0.2, 0.1].map(T::of));
    all()
        .into_iter()
        .map(|mut optimizer| {
            let mut theta = Array1::from_iter([1.0, 2.0, 3.0].map(T::of));
            optimizer.step(&mut theta, gradient.view()).unwrap();
            (optimizer, theta)
        })
        .collect()
}

#[test]
fn wrong_lengths() {
    for (mut optimizer, mut theta) in stepped::<f64>() {
        let error = failure(optimizer.as_mut(), &mut theta, &[1.0, 2.0]);
        assert_eq!(error, Error::Shape { quantity: "gradient", expected: vec![3], found: vec![2] });
        let error = failure(optimizer.as_mut(), &mut arr1(&[1.0; 4]), &[1.0, 2.0, 3.0]);
        assert_eq!(error, Error::Shape { quantity: "theta", expected: vec![3], found: vec![4] });
    }
}

#[test]
fn gradients_that_are_not_finite() {
    for (mut optimizer, mut theta) in stepped::<f64>() {
        let error = failure(optimizer.as_mut(), &mut theta, &[1.0, f64::NEG_INFINITY, f64::INFINITY]);
        assert_eq!(error, Error::NonFinite { quantity: "gradient", index: 1, value: f64::NEG_INFINITY });
        let error = failure(optimizer.as_mut(), &mut theta, &[1.0, 2.0, f64::NAN]);
        assert!(
            matches!(error, Error::NonFinite { quantity: "gradient", index: 2, value } if value.is_nan())
        );
        let error = failure(optimizer.as_mut(), &mut arr1(&[f64::INFINITY, 0.0, 0.0]), &[1.0, 2.0, 3.0]);
        assert_eq!(error, Error::NonFinite { quantity: "theta", index: 0, value: f64::INFINITY });
    }
}

#[test]
fn overflow() {
    for (mut optimizer, mut theta) in stepped::<f32>().into_iter().take(4) {
        let error = failure(optimizer.as_mut(), &mut theta, &[1.0, -1e30, 1e30]);
        assert_eq!(error, Error::NonFinite { quantity: "second moment", index: 1, value: f64::INFINITY });
    }
    for (position, mut optimizer) in all::<f64>().into_iter().enumerate() {
        optimizer.set_learning_rate(1e308).unwrap();
        let mut theta = arr1(&[0.0, 0.0, -1.7e308]);
        let error = failure(optimizer.as_mut(), &mut theta, &[0.0, 0.0, 10.0]);
        // The Adam here has a penalty: it is the square of λθ that overflows first.
        let overflows = if position == 2 { "second moment" } else { "updated theta" };
        let Error::NonFinite { quantity, index: 2, value } = error else { panic!("{error:?}") };
        assert_eq!(quantity, overflows);
        assert!(value.is_infinite());
    }
}

#[test]
fn a_failed_step_leaves_no_trace_in_later_ones() {
    for ((mut clean, mut a), (mut failed, mut b)) in stepped::<f64>().into_iter().zip(stepped::<f64>()) {
        failure(failed.as_mut(), &mut b, &[1.0, f64::NAN, 1.0]);
        for _ in 0..3 {
            clean.step(&mut a, arr1(&[0.1, 0.2, 0.3]).view()).unwrap();
            failed.step(&mut b, arr1(&[0.1, 0.2, 0.3]).view()).unwrap();
        }
        assert_eq!(bits(clean.as_ref(), &a), bits(failed.as_ref(), &b));
    }
}

#[test]
fn strided_views_are_read_in_order() {
    let both = arr2(&[[0.3, 9.0], [-0.2, 9.0], [0.1, 9.0]]);
    for (mut optimizer, (_, expected)) in all::<f64>().into_iter().zip(stepped::<f64>()) {
        let mut theta = arr1(&[3.0, 2.0, 1.0]);
        theta.invert_axis(natgrad::ndarray::Axis(0));
        optimizer.step(&mut theta, both.column(0)).unwrap();
        assert_eq!(theta, expected);
    }
}

#[test]
fn hyper_parameters() {
    type Case = (&'static str, FAdam);
    let p = FAdam::paper();
    let cases: [Case; 13] = [
        ("lr = -1; it must be finite and at least 0", FAdam { learning_rate: -1.0, ..p }),
        ("lr = inf; it must be finite and at least 0", FAdam { learning_rate: f64::INFINITY, ..p }),
        ("beta1 = 1; it must be at least 0 and less than 1", FAdam { beta1: 1.0, ..p }),
        ("beta2 = 1.5; it must be at least 0 and less than 1", FAdam { beta2: 1.5, ..p }),
        ("beta2 = NaN; it must be at least 0 and less than 1", FAdam { beta2: f64::NAN, ..p }),
        ("p = 1.1; it must be between 0 and 1", FAdam { power: 1.1, ..p }),
        ("epsilon = -0.5; it must be finite and at least 0", FAdam { epsilon: -0.5, ..p }),
        ("epsilon2 = 0; it must be finite and positive", FAdam { epsilon2: 0.0, ..p }),
        (
            "epsilon_floor = inf; it must be finite and at least 0",
            FAdam { epsilon_floor: f64::INFINITY, ..p },
        ),
        ("epsilon_addition = -1; it must be finite and at least 0", FAdam { epsilon_addition: -1.0, ..p }),
        ("clip = 0; it must be positive (infinity turns it off)", FAdam { clip: 0.0, ..p }),
        ("weight_decay = -0.1; it must be finite and at least 0", FAdam { weight_decay: -0.1, ..p }),
        ("f0 = -1; it must be finite and at least 0", FAdam { initial_second_moment: -1.0, ..p }),
    ];
    for (text, fadam) in cases {
        assert_eq!(fadam.build::<f64>(flat(3)).unwrap_err().to_string(), text);
    }
    let sgd = Sgd { nesterov: true, ..Sgd::default() }.build::<f64>(flat(1)).unwrap_err();
    assert_eq!(sgd, Error::Setting { option: "momentum", value: 0.0, requirement: "positive with nesterov" });
    for mut optimizer in all::<f64>() {
        let before = optimizer.learning_rate();
        let error = optimizer.set_learning_rate(-2.0).unwrap_err();
        assert_eq!(error, Error::Setting { option: "lr", value: -2.0, requirement: "finite and at least 0" });
        assert_eq!(optimizer.learning_rate().to_bits(), before.to_bits());
    }
}

#[test]
fn replay_checks_before_the_first_step() {
    let mut adam = Adam::default().build::<f64>(flat(2)).unwrap();
    let mut fails = |theta: Array1<f64>, rows: Array2<f64>| {
        let error = replay(&mut adam, theta, rows.view()).unwrap_err();
        assert_eq!(adam.steps(), 0);
        error
    };
    let shape = |quantity, expected, found| Error::Shape { quantity, expected, found };
    assert_eq!(fails(arr1(&[0.0]), Array2::zeros((4, 2))), shape("theta0", vec![2], vec![1]));
    assert_eq!(fails(arr1(&[0.0; 2]), Array2::zeros((4, 3))), shape("gradients", vec![4, 2], vec![4, 3]));
    let error = fails(arr1(&[0.0; 2]), arr2(&[[0.0, 1.0], [2.0, f64::INFINITY]]));
    assert_eq!(error, Error::NonFinite { quantity: "gradients", index: 3, value: f64::INFINITY });
}

#[test]
fn restoring_a_state_that_does_not_fit() {
    let mut adam = Adam::default().build::<f64>(ParameterLayout::flat(2).unwrap()).unwrap();
    let mut fails = |arrays: &[(&str, &[f64])]| {
        let mut state = State::new(5);
        for (name, values) in arrays {
            state.put(*name, &Array1::from(values.to_vec()));
        }
        adam.restore(&state).unwrap_err().to_string()
    };
    assert_eq!(
        fails(&[("momentum", &[1.0, 2.0])]),
        "unknown array wanted of a saved state 'second_moment'; known: only momentum"
    );
    let (f, m) = (("second_moment", &[1.0, 2.0][..]), ("momentum", &[1.0, 2.0][..]));
    assert_eq!(
        fails(&[f, m, ("v", &[1.0])]),
        "unknown array of a saved state 'v'; known: momentum, second_moment"
    );
    assert_eq!(fails(&[f, ("momentum", &[1.0])]), "saved state has shape [1]; expected [2]");
    assert_eq!(fails(&[("second_moment", &[0.0, -1.0]), m]), "saved state[1] = -1; it must be at least 0");
    assert_eq!(adam.steps(), 0);
}
