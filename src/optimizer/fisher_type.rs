use crate::fisher::{Empirical, Estimator, Exact, Fisher, MonteCarlo, OutputVectors, Sampler};
use crate::operator::Kronecker;
use crate::random::{Purpose, Streams};
use crate::{Error, Linearization, Result, Scalar};
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
/// | `forward-only` | none: the gradient factors of layers are identities, which only Kronecker factors can express |
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
    /// Second moments of the inputs of layers alone: not the Fisher.
    ForwardOnly,
}

impl FisherType {
    /// The Kronecker factors of every layer for one step.
    ///
    /// # Errors
    /// Those of [`Linearization::scores`], [`kfac`](crate::fisher::Scores::kfac) and
    /// [`forward_only`](Linearization::forward_only).
    pub fn kronecker<T: Scalar>(
        &self,
        lin: &Linearization<T>,
        seed: u64,
        step: u64,
    ) -> Result<Fisher<Kronecker<T>>> {
        match self {
            FisherType::ForwardOnly => lin.forward_only(),
            _ => lin.scores(self.estimator(seed, step).as_ref())?.kfac(),
        }
    }

    /// The estimator for one step; draws are a function of (seed, step, datum, draw). Of `forward-only` it is one that
    /// refuses, for there are no scores.
    pub fn estimator<T: Scalar>(&self, seed: u64, step: u64) -> Box<dyn Estimator<T>> {
        match *self {
            FisherType::Exact => Box::new(Exact),
            FisherType::Empirical => Box::new(Empirical),
            FisherType::ForwardOnly => Box::new(WithoutScores),
            FisherType::MonteCarlo { draws } => {
                Box::new(MonteCarlo { draws, sampler: Sampler::Independent, seed: seed_of_step(seed, step) })
            }
        }
    }
}

/// The estimator where there are no scores.
#[derive(Debug)]
struct WithoutScores;

impl<T: Scalar> Estimator<T> for WithoutScores {
    fn name(&self) -> String {
        "forward-only".to_owned()
    }

    fn output_vectors(&self, _: &Linearization<T>) -> Result<OutputVectors<T>> {
        Err(Error::Unsupported {
            what: "forward-only",
            reason: "there are no scores, only the Kronecker factors of layers; use K-FAC, or another Fisher",
        })
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
            "forward-only" => Ok(FisherType::ForwardOnly),
            _ => match name.strip_prefix("mc:").and_then(|draws| draws.parse().ok()) {
                Some(draws @ 1..) => Ok(FisherType::MonteCarlo { draws }),
                _ => Err(Error::Unknown {
                    what: "Fisher",
                    name: name.to_owned(),
                    known: "exact, mc:M (M at least 1), empirical, forward-only".to_owned(),
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
            FisherType::ForwardOnly => f.write_str("forward-only"),
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
