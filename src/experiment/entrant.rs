use crate::optimizer::{LogitRegularization, MethodSettings, OptimizerConfig};
use crate::{Error, Result};
use std::path::Path;

/// A method that takes part: its settings, the objective it is given, and the name that tables and files give it.
///
/// # Example
/// ```
/// use natgrad::experiment::Entrant;
/// let entrant = Entrant::named("fadam")?.with_learning_rate(0.05);
/// assert_eq!((entrant.name.as_str(), entrant.config.settings.learning_rate()), ("fadam", 0.05));
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Entrant {
    /// In tables, legends and the names of checkpoints.
    pub name: String,
    /// What it is.
    pub config: OptimizerConfig,
    /// What is added to the loss.
    pub logits: LogitRegularization,
}

impl Entrant {
    /// Settings under a name, with the loss as it is.
    pub fn new(name: impl Into<String>, config: OptimizerConfig) -> Self {
        Entrant { name: name.into(), config, logits: LogitRegularization::None }
    }

    /// A method with its defaults.
    ///
    /// # Errors
    /// [`Error::Unknown`] with the names there are.
    pub fn named(name: &str) -> Result<Self> {
        Ok(Self::new(name, OptimizerConfig::named(name)?))
    }

    /// Every method there is, with its defaults.
    pub fn all() -> Vec<Self> {
        MethodSettings::NAMES.iter().filter_map(|name| Self::named(name).ok()).collect()
    }

    /// A method from a TOML file, called as the file without `.toml`, and whether the file gives its learning rate.
    ///
    /// # Errors
    /// Those of [`OptimizerConfig::read`].
    pub fn read(path: &Path) -> Result<(Self, bool)> {
        let config = OptimizerConfig::read(path)?;
        let problem = |problem: String| Error::File { path: path.into(), problem };
        let text = std::fs::read_to_string(path).map_err(|error| problem(error.to_string()))?;
        let table: toml::Table =
            text.parse().map_err(|error: toml::de::Error| problem(error.message().to_owned()))?;
        let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or(config.name());
        Ok((Self::new(name, config), table.contains_key("lr")))
    }

    /// The same with another learning rate.
    #[must_use]
    pub fn with_learning_rate(self, rate: f64) -> Self {
        Entrant { config: self.config.with_learning_rate(rate), ..self }
    }

    /// The same with another objective.
    #[must_use]
    pub fn with_logits(self, logits: LogitRegularization) -> Self {
        Entrant { logits, ..self }
    }
}
