use crate::optimizer::settings::{GradientSettings, Settings};
use crate::optimizer::{Optimizer, State, checked_learning_rate};
use crate::{ParameterLayout, Result, Scalar, check};
use ndarray::{Array1, ArrayView1, Zip};
use serde::{Deserialize, Serialize};

/// Stochastic gradient descent: the Euclidean reference for everything else on this floor.
///
/// ```text
/// d_t = g_t + λ θ_(t−1)
/// b_t = μ b_(t−1) + d_t,  b_0 = 0
/// θ_t = θ_(t−1) − η b_t              momentum (Polyak)
/// θ_t = θ_(t−1) − η (d_t + μ b_t)    Nesterov
/// ```
///
/// | symbol | option | default |
/// |---|---|---|
/// | η | `learning_rate` | 1e-3 |
/// | μ | `momentum` | 0 |
/// | λ | `weight_decay` | 0 |
/// | the form with d_t + μ b_t | `nesterov` | false |
///
/// # Units
/// b is a *sum* of gradients with weights μ^k, not an average: at μ = 0.9 a steady gradient moves θ by 10 η g.
///
/// # Errors
/// [`Error::Setting`](crate::Error::Setting) unless η and λ are finite and at least 0, μ is in [0, 1), and positive with `nesterov`.
///
/// # Cost
/// See [`StochasticGradient`].
///
/// # Example
/// ```
/// use natgrad::{ParameterLayout, ndarray::array, optimizer::{Optimizer, Sgd}};
/// let mut sgd = Sgd { learning_rate: 0.5, momentum: 0.5, ..Sgd::default() }.build::<f64>(ParameterLayout::flat(1)?)?;
/// let mut theta = array![0.0];
/// for _ in 0..2 {
///     sgd.step(&mut theta, array![1.0].view())?;
/// }
/// assert_eq!(theta[0], -0.5 - 0.75);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `optimizer::recorded::torch_adam_adamw_sgd`, `optimizer::transcriptions::sgd_is_the_textbook_to_the_last_bit`.
///
/// # References
/// Polyak 1964; Nesterov 1983, in the form of Sutskever et al. 2013 that PyTorch uses, dampening 0.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sgd {
    /// η.
    #[serde(rename = "lr")]
    pub learning_rate: f64,
    /// μ.
    pub momentum: f64,
    /// Whether the step looks ahead along the momentum.
    pub nesterov: bool,
    /// λ, the rate of an L2 penalty.
    pub weight_decay: f64,
}

impl Default for Sgd {
    fn default() -> Self {
        Sgd { learning_rate: 1e-3, momentum: 0.0, nesterov: false, weight_decay: 0.0 }
    }
}

impl Settings for Sgd {
    const NAME: &'static str = "sgd";

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn with_learning_rate(self, learning_rate: f64) -> Self {
        Sgd { learning_rate, ..self }
    }
}

impl GradientSettings for Sgd {
    fn optimizer<T: Scalar>(&self, layout: ParameterLayout) -> Result<Box<dyn Optimizer<T>>> {
        Ok(Box::new(self.build(layout)?))
    }
}

impl Sgd {
    /// The optimizer for a layout, at t = 0.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless η ≥ 0, 0 ≤ μ < 1 and λ ≥ 0 are finite, and, with `nesterov`,
    /// unless μ > 0.
    pub fn build<T: Scalar>(&self, layout: ParameterLayout) -> Result<StochasticGradient<T>> {
        let Sgd { learning_rate, momentum, nesterov, weight_decay } = *self;
        checked_learning_rate(learning_rate)?;
        check::below_one("momentum", momentum)?;
        check::setting("momentum", momentum, !nesterov || momentum > 0.0, "positive with nesterov")?;
        check::at_least_zero("weight_decay", weight_decay)?;
        let zeros = || Array1::zeros(layout.dim());
        Ok(StochasticGradient {
            learning_rate: T::of(learning_rate),
            momentum: T::of(momentum),
            weight_decay: T::of(weight_decay),
            nesterov,
            steps: 0,
            buffer: zeros(),
            next_buffer: zeros(),
            next_theta: zeros(),
            layout,
        })
    }
}

/// [`Sgd`] at work: its settings with the momentum buffer.
///
/// # Cost
/// Memory: P numbers of state, 2 P of work. A step streams 6 numbers per parameter.
#[derive(Debug, Clone)]
pub struct StochasticGradient<T> {
    layout: ParameterLayout,
    learning_rate: T,
    momentum: T,
    weight_decay: T,
    nesterov: bool,
    steps: u64,
    buffer: Array1<T>,
    next_buffer: Array1<T>,
    next_theta: Array1<T>,
}

impl<T: Scalar> Optimizer<T> for StochasticGradient<T> {
    fn layout(&self) -> &ParameterLayout {
        &self.layout
    }

    fn step(&mut self, theta: &mut Array1<T>, gradient: ArrayView1<'_, T>) -> Result<()> {
        self.layout.check("theta", theta.len())?;
        self.layout.check("gradient", gradient.len())?;
        check::finite("gradient", &gradient)?;
        let (rate, momentum, decay) = (self.learning_rate, self.momentum, self.weight_decay);
        Zip::from(&mut self.next_buffer).and(&self.buffer).and(&gradient).and(&*theta).for_each(
            |next, &b, &g, &x| {
                *next = momentum * b + (g + decay * x);
            },
        );
        let nesterov = self.nesterov;
        Zip::from(&mut self.next_theta).and(&self.next_buffer).and(&gradient).and(&*theta).for_each(
            |next, &b, &g, &x| {
                let direction = if nesterov { (g + decay * x) + momentum * b } else { b };
                *next = x - rate * direction;
            },
        );
        // A velocity that is not finite cannot give a finite θ, whatever η.
        if !self.next_theta.as_slice().is_some_and(check::all_finite) {
            check::finite("theta", theta)?;
            check::finite("momentum", &self.next_buffer)?;
            check::finite("updated theta", &self.next_theta)?;
        }
        std::mem::swap(&mut self.buffer, &mut self.next_buffer);
        std::mem::swap(theta, &mut self.next_theta);
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
        let mut state = State::new(self.steps);
        state.put("momentum", &self.buffer);
        state
    }

    fn restore(&mut self, state: &State) -> Result<()> {
        let mut reader = state.reader();
        let buffer = reader.array("momentum", &[self.layout.dim()])?;
        reader.finish()?;
        self.buffer = buffer;
        self.steps = state.steps();
        Ok(())
    }

    fn keeps_previous(&self) -> bool {
        true
    }

    fn undo(&mut self) {
        std::mem::swap(&mut self.buffer, &mut self.next_buffer);
        self.steps = self.steps.saturating_sub(1);
    }
}
