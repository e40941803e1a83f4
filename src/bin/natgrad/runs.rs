//! Training runs side by side, measured once per epoch.

use crate::failure::Outcome;
use crate::methods::Choice;
use crate::tasks::{NetworkArgs, Part, Task};
use indicatif::ProgressBar;
use natgrad::Network;
use natgrad::likelihood::accuracy;
use natgrad::optimizer::{Batches, Method, Training};
use std::time::Instant;

/// How long, on what batches, how often.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub epochs: u64,
    pub batch: usize,
    pub seeds: u64,
    pub first_seed: u64,
}

/// One measurement.
#[derive(Debug, Clone, Copy)]
pub struct Point {
    pub step: u64,
    /// Training alone; measuring does not count.
    pub seconds: f64,
    pub train_loss: f64,
    pub held_out_loss: f64,
    pub accuracy: f64,
}

/// One method from one seed.
pub struct Run {
    pub points: Vec<Point>,
    /// Why it ended early, if it did.
    pub diverged: Option<String>,
}

/// One method from all seeds.
pub struct Runs {
    pub choice: Choice,
    pub runs: Vec<Run>,
}

/// Every method from every seed; equal seeds give equal networks and equal batches.
pub fn run_all(
    task: &Task,
    shape: &NetworkArgs,
    choices: &[Choice],
    plan: Plan,
    bar: &ProgressBar,
) -> Outcome<Vec<Runs>> {
    let mut all = Vec::new();
    for choice in choices {
        bar.set_message(choice.name.clone());
        let mut runs = Vec::new();
        for k in 0..plan.seeds {
            let seed = plan.first_seed.wrapping_add(k);
            let network = task.network(shape, seed)?;
            let mut method = choice.build(network.layout().clone())?;
            let batches = Batches::new(plan.batch, seed)?;
            runs.push(run(task, network, method.as_mut(), batches, plan.epochs, bar)?);
        }
        all.push(Runs { choice: choice.clone(), runs });
    }
    bar.finish_and_clear();
    Ok(all)
}

fn run(
    task: &Task,
    network: Network<f64>,
    method: &mut dyn Method<f64>,
    batches: Batches,
    epochs: u64,
    bar: &ProgressBar,
) -> Outcome<Run> {
    let Part { x, y } = task.train.clone();
    let mut training = Training::new(network, task.likelihood.clone(), x, y, batches)?;
    let mut seconds = 0.0;
    let mut run = Run { points: vec![measure(task, &training, seconds)?], diverged: None };
    for epoch in 1..=epochs {
        let start = Instant::now();
        while training.epochs() < epoch {
            if let Err(error) = training.step(method) {
                run.diverged = Some(format!("step {}: {error}", training.steps() + 1));
                bar.inc(epochs + 1 - epoch);
                return Ok(run);
            }
        }
        seconds += start.elapsed().as_secs_f64();
        match measure(task, &training, seconds) {
            Ok(point) => run.points.push(point),
            Err(failure) => {
                run.diverged = Some(format!("step {}: {}", training.steps(), failure.message));
                bar.inc(epochs + 1 - epoch);
                return Ok(run);
            }
        }
        bar.inc(1);
    }
    Ok(run)
}

fn measure(task: &Task, training: &Training<f64>, seconds: f64) -> Outcome<Point> {
    let (network, likelihood) = (training.network(), &task.likelihood);
    let Part { x, y } = &task.held_out;
    Ok(Point {
        step: training.steps(),
        seconds,
        train_loss: network.loss(likelihood, &task.train.x, &task.train.y)?,
        held_out_loss: network.loss(likelihood, x, y)?,
        accuracy: accuracy(likelihood, network.forward(x)?.view(), y)?,
    })
}
