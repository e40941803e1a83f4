use crate::family::{Family, Natural};
use crate::{Error, Result, check};

/// Divergences that a family has in closed form because its ψ is closed.
///
/// ```text
/// ln Σ p^a q^(1-a) = ψ(aθ₁ + (1-a)θ₂) - aψ(θ₁) - (1-a)ψ(θ₂) = -a KL(θ* ‖ θ₁) - (1-a) KL(θ* ‖ θ₂),
/// θ* = aθ₁ + (1-a)θ₂
/// ```
///
/// with p = p_θ₁, the *first* argument, under the exponent a. Implemented for every [`Family`].
///
/// # Units
/// Nats, except [`hellinger_squared`](Affinity::hellinger_squared) and [`amari`](Affinity::amari), which have no logarithm.
///
/// # Numerical notes
/// The right-hand form is the one computed: for 0 < a < 1 a sum of terms of one sign, so that laws whose parameters
/// differ in the last digit have affinities to full precision. Outside, some a² units of relative rounding.
///
/// # Example
/// ```
/// use natgrad::family::{Affinity, Natural, Poisson};
/// let (p, q) = (Natural::from(2.5f64.ln()), Natural::from(4f64.ln()));
/// // -ln Σ √(pq) of two Poisson laws is ½ (√2.5 - 2)².
/// let distance = Poisson::new().bhattacharyya(&p, &q)?;
/// assert!((distance - 0.5 * (2.5f64.sqrt() - 2.0).powi(2)).abs() < 1e-16);
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `tests/family/affinity.rs`: direct sums.
///
/// # References
/// Nielsen & Nock 2011, "On Rényi and Tsallis entropies and divergences for exponential families"; Nielsen 2013 (Chernoff).
pub trait Affinity: Family {
    /// ln Σ p^a q^(1-a); zero at a = 0 and 1, negative between. Infinite if the sum diverges, which needs a < 0 or a > 1.
    fn log_affinity(&self, first: &Natural, second: &Natural, a: f64) -> Result<f64> {
        check::setting("exponent a", a, a.is_finite(), "finite")?;
        log_affinity(self, first, second, (a, 1.0 - a))
    }

    /// Rényi's divergence of order a, ln(Σ p^a q^(1-a))/(a - 1); KL(p ‖ q) at a = 1.
    ///
    /// # Errors
    /// [`Error::Setting`] unless a > 0.
    fn renyi(&self, first: &Natural, second: &Natural, a: f64) -> Result<f64> {
        check::setting("order a", a, a > 0.0 && a.is_finite(), "positive and finite")?;
        if a - 1.0 == 0.0 {
            return self.kullback_leibler(first, second);
        }
        Ok(self.log_affinity(first, second, a)? / (a - 1.0))
    }

    /// Amari's α-divergence 4/(1-α²) (1 - Σ p^((1-α)/2) q^((1+α)/2)): KL(p ‖ q) at α = -1, KL(q ‖ p) at α = +1.
    fn amari(&self, first: &Natural, second: &Natural, alpha: f64) -> Result<f64> {
        check::setting("alpha", alpha, alpha.is_finite(), "finite")?;
        if alpha + 1.0 == 0.0 {
            return self.kullback_leibler(first, second);
        }
        if alpha - 1.0 == 0.0 {
            return self.kullback_leibler(second, first);
        }
        let log = log_affinity(self, first, second, (0.5 * (1.0 - alpha), 0.5 * (1.0 + alpha)))?;
        Ok(-log.exp_m1() * 4.0 / ((1.0 - alpha) * (1.0 + alpha)))
    }

    /// -ln Σ √(pq).
    fn bhattacharyya(&self, first: &Natural, second: &Natural) -> Result<f64> {
        Ok(0.0 - self.log_affinity(first, second, 0.5)?)
    }

    /// 1 - Σ √(pq), in [0, 1].
    fn hellinger_squared(&self, first: &Natural, second: &Natural) -> Result<f64> {
        Ok(0.0 - self.log_affinity(first, second, 0.5)?.exp_m1())
    }

    /// KL(p ‖ q) + KL(q ‖ p) = ⟨θ₁ - θ₂, η₁ - η₂⟩.
    fn jeffreys(&self, first: &Natural, second: &Natural) -> Result<f64> {
        Ok(self.kullback_leibler(first, second)? + self.kullback_leibler(second, first)?)
    }

    /// The largest -ln Σ p^a q^(1-a), and the a at which it is.
    ///
    /// There the law at θ* = aθ₁ + (1-a)θ₂ is as far from the one as from the other, KL(θ* ‖ θ₁) = KL(θ* ‖ θ₂) = the
    /// information. Equal laws give a = ½ and zero.
    ///
    /// # Cost
    /// Some ten to a hundred pairs of divergences: bisection, quickened by the secant.
    fn chernoff(&self, first: &Natural, second: &Natural) -> Result<ChernoffPoint> {
        self.check_natural(first)?;
        self.check_natural(second)?;
        // KL(θ* ‖ θ₂) - KL(θ* ‖ θ₁) rises in a, from -KL(θ₂ ‖ θ₁) to KL(θ₁ ‖ θ₂).
        let (mut low, mut high) = (0.0, 1.0);
        let (mut below, mut above) =
            (-self.kullback_leibler(second, first)?, self.kullback_leibler(first, second)?);
        if below == 0.0 || above == 0.0 {
            return Ok(ChernoffPoint { exponent: 0.5, information: 0.0 });
        }
        for round in 0..200 {
            let (mut a, width) = (0.5 * (low + high), high - low);
            if round % 3 != 2 {
                let secant = low + width * (below / (below - above));
                a = secant.clamp(low + 1e-3 * width, high - 1e-3 * width);
            }
            if width <= 4.0 * f64::EPSILON || a <= low || a >= high {
                break;
            }
            let (near, far) = divergences_from_mixture(self, first, second, (a, 1.0 - a))?;
            let gap = far - near;
            if gap == 0.0 {
                (low, high) = (a, a);
                break;
            }
            if gap < 0.0 {
                (low, below) = (a, gap);
            } else {
                (high, above) = (a, gap);
            }
        }
        let exponent = 0.5 * (low + high);
        Ok(ChernoffPoint { exponent, information: -self.log_affinity(first, second, exponent)? })
    }
}

impl<F: Family + ?Sized> Affinity for F {}

/// Where the e-geodesic between two laws meets their bisector; see [`Affinity::chernoff`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChernoffPoint {
    /// a, the weight of the first law.
    pub exponent: f64,
    /// -ln Σ p^a q^(1-a), nats.
    pub information: f64,
}

/// Where the distance from θ* costs more digits than differences of ψ may: the error is that many roundings.
const FAR: f64 = 1e3;

/// ln Σ p^a q^b, a + b = 1: both are given, for the smaller one has digits that 1 minus the other has lost.
fn log_affinity<F: Family + ?Sized>(
    family: &F,
    first: &Natural,
    second: &Natural,
    (a, b): (f64, f64),
) -> Result<f64> {
    family.check_natural(first)?;
    family.check_natural(second)?;
    if a == 0.0 || b == 0.0 {
        return Ok(0.0);
    }
    let (near, far) = divergences_from_mixture(family, first, second, (a, b))?;
    let sum = a * near + b * far;
    let reach = a * (&second.values() - &first.values());
    let reach = reach.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
    if reach > FAR && !(0.0..=1.0).contains(&a) && sum.is_finite() {
        // θ* is so far off that its distance to the ends has lost what the ends are: ψ(θ*) - ψ(θ₂) - a(ψ(θ₁) - ψ(θ₂)).
        let mixture = Natural::new(&(a * &first.values()) + &(b * &second.values()));
        let (one, two) = (family.log_partition(first)?, family.log_partition(second)?);
        let direct = family.log_partition(&mixture)? - two - a * (one - two);
        if a.abs() * (one.abs() + two.abs()) < reach * direct.abs() {
            return Ok(direct);
        }
    }
    Ok(if sum == 0.0 { 0.0 } else { -sum })
}

/// KL(θ* ‖ θ₁) and KL(θ* ‖ θ₂) at θ* = aθ₁ + (1-a)θ₂; infinite if θ* is outside the domain, where the sum diverges.
fn divergences_from_mixture<F: Family + ?Sized>(
    family: &F,
    first: &Natural,
    second: &Natural,
    (a, b): (f64, f64),
) -> Result<(f64, f64)> {
    let gap = &second.values() - &first.values();
    // From the nearer end, so that θ* is next to it when a is next to 0 or 1.
    let mixture = if a > 0.5 {
        Natural::new(&first.values() + &(b * &gap))
    } else {
        Natural::new(&second.values() - &(a * &gap))
    };
    match family.check_natural(&mixture) {
        Err(Error::Domain { .. }) if !(0.0..=1.0).contains(&a) => {
            // Only the law that a weighs negatively is far: the sum of the two is +∞ in the affinity.
            return Ok(if a > 1.0 { (0.0, f64::INFINITY) } else { (f64::INFINITY, 0.0) });
        }
        other => other?,
    }
    let near = family.kullback_leibler_step(&mixture, (-b * &gap).view())?;
    let far = family.kullback_leibler_step(&mixture, (a * &gap).view())?;
    Ok((near, far))
}
