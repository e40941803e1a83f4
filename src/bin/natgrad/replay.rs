//! `natgrad replay`.

use crate::failure::{Failure, Outcome};
use crate::npz_problem::finite;
use crate::output;
use crate::settings::Settings;
use natgrad::data::{Npz, NpzWriter};
use natgrad::ndarray::{Array1, Array2, ArrayD, IxDyn, s};
use natgrad::optimizer::{MethodSettings, OptimizerConfig, replay};
use natgrad::report::{Column, Document, Format, Table};
use natgrad::{ParameterLayout, Scalar};
use std::path::{Path, PathBuf};

/// What `--help` says last: the methods are those of the catalogue.
fn notes() -> String {
    format!(
        "GRADIENTS.npz: theta0/NAME and grad/NAME (T × shape) for every tensor; float32 is computed in float32 (the \
         first theta0 decides). CONFIG.toml: optimizer = \"NAME\", its options, and where wanted schedule, \
         schedule_steps, schedule_floor, warmup_steps, and [[group]] tables with tensors = [\"b*\"] and options of \
         their own. OUT.npz: theta/NAME ((T + 1) × shape), the first row theta0.\n\n\
         Methods: {}. `natgrad replay --options NAME` lists the options of one.\n\n\
         Example:\n  cargo natgrad replay examples/gradients.npz \\\n    \
         --optimizer examples/fadam.toml -o path.npz",
        replayable().join(", ")
    )
}

/// The methods whose step needs only gradients.
fn replayable() -> Vec<&'static str> {
    let only_gradients =
        |name: &&str| MethodSettings::named(name).is_ok_and(|method| method.needs().is_none());
    MethodSettings::NAMES.iter().copied().filter(only_gradients).collect()
}

/// Feeds a recorded gradient sequence to an optimizer and records its iterates.
#[derive(Debug, clap::Args)]
#[command(after_help = notes())]
pub struct Args {
    /// The recorded sequence
    #[arg(value_name = "GRADIENTS.npz", required_unless_present = "options")]
    gradients: Option<PathBuf>,
    /// The optimizer
    #[arg(long, value_name = "CONFIG.toml", required_unless_present = "options")]
    optimizer: Option<PathBuf>,
    /// Where to write
    #[arg(short, long, value_name = "OUT.npz", required_unless_present = "options")]
    output: Option<PathBuf>,
    /// List the options of a method with their defaults, and do nothing else
    #[arg(long, value_name = "NAME", conflicts_with_all = ["gradients", "optimizer", "output"])]
    options: Option<String>,
}

/// The files of a replay.
struct Files<'a> {
    gradients: &'a Path,
    optimizer: &'a Path,
    output: &'a Path,
}

pub fn run(args: &Args, settings: &Settings) -> Outcome {
    if let Some(name) = &args.options {
        output::check_targets([settings.json.as_deref()])?;
        return options(name, settings);
    }
    let (Some(gradients), Some(optimizer), Some(output)) = (&args.gradients, &args.optimizer, &args.output)
    else {
        return Err(Failure::new("replay needs GRADIENTS.npz, --optimizer and --output; try --help"));
    };
    let files = Files { gradients, optimizer, output };
    output::check_targets([Some(files.output), settings.json.as_deref()])?;
    let config = OptimizerConfig::read(files.optimizer)?;
    if let Some(needs) = config.settings.needs() {
        return Err(Failure::new(format!(
            "{}: {} needs {needs}, not only gradients: see `natgrad train`",
            files.optimizer.display(),
            config.name()
        )));
    }
    let npz = Npz::open(files.gradients)?;
    let names: Vec<String> =
        npz.names().iter().filter_map(|name| name.strip_prefix("theta0/")).map(str::to_owned).collect();
    let Some(first) = names.first() else {
        let told = format!("{}: has no array 'theta0/NAME'", files.gradients.display());
        return Err(Failure::new(told));
    };
    let stray = npz.names().iter().filter_map(|name| name.strip_prefix("grad/"));
    if let Some(name) = stray.into_iter().find(|name| !names.iter().any(|known| known == name)) {
        return Err(npz.problem(&format!("grad/{name}"), format!("has no 'theta0/{name}'")).into());
    }
    if npz.dtype(&format!("theta0/{first}"))? == f32::NAME {
        feed::<f32>(&files, &config, &npz, &names, settings)
    } else {
        feed::<f64>(&files, &config, &npz, &names, settings)
    }
}

/// The options of a method, with their defaults.
fn options(name: &str, settings: &Settings) -> Outcome {
    let method = MethodSettings::named(name)?;
    let text = OptimizerConfig::from(method.clone()).to_toml();
    let defaults: toml::Table =
        text.parse().map_err(|error: toml::de::Error| Failure::new(error.to_string()))?;
    let mut table = Table::new("", [Column::new("option"), "default".into()]);
    for option in MethodSettings::options(name)? {
        let default = defaults.get(*option).map_or_else(String::new, toml::Value::to_string);
        table.row([(*option).into(), default.into()])?;
    }
    let presets = MethodSettings::presets(name)?;
    if !presets.is_empty() {
        table.note(format!("preset = one of {}", presets.join(", ")));
    }
    if let Some(needs) = method.needs() {
        table.note(format!("needs {needs}, not only gradients: it cannot be replayed"));
    }
    let mut document = Document::new("options", format!("Options of {name}"));
    document.table(table);
    output::deliver(&document, settings, None, None)
}

fn feed<T: Scalar>(
    files: &Files<'_>,
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
        config.optimizer::<T>(layout.clone()).map_err(|error| error.in_file(files.optimizer))?;
    let path = replay(optimizer.as_mut(), theta0, gradients.view())
        .map_err(|error| error.in_file(files.gradients))?;

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
        files.output.display()
    ));
    let mut document = Document::new("replay", format!("Replay of {}", files.gradients.display()));
    document.table(table);
    output::deliver(&document, settings, Some((&arrays, files.output)), None)
}
