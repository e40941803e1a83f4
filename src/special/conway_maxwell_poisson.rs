use crate::{Error, Result};

/// More terms than this are an error, not a wait.
const LIMIT: f64 = 1e6;

/// One term of the series, relative to that at the mode m.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Term {
    /// x - m.
    pub(crate) offset: f64,
    /// ln x! - ln m!.
    pub(crate) log_factorial: f64,
    /// ln w, w = term(x)/term(m).
    pub(crate) log_weight: f64,
    /// w.
    pub(crate) weight: f64,
}

/// The terms λˣ/(x!)ᵛ that matter, from the mode outwards, downward first.
///
/// ```text
/// Z = Σ λˣ/(x!)ᵛ,   ln term(x) = x ln λ - ν ln x!
/// ```
///
/// Everything is relative to the mode, so that nothing overflows and the moments about it do not cancel. Ratios r of
/// neighbouring terms fall with the distance from the mode (the law is log-concave), and so do those of
/// f = w (1 + |x - m| + |ln x! - ln m!|)⁴. A side ends when f r/(1 - r), which bounds all that is left of it in every
/// moment up to the fourth, is below rounding of the least of the second moments.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ConwaySum {
    /// The mode m.
    pub(crate) mode: f64,
    /// ln m!.
    pub(crate) log_mode_factorial: f64,
    /// ln term(m).
    pub(crate) log_mode: f64,
    /// Σ w without the mode's own 1.
    pub(crate) others: f64,
    /// The terms, the mode first.
    pub(crate) terms: Vec<Term>,
}

/// A sum that carries its rounding error along (Kahan).
#[derive(Debug, Clone, Copy)]
struct Compensated {
    sum: f64,
    error: f64,
}

impl Compensated {
    fn add(&mut self, x: f64) {
        let corrected = x - self.error;
        let sum = self.sum + corrected;
        self.error = (sum - self.sum) - corrected;
        self.sum = sum;
    }
}

/// What decides when a side may end.
#[derive(Debug, Default)]
struct Least {
    others: f64,
    square: f64,
}

impl Least {
    fn floor(&self) -> f64 {
        f64::EPSILON * self.others.min(self.square)
    }
}

impl ConwaySum {
    /// At ln λ and ν ≥ 0; λ < 1 if ν = 0.
    pub(crate) fn new(log_rate: f64, nu: f64) -> Result<Self> {
        // The ratio term(x)/term(x - 1) = λ/xᵛ is above 1 up to λ^(1/ν).
        let mode = if log_rate > 0.0 { (log_rate / nu).exp().floor() } else { 0.0 };
        let spread = if mode > 0.0 { 20.0 * (mode / nu).sqrt() } else { 0.0 };
        check_size(spread.max(if mode < 2f64.powi(50) { 0.0 } else { mode }))?;
        let log_mode_factorial = libm::lgamma(mode + 1.0);
        let first = Term { offset: 0.0, log_factorial: 0.0, log_weight: 0.0, weight: 1.0 };
        let mut sum = ConwaySum {
            mode,
            log_mode_factorial,
            log_mode: mode * log_rate - nu * log_mode_factorial,
            others: 0.0,
            terms: vec![first],
        };
        let mut least = Least::default();
        sum.side(log_rate, nu, -1.0, &mut least)?;
        sum.side(log_rate, nu, 1.0, &mut least)?;
        sum.others = sum.terms.iter().skip(1).rev().map(|term| term.weight).sum();
        Ok(sum)
    }

    /// The terms above (`direction` 1) or below (-1) the mode.
    fn side(&mut self, log_rate: f64, nu: f64, direction: f64, least: &mut Least) -> Result<()> {
        let zero = Compensated { sum: 0.0, error: 0.0 };
        let (mut log_weight, mut log_factorial) = (zero, zero);
        let (mut x, mut last) = (self.mode, 1.0);
        while direction > 0.0 || x > 0.0 {
            let log = if direction > 0.0 { (x + 1.0).ln() } else { x.ln() };
            log_weight.add(direction * (log_rate - nu * log));
            log_factorial.add(direction * log);
            x += direction;
            let (offset, weight) = (x - self.mode, log_weight.sum.exp());
            let size = 1.0 + offset.abs() + log_factorial.sum.abs();
            let f = weight * size.powi(4);
            if weight <= 0.0 {
                return Ok(());
            }
            self.terms.push(Term {
                offset,
                log_factorial: log_factorial.sum,
                log_weight: log_weight.sum,
                weight,
            });
            least.others += weight;
            least.square += weight * log_factorial.sum * log_factorial.sum;
            let ratio = f / last;
            if ratio < 1.0 && f * ratio <= least.floor() * (1.0 - ratio) {
                return Ok(());
            }
            last = f;
            check_size(self.terms.len() as f64)?;
        }
        Ok(())
    }

    /// ln Z.
    pub(crate) fn log_partition(&self) -> f64 {
        self.log_mode + self.others.ln_1p()
    }

    /// Σ w.
    pub(crate) fn total(&self) -> f64 {
        1.0 + self.others
    }

    /// The mean of a function of the terms; terms that matter least are added first.
    pub(crate) fn mean(&self, f: impl Fn(&Term) -> f64) -> f64 {
        self.terms.iter().rev().map(|term| term.weight * f(term)).sum::<f64>() / self.total()
    }

    /// E[x - m] and E[ln x! - ln m!].
    pub(crate) fn shift(&self) -> [f64; 2] {
        [self.mean(|term| term.offset), self.mean(|term| term.log_factorial)]
    }

    /// Entropy in nats: ln Σ w - E[ln w], two terms of one sign.
    pub(crate) fn entropy(&self) -> f64 {
        self.others.ln_1p() - self.mean(|term| term.log_weight)
    }
}

fn check_size(needed: f64) -> Result<()> {
    if needed <= LIMIT {
        return Ok(());
    }
    Err(Error::TooLarge {
        quantity: "terms of the Conway-Maxwell-Poisson series",
        needed,
        limit: LIMIT,
        advice: "lower the rate or raise the dispersion ν",
    })
}
