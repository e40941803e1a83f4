use super::{Curvature, DescentRule, QuadraticModel, Rescaling};
use crate::linalg::dot;
use crate::optimizer::{Method, Minibatch, State, checked_learning_rate};
use crate::{ParameterLayout, Result, Scalar, check};
use ndarray::{Array1, ArrayView1};

/// Steps along a gradient that a [`Curvature`] preconditions, with all that Martens & Grosse put around it.
///
/// ```text
/// V = gradient + ℓ θ,    U = (F + γ²I)⁻¹ V,    δ = −α U + μ δ',    θ ← θ + δ
/// ```
///
/// α and μ are given (with the clip), or minimise the exact quadratic model: [`Rescaling`]. λ and γ may adapt. See
/// [`Kfac`](crate::optimizer::Kfac) for the options.
///
/// # Numerical notes
/// All but the Fisher, its products and θ itself is in double precision, whatever T is.
#[derive(Debug, Clone)]
pub struct KroneckerDescent<T, C> {
    layout: ParameterLayout,
    rule: DescentRule,
    steps: u64,
    memory: Memory<T, C>,
}

#[derive(Debug, Clone)]
struct Memory<T, C> {
    curvature: C,
    /// δ'.
    before: Array1<f64>,
    damping: f64,
    gamma: f64,
    averaged: Array1<T>,
}

/// A direction and how far to go.
struct Proposal<C> {
    curvature: C,
    gamma: f64,
    direction: Array1<f64>,
    weights: [f64; 2],
    model: Option<QuadraticModel>,
    /// M with all of its shift.
    value: f64,
}

impl<T: Scalar, C: Curvature> KroneckerDescent<T, C> {
    /// At t = 0.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting): see [`DescentRule::checked`].
    pub fn new(layout: ParameterLayout, rule: DescentRule, curvature: C) -> Result<Self> {
        let rule = rule.checked()?;
        let memory = Memory {
            curvature,
            before: Array1::zeros(layout.dim()),
            damping: rule.damping,
            gamma: (rule.damping + rule.weight_decay).sqrt(),
            averaged: Array1::zeros(layout.dim()),
        };
        Ok(KroneckerDescent { layout, rule, steps: 0, memory })
    }

    /// λ as it is now.
    pub fn damping(&self) -> f64 {
        self.memory.damping
    }

    /// γ as it is now.
    pub fn gamma(&self) -> f64 {
        if self.rule.gamma_interval > 0 { self.memory.gamma } else { self.shift().sqrt() }
    }

    /// The curvature as it was at the last step.
    pub fn curvature(&self) -> &C {
        &self.memory.curvature
    }

    /// The last step, θ_t − θ_(t−1).
    pub fn last_step(&self) -> &Array1<f64> {
        &self.memory.before
    }

    /// λ + ℓ.
    fn shift(&self) -> f64 {
        self.memory.damping + self.rule.weight_decay
    }

    fn propose(
        &self,
        batch: &Minibatch<'_, T>,
        gradient: ArrayView1<'_, f64>,
        curvature: C,
        gamma: f64,
        modelled: bool,
    ) -> Result<Proposal<C>> {
        let rule = &self.rule;
        let direction = curvature.precondition(gradient)?;
        check::finite("direction", &direction)?;
        let model = if modelled {
            let before = self.memory.before.view();
            Some(QuadraticModel::new(batch, gradient, direction.view(), before)?)
        } else {
            None
        };
        let shift = self.shift();
        let weights = match (rule.rescaling, &model) {
            (Rescaling::Rate, Some(model)) => {
                [rule.learning_rate * model.minimum_beside(rule.momentum, shift), rule.momentum]
            }
            (Rescaling::Both, Some(model)) => model.minimum(shift).map(|w| rule.learning_rate * w),
            _ => {
                let clip = rule.clip(dot(direction.view(), gradient));
                [rule.learning_rate * clip, rule.momentum]
            }
        };
        let value = model.map_or(0.0, |model| model.value(weights, shift));
        Ok(Proposal { curvature, gamma, direction, weights, model, value })
    }

    /// The proposal of least model among the γ of this step.
    fn best(
        &self,
        batch: &Minibatch<'_, T>,
        gradient: ArrayView1<'_, f64>,
        step: u64,
    ) -> Result<Proposal<C>> {
        let present = self.gamma();
        let observed = self.memory.curvature.observed(batch, step, present)?;
        let candidates = self.rule.candidates(present, step);
        let modelled =
            self.rule.rescaling != Rescaling::None || candidates.len() > 1 || self.rule.adapts_at(step);
        if let [only] = candidates[..] {
            return self.propose(batch, gradient, observed, only, modelled);
        }
        let mut best: Option<Proposal<C>> = None;
        for gamma in candidates {
            let proposal = self.propose(batch, gradient, observed.damped(gamma)?, gamma, modelled)?;
            if best.as_ref().is_none_or(|best| proposal.value < best.value) {
                best = Some(proposal);
            }
        }
        // There are three candidates by now.
        best.map_or_else(|| self.propose(batch, gradient, observed, present, modelled), Ok)
    }

    /// λ after the step from θ to θ'.
    fn adapted(
        &self,
        batch: &Minibatch<'_, T>,
        proposal: &Proposal<C>,
        theta: &Array1<f64>,
        updated: &Array1<T>,
        step: u64,
    ) -> f64 {
        let (Some(model), true) = (&proposal.model, self.rule.adapts_at(step)) else {
            return self.memory.damping;
        };
        let decay = self.rule.weight_decay;
        let damping = if self.rule.damped_model { self.memory.damping } else { 0.0 };
        let after = updated.mapv(Scalar::as_f64);
        let penalty = 0.5 * decay * (dot(after.view(), after.view()) - dot(theta.view(), theta.view()));
        // A loss that is no number is a bad step, not the end of the run.
        let loss = batch.loss_at(updated.view()).map_or(f64::NAN, Scalar::as_f64);
        let change = loss - batch.linearization().loss().as_f64() + penalty;
        self.rule.adapted(self.memory.damping, change, model.value(proposal.weights, damping + decay))
    }
}

impl<T: Scalar, C: Curvature> Method<T> for KroneckerDescent<T, C> {
    fn step(&mut self, theta: &mut Array1<T>, batch: &Minibatch<'_, T>) -> Result<()> {
        check::vector("theta", self.layout.dim(), &theta.view())?;
        self.layout.check("gradient", batch.gradient().len())?;
        let step = self.steps + 1;
        let here = theta.mapv(Scalar::as_f64);
        let mut gradient = batch.gradient().mapv(Scalar::as_f64);
        gradient.scaled_add(self.rule.weight_decay, &here);
        check::finite("gradient", &gradient)?;
        let proposal = self.best(batch, gradient.view(), step)?;
        let [first, second] = proposal.weights;
        let moved = &proposal.direction * -first + &self.memory.before * second;
        check::finite("step", &moved)?;
        let updated: Array1<T> = (&here + &moved).mapv(T::of);
        check::finite("updated theta", &updated)?;
        let damping = self.adapted(batch, &proposal, &here, &updated, step);
        if self.rule.averaging > 0.0 {
            let keep = T::of((1.0 - 1.0 / step as f64).min(self.rule.averaging));
            let averaged = &self.memory.averaged * keep + &updated * (T::one() - keep);
            self.memory.averaged = averaged;
        }
        self.memory.curvature = proposal.curvature;
        self.memory.gamma = proposal.gamma;
        self.memory.damping = damping;
        self.memory.before = moved;
        self.steps = step;
        *theta = updated;
        Ok(())
    }

    fn steps(&self) -> u64 {
        self.steps
    }

    fn learning_rate(&self) -> T {
        T::of(self.rule.learning_rate)
    }

    fn set_learning_rate(&mut self, learning_rate: T) -> Result<()> {
        self.rule.learning_rate = checked_learning_rate(learning_rate.as_f64())?;
        Ok(())
    }

    fn state(&self) -> State {
        let mut state = State::new(self.steps);
        state.put("before", &self.memory.before);
        state.number("damping", self.memory.damping).number("gamma", self.memory.gamma);
        if self.rule.averaging > 0.0 {
            state.put("averaged", &self.memory.averaged);
        }
        self.memory.curvature.save(&mut state);
        state
    }

    fn restore(&mut self, state: &State) -> Result<()> {
        let (mut reader, mut memory) = (state.reader(), self.memory.clone());
        let dim = [self.layout.dim()];
        memory.before = reader.array("before", &dim)?;
        for (name, slot) in [("damping", &mut memory.damping), ("gamma", &mut memory.gamma)] {
            *slot = reader.scalar(name)?;
            check::setting("saved damping", *slot, *slot >= 0.0, "at least 0")?;
        }
        if self.rule.averaging > 0.0 {
            memory.averaged = reader.array("averaged", &dim)?;
        }
        memory.curvature.load(&mut reader)?;
        reader.finish()?;
        (self.memory, self.steps) = (memory, state.steps());
        Ok(())
    }

    fn averaged(&self) -> Option<&Array1<T>> {
        (self.rule.averaging > 0.0 && self.steps > 0).then_some(&self.memory.averaged)
    }
}
