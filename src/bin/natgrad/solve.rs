//! `natgrad solve`.

use crate::failure::{Failure, Outcome};
use crate::fisher::{Estimate, Estimated};
use crate::names;
use crate::npz_problem;
use crate::output;
use crate::settings::Settings;
use crate::view::{Solving, form_of};
use natgrad::Scalar;
use natgrad::data::Npz;
use natgrad::ndarray::arr0;
use natgrad::report::Document;
use natgrad::solver::Damping;

const NOTES: &str = "OUT.npz: all that `fisher` writes of the undamped matrix M, and direction (P), residual (relative), \
    iterations, condition (an estimate from below), backward_error. The solver that ran is in the table and in --json. If \
    the residual stays above the tolerance (1e-10 for direct solvers; 1e-4 in float32), everything is written and the \
    exit code is 1.\n\n\
    Example:\n  cargo natgrad solve examples/problem.npz --likelihood categorical \\\n    \
    --damping 0.1 -o direction.npz";

/// The natural direction d of (M + damping) d = gradient; descend along -d.
#[derive(Debug, clap::Args)]
#[command(after_help = NOTES)]
pub struct Args {
    #[command(flatten)]
    problem: npz_problem::Args,
    #[command(flatten)]
    estimate: Estimate,
    /// λ ≥ 0
    #[arg(long, value_name = "VALUE", allow_negative_numbers = true)]
    damping: f64,
    /// exact (M + λ I), relative-diagonal (M + λ diag M); of Kronecker factors B ⊗ A also factored (√λ/π and π√λ),
    /// factored-unit (π = 1), per-factor (λ on each)
    #[arg(long, value_name = "NAME", default_value = "exact")]
    scheme: String,
    /// auto; cholesky (dense), woodbury (gram), kronecker (kfac, …), eigenbasis (ekfac), block, diagonal; any matrix:
    /// eigen (pseudo-inverse if singular), cg, lanczos
    #[arg(long, value_name = "NAME", default_value = "auto")]
    solver: String,
    /// Relative residual at which cg stops [default: 1e-10; 1e-5 in float32]
    #[arg(long, value_name = "T")]
    tolerance: Option<f64>,
    /// Products that cg makes at most
    #[arg(long, value_name = "K", default_value_t = 1000)]
    max_iterations: usize,
}

pub fn run(args: &Args, settings: &Settings) -> Outcome {
    names::damping(&args.scheme, args.damping)?;
    if args.tolerance.is_some_and(|t| !(t > 0.0 && t.is_finite())) {
        return Err(Failure::new("--tolerance must be positive and finite"));
    }
    output::check_targets([Some(args.estimate.output.as_path()), settings.json.as_deref()])?;
    let npz = Npz::open(&args.problem.problem)?;
    if npz_problem::is_single(&npz)? {
        solve::<f32>(args, &npz, settings, 1e-5)
    } else {
        solve::<f64>(args, &npz, settings, 1e-10)
    }
}

fn solve<T: Scalar>(args: &Args, npz: &Npz, settings: &Settings, tolerance: f64) -> Outcome {
    let mut result = Estimated::<T>::new(
        &args.problem,
        &args.estimate,
        Damping::None,
        npz,
        settings.seed,
        form_of(&args.solver),
    )?;
    let how = Solving {
        solver: &args.solver,
        damping: names::damping(&args.scheme, args.damping)?,
        tolerance: args.tolerance.unwrap_or(tolerance),
        max_iterations: args.max_iterations,
    };
    let solution = result.view.solve(result.problem.lin.gradient().view(), &how)?;
    let info = &solution.info;
    result
        .arrays
        .array("direction", &solution.direction)?
        .scalar("residual", info.residual)?
        .integers("iterations", &arr0(info.iterations as i64))?
        .scalar("condition", info.condition)?
        .scalar("backward_error", info.backward_error)?;
    let direction = solution.direction.mapv(|d| d.as_f64());
    let table = &mut result.table;
    table.row(["solver".into(), info.solver.into()])?;
    table.row(["solved".into(), info.damping.to_string().into()])?;
    table.row(["length of the direction".into(), direction.dot(&direction).sqrt().into()])?;
    table.row(["relative residual".into(), info.residual.into()])?;
    table.row(["iterations".into(), info.iterations.into()])?;
    table.row(["condition, at least".into(), info.condition.into()])?;
    table.row(["backward error".into(), info.backward_error.into()])?;
    if let Some(note) = &info.note {
        table.row(["note".into(), note.as_str().into()])?;
    }
    let mut document =
        Document::new("solve", format!("Natural direction of {}", args.problem.problem.display()));
    document.table(result.table);
    output::deliver(&document, settings, Some((&result.arrays, &args.estimate.output)), None)?;
    solution.converged().map_err(|error| Failure::verdict(error.to_string()))?;
    Ok(())
}
