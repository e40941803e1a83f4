use std::fmt;

/// How far an estimate is off, in one standard deviation.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum StandardError {
    /// Known: 0 where the estimate is exact by construction, up to rounding.
    Exact(f64),
    /// From the scatter of the probes, and so itself uncertain, by a fraction of some (2m)^-½ for m probes.
    Estimated(f64),
    /// One probe has no scatter.
    Unknown,
}

impl StandardError {
    /// The number, if there is one.
    pub fn value(self) -> Option<f64> {
        match self {
            StandardError::Exact(value) | StandardError::Estimated(value) => Some(value),
            StandardError::Unknown => None,
        }
    }
}

impl fmt::Display for StandardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StandardError::Exact(value) => write!(f, "{value:.2e} (exact)"),
            StandardError::Estimated(value) => write!(f, "{value:.2e} (estimated)"),
            StandardError::Unknown => write!(f, "unknown"),
        }
    }
}

/// A number estimated from random products.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// Its standard error.
    pub standard_error: StandardError,
    /// Products with the operator.
    pub products: usize,
    /// Seed of the probes.
    pub seed: u64,
}

impl Estimate {
    /// The mean of independent (or exchangeable) terms, with the standard error s/√m of their scatter.
    pub(super) fn mean(terms: &[f64], products: usize, seed: u64) -> Self {
        let count = terms.len() as f64;
        let value = terms.iter().sum::<f64>() / count;
        let squares = terms.iter().map(|x| (x - value).powi(2)).sum::<f64>();
        let standard_error = match terms.len() {
            0 | 1 => StandardError::Unknown,
            _ => StandardError::Estimated((squares / (count - 1.0) / count).sqrt()),
        };
        Estimate { value, standard_error, products, seed }
    }

    /// The same of c times the quantity, c > 0.
    pub(super) fn scaled(self, c: f64) -> Self {
        let standard_error = match self.standard_error {
            StandardError::Exact(error) => StandardError::Exact(c * error),
            StandardError::Estimated(error) => StandardError::Estimated(c * error),
            StandardError::Unknown => StandardError::Unknown,
        };
        Estimate { value: c * self.value, standard_error, ..self }
    }

    /// A value with nothing left to chance.
    pub(super) fn exact(value: f64, products: usize, seed: u64) -> Self {
        Estimate { value, standard_error: StandardError::Exact(0.0), products, seed }
    }
}

impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:.6e}, standard error {}, {} products, seed {}",
            self.value, self.standard_error, self.products, self.seed
        )
    }
}
