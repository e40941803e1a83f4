use crate::optimizer::{State, StateReader};
use crate::{Result, Scalar, check};
use ndarray::{ArrayView1, Ix1};

/// For each coordinate the memory β that makes the variance of the weighted sample as large as possible.
///
/// ```text
/// w the total weight so far, u and v the weighted means of g and g²,    σ² = v − u²,    δ = g − u
/// β* = (δ² + σ²) / (w (δ² − σ²) + δ² + σ² + guard)                      β = min(max(β*, lowest), highest)
/// ```
///
/// With weight p = (1 − β)/(β w + 1 − β) for g the new variance is (1 − p) σ² + p (1 − p) δ²: a parabola in p with its top at
/// p* = (δ² − σ²)/(2 δ²), which is β* as long as δ² > σ². A gradient that surprises is forgotten more slowly than it came;
/// one that does not, δ² ≤ σ², leaves the memory at its longest.
///
/// The guard is the official code's. It has the units of a squared gradient: with gradients below 1e-8 it shortens the memory,
/// and the method loses its invariance to the scale of the loss. 0 is allowed; 0/0 := 0 then means the shortest memory, as
/// with it.
///
/// # Example
/// ```
/// use natgrad::optimizer::stage::MaxVariance;
/// let choice = MaxVariance::new(0.5, 0.999, 0.0)?;
/// // w = 1, u = 0, v = 1, g = 2: δ² = 4, σ² = 1, β* = 5/8, so p = 3/8 = (4 − 1)/(2 · 4).
/// assert_eq!(choice.memory(1.0, 0.0, 1.0, 2.0), 0.625);
/// assert_eq!(choice.memory(1.0, 0.0, 1.0, 0.5), 0.999);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Zhu, Cheng, Gan, Huang, Liu & Goldstein 2020 (arXiv 2006.11918), section 3; `zhuchen03/MaxVA` e0de243.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MaxVariance {
    lowest: f64,
    highest: f64,
    guard: f64,
}

impl MaxVariance {
    /// With β between two bounds.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless 0 ≤ lowest ≤ highest < 1 and the guard is finite and at least 0.
    pub fn new(lowest: f64, highest: f64, guard: f64) -> Result<Self> {
        let range = 0.0..1.0;
        check::setting("beta2_max", highest, range.contains(&highest), "at least 0 and less than 1")?;
        let holds = (0.0..=highest).contains(&lowest);
        check::setting("beta2_min", lowest, holds, "at least 0 and at most beta2_max")?;
        check::at_least_zero("guard", guard)?;
        Ok(MaxVariance { lowest, highest, guard })
    }

    /// β from w > 0, u, v and the new g.
    pub fn memory<T: Scalar>(&self, weight: T, mean: T, mean_square: T, gradient: T) -> T {
        let variance = (mean_square - mean * mean).max(T::zero());
        let surprise = (gradient - mean) * (gradient - mean);
        let sum = surprise + variance;
        let denominator = weight * (surprise - variance) + sum + T::of(self.guard);
        let best = if sum.is_zero() { T::zero() } else { sum / denominator };
        best.max(T::of(self.lowest)).min(T::of(self.highest))
    }

    /// The memory of the first step, which has no variance to go by.
    pub fn first(&self) -> f64 {
        self.highest
    }
}

/// Weighted sums of gradients and of their squares with the weights' own sum, one of each per coordinate.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct WeightedMoments<T> {
    first: Vec<T>,
    second: Vec<T>,
    weight: Vec<T>,
}

impl<T: Scalar> WeightedMoments<T> {
    pub(crate) fn new(count: usize) -> Self {
        let zeros = || vec![T::zero(); count];
        WeightedMoments { first: zeros(), second: zeros(), weight: zeros() }
    }

    /// The sums after one more gradient.
    pub(crate) fn update(
        &self,
        next: &mut Self,
        choice: &MaxVariance,
        step: u64,
        gradient: &[T],
    ) -> Result<()> {
        for (i, &g) in gradient.iter().enumerate() {
            let (first, second, weight) = (self.first[i], self.second[i], self.weight[i]);
            let keep = if step <= 1 || weight <= T::zero() {
                T::of(choice.first())
            } else {
                choice.memory(weight, first / weight, second / weight, g)
            };
            let take = T::one() - keep;
            next.first[i] = keep * first + take * g;
            next.second[i] = keep * second + take * (g * g);
            next.weight[i] = keep * weight + take;
        }
        check::finite("second moment", &ArrayView1::from(&next.second))
    }

    /// x / (v^½ + ε) for coordinate i, with 0/0 := 0.
    pub(crate) fn normalise(&self, i: usize, x: T, epsilon: T) -> T {
        // In f32 a longest memory next to 1 may round to 1, and no weight is ever taken.
        let weighted = self.weight[i] > T::zero();
        let v = if weighted { self.second[i] / self.weight[i] } else { T::zero() };
        let denominator = v.sqrt() + epsilon;
        if denominator.is_zero() { T::zero() } else { x / denominator }
    }

    pub(crate) fn save(&self, state: &mut State, name: &dyn Fn(&str) -> String) {
        for (what, values) in [("first", &self.first), ("second", &self.second), ("weight", &self.weight)] {
            state.put(name(&format!("{what}_sum")), &ArrayView1::from(values));
        }
    }

    pub(crate) fn load(&mut self, reader: &mut StateReader<'_>, name: &dyn Fn(&str) -> String) -> Result<()> {
        let shape = [self.first.len()];
        self.first = reader.array::<T, Ix1>(&name("first_sum"), &shape)?.to_vec();
        self.second = reader.non_negative::<T, Ix1>(&name("second_sum"), &shape)?.to_vec();
        self.weight = reader.non_negative::<T, Ix1>(&name("weight_sum"), &shape)?.to_vec();
        Ok(())
    }
}
