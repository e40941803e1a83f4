use super::options::{Limit, Switch};
use super::stage::{BiasCorrection, named};
use super::{Adam, AdamW, FAdam, Optimizer, Sgd};
use crate::{Error, ParameterLayout, Result, Scalar};
use serde::{Deserialize, Serialize};
use std::path::Path;

macro_rules! config {
    ($($(#[$doc:meta])* $name:ident: $kind:ty,)*) => {
        /// An optimizer as a file names it; absent options have the default of the method or of its preset.
        ///
        /// | optimizer | options |
        /// |---|---|
        /// | `sgd` | `lr`, `momentum`, `nesterov`, `weight_decay` |
        /// | `adam`, `adamw` | `lr`, `beta1`, `beta2`, `epsilon`, `weight_decay`, `bias_correction` |
        /// | `fadam` | `preset`, then the options of [`FAdam`] by the paper's names |
        ///
        /// # Example
        /// ```
        /// use natgrad::{ParameterLayout, optimizer::{Optimizer, OptimizerConfig, build}};
        /// let config = OptimizerConfig::from_toml("optimizer = \"fadam\"\nlr = 0.01\nclip = \"inf\"")?;
        /// assert_eq!(build::<f64>(&config, ParameterLayout::flat(3)?)?.learning_rate(), 0.01);
        /// let error = OptimizerConfig::from_toml("optimizer = \"sgd\"\nbeta1 = 0.9").unwrap_err();
        /// assert_eq!(error.to_string(), "unknown option of sgd 'beta1'; known: lr, momentum, nesterov, weight_decay");
        /// # Ok::<(), natgrad::Error>(())
        /// ```
        #[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct OptimizerConfig {
            /// `sgd`, `adam`, `adamw` or `fadam`.
            pub optimizer: String,
            $($(#[$doc])* #[serde(default, skip_serializing_if = "Option::is_none")] pub $name: Option<$kind>,)*
        }

        impl OptimizerConfig {
            /// The names of the options that are given.
            fn given(&self) -> Vec<&'static str> {
                [$((stringify!($name), self.$name.is_some())),*]
                    .into_iter()
                    .filter_map(|(name, given)| given.then_some(name))
                    .collect()
            }
        }
    };
}

config! {
    /// A named set of options, which the others then override (`fadam`): see [`FAdam::preset`].
    preset: String,
    /// η.
    lr: f64,
    /// μ (`sgd`).
    momentum: f64,
    /// Nesterov's momentum (`sgd`).
    nesterov: bool,
    /// β₁.
    beta1: f64,
    /// β₂.
    beta2: f64,
    /// p.
    p: f64,
    /// ε.
    epsilon: f64,
    /// ε₂.
    epsilon2: f64,
    /// `E1` to `E7`.
    epsilon_rule: String,
    /// `2p` or `plain`.
    epsilon_exponent: String,
    /// The smallest ε_t.
    epsilon_floor: f64,
    /// A further constant in the denominator.
    epsilon_addition: f64,
    /// c, a number or `inf`.
    clip: Limit,
    /// `paper` or `port`.
    clip_form: String,
    /// λ.
    weight_decay: f64,
    /// `natural`, `decoupled` or `penalty`.
    decay_form: String,
    /// f₀.
    f0: f64,
    /// `true` or `false`; for `fadam` also `folded`, `divided` or `none`, of which `true` means the first.
    bias_correction: Switch,
    /// `natural-gradient` or `gradient`.
    momentum_of: String,
    /// Whether m is divided by 1 − β₁^t.
    momentum_bias_correction: bool,
}

const SGD: &[&str] = &["lr", "momentum", "nesterov", "weight_decay"];
const ADAM: &[&str] = &["lr", "beta1", "beta2", "epsilon", "weight_decay", "bias_correction"];
const FADAM: &[&str] = &[
    "preset",
    "lr",
    "beta1",
    "beta2",
    "p",
    "epsilon",
    "epsilon2",
    "epsilon_rule",
    "epsilon_exponent",
    "epsilon_floor",
    "epsilon_addition",
    "clip",
    "clip_form",
    "weight_decay",
    "decay_form",
    "f0",
    "bias_correction",
    "momentum_of",
    "momentum_bias_correction",
];

/// What is unknown, and the options there are.
fn options_of(optimizer: &str) -> Result<(&'static str, &'static [&'static str])> {
    let table = [
        ("sgd", ("option of sgd", SGD)),
        ("adam", ("option of adam", ADAM)),
        ("adamw", ("option of adamw", ADAM)),
        ("fadam", ("option of fadam", FADAM)),
    ];
    named("optimizer", optimizer, &table)
}

fn check_options<'a>(optimizer: &str, given: impl IntoIterator<Item = &'a str>) -> Result<()> {
    let (what, known) = options_of(optimizer)?;
    let table: Vec<(&str, ())> = known.iter().map(|name| (*name, ())).collect();
    given.into_iter().try_for_each(|name| named(what, name, &table))
}

impl OptimizerConfig {
    /// Reads TOML text.
    ///
    /// # Errors
    /// [`Error::Unknown`] for an optimizer nobody knows or an option that it does not have; [`Error::File`] (with
    /// `optimizer.toml` in the place of the path) for text that is not TOML or a value of the wrong type.
    pub fn from_toml(text: &str) -> Result<Self> {
        let malformed = |problem: toml::de::Error| Error::File {
            path: "optimizer.toml".into(),
            problem: problem.message().lines().collect::<Vec<_>>().join(" "),
        };
        let table: toml::Table = text.parse().map_err(malformed)?;
        if let Some(optimizer) = table.get("optimizer").and_then(toml::Value::as_str) {
            let given = table.keys().map(String::as_str).filter(|name| *name != "optimizer");
            check_options(optimizer, given)?;
        }
        toml::from_str(text).map_err(malformed)
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

    /// The bias correction of a method that knows only on and off.
    fn flag(&self, default: bool) -> Result<bool> {
        match &self.bias_correction {
            None => Ok(default),
            Some(Switch::Flag(flag)) => Ok(*flag),
            Some(Switch::Word(word)) => Err(Error::Unknown {
                what: "bias_correction",
                name: word.clone(),
                known: "true, false".into(),
            }),
        }
    }

    fn sgd(&self) -> Sgd {
        let base = Sgd::default();
        Sgd {
            learning_rate: self.lr.unwrap_or(base.learning_rate),
            momentum: self.momentum.unwrap_or(base.momentum),
            nesterov: self.nesterov.unwrap_or(base.nesterov),
            weight_decay: self.weight_decay.unwrap_or(base.weight_decay),
        }
    }

    fn adam(&self) -> Result<Adam> {
        let base = Adam::default();
        Ok(Adam {
            learning_rate: self.lr.unwrap_or(base.learning_rate),
            beta1: self.beta1.unwrap_or(base.beta1),
            beta2: self.beta2.unwrap_or(base.beta2),
            epsilon: self.epsilon.unwrap_or(base.epsilon),
            weight_decay: self.weight_decay.unwrap_or(base.weight_decay),
            bias_correction: self.flag(base.bias_correction)?,
        })
    }

    fn adamw(&self) -> Result<AdamW> {
        let Adam { learning_rate, beta1, beta2, epsilon, bias_correction, .. } = self.adam()?;
        let weight_decay = self.weight_decay.unwrap_or(AdamW::default().weight_decay);
        Ok(AdamW { learning_rate, beta1, beta2, epsilon, weight_decay, bias_correction })
    }

    fn fadam(&self) -> Result<FAdam> {
        let base = self.preset.as_deref().map_or(Ok(FAdam::paper()), FAdam::preset)?;
        fn parsed<V: std::str::FromStr<Err = Error>>(name: &Option<String>, default: V) -> Result<V> {
            name.as_deref().map_or(Ok(default), str::parse)
        }
        Ok(FAdam {
            learning_rate: self.lr.unwrap_or(base.learning_rate),
            beta1: self.beta1.unwrap_or(base.beta1),
            beta2: self.beta2.unwrap_or(base.beta2),
            power: self.p.unwrap_or(base.power),
            epsilon: self.epsilon.unwrap_or(base.epsilon),
            epsilon2: self.epsilon2.unwrap_or(base.epsilon2),
            epsilon_rule: parsed(&self.epsilon_rule, base.epsilon_rule)?,
            epsilon_exponent: parsed(&self.epsilon_exponent, base.epsilon_exponent)?,
            epsilon_floor: self.epsilon_floor.unwrap_or(base.epsilon_floor),
            epsilon_addition: self.epsilon_addition.unwrap_or(base.epsilon_addition),
            clip: self.clip.as_ref().map_or(Ok(base.clip), Limit::value)?,
            clip_form: parsed(&self.clip_form, base.clip_form)?,
            weight_decay: self.weight_decay.unwrap_or(base.weight_decay),
            decay_form: parsed(&self.decay_form, base.decay_form)?,
            initial_second_moment: self.f0.unwrap_or(base.initial_second_moment),
            bias_correction: match &self.bias_correction {
                None => base.bias_correction,
                Some(Switch::Flag(true)) => BiasCorrection::Folded,
                Some(Switch::Flag(false)) => BiasCorrection::None,
                Some(Switch::Word(word)) => word.parse()?,
            },
            momentum_of: parsed(&self.momentum_of, base.momentum_of)?,
            momentum_bias_correction: self.momentum_bias_correction.unwrap_or(base.momentum_bias_correction),
        })
    }
}

/// The optimizer that a configuration describes, at t = 0.
///
/// # Errors
/// [`Error::Unknown`] for a name nobody knows or an option the optimizer does not have; [`Error::Setting`] for a
/// number outside its domain.
pub fn build<T: Scalar>(config: &OptimizerConfig, layout: ParameterLayout) -> Result<Box<dyn Optimizer<T>>> {
    check_options(&config.optimizer, config.given())?;
    Ok(match config.optimizer.as_str() {
        "sgd" => Box::new(config.sgd().build(layout)?),
        "adam" => Box::new(config.adam()?.build(layout)?),
        "adamw" => Box::new(config.adamw()?.build(layout)?),
        _ => Box::new(config.fadam()?.build(layout)?),
    })
}
