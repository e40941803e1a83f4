//! Built-in data as tasks: inputs, labels, and the likelihood that fits.

use crate::failure::{Failure, Outcome};
use natgrad::data::{Dataset, Standardizer, breast_cancer, digits};
use natgrad::likelihood::{Bernoulli, Categorical, Likelihood};
use natgrad::model::Activation;
use natgrad::ndarray::Array2;
use natgrad::{Labels, Network};
use std::sync::Arc;

pub const TASKS: &str = "digits, breast-cancer";

/// Which data, and a network for them.
#[derive(Debug, Clone, clap::Args)]
pub struct NetworkArgs {
    /// Widths of the hidden layers, for example 32 or 32,16; 0 for none
    #[arg(long, value_name = "WIDTHS", default_value = "32", value_delimiter = ',')]
    pub hidden: Vec<usize>,
    /// Between the layers: tanh, relu, sigmoid, gelu, softplus, identity [default: tanh]
    #[arg(long, value_name = "NAME")]
    pub activation: Option<String>,
}

/// Inputs and labels.
#[derive(Clone)]
pub struct Part {
    pub x: Array2<f64>,
    pub y: Labels<f64>,
}

/// One data set, cut for training.
pub struct Task {
    pub name: String,
    pub likelihood: Arc<dyn Likelihood<f64>>,
    pub outputs: usize,
    pub all: Part,
    pub train: Part,
    pub held_out: Part,
}

impl Task {
    /// The data of this name; a fifth is held out, chosen by the seed.
    pub fn named(name: &str, seed: u64) -> Outcome<Self> {
        let (data, likelihood, outputs, standardise): (_, Arc<dyn Likelihood<f64>>, _, _) = match name {
            "digits" => (digits::<f64>()?, Arc::new(Categorical), 10, false),
            "breast-cancer" => (breast_cancer::<f64>()?, Arc::new(Bernoulli), 1, true),
            "words" => {
                let told = format!("data 'words' is not in this version; available: {TASKS}");
                return Err(Failure::new(told));
            }
            _ => return Err(Failure::new(format!("unknown data '{name}'; available: {TASKS}"))),
        };
        let (mut train, mut held_out) = data.split(0.2, seed)?;
        let mut all = data;
        if standardise {
            // What is held out must not decide the scale that training sees.
            let scale = Standardizer::fit(train.inputs())?;
            (train, held_out) = (scale.apply(&train)?, scale.apply(&held_out)?);
            all = Standardizer::fit(all.inputs())?.apply(&all)?;
        }
        let (all, train, held_out) = (part(&all)?, part(&train)?, part(&held_out)?);
        Ok(Task { name: name.to_owned(), likelihood, outputs, all, train, held_out })
    }

    /// A network with random weights.
    pub fn network(&self, args: &NetworkArgs, seed: u64) -> Outcome<Network<f64>> {
        let activation: Activation = args.activation.as_deref().unwrap_or("tanh").parse()?;
        Ok(Network::random(&self.widths(args)?, activation, seed)?)
    }

    /// The network in words.
    pub fn describe(&self, args: &NetworkArgs) -> Outcome<String> {
        let widths: Vec<String> = self.widths(args)?.iter().map(usize::to_string).collect();
        Ok(format!("{} {} network", widths.join("-"), args.activation.as_deref().unwrap_or("tanh")))
    }

    fn widths(&self, args: &NetworkArgs) -> Outcome<Vec<usize>> {
        let hidden: &[usize] = if args.hidden == [0] { &[] } else { &args.hidden };
        if hidden.contains(&0) {
            return Err(Failure::new("--hidden: a width must be at least 1 (0 alone: no hidden layer)"));
        }
        if hidden.iter().any(|width| *width > 65536) || hidden.len() > 64 {
            return Err(Failure::new("--hidden: at most 64 layers of at most 65536 units"));
        }
        let mut widths = vec![self.all.x.ncols()];
        widths.extend(hidden);
        widths.push(self.outputs);
        Ok(widths)
    }
}

fn part(data: &Dataset<f64>) -> Outcome<Part> {
    Ok(Part { x: data.inputs().to_owned(), y: Labels::new(data.labels().to_owned())? })
}
