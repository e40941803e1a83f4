use super::{Method, Optimizer, stage::named};
use crate::{Error, ParameterLayout, Result, Scalar};
use serde::de::{DeserializeOwned, Deserializer, Visitor, value::Error as Refusal};
use serde::{Serialize, forward_to_deserialize_any};
use std::fmt::Debug;

/// The settings of a method: plain numbers and words, with the defaults of the method's paper.
///
/// Fields are options; a file names them by their serde names, which are those of the field's literature (`lr`, `beta1`).
pub trait Settings: Clone + Debug + PartialEq + Default + Serialize + DeserializeOwned {
    /// The name of the method in files and on the command line.
    const NAME: &'static str;

    /// Names of sets of settings; see [`preset`](Self::preset).
    const PRESETS: &'static [&'static str] = &[];

    /// The learning rate η.
    fn learning_rate(&self) -> f64;

    /// The same settings with another learning rate.
    #[must_use]
    fn with_learning_rate(self, learning_rate: f64) -> Self;

    /// The same settings with another seed, for methods that draw.
    #[must_use]
    fn with_seed(self, _seed: u64) -> Self {
        self
    }

    /// The same settings for mean gradients over this many data, for methods to which that matters and whose settings
    /// still say 1.
    #[must_use]
    fn with_batch(self, _data: usize) -> Self {
        self
    }

    /// A named set of settings, one of [`PRESETS`](Self::PRESETS).
    ///
    /// # Errors
    /// [`Error::Unknown`] for another name.
    fn preset(name: &str) -> Result<Self> {
        Err(Error::Unknown {
            what: "preset",
            name: name.to_owned(),
            known: "none for this method".to_owned(),
        })
    }
}

/// Settings of a method whose step needs only gradients.
pub trait GradientSettings: Settings {
    /// The method for a layout, at t = 0.
    ///
    /// # Errors
    /// [`Error::Setting`] for the first setting outside its domain.
    fn optimizer<T: Scalar>(&self, layout: ParameterLayout) -> Result<Box<dyn Optimizer<T>>>;
}

/// Settings of a method whose step needs the model and the data, not only gradients.
pub trait ModelSettings: Settings {
    /// What it needs, as the end of "needs …".
    const NEEDS: &'static str;

    /// The method for a layout, at t = 0.
    ///
    /// # Errors
    /// [`Error::Setting`] for the first setting outside its domain.
    fn method<T: Scalar>(&self, layout: ParameterLayout) -> Result<Box<dyn Method<T>>>;
}

/// The names of the options, in the order of the fields.
pub(super) fn options<S: Settings>() -> &'static [&'static str] {
    let mut fields: &'static [&'static str] = &[];
    // Ends in a refusal: only the question is of interest.
    let _ = S::deserialize(Ask(&mut fields));
    fields
}

/// Settings from a table: defaults or a preset, overridden by what the table says.
///
/// # Errors
/// [`Error::Unknown`] for an option or preset that does not exist; what the value's own type says otherwise.
pub(super) fn from_table<S: Settings>(table: toml::Table) -> Result<S, TableError> {
    over(&S::default(), table)
}

/// Settings, or the preset that a table names, overridden by what the table says.
///
/// # Errors
/// As [`from_table`].
pub(super) fn over<S: Settings>(settings: &S, mut table: toml::Table) -> Result<S, TableError> {
    let base = match table.remove("preset") {
        None => settings.clone(),
        Some(toml::Value::String(name)) => S::preset(&name).map_err(TableError::Settings)?,
        Some(other) => {
            return Err(TableError::Value(format!("preset = {other}: it must be a word")));
        }
    };
    let mut known: Vec<(&str, ())> = options::<S>().iter().map(|name| (*name, ())).collect();
    if !S::PRESETS.is_empty() {
        known.insert(0, ("preset", ()));
    }
    let mut merged = toml::Table::try_from(&base).map_err(|error| TableError::Value(error.to_string()))?;
    for (name, value) in table {
        named("option", &name, &known).map_err(|error| TableError::Settings(of_method::<S>(error)))?;
        merged.insert(name.clone(), value);
        // One by one, so that it is known which of them does not fit.
        if let Err(error) = S::deserialize(merged.clone()) {
            return Err(TableError::Value(of_option(&name, &one_line(error.message()))));
        }
    }
    merged.try_into().map_err(|error: toml::de::Error| TableError::Value(one_line(error.message())))
}

/// What is wrong with an option, where that does not say by itself what it is about.
pub(super) fn of_option(name: &str, problem: &str) -> String {
    let anonymous = ["invalid ", "expected ", "Expected "].iter().any(|start| problem.starts_with(start));
    if anonymous { format!("{name}: {problem}") } else { problem.to_owned() }
}

/// Why a table is no settings.
#[derive(Debug)]
pub(super) enum TableError {
    /// A name that does not exist.
    Settings(Error),
    /// A value of the wrong type, or out of the words there are.
    Value(String),
}

fn of_method<S: Settings>(error: Error) -> Error {
    match error {
        Error::Unknown { what, name, known } => {
            Error::Unknown { what, name, known: format!("for {}: {known}", S::NAME) }
        }
        other => other,
    }
}

pub(super) fn one_line(text: &str) -> String {
    text.lines().collect::<Vec<_>>().join(" ")
}

/// A deserializer that only listens which fields a structure asks for.
struct Ask<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Ask<'_> {
    type Error = Refusal;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Refusal> {
        Err(serde::de::Error::custom("only asked"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        *self.0 = fields;
        self.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}
