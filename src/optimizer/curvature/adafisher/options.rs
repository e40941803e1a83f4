use crate::optimizer::keywords::keywords;

/// How the factors of a layer are averaged over time.
///
/// | word | x_t | at γ = 0.8 |
/// |---|---|---|
/// | `paper` | γ x̂_t + (1 − γ) x_(t−1) | 0.8 new, 0.2 old |
/// | `official` | (γ/100) x̂_t + (γ/10) x_(t−1) | 0.008 new, 0.08 old |
/// | `official-2025-01` | (γ/10) x̂_t + γ x_(t−1) | 0.08 new, 0.8 old |
///
/// The weights of the official forms do not sum to 1, so that their average of a constant 1 is 0.008/0.92 = 0.0087 or
/// 0.08/0.2 = 0.4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AdaFisherAverage {
    /// Eq. (3) of the paper: a convex combination, γ the weight of the *fresh* factor.
    #[default]
    Paper,
    /// The code since 4 February 2025.
    Official,
    /// The code of 23 January 2025.
    OfficialJanuary,
}

keywords!(AdaFisherAverage, "average of factors", {
    Paper = "paper", Official = "official", OfficialJanuary = "official-2025-01",
});

impl AdaFisherAverage {
    /// The weights of the old average and of the fresh factor.
    pub fn weights(self, gamma: f64) -> (f64, f64) {
        match self {
            AdaFisherAverage::Paper => (1.0 - gamma, gamma),
            AdaFisherAverage::Official => (gamma * 1e-1, gamma * 1e-2),
            AdaFisherAverage::OfficialJanuary => (gamma, gamma * 1e-1),
        }
    }
}

/// Where the factors are mapped to \[0, 1\].
///
/// ```text
/// x ↦ (x − min x) / (max x − min x + ε),    0/0 := 0
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MinMax {
    /// The average, each time it is used: the paper.
    #[default]
    AfterEma,
    /// The fresh factor, before it enters the average: the official code.
    BeforeEma,
    /// Nowhere.
    Off,
}

keywords!(MinMax, "min-max", { AfterEma = "after-ema", BeforeEma = "before-ema", Off = "off" });

/// Of which loss δ is the derivative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reduction {
    /// Of the loss of each datum: d is the diagonal of E\[δδᵀ\].
    #[default]
    PerDatum,
    /// Of the mean loss of the batch, as hooks on a network see it: d is 1/N² of that.
    Mean,
}

keywords!(Reduction, "reduction", { PerDatum = "per-datum", Mean = "mean" });

/// The curvature of tensors that belong to no affine layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fallback {
    /// Adam's denominator √v̂ + 1e-8 with β₂ = 0.999, of the tensor's own gradients.
    #[default]
    Adam,
    /// λ and the mean of d' ⊗ h' over all layers.
    Mean,
}

keywords!(Fallback, "fallback", { Adam = "adam", Mean = "mean" });
