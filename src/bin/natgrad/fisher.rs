//! `natgrad fisher`.

use crate::failure::{Failure, Outcome};
use crate::names;
use crate::npz_problem::{self, Problem};
use crate::output;
use crate::settings::Settings;
use crate::view::{View, fits};
use natgrad::Scalar;
use natgrad::data::{Npz, NpzWriter, read_npy};
use natgrad::fisher::{ErrorKind, Form, MonteCarloPlan};
use natgrad::ndarray::Array1;
use natgrad::report::{Alignment, Cell, Column, Document, Table};
use natgrad::solver::Damping;
use std::path::{Path, PathBuf};

const NOTES: &str = "OUT.npz: loss (mean nll, nats), gradient (P), fisher (P × P, written out), diagonal (P), trace; for \
    estimators that draw standard_error (of the trace), mse (E‖F̂ - F‖², Frobenius) and error_exact: 1 if both are \
    exact, 0 if they are estimated from the sample (dependent draws of labels too many to list); product with --vector. Parameters are in the order w0 (row-major), b0, w1, …. Float32 \
    problems are computed and written in float32; the type of w0 or jacobian decides, and other arrays are \
    converted to it.\n\n\
    Example:\n  cargo natgrad fisher examples/problem.npz --likelihood categorical \\\n    \
    --estimator mc-systematic:4 --matrix dense -o fisher.npz";

/// The Kronecker form that needs no scores.
const FORWARD_ONLY: &str = "forward-only";

/// The Fisher of a problem by one estimator in one form, with loss and gradient.
#[derive(Debug, clap::Args)]
#[command(after_help = NOTES)]
pub struct Args {
    #[command(flatten)]
    pub problem: npz_problem::Args,
    #[command(flatten)]
    pub estimate: Estimate,
    /// Damping of fisher, diagonal, trace and product
    #[arg(long, value_name = "VALUE", allow_negative_numbers = true)]
    damping: Option<f64>,
    /// exact (F + λ I) or relative-diagonal (F + λ diag F); the schemes of Kronecker factors are for `solve`
    #[arg(long, value_name = "NAME", default_value = "exact", requires = "damping")]
    scheme: String,
}

/// What `fisher` and `solve` share.
#[derive(Debug, clap::Args)]
pub struct Estimate {
    /// exact, exact-enumeration, mc:M, mc-antithetic:M, mc-systematic:M, curvature-propagation:M,
    /// curvature-propagation-labels:M; not a Fisher: empirical, empirical-centred, forward-only
    #[arg(long, value_name = "E", default_value = "exact")]
    pub estimator: String,
    /// dense, implicit, gram; block, unit-block, quasi-diagonal, diagonal; kfac, kfac-separate, ekfac, kfoc, tkfac,
    /// diagonal-kronecker [default: dense, or what --solver is for]
    #[arg(long, value_name = "M")]
    pub matrix: Option<String>,
    /// Leave out `fisher`, the P × P array
    #[arg(long)]
    pub no_dense: bool,
    /// Adds `product`, the matrix times this vector of P entries
    #[arg(long, value_name = "V.npy")]
    pub vector: Option<PathBuf>,
    /// Tells how many independent draws the trace and the matrix need for this relative error
    #[arg(long, value_name = "R")]
    pub relative_error: Option<f64>,
    /// Probability with which the planned error may be exceeded
    #[arg(long, value_name = "ALPHA", default_value_t = 0.05, requires = "relative_error")]
    pub level: f64,
    /// Where to write
    #[arg(short, long, value_name = "OUT.npz")]
    pub output: PathBuf,
}

pub fn run(args: &Args, settings: &Settings) -> Outcome {
    let damping = match args.damping {
        Some(value) => names::damping(&args.scheme, value)?,
        None => Damping::None,
    };
    output::check_targets([Some(args.estimate.output.as_path()), settings.json.as_deref()])?;
    let npz = Npz::open(&args.problem.problem)?;
    if npz_problem::is_single(&npz)? {
        estimate::<f32>(args, damping, &npz, settings)
    } else {
        estimate::<f64>(args, damping, &npz, settings)
    }
}

fn estimate<T: Scalar>(args: &Args, damping: Damping, npz: &Npz, settings: &Settings) -> Outcome {
    let result = Estimated::<T>::new(&args.problem, &args.estimate, damping, npz, settings.seed, "dense")?;
    let mut document = Document::new("fisher", format!("Fisher of {}", args.problem.problem.display()));
    document.table(result.table);
    output::deliver(&document, settings, Some((&result.arrays, &args.estimate.output)), None)
}

/// The matrix with everything `fisher` writes about it.
pub struct Estimated<T: Scalar> {
    pub problem: Problem<T>,
    pub view: View<T>,
    pub arrays: NpzWriter,
    pub table: Table,
}

impl<T: Scalar> Estimated<T> {
    /// Estimates; `damping` is added to the matrix that is written, not to `view`; `default` names the matrix where
    /// none is asked for.
    pub fn new(
        problem: &npz_problem::Args,
        args: &Estimate,
        damping: Damping,
        npz: &Npz,
        seed: u64,
        default: &'static str,
    ) -> Outcome<Self> {
        let forward_only = args.estimator == FORWARD_ONLY;
        let default = if forward_only { "kfac" } else { default };
        let form = names::form(args.matrix.as_deref().unwrap_or(default))?;
        if forward_only && form != Form::Kfac {
            return Err(Failure::new(format!("estimator '{FORWARD_ONLY}' exists as --matrix kfac only")));
        }
        let problem = Problem::<T>::read(npz, problem)?;
        let lin = &problem.lin;
        if !args.no_dense {
            fits(lin.dim(), "use --no-dense")?;
        }
        let vector = args.vector.as_deref().map(|path| read_vector(path, lin.dim())).transpose()?;
        let (view, estimate) = if forward_only {
            (View::Kronecker(lin.forward_only()?), None)
        } else {
            let estimator = names::estimator::<T>(&args.estimator, seed)?;
            let scores = lin.scores(estimator.as_ref())?;
            let drawn = scores.provenance().seed.is_some();
            (View::of(&scores, form)?, if drawn { Some(scores.trace_estimate()?.to_string()) } else { None })
        };
        let plan = args.relative_error.map(|_| MonteCarloPlan::new(lin)).transpose()?;
        let operator = view.operator();
        let shift = damping.shift(operator)?;
        let diagonal = operator.diagonal()? + &shift;

        let mut arrays = NpzWriter::new();
        arrays.scalar("loss", lin.loss())?.array("gradient", lin.gradient())?;
        if !args.no_dense {
            let mut dense = operator.to_dense()?;
            dense.diag_mut().assign(&diagonal);
            arrays.array("fisher", &dense)?;
        }
        factors(&view, &mut arrays)?;
        arrays.array("diagonal", &diagonal)?.scalar("trace", diagonal.sum())?;
        if let Some(v) = &vector {
            arrays.array("product", &(operator.apply(v.view())? + &shift * v))?;
        }
        let error = view.provenance().error;
        if let Some(error) = &error {
            arrays.scalar("standard_error", error.trace_standard_error())?;
            arrays.scalar("mse", error.mean_squared_error)?;
            arrays.scalar("error_exact", f64::from(u8::from(error.kind == ErrorKind::Exact)))?;
        }
        let mut table = describe(&problem, args, damping, diagonal.sum(), &view)?;
        if let Some(estimate) = estimate {
            table.row(["trace of the draws".into(), estimate.into()])?;
        }
        if let (Some(plan), Some(r)) = (plan, args.relative_error) {
            planned(&mut table, plan, r, args.level)?;
        }
        Ok(Estimated { problem, view, arrays, table })
    }
}

fn describe<T: Scalar>(
    problem: &Problem<T>,
    args: &Estimate,
    damping: Damping,
    trace: T,
    view: &View<T>,
) -> Outcome<Table> {
    let lin = &problem.lin;
    let mut table = Table::new("", [Column::new("quantity"), Column::new("value").align(Alignment::Right)]);
    let gradient = lin.gradient().mapv(|g| g.as_f64());
    let mut row = |name: &str, cell: Cell| table.row([name.into(), cell]).map(|_| ());
    row("problem", problem.summary.clone().into())?;
    row("likelihood", lin.likelihood().name().into())?;
    row("data", lin.data().into())?;
    row("parameters", lin.dim().into())?;
    row("estimator", args.estimator.clone().into())?;
    row("matrix", view.name().into())?;
    if damping != Damping::None {
        row("damped", damping.to_string().into())?;
    }
    row("loss [nats per datum]", lin.loss().as_f64().into())?;
    row("length of the gradient", gradient.dot(&gradient).sqrt().into())?;
    row("trace", trace.as_f64().into())?;
    let provenance = view.provenance();
    if let Some(error) = &provenance.error {
        row(&format!("standard error of the trace ({})", error.kind), error.trace_standard_error().into())?;
        row(&format!("mean squared error ({})", error.kind), error.mean_squared_error.into())?;
    }
    row("written to", args.output.display().to_string().into())?;
    match provenance.estimator.as_str() {
        "empirical" => {
            table.note("The score second moment at the observed labels: it does not estimate the Fisher.");
        }
        "empirical-centred" => {
            table.note("The score covariance at the observed labels: it does not estimate the Fisher.");
        }
        FORWARD_ONLY => {
            table.note("I ⊗ E[āāᵀ], without a pass back: it does not estimate the Fisher.");
        }
        _ => {}
    }
    if let Some(seed) = provenance.seed {
        table.note(format!("Drawn with seed {seed}."));
        match &provenance.error {
            None => {
                table.note(
                    "No error: the joint labels cannot be listed, and one group of draws shows no spread.",
                );
            }
            Some(error) if error.kind == ErrorKind::Estimated => {
                table.note("The joint labels cannot be listed: the errors are estimated from the spread of the draws, or,");
                table.note("where those of a datum depend on one another, of the data: then they are too large on average.");
            }
            Some(_) => {}
        }
        if provenance.error.is_some() && !matches!(view, View::Dense(_) | View::Implicit(_) | View::Gram(_)) {
            table.note(
                "The errors are those of the whole matrix of the draws and of its trace, not of this form.",
            );
        }
    }
    Ok(table)
}

/// The draws of `mc:M` that a relative error r takes.
fn planned(table: &mut Table, plan: MonteCarloPlan, r: f64, alpha: f64) -> Outcome {
    let (percent, level) = (100.0 * r, 100.0 * (1.0 - alpha));
    let mut row = |name: String, draws: usize| table.row([name.into(), draws.into()]).map(|_| ());
    let normal = plan.draws_for_trace(r, alpha)?;
    row(format!("draws for the trace within {percent} %, {level} % of the time"), normal)?;
    row("the same, whatever the distribution".to_owned(), plan.draws_for_trace_guaranteed(r, alpha)?)?;
    row("the same of the matrix, in its norm".to_owned(), plan.draws_for_matrix(r, alpha)?)?;
    Ok(())
}

/// The undamped Kronecker factors `a{l}` and `b{l}` of block l, and `eigenvalues{l}`.
fn factors<T: Scalar>(view: &View<T>, arrays: &mut NpzWriter) -> Outcome {
    let (factors, scalings) = match view {
        View::Kronecker(fisher) => (fisher.operator().factors(), None),
        View::EigenKronecker(fisher) => (fisher.operator().factors(), Some(fisher.operator().scalings())),
        _ => return Ok(()),
    };
    for (l, factor) in factors.iter().enumerate() {
        arrays.array(&format!("a{l}"), &factor.right())?.array(&format!("b{l}"), &factor.left())?;
        if let Some(scalings) = scalings {
            arrays.array(&format!("eigenvalues{l}"), &scalings[l])?;
        }
    }
    Ok(())
}

fn read_vector<T: Scalar>(path: &Path, order: usize) -> Outcome<Array1<T>> {
    let vector = read_npy::<T>(path)?;
    let found = vector.shape().to_vec();
    let problem = |problem: String| natgrad::Error::File { path: path.to_path_buf(), problem };
    let vector = vector
        .into_dimensionality::<natgrad::ndarray::Ix1>()
        .ok()
        .filter(|vector| vector.len() == order)
        .ok_or_else(|| problem(format!("has shape {found:?}; the problem has [{order}] parameters")))?;
    match vector.iter().position(|v| !v.is_finite()) {
        None => Ok(vector),
        Some(i) => Err(problem(format!("[{i}] = {}; every entry must be finite", vector[i])).into()),
    }
}
