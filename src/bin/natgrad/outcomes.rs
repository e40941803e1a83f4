//! Training runs as a table, as curves, and as every measurement there is.

use crate::failure::Outcome;
use crate::methods::{DAMPING, DIVERGENCE_LIMIT};
use crate::runs::{Plan, Point, Run, Runs};
use crate::tasks::Task;
use natgrad::report::{Cell, Column, Curves, Format, Svg, Table};

/// One number of a measurement.
type Quantity = fn(&Point) -> f64;

/// Mean, least, greatest.
type Spread = (f64, f64, f64);

/// Mean, least and greatest over the runs that have it.
fn spread(values: impl Iterator<Item = f64>) -> Option<Spread> {
    let values: Vec<f64> = values.collect();
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let least = values.iter().copied().reduce(f64::min)?;
    Some((mean, least, values.iter().copied().reduce(f64::max)?))
}

fn loss(name: &str) -> Column {
    Column::new(name).unit("nats").format(Format::Significant(3))
}

/// One row per method: where it stands after the last epoch.
pub fn summary(task: &Task, all: &[Runs], plan: Plan) -> Outcome<Table> {
    // Of each number: its name, and whether its spread over seeds is shown.
    type Shown = (Column, Quantity, bool);
    let quantities: [Shown; 4] = [
        (loss("training"), |p| p.train_loss, false),
        (loss("held out"), |p| p.held_out_loss, plan.seeds > 1),
        (Column::new("accuracy").format(Format::Fixed(4)), |p| p.accuracy, plan.seeds > 1),
        (Column::new("seconds").format(Format::Fixed(2)), |p| p.seconds, false),
    ];
    let mut columns = vec![Column::new("optimizer"), Column::new("rate").format(Format::Significant(3))];
    for (column, _, spread) in &quantities {
        columns.push(column.clone());
        if *spread {
            let format =
                if column.heading() == "accuracy" { Format::Fixed(4) } else { Format::Significant(3) };
            columns.extend(["min", "max"].map(|name| Column::new(name).format(format)));
        }
    }
    let title = format!("Loss and accuracy after {} epochs in batches of {}", plan.epochs, plan.batch);
    let mut table = Table::new(title, columns);
    let mut ended = Vec::new();
    for method in all {
        let mut cells: Vec<Cell> = vec![method.choice.name.clone().into(), method.choice.rate.into()];
        let finished: Vec<&Run> = method.runs.iter().filter(|run| run.diverged.is_none()).collect();
        for (_, of, shown) in &quantities {
            let ends = spread(finished.iter().filter_map(|run| run.points.last()).map(of));
            cells.push(ends.map(|s| s.0).into());
            if *shown {
                cells.extend([ends.map(|s| s.1).into(), ends.map(|s| s.2).into()]);
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
    if plan.seeds > 1 {
        table
            .note(format!("Means over {} seeds, with the smallest (min) and the largest (max).", plan.seeds));
    }
    for line in ended {
        table.note(line);
    }
    Ok(table)
}

/// One point of all runs of a method.
fn across(method: &Runs, epoch: usize, of: Quantity) -> Option<Spread> {
    spread(method.runs.iter().filter_map(|run| run.points.get(epoch)).map(of))
}

/// Held-out and training loss against steps and against seconds.
pub fn figures(all: &[Runs]) -> Outcome<Vec<Svg>> {
    let step: Quantity = |p| p.step as f64;
    type Chart = (&'static str, &'static str, Quantity, Quantity);
    let charts: [Chart; 3] = [
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
            let column = |of: fn(&(Spread, Spread)) -> f64| -> Vec<f64> { points.iter().map(of).collect() };
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
pub fn measurements(all: &[Runs]) -> Outcome<Table> {
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
