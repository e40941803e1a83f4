//! Trajectories recorded from PyTorch, `pytorch_optimizer` and Optax (`tests/golden/diagonal.py`).

use crate::support::distance;
use natgrad::ParameterLayout;
use natgrad::ndarray::{Array1, Array2};
use natgrad::optimizer::{OptimizerConfig, replay};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Record {
    theta0: Vec<f64>,
    gradients: Vec<Vec<f64>>,
    trajectories: BTreeMap<String, Trajectory>,
}

#[derive(Deserialize)]
struct Trajectory {
    config: String,
    theta: BTreeMap<usize, Vec<f64>>,
}

/// Replays every trajectory of a package; how many there were, and the worst distance relative to the largest parameter.
fn worst(package: &str) -> (usize, f64) {
    let record: Record = serde_json::from_str(include_str!("../golden/diagonal.json")).unwrap();
    let dim = record.theta0.len();
    let gradients = Array2::from_shape_vec((record.gradients.len(), dim), record.gradients.concat()).unwrap();
    let shapes = [("w", vec![7, 3]), ("b", vec![5]), ("scale", vec![]), ("kernel", vec![5, 2, 3])];
    let layout = ParameterLayout::new(shapes).unwrap();
    let (mut count, mut largest) = (0, 0.0f64);
    for (name, trajectory) in &record.trajectories {
        if !name.starts_with(&format!("{package} ")) {
            continue;
        }
        let config = OptimizerConfig::from_toml(&trajectory.config).unwrap();
        let mut optimizer = config.optimizer::<f64>(layout.clone()).unwrap();
        let path = replay(optimizer.as_mut(), Array1::from(record.theta0.clone()), gradients.view()).unwrap();
        assert_eq!(trajectory.theta.len(), 5);
        for (&step, theta) in &trajectory.theta {
            let size = theta.iter().fold(1.0f64, |largest, x| largest.max(x.abs()));
            let found = distance(path.row(step).as_slice().unwrap(), theta) / size;
            assert!(found < 1e-10, "{name}, step {step}: off by {found:e}");
            largest = largest.max(found);
        }
        count += 1;
    }
    (count, largest)
}

#[test]
fn torch() {
    let (count, largest) = worst("torch");
    assert_eq!(count, 10);
    assert!(largest < 1e-13, "{largest:e}");
}

#[test]
fn pytorch_optimizer() {
    let (count, largest) = worst("pytorch_optimizer");
    assert_eq!(count, 6);
    assert!(largest < 1e-13, "{largest:e}");
}

#[test]
fn optax() {
    let (count, largest) = worst("optax");
    assert_eq!(count, 5);
    assert!(largest < 1e-13, "{largest:e}");
}
