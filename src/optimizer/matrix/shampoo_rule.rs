use super::axes::Axes;
use super::root::{inverse_power, inverse_power_of};
use super::{Accumulation, Graft, LongAxis, RootExponent, Shampoo, ShampooMomentum, ShampooStatistics};
use crate::linalg::norm;
use crate::optimizer::stage::{DecayForm, is_due};
use crate::optimizer::{State, StateReader, TensorRule, Tick};
use crate::{Result, Scalar, check};
use ndarray::{Array1, Array2, ArrayView1};

/// [`Shampoo`] for one tensor: the statistics and roots of its axes.
#[derive(Debug, Clone)]
pub struct ShampooRule {
    settings: Shampoo,
    axes: Axes,
    factors: Vec<Factor>,
    /// Empty without momentum.
    momentum: Array1<f64>,
    /// Σ g², empty unless it is grafted from.
    squares: Array1<f64>,
}

/// What is known of one axis: H and its root.
#[derive(Debug, Clone)]
enum Factor {
    Dense { statistic: Array2<f64>, root: Array2<f64> },
    Diagonal { statistic: Array1<f64>, root: Array1<f64> },
    Identity,
}

impl ShampooRule {
    pub(super) fn new(settings: Shampoo, shape: &[usize]) -> Self {
        let axes = Axes::new(shape);
        let factor = |&length: &usize| {
            if length <= settings.max_precond_dim {
                let zeros = || Array2::zeros((length, length));
                Factor::Dense { statistic: zeros(), root: zeros() }
            } else if settings.long_axis == LongAxis::Diagonal {
                Factor::Diagonal { statistic: Array1::zeros(length), root: Array1::zeros(length) }
            } else {
                Factor::Identity
            }
        };
        let factors = axes.lengths().iter().map(factor).collect();
        let entries = axes.lengths().iter().product();
        let if_used = |used: bool| Array1::zeros(if used { entries } else { 0 });
        ShampooRule {
            momentum: if_used(settings.momentum > 0.0),
            squares: if_used(settings.graft == Graft::Adagrad),
            settings,
            axes,
            factors,
        }
    }

    /// The gradient as the method sees it: with the penalty, and with the last direction if that is fed back.
    fn seen<T: Scalar>(&self, step: u64, theta: &[T], gradient: &[T]) -> Vec<f64> {
        let Shampoo { momentum, momentum_of, weight_decay, decay_form, .. } = self.settings;
        let mut seen: Vec<f64> = gradient.iter().map(|g| g.as_f64()).collect();
        // At the first step there is no direction yet; the gradient takes its place.
        if momentum_of == ShampooMomentum::Feedback && step > 1 {
            for (g, last) in seen.iter_mut().zip(&self.momentum) {
                *g = momentum * last + (1.0 - momentum) * *g;
            }
        }
        if decay_form == DecayForm::Penalty {
            seen.iter_mut().zip(theta).for_each(|(g, x)| *g += weight_decay * x.as_f64());
        }
        seen
    }

    /// The gradient, or its average.
    fn averaged(&self, next: &mut Self, seen: &[f64]) -> Vec<f64> {
        let Shampoo { momentum, momentum_of, .. } = self.settings;
        if self.momentum.is_empty() || momentum_of != ShampooMomentum::Gradient {
            return seen.to_vec();
        }
        next.momentum = momentum * &self.momentum + (1.0 - momentum) * &ArrayView1::from(seen);
        next.momentum.to_vec()
    }

    /// The length of the step that is grafted, if any.
    fn grafted(&self, next: &mut Self, seen: &[f64], averaged: &[f64]) -> Option<f64> {
        match self.settings.graft {
            Graft::None => None,
            Graft::Sgd => Some(norm(ArrayView1::from(averaged))),
            Graft::Adagrad => {
                next.squares = &self.squares + &ArrayView1::from(seen).mapv(|g| g * g);
                let steps = next.squares.iter().zip(averaged).map(|(&sum, &g)| {
                    let size = sum.sqrt() + self.settings.graft_epsilon;
                    if size > 0.0 { g / size } else { 0.0 }
                });
                Some(norm(steps.collect::<Array1<f64>>().view()))
            }
        }
    }

    /// The direction of a step: statistics, roots, and their product with `averaged`.
    fn precondition(&self, next: &mut Self, step: u64, seen: &[f64], averaged: Vec<f64>) -> Result<Vec<f64>> {
        let Shampoo { statistics, interval, .. } = self.settings;
        let refresh = is_due(step, interval);
        let mut x = averaged;
        for (axis, (factor, next)) in self.factors.iter().zip(&mut next.factors).enumerate() {
            let source = if statistics == ShampooStatistics::Sequential { &x } else { seen };
            *next = self.updated(factor, axis, source, step, refresh)?;
            x = self.applied(next, axis, &x)?.unwrap_or(x);
        }
        Ok(x)
    }

    fn updated(&self, factor: &Factor, axis: usize, x: &[f64], step: u64, refresh: bool) -> Result<Factor> {
        let Shampoo { accumulation, beta2, bias_correction, epsilon, exponent, .. } = self.settings;
        let (keep, add) = match accumulation {
            Accumulation::Sum => (1.0, 1.0),
            Accumulation::Average => (beta2, 1.0 - beta2),
        };
        let correction = match accumulation {
            Accumulation::Average if bias_correction => 1.0 - beta2.powf(step as f64),
            _ => 1.0,
        };
        let power = match exponent {
            RootExponent::Paper => 0.5,
            RootExponent::Inverse => 1.0,
        } / self.axes.count() as f64;
        Ok(match factor {
            Factor::Dense { statistic, root } => {
                let statistic = keep * statistic + add * &self.axes.gram(axis, x)?;
                check::finite("statistic of an axis", &statistic)?;
                let root = if refresh {
                    inverse_power((&statistic / correction).view(), epsilon, power)?
                } else {
                    root.clone()
                };
                Factor::Dense { statistic, root }
            }
            Factor::Diagonal { statistic, root } => {
                let statistic = keep * statistic + add * &self.axes.squares(axis, x)?;
                check::finite("statistic of an axis", &statistic)?;
                let root = if refresh {
                    statistic.mapv(|value| inverse_power_of(value / correction, epsilon, power))
                } else {
                    root.clone()
                };
                Factor::Diagonal { statistic, root }
            }
            Factor::Identity => Factor::Identity,
        })
    }

    fn applied(&self, factor: &Factor, axis: usize, x: &[f64]) -> Result<Option<Vec<f64>>> {
        match factor {
            Factor::Dense { root, .. } => self.axes.multiply(axis, root.view(), x).map(Some),
            Factor::Diagonal { root, .. } => self.axes.scale(axis, root, x).map(Some),
            Factor::Identity => Ok(None),
        }
    }

    /// λ w, the decay that does not pass through the gradient.
    fn decay<T: Scalar>(&self, factors: &[Factor], theta: &[T]) -> Result<Vec<f64>> {
        let Shampoo { weight_decay, decay_form, .. } = self.settings;
        if decay_form == DecayForm::Penalty || weight_decay <= 0.0 {
            return Ok(vec![0.0; theta.len()]);
        }
        let mut w: Vec<f64> = theta.iter().map(|x| weight_decay * x.as_f64()).collect();
        if decay_form == DecayForm::Natural {
            for (axis, factor) in factors.iter().enumerate() {
                w = self.applied(factor, axis, &w)?.unwrap_or(w);
            }
        }
        Ok(w)
    }
}

impl<T: Scalar> TensorRule<T> for ShampooRule {
    fn advance(
        &self,
        next: &mut Self,
        tick: Tick<T>,
        theta: &[T],
        gradient: &[T],
        updated: &mut [T],
    ) -> Result<()> {
        let seen = self.seen(tick.step, theta, gradient);
        let averaged = self.averaged(next, &seen);
        let length = self.grafted(next, &seen, &averaged);
        let mut direction = Array1::from(self.precondition(next, tick.step, &seen, averaged)?);
        if let Some(length) = length {
            let own = norm(direction.view());
            direction *= if own > 0.0 { length / own } else { 0.0 };
        }
        if !self.momentum.is_empty() {
            match self.settings.momentum_of {
                ShampooMomentum::Gradient => {}
                ShampooMomentum::Direction => {
                    direction += &(self.settings.momentum * &self.momentum);
                    next.momentum.assign(&direction);
                }
                ShampooMomentum::Feedback => next.momentum.assign(&direction),
            }
        }
        let decay = self.decay(&next.factors, theta)?;
        let rate = tick.learning_rate.as_f64();
        for (new, (x, (d, w))) in updated.iter_mut().zip(theta.iter().zip(direction.iter().zip(&decay))) {
            *new = T::of(x.as_f64() - rate * (d + w));
        }
        Ok(())
    }

    fn save(&self, state: &mut State, name: &dyn Fn(&str) -> String) {
        for (axis, factor) in self.factors.iter().enumerate() {
            let (statistic, root) = (name(&format!("statistic {axis}")), name(&format!("root {axis}")));
            match factor {
                Factor::Dense { statistic: h, root: r } => {
                    state.put(statistic, h).put(root, r);
                }
                Factor::Diagonal { statistic: h, root: r } => {
                    state.put(statistic, h).put(root, r);
                }
                Factor::Identity => {}
            }
        }
        if !self.momentum.is_empty() {
            state.put(name("momentum"), &self.momentum);
        }
        if !self.squares.is_empty() {
            state.put(name("squares"), &self.squares);
        }
    }

    fn load(&mut self, reader: &mut StateReader<'_>, name: &dyn Fn(&str) -> String) -> Result<()> {
        for (axis, factor) in self.factors.iter_mut().enumerate() {
            let (statistic, root) = (name(&format!("statistic {axis}")), name(&format!("root {axis}")));
            match factor {
                Factor::Dense { statistic: h, root: r } => {
                    *h = reader.array(&statistic, h.shape())?;
                    *r = reader.array(&root, r.shape())?;
                }
                Factor::Diagonal { statistic: h, root: r } => {
                    *h = reader.non_negative(&statistic, h.shape())?;
                    *r = reader.non_negative(&root, r.shape())?;
                }
                Factor::Identity => {}
            }
        }
        if !self.momentum.is_empty() {
            self.momentum = reader.array(&name("momentum"), self.momentum.shape())?;
        }
        if !self.squares.is_empty() {
            self.squares = reader.non_negative(&name("squares"), self.squares.shape())?;
        }
        Ok(())
    }
}
