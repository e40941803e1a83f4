use crate::optimizer::keywords::keywords;

/// The exponent of the factors of [`Shampoo`](super::Shampoo), for a tensor of k axes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RootExponent {
    /// 1/(2k): ¼ for a matrix, as in the paper.
    #[default]
    Paper,
    /// 1/k: ½ for a matrix, as in `torch_optimizer` 0.3.
    Inverse,
}

keywords!(RootExponent, "exponent", { Paper = "paper", Inverse = "inverse" });

/// How [`Shampoo`](super::Shampoo) gathers its statistics over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Accumulation {
    /// The sum of all steps, as AdaGrad's.
    #[default]
    Sum,
    /// The exponential average with β₂, as Adam's.
    Average,
}

keywords!(Accumulation, "accumulation", { Sum = "sum", Average = "average" });

/// The tensor of which [`Shampoo`](super::Shampoo) takes the statistics of an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ShampooStatistics {
    /// The gradient.
    #[default]
    Gradient,
    /// What the axes before have left of it: already preconditioned by theirs (`torch_optimizer` 0.3).
    Sequential,
}

keywords!(ShampooStatistics, "statistics", { Gradient = "gradient", Sequential = "sequential" });

/// What the momentum of [`Shampoo`](super::Shampoo) averages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ShampooMomentum {
    /// Gradients, before they are preconditioned: m ← μ m + (1 − μ) g.
    #[default]
    Gradient,
    /// Directions, after it: m ← μ m + d (Anil et al. 2020).
    Direction,
    /// The gradient with the last direction, g ← μ d + (1 − μ) g, statistics included: what `torch_optimizer` and
    /// `pytorch_optimizer` do. Two quantities of different units are added.
    Feedback,
}

keywords!(ShampooMomentum, "momentum of", { Gradient = "gradient", Direction = "direction", Feedback = "feedback" });

/// What becomes of an axis that is too long for a factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LongAxis {
    /// Only the diagonal of its factor is kept.
    #[default]
    Diagonal,
    /// It has no factor.
    Identity,
}

keywords!(LongAxis, "long axis", { Diagonal = "diagonal", Identity = "identity" });

/// Whose length a step of [`Shampoo`](super::Shampoo) takes, tensor by tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Graft {
    /// Its own.
    #[default]
    None,
    /// That of the gradient.
    Sgd,
    /// That of g / (√(Σ g²) + ε_g).
    Adagrad,
}

keywords!(Graft, "graft", { None = "none", Sgd = "sgd", Adagrad = "adagrad" });
