//! The reference models, and the cases of the golden file.

use super::support::Problem;
use natgrad::model::Activation;
use natgrad::ndarray::{Array1, Array2, array};

/// The four data of all M models.
fn shared_inputs() -> Array2<f64> {
    array![[1.0, 0.5], [-0.5, 1.0], [0.25, -1.5], [2.0, -0.25]]
}

/// The reference models M1 to M5, whose values a numpy program apart from the library printed.
pub fn reference(name: &str) -> Problem {
    let problem = |likelihood: &str, widths: &[usize], bias: bool, theta: &[f64], y: Array2<f64>| Problem {
        likelihood: likelihood.to_owned(),
        activation: if name == "M2" { Activation::Tanh } else { Activation::Identity },
        widths: widths.to_vec(),
        bias: vec![bias; widths.len() - 1],
        theta: Array1::from(theta.to_vec()),
        x: shared_inputs(),
        y,
    };
    let classes = array![[0.0], [2.0], [1.0], [0.0]];
    let w1 = [0.5, -0.3, 0.1, 0.8, -0.6, 0.2];
    match name {
        "M1" => problem("categorical", &[2, 3], false, &[0.2, -0.1, 0.0, 0.3, -0.4, 0.5], classes),
        "M2" => {
            let rest = [0.1, -0.2, 0.05, 0.7, -0.4, 0.2, -0.1, 0.6, -0.5, 0.3, 0.05, -0.9, 0.0, 0.15, -0.1];
            problem("categorical", &[2, 3, 3], true, &[&w1[..], &rest[..]].concat(), classes)
        }
        "M3" => problem("bernoulli", &[2, 1], true, &[0.3, -0.7, 0.2], array![[1.0], [0.0], [0.0], [1.0]]),
        "M4" => {
            let w2 = [0.7, -0.4, 0.2, -0.1, 0.6, -0.5];
            // The Fisher of a Gaussian does not look at the labels; none were printed.
            problem("gaussian:1", &[2, 3, 2], false, &[&w1[..], &w2[..]].concat(), Array2::zeros((4, 2)))
        }
        "M5" => problem("poisson", &[2, 1], true, &[0.3, -0.7, 0.2], array![[2.0], [0.0], [5.0], [1.0]]),
        other => panic!("no model {other}"),
    }
}

/// One case of `tests/golden/fisher.json`.
pub struct Golden {
    pub problem: Problem,
    pub json: serde_json::Value,
}

impl Golden {
    pub fn name(&self) -> &str {
        self.json["name"].as_str().unwrap()
    }

    /// A list of numbers of any nesting, flat; `path` is a key, or a pair joined by `/`.
    pub fn numbers(&self, path: &str) -> Vec<f64> {
        let value = self.json.pointer(&format!("/{path}")).unwrap_or_else(|| panic!("no {path}"));
        flat(value)
    }

    pub fn number(&self, path: &str) -> f64 {
        let numbers = self.numbers(path);
        assert_eq!(numbers.len(), 1);
        numbers[0]
    }

    /// A symmetric matrix stored by its row-major upper triangle.
    pub fn symmetric(&self, path: &str) -> Array2<f64> {
        from_upper(self.problem.dim(), &self.numbers(path))
    }
}

/// A symmetric matrix from its row-major upper triangle.
pub fn from_upper(order: usize, upper: &[f64]) -> Array2<f64> {
    assert_eq!(upper.len(), order * (order + 1) / 2);
    let mut matrix = Array2::zeros((order, order));
    let mut values = upper.iter();
    for i in 0..order {
        for j in i..order {
            matrix[[i, j]] = *values.next().unwrap();
            matrix[[j, i]] = matrix[[i, j]];
        }
    }
    matrix
}

fn flat(value: &serde_json::Value) -> Vec<f64> {
    match value {
        serde_json::Value::Array(list) => list.iter().flat_map(flat).collect(),
        number => vec![number.as_f64().unwrap()],
    }
}

/// All cases of `tests/golden/fisher.json`.
pub fn golden_cases() -> Vec<Golden> {
    let file: serde_json::Value = serde_json::from_str(include_str!("../golden/fisher.json")).unwrap();
    let cases = file["cases"].as_array().unwrap().iter().map(|json| {
        let list = |key: &str| flat(&json[key]);
        let widths: Vec<usize> = list("widths").iter().map(|w| *w as usize).collect();
        let bias = json["bias"].as_array().unwrap().iter().map(|b| b.as_bool().unwrap()).collect();
        let data = json["n"].as_u64().unwrap() as usize;
        let matrix = |key: &str| {
            let flat = list(key);
            Array2::from_shape_vec((data, flat.len() / data), flat).unwrap()
        };
        let problem = Problem {
            likelihood: json["likelihood"].as_str().unwrap().to_owned(),
            activation: json["activation"].as_str().unwrap().parse().unwrap(),
            widths,
            bias,
            theta: Array1::from(list("theta")),
            x: matrix("x"),
            y: matrix("y"),
        };
        assert_eq!(problem.dim(), json["params"].as_u64().unwrap() as usize);
        Golden { problem, json: json.clone() }
    });
    cases.collect()
}

/// One case by name.
pub fn golden(name: &str) -> Golden {
    golden_cases().into_iter().find(|case| case.name() == name).unwrap()
}
