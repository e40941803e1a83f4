use super::{Sampling, sample};
use crate::fisher::{CurvaturePropagation, MonteCarlo, Scores};
use crate::model::Linearization;
use crate::{Result, Scalar, check};
use std::fmt;

/// Where an error bar comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// Computed from the law of the draws: it is a property of the estimator and has no error itself.
    Exact,
    /// Taken from the sample at hand: it is itself random.
    Estimated,
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ErrorKind::Exact => "exact",
            ErrorKind::Estimated => "estimated",
        })
    }
}

/// The standard deviation of an estimate, and where it comes from; `V` is a vector for many estimates at once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StandardError<V = f64> {
    /// In the unit of the estimate.
    pub value: V,
    /// Exact or estimated.
    pub kind: ErrorKind,
}

/// The error of a sampled Fisher: from the law of its draws, without sampling, or else from the sample.
///
/// ```text
/// labels, independent:  E‖F̂ - F‖² = (1/(N²M)) Σ_n (E t² - ‖F_n‖²),   Var tr F̂ = (1/(N²M)) Σ_n (E t² - (tr F_n)²)
/// labels, systematic:   E‖F̂_n‖² = ∫₀¹ ‖Σ_y (k_y(u)/M) s_y s_yᵀ‖² du,  k_y(u) constant between the points frac(M·P(Y ≤ y))
/// labels, antithetic:   the same with the labels at u and 1 - u, constant between P(Y ≤ y) and 1 - P(Y ≤ y); M/2 pairs
/// signs:                E‖F̂ - F‖² = (1/(N²M)) Σ_n ((tr K)² + tr K² - 2 Σ_k K_kk²),  Var tr F̂ = (2/(N²M)) Σ_n (‖K‖² - Σ_k K_kk²)
/// ```
///
/// with t = ‖J_nᵀ s_n(y)‖² = sᵀ K s, K = J_n J_nᵀ for labels and K = R_nᵀ J_n J_nᵀ R_n for signs. For independent
/// outputs E t² = Σ_i K_ii² E s_i⁴ + Σ_{i≠j} H_ii H_jj (K_ii K_jj + 2K_ij²) in closed form; otherwise by the list of
/// labels. Data of one identity share their draws; the formulas take identities to be distinct.
///
/// # Numerical notes
/// Where no list can be had the sample stands in. If a datum has two or more independent groups of draws
/// (a draw, an antithetic pair, all systematic draws together), the variance within data, which is unbiased; otherwise
/// the variance between data, which also counts how much the data's own Fishers differ, and so is too large on average;
/// for one datum nothing can be said.
///
/// # References
/// The independent case is the variance of a mean; see Soen & Sun 2021, arXiv 2107.04205, for its elements. Signs:
/// Martens, Sutskever & Swersky 2012, arXiv 1206.6464. Between data the squared error is that of successive
/// differences: von Neumann, Kent, Bellinson & Hart 1941, "The mean square successive difference".
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct MonteCarloError {
    /// E‖F̂ - F‖² in the Frobenius norm.
    pub mean_squared_error: f64,
    /// Var tr F̂.
    pub trace_variance: f64,
    /// Exact, or estimated from the sample.
    pub kind: ErrorKind,
}

impl MonteCarloError {
    /// From sums over data; `None` where they overflow, for `max` would turn NaN into certainty.
    pub(super) fn new(squared_error: f64, trace_variance: f64, data: usize, kind: ErrorKind) -> Option<Self> {
        let scale = (data as f64).powi(2);
        // Rounding may leave a tiny negative number where the error is zero (a certain label).
        (squared_error.is_finite() && trace_variance.is_finite()).then(|| MonteCarloError {
            mean_squared_error: squared_error.max(0.0) / scale,
            trace_variance: trace_variance.max(0.0) / scale,
            kind,
        })
    }

    /// The standard deviation of tr F̂ about tr F.
    pub fn trace_standard_error(&self) -> f64 {
        self.trace_variance.sqrt()
    }

    /// The exact error of `estimator` at `lin`; `None` where it needs a list of labels that cannot be had (systematic
    /// and antithetic draws with more than 4096 labels for one datum, or from a density), and where the error itself
    /// overflows.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) for 0 draws, and for an odd number of antithetic ones; those of the
    /// likelihood.
    ///
    /// # Cost
    /// One pass back per output and datum, and per datum L·C² flops for L labels (systematic: L·min(L, M)²·C).
    pub fn exact<T: Scalar>(estimator: &MonteCarlo, lin: &Linearization<T>) -> Result<Option<Self>> {
        estimator.check()?;
        Sampling::of_labels(lin, estimator).error(lin.differential())
    }

    /// The exact error of random signs; `None` where a root has more than 4096 columns, and where the error itself
    /// overflows.
    ///
    /// # Errors
    /// As [`exact`](Self::exact).
    ///
    /// # Cost
    /// One pass back per output and datum, and per datum K²·C flops for K columns of the root.
    pub fn of_signs<T: Scalar>(
        estimator: &CurvaturePropagation,
        lin: &Linearization<T>,
    ) -> Result<Option<Self>> {
        check::setting("draws", estimator.draws as f64, estimator.draws >= 1, "at least 1")?;
        Sampling::of_signs(lin, estimator).error(lin.differential())
    }

    /// The error as the sample itself shows it; `None` if nothing was drawn, for one datum with one group of draws, and
    /// where it overflows. Scores carry it wherever no exact error can be had; elsewhere it is a check of that.
    ///
    /// # Cost
    /// The scores pulled back, and per datum M²·(sum of layer widths) flops, four times that between data.
    pub fn estimated<T: Scalar>(scores: &Scores<T>) -> Option<Self> {
        let groups = sample::Groups::new(scores)?;
        let (squared_error, trace_variance) = groups.error();
        Self::new(squared_error, trace_variance, scores.data(), ErrorKind::Estimated)
    }
}
