use crate::likelihood::{Cell, Support, Univariate};
use crate::{Result, Scalar, check};
use statrs::distribution::{ContinuousCDF, Normal};

/// C independent normal outputs with one known variance, η_c the mean: the contrast case.
///
/// ```text
/// -log p(y|η) = (y - η)²/(2σ²) + ½ log(2πσ²),   score = (y - η)/σ²,   fisher = hessian = 1/σ²
/// ```
///
/// The variance is always explicit: there is no default, and no squared-error loss with a hidden one.
///
/// # Shapes
/// η: C; label: C real numbers.
///
/// # Numerical notes
/// [`support`](crate::Likelihood::support) gives the three-point Gauss-Hermite rule η, η ± σ√3 with weights 2/3,
/// 1/6, 1/6: exact for polynomials up to degree five, hence for every moment that the Fisher estimators
/// use. Sampling with one uniform gives each output 2¹⁶ strata and a place inside its stratum from a hash.
///
/// # Example
/// ```
/// use natgrad::{Likelihood, likelihood::Gaussian, ndarray::array};
/// let likelihood = Gaussian::with_variance(0.25)?;
/// assert_eq!(likelihood.fisher(array![7.0].view())?, array![[4.0]]);
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gaussian {
    variance: f64,
}

/// Strata per output for one uniform.
const STRATA: f64 = 65536.0;

impl Gaussian {
    /// Variance σ², in squared units of the label.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless 0 < σ² < ∞ (and its reciprocal is finite).
    pub fn with_variance(variance: f64) -> Result<Self> {
        let holds = variance > 0.0 && variance.is_finite() && variance.recip().is_finite();
        check::setting("variance", variance, holds, "positive and finite, with a finite reciprocal")?;
        Ok(Gaussian { variance })
    }

    /// σ².
    pub fn variance(&self) -> f64 {
        self.variance
    }
}

impl Univariate for Gaussian {
    fn name(&self) -> String {
        format!("gaussian:{}", self.variance)
    }

    fn refuse_parameter<T: Scalar>(&self, _eta: T) -> Option<&'static str> {
        None
    }

    fn refuse_label<T: Scalar>(&self, _y: T) -> Option<&'static str> {
        None
    }

    fn nll<T: Scalar>(&self, eta: T, y: T) -> T {
        let residual = (y - eta).as_f64();
        T::of(0.5 * (residual * residual / self.variance + (std::f64::consts::TAU * self.variance).ln()))
    }

    fn score<T: Scalar>(&self, eta: T, y: T) -> T {
        (y - eta) / T::of(self.variance)
    }

    fn fisher<T: Scalar>(&self, _eta: T) -> T {
        T::of(self.variance.recip())
    }

    fn hessian<T: Scalar>(&self, _eta: T, _y: T) -> T {
        T::of(self.variance.recip())
    }

    fn kl<T: Scalar>(&self, eta: T, other: T) -> T {
        (other - eta).powi(2) / T::of(2.0 * self.variance)
    }

    fn fourth_moment<T: Scalar>(&self, _eta: T) -> T {
        T::of(3.0 / (self.variance * self.variance))
    }

    fn support<T: Scalar>(&self, eta: T) -> Result<Support<T>> {
        let reach = T::of((3.0 * self.variance).sqrt());
        let (middle, side) = (T::of(2.0 / 3.0), T::of(1.0 / 6.0));
        let rule = Support::of_output(vec![eta - reach, eta, eta + reach], vec![side, middle, side], 0.0);
        Ok(Support { quadrature: true, ..rule })
    }

    fn cell<T: Scalar>(&self, eta: T, u: f64, fresh: f64) -> Result<Cell<T>> {
        let stratum = (u * STRATA).floor().min(STRATA - 1.0);
        let place = (stratum + fresh) / STRATA;
        let label = eta.as_f64() + self.variance.sqrt() * Normal::standard().inverse_cdf(place);
        Ok(Cell { label: T::of(label), below: stratum / STRATA, mass: 1.0 / STRATA })
    }
}
