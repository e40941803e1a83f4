//! Trajectories recorded from PyTorch, from two releases of `pytorch_optimizer` and from NumPy
//! (`tests/golden/optimizers.py`); each names the configuration that must reproduce it.

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

/// Replays every trajectory whose name starts so; returns how many there were and the worst relative distance.
fn worst(prefix: &str) -> (usize, f64) {
    let record: Record = serde_json::from_str(include_str!("../golden/optimizers.json")).unwrap();
    let dim = record.theta0.len();
    let gradients = Array2::from_shape_vec((record.gradients.len(), dim), record.gradients.concat()).unwrap();
    let mut count = 0;
    let mut largest = 0.0f64;
    for (name, trajectory) in record.trajectories.iter().filter(|(name, _)| name.starts_with(prefix)) {
        let layout = ParameterLayout::new([("w0", vec![3, 2]), ("b0", vec![3]), ("scale", vec![1])]).unwrap();
        let mut optimizer =
            OptimizerConfig::from_toml(&trajectory.config).unwrap().optimizer::<f64>(layout).unwrap();
        let path = replay(optimizer.as_mut(), Array1::from(record.theta0.clone()), gradients.view()).unwrap();
        assert_eq!(trajectory.theta.len(), 7);
        for (&step, theta) in &trajectory.theta {
            // Relative to the largest parameter: without a clip, p = 1 drives a silent coordinate to 1e8.
            let largest_theta = theta.iter().fold(1.0f64, |largest, x| largest.max(x.abs()));
            let found = distance(path.row(step).as_slice().unwrap(), theta) / largest_theta;
            assert!(found < 1e-10, "{name}, step {step}: off by {found:e}");
            largest = largest.max(found);
        }
        count += 1;
    }
    (count, largest)
}

#[test]
fn torch_adam_adamw_sgd() {
    let (count, largest) = worst("torch");
    assert_eq!(count, 7);
    assert!(largest < 1e-12, "{largest:e}");
}

#[test]
fn pytorch_optimizer_fadam() {
    assert_eq!(worst("pytorch_optimizer 3.10.0").0, 5);
    assert_eq!(worst("pytorch_optimizer 4.1.0").0, 5);
}

#[test]
fn numpy_fadam_every_switch() {
    let (count, largest) = worst("numpy fadam");
    assert_eq!(count, 67);
    assert!(largest < 1e-12, "{largest:e}");
}
