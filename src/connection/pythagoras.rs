use crate::divergence::{Divergence, KullbackLeibler, log_ratio};
use crate::{Error, Result};
use ndarray::ArrayView1;

/// The three divergences of a triangle of laws p, q, r and the angle at q.
///
/// ```text
/// KL(p‖r) = KL(p‖q) + KL(q‖r) - ⟨p - q, ln r - ln q⟩
/// ```
///
/// The inner product is that, at q and in the metric of Fisher and Rao, of the m-geodesic to p and the e-geodesic to r. Where it vanishes,
/// divergences add like squares of lengths: for q the e-projection of r onto an m-flat family that holds p, or the m-projection of p
/// onto an e-flat family that holds r.
///
/// # Units
/// Nats.
///
/// # Example
/// ```
/// use natgrad::{connection::Pythagoras, ndarray::array};
/// // A joint law, its independent law, and another independent law.
/// let (p, q, r) = (array![0.3, 0.2, 0.1, 0.4], array![0.2, 0.3, 0.2, 0.3], array![0.1, 0.4, 0.1, 0.4]);
/// let triangle = Pythagoras::of(p.view(), q.view(), r.view())?;
/// assert!(triangle.inner.abs() < 1e-16);
/// assert!((triangle.hypotenuse - triangle.mixture_leg - triangle.exponential_leg).abs() < 1e-16);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # References
/// Csiszár 1975, Ann. Probab. 3, 146-158; Amari & Nagaoka 2000, Methods of Information Geometry (AMS), section 3.4.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pythagoras {
    /// KL(p‖r).
    pub hypotenuse: f64,
    /// KL(p‖q): along the m-geodesic.
    pub mixture_leg: f64,
    /// KL(q‖r): along the e-geodesic.
    pub exponential_leg: f64,
    /// ⟨p - q, ln r - ln q⟩.
    pub inner: f64,
}

impl Pythagoras {
    /// Of three laws; q and r positive wherever any of the three is.
    pub fn of(p: ArrayView1<'_, f64>, q: ArrayView1<'_, f64>, r: ArrayView1<'_, f64>) -> Result<Self> {
        let hypotenuse = KullbackLeibler.of(p, r)?;
        let mixture_leg = KullbackLeibler.of(p, q)?;
        let exponential_leg = KullbackLeibler.of(q, r)?;
        let mut inner = 0.0;
        for (index, ((&p, &q), &r)) in p.iter().zip(&q).zip(&r).enumerate() {
            if p <= 0.0 && q <= 0.0 && r <= 0.0 {
                continue;
            }
            for (quantity, value) in [("corner q", q), ("corner r", r)] {
                if value <= 0.0 {
                    let requirement = "positive where another corner is";
                    return Err(Error::Domain { quantity, index, value, requirement });
                }
            }
            inner += (p - q) * log_ratio(q, r);
        }
        Ok(Pythagoras { hypotenuse, mixture_leg, exponential_leg, inner })
    }

    /// KL(p‖r) - KL(p‖q) - KL(q‖r) + inner: zero but for rounding.
    pub fn defect(&self) -> f64 {
        self.hypotenuse - self.mixture_leg - self.exponential_leg + self.inner
    }
}
