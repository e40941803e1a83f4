//! Every method on the digits: what it reaches, and what a step costs. Methods that a task this small does not suit at their
//! paper's defaults have a second row.
//!
//! ```sh
//! cargo run --release --example optimizer_pictures               # writes docs/optimizers/methods.svg
//! cargo run --release --example optimizer_pictures -- out        # into the folder out
//! cargo run --release --example optimizer_pictures -- out runs   # keeps the runs in the folder runs, and goes on with them
//! ```
//!
//! A 64-32-10 tanh network, 10 epochs in batches of 64, five seeds; the learning rate of every method from the same search, all
//! else its defaults. Every number is printed. Losses and accuracies come out the same again; seconds do not.

use natgrad::Result;
use natgrad::experiment::{
    Entrant, Experiment, MeanInterval, NetworkShape, Plan, Runs, Search, Store, Task, searches, summary,
};
use natgrad::optimizer::{LogitRegularization, OptimizerConfig};
use natgrad::report::Svg;
use std::fmt::Write;
use std::path::PathBuf;

const PLAN: Plan = Plan { epochs: 10, batch: 64, seeds: 5, first_seed: 0 };

/// As long as the runs themselves: a rate that is best after five epochs can be one that leaps in the tenth.
const SEARCH: Search = Search { epochs: PLAN.epochs, seeds: 3, trials: 12 };

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1).map(PathBuf::from);
    let folder = arguments.next().unwrap_or_else(|| "docs/optimizers".into());
    if let Err(problem) = std::fs::create_dir_all(&folder) {
        return Err(natgrad::Error::File { path: folder, problem: problem.to_string() });
    }
    let store = arguments.next().map(|directory| Store { directory, every: None, resume: true });
    let (task, shape) = (Task::named("digits", PLAN.first_seed)?, NetworkShape::default());
    let experiment = Experiment { task, shape, plan: PLAN, store };
    let (mut tuned, mut all) = (Vec::new(), Vec::new());
    for entrant in Entrant::all().into_iter().chain(variants()?) {
        let found = experiment.tune(&entrant, SEARCH, &|_| ())?;
        let runs = experiment.runs(&found.entrant, &|_| ())?;
        println!("{}: rate {}", entrant.name, found.entrant.config.settings.learning_rate());
        tuned.push(found);
        all.push(runs);
    }
    println!("\n{}\n{}", searches(&tuned)?, summary(&experiment, &all)?);
    let svg = picture(&experiment, &all);
    println!("{}", svg.caption());
    svg.write(folder.join("methods.svg"))
}

/// Methods that need another setting than their paper's on a task this small; why is in docs/learning_rates.md.
fn variants() -> Result<Vec<Entrant>> {
    let with = |name: &str, text: &str| Ok(Entrant::new(name, OptimizerConfig::from_toml(text)?));
    let norm = LogitRegularization::batch_norm();
    Ok(vec![
        with("nd-adam, batch norm", "optimizer = 'nd-adam'")?.with_logits(norm),
        with("riemannian-adam, batch norm", "optimizer = 'riemannian-adam'")?.with_logits(norm),
        with("adafisherw, interval 1", "optimizer = 'adafisherw'\ninterval = 1")?,
        with("sgld, temperature 1e-6", "optimizer = 'sgld'\ntemperature = 1e-6")?,
        with(
            "dp-adam-ac, no noise",
            "optimizer = 'dp-adam-ac'\nnoise = 0.0\naveraging = 0.9\nmicro_batch = 8",
        )?,
    ])
}

/// What one method has to show.
struct Row {
    name: String,
    rate: f64,
    accuracy: Option<MeanInterval>,
    loss: Option<MeanInterval>,
    /// [`seconds`] over those of SGD.
    cost: Option<MeanInterval>,
    diverged: usize,
}

/// Seconds of training, each epoch from the run where it was fastest: other programs can only make it slower, and what a
/// method does only now and then, it does in the same epoch of every run.
fn seconds(runs: &Runs) -> Option<f64> {
    let of = |k: usize| {
        let epochs = runs
            .finished()
            .filter_map(|run| Some(run.points.get(k)?.seconds - run.points.get(k - 1)?.seconds));
        epochs.reduce(f64::min)
    };
    (1..=PLAN.epochs as usize).map(of).sum()
}

fn rows(all: &[Runs]) -> Vec<Row> {
    let base = all.iter().find(|runs| runs.entrant.name == "sgd").and_then(seconds).unwrap_or(1.0);
    let mut rows: Vec<Row> = all
        .iter()
        .map(|runs| Row {
            name: runs.entrant.name.clone(),
            rate: runs.entrant.config.settings.learning_rate(),
            accuracy: runs.last(|p| p.accuracy.map(|share| 100.0 * share)),
            loss: runs.last(|p| Some(p.held_out_loss)),
            cost: seconds(runs).and_then(|seconds| MeanInterval::of(&[seconds / base])),
            diverged: runs.diverged(),
        })
        .collect();
    let key = |row: &Row| row.loss.map_or(f64::INFINITY, |loss| loss.mean);
    rows.sort_by(|a, b| key(a).total_cmp(&key(b)));
    rows
}

/// One column of dots: where it is, and how a number becomes a place.
struct Panel {
    title: &'static str,
    left: f64,
    low: f64,
    high: f64,
    logarithmic: bool,
    ticks: Vec<f64>,
    digits: usize,
}

const WIDTH: f64 = 1000.0;
const PANEL: f64 = 165.0;
const TOP: f64 = 96.0;
const PITCH: f64 = 25.0;
const DARK: &str = "#222222";
const BLUE: &str = "#0072b2";

impl Panel {
    fn x(&self, value: f64) -> f64 {
        let place = |v: f64| if self.logarithmic { v.max(1e-300).ln() } else { v };
        let share = (place(value) - place(self.low)) / (place(self.high) - place(self.low));
        self.left + PANEL * share.clamp(0.0, 1.0)
    }

    fn frame(&self, svg: &mut String, bottom: f64) {
        text(svg, self.left, TOP - 36.0, "start", 14, DARK, self.title);
        for tick in &self.ticks {
            let x = self.x(*tick);
            line(svg, [x, TOP - 14.0, x, bottom], "#dddddd", 1.0);
            text(svg, x, TOP - 18.0, "middle", 11, "#666666", &number(*tick));
        }
    }

    fn dot(&self, svg: &mut String, y: f64, value: MeanInterval) {
        let (low, x, high) = (self.x(value.low()), self.x(value.mean), self.x(value.high()));
        line(svg, [low, y, high, y], BLUE, 2.5);
        if value.mean < self.low || value.mean > self.high {
            let tip = if value.mean < self.low { -7.0 } else { 7.0 };
            let _ = writeln!(
                svg,
                r#"<path d="M{:.1} {y:.1} l{:.1} -5 l0 10 z" fill="{BLUE}"/>"#,
                x + tip / 2.0,
                -tip
            );
        } else {
            let _ = writeln!(svg, r#"<circle cx="{x:.1}" cy="{y:.1}" r="4.5" fill="{BLUE}"/>"#);
        }
        let digits = self.digits;
        let shown = match value.half_width {
            Some(half) if digits > 0 || half < 1.0 => {
                format!("{:.digits$} ± {half:.digits$}", value.mean)
            }
            _ => format!("{:.digits$}", value.mean),
        };
        text(svg, self.left + PANEL + 10.0, y + 4.0, "start", 12, DARK, &shown);
    }
}

/// Round numbers 1, 2, 5 × 10^k around an interval, and those between.
fn logarithmic(low: f64, high: f64) -> Vec<f64> {
    let all: Vec<f64> = (-6..8).flat_map(|k| [1.0, 2.0, 5.0].map(|m| m * 10f64.powi(k))).collect();
    let below = all.iter().rposition(|tick| *tick <= low).unwrap_or(0);
    let above = all.iter().position(|tick| *tick >= high).unwrap_or(all.len() - 1);
    let every = 1 + (above - below) / 7;
    let mut ticks: Vec<f64> = all[below..above].iter().step_by(every).copied().collect();
    ticks.push(all[above]);
    ticks
}

fn panels(rows: &[Row]) -> [Panel; 3] {
    let ends = |of: fn(&Row) -> Option<MeanInterval>| -> (f64, f64) {
        let values: Vec<MeanInterval> = rows.iter().filter_map(of).collect();
        let low = values.iter().map(MeanInterval::low).fold(f64::INFINITY, f64::min);
        (low, values.iter().map(MeanInterval::high).fold(f64::NEG_INFINITY, f64::max))
    };
    // A straggler must not press all others against the edge: at most eight per cent are shown.
    let (low, high) = ends(|row| row.accuracy);
    let (low, high) = (low.max(high - 8.0).max(0.0).floor(), high.min(100.0).ceil());
    let step = if high - low > 4.0 { 2 } else { 1 };
    let ticks = (low as i32..=high as i32).rev().step_by(step).map(f64::from).collect();
    let accuracy =
        Panel { title: "held-out accuracy, %", left: 235.0, low, high, logarithmic: false, ticks, digits: 1 };
    let scale = |title, left, (low, high): (f64, f64), digits| {
        let ticks = logarithmic(low.max(1e-6), high.max(2e-6));
        let (low, high) = (ticks[0], ticks[ticks.len() - 1]);
        Panel { title, left, low, high, logarithmic: true, ticks, digits }
    };
    let loss = scale("held-out loss, nats", 482.0, ends(|row| row.loss), 3);
    let cost = scale("time per epoch, SGD = 1", 762.0, ends(|row| row.cost), 1);
    [accuracy, loss, cost]
}

fn picture(experiment: &Experiment, all: &[Runs]) -> Svg {
    let rows = rows(all);
    let panels = panels(&rows);
    let bottom = TOP + PITCH * rows.len() as f64;
    let height = bottom + 44.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} \
         {height}\" font-family=\"sans-serif\">\n<rect width=\"{WIDTH}\" height=\"{height}\" fill=\"white\"/>\n"
    );
    let Plan { epochs, seeds, .. } = experiment.plan;
    let title = format!("Every method on the {}: {epochs} epochs, {seeds} seeds", experiment.task.name);
    text(&mut svg, 16.0, 30.0, "start", 18, DARK, &title);
    text(&mut svg, 16.0, TOP - 36.0, "start", 14, DARK, "method (tuned rate)");
    for k in (0..rows.len()).step_by(2) {
        let (top, width) = (TOP + PITCH * k as f64, WIDTH - 16.0);
        let _ = writeln!(svg, r##"<rect x="8" y="{top}" width="{width}" height="{PITCH}" fill="#f6f6f6"/>"##);
    }
    for panel in &panels {
        panel.frame(&mut svg, bottom);
    }
    for (k, row) in rows.iter().enumerate() {
        let y = TOP + PITCH * (k as f64 + 0.5);
        text(&mut svg, 16.0, y + 4.0, "start", 13, DARK, &row.name);
        text(&mut svg, 228.0, y + 4.0, "end", 11, "#666666", &number(row.rate));
        let values = [row.accuracy, row.loss, row.cost];
        for (panel, value) in panels.iter().zip(values) {
            if let Some(value) = value {
                panel.dot(&mut svg, y, value);
            }
        }
        if row.diverged > 0 {
            let told = format!("{} of {seeds} diverged", row.diverged);
            text(&mut svg, WIDTH - 12.0, y + 4.0, "end", 11, "#d55e00", &told);
        }
    }
    let shape =
        experiment.shape.describe(experiment.task.inputs(), experiment.task.outputs).unwrap_or_default();
    let note = format!(
        "{shape}, batches of {}; the rate of every method from the same search on the training loss, all else its \
         defaults; bars: 95 % intervals of Student's t.",
        experiment.plan.batch
    );
    text(&mut svg, 16.0, height - 16.0, "start", 11, "#666666", &note);
    svg += "</svg>";
    let best = rows.first().map_or("none", |row| row.name.as_str());
    let caption = format!("{title}; {} methods, {best} with the least held-out loss", rows.len());
    Svg::new(svg, caption)
}

fn number(value: f64) -> String {
    if (1e-3..1e5).contains(&value) { format!("{value}") } else { format!("{value:e}") }
}

fn line(svg: &mut String, [x1, y1, x2, y2]: [f64; 4], colour: &str, width: f64) {
    let _ = writeln!(
        svg,
        r#"<line x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}" stroke="{colour}" stroke-width="{width}"/>"#
    );
}

fn text(svg: &mut String, x: f64, y: f64, anchor: &str, size: u32, colour: &str, words: &str) {
    let words = words.replace('&', "&amp;").replace('<', "&lt;");
    let _ = writeln!(
        svg,
        r#"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}" font-size="{size}" fill="{colour}">{words}</text>"#
    );
}
