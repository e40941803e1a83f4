//! Training against the loop written out, bit by bit.

use natgrad::fisher::{Exact, ImplicitForm};
use natgrad::likelihood::{Bernoulli, Likelihood};
use natgrad::model::Activation;
use natgrad::optimizer::{
    AdamW, Batches, Method, Minibatch, NaturalGradient, Optimizer, Sgd, State, Training,
};
use natgrad::solver::ConjugateGradient;
use natgrad::{Error, Labels, Network};
use ndarray::{Array1, Array2, Axis};
use std::sync::Arc;

fn problem() -> (Network<f64>, Array2<f64>, Labels<f64>) {
    let x = Array2::from_shape_fn((13, 3), |(n, d)| ((n * 5 + d * 7) % 11) as f64 / 5.0 - 1.0);
    let y = Array2::from_shape_fn((13, 1), |(n, _)| f64::from(x[[n, 0]] + x[[n, 2]] > 0.0));
    (Network::random(&[3, 5, 1], Activation::Tanh, 1).unwrap(), x, Labels::new(y).unwrap())
}

#[test]
fn an_epoch_is_every_datum_once_in_an_order_of_its_own() {
    let batches = Batches::new(4, 9).unwrap();
    let epochs: Vec<Vec<Vec<usize>>> = (0..5).map(|epoch| batches.epoch(13, epoch)).collect();
    for epoch in &epochs {
        assert_eq!(epoch.iter().map(Vec::len).collect::<Vec<_>>(), [4, 4, 4, 1]);
        let mut rows = epoch.concat();
        rows.sort_unstable();
        assert_eq!(rows, (0..13).collect::<Vec<_>>());
    }
    assert!((1..5).all(|e| epochs[e] != epochs[0]));
    assert_eq!(batches.epoch(13, 3), epochs[3]);
    assert_ne!(Batches::new(4, 10).unwrap().epoch(13, 0), epochs[0]);
    assert!(matches!(Batches::new(0, 1).unwrap_err(), Error::Setting { option: "batch", .. }));
}

#[test]
fn a_place_in_the_order_is_uniform() {
    // Where datum 3 of 5 comes, over 1000 epochs: χ² with 4 degrees of freedom, 0.999 quantile 18.5.
    let batches = Batches::new(5, 0).unwrap();
    let mut counts = [0.0f64; 5];
    for epoch in 0..1000 {
        let order = batches.epoch(5, epoch).concat();
        counts[order.iter().position(|row| *row == 3).unwrap()] += 1.0;
    }
    let statistic: f64 = counts.iter().map(|count| (count - 200.0).powi(2) / 200.0).sum();
    assert!(statistic < 18.5, "{counts:?}");
}

#[test]
fn training_is_the_loop_written_out() {
    let (network, x, y) = problem();
    let batches = Batches::new(4, 2).unwrap();
    let adamw = AdamW { learning_rate: 0.02, ..AdamW::default() };
    let mut by_hand = adamw.build::<f64>(network.layout().clone()).unwrap();
    let mut method: Box<dyn Optimizer<f64>> = Box::new(adamw.build(network.layout().clone()).unwrap());
    let mut training =
        Training::new(network.clone(), Arc::new(Bernoulli), x.clone(), y.clone(), batches).unwrap();
    let mut theta = network.parameters();
    for epoch in 0..3 {
        for rows in batches.epoch(13, epoch) {
            let labels = Labels::new(y.values().select(Axis(0), &rows)).unwrap();
            let here = network.with_parameters(theta.view()).unwrap();
            let lin = here.linearize(&Bernoulli, &x.select(Axis(0), &rows), &labels).unwrap();
            by_hand.step(&mut theta, lin.gradient().view()).unwrap();
            let step = training.step(&mut method).unwrap();
            assert_eq!((step.loss, step.data), (lin.loss(), rows.len()));
            assert_eq!(training.network().parameters(), theta);
        }
        assert_eq!((training.epochs(), training.steps()), (epoch + 1, 4 * (epoch + 1)));
    }
}

#[test]
fn a_natural_gradient_is_a_method_too() {
    let (network, x, y) = problem();
    let stages = NaturalGradient {
        estimator: Exact,
        representation: ImplicitForm,
        solver: ConjugateGradient::damped(0.01),
        learning_rate: 0.5,
        divergence_limit: Some(0.1),
    };
    let lin = network.linearize(&Bernoulli, &x, &y).unwrap();
    let (mut direct, mut by_trait) = (network.parameters(), network.parameters());
    stages.step(&mut direct, &lin).unwrap();
    let mut method = stages.method();
    let (likelihood, ids): (Arc<dyn Likelihood<f64>>, Vec<u64>) = (Arc::new(Bernoulli), (0..13).collect());
    let batch = Minibatch::new(&network, &likelihood, &x, &y, &ids).unwrap();
    method.step(&mut by_trait, &batch).unwrap();
    assert_eq!(direct, by_trait);
    let mut training =
        Training::new(network.clone(), Arc::new(Bernoulli), x, y, Batches::new(13, 0).unwrap()).unwrap();
    let before = lin.loss();
    for _ in 0..20 {
        training.step(&mut method).unwrap();
    }
    let after = training.network().loss(&Bernoulli, training.inputs(), training.labels()).unwrap();
    assert!(after < 0.1 * before, "{before} → {after}");
}

#[test]
fn a_step_that_fails_leaves_the_network() {
    let (network, x, y) = problem();
    let sgd = Sgd { learning_rate: 1e308, ..Sgd::default() };
    let mut method: Box<dyn Optimizer<f64>> = Box::new(sgd.build(network.layout().clone()).unwrap());
    let batches = Batches::new(5, 0).unwrap();
    let mut training = Training::new(network, Arc::new(Bernoulli), x.clone(), y.clone(), batches).unwrap();
    let mut last = training.network().clone();
    let error = loop {
        match training.step(&mut method) {
            Ok(_) => last = training.network().clone(),
            Err(error) => break error,
        }
        assert!(training.steps() < 100, "it never fails");
    };
    assert!(matches!(error, Error::NonFinite { .. }), "{error}");
    assert_eq!(training.network(), &last);
    let few = Labels::new(y.values().slice(ndarray::s![..5, ..]).to_owned()).unwrap();
    assert!(Training::new(last, Arc::new(Bernoulli), x, few, batches).is_err());
}

/// A method whose iterates live on the sphere of radius 1: θ₀ is put there before the first batch, once, and not when a run goes on.
#[test]
fn the_start_is_prepared_once() {
    #[derive(Debug)]
    struct OnASphere;
    impl Method<f64> for OnASphere {
        fn prepare(&self, theta: &mut Array1<f64>) -> natgrad::Result<()> {
            let length = theta.dot(theta).sqrt();
            theta.mapv_inplace(|x| x / length);
            Ok(())
        }
        fn step(&mut self, theta: &mut Array1<f64>, batch: &Minibatch<'_, f64>) -> natgrad::Result<()> {
            theta.scaled_add(-0.1, batch.gradient());
            Ok(())
        }
        fn steps(&self) -> u64 {
            0
        }
        fn learning_rate(&self) -> f64 {
            0.1
        }
        fn set_learning_rate(&mut self, _: f64) -> natgrad::Result<()> {
            Ok(())
        }
        fn state(&self) -> State {
            State::new(0)
        }
        fn restore(&mut self, _: &State) -> natgrad::Result<()> {
            Ok(())
        }
    }
    let (network, x, y) = problem();
    let batches = Batches::new(13, 2).unwrap();
    let start = |network, steps| {
        Training::resume(network, Arc::new(Bernoulli), x.clone(), y.clone(), batches, steps).unwrap()
    };
    let theta = network.parameters();
    let unit = &theta / theta.dot(&theta).sqrt();
    let mut told = start(network.clone(), 0);
    told.prepare(&OnASphere).unwrap();
    assert_eq!(told.network().parameters(), unit);
    told.prepare(&OnASphere).unwrap();
    assert_eq!(told.network().parameters(), unit);
    let mut by_itself = start(network.clone(), 0);
    let first = by_itself.step(&mut OnASphere).unwrap();
    assert_eq!(first, told.step(&mut OnASphere).unwrap());
    assert_eq!(by_itself.network(), told.network());
    let at_unit = network.with_parameters(unit.view()).unwrap();
    assert!((first.loss - at_unit.loss(&Bernoulli, &x, &y).unwrap()).abs() < 1e-15);
    // Later iterates are the method's own.
    let mut later = start(network.clone(), 1);
    later.prepare(&OnASphere).unwrap();
    assert_eq!(later.network(), &network);
}

/// A method that stays where it is and remembers which data it was shown.
#[derive(Debug, Default)]
struct Witness {
    shown: Vec<Vec<u64>>,
}

impl Method<f64> for Witness {
    fn step(&mut self, _: &mut Array1<f64>, batch: &Minibatch<'_, f64>) -> natgrad::Result<()> {
        self.shown.push(batch.linearization().ids().to_vec());
        Ok(())
    }
    fn steps(&self) -> u64 {
        self.shown.len() as u64
    }
    fn learning_rate(&self) -> f64 {
        0.0
    }
    fn set_learning_rate(&mut self, _: f64) -> natgrad::Result<()> {
        Ok(())
    }
    fn state(&self) -> State {
        State::new(self.steps())
    }
    fn restore(&mut self, _: &State) -> natgrad::Result<()> {
        Ok(())
    }
}

#[test]
fn data_keep_their_identity_in_every_batch_also_of_a_run_that_goes_on() {
    let (network, x, y) = problem();
    let batches = Batches::new(4, 6).unwrap();
    let expected: Vec<Vec<u64>> = (0..3)
        .flat_map(|epoch| batches.epoch(13, epoch))
        .map(|rows| rows.into_iter().map(|row| row as u64).collect())
        .collect();
    for begun in [0, 1, 3, 4, 5, 8, 11] {
        let likelihood = Arc::new(Bernoulli);
        let mut training =
            Training::resume(network.clone(), likelihood, x.clone(), y.clone(), batches, begun).unwrap();
        let mut witness = Witness::default();
        for step in begun..12 {
            training.step(&mut witness).unwrap();
            assert_eq!((training.steps(), training.epochs()), (step + 1, (step + 1) / 4));
        }
        assert_eq!(witness.shown, expected[begun as usize..], "after {begun} steps");
    }
}
