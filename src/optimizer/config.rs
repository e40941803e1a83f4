use super::settings::{TableError, one_line};
use super::{Method, MethodSettings, Optimizer};
use crate::{Error, ParameterLayout, Result, Scalar};
use std::path::Path;

/// A method as a file describes it: its name, and the options that differ from its defaults.
///
/// ```toml
/// optimizer = "fadam"
/// preset = "pytorch-port"     # where a method has presets; other options override it
/// lr = 0.01
/// clip = inf
/// ```
///
/// # Example
/// ```
/// use natgrad::{ParameterLayout, optimizer::{Optimizer, OptimizerConfig}};
/// let config = OptimizerConfig::from_toml("optimizer = \"fadam\"\nlr = 0.01\nclip = inf")?;
/// assert_eq!(config.optimizer::<f64>(ParameterLayout::flat(3)?)?.learning_rate(), 0.01);
/// let error = OptimizerConfig::from_toml("optimizer = \"sgd\"\nbeta1 = 0.9").unwrap_err();
/// assert_eq!(error.to_string(), "unknown option 'beta1'; known: for sgd: lr, momentum, nesterov, weight_decay");
/// assert_eq!(OptimizerConfig::from_toml(&config.to_toml())?, config);
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct OptimizerConfig {
    /// The method and its options.
    pub settings: MethodSettings,
}

impl OptimizerConfig {
    /// A method with its defaults.
    ///
    /// # Errors
    /// [`Error::Unknown`] with the names there are.
    pub fn named(name: &str) -> Result<Self> {
        Ok(OptimizerConfig { settings: MethodSettings::named(name)? })
    }

    /// Reads TOML text.
    ///
    /// # Errors
    /// [`Error::Unknown`] for an optimizer nobody knows, or an option or preset that it does not have; [`Error::File`]
    /// (with `optimizer.toml` in the place of the path) for text that is not TOML or a value that does not fit.
    pub fn from_toml(text: &str) -> Result<Self> {
        let malformed = |problem: String| Error::File { path: "optimizer.toml".into(), problem };
        let mut table: toml::Table =
            text.parse().map_err(|error: toml::de::Error| malformed(one_line(error.message())))?;
        let name = match table.remove("optimizer") {
            Some(toml::Value::String(name)) => name,
            Some(other) => return Err(malformed(format!("optimizer = {other}: it must be a word"))),
            None => return Err(malformed("has no line optimizer = \"NAME\"".to_owned())),
        };
        let settings = MethodSettings::from_table(&name, table).map_err(|error| match error {
            TableError::Settings(error) => error,
            TableError::Value(problem) => malformed(problem),
        })?;
        Ok(OptimizerConfig { settings })
    }

    /// Reads a TOML file.
    ///
    /// # Errors
    /// [`Error::File`] with the path, whatever went wrong.
    pub fn read(path: &Path) -> Result<Self> {
        let file = |problem: String| Error::File { path: path.to_path_buf(), problem };
        let text = std::fs::read_to_string(path).map_err(|error| file(error.to_string()))?;
        Self::from_toml(&text).map_err(|error| match error {
            Error::File { problem, .. } => file(problem),
            other => file(other.to_string()),
        })
    }

    /// All options as TOML text, from which [`from_toml`](Self::from_toml) makes the same.
    pub fn to_toml(&self) -> String {
        let mut table = self.settings.to_table().unwrap_or_default();
        table.insert("optimizer".to_owned(), self.name().into());
        table.to_string()
    }

    /// The name of the method.
    pub fn name(&self) -> &'static str {
        self.settings.name()
    }

    /// The same with another learning rate.
    #[must_use]
    pub fn with_learning_rate(self, learning_rate: f64) -> Self {
        OptimizerConfig { settings: self.settings.with_learning_rate(learning_rate) }
    }

    /// The same with another seed, where the method draws.
    #[must_use]
    pub fn with_seed(self, seed: u64) -> Self {
        OptimizerConfig { settings: self.settings.with_seed(seed) }
    }

    /// The method at t = 0, if it needs only gradients.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for one that needs more, saying what; [`Error::Setting`] for a number outside its domain.
    pub fn optimizer<T: Scalar>(&self, layout: ParameterLayout) -> Result<Box<dyn Optimizer<T>>> {
        self.settings.optimizer(layout)
    }

    /// The method at t = 0.
    ///
    /// # Errors
    /// [`Error::Setting`] for a number outside its domain.
    pub fn method<T: Scalar>(&self, layout: ParameterLayout) -> Result<Box<dyn Method<T>>> {
        self.settings.method(layout)
    }
}
