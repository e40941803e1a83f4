//! What holds for every method that works axis by axis: Shampoo, SOAP, IF-Shampoo.

use super::tensors::{gradients, layout, one};
use natgrad::ndarray::Array1;
use natgrad::optimizer::{
    Accumulation, Graft, InverseFreeShampoo, LongAxis, OneDimensional, Optimizer, OptimizerConfig, Shampoo,
    ShampooMomentum, Soap,
};
use natgrad::{Error, ParameterLayout, Scalar};

type Build<T> = Box<dyn Fn(ParameterLayout) -> Box<dyn Optimizer<T>>>;

fn every<T: Scalar>() -> Vec<(&'static str, Build<T>)> {
    let shampoo = Shampoo { learning_rate: 0.1, ..Shampoo::default() };
    let all = Shampoo {
        momentum: 0.9,
        momentum_of: ShampooMomentum::Direction,
        graft: Graft::Adagrad,
        accumulation: Accumulation::Average,
        max_precond_dim: 4,
        interval: 3,
        weight_decay: 0.1,
        ..shampoo
    };
    let identity = Shampoo { long_axis: LongAxis::Identity, momentum_of: ShampooMomentum::Feedback, ..all };
    let soap = Soap { interval: 2, one_dimensional: OneDimensional::Preconditioned, ..Soap::default() };
    let free = InverseFreeShampoo { beta2: 0.1, ..InverseFreeShampoo::default() };
    vec![
        ("shampoo", Box::new(move |layout| Box::new(shampoo.build::<T>(layout).unwrap()))),
        ("shampoo, all", Box::new(move |layout| Box::new(all.build::<T>(layout).unwrap()))),
        ("shampoo, identity", Box::new(move |layout| Box::new(identity.build::<T>(layout).unwrap()))),
        ("soap", Box::new(move |layout| Box::new(soap.build::<T>(layout).unwrap()))),
        (
            "soap, short",
            Box::new(move |layout| Box::new(Soap { max_precond_dim: 4, ..soap }.build::<T>(layout).unwrap())),
        ),
        ("inverse-free", Box::new(move |layout| Box::new(free.build::<T>(layout).unwrap()))),
        (
            "inverse-free, interval",
            Box::new(move |layout| {
                let settings = InverseFreeShampoo { interval: 3, alpha1: 0.0, ..free };
                Box::new(settings.build::<T>(layout).unwrap())
            }),
        ),
    ]
}

fn row<T: Scalar>(x: &[f64]) -> Array1<T> {
    x.iter().map(|&x| T::of(x)).collect()
}

fn bits<T: Scalar>(optimizer: &dyn Optimizer<T>, theta: &Array1<T>) -> Vec<u64> {
    let state = optimizer.state();
    let numbers = state.arrays().flat_map(|(_, x)| x.iter().copied()).chain(theta.iter().map(|v| v.as_f64()));
    numbers.map(f64::to_bits).chain([optimizer.steps()]).collect()
}

fn a_restored_run_goes_on_bit_identically<T: Scalar>() {
    let stream = gradients(1, layout().dim(), 11);
    for (name, build) in every::<T>() {
        for pause in 0..8 {
            let mut optimizer = build(layout());
            let mut theta = row(&gradients(2, layout().dim(), 1)[0]);
            let mut other = build(layout());
            let mut other_theta = theta.clone();
            for (t, g) in stream.iter().enumerate() {
                if t == pause {
                    // A used one: nothing of its own past may stay.
                    other = build(layout());
                    for g in &stream[7..] {
                        other.step(&mut theta.clone(), row(g).view()).unwrap();
                    }
                    other.restore(&optimizer.state()).unwrap();
                    other_theta.assign(&theta);
                }
                optimizer.step(&mut theta, row(g).view()).unwrap();
                if t >= pause {
                    other.step(&mut other_theta, row(g).view()).unwrap();
                }
            }
            assert_eq!(bits(&*optimizer, &theta), bits(&*other, &other_theta), "{name}, paused at {pause}");
        }
    }
}

fn zero_gradients_move_nothing_but_the_decay<T: Scalar>() {
    for (name, build) in every::<T>() {
        let mut optimizer = build(layout());
        let mut theta = Array1::from_elem(layout().dim(), T::zero());
        for _ in 0..5 {
            optimizer.step(&mut theta, Array1::zeros(layout().dim()).view()).unwrap();
        }
        assert!(theta.iter().all(|x| x.is_zero()), "{name}");
        let mut gradient = Array1::zeros(layout().dim());
        gradient[4] = T::one();
        for _ in 0..5 {
            optimizer.step(&mut theta, gradient.view()).unwrap();
        }
        // Only the entry that has a gradient moves, and against it.
        assert!(theta[4] < T::zero(), "{name}");
        let largest = theta
            .iter()
            .enumerate()
            .filter(|(i, _)| *i != 4)
            .fold(0.0, |m: f64, (_, x)| m.max(x.as_f64().abs()));
        assert!(largest < 1e-6, "{name}: {largest:e}");
    }
}

fn shapes_at_the_edge<T: Scalar>() {
    let edge = ParameterLayout::new([
        ("empty", vec![0, 3]),
        ("scalar", vec![]),
        ("row", vec![1, 5]),
        ("column", vec![5, 1]),
        ("ones", vec![1, 1, 1]),
    ]);
    let edge = edge.unwrap();
    for (name, build) in every::<T>() {
        let mut optimizer = build(edge.clone());
        let mut theta = Array1::zeros(edge.dim());
        for g in gradients(3, edge.dim(), 7) {
            optimizer.step(&mut theta, row(&g).view()).unwrap();
        }
        assert!(theta.iter().all(|x| x.is_finite() && !x.is_zero()), "{name}: {theta}");
        let state = optimizer.state();
        build(edge.clone()).restore(&state).unwrap();
        // A tensor does not know of its neighbours.
        let mut alone = build(one(&[1, 5]));
        let mut own = Array1::zeros(5);
        for g in gradients(3, edge.dim(), 7) {
            alone.step(&mut own, row(&g[1..6]).view()).unwrap();
        }
        assert_eq!(theta.to_vec()[1..6], own.to_vec(), "{name}");
    }
}

on_both!(
    a_restored_run_goes_on_bit_identically,
    zero_gradients_move_nothing_but_the_decay,
    shapes_at_the_edge
);

#[test]
fn a_step_that_fails_changes_nothing() {
    for (name, build) in every::<f64>() {
        let mut optimizer = build(one(&[3, 2]));
        let mut theta = Array1::zeros(6);
        for g in gradients(4, 6, 3) {
            optimizer.step(&mut theta, Array1::from(g).view()).unwrap();
        }
        let before = bits(&*optimizer, &theta);
        let error = optimizer.step(&mut theta, Array1::from_elem(6, 1e200).view()).unwrap_err();
        assert!(matches!(error, Error::NonFinite { .. }), "{name}: {error}");
        assert_eq!(bits(&*optimizer, &theta), before, "{name}");
        let wrong = build(one(&[2, 3])).state();
        let error = optimizer.restore(&wrong).unwrap_err();
        assert!(matches!(error, Error::Shape { .. }), "{name}: {error}");
        assert_eq!(bits(&*optimizer, &theta), before, "{name}");
    }
}

#[test]
fn settings_outside_their_domain_are_refused() {
    for (toml, option) in [
        ("optimizer = \"shampoo\"\nlr = -1.0", "lr"),
        ("optimizer = \"shampoo\"\nepsilon = -1e-9", "epsilon"),
        ("optimizer = \"shampoo\"\nmomentum = 1.0", "momentum"),
        ("optimizer = \"shampoo\"\nbeta2 = 1.0", "beta2"),
        ("optimizer = \"shampoo\"\ninterval = 0", "interval"),
        ("optimizer = \"shampoo\"\nweight_decay = -0.1", "weight_decay"),
        ("optimizer = \"shampoo\"\ngraft_epsilon = -0.1", "graft_epsilon"),
        ("optimizer = \"soap\"\nbeta1 = -0.1", "beta1"),
        ("optimizer = \"soap\"\nshampoo_beta = 1.0", "shampoo_beta"),
        ("optimizer = \"soap\"\ninterval = 0", "interval"),
        ("optimizer = \"soap\"\nnormalize_epsilon = -1.0", "normalize_epsilon"),
        ("optimizer = \"inverse-free-shampoo\"\nbatch = 0", "batch"),
        ("optimizer = \"inverse-free-shampoo\"\ninterval = 0", "interval"),
        ("optimizer = \"inverse-free-shampoo\"\ndamping = -1.0", "damping"),
        ("optimizer = \"inverse-free-shampoo\"\nbeta2 = 1.0", "beta2"),
        ("optimizer = \"inverse-free-shampoo\"\nalpha1 = 1.0", "alpha1"),
        ("optimizer = \"inverse-free-shampoo\"\nalpha2 = -0.5", "alpha2"),
    ] {
        let config = OptimizerConfig::from_toml(toml).unwrap();
        let error = config.optimizer::<f64>(layout()).map(|_| ()).unwrap_err();
        assert!(matches!(error, Error::Setting { option: found, .. } if found == option), "{toml}: {error}");
        assert_eq!(OptimizerConfig::from_toml(&config.to_toml()).unwrap(), config);
    }
    assert!(OptimizerConfig::from_toml("optimizer = \"shampoo\"\nexponent = \"half\"").is_err());
}
