//! Every method by name.

use super::settings::{GradientSettings, ModelSettings, Settings, TableError, from_table, options, over};
use super::stage::named;
use super::{
    AdaFisher, AdaFisherW, AdaGrad, Adafactor, Adam, AdamW, Conda, DpAdamAc, Ekfac, FAdam,
    InverseFreeShampoo, Kfac, LaMAdam, Lion, MAdam, Method, NaturalDescent, NdAdam, Optimizer, RmsProp,
    RootFreeAdamW, RootFreeRmsProp, Sgd, Sgld, Shampoo, Soap, SophiaG, SphereAdam, Swan, TwoLevelKfac,
};
use crate::{Error, ParameterLayout, Result, Scalar};

macro_rules! catalog {
    (gradient { $($gradient:ident,)+ } model { $($model:ident,)+ }) => {
        /// The settings of any method there is.
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        #[allow(missing_docs, reason = "a variant is called as its settings")]
        pub enum MethodSettings {
            $($gradient($gradient),)+
            $($model($model),)+
        }

        impl MethodSettings {
            /// The names of all methods.
            pub const NAMES: &'static [&'static str] = &[$($gradient::NAME,)+ $($model::NAME,)+];

            /// The defaults of a method.
            ///
            /// # Errors
            /// [`Error::Unknown`] for a name that is not in [`NAMES`](Self::NAMES).
            pub fn named(name: &str) -> Result<Self> {
                $(if name == $gradient::NAME { return Ok(Self::$gradient($gradient::default())); })+
                $(if name == $model::NAME { return Ok(Self::$model($model::default())); })+
                Err(Error::Unknown { what: "optimizer", name: name.to_owned(), known: Self::NAMES.join(", ") })
            }

            /// The options of a method, in the order of its settings.
            ///
            /// # Errors
            /// [`Error::Unknown`] for a name that is not in [`NAMES`](Self::NAMES).
            pub fn options(name: &str) -> Result<&'static [&'static str]> {
                named("optimizer", name, &[
                    $(($gradient::NAME, options::<$gradient>()),)+
                    $(($model::NAME, options::<$model>()),)+
                ])
            }

            pub(super) fn from_table(name: &str, table: toml::Table) -> Result<Self, TableError> {
                $(if name == $gradient::NAME { return from_table(table).map(Self::$gradient); })+
                $(if name == $model::NAME { return from_table(table).map(Self::$model); })+
                Self::named(name).map_err(TableError::Settings)
            }

            /// The names of a method's sets of settings.
            ///
            /// # Errors
            /// [`Error::Unknown`] for a name that is not in [`NAMES`](Self::NAMES).
            pub fn presets(name: &str) -> Result<&'static [&'static str]> {
                named("optimizer", name, &[
                    $(($gradient::NAME, $gradient::PRESETS),)+
                    $(($model::NAME, $model::PRESETS),)+
                ])
            }

            /// The same method with the options of a table changed.
            pub(super) fn overridden(&self, table: toml::Table) -> Result<Self, TableError> {
                match self {
                    $(Self::$gradient(settings) => over(settings, table).map(Self::$gradient),)+
                    $(Self::$model(settings) => over(settings, table).map(Self::$model),)+
                }
            }

            /// That a step needs nothing beside gradients.
            pub(super) fn only_gradients(&self) -> Result<()> {
                match self.needs() {
                    None => Ok(()),
                    Some(needs) => Err(Error::NeedsModel { method: self.name(), needs }),
                }
            }

            pub(super) fn to_table(&self) -> Result<toml::Table, toml::ser::Error> {
                match self {
                    $(Self::$gradient(settings) => toml::Table::try_from(settings),)+
                    $(Self::$model(settings) => toml::Table::try_from(settings),)+
                }
            }

            /// The name of the method.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$gradient(_) => $gradient::NAME,)+
                    $(Self::$model(_) => $model::NAME,)+
                }
            }

            /// What a step needs beside gradients, if anything.
            pub fn needs(&self) -> Option<&'static str> {
                match self {
                    $(Self::$gradient(_) => None,)+
                    $(Self::$model(_) => Some($model::NEEDS),)+
                }
            }

            /// The learning rate η.
            pub fn learning_rate(&self) -> f64 {
                match self {
                    $(Self::$gradient(settings) => settings.learning_rate(),)+
                    $(Self::$model(settings) => settings.learning_rate(),)+
                }
            }

            /// The same with another learning rate.
            #[must_use]
            pub fn with_learning_rate(self, learning_rate: f64) -> Self {
                match self {
                    $(Self::$gradient(settings) => Self::$gradient(settings.with_learning_rate(learning_rate)),)+
                    $(Self::$model(settings) => Self::$model(settings.with_learning_rate(learning_rate)),)+
                }
            }

            /// The same for mean gradients over this many data, where that matters and the settings still say 1.
            #[must_use]
            pub fn with_batch(self, data: usize) -> Self {
                match self {
                    $(Self::$gradient(settings) => Self::$gradient(settings.with_batch(data)),)+
                    $(Self::$model(settings) => Self::$model(settings.with_batch(data)),)+
                }
            }

            /// The same with another seed, where the method draws.
            #[must_use]
            pub fn with_seed(self, seed: u64) -> Self {
                match self {
                    $(Self::$gradient(settings) => Self::$gradient(settings.with_seed(seed)),)+
                    $(Self::$model(settings) => Self::$model(settings.with_seed(seed)),)+
                }
            }

            /// The method at t = 0, if it needs only gradients.
            ///
            /// # Errors
            /// [`Error::NeedsModel`] for one that needs more; [`Error::Setting`] for the first setting outside its domain.
            pub fn optimizer<T: Scalar>(&self, layout: ParameterLayout) -> Result<Box<dyn Optimizer<T>>> {
                match self {
                    $(Self::$gradient(settings) => settings.optimizer(layout),)+
                    $(Self::$model(_) => Err(Error::NeedsModel { method: $model::NAME, needs: $model::NEEDS }),)+
                }
            }

            /// The method at t = 0.
            ///
            /// # Errors
            /// [`Error::Setting`] for the first setting outside its domain.
            pub fn method<T: Scalar>(&self, layout: ParameterLayout) -> Result<Box<dyn Method<T>>> {
                match self {
                    $(Self::$gradient(settings) => Ok(Box::new(settings.optimizer::<T>(layout)?)),)+
                    $(Self::$model(settings) => settings.method(layout),)+
                }
            }
        }
    };
}

catalog! {
    gradient {
        Sgd,
        Adam,
        AdamW,
        FAdam,
        RmsProp,
        AdaGrad,
        RootFreeRmsProp,
        RootFreeAdamW,
        Adafactor,
        MAdam,
        LaMAdam,
        Lion,
        Shampoo,
        Soap,
        InverseFreeShampoo,
        Conda,
        Swan,
        NdAdam,
        SphereAdam,
    }
    model {
        NaturalDescent,
        Kfac,
        Ekfac,
        TwoLevelKfac,
        AdaFisher,
        AdaFisherW,
        SophiaG,
        Sgld,
        DpAdamAc,
    }
}
