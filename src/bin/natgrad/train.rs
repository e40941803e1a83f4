//! `natgrad train`.

use crate::failure::{Failure, Outcome};
use crate::methods;
use crate::outcomes::{figures, measurements, summary};
use crate::output;
use crate::progress;
use crate::runs::{Plan, run_all};
use crate::settings::Settings;
use crate::tasks::{NetworkArgs, Task};
use natgrad::report::Document;
use std::path::PathBuf;

const NOTES: &str = "A fifth of the data is held out. Losses are mean negative log-likelihoods in nats: the held-out one is, \
    with its sign changed, the held-out log-likelihood per datum. Seconds count training alone. With several \
    seeds, every number is a mean, with the smallest and the largest beside it. natural-gradient is the \
    exact Fisher of each batch, damped and solved by conjugate gradients. Default rates \
    (docs/learning_rates.md): sgd 1, adam 0.05, adamw 0.02, fadam 0.05, natural-gradient 0.5 (at most: its \
    steps are limited by their divergence).\n\n\
    Example:\n  cargo natgrad train --data breast-cancer --optimizer adam,fadam --epochs 5";

/// Trains one network with several optimizers, from the same weights, on the same batches.
#[derive(Debug, clap::Args)]
#[command(after_help = NOTES)]
pub struct Args {
    /// digits, breast-cancer
    #[arg(long, value_name = "D")]
    data: String,
    #[command(flatten)]
    shape: NetworkArgs,
    /// sgd, adam, adamw, fadam, natural-gradient
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_value = "sgd,adam,adamw,fadam")]
    optimizer: Vec<String>,
    /// Passes over the training data
    #[arg(long, value_name = "E", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    epochs: u64,
    /// Data per step
    #[arg(long, value_name = "B", default_value_t = 64)]
    batch: usize,
    /// Runs per optimizer, from seeds S, S + 1, …
    #[arg(long, value_name = "K", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1000))]
    seeds: u64,
    /// One learning rate for all, or NAME=RATE,…
    #[arg(long, value_name = "RATES", value_delimiter = ',')]
    lr: Vec<String>,
    /// Write one page with curves
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

pub fn run(args: &Args, settings: &Settings) -> Outcome {
    output::check_targets([args.html.as_deref(), settings.json.as_deref()])?;
    let choices = methods::choices(&args.optimizer, &args.lr)?;
    let plan = Plan { epochs: args.epochs, batch: args.batch, seeds: args.seeds, first_seed: settings.seed };
    let task = Task::named(&args.data, settings.seed)?;
    let network = task.describe(&args.shape)?;
    let bar = progress::bar(settings, args.epochs * args.seeds * choices.len() as u64, "epochs");
    let runs = run_all(&task, &args.shape, &choices, plan, &bar)?;
    let mut document = Document::new("train", format!("Training on {}: {network}", task.name));
    document.table(summary(&task, &runs, plan)?);
    for figure in figures(&runs)? {
        document.figure(figure);
    }
    // Measurements by epoch are for programs: the terminal has the end, the page has the curves.
    let mut full = document.clone();
    full.table(measurements(&runs)?);
    if let Some(path) = &settings.json {
        full.write_json(path)?;
    }
    let printing = Settings { json: None, ..settings.clone() };
    output::deliver(&document, &printing, None, args.html.as_deref())?;
    if runs.iter().all(|method| method.runs.iter().all(|run| run.diverged.is_some())) {
        return Err(Failure::verdict("every run diverged; try smaller learning rates (--lr)"));
    }
    Ok(())
}
