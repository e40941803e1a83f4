//! `natgrad replay`.

use crate::failure::{Failure, Outcome};
use crate::npz_problem::finite;
use crate::output;
use crate::settings::Settings;
use natgrad::data::{Npz, NpzWriter};
use natgrad::ndarray::{Array1, Array2, ArrayD, IxDyn, s};
use natgrad::optimizer::{OptimizerConfig, replay};
use natgrad::report::{Column, Document, Format, Table};
use natgrad::{ParameterLayout, Scalar};
use std::path::{Path, PathBuf};

const NOTES: &str = "GRADIENTS.npz: theta0/NAME and grad/NAME (T × shape) for every tensor; float32 is computed in float32 \
    (the first theta0 decides). CONFIG.toml: optimizer = \"sgd\", \"adam\", \"adamw\" or \"fadam\", and its \
    options: lr, momentum, nesterov, beta1, beta2, p, epsilon, epsilon2, epsilon_rule, epsilon_exponent, \
    epsilon_floor, clip, clip_form, weight_decay, decay_form, f0, bias_correction, momentum_of, \
    momentum_bias_correction, preset. OUT.npz: theta/NAME ((T + 1) × shape), the first row theta0.\n\n\
    Example:\n  cargo natgrad replay examples/gradients.npz \\\n    \
    --optimizer examples/fadam.toml -o path.npz";

/// Feeds a recorded gradient sequence to an optimizer and records its iterates.
#[derive(Debug, clap::Args)]
#[command(after_help = NOTES)]
pub struct Args {
    /// The recorded sequence
    #[arg(value_name = "GRADIENTS.npz")]
    gradients: PathBuf,
    /// The optimizer
    #[arg(long, value_name = "CONFIG.toml")]
    optimizer: PathBuf,
    /// Where to write
    #[arg(short, long, value_name = "OUT.npz")]
    output: PathBuf,
}

pub fn run(args: &Args, settings: &Settings) -> Outcome {
    output::check_targets([Some(args.output.as_path()), settings.json.as_deref()])?;
    needs_only_gradients(&args.optimizer)?;
    let config = OptimizerConfig::read(&args.optimizer)?;
    let npz = Npz::open(&args.gradients)?;
    let names: Vec<String> =
        npz.names().iter().filter_map(|name| name.strip_prefix("theta0/")).map(str::to_owned).collect();
    let Some(first) = names.first() else {
        let told = format!("{}: has no array 'theta0/NAME'", args.gradients.display());
        return Err(Failure::new(told));
    };
    let stray = npz.names().iter().filter_map(|name| name.strip_prefix("grad/"));
    if let Some(name) = stray.into_iter().find(|name| !names.iter().any(|known| known == name)) {
        return Err(npz.problem(&format!("grad/{name}"), format!("has no 'theta0/{name}'")).into());
    }
    if npz.dtype(&format!("theta0/{first}"))? == f32::NAME {
        feed::<f32>(args, &config, &npz, &names, settings)
    } else {
        feed::<f64>(args, &config, &npz, &names, settings)
    }
}

/// Says of a method that needs more what it needs.
fn needs_only_gradients(path: &Path) -> Outcome {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let table: toml::Table = text.parse().unwrap_or_default();
    match table.get("optimizer").and_then(toml::Value::as_str) {
        Some(name @ ("natural-gradient" | "natural_gradient")) => Err(Failure::new(format!(
            "{}: '{name}' needs a model and data at every step, not only gradients: see `natgrad train`",
            path.display()
        ))),
        _ => Ok(()),
    }
}

fn feed<T: Scalar>(
    args: &Args,
    config: &OptimizerConfig,
    npz: &Npz,
    names: &[String],
    settings: &Settings,
) -> Outcome {
    let mut start = Vec::new();
    let mut recorded: Vec<ArrayD<T>> = Vec::new();
    for name in names {
        let (theta0, grad) = (format!("theta0/{name}"), format!("grad/{name}"));
        let theta = npz.array::<T>(&theta0)?;
        finite(npz, &theta0, &theta)?;
        let gradients = npz.array::<T>(&grad)?;
        let steps = gradients.shape().first().copied();
        if gradients.shape().get(1..) != Some(theta.shape()) {
            let problem = format!("has shape {:?}; it must be T × {:?}", gradients.shape(), theta.shape());
            return Err(npz.problem(&grad, problem).into());
        }
        if steps == Some(0) {
            return Err(npz.problem(&grad, "is empty; at least one step is needed").into());
        }
        if let Some(first) = recorded.first().filter(|first| first.shape().first() != steps.as_ref()) {
            let problem =
                format!("has {} steps; grad/{} has {}", gradients.shape()[0], names[0], first.shape()[0]);
            return Err(npz.problem(&grad, problem).into());
        }
        finite(npz, &grad, &gradients)?;
        start.push(theta);
        recorded.push(gradients);
    }
    let layout =
        ParameterLayout::new(names.iter().zip(&start).map(|(name, theta)| (name, theta.shape().to_vec())))?;
    let steps = recorded.first().map_or(0, |gradients| gradients.shape()[0]);
    let mut gradients = Array2::zeros((steps, layout.dim()));
    for (tensor, recorded) in layout.tensors().iter().zip(&recorded) {
        let mut block = gradients.slice_mut(s![.., tensor.range()]);
        block.iter_mut().zip(recorded).for_each(|(to, &from)| *to = from);
    }
    let theta0: Array1<T> = start.iter().flat_map(|theta| theta.iter().copied()).collect();
    let mut optimizer =
        config.optimizer::<T>(layout.clone()).map_err(|error| error.in_file(&args.optimizer))?;
    let path = replay(optimizer.as_mut(), theta0, gradients.view())
        .map_err(|error| error.in_file(&args.gradients))?;

    let mut arrays = NpzWriter::new();
    let mut table = Table::new(
        "",
        [
            Column::new("tensor"),
            "shape".into(),
            "entries".into(),
            Column::new("distance moved").format(Format::Significant(6)),
        ],
    );
    for tensor in layout.tensors() {
        let block = path.slice(s![.., tensor.range()]);
        let mut shape = vec![steps + 1];
        shape.extend(tensor.shape());
        let shaped = ArrayD::from_shape_vec(IxDyn(&shape), block.iter().copied().collect())
            .map_err(|error| Failure::new(error.to_string()))?;
        arrays.array(&format!("theta/{}", tensor.name()), &shaped)?;
        let moved: f64 =
            block.row(0).iter().zip(block.row(steps)).map(|(a, b)| (*b - *a).as_f64().powi(2)).sum();
        let shape = format!("{:?}", tensor.shape());
        table.row([tensor.name().into(), shape.into(), tensor.range().len().into(), moved.sqrt().into()])?;
    }
    table.note(format!(
        "{steps} steps of {}, {}, written to {}",
        config.name(),
        T::NAME,
        args.output.display()
    ));
    let mut document = Document::new("replay", format!("Replay of {}", args.gradients.display()));
    document.table(table);
    output::deliver(&document, settings, Some((&arrays, &args.output)), None)
}
