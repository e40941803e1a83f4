//! Training methods by name, with learning rates that suit the built-in data.

use crate::failure::{Failure, Outcome};
use crate::names::{OPTIMIZERS, refuse};
use natgrad::ParameterLayout;
use natgrad::optimizer::{Method, OptimizerConfig};

/// λ of the natural gradient.
pub const DAMPING: f64 = 0.01;

/// Nats per datum that one natural-gradient step may move the model, to second order.
pub const DIVERGENCE_LIMIT: f64 = 0.05;

/// A method and its learning rate.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    pub name: String,
    pub rate: f64,
}

/// `a,b,c` with `--lr 0.1` for all or `--lr a=0.1,b=0.2` for some.
pub fn choices(names: &[String], rates: &[String]) -> Outcome<Vec<Choice>> {
    let mut choices = Vec::new();
    for name in names {
        let rate = default_rate(name)?;
        if choices.iter().any(|choice: &Choice| choice.name == *name) {
            return Err(Failure::new(format!("optimizer '{name}' is named twice")));
        }
        choices.push(Choice { name: name.clone(), rate });
    }
    for entry in rates {
        let (name, text) = entry.split_once('=').map_or((None, entry.as_str()), |(n, r)| (Some(n), r));
        let rate = match text.parse::<f64>() {
            Ok(rate) if rate > 0.0 && rate.is_finite() => rate,
            _ => return Err(Failure::new(format!("--lr {entry}: a rate must be positive and finite"))),
        };
        let meant = |choice: &&mut Choice| name.is_none_or(|name| choice.name == name);
        let mut found = false;
        for choice in choices.iter_mut().filter(meant) {
            choice.rate = rate;
            found = true;
        }
        if !found {
            return Err(Failure::new(format!("--lr {entry}: no such optimizer in this run")));
        }
    }
    Ok(choices)
}

/// The rate in {1, 2, 5} × 10^k with the least training loss on the digits after 10 epochs, mean of three seeds;
/// natural-gradient, where that rate lets single runs leap, takes the next. The search is in `docs/learning_rates.md`.
pub fn default_rate(name: &str) -> Outcome<f64> {
    match name {
        "sgd" => Ok(1.0),
        "adam" => Ok(0.05),
        "adamw" => Ok(0.02),
        "fadam" => Ok(0.05),
        "natural-gradient" => Ok(0.5),
        _ => Err(refuse("optimizer", name, OPTIMIZERS)),
    }
}

impl Choice {
    /// The method at step 0.
    pub fn build(&self, layout: ParameterLayout) -> Outcome<Box<dyn Method<f64>>> {
        Ok(OptimizerConfig::named(&self.name)?.with_learning_rate(self.rate).method(layout)?)
    }
}
