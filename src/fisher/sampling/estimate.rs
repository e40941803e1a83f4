use super::sample::Groups;
use super::{ErrorKind, StandardError};
use crate::fisher::{Route, Scores};
use crate::operator::LinearOperator;
use crate::{Result, Scalar, check};
use ndarray::{Array1, ArrayView1};
use statrs::distribution::{ContinuousCDF, Normal};
use std::fmt;

/// A number, or a vector of them, that a Fisher estimates, with what chance does to it.
///
/// ```text
/// 1.96 ± 0.19 (exact), 4 draws, seed 0
/// ```
///
/// A number without an error prints with the precision that is asked for, or with all its digits; beside an error, with
/// as many digits as the error bears.
///
/// # Example
/// ```
/// use natgrad::{Labels, Linearization, fisher::{Exact, MonteCarlo, Sampler}, likelihood::Bernoulli};
/// use natgrad::ndarray::array;
/// // η = θ = log 3, so p = ¾: the squared score is 1/16 or 9/16, its mean 3/16, its variance 3/64.
/// let y = Labels::new(array![[1.0]])?;
/// let lin = Linearization::from_jacobian(&Bernoulli, array![[[1.0]]], array![[3f64.ln()]], &y)?;
/// let sampled = lin.scores(&MonteCarlo { draws: 3, sampler: Sampler::Independent, seed: 0 })?;
/// let error = sampled.trace_estimate()?.standard_error.unwrap();
/// assert!((error.value - (1.0f64 / 64.0).sqrt()).abs() < 1e-15);
/// assert_eq!(format!("{:.4}", lin.scores(&Exact)?.trace_estimate()?), "0.1875 (exact)");
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Estimate<V = f64> {
    /// The estimate itself: a mean over data and draws.
    pub mean: V,
    /// The standard deviation; `None` if nothing was drawn, and where neither law nor sample shows it.
    pub standard_error: Option<StandardError<V>>,
    /// M per datum; 0 if nothing was drawn.
    pub draws: usize,
    /// The seed of the draws.
    pub seed: Option<u64>,
}

impl Estimate<f64> {
    /// The normal interval mean ± z·(standard error) that covers with probability `level`, as far as the mean over data
    /// and draws is normal; the number itself twice if nothing was drawn, `None` without a standard error.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless 0 < level < 1.
    pub fn interval(&self, level: f64) -> Result<Option<(f64, f64)>> {
        check::setting("level", level, level > 0.0 && level < 1.0, "strictly between 0 and 1")?;
        if self.draws == 0 {
            return Ok(Some((self.mean, self.mean)));
        }
        let half = self.standard_error.map(|error| two_sided(1.0 - level) * error.value);
        Ok(half.map(|half| (self.mean - half, self.mean + half)))
    }
}

/// z with P(|Z| > z) = α for a standard normal Z.
pub(super) fn two_sided(alpha: f64) -> f64 {
    -Normal::standard().inverse_cdf(0.5 * alpha)
}

impl Estimate<Array1<f64>> {
    /// One entry; `None` past the end.
    pub fn entry(&self, index: usize) -> Option<Estimate> {
        let error = self.standard_error.as_ref().and_then(|error| {
            let value = *error.value.get(index)?;
            Some(StandardError { value, kind: error.kind })
        });
        let mean = *self.mean.get(index)?;
        Some(Estimate { mean, standard_error: error, draws: self.draws, seed: self.seed })
    }
}

impl fmt::Display for Estimate<f64> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.draws == 0 {
            fmt::Display::fmt(&self.mean, f)?;
            return f.write_str(" (exact)");
        }
        match &self.standard_error {
            None => {
                fmt::Display::fmt(&self.mean, f)?;
                f.write_str(" (no error known)")?;
            }
            Some(error) => {
                // Two significant digits of the error, and as many decimals of the mean.
                let decimals = 1.0 - error.value.log10().floor();
                if (0.0..=9.0).contains(&decimals) {
                    let decimals = decimals as usize;
                    write!(f, "{:.*} ± {:.*} ({})", decimals, self.mean, decimals, error.value, error.kind)?;
                } else if error.value > 0.0 {
                    write!(f, "{:.9e} ± {:.1e} ({})", self.mean, error.value, error.kind)?;
                } else {
                    write!(f, "{} ± 0 ({})", self.mean, error.kind)?;
                }
            }
        }
        write!(f, ", {} draw{}", self.draws, if self.draws == 1 { "" } else { "s" })?;
        match self.seed {
            Some(seed) => write!(f, ", seed {seed}"),
            None => Ok(()),
        }
    }
}

impl<T: Scalar> Scores<T> {
    /// tr F̂ with its standard error.
    ///
    /// # Errors
    /// [`Error::NonFinite`](crate::Error::NonFinite) if it overflows.
    ///
    /// # Cost
    /// That of [`diagonal`](Self::diagonal); the error was computed with the scores.
    pub fn trace_estimate(&self) -> Result<Estimate> {
        let mean = self.diagonal()?.trace()?.as_f64();
        let error = self.provenance.error.map(|error| (error.trace_variance, error.kind));
        Ok(self.estimate(mean, error.map(|(variance, kind)| (variance.sqrt(), kind))))
    }

    /// vᵀF̂v with its standard error, with no row of S pulled back.
    ///
    /// ```text
    /// vᵀF̂v = (1/N) Σ_n Σ_k (r_k · J_n v)²
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape), [`Error::NonFinite`](crate::Error::NonFinite); those of the likelihood.
    ///
    /// # Cost
    /// One product J v, 2·rows·C flops, and per datum C flops per label or output.
    pub fn quadratic_form_estimate(&self, v: ArrayView1<'_, T>) -> Result<Estimate> {
        check::vector("vector", self.dim(), &v)?;
        let squares = self.times_by(Route::Jvp, v).mapv(|x| x.as_f64() * x.as_f64());
        let mean = squares.sum() / self.data() as f64;
        check::finite("quadratic form", &Array1::from_elem(1, mean))?;
        let Some(sampling) = self.law() else { return Ok(self.estimate(mean, None)) };
        let exact = sampling.form_variance(&self.differential.jvp(v))?.map(|x| (x, ErrorKind::Exact));
        let estimated = || {
            let sum = Groups::new(self)?.variance(squares.view());
            Some((sum / (self.data() as f64).powi(2), ErrorKind::Estimated))
        };
        let error = exact.or_else(estimated).filter(|(variance, _)| variance.is_finite());
        Ok(self.estimate(mean, error.map(|(variance, kind)| (variance.max(0.0).sqrt(), kind))))
    }

    /// The diagonal of F̂ with the standard error of every entry.
    ///
    /// ```text
    /// Var F̂_pp = (1/(N²M)) Σ_n (E (J_nᵀs)_p⁴ - F_n,pp²)      (independent draws)
    /// ```
    ///
    /// # Errors
    /// [`Error::NonFinite`](crate::Error::NonFinite) if a square overflows; those of the likelihood.
    ///
    /// # Cost
    /// That of [`diagonal`](Self::diagonal), one pass back per output and datum, and per datum and label (or output)
    /// 2C·(sum of layer widths) flops through a network, 2CP from a Jacobian; estimated: rows·P.
    pub fn diagonal_estimate(&self) -> Result<Estimate<Array1<f64>>> {
        let mean = self.diagonal()?.into_operator().into_entries().mapv(|x| x.as_f64());
        let Some(sampling) = self.law() else { return Ok(self.estimate(mean, None)) };
        let exact = sampling.diagonal_variance(&self.differential)?.map(|x| (x, ErrorKind::Exact));
        let estimated = || {
            let sums = Groups::new(self)?.diagonal(&mean);
            Some((sums / (self.data() as f64).powi(2), ErrorKind::Estimated))
        };
        let error = exact.or_else(estimated).filter(|(sums, _)| sums.iter().all(|x| x.is_finite()));
        let error = error.map(|(variances, kind)| (variances.mapv(|x| x.max(0.0).sqrt()), kind));
        Ok(self.estimate(mean, error))
    }

    fn estimate<V>(&self, mean: V, error: Option<(V, ErrorKind)>) -> Estimate<V> {
        let sampling = self.sampling.as_deref();
        Estimate {
            mean,
            standard_error: error.map(|(value, kind)| StandardError { value, kind }),
            draws: sampling.map_or(0, |sampling| sampling.draws()),
            seed: sampling.map(|sampling| sampling.seed()),
        }
    }
}
