//! Ablations of FAdam, AdaFisher and ND-Adam: each part off in turn, and what is left of the difference.
//!
//! ```sh
//! cargo run --release --example ablations                # writes docs/optimizers/ablation-*.svg
//! cargo run --release --example ablations -- out         # into the folder out
//! cargo run --release --example ablations -- out runs    # keeps the runs in the folder runs, and goes on with them
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

use contest::{FIRST_TUNING_SEED, Results};
use natgrad::experiment::{Entrant, Experiment, NetworkShape, Plan, Search, Store, Task, WordOptions};
use natgrad::{Error, Result};
use std::path::{Path, PathBuf};
use studies::Study;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder: PathBuf = arguments.next().unwrap_or_else(|| "docs/optimizers".into()).into();
    let runs = arguments.next();
    let quick = runs.as_deref() == Some("quick");
    std::fs::create_dir_all(&folder).map_err(|error| file(&folder, &error))?;
    let (digits, words) = (experiment("digits", quick)?, experiment("words", quick)?);
    let search = Search { epochs: if quick { 1 } else { 5 }, seeds: 2, trials: 14 };
    for study in studies::all()? {
        let mut results = Vec::new();
        for experiment in [&digits, &words] {
            let mut experiment = experiment.clone();
            if let (Some(runs), false) = (&runs, quick) {
                let directory = Path::new(runs).join(study.name).join(&experiment.task.name);
                experiment.store = Some(Store { directory, every: None, resume: true });
            }
            results.push(Results::of(&study, &experiment, search)?);
        }
        let all: Vec<(&Experiment, &Results)> = [&digits, &words].into_iter().zip(&results).collect();
        report(&study, &all, search, &folder)?;
    }
    Ok(())
}

fn experiment(name: &str, quick: bool) -> Result<Experiment> {
    let task = Task::with_words(name, 0, WordOptions { words: 1000, context: 3 })?;
    let plan = match (quick, name) {
        (true, _) => Plan { epochs: 2, batch: 64, seeds: 2, first_seed: 0 },
        (false, _) => Plan { epochs: 10, batch: 64, seeds: 10, first_seed: 0 },
    };
    Ok(Experiment { task, shape: NetworkShape::default(), plan, store: None })
}

fn report(study: &Study, all: &[(&Experiment, &Results)], search: Search, folder: &Path) -> Result<()> {
    let comparisons = tables::comparisons(study, all.len());
    let mut text = String::new();
    for (experiment, results) in all {
        for block in &study.blocks {
            text += &format!("{}\n", tables::tuned(experiment, block, results, comparisons)?.to_markdown());
        }
    }
    let (plan, seeds) = (all[0].0.plan, all[0].0.plan.seeds);
    text += &format!(
        "{} epochs in batches of {}, {seeds} seeds; rates from searches of {} epochs on {} other seeds (from {}). Losses in \
         nats, accuracies in per cent. Δ: variant less reference, paired by seed, ± half the 95 % interval of Student's t. \
         † the interval leaves out 0; ‡ also at 0.05/{comparisons}, for the {comparisons} differences of these tables \
         (Bonferroni); no mark: {}.\n\n",
        plan.epochs,
        plan.batch,
        search.epochs,
        search.seeds,
        FIRST_TUNING_SEED,
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
    let same = weights("optimizer = \"fadam\"")? == weights("optimizer = \"fadam\"\nepsilon_exponent = \"plain\"")?;
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
