use crate::optimizer::keywords::keywords;

/// How statistics are averaged over time.
///
/// ```text
/// C_k = ε_k C_(k−1) + (1 − ε_k) C,    k = 1, 2, …
/// ```
///
/// | word | ε_k | C₀ | |
/// |---|---|---|---|
/// | `capped` | min(1 − 1/k, β) | irrelevant | the plain mean at first (Martens & Grosse 2015, section 5) |
/// | `normalised` | β (1 − β^(k−1)) / (1 − β^k) | irrelevant | weights β^(k−j), divided by their sum (kfac-jax) |
/// | `identity` | β | I | carries β^k I along, a damping that nobody asked for (alecwangcq/KFAC-Pytorch) |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FactorAverage {
    /// The plain mean until 1 − 1/k reaches β.
    Capped,
    /// Exponential weights that sum to 1.
    Normalised,
    /// Exponential weights, begun at the identity.
    Identity,
}

keywords!(FactorAverage, "average", { Capped = "capped", Normalised = "normalised", Identity = "identity" });

impl FactorAverage {
    /// ε_k, the weight of what there is when the k-th comes, k from 1.
    pub(crate) fn keep(self, decay: f64, count: u64) -> f64 {
        match self {
            FactorAverage::Capped => (1.0 - 1.0 / count as f64).min(decay),
            FactorAverage::Identity => decay,
            FactorAverage::Normalised => {
                let before = i32::try_from(count - 1).unwrap_or(i32::MAX);
                let power = decay.powi(before);
                decay * (1.0 - power) / (1.0 - decay * power)
            }
        }
    }
}
