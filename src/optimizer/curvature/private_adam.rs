use super::DpAdamAc;
use super::clip_control::ClipControl;
use crate::fisher::{Empirical, Scores};
use crate::linalg::norm;
use crate::optimizer::{DiagonalNaturalGradient, Method, Minibatch, Optimizer, State, checked_learning_rate};
use crate::random::{Purpose, Streams};
use crate::{ParameterLayout, Result, Scalar, check};
use ndarray::{Array1, Axis};
use rand_distr::{Distribution, StandardNormal};

/// Gradients of micro-batches, each clipped, and their sum.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ClippedSum<T> {
    /// Σ_i g_i min(1, C m_i/‖g_i‖): P entries.
    pub sum: Array1<T>,
    /// u_i = ‖g_i‖/m_i before the clip, one per micro-batch.
    pub norms: Vec<f64>,
}

impl<T: Scalar> ClippedSum<T> {
    /// The data of `scores`, which are those of [`Empirical`], in micro-batches of `size`, the last of which may be smaller.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) for a size of 0 or a limit that is not positive;
    /// [`Error::NonFinite`](crate::Error::NonFinite) if a gradient overflows.
    ///
    /// # Cost
    /// 2NP flops; memory, P numbers per datum of one micro-batch.
    pub fn new(scores: &Scores<T>, size: usize, limit: f64) -> Result<Self> {
        check::at_least_one("micro_batch", size as u64)?;
        check::setting("clip", limit, limit > 0.0, "positive (infinity turns it off)")?;
        let owner = scores.owner();
        let mut sum = Array1::zeros(scores.dim());
        let mut norms = Vec::with_capacity(scores.rows().div_ceil(size));
        for first in (0..scores.rows()).step_by(size) {
            let rows = first..(first + size).min(scores.rows());
            let count = rows.len() as f64;
            // Scores are derivatives of log-likelihoods, not of losses.
            let gradient = -scores.panel(rows, &owner).sum_axis(Axis(1));
            check::finite("gradient of a micro-batch", &gradient)?;
            let unit = norm(gradient.view()).as_f64() / count;
            if unit > limit {
                sum.scaled_add(T::of(limit / unit), &gradient);
            } else {
                sum += &gradient;
            }
            norms.push(unit);
        }
        Ok(ClippedSum { sum, norms })
    }
}

/// [`DpAdamAc`] at work: AdamW, a clip with its memory, and an average of θ.
///
/// # Cost
/// State: 3P + H numbers. A step: a pass back, 2NP flops for gradients of micro-batches, P normals, an AdamW step.
#[derive(Debug, Clone)]
pub struct PrivateAdam<T> {
    settings: DpAdamAc,
    inner: DiagonalNaturalGradient<T>,
    learning_rate: T,
    control: ClipControl,
    averaged: Option<Array1<T>>,
}

impl<T: Scalar> PrivateAdam<T> {
    pub(super) fn new(settings: DpAdamAc, layout: ParameterLayout) -> Result<Self> {
        Ok(PrivateAdam {
            inner: settings.adamw().build(layout)?,
            learning_rate: T::of(settings.learning_rate),
            control: ClipControl::new(&settings),
            averaged: None,
            settings,
        })
    }

    /// C of the next step.
    pub fn clip(&self) -> f64 {
        self.control.clip
    }

    /// What the learning rate of the next step is multiplied by.
    pub fn multiplier(&self) -> f64 {
        self.control.multiplier
    }

    /// The last norms per datum, the oldest first. Not private.
    pub fn norms(&self) -> impl Iterator<Item = f64> {
        self.control.norms.iter().copied()
    }

    /// g̃ of the next step, with the norms of the micro-batches.
    fn gradient(&self, batch: &Minibatch<'_, T>) -> Result<(Array1<T>, Vec<f64>)> {
        let lin = batch.linearization();
        let ClippedSum { mut sum, norms } =
            ClippedSum::new(&lin.scores(&Empirical)?, self.settings.micro_batch, self.control.clip)?;
        if self.settings.noise > 0.0 {
            let deviation = self.settings.noise * self.control.clip;
            let step = self.inner.steps() + 1;
            let mut generator = Streams::new(self.settings.seed, Purpose::Noise).generator(step);
            sum.mapv_inplace(|entry| {
                let z: f64 = StandardNormal.sample(&mut generator);
                entry + T::of(deviation * z)
            });
        }
        let mut mean = sum / T::of(batch.data() as f64);
        // What was added to the gradient of the data: zero, unless something was.
        mean += &(batch.gradient() - lin.gradient());
        Ok((mean, norms))
    }
}

impl<T: Scalar> Method<T> for PrivateAdam<T> {
    fn step(&mut self, theta: &mut Array1<T>, batch: &Minibatch<'_, T>) -> Result<()> {
        self.inner.layout().check("gradient", batch.gradient().len())?;
        let (gradient, norms) = self.gradient(batch)?;
        let start = self.averaged.clone().unwrap_or_else(|| theta.clone());
        self.inner.set_learning_rate(self.learning_rate * T::of(self.control.multiplier))?;
        self.inner.step(theta, gradient.view())?;
        let (keep, take) = (T::of(self.settings.averaging), T::of(1.0 - self.settings.averaging));
        self.averaged = Some(start * keep + &theta.mapv(|x| take * x));
        self.control = self.control.after(&self.settings, &norms);
        Ok(())
    }

    fn steps(&self) -> u64 {
        self.inner.steps()
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
        let mut state = State::new(self.inner.steps());
        state.nest("adamw", &self.inner.state());
        self.control.save(&mut state);
        if let Some(averaged) = &self.averaged {
            state.put("averaged", averaged);
        }
        state
    }

    fn restore(&mut self, state: &State) -> Result<()> {
        let mut reader = state.reader();
        let mut inner = self.inner.clone();
        inner.restore(&reader.nested("adamw")?)?;
        let control = ClipControl::load(&self.settings, state, &mut reader)?;
        let averaged = match state.steps() {
            0 => None,
            _ => Some(reader.array("averaged", &[self.inner.layout().dim()])?),
        };
        reader.finish()?;
        (self.inner, self.control, self.averaged) = (inner, control, averaged);
        Ok(())
    }

    fn averaged(&self) -> Option<&Array1<T>> {
        self.averaged.as_ref()
    }
}
