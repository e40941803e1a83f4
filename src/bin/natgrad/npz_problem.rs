//! PROBLEM.npz: a network with its data, or a Jacobian from elsewhere.

use crate::failure::{Failure, Outcome};
use crate::names;
use natgrad::data::Npz;
use natgrad::model::{Activation, Affine};
use natgrad::ndarray::{Array2, ArrayBase, ArrayView2, Data, Dimension, IxDyn};
use natgrad::{Error, Labels, Likelihood, Linearization, Network, ParameterLayout, Scalar};
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(Debug, clap::Args)]
#[group(skip)]
pub struct Args {
    /// NPZ archive: x, y, w0, b0 (may be absent), w1, …; or jacobian, eta, y, and blocks (may be absent)
    #[arg(value_name = "PROBLEM.npz")]
    pub problem: PathBuf,
    /// categorical, bernoulli, binomial:TRIALS, poisson, geometric, negative-binomial:FAILURES,
    /// gaussian:VARIANCE
    #[arg(long, value_name = "L")]
    pub likelihood: String,
    /// Between the layers: tanh, relu, sigmoid, gelu, softplus, identity [default: tanh]
    #[arg(long, value_name = "NAME")]
    pub activation: Option<String>,
}

/// Everything a problem says.
pub struct Problem<T> {
    pub lin: Linearization<T>,
    /// The network and its inputs; a bare Jacobian has neither.
    pub network: Option<(Network<T>, Array2<T>)>,
    /// What it is, in words.
    pub summary: String,
}

/// Whether a problem is computed in single precision: if its `w0` or `jacobian` is float32.
pub fn is_single(npz: &Npz) -> Outcome<bool> {
    match (npz.contains("w0"), npz.contains("jacobian")) {
        (true, true) => Err(Failure::new(format!(
            "{}: has both 'w0' and 'jacobian'; it must be one form or the other",
            npz.path().display()
        ))),
        (false, true) => Ok(npz.dtype("jacobian")? == f32::NAME),
        _ => Ok(npz.dtype("w0")? == f32::NAME),
    }
}

impl<T: Scalar> Problem<T> {
    pub fn read(npz: &Npz, args: &Args) -> Outcome<Self> {
        let likelihood = names::likelihood::<T>(&args.likelihood)?;
        if npz.contains("jacobian") {
            jacobian(npz, args, likelihood)
        } else {
            network(npz, args, likelihood)
        }
    }
}

fn network<T: Scalar>(npz: &Npz, args: &Args, likelihood: Arc<dyn Likelihood<T>>) -> Outcome<Problem<T>> {
    let activation: Activation = args.activation.as_deref().unwrap_or("tanh").parse()?;
    let layers = layers::<T>(npz)?;
    let x = npz.array2::<T>("x")?;
    rows_exist(npz, "x", x.nrows())?;
    finite(npz, "x", &x)?;
    let inputs = layers.first().map_or(0, Affine::inputs);
    if x.ncols() != inputs {
        return Err(npz.problem("x", format!("has {} columns; w0 takes {inputs}", x.ncols())).into());
    }
    let network = Network::new(layers, activation)?;
    let eta = network.forward(&x)?;
    let labels = labels(npz, likelihood.as_ref(), eta.view(), "x")?;
    let lin = network.linearize(&likelihood, &x, &labels).map_err(|error| error.in_file(npz.path()))?;
    let mut widths = vec![network.inputs().to_string()];
    widths.extend(network.layers().iter().map(|layer| layer.outputs().to_string()));
    let summary = format!("network {}, {}, {}", widths.join("-"), activation.name(), T::NAME);
    Ok(Problem { lin, network: Some((network, x)), summary })
}

fn jacobian<T: Scalar>(npz: &Npz, args: &Args, likelihood: Arc<dyn Likelihood<T>>) -> Outcome<Problem<T>> {
    if args.activation.is_some() {
        return Err(Failure::new("--activation is for networks; a problem with a jacobian has none"));
    }
    let jacobian = npz.array3::<T>("jacobian")?;
    let (data, outputs, order) = jacobian.dim();
    rows_exist(npz, "jacobian", data)?;
    if outputs == 0 || order == 0 {
        let problem = format!("has shape [{data}, {outputs}, {order}]; outputs and parameters are needed");
        return Err(npz.problem("jacobian", problem).into());
    }
    finite(npz, "jacobian", &jacobian)?;
    let eta = npz.array2::<T>("eta")?;
    if eta.dim() != (data, outputs) {
        let problem = format!("has shape {:?}; jacobian asks for [{data}, {outputs}]", eta.shape());
        return Err(npz.problem("eta", problem).into());
    }
    finite(npz, "eta", &eta)?;
    let labels = labels(npz, likelihood.as_ref(), eta.view(), "jacobian")?;
    let lin = Linearization::from_jacobian(&likelihood, jacobian, eta, &labels)
        .map_err(|error| error.in_file(npz.path()))?;
    let lin = if npz.contains("blocks") { blocks(npz, lin)? } else { lin };
    Ok(Problem {
        lin, network: None, summary: format!("jacobian {data} × {outputs} × {order}, {}", T::NAME)
    })
}

/// `blocks`: how many parameters each block of a block diagonal has, in order.
fn blocks<T: Scalar>(npz: &Npz, lin: Linearization<T>) -> Outcome<Linearization<T>> {
    let sizes = npz.array1::<f64>("blocks")?;
    let mut tensors = Vec::with_capacity(sizes.len());
    for (k, &size) in sizes.iter().enumerate() {
        // NaN and infinities fail both.
        if !(size >= 1.0 && size <= lin.dim() as f64) || size.fract() > 0.0 {
            let requirement = format!("a whole number from 1 to {}", lin.dim());
            return Err(in_file(npz.path(), &format!("blocks[{k}] = {size}; it must be {requirement}")));
        }
        tensors.push((format!("block{k}"), vec![size as usize]));
    }
    let sum = sizes.sum();
    if (sum - lin.dim() as f64).abs() > 0.0 {
        let problem = format!("has a sum of {sum}; jacobian has {} parameters", lin.dim());
        return Err(npz.problem("blocks", problem).into());
    }
    Ok(lin.with_layout(ParameterLayout::new(tensors)?)?)
}

/// w0, b0, w1, …, as far as they go; a gap or a stray bias is an error, not the end.
fn layers<T: Scalar>(npz: &Npz) -> Outcome<Vec<Affine<T>>> {
    let mut layers: Vec<Affine<T>> = Vec::new();
    while layers.is_empty() || npz.contains(&format!("w{}", layers.len())) {
        let l = layers.len();
        let (w, b) = (format!("w{l}"), format!("b{l}"));
        let weight = npz.array2::<T>(&w)?;
        if weight.is_empty() {
            return Err(npz.problem(&w, format!("has shape {:?}; it has no entries", weight.shape())).into());
        }
        finite(npz, &w, &weight)?;
        if let Some(before) = layers.last().filter(|before| before.outputs() != weight.ncols()) {
            let problem = format!("has {} columns; w{} gives {}", weight.ncols(), l - 1, before.outputs());
            return Err(npz.problem(&w, problem).into());
        }
        let bias = if npz.contains(&b) { Some(npz.array1::<T>(&b)?) } else { None };
        if let Some(bias) = &bias {
            if bias.len() != weight.nrows() {
                let problem = format!("has {} entries; {w} has {} rows", bias.len(), weight.nrows());
                return Err(npz.problem(&b, problem).into());
            }
            finite(npz, &b, bias)?;
        }
        layers.push(Affine::new(weight, bias)?);
    }
    let stray = npz.names().iter().find(|name| {
        let number = name.strip_prefix('w').or(name.strip_prefix('b')).and_then(|l| l.parse::<usize>().ok());
        number.is_some_and(|l| l >= layers.len())
    });
    match stray {
        Some(name) => Err(npz.problem(name, format!("has no place: there is no 'w{}'", layers.len())).into()),
        None => Ok(layers),
    }
}

/// y, checked against the likelihood at these outputs.
fn labels<T: Scalar>(
    npz: &Npz,
    likelihood: &dyn Likelihood<T>,
    eta: ArrayView2<'_, T>,
    beside: &str,
) -> Outcome<Labels<T>> {
    let (data, outputs) = eta.dim();
    let width = likelihood.label_width(outputs);
    let y = npz.array::<T>("y")?;
    let found = y.shape().to_vec();
    if found.first() != Some(&data) && !found.is_empty() {
        return Err(npz.problem("y", format!("has {} rows; {beside} has {data}", found[0])).into());
    }
    if found != [data, width] && !(width == 1 && found == [data]) {
        let needed = if width == 1 { vec![data] } else { vec![data, width] };
        let problem = format!("has shape {found:?}; {} labels need {needed:?}", likelihood.name());
        return Err(npz.problem("y", problem).into());
    }
    finite(npz, "y", &y)?;
    let y: Array2<T> = Array2::from_shape_fn((data, width), |(n, k)| {
        if found.len() == 1 { y[IxDyn(&[n])] } else { y[IxDyn(&[n, k])] }
    });
    for (n, eta) in eta.outer_iter().enumerate() {
        let place = |quantity: &str, index: usize| match quantity {
            "label" if found.len() == 1 => format!("y[{n}]"),
            "label" => format!("y[{n}, {index}]"),
            _ => format!("eta[{n}, {index}]"),
        };
        likelihood.check(eta, Some(y.row(n))).map_err(|error| {
            let told = match error {
                Error::Domain { quantity, index, value, requirement } => {
                    let classes = format!("a class index from 0 to {}", outputs - 1);
                    let class = quantity == "label" && likelihood.name() == "categorical";
                    let requirement = if class { classes.as_str() } else { requirement };
                    format!("{} = {value}; it must be {requirement}", place(quantity, index))
                }
                Error::NonFinite { quantity, index, value } => {
                    format!("{} = {value}; every entry must be finite", place(quantity, index))
                }
                other => other.to_string(),
            };
            in_file(npz.path(), &told)
        })?;
    }
    Ok(Labels::new(y)?)
}

fn rows_exist(npz: &Npz, name: &str, rows: usize) -> Outcome {
    if rows > 0 { Ok(()) } else { Err(npz.problem(name, "is empty; at least one row is needed").into()) }
}

/// Refuses the first NaN or infinity, by its index.
pub fn finite<T: Scalar, S: Data<Elem = T>, D: Dimension>(
    npz: &Npz,
    name: &str,
    array: &ArrayBase<S, D>,
) -> Outcome {
    let array = array.view().into_dyn();
    match array.indexed_iter().find(|(_, value)| !value.is_finite()) {
        None => Ok(()),
        Some((index, value)) => {
            let index: Vec<usize> = index.as_array_view().to_vec();
            let place = if index.is_empty() { String::new() } else { format!("{index:?}") };
            Err(in_file(npz.path(), &format!("{name}{place} = {value}; every entry must be finite")))
        }
    }
}

fn in_file(path: &Path, told: &str) -> Failure {
    Failure::new(format!("{}: {told}", path.display()))
}
