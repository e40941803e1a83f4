//! Options that choose built-in data, and a network for them.

use crate::failure::{Failure, Outcome};
use natgrad::experiment::{NetworkShape, Task, WordOptions};

/// The hidden layers.
#[derive(Debug, Clone, clap::Args)]
pub struct NetworkArgs {
    /// Widths of the hidden layers, for example 32 or 32,16; 0 for none
    #[arg(long, value_name = "WIDTHS", default_value = "32", value_delimiter = ',')]
    pub hidden: Vec<usize>,
    /// Between the layers: tanh, relu, sigmoid, gelu, softplus, identity [default: tanh]
    #[arg(long, value_name = "NAME")]
    pub activation: Option<String>,
}

impl NetworkArgs {
    pub fn shape(&self) -> Outcome<NetworkShape> {
        let hidden: &[usize] = if self.hidden == [0] { &[] } else { &self.hidden };
        if hidden.contains(&0) {
            return Err(Failure::new("--hidden: a width must be at least 1 (0 alone: no hidden layer)"));
        }
        if hidden.iter().any(|width| *width > 65536) || hidden.len() > 64 {
            return Err(Failure::new("--hidden: at most 64 layers of at most 65536 units"));
        }
        let activation = self.activation.as_deref().unwrap_or("tanh").parse()?;
        Ok(NetworkShape { hidden: hidden.to_vec(), activation })
    }
}

/// How much of the words.
#[derive(Debug, Clone, clap::Args)]
pub struct WordArgs {
    /// For --data words: how many of the 8000
    #[arg(long, value_name = "N")]
    pub words: Option<usize>,
    /// For --data words: letters seen before the next [default: 3]
    #[arg(long, value_name = "N")]
    pub context: Option<usize>,
}

impl WordArgs {
    /// The task of this name; `words` is how many words are taken if nobody says.
    pub fn task(&self, name: &str, seed: u64, words: usize) -> Outcome<Task> {
        if name != "words" && (self.words.is_some() || self.context.is_some()) {
            return Err(Failure::new("--words and --context are for --data words"));
        }
        let context = self.context.unwrap_or(WordOptions::default().context);
        let options = WordOptions { words: self.words.unwrap_or(words), context };
        Task::with_words(name, seed, options).map_err(|error| match error {
            natgrad::Error::Unknown { .. } => {
                Failure::new(format!("unknown data '{name}'; available: {}", Task::NAMES.join(", ")))
            }
            other => other.into(),
        })
    }
}
