use super::run::Point;
use super::{Entrant, Experiment};
use crate::data::Checkpoint;
use crate::optimizer::{Method, State};
use crate::{Error, Result};
use ndarray::{Array1, Array2, arr0};
use std::path::{Path, PathBuf};

/// Where runs are kept, so that they survive the program.
///
/// One [`Checkpoint`] per method and seed, `NAME.seed0.npz`, with θ (`theta`), all that the method remembers
/// (`state/…`) and what was measured (`points`: step, seconds, training loss, held-out loss, and accuracy where there
/// is one); and one per tuned method, `NAME.rates.npz`, with every rate that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    /// The folder, made if it is not there.
    pub directory: PathBuf,
    /// Steps between two checkpoints; one per epoch if none.
    pub every: Option<u64>,
    /// Whether what is there is gone on with; otherwise it is in the way.
    pub resume: bool,
}

impl Store {
    /// The checkpoint of one run.
    pub fn run(&self, entrant: &Entrant, seed: u64) -> PathBuf {
        self.directory.join(format!("{}.seed{seed}.npz", entrant.name))
    }

    /// The checkpoint of one search for a learning rate.
    pub fn rates(&self, entrant: &Entrant) -> PathBuf {
        self.directory.join(format!("{}.rates.npz", entrant.name))
    }

    /// What is there, if it is to be gone on with.
    ///
    /// # Errors
    /// [`Error::File`] if it is in the way, damaged, or of other settings than `wanted`.
    pub(super) fn read(&self, path: &Path, wanted: &Checkpoint) -> Result<Option<Checkpoint>> {
        if !occupied(path) {
            return Ok(None);
        }
        self.refuse_in_the_way(path)?;
        let found = Checkpoint::read(path)?;
        found.belongs_to(wanted, path)?;
        Ok(Some(found))
    }

    pub(super) fn refuse_in_the_way(&self, path: &Path) -> Result<()> {
        if self.resume || !occupied(path) {
            return Ok(());
        }
        let problem = "holds an earlier run; resume it, or choose another folder".to_owned();
        Err(Error::File { path: path.into(), problem })
    }

    pub(super) fn make(&self) -> Result<()> {
        std::fs::create_dir_all(&self.directory).map_err(|error| Error::File {
            path: self.directory.clone(),
            problem: format!("cannot be made: {error}"),
        })
    }
}

/// Whether there is a file with anything in it.
fn occupied(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| metadata.len() > 0)
}

/// The settings that decide every number of a run but for the seed.
pub(super) fn settings(experiment: &Experiment, entrant: &Entrant, kind: &str) -> Result<Checkpoint> {
    let Experiment { task, shape, plan, .. } = experiment;
    let mut settings: Vec<(String, String)> = [
        ("kind", kind.to_owned()),
        ("task", task.describe()),
        ("data", task.digest()),
        ("network", shape.describe(task.inputs(), task.outputs)?),
        ("batch", plan.batch.to_string()),
        ("logits", entrant.logits.to_string()),
        ("backend", crate::backend_name().to_owned()),
    ]
    .map(|(name, text)| (name.to_owned(), text))
    .into();
    let options: toml::Table = entrant.config.to_toml().parse().unwrap_or_default();
    settings.extend(options.into_iter().map(|(name, value)| match name.as_str() {
        "optimizer" => (name, entrant.config.name().to_owned()),
        _ => (format!("optimizer.{name}"), value.to_string()),
    }));
    Ok(Checkpoint::new(settings))
}

/// A run between two steps, as a checkpoint holds it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Snapshot {
    pub(super) theta: Array1<f64>,
    pub(super) state: State,
    pub(super) logits: State,
    pub(super) steps: u64,
    pub(super) seconds: f64,
    pub(super) points: Vec<Point>,
    pub(super) diverged: Option<String>,
}

impl Snapshot {
    pub(super) fn write(&self, path: &Path, settings: &Checkpoint, entrant: &Entrant) -> Result<()> {
        let mut checkpoint = settings.clone();
        checkpoint
            .set_status("program", concat!("natgrad ", env!("CARGO_PKG_VERSION")))
            .set_status("config", entrant.config.to_toml())
            .set_status("steps", self.steps.to_string())
            .set_status("steps of the method", self.state.steps().to_string());
        if let Some(why) = &self.diverged {
            checkpoint.set_status("diverged", why);
        }
        checkpoint.put("theta", &self.theta).put("seconds", &arr0(self.seconds));
        checkpoint.put("points", &table(&self.points));
        for (name, array) in self.state.arrays() {
            checkpoint.put(format!("state/{name}"), array);
        }
        for (name, array) in self.logits.arrays() {
            checkpoint.put(format!("logits/{name}"), array);
        }
        checkpoint.write(path)
    }

    /// # Errors
    /// Where a checkpoint that its digest confirms is still no run: written by another program.
    pub(super) fn read(checkpoint: &Checkpoint, path: &Path) -> Result<Self> {
        let broken = |what: &str| Error::File { path: path.into(), problem: format!("is no run: {what}") };
        let count = |name: &str| -> Result<u64> {
            let text = checkpoint.status(name).and_then(|text| text.parse().ok());
            text.ok_or_else(|| broken(&format!("its status '{name}' is no number")))
        };
        let array =
            |name: &str| checkpoint.array(name).ok_or_else(|| broken(&format!("it has no array '{name}'")));
        let theta = array("theta")?.clone().into_dimensionality();
        let points = array("points")?.clone().into_dimensionality::<ndarray::Ix2>();
        let points = points.ok().and_then(|table| rows(&table));
        let mut state = State::new(count("steps of the method")?);
        let mut logits = State::default();
        for (name, array) in checkpoint.arrays() {
            if let Some(name) = name.strip_prefix("state/") {
                state.put(name, array);
            } else if let Some(name) = name.strip_prefix("logits/") {
                logits.put(name, array);
            }
        }
        Ok(Snapshot {
            theta: theta.map_err(|_| broken("theta is no vector"))?,
            state,
            logits,
            steps: count("steps")?,
            seconds: array("seconds")?.first().copied().unwrap_or(0.0),
            points: points.ok_or_else(|| broken("points is no table of measurements"))?,
            diverged: checkpoint.status("diverged").map(str::to_owned),
        })
    }

    pub(super) fn restore(&self, method: &mut dyn Method<f64>, path: &Path) -> Result<()> {
        method.restore(&self.state).map_err(|error| error.in_file(path))
    }
}

fn table(points: &[Point]) -> Array2<f64> {
    let width = if points.iter().all(|point| point.accuracy.is_some()) { 5 } else { 4 };
    Array2::from_shape_fn((points.len(), width), |(n, column)| {
        let p = &points[n];
        match column {
            0 => p.step as f64,
            1 => p.seconds,
            2 => p.train_loss,
            3 => p.held_out_loss,
            _ => p.accuracy.unwrap_or(0.0),
        }
    })
}

fn rows(table: &Array2<f64>) -> Option<Vec<Point>> {
    let fits =
        matches!(table.ncols(), 4 | 5) && table.column(0).iter().all(|step| (0.0..9e15).contains(step));
    fits.then(|| {
        let point = |row: ndarray::ArrayView1<'_, f64>| Point {
            step: row[0] as u64,
            seconds: row[1],
            train_loss: row[2],
            held_out_loss: row[3],
            accuracy: row.get(4).copied(),
        };
        table.outer_iter().map(point).collect()
    })
}
