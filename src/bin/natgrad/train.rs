//! `natgrad train`.

use crate::failure::{Failure, Outcome};
use crate::methods::{self, DAMPING, DIVERGENCE_LIMIT};
use crate::output;
use crate::progress;
use crate::runs::{Plan, Point, Run, Runs, run_all};
use crate::settings::Settings;
use crate::tasks::{NetworkArgs, Task};
use natgrad::report::{Cell, Column, Curves, Document, Format, Svg, Table};
use std::path::PathBuf;

/// Trains one network with several optimizers, from the same weights, on the same batches.
///
/// A fifth of the data is held out. Losses are mean negative log-likelihoods in nats: the held-out one is, with its
/// sign changed, the held-out log-likelihood per datum. Seconds count training alone. With several seeds, every
/// number is a mean, with the smallest and the largest beside it. natural-gradient is the exact Fisher of each
/// batch, damped and solved by conjugate gradients. Default rates: sgd 0.5, adam and adamw 0.01, fadam 0.01,
/// natural-gradient 0.5 (at most: its steps are limited by their divergence).
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  cargo natgrad train --data breast-cancer --optimizer adam,fadam --epochs 5 \
    --seeds 2"
)]
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

/// Mean, least and greatest over the runs that have it.
fn spread(values: impl Iterator<Item = f64>) -> Option<(f64, f64, f64)> {
    let values: Vec<f64> = values.collect();
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let least = values.iter().copied().reduce(f64::min)?;
    Some((mean, least, values.iter().copied().reduce(f64::max)?))
}

/// One row per method: where it stands after the last epoch.
pub fn summary(task: &Task, all: &[Runs], plan: Plan) -> Outcome<Table> {
    let several = plan.seeds > 1;
    let mut columns = vec![Column::new("optimizer"), Column::new("rate")];
    let quantities: [(&str, fn(&Point) -> f64, Format); 4] = [
        ("training loss", |p| p.train_loss, Format::Significant(3)),
        ("held-out loss", |p| p.held_out_loss, Format::Significant(3)),
        ("accuracy", |p| p.accuracy, Format::Fixed(4)),
        ("seconds", |p| p.seconds, Format::Fixed(2)),
    ];
    for (name, _, format) in quantities {
        let unit = if name.ends_with("loss") { "nats" } else { "" };
        let column = Column::new(name).format(format);
        columns.push(if unit.is_empty() { column } else { column.unit(unit) });
        if several && name != "seconds" {
            columns.push(Column::new("least").format(format));
            columns.push(Column::new("greatest").format(format));
        }
    }
    let title = format!("After {} epochs in batches of {}", plan.epochs, plan.batch);
    let mut table = Table::new(title, columns);
    let mut ended = Vec::new();
    for method in all {
        let mut cells: Vec<Cell> = vec![method.choice.name.clone().into(), method.choice.rate.into()];
        let finished: Vec<&Run> = method.runs.iter().filter(|run| run.diverged.is_none()).collect();
        for (name, of, _) in quantities {
            let last = finished.iter().filter_map(|run| run.points.last()).map(of);
            let spread = spread(last);
            cells.push(spread.map(|s| s.0).into());
            if several && name != "seconds" {
                cells.extend([spread.map(|s| s.1).into(), spread.map(|s| s.2).into()]);
            }
        }
        table.row(cells)?;
        for (k, run) in method.runs.iter().enumerate() {
            if let Some(why) = &run.diverged {
                let seed = plan.first_seed.wrapping_add(k as u64);
                ended.push(format!("{} from seed {seed} diverged at {why}", method.choice.name));
            }
        }
    }
    table.note(format!(
        "{}: {} data to train, {} held out; the same initial weights and batches for all.",
        task.name,
        task.train.x.nrows(),
        task.held_out.x.nrows(),
    ));
    if all.iter().any(|method| method.choice.name == "natural-gradient") {
        table.note(format!(
            "natural-gradient: exact Fisher of the batch + {DAMPING} I by conjugate gradients, steps of at most {DIVERGENCE_LIMIT} nats."
        ));
    }
    if several {
        table.note(format!("Means over {} seeds, with the least and the greatest.", plan.seeds));
    }
    for line in ended {
        table.note(line);
    }
    Ok(table)
}

/// One point of all runs of a method.
fn across(method: &Runs, epoch: usize, of: fn(&Point) -> f64) -> Option<(f64, f64, f64)> {
    spread(method.runs.iter().filter_map(|run| run.points.get(epoch)).map(of))
}

/// Held-out and training loss against steps and against seconds.
pub fn figures(all: &[Runs]) -> Outcome<Vec<Svg>> {
    let step: fn(&Point) -> f64 = |p| p.step as f64;
    let charts: [(&str, &str, fn(&Point) -> f64, fn(&Point) -> f64); 3] = [
        ("Held-out loss", "step", step, |p| p.held_out_loss),
        ("Held-out loss", "seconds of training", |p| p.seconds, |p| p.held_out_loss),
        ("Training loss", "step", step, |p| p.train_loss),
    ];
    let mut figures = Vec::new();
    for (title, x_label, x_of, y_of) in charts {
        let mut curves = Curves::new(title, x_label, "loss [nats]");
        for method in all {
            let length = method.runs.iter().map(|run| run.points.len()).max().unwrap_or(0);
            let points: Vec<_> = (0..length)
                .filter_map(|k| Some((across(method, k, x_of)?, across(method, k, y_of)?)))
                .collect();
            let column = |of: fn(&((f64, f64, f64), (f64, f64, f64))) -> f64| -> Vec<f64> {
                points.iter().map(of).collect()
            };
            curves.series(&method.choice.name, &column(|p| p.0.0), &column(|p| p.1.0))?;
            if method.runs.len() > 1 {
                curves.band(&column(|p| p.1.1), &column(|p| p.1.2))?;
            }
        }
        curves.logarithmic_y();
        figures.push(curves.render()?);
    }
    Ok(figures)
}

/// Every measurement of every run.
fn measurements(all: &[Runs]) -> Outcome<Table> {
    let columns = ["optimizer", "run", "step", "seconds", "training loss", "held-out loss", "accuracy"];
    let mut table = Table::new("Measurements", columns);
    for method in all {
        for (k, run) in method.runs.iter().enumerate() {
            for p in &run.points {
                table.row([
                    method.choice.name.clone().into(),
                    k.into(),
                    p.step.into(),
                    p.seconds.into(),
                    p.train_loss.into(),
                    p.held_out_loss.into(),
                    p.accuracy.into(),
                ])?;
            }
        }
    }
    Ok(table)
}
