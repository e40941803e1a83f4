//! The numbers as tables, and the held-out losses as a picture.

use crate::contest::{Results, rate};
use crate::studies::{Block, Study};
use natgrad::Result;
use natgrad::experiment::{Experiment, PairedDifference, Point};
use natgrad::report::{Alignment, Cell, Column, Dot, DotPlot, Format, Svg, Table};

/// In these words.
pub const NOTHING: &str = "not distinguishable at this number of seeds";

/// A number of a measurement, and after how many epochs.
struct Quantity {
    name: &'static str,
    epochs: fn(u64) -> usize,
    of: fn(&Point) -> Option<f64>,
    digits: usize,
}

const TRAINING: Quantity =
    Quantity { name: "Δ training", epochs: |last| last as usize, of: |p| Some(p.train_loss), digits: 4 };
const HELD_OUT: Quantity =
    Quantity { name: "Δ held out", epochs: |last| last as usize, of: |p| Some(p.held_out_loss), digits: 4 };
const EARLY: Quantity =
    Quantity { name: "Δ held out, epoch 1", epochs: |_| 1, of: |p| Some(p.held_out_loss), digits: 4 };
const ACCURACY: Quantity = Quantity {
    name: "Δ accuracy",
    epochs: |last| last as usize,
    of: |p| p.accuracy.map(|share| 100.0 * share),
    digits: 2,
};
const QUANTITIES: [Quantity; 4] = [TRAINING, HELD_OUT, EARLY, ACCURACY];

/// How many differences the tables of a study print at tuned rates: the m of its adjustment.
pub fn comparisons(study: &Study, tasks: usize) -> usize {
    let rows: usize = study.blocks.iter().map(|block| block.rows.len()).sum();
    rows * tasks * QUANTITIES.len()
}

pub fn signed(value: f64, digits: usize) -> String {
    let shown = Format::Fixed(digits).show(value);
    if shown.starts_with('-') { shown.replace('-', "−") } else { format!("+{shown}") }
}

/// With a mark for the single comparison, and another if it is one of several and stands out among them.
fn shown(difference: Option<PairedDifference>, digits: usize, comparisons: Option<usize>) -> Cell {
    difference.map_or(Cell::Missing, |paired| {
        let half = paired.interval(1).half_width.map_or(String::new(), |half| format!(" ± {half:.digits$}"));
        let mark = match (paired.distinguishable(1), comparisons.map(|m| paired.distinguishable(m))) {
            (true, Some(true)) => " ‡",
            (true, _) => " †",
            _ => "",
        };
        format!("{}{half}{mark}", signed(paired.mean, digits)).into()
    })
}

/// On the held-out loss.
fn reading(difference: Option<PairedDifference>, comparisons: usize) -> String {
    let Some(paired) = difference else { return "no pair of finished runs".into() };
    let side = if paired.mean < 0.0 { "better" } else { "worse" };
    match (paired.distinguishable(1), paired.distinguishable(comparisons)) {
        (true, true) => side.to_owned(),
        (true, false) => format!("{side}, alone; adjusted: {NOTHING}"),
        _ => NOTHING.to_owned(),
    }
}

fn words(name: &str) -> Column {
    Column::new(name).align(Alignment::Left)
}

fn number(name: &str, digits: usize) -> Column {
    Column::new(name).format(Format::Fixed(digits)).align(Alignment::Right)
}

/// One block on one task, every variant at its own rate.
pub fn tuned(experiment: &Experiment, block: &Block, results: &Results, comparisons: usize) -> Result<Table> {
    let mut columns = vec![
        words("variant"),
        Column::new("rate").format(Format::Significant(3)),
        number("training", 4),
        number("held out", 4),
        number("accuracy, %", 2),
    ];
    columns.extend(QUANTITIES.iter().map(|quantity| Column::new(quantity.name).align(Alignment::Right)));
    columns.push(words("held out at the end"));
    let mut table = Table::new(format!("{}: {}", experiment.task.name, block.title), columns);
    let full = results.runs(&block.full);
    let mut notes = Vec::new();
    for (k, variant) in std::iter::once(&block.full).chain(&block.rows).enumerate() {
        let (found, runs) = (results.tuned(variant), results.runs(variant));
        let mean = |quantity: &Quantity| runs.last(quantity.of).map(|end| end.mean);
        let mut cells: Vec<Cell> = vec![
            variant.name.into(),
            rate(&found.entrant).into(),
            mean(&TRAINING).into(),
            mean(&HELD_OUT).into(),
            mean(&ACCURACY).into(),
        ];
        let against =
            |quantity: &Quantity| runs.against(full, (quantity.epochs)(experiment.plan.epochs), quantity.of);
        if k == 0 {
            cells.extend(QUANTITIES.iter().map(|_| Cell::Missing));
            cells.push("the reference".into());
        } else {
            cells.extend(QUANTITIES.iter().map(|q| shown(against(q), q.digits, Some(comparisons))));
            cells.push(reading(against(&HELD_OUT), comparisons).into());
        }
        table.row(cells)?;
        if runs.diverged() > 0 {
            notes.push(format!(
                "{}: {} of {} runs diverged.",
                variant.name,
                runs.diverged(),
                runs.runs.len()
            ));
        }
        if found.cut_short {
            notes.push(format!("{}: the search for the rate was cut short.", variant.name));
        }
    }
    for note in notes {
        table.note(note);
    }
    Ok(table)
}

/// The held-out loss at the rate of the full method, beside that at the tuned rate, and where the two disagree.
pub fn at_one_rate(experiment: &Experiment, study: &Study, results: &Results) -> Result<Table> {
    let columns = [
        words("variant"),
        Column::new("tuned rate").format(Format::Significant(3)),
        Column::new("Δ held out, tuned").align(Alignment::Right),
        Column::new("one rate").format(Format::Significant(3)),
        Column::new("Δ held out, one rate").align(Alignment::Right),
        words("the two readings"),
    ];
    let title = format!("{}: all at the rate of the full method", experiment.task.name);
    let mut table = Table::new(title, columns);
    for block in &study.blocks {
        let full = results.runs(&block.full);
        let one_rate = rate(&full.entrant);
        for variant in block.rows.iter().filter(|row| row.related) {
            let last = experiment.plan.epochs as usize;
            let own = results.runs(variant).against(full, last, HELD_OUT.of);
            let runs = results.at_rate(variant, one_rate);
            let same = runs.against(full, last, HELD_OUT.of);
            let side = |paired: Option<PairedDifference>| match paired {
                Some(paired) if paired.distinguishable(1) => {
                    if paired.mean < 0.0 {
                        "better"
                    } else {
                        "worse"
                    }
                }
                Some(_) => "not distinguishable",
                None => "diverged",
            };
            let diverged = match runs.diverged() {
                0 => String::new(),
                count => format!("; {count} of {} diverged at one rate", runs.runs.len()),
            };
            let verdict = match (side(own), side(same)) {
                (a, b) if a == b => format!("agree: {a}{diverged}"),
                (a, b) => format!("disagree: {a} when tuned, {b} at one rate{diverged}"),
            };
            table.row([
                variant.name.into(),
                rate(&results.runs(variant).entrant).into(),
                shown(own, HELD_OUT.digits, None),
                one_rate.into(),
                shown(same, HELD_OUT.digits, None),
                verdict.into(),
            ])?;
        }
    }
    Ok(table)
}

/// Paired differences of the held-out loss at tuned rates.
pub fn picture(study: &Study, all: &[(&Experiment, &Results)], comparisons: usize) -> Result<Svg> {
    let seeds = all.first().map_or(0, |(experiment, _)| experiment.plan.seeds);
    let title = format!("{}: change of the held-out loss, nats (left is better)", study.title);
    let mut plot = DotPlot::new(title, all.iter().map(|(experiment, _)| experiment.task.name.clone()));
    for block in &study.blocks {
        plot.heading(format!("{} =: 0", block.title));
        for variant in &block.rows {
            let dot = |(experiment, results): &(&Experiment, &Results)| {
                let full = results.runs(&block.full);
                let last = experiment.plan.epochs as usize;
                let paired = results.runs(variant).against(full, last, HELD_OUT.of)?;
                Some(Dot {
                    value: paired.mean,
                    half_width: paired.interval(1).half_width,
                    strength: u8::from(paired.distinguishable(1))
                        + u8::from(paired.distinguishable(comparisons)),
                })
            };
            plot.row(variant.name, all.iter().map(dot))?;
        }
    }
    plot.note(format!(
        "Paired by seed, {seeds} seeds, every variant at its own tuned rate; bars: 95 % intervals of Student's t. \
         Hollow: {NOTHING}."
    ));
    plot.note(format!(
        "Pale: distinguishable as a single comparison only; dark: also among all {comparisons} of the study \
         (Bonferroni). Arrows: beyond the axis. No dot: diverged."
    ));
    plot.render()
}
