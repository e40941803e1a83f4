//! K-FAC against trajectories recorded from kfac-jax 0.0.8 (`tests/golden/kfac.py`), of which each names the configuration that must
//! reproduce it; K-FAC and EKFAC against directions of curvlinops 3.0.1 (`tests/golden/kronecker_directions.py`).

use crate::support::distance;
use natgrad::likelihood::{Categorical, Likelihood};
use natgrad::model::Activation;
use natgrad::optimizer::{Method, Minibatch, OptimizerConfig};
use natgrad::{Labels, Network};
use ndarray::{Array1, Array2, Axis};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Deserialize)]
struct Record {
    widths: Vec<usize>,
    x: Vec<Vec<f64>>,
    y: Vec<usize>,
    theta0: Vec<f64>,
    trajectories: BTreeMap<String, Trajectory>,
}

#[derive(Deserialize)]
struct Trajectory {
    config: String,
    minibatch: bool,
    damping: Vec<f64>,
    theta: BTreeMap<usize, Vec<f64>>,
}

#[test]
fn trajectories_of_kfac_jax() {
    let record: Record = serde_json::from_str(include_str!("../golden/kfac.json")).unwrap();
    let x = Array2::from_shape_vec((record.x.len(), record.widths[0]), record.x.concat()).unwrap();
    let likelihood: Arc<dyn Likelihood<f64>> = Arc::new(Categorical);
    let shape = Network::<f64>::random(&record.widths, Activation::Tanh, 0).unwrap();
    assert_eq!(record.trajectories.len(), 6);
    for (name, trajectory) in &record.trajectories {
        let config = OptimizerConfig::from_toml(&trajectory.config).unwrap();
        let mut method: Box<dyn Method<f64>> = config.method(shape.layout().clone()).unwrap();
        let mut theta = Array1::from(record.theta0.clone());
        let mut worst = 0.0f64;
        for step in 1..=24 {
            let rows: Vec<usize> = match (trajectory.minibatch, step % 2) {
                (false, _) => (0..11).collect(),
                (true, 1) => (0..6).collect(),
                (true, _) => (6..11).collect(),
            };
            let labels: Vec<usize> = rows.iter().map(|&row| record.y[row]).collect();
            let (x, y) = (x.select(Axis(0), &rows), Labels::classes(&labels).unwrap());
            let ids: Vec<u64> = rows.iter().map(|&row| row as u64).collect();
            let network = shape.with_parameters(theta.view()).unwrap();
            // λ of the step about to be made, where there is a state to read it from.
            let damping = method.state().get("damping").and_then(|x| x.first().copied()).unwrap();
            let expected = trajectory.damping[step - 1];
            assert!(
                (damping / expected - 1.0).abs() < 1e-12,
                "{name}, step {step}: {damping} for {expected}"
            );
            let batch = Minibatch::new(&network, &likelihood, &x, &y, &ids).unwrap();
            method.step(&mut theta, &batch).unwrap();
            if let Some(expected) = trajectory.theta.get(&step) {
                let found = distance(theta.as_slice().unwrap(), expected);
                worst = worst.max(found);
            }
        }
        assert_eq!(trajectory.theta.len(), 7);
        assert!(worst < 1e-12, "{name}: off by {worst:e}");
    }
}

#[derive(Deserialize)]
struct Directions {
    widths: Vec<usize>,
    x: Vec<Vec<f64>>,
    y: Vec<usize>,
    theta: Vec<f64>,
    damping: f64,
    directions: BTreeMap<String, Vec<f64>>,
}

#[test]
fn directions_of_curvlinops() {
    let record: Directions =
        serde_json::from_str(include_str!("../golden/kronecker_directions.json")).unwrap();
    let theta = Array1::from(record.theta);
    let shape = Network::<f64>::random(&record.widths, Activation::Tanh, 0).unwrap();
    let network = shape.with_parameters(theta.view()).unwrap();
    let x = Array2::from_shape_vec((record.x.len(), record.widths[0]), record.x.concat()).unwrap();
    let likelihood: Arc<dyn Likelihood<f64>> = Arc::new(Categorical);
    let ids: Vec<u64> = (0..x.nrows() as u64).collect();
    let y = Labels::classes(&record.y).unwrap();
    let batch = Minibatch::new(&network, &likelihood, &x, &y, &ids).unwrap();
    assert_eq!(record.directions.len(), 6);
    for (name, expected) in &record.directions {
        let (what, fisher) = name.split_once(", ").unwrap();
        let fisher = if fisher == "type-2" { "exact" } else { fisher };
        let method = match what {
            "kfac factored" => "kfac\"\ndamping_form = \"factored",
            "kfac exact" => "kfac\"\ndamping_form = \"exact",
            _ => "ekfac",
        };
        let damping = record.damping;
        let config = format!(
            "optimizer = \"{method}\"\nfisher = \"{fisher}\"\nlr = 1.0\nkl_clip = inf\ndamping = {damping}"
        );
        let config = OptimizerConfig::from_toml(&config).unwrap();
        let mut method: Box<dyn Method<f64>> = config.method(shape.layout().clone()).unwrap();
        let mut moved = theta.clone();
        method.step(&mut moved, &batch).unwrap();
        let found = &theta - &moved;
        let off = distance(found.as_slice().unwrap(), expected);
        assert!(off < 1e-13, "{name}: off by {off:e}");
    }
}
