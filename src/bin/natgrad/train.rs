//! `natgrad train`.

use crate::failure::{Failure, Outcome};
use crate::methods::{self, Choice};
use crate::output;
use crate::progress;
use crate::settings::Settings;
use crate::tasks::{NetworkArgs, WordArgs};
use natgrad::experiment::{
    Entrant, Experiment, Plan, Runs, Search, Store, Tuned, WordOptions, figures, measurements, searches,
    summary,
};
use natgrad::optimizer::{LogitRegularization, MethodSettings};
use natgrad::report::Document;
use std::path::PathBuf;

fn notes() -> String {
    format!(
        "Optimizers: {}.\n\n\
         A fifth of the data is held out (of words: a fifth of the words). Losses are mean negative log-likelihoods in \
         nats: the held-out one is, with its sign changed, the held-out log-likelihood per datum. Seconds count \
         training alone. With several seeds, numbers are means with 95 % intervals.\n\n\
         Without --lr the rate of every optimizer is found by the same search: over 1, 2, 5 times powers of ten, trying \
         the neighbours of the best until both are worse, by the training loss after --tune-epochs. A TOML file that \
         says lr keeps it.\n\n\
         Methods that keep weights on a sphere (nd-adam, riemannian-adam) cannot make logits large: --logits batch-norm:2.5 \
         trains them as their paper does.\n\n\
         With --checkpoint, a program that was killed goes on with --resume, and ends with the same bits.\n\n\
         Example:\n  cargo natgrad train --data breast-cancer --optimizer adam,fadam --epochs 5",
        MethodSettings::NAMES.join(", ")
    )
}

/// Trains one network with several optimizers, from the same weights, on the same batches.
#[derive(Debug, clap::Args)]
#[command(after_help = notes())]
pub struct Args {
    /// digits, breast-cancer, words (next letter), ink and horse-kicks (Poisson regressions)
    #[arg(long, value_name = "D")]
    data: String,
    #[command(flatten)]
    words: WordArgs,
    #[command(flatten)]
    shape: NetworkArgs,
    /// Names, paths of CONFIG.toml files, or all (of the names)
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
    /// One learning rate for all, or NAME=RATE,…; others are tuned
    #[arg(long, value_name = "RATES", value_delimiter = ',')]
    lr: Vec<String>,
    /// Epochs of one trial of a learning rate, at most those of a run
    #[arg(long, value_name = "E", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    tune_epochs: u64,
    /// Seeds of one trial of a learning rate
    #[arg(long, value_name = "K", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=1000))]
    tune_seeds: u64,
    /// The objective: none (the loss as it is), penalty:WEIGHT, batch-norm:C or batch-norm:C:EPSILON:DECAY
    #[arg(long, value_name = "FORM", default_value = "none")]
    logits: String,
    /// Keep every run, and every rate tried, in this folder
    #[arg(long, value_name = "DIR")]
    checkpoint: Option<PathBuf>,
    /// Steps between two checkpoints of a run [default: one epoch]
    #[arg(long, value_name = "N", requires = "checkpoint", value_parser = clap::value_parser!(u64).range(1..))]
    checkpoint_every: Option<u64>,
    /// Go on with what is in that folder
    #[arg(long, requires = "checkpoint")]
    resume: bool,
    /// Write one page with curves
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

pub fn run(args: &Args, settings: &Settings) -> Outcome {
    output::check_targets([args.html.as_deref(), settings.json.as_deref()])?;
    let mut choices = methods::choices(&args.optimizer, &args.lr)?;
    let logits: LogitRegularization = args.logits.parse()?;
    for choice in &mut choices {
        choice.entrant = choice.entrant.clone().with_logits(logits);
    }
    let task = args.words.task(&args.data, settings.seed, WordOptions::default().words)?;
    let store = args.checkpoint.as_ref().map(|directory| Store {
        directory: directory.clone(),
        every: args.checkpoint_every,
        resume: args.resume,
    });
    let plan = Plan { epochs: args.epochs, batch: args.batch, seeds: args.seeds, first_seed: settings.seed };
    let experiment = Experiment { task, shape: args.shape.shape()?, plan, store };
    let network = experiment.shape.describe(experiment.task.inputs(), experiment.task.outputs)?;
    let all: Vec<Entrant> = choices.iter().map(|choice| choice.entrant.clone()).collect();
    experiment.check_store(&all)?;
    let (entrants, tuned) = tune(args, &experiment, choices, settings)?;
    let runs = train(&experiment, &entrants, settings)?;
    let mut document =
        Document::new("train", format!("Training on {}: {network}", experiment.task.describe()));
    let mut results = summary(&experiment, &runs)?;
    if logits != LogitRegularization::None {
        results.note(format!("Trained with {logits} on the logits; the losses are without a penalty."));
    }
    document.table(results);
    if !tuned.is_empty() {
        document.table(searches(&tuned)?);
    }
    for figure in figures(&runs)? {
        document.figure(figure);
    }
    // Measurements by epoch are for programs: the terminal has the end, the page has the curves.
    let mut full = document.clone();
    full.table(measurements(&runs)?);
    output::deliver_more(&document, &full, settings, None, args.html.as_deref())?;
    if runs.iter().all(|method| method.finished().next().is_none()) {
        return Err(Failure::verdict("every run diverged; try smaller learning rates (--lr)"));
    }
    Ok(())
}

/// A rate for every method that has none.
fn tune(
    args: &Args,
    experiment: &Experiment,
    choices: Vec<Choice>,
    settings: &Settings,
) -> Outcome<(Vec<Entrant>, Vec<Tuned>)> {
    let epochs = args.tune_epochs.min(args.epochs);
    let search = Search { epochs, seeds: args.tune_seeds, ..Search::default() };
    // A method that starts well tries three rates.
    let unknown = choices.iter().filter(|choice| !choice.fixed).count() as u64;
    let bar = progress::bar(settings, 3 * unknown, "rates");
    let (mut entrants, mut tuned) = (Vec::new(), Vec::new());
    for Choice { entrant, fixed } in choices {
        if fixed {
            entrants.push(entrant);
            continue;
        }
        bar.set_message(entrant.name.clone());
        let tried = |_| {
            if bar.length().is_some_and(|length| bar.position() >= length) {
                bar.inc_length(1);
            }
            bar.inc(1);
        };
        let found = experiment.tune(&entrant, search, &tried)?;
        entrants.push(found.entrant.clone());
        tuned.push(found);
    }
    bar.finish_and_clear();
    Ok((entrants, tuned))
}

/// Every method from every seed, under a bar.
pub fn train(experiment: &Experiment, entrants: &[Entrant], settings: &Settings) -> Outcome<Vec<Runs>> {
    let total = experiment.plan.epochs * experiment.plan.seeds * entrants.len() as u64;
    let bar = progress::bar(settings, total, "epochs");
    let mut all = Vec::new();
    for entrant in entrants {
        bar.set_message(entrant.name.clone());
        all.push(experiment.runs(entrant, &|epochs| bar.inc(epochs))?);
    }
    bar.finish_and_clear();
    Ok(all)
}
