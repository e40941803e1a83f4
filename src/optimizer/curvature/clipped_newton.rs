use super::{BatchPlacement, SophiaG};
use crate::fisher::{Estimator, MonteCarlo, Sampler};
use crate::optimizer::fisher_type::seed_of_step;
use crate::optimizer::stage::is_due;
use crate::optimizer::{Method, Minibatch, State, checked_learning_rate};
use crate::{Linearization, ParameterLayout, Result, Scalar, check};
use ndarray::{Array1, ArrayView1};

/// Beside ρ h, so that 0/0 is no question.
const GUARD: f64 = 1e-15;

/// [`SophiaG`] at work: two averages.
///
/// # Cost
/// State: 2P numbers. A step takes some 8P flops, and every k-th a pass back.
#[derive(Debug, Clone)]
pub struct ClippedNewton<T> {
    layout: ParameterLayout,
    settings: SophiaG,
    learning_rate: T,
    steps: u64,
    momentum: Array1<T>,
    curvature: Array1<T>,
}

impl<T: Scalar> ClippedNewton<T> {
    pub(super) fn new(settings: SophiaG, layout: ParameterLayout) -> Self {
        ClippedNewton {
            learning_rate: T::of(settings.learning_rate),
            steps: 0,
            momentum: Array1::zeros(layout.dim()),
            curvature: Array1::zeros(layout.dim()),
            settings,
            layout,
        }
    }

    /// Whether the next step estimates the curvature: steps 1, k + 1, 2k + 1, ….
    pub fn is_estimate_due(&self) -> bool {
        is_due(self.steps + 1, self.settings.interval)
    }

    /// ĝ of the next step: the gradient of the mean loss at labels drawn from the model, one per datum; other labels
    /// at every step.
    ///
    /// # Errors
    /// Those of [`MonteCarlo`].
    pub fn sampled_gradient(&self, lin: &Linearization<T>) -> Result<Array1<T>> {
        let seed = seed_of_step(self.settings.seed, self.steps + 1);
        let estimator = MonteCarlo { draws: 1, sampler: Sampler::Independent, seed };
        let scores = estimator.output_vectors(lin)?;
        let minus = T::of(-1.0 / lin.data() as f64);
        lin.vjp(scores.vectors().mapv(|s| s * minus).view())
    }

    /// One step of a gradient, without a model; `sampled` is ĝ of a batch of `data` data.
    ///
    /// # Shapes
    /// θ, gradient, sampled: P.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape), [`Error::NonFinite`](crate::Error::NonFinite): θ and the state are then as
    /// they were.
    pub fn advance(
        &mut self,
        theta: &mut Array1<T>,
        gradient: ArrayView1<'_, T>,
        sampled: Option<ArrayView1<'_, T>>,
        data: usize,
    ) -> Result<()> {
        check::vector("theta", self.layout.dim(), &theta.view())?;
        check::vector("gradient", self.layout.dim(), &gradient)?;
        let SophiaG { beta1, beta2, rho, weight_decay, batch_placement, .. } = self.settings;
        let (inside, outside) = match batch_placement {
            BatchPlacement::Estimate => (data as f64, 1.0),
            BatchPlacement::Denominator => (1.0, data as f64),
        };
        let curvature = match sampled {
            None => self.curvature.clone(),
            Some(sampled) => {
                check::vector("sampled gradient", self.layout.dim(), &sampled)?;
                let (keep, take, count) = (T::of(beta2), T::of(1.0 - beta2), T::of(inside));
                &self.curvature * keep + &sampled.mapv(|g| take * (count * (g * g)))
            }
        };
        let (keep, take) = (T::of(beta1), T::of(1.0 - beta1));
        let momentum = &self.momentum * keep + &gradient.mapv(|g| take * g);
        let shrink = T::one() - self.learning_rate * T::of(weight_decay);
        let (weight, guard) = (T::of(rho * outside), T::of(GUARD));
        let mut updated = theta.clone();
        for ((x, &m), &h) in updated.iter_mut().zip(&momentum).zip(&curvature) {
            let clipped = (m.abs() / (weight * h + guard)).min(T::one());
            let direction = if m.is_zero() { T::zero() } else { m.signum() * clipped };
            *x = *x * shrink - self.learning_rate * direction;
        }
        // An infinite average would make a step of 0, and stay.
        check::finite("momentum", &momentum)?;
        check::finite("curvature", &curvature)?;
        if !updated.as_slice().is_some_and(check::all_finite) {
            check::finite("updated theta", &updated)?;
        }
        *theta = updated;
        (self.momentum, self.curvature) = (momentum, curvature);
        self.steps += 1;
        Ok(())
    }
}

impl<T: Scalar> Method<T> for ClippedNewton<T> {
    fn step(&mut self, theta: &mut Array1<T>, batch: &Minibatch<'_, T>) -> Result<()> {
        let sampled = match self.is_estimate_due() {
            true => Some(self.sampled_gradient(batch.linearization())?),
            false => None,
        };
        let sampled = sampled.as_ref().map(|sampled| sampled.view());
        self.advance(theta, batch.gradient().view(), sampled, batch.data())
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
        state.put("momentum", &self.momentum).put("curvature", &self.curvature);
        state
    }

    fn restore(&mut self, state: &State) -> Result<()> {
        let mut reader = state.reader();
        let momentum = reader.array("momentum", &[self.momentum.len()])?;
        let curvature = reader.non_negative("curvature", &[self.curvature.len()])?;
        reader.finish()?;
        (self.momentum, self.curvature, self.steps) = (momentum, curvature, state.steps());
        Ok(())
    }
}
