use super::run::{Point, Run, Runs};
use super::store::{Snapshot, Store, settings};
use super::{Entrant, NetworkShape, Task};
use crate::data::Checkpoint;
use crate::optimizer::{Batches, Method, Training};
use crate::{Error, Network, Result};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// How long, on what batches, how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Passes over the training data.
    pub epochs: u64,
    /// Data per step.
    pub batch: usize,
    /// Runs per method.
    pub seeds: u64,
    /// The seed of the first run; the others follow.
    pub first_seed: u64,
}

impl Default for Plan {
    fn default() -> Self {
        Plan { epochs: 20, batch: 64, seeds: 1, first_seed: 0 }
    }
}

impl Plan {
    /// The seeds of all runs.
    pub fn seeds(&self) -> impl Iterator<Item = u64> + use<> {
        let first = self.first_seed;
        (0..self.seeds).map(move |k| first.wrapping_add(k))
    }
}

/// Training runs that can be compared: one task, one network, one plan, for every method.
///
/// Equal seeds give equal initial weights and equal batches, whatever the method. A run is a function of task, shape,
/// batch, seed and method, whatever the number of threads, and whether or not it was interrupted: with a [`Store`], a
/// program that is killed and started again ends with the same bits.
///
/// # Example
/// ```
/// use natgrad::experiment::{Entrant, Experiment, NetworkShape, Plan, Task};
/// let experiment = Experiment {
///     task: Task::named("horse-kicks", 0)?,
///     shape: NetworkShape { hidden: vec![], ..NetworkShape::default() },
///     plan: Plan { epochs: 3, seeds: 2, ..Plan::default() },
///     store: None,
/// };
/// let runs = experiment.runs(&Entrant::named("adam")?.with_learning_rate(0.05), &|_| ())?;
/// let loss = runs.last(|point| Some(point.train_loss)).expect("none diverged");
/// assert!(loss.mean < 1.2 && loss.half_width.is_some());
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Experiment {
    /// Data and likelihood.
    pub task: Task,
    /// The network.
    pub shape: NetworkShape,
    /// Epochs, batches, seeds.
    pub plan: Plan,
    /// Where runs are kept, if they are.
    pub store: Option<Store>,
}

/// A run on its way.
struct Going {
    training: Training<f64>,
    method: Box<dyn Method<f64>>,
    seconds: f64,
    points: Vec<Point>,
    diverged: Option<String>,
}

/// Where it is saved, and as what.
struct File {
    path: PathBuf,
    settings: Checkpoint,
    every: Option<u64>,
}

impl Experiment {
    /// That these methods can be built for the network, and that nothing is in the way of their checkpoints, before any
    /// work is done and anything is written.
    ///
    /// # Errors
    /// Those of [`run`](Self::run); [`Error::File`] for the first earlier run that is not to be resumed.
    pub fn check_store(&self, entrants: &[Entrant]) -> Result<()> {
        for entrant in entrants {
            self.begin(entrant, self.plan.first_seed)?;
        }
        let Some(store) = &self.store else { return Ok(()) };
        for entrant in entrants {
            store.refuse_in_the_way(&store.rates(entrant))?;
            for seed in self.plan.seeds() {
                store.refuse_in_the_way(&store.run(entrant, seed))?;
            }
        }
        store.make()
    }

    /// One method from all seeds; `epochs` hears how many more are done.
    ///
    /// # Errors
    /// Those of [`run`](Self::run).
    pub fn runs(&self, entrant: &Entrant, epochs: &dyn Fn(u64)) -> Result<Runs> {
        let settings = self.settings(entrant)?;
        let runs: Result<Vec<Run>> =
            self.plan.seeds().map(|seed| self.run_with(entrant, seed, settings.as_ref(), epochs)).collect();
        Ok(Runs { entrant: entrant.clone(), runs: runs? })
    }

    /// One method from one seed, measured at the start and after every epoch. A method that draws does so from this
    /// seed.
    ///
    /// # Errors
    /// Settings outside their domain, data that do not fit, and the files of the store. A run that diverges is no
    /// error: it says so.
    pub fn run(&self, entrant: &Entrant, seed: u64, epochs: &dyn Fn(u64)) -> Result<Run> {
        self.run_with(entrant, seed, self.settings(entrant)?.as_ref(), epochs)
    }

    fn settings(&self, entrant: &Entrant) -> Result<Option<Checkpoint>> {
        self.store.as_ref().map(|_| settings(self, entrant, "run")).transpose()
    }

    fn run_with(
        &self,
        entrant: &Entrant,
        seed: u64,
        settings: Option<&Checkpoint>,
        epochs: &dyn Fn(u64),
    ) -> Result<Run> {
        let mut going = self.begin(entrant, seed)?;
        let total = going.training.steps_per_epoch() * self.plan.epochs;
        let mut file = None;
        if let (Some(store), Some(settings)) = (&self.store, settings) {
            store.make()?;
            let path = store.run(entrant, seed);
            let settings = settings.clone().with_setting("seed", seed.to_string());
            if let Some(found) = store.read(&path, &settings)? {
                let found = Snapshot::read(&found, &path)?;
                if found.diverged.is_some() {
                    epochs(self.plan.epochs);
                    return going.ended(found, seed, &path);
                }
                going = self.go_on(going, &found, entrant, seed, &path, total)?;
            }
            file = Some(File { path, settings, every: store.every });
        }
        if going.points.is_empty() {
            going.training.prepare(going.method.as_ref())?;
            let point = self.measure(&going)?;
            going.points.push(point);
        }
        epochs(going.training.epochs().min(self.plan.epochs));
        while going.diverged.is_none() && going.training.steps() < total {
            self.advance(&mut going);
            let (steps, per_epoch) = (going.training.steps(), going.training.steps_per_epoch());
            let whole = going.diverged.is_some() || steps.is_multiple_of(per_epoch);
            if let Some(file) = &file
                && (whole || file.every.is_some_and(|every| every > 0 && steps.is_multiple_of(every)))
            {
                going.snapshot().write(&file.path, &file.settings, entrant)?;
            }
            if going.diverged.is_some() {
                epochs(self.plan.epochs - going.training.epochs().min(self.plan.epochs));
            } else if whole {
                epochs(1);
            }
        }
        let network = going.network()?;
        Ok(Run { seed, points: going.points, diverged: going.diverged, network })
    }

    fn begin(&self, entrant: &Entrant, seed: u64) -> Result<Going> {
        let network = self.task.network(&self.shape, seed)?;
        let method = entrant
            .config
            .clone()
            .with_batch(self.plan.batch)
            .with_seed(seed)
            .method(network.layout().clone())?;
        let training = self.training(network, entrant, seed, 0)?;
        Ok(Going { training, method, seconds: 0.0, points: Vec::new(), diverged: None })
    }

    fn training(
        &self,
        network: Network<f64>,
        entrant: &Entrant,
        seed: u64,
        steps: u64,
    ) -> Result<Training<f64>> {
        let (x, y) = (self.task.train.x.clone(), self.task.train.y.clone());
        let batches = Batches::new(self.plan.batch, seed)?;
        let likelihood = self.task.likelihood.clone();
        Training::resume(network, likelihood, x, y, batches, steps)?.with_logits(entrant.logits)
    }

    /// The run of a snapshot.
    fn go_on(
        &self,
        fresh: Going,
        found: &Snapshot,
        entrant: &Entrant,
        seed: u64,
        path: &Path,
        total: u64,
    ) -> Result<Going> {
        if found.steps > total {
            let problem = format!("has {} steps, beyond the {total} asked for", found.steps);
            return Err(Error::File { path: path.into(), problem });
        }
        let mut method = fresh.method;
        found.restore(method.as_mut(), path)?;
        let network = fresh.training.network().with_parameters(found.theta.view());
        let network = network.map_err(|error| error.in_file(path))?;
        let mut training = self.training(network, entrant, seed, found.steps)?;
        training.logits_mut().restore(&found.logits).map_err(|error| error.in_file(path))?;
        Ok(Going { training, method, seconds: found.seconds, points: found.points.clone(), diverged: None })
    }

    /// One step, and at the end of an epoch a measurement.
    fn advance(&self, going: &mut Going) {
        let start = Instant::now();
        let stepped = going.training.step(going.method.as_mut());
        going.seconds += start.elapsed().as_secs_f64();
        if let Err(error) = stepped {
            going.diverged = Some(format!("step {}: {error}", going.training.steps() + 1));
        } else if going.training.steps().is_multiple_of(going.training.steps_per_epoch()) {
            match self.measure(going) {
                Ok(point) => going.points.push(point),
                Err(error) => going.diverged = Some(format!("step {}: {error}", going.training.steps())),
            }
        }
    }

    fn measure(&self, going: &Going) -> Result<Point> {
        let network = going.network()?;
        let train = &self.task.train;
        let (held_out_loss, accuracy) = self.task.held_out(&network)?;
        Ok(Point {
            step: going.training.steps(),
            seconds: going.seconds,
            train_loss: network.loss(&self.task.likelihood, &train.x, &train.y)?,
            held_out_loss,
            accuracy,
        })
    }

    /// The training loss after a number of epochs; infinite if the run diverges on the way.
    pub(super) fn loss_after(&self, entrant: &Entrant, seed: u64, epochs: u64) -> Result<f64> {
        let mut going = self.begin(entrant, seed)?;
        going.training.prepare(going.method.as_ref())?;
        while going.training.epochs() < epochs {
            if going.training.step(going.method.as_mut()).is_err() {
                return Ok(f64::INFINITY);
            }
        }
        let train = &self.task.train;
        let loss = going.network().and_then(|net| net.loss(&self.task.likelihood, &train.x, &train.y));
        Ok(loss.ok().filter(|loss| loss.is_finite()).unwrap_or(f64::INFINITY))
    }
}

impl Going {
    /// Where the method says to look.
    fn network(&self) -> Result<Network<f64>> {
        match self.method.averaged() {
            Some(theta) => {
                let network = self.training.network().with_parameters(theta.view())?;
                self.training.logits().fold(&network)
            }
            None => self.training.evaluation_network(),
        }
    }

    /// A run that diverged, as it was: where its loss is infinite it could not even be resumed.
    fn ended(mut self, found: Snapshot, seed: u64, path: &Path) -> Result<Run> {
        found.restore(self.method.as_mut(), path)?;
        self.training.logits_mut().restore(&found.logits).map_err(|error| error.in_file(path))?;
        let theta = self.method.averaged().unwrap_or(&found.theta);
        let network = self.training.network().with_parameters(theta.view());
        let network = network.and_then(|network| self.training.logits().fold(&network));
        let network = network.map_err(|error| error.in_file(path))?;
        Ok(Run { seed, points: found.points, diverged: found.diverged, network })
    }

    fn snapshot(&self) -> Snapshot {
        Snapshot {
            theta: self.training.network().parameters(),
            state: self.method.state(),
            logits: self.training.logits().state(),
            steps: self.training.steps(),
            seconds: self.seconds,
            points: self.points.clone(),
            diverged: self.diverged.clone(),
        }
    }
}
