use std::fmt;

/// One approximation M against the exact Fisher F, both damped by λ; made by
/// [`Reference::compare`](super::Reference::compare).
///
/// ```text
/// d = (M + λI)⁻¹g,   d* = (F + λI)⁻¹g,   ⟨u, v⟩ = uᵀ(F + λI)v
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Comparison {
    /// tr M.
    pub trace: f64,
    /// tr M/tr F - 1: 0 by construction for blocks, diagonals, EKFAC and TKFAC of the exact scores.
    pub relative_trace_error: f64,
    /// ‖M‖ in the Frobenius norm.
    pub frobenius: f64,
    /// ‖M - F‖/‖F‖ in the Frobenius norm.
    pub relative_frobenius_error: f64,
    /// ‖M - F‖/‖F‖ in the spectral norm.
    pub relative_spectral_error: f64,
    /// ‖M_b - F_b‖/‖F_b‖ in the Frobenius norm, for every diagonal block that the reference was given.
    pub block_errors: Vec<f64>,
    /// Eigenvalues of M above P·ε times the largest.
    pub rank: usize,
    /// The extreme μ of (F + λI)v = μ(M + λI)v.
    pub generalised_range: (f64, f64),
    /// 2√κ/(1 + κ), κ the ratio of the range: no gradient whatever makes the metric cosine smaller.
    pub kantorovich_bound: f64,
    /// How M and F stand in the order of symmetric matrices.
    pub loewner: Loewner,
    /// 2/max μ: a step along -d shorter than this multiple of d decreases the quadratic model, whatever the gradient.
    pub largest_step: f64,
    /// What the direction is worth.
    pub direction: DirectionComparison,
}

/// How two symmetric matrices compare: M ⪰ F if M - F is positive semidefinite.
///
/// Read off the generalised eigenvalues, with √ε for rounding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Loewner {
    /// M = F.
    Equal,
    /// M ⪰ F: every damped step with M is shorter than need be, in every eigendirection.
    Above,
    /// M ⪯ F.
    Below,
    /// Neither.
    Incomparable,
}

impl Loewner {
    /// From the extreme μ of (F + λI)v = μ(M + λI)v.
    pub(super) fn of_range((least, greatest): (f64, f64), tolerance: f64) -> Self {
        match (least >= 1.0 - tolerance, greatest <= 1.0 + tolerance) {
            (true, true) => Loewner::Equal,
            (false, true) => Loewner::Above,
            (true, false) => Loewner::Below,
            (false, false) => Loewner::Incomparable,
        }
    }
}

impl fmt::Display for Loewner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Loewner::Equal => "=",
            Loewner::Above => "above",
            Loewner::Below => "below",
            Loewner::Incomparable => "neither",
        })
    }
}

/// One direction against the exact natural direction; made by
/// [`Reference::compare_direction`](super::Reference::compare_direction).
///
/// # Numerical notes
/// Cosines and efficiencies are those of the directions scaled to size one: they hold for gradients of any size. Where the
/// gradient is zero they are 1, and of a direction of zero against any other they are 0.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct DirectionComparison {
    /// The cosine of the angle between d and d*, Euclidean.
    pub euclidean_cosine: f64,
    /// The cosine of the angle between d and d* in the metric F + λI.
    pub metric_cosine: f64,
    /// Decrease of the quadratic model along d at its best length, relative to the best of all:
    /// the square of the metric cosine.
    pub efficiency: f64,
    /// The same at length one, (2g·d - dᵀ(F + λI)d)/(g·d*): negative where the unscaled step overshoots so far
    /// that the model rises.
    pub unit_efficiency: f64,
    /// ‖d‖.
    pub norm: f64,
    /// g·d.
    pub slope: f64,
    /// dᵀFd: twice the predicted divergence of a unit step.
    pub curvature: f64,
}
