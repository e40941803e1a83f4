//! `natgrad compare`.

use crate::failure::{Failure, Outcome};
use crate::methods;
use crate::names;
use crate::npz_problem::{self, Problem};
use crate::output;
use crate::progress;
use crate::settings::Settings;
use crate::tasks::{NetworkArgs, WordArgs};
use crate::train::train;
use natgrad::data::Npz;
use natgrad::experiment::{Entrant, Experiment, Plan, figures, summary};
use natgrad::fisher::{Candidate, Contest, Empirical, Exact, Reference};
use natgrad::likelihood::accuracy;
use natgrad::ndarray::Array2;
use natgrad::optimizer::{Batches, Training};
use natgrad::report::{ContestNotes, Document, certificates};
use natgrad::{Linearization, Network, Scalar};
use std::path::PathBuf;

/// Parameters beyond which the spectra of dense matrices take hours.
const ORDER_LIMIT: usize = 8192;

/// Parameters up to which the eigenvectors of the exact matrix cost less than the rest.
const DIAGNOSIS_LIMIT: usize = 1024;

/// Data per step, wherever built-in data are trained.
const BATCH: usize = 64;

/// Words, if nobody says how many: the exact matrix takes every letter for every class.
const WORDS: usize = 100;

/// Of Adam before the comparison: slow enough that 200 steps leave something to learn.
const RATE: f64 = 0.01;

const NOTES: &str = "Either of a PROBLEM.npz, or of built-in data (--data), where a network is first trained for --steps \
    steps of Adam on all data; after the tables, optimizers then train it anew for --epochs epochs (0: none) \
    with a fifth held out. Rows: the exact Fisher first, then by efficiency; the plain gradient is a row \
    with a direction only.\n\n\
    Example:\n  cargo natgrad compare examples/problem.npz --likelihood categorical";

/// Approximations of the Fisher against the exact one: matrices, directions, steps, cost.
#[derive(Debug, clap::Args)]
#[command(after_help = NOTES)]
pub struct Args {
    /// NPZ archive: x, y, w0, b0 (may be absent), w1, …; or jacobian, eta, y
    #[arg(value_name = "PROBLEM.npz", required_unless_present = "data", conflicts_with = "data")]
    problem: Option<PathBuf>,
    /// For PROBLEM.npz: categorical, bernoulli, binomial:TRIALS, poisson, geometric, negative-binomial:FAILURES,
    /// gaussian:VARIANCE
    #[arg(long, value_name = "L", required_unless_present = "data", conflicts_with = "data")]
    likelihood: Option<String>,
    /// Built-in data instead: digits, breast-cancer, words, ink, horse-kicks
    #[arg(long, value_name = "D")]
    data: Option<String>,
    #[command(flatten)]
    words: WordArgs,
    #[command(flatten)]
    shape: NetworkArgs,
    /// Steps of Adam before the comparison, with --data
    #[arg(long, value_name = "N", default_value_t = 200)]
    steps: u64,
    /// Epochs of the training comparison, with --data; 0 leaves it out
    #[arg(long, value_name = "E", default_value_t = 10)]
    epochs: u64,
    /// λ of F + λ I and M + λ I
    #[arg(long, value_name = "VALUE", default_value_t = 0.001, allow_negative_numbers = true)]
    damping: f64,
    /// Predicted divergence of the trial steps, nats per datum
    #[arg(long, value_name = "NATS", default_value_t = 0.01)]
    divergence: f64,
    /// Estimators, each with every matrix: exact, exact-enumeration, mc:M, mc-antithetic:M, mc-systematic:M,
    /// curvature-propagation:M, curvature-propagation-labels:M, empirical, empirical-centred
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    estimators: Vec<String>,
    /// Matrices, see `natgrad fisher --help` [default with --estimators: dense]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    matrices: Vec<String>,
    /// Write one page with the tables and, with --data, curves
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

pub fn run(args: &Args, settings: &Settings) -> Outcome {
    output::check_targets([args.html.as_deref(), settings.json.as_deref()])?;
    names::damping("exact", args.damping)?;
    if !(args.divergence > 0.0 && args.divergence.is_finite()) {
        return Err(Failure::new("--divergence must be positive and finite"));
    }
    // Names are refused before anything is read.
    row_names(args, settings.seed, true, true)?;
    let document = match (&args.problem, &args.likelihood, &args.data) {
        (Some(path), Some(likelihood), _) => {
            let problem = npz_problem::Args {
                problem: path.clone(),
                likelihood: likelihood.clone(),
                activation: args.shape.activation.clone(),
            };
            let npz = Npz::open(path)?;
            if npz_problem::is_single(&npz)? {
                of_problem::<f32>(args, &npz, &problem, settings)?
            } else {
                of_problem::<f64>(args, &npz, &problem, settings)?
            }
        }
        (_, _, Some(data)) => of_data(args, data, settings)?,
        _ => return Err(Failure::new("a PROBLEM.npz with --likelihood, or --data, is needed; try --help")),
    };
    output::deliver(&document, settings, None, args.html.as_deref())
}

/// Estimator and matrix, by name.
type Name = (String, String);

/// The rows beside the exact one: those asked for, every estimator with every matrix; or a default choice, of which
/// a bare Jacobian leaves out what needs layers.
fn row_names(args: &Args, seed: u64, layers: bool, blocks: bool) -> Outcome<Vec<Name>> {
    let pair = |estimator: &str, matrix: &str| (estimator.to_owned(), matrix.to_owned());
    let mut names: Vec<Name> = Vec::new();
    if args.estimators.is_empty() && args.matrices.is_empty() {
        names.extend([pair("exact", "implicit"), pair("exact", "diagonal")]);
        if blocks {
            names.push(pair("exact", "block"));
        }
        if layers {
            let forms = ["unit-block", "quasi-diagonal", "kfac", "kfac-separate", "ekfac", "kfoc", "tkfac"];
            names.extend(forms.map(|form| pair("exact", form)));
            names.push(pair("exact", "diagonal-kronecker"));
        }
        for estimator in
            ["exact-enumeration", "mc:1", "mc:4", "mc:16", "mc-systematic:4", "mc-systematic:16", "empirical"]
        {
            names.push(pair(estimator, "dense"));
        }
        names.extend([pair("mc:1", "diagonal"), pair("empirical", "diagonal"), pair("empirical", "gram")]);
        return Ok(names);
    }
    let or = |given: &[String], default: &[&str]| -> Vec<String> {
        if given.is_empty() {
            default.iter().map(|name| (*name).to_owned()).collect()
        } else {
            given.to_vec()
        }
    };
    let matrices = or(&args.matrices, &["dense"]);
    for matrix in &matrices {
        names::form(matrix)?;
    }
    for estimator in or(&args.estimators, &["exact", "mc:1", "mc-systematic:4", "empirical"]) {
        names::estimator::<f64>(&estimator, seed)?;
        names.extend(matrices.iter().map(|matrix| pair(&estimator, matrix)));
    }
    names.retain(|name| *name != pair("exact", "dense"));
    Ok(names)
}

fn compare<T: Scalar>(
    args: &Args,
    names: &[Name],
    lin: &Linearization<T>,
    network: Option<&(Network<T>, Array2<T>)>,
    settings: &Settings,
    document: &mut Document,
) -> Outcome {
    if lin.dim() > ORDER_LIMIT {
        return Err(Failure::new(format!(
            "compare needs the exact matrix and its spectrum: {} parameters, the limit is {ORDER_LIMIT}",
            lin.dim()
        )));
    }
    let contest = Contest {
        lin,
        network: network.map(|(network, x)| (network, x)),
        damping: args.damping,
        divergence: args.divergence,
    };
    let candidates: Outcome<Vec<Candidate<T>>> = names
        .iter()
        .map(|(estimator, matrix)| {
            let estimator = names::estimator(estimator, settings.seed)?;
            Ok(Candidate { estimator, form: names::form(matrix)? })
        })
        .collect();
    let bar = progress::bar(settings, names.len() as u64 + 1, "rows");
    let rows = contest.rows(&candidates?, &|_| bar.inc(1))?;
    bar.finish_and_clear();
    let notes = ContestNotes { damping: args.damping, divergence: args.divergence, seed: settings.seed };
    for table in certificates(&rows, &notes)? {
        document.table(table);
    }
    if names.iter().any(|(estimator, _)| estimator == "empirical") && lin.dim() <= DIAGNOSIS_LIMIT {
        let exact = lin.scores(&Exact)?.dense()?;
        let reference = Reference::new(&exact, lin.gradient().view(), T::of(args.damping))?;
        let diagnosis = reference.diagnose(&lin.scores(&Empirical)?.dense()?)?;
        let warnings = diagnosis.warnings();
        if !warnings.is_empty() {
            let lines = warnings.join(";\n- ");
            document.text(format!("Taken for the Fisher, the empirical matrix misleads:\n- {lines}."));
        }
    }
    Ok(())
}

fn of_problem<T: Scalar>(
    args: &Args,
    npz: &Npz,
    problem: &npz_problem::Args,
    settings: &Settings,
) -> Outcome<Document> {
    let read = Problem::<T>::read(npz, problem)?;
    let title = format!("Fisher approximations of {}", problem.problem.display());
    let mut document = Document::new("compare", title);
    let lin = &read.lin;
    document.text(format!(
        "{}, {}: N = {}, P = {}, loss {:.6} nats.",
        read.summary,
        lin.likelihood().name(),
        lin.data(),
        lin.dim(),
        lin.loss()
    ));
    let layers = read.network.is_some();
    let names = row_names(args, settings.seed, layers, layers || lin.layout().tensors().len() > 1)?;
    compare(args, &names, lin, read.network.as_ref(), settings, &mut document)?;
    Ok(document)
}

fn of_data(args: &Args, data: &str, settings: &Settings) -> Outcome<Document> {
    let task = args.words.task(data, settings.seed, WORDS)?;
    let shape = args.shape.shape()?;
    let network = task.network(&shape, settings.seed)?;
    let adam = Entrant::named("adam")?.with_learning_rate(RATE);
    let mut method = adam.config.method(network.layout().clone())?;
    let (x, y) = (&task.all.x, &task.all.y);
    let before = network.loss(&task.likelihood, x, y)?;
    let batches = Batches::new(BATCH, settings.seed)?;
    let mut training = Training::new(network, task.likelihood.clone(), x.clone(), y.clone(), batches)?;
    let bar = progress::bar(settings, args.steps, "steps");
    while training.steps() < args.steps {
        training.step(method.as_mut())?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    let pair = (training.network().clone(), x.clone());
    let lin = pair.0.linearize(&task.likelihood, x, y)?;
    let mut document = Document::new("compare", format!("Fisher approximations on {}", task.describe()));
    document.text(format!(
        "{}, {}: N = {}, P = {}.\n\
         Trained for {} steps of Adam (rate {}, batches of {BATCH}, seed {}):\n\
         loss {before:.4} → {:.4} nats{} on these data.",
        shape.describe(task.inputs(), task.outputs)?,
        task.likelihood.name(),
        lin.data(),
        lin.dim(),
        args.steps,
        RATE,
        settings.seed,
        lin.loss(),
        if task.has_accuracy() {
            format!(", accuracy {:.1} %", 100.0 * accuracy(&task.likelihood, lin.eta(), y)?)
        } else {
            String::new()
        },
    ));
    let names = row_names(args, settings.seed, true, true)?;
    compare(args, &names, &lin, Some(&pair), settings, &mut document)?;
    if args.epochs > 0 {
        let names = ["sgd", "adam", "adamw", "fadam", "natural-gradient"];
        let entrants: Outcome<Vec<Entrant>> = names.into_iter().map(methods::untuned).collect();
        let plan = Plan { epochs: args.epochs, batch: BATCH, seeds: 1, first_seed: settings.seed };
        let experiment = Experiment { task, shape, plan, store: None };
        let runs = train(&experiment, &entrants?, settings)?;
        document.heading("The same network, trained from new weights by each optimizer");
        document.table(summary(&experiment, &runs)?);
        for figure in figures(&runs)? {
            document.figure(figure);
        }
    }
    Ok(document)
}
