//! Training runs as tables and curves.

use super::{Experiment, MeanInterval, Point, Runs, Tuned};
use crate::Result;
use crate::report::{Cell, Column, Curves, Format, Svg, Table};

/// One number of a measurement.
type Quantity = fn(&Point) -> Option<f64>;

const STEP: Quantity = |p| Some(p.step as f64);
const SECONDS: Quantity = |p| Some(p.seconds);
const TRAIN: Quantity = |p| Some(p.train_loss);
const HELD_OUT: Quantity = |p| Some(p.held_out_loss);

fn loss(name: &str) -> Column {
    Column::new(name).unit("nats").format(Format::Significant(4))
}

/// One row per method: where it stands after the last epoch.
///
/// # Errors
/// None for runs of this experiment.
pub fn summary(experiment: &Experiment, all: &[Runs]) -> Result<Table> {
    let Experiment { task, plan, .. } = experiment;
    let spread = plan.seeds > 1;
    let small = Format::Significant(2);
    let mut quantities: Vec<(Column, Quantity, Option<Format>)> =
        vec![(loss("training"), TRAIN, None), (loss("held out"), HELD_OUT, Some(small))];
    if task.has_accuracy() {
        quantities.push((
            Column::new("accuracy").format(Format::Fixed(4)),
            |p| p.accuracy,
            Some(Format::Fixed(4)),
        ));
    }
    quantities.push((Column::new("seconds").format(Format::Fixed(2)), SECONDS, None));
    let mut columns = vec![Column::new("optimizer"), Column::new("rate").format(Format::Significant(3))];
    for (column, _, interval) in &quantities {
        columns.push(column.clone());
        if let (Some(format), true) = (interval, spread) {
            columns.push(Column::new("±").format(*format));
        }
    }
    columns.push(Column::new("diverged").format(Format::Fixed(0)));
    let title = format!("After {} epochs in batches of {}", plan.epochs, plan.batch);
    let mut table = Table::new(title, columns);
    for method in all {
        let rate = method.entrant.config.settings.learning_rate();
        let mut cells: Vec<Cell> = vec![method.entrant.name.clone().into(), rate.into()];
        for (_, of, interval) in &quantities {
            let end = method.last(of);
            cells.push(end.map(|end| end.mean).into());
            if interval.is_some() && spread {
                cells.push(end.and_then(|end| end.half_width).into());
            }
        }
        cells.push(method.diverged().into());
        table.row(cells)?;
    }
    table.note(format!(
        "{}: {} data to train, {} held out; the same initial weights and batches for all.",
        task.describe(),
        task.train.x.nrows(),
        task.held_out.x.nrows(),
    ));
    let baseline = task.baseline()?;
    table.note(format!("A model with nothing but an intercept has a held-out loss of {baseline:.4} nats."));
    if task.name == "words" {
        table.note("Losses are per letter; exp(loss) is the perplexity.");
    }
    if task.name == "ink" {
        table.note("Losses are per picture: the sum over its 32 counts.");
    }
    if spread {
        table.note(format!(
            "Means over those of {} seeds that did not diverge; ± is half the 95 % interval of Student's t.",
            plan.seeds
        ));
        table
            .note("A seed decides initial weights, batches and draws; what is held out is the same for all.");
    }
    for method in all {
        for run in &method.runs {
            if let Some(why) = &run.diverged {
                table.note(format!("{} from seed {} diverged at {why}", method.entrant.name, run.seed));
            }
        }
    }
    Ok(table)
}

/// Every learning rate that was tried, with its loss.
///
/// # Errors
/// None.
pub fn searches(all: &[Tuned]) -> Result<Table> {
    let columns = [
        Column::new("optimizer"),
        Column::new("rate").format(Format::Significant(3)),
        loss("training"),
        Column::new("verdict"),
    ];
    let mut table = Table::new("Learning rates tried", columns);
    for tuned in all {
        let chosen = place_of_best(tuned);
        for (k, trial) in tuned.trials.iter().enumerate() {
            let verdict = match (k == chosen, trial.loss.is_finite()) {
                (true, true) => "chosen",
                (_, false) => "diverged",
                _ => "",
            };
            let shown = Some(trial.loss).filter(|loss| loss.is_finite());
            table.row([
                tuned.entrant.name.clone().into(),
                trial.rate.into(),
                shown.into(),
                verdict.into(),
            ])?;
        }
        if tuned.cut_short {
            table.note(format!(
                "{}: the trials ran out before both neighbours were tried.",
                tuned.entrant.name
            ));
        }
    }
    table.note(
        "The rate with the least training loss, on a walk over {1, 2, 5} × 10^k; the same effort for all.",
    );
    Ok(table)
}

fn place_of_best(tuned: &Tuned) -> usize {
    let rate = tuned.entrant.config.settings.learning_rate();
    tuned.trials.iter().position(|trial| (trial.rate / rate - 1.0).abs() < 1e-9).unwrap_or(usize::MAX)
}

/// Held-out and training loss against steps, and held-out loss against seconds.
///
/// # Errors
/// None for runs with a point each.
pub fn figures(all: &[Runs]) -> Result<Vec<Svg>> {
    let charts: [(&str, &str, Quantity, Quantity); 3] = [
        ("Held-out loss", "step", STEP, HELD_OUT),
        ("Held-out loss", "seconds of training", SECONDS, HELD_OUT),
        ("Training loss", "step", STEP, TRAIN),
    ];
    let mut figures = Vec::new();
    for (title, x_label, x_of, y_of) in charts {
        let mut curves = Curves::new(title, x_label, "loss [nats]");
        for method in all {
            let length = method.runs.iter().map(|run| run.points.len()).max().unwrap_or(0);
            let points: Vec<(MeanInterval, MeanInterval)> =
                (0..length).filter_map(|k| Some((method.at(k, x_of)?, method.at(k, y_of)?))).collect();
            let column = |of: fn(&(MeanInterval, MeanInterval)) -> f64| -> Vec<f64> {
                points.iter().map(of).collect()
            };
            curves.series(&method.entrant.name, &column(|p| p.0.mean), &column(|p| p.1.mean))?;
            if method.runs.len() > 1 {
                curves.band(&column(|p| p.1.low()), &column(|p| p.1.high()))?;
            }
        }
        curves.logarithmic_y();
        figures.push(curves.render()?);
    }
    Ok(figures)
}

/// Every measurement of every run.
///
/// # Errors
/// None.
pub fn measurements(all: &[Runs]) -> Result<Table> {
    let columns = ["optimizer", "run", "step", "seconds", "training loss", "held-out loss", "accuracy"];
    let mut table = Table::new("Measurements", columns);
    for method in all {
        for (k, run) in method.runs.iter().enumerate() {
            for p in &run.points {
                table.row([
                    method.entrant.name.clone().into(),
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
