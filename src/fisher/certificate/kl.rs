use super::displaced::Displaced;
use crate::operator::LinearOperator;
use crate::{Linearization, Network, Result, Scalar, check};
use ndarray::{Array2, ArrayView1};
use std::fmt;

/// Whether a matrix is the second-order term of the divergence along one direction, by forward passes alone.
///
/// ```text
/// r(t) = KL(θ ‖ θ + t d) / (½ t² dᵀMd)   at t, t/2, t/4;    r(t) = r(0) + c t^q + …
/// q ≈ log₂ (r(t) - r(t/2))/(r(t/2) - r(t/4)),    r(0) ≈ r(t/4) + (r(t/4) - r(t/2))/(2^q' - 1)
/// ```
///
/// r(0) = 1 along every direction if and only if M is the Fisher: scale errors, lost factors and wrong labels all
/// show, for no code of the Fisher is used. One-sided, q = 1; with the mean of +d and -d (`symmetric`) the cubic term
/// cancels, and q = 2.
///
/// # Units
/// t in units of d; KL in nats per datum.
///
/// # Example
/// ```
/// use natgrad::{Labels, Network, fisher::{Exact, KlCertificate}, likelihood::Bernoulli, model::Activation};
/// use natgrad::ndarray::array;
/// let network = Network::random(&[2, 3, 1], Activation::Tanh, 7)?;
/// let x = array![[1.0, 0.5], [-0.5, 1.0], [0.25, -1.5]];
/// let lin = network.linearize(&Bernoulli, &x, &Labels::new(array![[1.0], [0.0], [1.0]])?)?;
/// let exact = lin.scores(&Exact)?.dense()?;
/// let certificate = KlCertificate::measure(&network, &x, &lin, &exact, lin.gradient().view(), 1e-2, true)?.unwrap();
/// assert!((certificate.limit - 1.0).abs() < 1e-6 && (certificate.order - 2.0).abs() < 0.1);
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct KlCertificate {
    /// t, t/2, t/4.
    pub lengths: [f64; 3],
    /// KL by forward passes, nats per datum; the mean of both signs if symmetric.
    pub divergences: [f64; 3],
    /// r at the three lengths.
    pub ratios: [f64; 3],
    /// q: NaN where the ratios do not change by more than rounding.
    pub order: f64,
    /// r(0) by extrapolation with the order that theory gives, 1 or 2.
    pub limit: f64,
    /// Whether both signs of d were taken.
    pub symmetric: bool,
}

impl KlCertificate {
    /// Measures along d from `network`, the point at which `lin` was made on `x`; `None` if M has no curvature along d.
    ///
    /// # Shapes
    /// `x`: N × D; `matrix`: order P; d: P.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape), [`Error::NonFinite`](crate::Error::NonFinite),
    /// [`Error::Setting`](crate::Error::Setting) unless t > 0 is finite; those of the likelihood at θ + t d.
    ///
    /// # Cost
    /// One product with M and three forward passes, six if symmetric.
    pub fn measure<T: Scalar>(
        network: &Network<T>,
        x: &Array2<T>,
        lin: &Linearization<T>,
        matrix: &dyn LinearOperator<T>,
        d: ArrayView1<'_, T>,
        t: f64,
        symmetric: bool,
    ) -> Result<Option<Self>> {
        check::vector("direction", lin.dim(), &d)?;
        check::shape("parameters of the network", &[lin.dim()], &[network.dim()])?;
        check::setting("length", t, t > 0.0 && t.is_finite(), "positive and finite")?;
        let curvature = matrix.quadratic_form(d)?.as_f64();
        if !(curvature > 0.0 && curvature.is_finite()) {
            return Ok(None);
        }
        let divergence =
            |length: f64| -> Result<f64> { Ok(Displaced::by(network, x, lin, d, length)?.divergence) };
        let lengths = [t, 0.5 * t, 0.25 * t];
        let (mut divergences, mut ratios) = ([0.0; 3], [0.0; 3]);
        for (k, &length) in lengths.iter().enumerate() {
            divergences[k] = divergence(length)?;
            if symmetric {
                divergences[k] = 0.5 * (divergences[k] + divergence(-length)?);
            }
            ratios[k] = divergences[k] / (0.5 * length * length * curvature);
        }
        let changes = (ratios[0] - ratios[1], ratios[1] - ratios[2]);
        let expected = if symmetric { 4.0 } else { 2.0 };
        Ok(Some(KlCertificate {
            lengths,
            divergences,
            ratios,
            order: (changes.0 / changes.1).log2(),
            limit: ratios[2] - changes.1 / (expected - 1.0),
            symmetric,
        }))
    }
}

impl fmt::Display for KlCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second, third] = self.ratios;
        write!(
            f,
            "KL/(½t²dᵀMd) = {first:.6}, {second:.6}, {third:.6} at t, t/2, t/4 with t = {:.1e}: limit {:.6}, order {:.2}",
            self.lengths[0], self.limit, self.order
        )
    }
}
