use super::group_options::{read_groups, read_schedule, write_groups, write_schedule};
use super::settings::{TableError, one_line};
use super::stage::Schedule;
use super::{Grouped, Method, MethodSettings, Optimizer, Scheduled, TensorGroup};
use crate::{Error, ParameterLayout, Result, Scalar};
use std::path::Path;

/// A method as a file describes it: its name, and the options that differ from its defaults.
///
/// ```toml
/// optimizer = "fadam"
/// preset = "pytorch-port"     # where a method has presets; other options override it
/// lr = 0.01
/// clip = inf
/// schedule = "cosine"         # of the learning rate: see `Schedule`
/// schedule_steps = 1000
/// warmup_steps = 100
///
/// [[group]]                   # some tensors otherwise: see `Grouped`
/// tensors = ["b*"]
/// weight_decay = 0.0
/// ```
///
/// A group that names an optimizer starts from its defaults (or from its preset), any other from the options of the base. A
/// group that gives any option of [`Schedule`] has that schedule, any other that of the base.
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
    /// Of the learning rate.
    pub schedule: Schedule,
    /// Tensors that are optimized otherwise; the first that names a tensor has it.
    pub groups: Vec<TensorGroup>,
}

impl From<MethodSettings> for OptimizerConfig {
    fn from(settings: MethodSettings) -> Self {
        OptimizerConfig { settings, schedule: Schedule::constant(), groups: Vec::new() }
    }
}

impl OptimizerConfig {
    /// A method with its defaults.
    ///
    /// # Errors
    /// [`Error::Unknown`] with the names there are.
    pub fn named(name: &str) -> Result<Self> {
        MethodSettings::named(name).map(Self::from)
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
        let groups = table.remove("group");
        let told = |error| match error {
            TableError::Settings(error) => error,
            TableError::Value(problem) => malformed(problem),
        };
        let schedule = read_schedule(&mut table).map_err(told)?.unwrap_or_default();
        let settings = MethodSettings::from_table(&name, table).map_err(told)?;
        let groups = read_groups(groups, &settings, schedule).map_err(told)?;
        let config = OptimizerConfig { settings, schedule, groups };
        config.check_groups()?;
        Ok(config)
    }

    /// That no group is about a method which needs more than gradients.
    fn check_groups(&self) -> Result<()> {
        if self.groups.is_empty() { Ok(()) } else { self.settings.only_gradients() }
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
        if !self.schedule.is_constant() {
            write_schedule(&mut table, self.schedule);
        }
        write_groups(&mut table, &self.groups);
        table.to_string()
    }

    /// The name of the method.
    pub fn name(&self) -> &'static str {
        self.settings.name()
    }

    /// The same with another learning rate; those of groups are multiplied by the same factor, where there is one
    /// (not from a rate of 0).
    #[must_use]
    pub fn with_learning_rate(mut self, learning_rate: f64) -> Self {
        let former = self.settings.learning_rate();
        let factor = if former > 0.0 { learning_rate / former } else { 1.0 };
        for group in &mut self.groups {
            let rate = group.settings.learning_rate() * factor;
            group.settings = group.settings.clone().with_learning_rate(rate);
        }
        self.settings = self.settings.with_learning_rate(learning_rate);
        self
    }

    /// The same for mean gradients over this many data, where that matters and the options still say 1.
    #[must_use]
    pub fn with_batch(mut self, data: usize) -> Self {
        for group in &mut self.groups {
            group.settings = group.settings.clone().with_batch(data);
        }
        self.settings = self.settings.with_batch(data);
        self
    }

    /// The same with another seed, where the method draws.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        for group in &mut self.groups {
            group.settings = group.settings.clone().with_seed(seed);
        }
        self.settings = self.settings.with_seed(seed);
        self
    }

    /// The method at t = 0, if it needs only gradients.
    ///
    /// # Errors
    /// [`Error::NeedsModel`] for one that needs more, saying what; [`Error::Setting`] for a number outside its domain;
    /// those of [`Grouped::new`].
    pub fn optimizer<T: Scalar>(&self, layout: ParameterLayout) -> Result<Box<dyn Optimizer<T>>> {
        if !self.groups.is_empty() {
            return Ok(Box::new(Grouped::new(layout, &self.settings, self.schedule, &self.groups)?));
        }
        let optimizer = self.settings.optimizer(layout)?;
        if self.schedule.is_constant() {
            return Ok(optimizer);
        }
        Ok(Box::new(Scheduled::new(optimizer, self.settings.learning_rate(), self.schedule)?))
    }

    /// The method at t = 0.
    ///
    /// # Errors
    /// [`Error::Setting`] for a number outside its domain; those of [`Grouped::new`], one of them for groups beside a
    /// method that needs more than gradients.
    pub fn method<T: Scalar>(&self, layout: ParameterLayout) -> Result<Box<dyn Method<T>>> {
        self.check_groups()?;
        if self.settings.needs().is_none() {
            return Ok(Box::new(self.optimizer::<T>(layout)?));
        }
        let method = self.settings.method(layout)?;
        if self.schedule.is_constant() {
            return Ok(method);
        }
        Ok(Box::new(Scheduled::new(method, self.settings.learning_rate(), self.schedule)?))
    }
}
