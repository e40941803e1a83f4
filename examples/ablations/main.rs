//! Ablations of FAdam, AdaFisher and ND-Adam: each part off in turn, and what is left of the difference.
//!
//! ```sh
//! cargo run --release --example ablations                # writes docs/optimizers/ablation-*.svg
//! cargo run --release --example ablations -- out         # into the folder out
//! cargo run --release --example ablations -- out fadam   # one study alone: fadam, adafisher or nd-adam
//! cargo run --release --example ablations -- out quick   # two seeds and two epochs: to see that it works
//! ```
//!
//! Prints every table, and where `ablations.md` lies beside the folder, replaces the tables there. Every variant has its
//! own learning rate, from one search on seeds that no run has; differences are paired by seed. Some minutes on two
//! processors; the numbers are the same whatever their number.

mod constancy;
mod contest;
mod studies;
mod tables;

use contest::Results;
use natgrad::experiment::{Entrant, Experiment, NetworkShape, Plan, Search, Task, WordOptions};
use natgrad::{Error, Result};
use std::path::{Path, PathBuf};
use studies::Study;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder: PathBuf = arguments.next().unwrap_or_else(|| "docs/optimizers".into()).into();
    let options: Vec<String> = arguments.collect();
    let quick = options.iter().any(|word| word == "quick");
    let chosen: Vec<&String> = options.iter().filter(|word| *word != "quick").collect();
    std::fs::create_dir_all(&folder).map_err(|error| file(&folder, &error))?;
    let (digits, words) = (experiment("digits", quick)?, experiment("words", quick)?);
    for study in studies::all()? {
        if !chosen.is_empty() && chosen.iter().all(|name| *name != study.name) {
            continue;
        }
        let of = |experiment| Results::of(&study, experiment, search(experiment));
        let results = [of(&digits)?, of(&words)?];
        let all: Vec<(&Experiment, &Results)> = [&digits, &words].into_iter().zip(&results).collect();
        report(&study, &all, &folder)?;
    }
    Ok(())
}

fn experiment(name: &str, quick: bool) -> Result<Experiment> {
    let task = Task::with_words(name, 0, WordOptions { words: 700, context: 3 })?;
    // Some 230 steps of either; few passes over the words, which the network would soon know by heart.
    let (epochs, seeds) = match (quick, name) {
        (true, _) => (2, 2),
        (_, "words") => (3, 7),
        _ => (10, 7),
    };
    let plan = Plan { epochs, batch: 64, seeds, first_seed: 0 };
    Ok(Experiment { task, shape: NetworkShape::default(), plan, store: None })
}

/// One seed, half the run or more.
fn search(experiment: &Experiment) -> Search {
    Search { epochs: experiment.plan.epochs.div_ceil(2), seeds: 1, trials: 14 }
}

fn report(study: &Study, all: &[(&Experiment, &Results)], folder: &Path) -> Result<()> {
    let comparisons = tables::comparisons(study, all.len());
    let mut text = String::new();
    for (experiment, results) in all {
        for block in &study.blocks {
            text += &format!("{}\n", tables::tuned(experiment, block, results, comparisons)?.to_markdown());
        }
    }
    for (experiment, _) in all {
        let (plan, search) = (experiment.plan, search(experiment));
        text += &format!(
            "{}: {} epochs in batches of {} of {} data, {} held out; {} seeds; rates from searches of {} epochs on {} other \
             seed. ",
            experiment.task.describe(),
            plan.epochs,
            plan.batch,
            experiment.task.train.x.nrows(),
            experiment.task.held_out.x.nrows(),
            plan.seeds,
            search.epochs,
            search.seeds
        );
    }
    text += &format!(
        "Losses in nats, accuracies in per cent. Δ: variant less reference, paired by seed, ± half the 95 % interval of \
         Student's t. † the interval leaves out 0; ‡ also at 0.05/{comparisons}, for the {comparisons} differences of these \
         tables (Bonferroni); no mark: {}.\n\n",
        tables::NOTHING
    );
    for (experiment, results) in all {
        text += &format!("{}\n", tables::at_one_rate(experiment, study, results)?.to_markdown());
    }
    if study.name == "fadam" {
        text += &format!("{}\n\n", exponent(all[0].0)?);
    }
    if study.name == "adafisher" {
        for (experiment, results) in all {
            text += &format!("{}\n", constancy(study, experiment, results)?.to_markdown());
        }
    }
    println!("## {}\n\n{text}", study.title);
    replace(&folder.join("../ablations.md"), study.name, &text)?;
    let svg = tables::picture(study, all, comparisons)?;
    svg.write(folder.join(format!("ablation-{}.svg", study.name)))
}

/// ε^(2p) and ε are one at p = ½: run, not argued.
fn exponent(experiment: &Experiment) -> Result<String> {
    let weights = |toml: &str| -> Result<Vec<u64>> {
        let config = natgrad::optimizer::OptimizerConfig::from_toml(toml)?;
        let entrant = Entrant::new("exponent", config).with_learning_rate(0.05);
        let run = experiment.run(&entrant, 0, &|_| ())?;
        Ok(run.network.parameters().iter().map(|x| x.to_bits()).collect())
    };
    let same =
        weights("optimizer = \"fadam\"")? == weights("optimizer = \"fadam\"\nepsilon_exponent = \"plain\"")?;
    let verdict = if same { "the same bits" } else { "different bits" };
    Ok(format!("ε^(2p) against plain ε at p = ½, one run of the digits with each: {verdict} in all weights."))
}

fn constancy(study: &Study, experiment: &Experiment, results: &Results) -> Result<natgrad::report::Table> {
    let block = &study.blocks[0];
    let entrant = |name: &str| {
        let found = block.rows.iter().find(|row| row.name == name).unwrap_or(&block.full);
        &results.tuned(found).entrant
    };
    let presets = [
        ("paper", entrant("AdaFisher")),
        ("official", entrant("preset official")),
        ("official-2025-01", entrant("preset official-2025-01")),
    ];
    constancy::table(experiment, &presets, entrant("SGD with momentum 0.9"))
}

/// The text between `<!-- NAME -->` and `<!-- end NAME -->`, if there is such a page.
fn replace(page: &Path, name: &str, text: &str) -> Result<()> {
    if !page.exists() {
        return Ok(());
    }
    let old = std::fs::read_to_string(page).map_err(|error| file(page, &error))?;
    let (from, to) = (format!("<!-- {name} -->\n"), format!("<!-- end {name} -->"));
    let parts = old.split_once(&from).and_then(|(before, rest)| Some((before, rest.split_once(&to)?.1)));
    let Some((before, after)) = parts else { return Ok(()) };
    let new = format!("{before}{from}\n{text}{to}{after}");
    std::fs::write(page, new).map_err(|error| file(page, &error))
}

fn file(path: &Path, error: &std::io::Error) -> Error {
    Error::File { path: path.into(), problem: error.to_string() }
}
