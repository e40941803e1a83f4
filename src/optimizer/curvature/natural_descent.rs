use super::NaturalGradient;
use crate::fisher::{Exact, ImplicitForm};
use crate::optimizer::settings::{ModelSettings, Settings};
use crate::optimizer::{Method, checked_learning_rate};
use crate::solver::{ConjugateGradient, Damping};
use crate::{ParameterLayout, Result, Scalar};
use serde::{Deserialize, Serialize};

/// Natural-gradient descent by conjugate gradients, a method to train with.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NaturalDescent {
    /// η at most.
    #[serde(rename = "lr")]
    pub learning_rate: f64,
    /// λ in F + λI.
    pub damping: f64,
    /// κ, nats per datum.
    pub divergence_limit: f64,
}

impl Default for NaturalDescent {
    fn default() -> Self {
        NaturalDescent { learning_rate: 0.5, damping: 0.01, divergence_limit: 0.05 }
    }
}

impl Settings for NaturalDescent {
    const NAME: &'static str = "natural-gradient";

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn with_learning_rate(self, learning_rate: f64) -> Self {
        NaturalDescent { learning_rate, ..self }
    }
}

impl ModelSettings for NaturalDescent {
    const NEEDS: &'static str = "the model and the data at every step, for the Fisher";

    fn method<T: Scalar>(&self, _layout: ParameterLayout) -> Result<Box<dyn Method<T>>> {
        let NaturalDescent { learning_rate, damping, divergence_limit } = *self;
        checked_learning_rate(learning_rate)?;
        let solver =
            ConjugateGradient { damping: Damping::Exact(damping), tolerance: 1e-3, max_iterations: 30 };
        let method = NaturalGradient {
            estimator: Exact,
            representation: ImplicitForm,
            solver,
            learning_rate,
            divergence_limit: Some(divergence_limit),
        };
        Ok(Box::new(method.method()))
    }
}
