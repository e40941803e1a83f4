//! How an option may be written in a file, where more than one way is natural.

use serde::{Deserialize, Deserializer};

/// A number, or the word `inf`; for use with `#[serde(deserialize_with)]`.
pub(super) fn limit<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Limit {
        Number(f64),
        Word(String),
    }
    match Limit::deserialize(deserializer) {
        Ok(Limit::Number(value)) => Ok(value),
        Ok(Limit::Word(word)) if word == "inf" => Ok(f64::INFINITY),
        _ => Err(serde::de::Error::custom("expected a number or inf")),
    }
}

/// `true` or `false`, which mean the words given here, or a word.
pub(super) fn switch<'de, D, V>(deserializer: D, on: V, off: V) -> Result<V, D::Error>
where
    D: Deserializer<'de>,
    V: std::str::FromStr<Err = crate::Error>,
{
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Switch {
        Flag(bool),
        Word(String),
    }
    match Switch::deserialize(deserializer) {
        Ok(Switch::Flag(true)) => Ok(on),
        Ok(Switch::Flag(false)) => Ok(off),
        Ok(Switch::Word(word)) => word.parse().map_err(serde::de::Error::custom),
        Err(_) => Err(serde::de::Error::custom("expected true, false or a word")),
    }
}
