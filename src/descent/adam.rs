//! Adam on a product of manifolds: one scalar second moment per factor.

use crate::descent::{Iterate, Minimizer, Outcome, Problem, Reparametrised, Stepper};
use crate::manifold::arc::ArcLength;
use crate::manifold::{Cotangent, Curve, Euclidean, HalfPlane, Manifold, Point, Product, Simplex, Tangent};
use crate::{Result, check};
use ndarray::Array1;

/// A manifold that is a product, seen by its factors; one that is none is its own single factor, which the provided methods say.
pub trait Factored: Manifold {
    /// How many factors.
    fn factor_count(&self) -> usize {
        1
    }

    /// ‖vᵢ‖² in every factor.
    fn squared_norms(&self, p: &Point, v: &Tangent) -> Result<Array1<f64>> {
        Ok(Array1::from_elem(1, self.inner(p, v, v)?))
    }

    /// (cᵢvᵢ)ᵢ.
    fn scale_factors(&self, p: &Point, factors: &Array1<f64>, v: &Tangent) -> Result<Tangent> {
        self.check_tangent(p, v.values())?;
        check::vector("factors", 1, &factors.view())?;
        Ok(factors.sum() * v)
    }
}

impl Factored for Simplex {}
impl Factored for Euclidean {}
impl Factored for HalfPlane {}
impl<A: ArcLength> Factored for Curve<A> {}
impl<M: Manifold> Factored for Reparametrised<M> {}

impl<M: Manifold> Factored for Product<M> {
    fn factor_count(&self) -> usize {
        self.factors().len()
    }

    fn squared_norms(&self, p: &Point, v: &Tangent) -> Result<Array1<f64>> {
        Ok(self.norms(p, v)?.mapv(|norm| norm * norm))
    }

    fn scale_factors(&self, p: &Point, factors: &Array1<f64>, v: &Tangent) -> Result<Tangent> {
        check::vector("factors", self.factor_count(), &factors.view())?;
        let parts = self.split_tangent(v)?;
        let scaled: Vec<Tangent> = parts.iter().zip(factors).map(|(part, &c)| c * part).collect();
        self.join_tangent(p, &scaled)
    }
}

/// Riemannian Adam, and AMSGrad.
///
/// ```text
/// mᵢ ← β₁ 𝒯mᵢ + (1 - β₁) gᵢ,   sᵢ ← β₂ sᵢ + (1 - β₂) ‖gᵢ‖²,   xᵢ ← R(-h m̂ᵢ/(√ŝᵢ + ε))
/// m̂ = m/(1 - β₁ᵗ),   ŝ = s/(1 - β₂ᵗ),   for AMSGrad the greatest ŝ so far
/// ```
///
/// A coordinate is nothing that a manifold knows of, so that there is no second moment per coordinate: every factor of a product
/// has one scalar. One simplex gets one step size, k categorical laws get k, and on ℝ × … × ℝ the method is Adam.
///
/// # Numerical notes
/// ε is added to √ŝ after the correction of its bias, as in Adam's first algorithm box, and never scaled; t advances once per
/// step. The original method for manifolds has no bias correction: [`bias_correction`](RiemannianAdam::bias_correction).
///
/// # References
/// Bécigneul & Ganea, ICLR 2019 (arXiv:1810.00760); Kingma & Ba, ICLR 2015; Reddi, Kale & Kumar, ICLR 2018, for AMSGrad.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RiemannianAdam {
    /// h.
    pub learning_rate: f64,
    /// β₁ in [0, 1).
    pub beta1: f64,
    /// β₂ in [0, 1).
    pub beta2: f64,
    /// ε > 0.
    pub epsilon: f64,
    /// Whether m and s are divided by 1 - βᵗ.
    pub bias_correction: bool,
    /// Whether the greatest second moment so far is used.
    pub amsgrad: bool,
}

impl RiemannianAdam {
    /// β₁ = 0.9, β₂ = 0.999, ε = 1e-8, with bias correction.
    pub fn new(learning_rate: f64) -> Self {
        RiemannianAdam {
            learning_rate,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            bias_correction: true,
            amsgrad: false,
        }
    }

    /// With the greatest second moment so far.
    pub fn amsgrad(learning_rate: f64) -> Self {
        RiemannianAdam { amsgrad: true, ..RiemannianAdam::new(learning_rate) }
    }

    fn check(&self) -> Result<()> {
        let positive = |option, x: f64| check::setting(option, x, x > 0.0 && x.is_finite(), "positive");
        positive("learning rate", self.learning_rate)?;
        positive("epsilon", self.epsilon)?;
        check::setting("beta1", self.beta1, (0.0..1.0).contains(&self.beta1), "in [0, 1)")?;
        check::setting("beta2", self.beta2, (0.0..1.0).contains(&self.beta2), "in [0, 1)")
    }

    /// Moments zero.
    pub fn memory<M: Factored + ?Sized>(&self, manifold: &M) -> AdamMemory {
        let zeros = Array1::zeros(manifold.factor_count());
        AdamMemory { steps: 0, first: manifold.zero(), second: zeros.clone(), greatest: zeros }
    }

    /// One step with a given derivative, for instance that of a minibatch: the new point, the moments there, the length of the step.
    pub fn update<M: Factored + ?Sized>(
        &self,
        stepper: &Stepper<'_, M>,
        p: &Point,
        partials: &Cotangent,
        memory: &AdamMemory,
    ) -> Result<(Point, AdamMemory, f64)> {
        self.check()?;
        let manifold = stepper.manifold();
        check::vector("second moment", manifold.factor_count(), &memory.second.view())?;
        check::vector("greatest second moment", manifold.factor_count(), &memory.greatest.view())?;
        let gradient = manifold.sharp(p, partials)?;
        let first = stepper.combine(p, &[(self.beta1, &memory.first), (1.0 - self.beta1, &gradient)])?;
        let squares = manifold.squared_norms(p, &gradient)?;
        let second = self.beta2 * &memory.second + (1.0 - self.beta2) * &squares;
        let steps = memory.steps.saturating_add(1);
        let (mut bias1, mut bias2) = (1.0, 1.0);
        if self.bias_correction {
            let t = steps as f64;
            (bias1, bias2) = (1.0 - self.beta1.powf(t), 1.0 - self.beta2.powf(t));
        }
        let mut corrected = &second / bias2;
        let mut greatest = memory.greatest.clone();
        if self.amsgrad {
            greatest.zip_mut_with(&corrected, |greatest, &s| *greatest = greatest.max(s));
            corrected.assign(&greatest);
        }
        let factors = corrected.mapv(|s| -self.learning_rate / bias1 / (s.sqrt() + self.epsilon));
        let v = manifold.scale_factors(p, &factors, &first)?;
        let length = manifold.norm(p, &v)?;
        let mut arrival = stepper.advance(p, &v, &[&first])?;
        let first = arrival.carried.pop().unwrap_or_else(|| manifold.zero());
        let memory = AdamMemory { steps, first, second, greatest };
        Ok((arrival.point, memory, arrival.fraction * length))
    }
}

/// Adam's moments, at one point.
#[derive(Debug, Clone, PartialEq)]
pub struct AdamMemory {
    /// Steps made.
    pub steps: u64,
    /// m.
    pub first: Tangent,
    /// s, one number per factor.
    pub second: Array1<f64>,
    /// The greatest ŝ so far, for AMSGrad.
    pub greatest: Array1<f64>,
}

impl<M: Factored + ?Sized> Minimizer<M> for RiemannianAdam {
    type Memory = AdamMemory;

    fn name(&self) -> String {
        if self.amsgrad { "Riemannian AMSGrad" } else { "Riemannian Adam" }.to_owned()
    }

    fn start(&self, problem: &Problem<'_, M>, _: &Iterate) -> Result<AdamMemory> {
        self.check()?;
        Ok(self.memory(problem.manifold()))
    }

    fn step(
        &self,
        problem: &Problem<'_, M>,
        at: &Iterate,
        memory: &AdamMemory,
    ) -> Result<Outcome<AdamMemory>> {
        let (point, memory, length) = self.update(&problem.stepper(), &at.point, &at.partials, memory)?;
        Ok(Outcome::Moved { next: Box::new(problem.iterate(point)?), memory, length })
    }
}
