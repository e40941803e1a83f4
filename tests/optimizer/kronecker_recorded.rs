//! Shampoo, SOAP and IF-Shampoo as recorded from PyPI packages (`tests/golden/kronecker.py`); each trajectory names the
//! configuration that must reproduce it.

use crate::support::distance;
use natgrad::ParameterLayout;
use natgrad::ndarray::{Array1, Array2};
use natgrad::optimizer::{OptimizerConfig, replay};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct File {
    methods: BTreeMap<String, Record>,
}

#[derive(Deserialize)]
struct Record {
    layout: Vec<(String, Vec<usize>)>,
    theta0: Vec<f64>,
    gradients: Vec<Vec<f64>>,
    trajectories: BTreeMap<String, Trajectory>,
}

#[derive(Deserialize)]
struct Trajectory {
    config: String,
    theta: BTreeMap<usize, Vec<f64>>,
}

/// Replays every trajectory of a method; the number of them, and the worst distance relative to the largest parameter.
fn worst(method: &str) -> (usize, f64) {
    let file: File = serde_json::from_str(include_str!("../golden/kronecker.json")).unwrap();
    let record = &file.methods[method];
    let (steps, dim) = (record.gradients.len(), record.theta0.len());
    let gradients = Array2::from_shape_vec((steps, dim), record.gradients.concat()).unwrap();
    let mut largest = 0.0f64;
    for (name, trajectory) in &record.trajectories {
        let layout = ParameterLayout::new(record.layout.iter().cloned()).unwrap();
        let mut optimizer =
            OptimizerConfig::from_toml(&trajectory.config).unwrap().optimizer::<f64>(layout).unwrap();
        let path = replay(optimizer.as_mut(), Array1::from(record.theta0.clone()), gradients.view()).unwrap();
        assert_eq!((steps, trajectory.theta.len()), (24, 6));
        for (&step, theta) in &trajectory.theta {
            let scale = theta.iter().fold(1.0f64, |largest, x| largest.max(x.abs()));
            let found = distance(path.row(step).as_slice().unwrap(), theta) / scale;
            assert!(found < 1e-10, "{name}, step {step}: off by {found:e}");
            largest = largest.max(found);
        }
    }
    (record.trajectories.len(), largest)
}

#[test]
fn shampoo() {
    let (count, largest) = worst("shampoo");
    assert_eq!(count, 8);
    // 2e-13 with the exponent 1/(2k). The exponent 1/k divides rounding by the root of ε once more: 1e-11.
    assert!(largest < 5e-11, "{largest:e}");
}

#[test]
fn soap() {
    let (count, largest) = worst("soap");
    assert_eq!(count, 6);
    assert!(largest < 1e-14, "{largest:e}");
    let (count, largest) = worst("soap vectors");
    assert_eq!(count, 1);
    assert!(largest < 1e-14, "{largest:e}");
}

#[test]
fn inverse_free_shampoo() {
    let (count, largest) = worst("inverse-free-shampoo");
    assert_eq!(count, 4);
    assert!(largest < 1e-14, "{largest:e}");
}
