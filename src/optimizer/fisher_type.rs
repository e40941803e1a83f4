use crate::fisher::{Empirical, Estimator, Exact, MonteCarlo, Sampler};
use crate::random::{Purpose, Streams};
use crate::{Error, Result, Scalar};
use rand::RngExt;
use serde::Serialize;
use std::fmt;
use std::str::FromStr;

/// Which Fisher a method averages over time: never silently the empirical one.
///
/// | word | scores |
/// |---|---|
/// | `exact` | a root of the output-space Fisher, pulled back |
/// | `mc:M` | at M labels drawn from the model, other draws at every step |
/// | `empirical` | at the labels of the data: not the Fisher |
///
/// # Example
/// ```
/// use natgrad::optimizer::FisherType;
/// assert_eq!("mc:4".parse::<FisherType>()?, FisherType::MonteCarlo { draws: 4 });
/// assert_eq!(FisherType::Empirical.to_string(), "empirical");
/// assert!("mc:0".parse::<FisherType>().is_err());
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FisherType {
    /// The Fisher itself.
    #[default]
    Exact,
    /// Its Monte Carlo estimate.
    MonteCarlo {
        /// Labels drawn per datum.
        draws: usize,
    },
    /// The second moment of the scores at the observed labels.
    Empirical,
}

impl FisherType {
    /// The estimator for one step; draws are a function of (seed, step, datum, draw).
    pub fn estimator<T: Scalar>(&self, seed: u64, step: u64) -> Box<dyn Estimator<T>> {
        match *self {
            FisherType::Exact => Box::new(Exact),
            FisherType::Empirical => Box::new(Empirical),
            FisherType::MonteCarlo { draws } => {
                Box::new(MonteCarlo { draws, sampler: Sampler::Independent, seed: seed_of_step(seed, step) })
            }
        }
    }
}

/// The seed of what is drawn at one step.
pub(crate) fn seed_of_step(seed: u64, step: u64) -> u64 {
    Streams::new(seed, Purpose::Steps).generator(step).random()
}

impl FromStr for FisherType {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "exact" => Ok(FisherType::Exact),
            "empirical" => Ok(FisherType::Empirical),
            _ => match name.strip_prefix("mc:").and_then(|draws| draws.parse().ok()) {
                Some(draws @ 1..) => Ok(FisherType::MonteCarlo { draws }),
                _ => Err(Error::Unknown {
                    what: "Fisher",
                    name: name.to_owned(),
                    known: "exact, mc:M (M at least 1), empirical".to_owned(),
                }),
            },
        }
    }
}

impl fmt::Display for FisherType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FisherType::Exact => f.write_str("exact"),
            FisherType::Empirical => f.write_str("empirical"),
            FisherType::MonteCarlo { draws } => write!(f, "mc:{draws}"),
        }
    }
}

impl Serialize for FisherType {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

super::keywords::keyword!(FisherType);
