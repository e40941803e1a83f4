//! The command line as its users meet it: a process, its exit code, its two streams, and its files.

#![allow(clippy::float_cmp, reason = "files come back exactly")]

mod checkpoints;
mod comparing;
mod estimating;
mod forms;
mod examples;
mod refusals;
mod replaying;
mod surroundings;
mod training;
mod verify;

use natgrad::data::{Npz, NpzWriter};
use natgrad::ndarray::{Array1, Array2, array};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A directory of its own, in which the program runs.
pub struct Place {
    directory: tempfile::TempDir,
}

/// How a run ended.
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Place {
    pub fn new() -> Self {
        Place { directory: tempfile::tempdir().expect("a temporary directory") }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_natgrad"));
        command.args(line.split_whitespace()).current_dir(self.directory.path());
        command
    }

    /// Runs a command line without quotes.
    pub fn run(&self, line: &str) -> Run {
        let Output { status, stdout, stderr } = self.command(line).output().expect("the program starts");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Run { code: status.code().expect("no signal"), out: text(stdout), err: text(stderr) }
    }

    /// Runs what must succeed without a word on standard error.
    pub fn succeed(&self, line: &str) -> String {
        let run = self.run(line);
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{line}");
        run.out
    }

    /// Runs what must be refused in exactly this line.
    pub fn refuse(&self, line: &str, told: &str) {
        let run = self.run(line);
        assert_eq!(run.err, format!("{told}\n"), "{line}");
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{line}");
    }

    pub fn npz(&self, name: &str) -> Npz {
        Npz::open(self.path(name)).expect("an archive")
    }

    pub fn scalar(&self, file: &str, name: &str) -> f64 {
        let array = self.npz(file).array::<f64>(name).expect("a number");
        assert!(array.shape().is_empty(), "{name} has shape {:?}", array.shape());
        array.sum()
    }

    pub fn vector(&self, file: &str, name: &str) -> Array1<f64> {
        self.npz(file).array1(name).expect("a vector")
    }

    pub fn matrix(&self, file: &str, name: &str) -> Array2<f64> {
        self.npz(file).array2(name).expect("a matrix")
    }

    pub fn json(&self, name: &str) -> Value {
        serde_json::from_str(&std::fs::read_to_string(self.path(name)).expect("a file")).expect("JSON")
    }
}

/// M2: 2-3-3 tanh network on four data, in single or double precision.
pub fn m2() -> NpzWriter {
    let mut npz = m2_without_labels();
    npz.integers("y", &array![0i64, 2, 1, 0]).expect("an array");
    npz
}

pub fn m2_without_labels() -> NpzWriter {
    let mut npz = NpzWriter::new();
    npz.array("x", &array![[1.0, 0.5], [-0.5, 1.0], [0.25, -1.5], [2.0, -0.25]])
        .and_then(|npz| npz.array("w0", &array![[0.5, -0.3], [0.1, 0.8], [-0.6, 0.2]]))
        .and_then(|npz| npz.array("b0", &array![0.1, -0.2, 0.05]))
        .and_then(|npz| npz.array("w1", &array![[0.7, -0.4, 0.2], [-0.1, 0.6, -0.5], [0.3, 0.05, -0.9]]))
        .and_then(|npz| npz.array("b1", &array![0.0, 0.15, -0.1]))
        .expect("arrays");
    npz
}

/// A place with `m2.npz` in it.
pub fn with_m2() -> Place {
    let place = Place::new();
    m2().write(place.path("m2.npz")).expect("a file");
    place
}

/// The cases of `tests/golden/fisher.json`.
pub fn golden_cases() -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/fisher.json");
    let all: Value =
        serde_json::from_str(&std::fs::read_to_string(path).expect("the golden file")).expect("JSON");
    all["cases"].as_array().expect("cases").clone()
}

pub fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(entries) => entries.iter().flat_map(numbers).collect(),
        other => vec![other.as_f64().expect("a number")],
    }
}

/// Largest absolute difference below the tolerance.
pub fn close<'a>(found: impl IntoIterator<Item = &'a f64>, expected: &[f64], tolerance: f64, what: &str) {
    let found: Vec<f64> = found.into_iter().copied().collect();
    let distance = crate::support::distance(&found, expected);
    assert!(distance <= tolerance, "{what}: off by {distance:e}");
}
