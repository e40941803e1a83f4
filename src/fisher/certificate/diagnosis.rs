use super::Reference;
use crate::linalg::{eigh, product};
use crate::operator::LinearOperator;
use crate::{Result, Scalar};
use std::fmt;

/// What is wrong with taking M, for example the empirical score second moment, for the Fisher F; made by
/// [`Reference::diagnose`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Diagnosis {
    /// ‖M - F‖/‖F‖ in the Frobenius norm.
    pub relative_error: f64,
    /// tr M/tr F.
    pub trace_ratio: f64,
    /// The ranks of M and of F.
    pub ranks: (usize, usize),
    /// The share of tr M in the null space of F, along which no change of θ changes the model.
    pub leakage: f64,
    /// The angle between the damped steps of M and F, in degrees, in the metric F + λI.
    pub angle: f64,
    /// λ.
    pub damping: f64,
}

impl<T: Scalar> Reference<T> {
    /// Holds M against F as a substitute.
    ///
    /// # Errors
    /// As [`compare`](Self::compare).
    ///
    /// # Cost
    /// About 15P³ flops: the eigenvectors of F besides a comparison.
    ///
    /// # References
    /// Kunstner, Balles & Hennig 2019, arXiv 1905.12558, for what goes wrong with the empirical one.
    pub fn diagnose(&self, approximation: &dyn LinearOperator<T>) -> Result<Diagnosis> {
        let comparison = self.compare(approximation)?;
        let order = self.fisher().nrows();
        let vectors = eigh(self.fisher().view())?.vectors;
        let null = order - self.rank();
        // Ascending order: the null space comes first.
        let basis = vectors.slice(ndarray::s![.., ..null]);
        let images = product(approximation.to_dense()?.view(), basis);
        let leaked = (&images * &basis).sum().as_f64();
        Ok(Diagnosis {
            relative_error: comparison.relative_frobenius_error,
            trace_ratio: 1.0 + comparison.relative_trace_error,
            ranks: (comparison.rank, self.rank()),
            leakage: if comparison.trace > 0.0 { leaked / comparison.trace } else { 0.0 },
            angle: comparison.direction.metric_cosine.clamp(-1.0, 1.0).acos().to_degrees(),
            damping: self.damping().as_f64(),
        })
    }
}

impl Diagnosis {
    /// What to tell whoever takes M for F, worst first; nothing where M is F to 1e-8.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.relative_error.is_nan() || self.relative_error > 1e-8 {
            warnings.push(format!(
                "it differs from the Fisher by {:.3} of its norm, and its trace is {:.3} times the Fisher's",
                self.relative_error, self.trace_ratio
            ));
        }
        if self.angle > 1.0 {
            warnings.push(format!(
                "its step at damping {} makes an angle of {:.1} degrees with the natural one, in the metric of the Fisher",
                self.damping, self.angle
            ));
        }
        if self.ranks.0 < self.ranks.1 {
            warnings.push(format!(
                "its rank is {} where the Fisher's is {}: in the directions that it misses, damping alone decides the step",
                self.ranks.0, self.ranks.1
            ));
        }
        if self.leakage > 1e-8 {
            warnings.push(format!(
                "{:.2} % of its trace lies where the model does not change at all",
                100.0 * self.leakage
            ));
        }
        warnings
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let warnings = self.warnings();
        if warnings.is_empty() {
            return f.write_str("agrees with the Fisher to 1e-8");
        }
        f.write_str(&warnings.join("; "))
    }
}
