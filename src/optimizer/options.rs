//! How an option may be written in a file, where more than one way is natural.

use crate::{Error, Result};
use serde::{Deserialize, Serialize};

/// A number, or the word `inf`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Limit {
    /// A number.
    Number(f64),
    /// A word: only `inf` is known.
    Word(String),
}

impl Limit {
    /// The number meant.
    ///
    /// # Errors
    /// [`Error::Unknown`] for another word.
    pub fn value(&self) -> Result<f64> {
        match self {
            Limit::Number(value) => Ok(*value),
            Limit::Word(word) if word == "inf" => Ok(f64::INFINITY),
            Limit::Word(word) => {
                Err(Error::Unknown { what: "clip", name: word.clone(), known: "a number, inf".into() })
            }
        }
    }
}

/// `true`, `false`, or a word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Switch {
    /// On or off.
    Flag(bool),
    /// One of several ways of being on.
    Word(String),
}
