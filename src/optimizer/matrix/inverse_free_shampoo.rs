use super::axes::Axes;
use crate::linalg::{norm, product, syrk};
use crate::optimizer::settings::{GradientSettings, Settings};
use crate::optimizer::stage::is_due;
use crate::optimizer::{Optimizer, PerTensor, State, StateReader, TensorRule, Tick, checked_learning_rate};
use crate::{ParameterLayout, Result, Scalar, check};
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

/// IF-Shampoo: factors K_i of the *inverse* of a Kronecker-factored empirical Fisher, learnt by products alone: no
/// decomposition, no inverse, no root.
///
/// ```text
/// X   = g ×₁ K₁ᵀ … ×_k K_kᵀ
/// N_i = ½ [ (B / Π_(j≠i) d_j) X₍ᵢ₎ X₍ᵢ₎ᵀ + λ K_iᵀK_i Π_(j≠i) tr(K_jᵀK_j)/d_j − I ]
/// M_i ← α₂ M_i + (1 − α₂) N_i                              M_i = 0 at first
/// K_i ← K_i − β₂ K_i M_i / max(1, ‖M_i‖_F)                 K_i = I at first
/// m   ← α₁ m + (g ×₁ K₁K₁ᵀ … ×_k K_kK_kᵀ + κ θ_(t−1))      m = 0 at first
/// θ_t = θ_(t−1) − η m
/// ```
///
/// All N_i are taken of the same X, before any K_i moves; the step uses the new K_i. g is the gradient of the *mean*
/// loss over a batch of B data: B g gᵀ is then of the size of an empirical Fisher.
///
/// | symbol | option | default |
/// |---|---|---|
/// | η | `learning_rate` | 1e-3 |
/// | B | `batch` | 1; an experiment puts its own (the code asks the model) |
/// | λ | `damping` | 1e-3 |
/// | β₂ | `beta2` | 0.01 |
/// | α₁ | `alpha1` | 0.9 |
/// | α₂ | `alpha2` | 0.5 |
/// | κ | `weight_decay`, beside the preconditioner | 0 |
/// | T | `interval`: the factors move at t = 1, T + 1, 2T + 1, … | 1 |
///
/// Without damping the method does not see affine changes of parameters, provided the first K_i change along: with
/// θ = A φ Cᵀ, K₁ → A⁻¹ K₁ and K₂ → C⁻¹ K₂, its path is the same; and a loss c times as large makes a step 1/c times as
/// long. Where K_i stands still, the whitened second moment is I: B X₍ᵢ₎ X₍ᵢ₎ᵀ / Π_(j≠i) d_j = I on average.
///
/// # Shapes
/// Axes of length 1 have no factor; a tensor of one entry has a single factor of order 1.
///
/// # Errors
/// A step fails with [`Error::NonFinite`](crate::Error::NonFinite) if a factor or its momentum overflows.
///
/// # Cost
/// Per tensor of P entries and axes d_i: 8 P Σ d_i + 5 Σ d_i³ flops a step. State: P + 2 Σ d_i² numbers, doubled, all in
/// double precision.
///
/// # Numerical notes
/// K_i − β₂ K_i M_i is the first order of K_i exp(−β₂ M_i). With β₂ < 1 the bound on M_i keeps I − β₂ M_i positive definite,
/// so that K_i never becomes singular. A zero gradient moves K_i too: −I/2 lets it grow until λ stops it at
/// λ K_iᵀK_i Π tr(…) = I; with λ = 0 and gradients of deficient rank nothing does, and a step fails after some
/// 710/β₂ without a gradient, when K_iᵀK_i overflows.
///
/// # Example
/// ```
/// use natgrad::{ParameterLayout, ndarray::array, optimizer::{InverseFreeShampoo, Optimizer}};
/// let method = InverseFreeShampoo { learning_rate: 1.0, damping: 0.0, beta2: 0.1, ..InverseFreeShampoo::default() };
/// let mut method = method.build::<f64>(ParameterLayout::flat(1)?)?;
/// let mut theta = array![0.0];
/// method.step(&mut theta, array![2.0].view())?;
/// // N = (4 − 1)/2 = 1.5,  M = 0.75,  K = 1 − 0.1 · 0.75 = 0.925,  step = 2 · 0.925²
/// assert!((theta[0] + 1.71125).abs() < 1e-14);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `optimizer::inverse_free_shampoo::transcription_f64`, `optimizer::kronecker_recorded::inverse_free_shampoo`,
/// `optimizer::inverse_free_shampoo::affine_invariance`
///
/// # References
/// Lin et al. 2024 (arXiv 2402.03496), section 4; `f-dangel/sirfshampoo` 0.0.1, dense structure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InverseFreeShampoo {
    /// η.
    #[serde(rename = "lr")]
    pub learning_rate: f64,
    /// B.
    pub batch: u64,
    /// λ.
    pub damping: f64,
    /// β₂.
    pub beta2: f64,
    /// α₁.
    pub alpha1: f64,
    /// α₂.
    pub alpha2: f64,
    /// κ.
    pub weight_decay: f64,
    /// T.
    pub interval: u64,
}

impl Default for InverseFreeShampoo {
    fn default() -> Self {
        InverseFreeShampoo {
            learning_rate: 1e-3,
            batch: 1,
            damping: 1e-3,
            beta2: 0.01,
            alpha1: 0.9,
            alpha2: 0.5,
            weight_decay: 0.0,
            interval: 1,
        }
    }
}

impl Settings for InverseFreeShampoo {
    const NAME: &'static str = "inverse-free-shampoo";

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn with_learning_rate(self, learning_rate: f64) -> Self {
        InverseFreeShampoo { learning_rate, ..self }
    }

    fn with_batch(self, data: usize) -> Self {
        InverseFreeShampoo { batch: if self.batch == 1 { data as u64 } else { self.batch }, ..self }
    }
}

impl GradientSettings for InverseFreeShampoo {
    fn optimizer<T: Scalar>(&self, layout: ParameterLayout) -> Result<Box<dyn Optimizer<T>>> {
        Ok(Box::new(self.build(layout)?))
    }
}

impl InverseFreeShampoo {
    /// The optimizer for a layout, at t = 0.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless η, λ and κ are finite and at least 0, 0 ≤ β₂, α₁, α₂ < 1, B ≥ 1
    /// and T ≥ 1.
    pub fn build<T: Scalar>(&self, layout: ParameterLayout) -> Result<PerTensor<T, InverseFreeShampooRule>> {
        checked_learning_rate(self.learning_rate)?;
        for (option, value) in [("damping", self.damping), ("weight_decay", self.weight_decay)] {
            check::at_least_zero(option, value)?;
        }
        for (option, value) in [("beta2", self.beta2), ("alpha1", self.alpha1), ("alpha2", self.alpha2)] {
            check::below_one(option, value)?;
        }
        for (option, value) in [("batch", self.batch), ("interval", self.interval)] {
            check::at_least_one(option, value)?;
        }
        PerTensor::new(layout, self.learning_rate, |_, shape| Ok(InverseFreeShampooRule::new(*self, shape)))
    }
}

/// [`InverseFreeShampoo`] for one tensor: a factor per axis, with its momentum.
#[derive(Debug, Clone)]
pub struct InverseFreeShampooRule {
    settings: InverseFreeShampoo,
    axes: Axes,
    factors: Vec<Array2<f64>>,
    factor_momenta: Vec<Array2<f64>>,
    /// Empty if α₁ = 0.
    momentum: Array1<f64>,
}

impl InverseFreeShampooRule {
    fn new(settings: InverseFreeShampoo, shape: &[usize]) -> Self {
        let axes = Axes::squeezed(shape);
        let entries = if settings.alpha1 > 0.0 { axes.lengths().iter().product() } else { 0 };
        InverseFreeShampooRule {
            factors: axes.lengths().iter().map(|&length| Array2::eye(length)).collect(),
            factor_momenta: axes.lengths().iter().map(|&length| Array2::zeros((length, length))).collect(),
            momentum: Array1::zeros(entries),
            settings,
            axes,
        }
    }

    /// The next factors and their momenta.
    fn move_factors(&self, next: &mut Self, gradient: &[f64]) -> Result<()> {
        let InverseFreeShampoo { batch, damping, beta2, alpha2, .. } = self.settings;
        let mut x = gradient.to_vec();
        for (axis, factor) in self.factors.iter().enumerate() {
            x = self.axes.multiply(axis, factor.t(), &x)?;
        }
        let entries = gradient.len() as f64;
        let grams: Vec<Array2<f64>> = self.factors.iter().map(|factor| syrk(factor.view())).collect();
        let traces: Vec<f64> = grams.iter().map(|gram| gram.diag().sum() / gram.nrows() as f64).collect();
        for (axis, gram) in grams.iter().enumerate() {
            let order = gram.nrows();
            let others: f64 =
                traces.iter().enumerate().filter(|(i, _)| *i != axis).map(|(_, trace)| trace).product();
            let share = batch as f64 * order as f64 / entries;
            let excess =
                share * &self.axes.gram(axis, &x)? + damping * others * gram - Array2::<f64>::eye(order);
            let momentum = alpha2 * &self.factor_momenta[axis] + (0.5 * (1.0 - alpha2)) * &excess;
            let length = norm(momentum.flatten().view());
            let moved = product(self.factors[axis].view(), momentum.view());
            next.factors[axis] = &self.factors[axis] - &(moved * (beta2 / length.max(1.0)));
            next.factor_momenta[axis] = momentum;
            check::finite("momentum of a factor", &next.factor_momenta[axis])?;
            check::finite("factor of an axis", &next.factors[axis])?;
        }
        Ok(())
    }
}

impl<T: Scalar> TensorRule<T> for InverseFreeShampooRule {
    fn advance(
        &self,
        next: &mut Self,
        tick: Tick<T>,
        theta: &[T],
        gradient: &[T],
        updated: &mut [T],
    ) -> Result<()> {
        let InverseFreeShampoo { alpha1, weight_decay, interval, .. } = self.settings;
        let mut step: Vec<f64> = gradient.iter().map(|g| g.as_f64()).collect();
        if is_due(tick.step, interval) {
            self.move_factors(next, &step)?;
        } else {
            next.factors.clone_from(&self.factors);
            next.factor_momenta.clone_from(&self.factor_momenta);
        }
        for (axis, factor) in next.factors.iter().enumerate() {
            step = self.axes.multiply(axis, factor.t(), &step)?;
            step = self.axes.multiply(axis, factor.view(), &step)?;
        }
        step.iter_mut().zip(theta).for_each(|(s, x)| *s += weight_decay * x.as_f64());
        let mut step = Array1::from(step);
        if !self.momentum.is_empty() {
            step += &(alpha1 * &self.momentum);
            next.momentum.assign(&step);
        }
        let rate = tick.learning_rate.as_f64();
        for (new, (x, s)) in updated.iter_mut().zip(theta.iter().zip(&step)) {
            *new = T::of(x.as_f64() - rate * s);
        }
        Ok(())
    }

    fn save(&self, state: &mut State, name: &dyn Fn(&str) -> String) {
        for (axis, (factor, momentum)) in self.factors.iter().zip(&self.factor_momenta).enumerate() {
            state.put(name(&format!("factor {axis}")), factor);
            state.put(name(&format!("factor momentum {axis}")), momentum);
        }
        if !self.momentum.is_empty() {
            state.put(name("momentum"), &self.momentum);
        }
    }

    fn load(&mut self, reader: &mut StateReader<'_>, name: &dyn Fn(&str) -> String) -> Result<()> {
        let factors = self.factors.iter_mut().zip(&mut self.factor_momenta);
        for (axis, (factor, momentum)) in factors.enumerate() {
            *factor = reader.array(&name(&format!("factor {axis}")), factor.shape())?;
            *momentum = reader.array(&name(&format!("factor momentum {axis}")), momentum.shape())?;
        }
        if !self.momentum.is_empty() {
            self.momentum = reader.array(&name("momentum"), self.momentum.shape())?;
        }
        Ok(())
    }
}
