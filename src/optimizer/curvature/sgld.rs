use super::GradientNoise;
use crate::optimizer::keywords::keywords;
use crate::optimizer::settings::{ModelSettings, Settings};
use crate::optimizer::{Method, Minibatch, State, checked_learning_rate};
use crate::{Linearization, ParameterLayout, Result, Scalar, check};
use ndarray::Array1;
use serde::{Deserialize, Serialize};

/// The shape of the noise: Σ is a multiple of this. C is the covariance of the gradients of single data of the batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NoiseCovariance {
    /// I: Langevin dynamics.
    Isotropic,
    /// C^½: least in the information-theoretic bound.
    #[default]
    SquareRoot,
    /// C: the shape of the noise that minibatches bring of themselves.
    Covariance,
}

keywords!(NoiseCovariance, "noise", {
    Isotropic = "isotropic", SquareRoot = "sqrt-covariance", Covariance = "covariance",
});

/// What the total variance c of the noise of a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NoiseScaling {
    /// c = 2 η τ P: the discretised Langevin diffusion.
    #[default]
    Langevin,
    /// c = τ P, whatever η.
    Constant,
}

keywords!(NoiseScaling, "noise scaling", { Langevin = "langevin", Constant = "constant" });

/// Stochastic gradient Langevin dynamics, with noise of a chosen shape.
///
/// ```text
/// θ_t = θ_(t−1) − η g_t + ξ_t,    ξ_t ~ N(0, Σ_t)
/// isotropic:         Σ = (c/P) I
/// sqrt-covariance:   Σ = c C^½ / tr C^½
/// covariance:        Σ = c C / tr C
/// C = (1/N) Σ_n (g_n − ḡ)(g_n − ḡ)ᵀ over the batch;    tr Σ = c = 2 η τ P, or τ P
/// ```
///
/// | symbol | option | default |
/// |---|---|---|
/// | η | `learning_rate` | 1e-3 |
/// | τ | `temperature` | 1e-4 |
/// | shape of Σ | `noise`, see [`NoiseCovariance`] | sqrt-covariance |
/// | c | `scaling`, see [`NoiseScaling`] | langevin |
/// | | `seed` | 0 |
///
/// Isotropic Langevin noise has, as η → 0, the stationary density exp(−loss/τ): at τ = 1/(number of data) the posterior
/// of a flat prior. At a finite η, on a loss ½ a θ², the variance is τ/(a (1 − ηa/2)). The other two shapes have no such
/// density; with the same trace they put the variance where gradients differ. [`anisotropic_noise`](super::anisotropic_noise) and
/// [`sgld_step`](super::sgld_step) do the same for a C that is given. c = 0 is gradient descent.
///
/// The square root is the best shape for a *bound* under a constraint on the trace, not a statement about accuracy. Only its
/// range is reached: with N < P data the noise lies in the N − 1 dimensions of the differences of gradients. A batch whose
/// gradients are all equal, one of a single datum for example, has C = 0 and no noise.
///
/// # Errors
/// [`Error::Setting`](crate::Error::Setting) unless η and τ are finite and at least 0. A step fails with
/// [`Error::NotConverged`](crate::Error::NotConverged) if the eigenvalues of C do not converge.
///
/// # Cost
/// State: none but the number of steps. A step: that of [`GradientNoise`].
///
/// # Numerical notes
/// Eigenvalues of C below N ulp of the largest are dropped: the noise there would be rounding.
///
/// # Example
/// ```
/// use natgrad::optimizer::{NoiseCovariance, OptimizerConfig, Sgld};
/// let config = OptimizerConfig::from_toml("optimizer = \"sgld\"\nnoise = \"isotropic\"\ntemperature = 0.5")?;
/// let by_hand = Sgld { noise: NoiseCovariance::Isotropic, temperature: 0.5, ..Sgld::default() };
/// assert_eq!(config.settings, natgrad::optimizer::MethodSettings::Sgld(by_hand));
/// assert_eq!(by_hand.trace(1e-3, 7), 2.0 * 1e-3 * 0.5 * 7.0);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `optimizer::sgld::the_map_has_the_covariance`, `optimizer::sgld::isotropic_noise_on_a_quadratic`.
///
/// # References
/// Welling & Teh 2011, "Bayesian learning via stochastic gradient Langevin dynamics"; Wang, Zhang, Zhang, Meng, Chen & Liu 2021
/// (arXiv 2110.13750), for the square root.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sgld {
    /// η.
    #[serde(rename = "lr")]
    pub learning_rate: f64,
    /// τ.
    pub temperature: f64,
    /// The shape of Σ.
    pub noise: NoiseCovariance,
    /// What c is.
    pub scaling: NoiseScaling,
    /// The seed of the noise.
    pub seed: u64,
}

impl Default for Sgld {
    fn default() -> Self {
        Sgld {
            learning_rate: 1e-3,
            temperature: 1e-4,
            noise: NoiseCovariance::SquareRoot,
            scaling: NoiseScaling::Langevin,
            seed: 0,
        }
    }
}

impl Settings for Sgld {
    const NAME: &'static str = "sgld";

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn with_learning_rate(self, learning_rate: f64) -> Self {
        Sgld { learning_rate, ..self }
    }

    fn with_seed(self, seed: u64) -> Self {
        Sgld { seed, ..self }
    }
}

impl ModelSettings for Sgld {
    const NEEDS: &'static str = "the model and the data, for the gradients of single data";

    fn method<T: Scalar>(&self, layout: ParameterLayout) -> Result<Box<dyn Method<T>>> {
        Ok(Box::new(self.build(layout)?))
    }
}

impl Sgld {
    /// c for a learning rate and P.
    pub fn trace(&self, learning_rate: f64, dim: usize) -> f64 {
        match self.scaling {
            NoiseScaling::Langevin => 2.0 * learning_rate * self.temperature * dim as f64,
            NoiseScaling::Constant => self.temperature * dim as f64,
        }
    }

    /// The method for a layout, at t = 0.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) for the first setting outside its domain.
    pub fn build<T: Scalar>(&self, layout: ParameterLayout) -> Result<Langevin<T>> {
        checked_learning_rate(self.learning_rate)?;
        check::at_least_zero("temperature", self.temperature)?;
        Ok(Langevin { layout, settings: *self, learning_rate: T::of(self.learning_rate), steps: 0 })
    }
}

/// [`Sgld`] at work.
#[derive(Debug, Clone)]
pub struct Langevin<T> {
    layout: ParameterLayout,
    settings: Sgld,
    learning_rate: T,
    steps: u64,
}

impl<T: Scalar> Langevin<T> {
    /// The noise of the next step on this batch, before it is drawn.
    ///
    /// # Errors
    /// Those of [`GradientNoise::new`].
    pub fn noise(&self, lin: &Linearization<T>) -> Result<GradientNoise<T>> {
        let trace = self.settings.trace(self.learning_rate.as_f64(), lin.dim());
        GradientNoise::new(lin, self.settings.noise, trace)
    }
}

impl<T: Scalar> Method<T> for Langevin<T> {
    fn step(&mut self, theta: &mut Array1<T>, batch: &Minibatch<'_, T>) -> Result<()> {
        self.layout.check("theta", theta.len())?;
        self.layout.check("gradient", batch.gradient().len())?;
        check::finite("theta", theta)?;
        check::finite("gradient", batch.gradient())?;
        let mut updated = &*theta - &batch.gradient().mapv(|g| self.learning_rate * g);
        let trace = self.settings.trace(self.learning_rate.as_f64(), self.layout.dim());
        if trace > 0.0 {
            updated += &self.noise(batch.linearization())?.draw(self.settings.seed, self.steps + 1)?;
        }
        check::finite("updated theta", &updated)?;
        *theta = updated;
        self.steps += 1;
        Ok(())
    }

    fn steps(&self) -> u64 {
        self.steps
    }

    fn learning_rate(&self) -> T {
        self.learning_rate
    }

    fn set_learning_rate(&mut self, learning_rate: T) -> Result<()> {
        checked_learning_rate(learning_rate.as_f64())?;
        self.learning_rate = learning_rate;
        Ok(())
    }

    fn state(&self) -> State {
        State::new(self.steps)
    }

    fn restore(&mut self, state: &State) -> Result<()> {
        state.reader().finish()?;
        self.steps = state.steps();
        Ok(())
    }
}
