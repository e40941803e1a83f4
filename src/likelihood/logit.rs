//! A coin by its logit (private): what every likelihood of coin tosses shares.

use crate::Scalar;
use crate::likelihood::exp_remainder;

/// p = 1/(1 + e^-η), without overflow.
pub(super) fn sigmoid<T: Scalar>(eta: T) -> T {
    let small = (-eta.abs()).exp();
    let p = if eta >= T::zero() { T::one() } else { small };
    p / (T::one() + small)
}

/// √p with half the exponent: still a number where p underflows.
pub(super) fn root_sigmoid<T: Scalar>(eta: T) -> T {
    let half = (-eta.abs() / T::of(2.0)).exp();
    let top = if eta >= T::zero() { T::one() } else { half };
    top / (T::one() + half * half).sqrt()
}

/// √(p(1 - p)), likewise.
pub(super) fn root_variance<T: Scalar>(eta: T) -> T {
    let half = (-eta.abs() / T::of(2.0)).exp();
    half / (T::one() + half * half)
}

/// log(1 + e^η) = -log(1 - p).
pub(super) fn softplus<T: Scalar>(eta: T) -> T {
    eta.max(T::zero()) + (-eta.abs()).exp().ln_1p()
}

/// KL between the coins at η and η': log(1 + Σ p (e^x - 1 - x)) over both sides, x the centred change of the logit.
pub(super) fn divergence<T: Scalar>(eta: T, other: T) -> T {
    let (p, q, d) = (sigmoid(eta), sigmoid(-eta), other - eta);
    let sum = q * exp_remainder(-p * d) + p * exp_remainder(q * d);
    if sum.is_finite() { sum.ln_1p() } else { far_divergence(eta, other) }
}

/// KL/(1 - p): the divergence of a number of tosses whose mean is 1/(1 - p), a number also where 1 - p underflows.
pub(super) fn divergence_per_failure<T: Scalar>(eta: T, other: T) -> T {
    let (p, q, d) = (sigmoid(eta), sigmoid(-eta), other - eta);
    let x = q * d;
    let heads = if x.is_zero() { T::zero() } else { p * d * (exp_remainder(x) / x) };
    let sum = exp_remainder(-p * d) + heads;
    if !(q * sum).is_finite() {
        return far_divergence(eta, other) / q;
    }
    // log(1 + s)/s, which is 1 to first order.
    let s = q * sum;
    if s.is_zero() { sum } else { sum * (s.ln_1p() / s) }
}

/// After a change so large that its exponential overflows: linear in the change, from the side where p is small.
fn far_divergence<T: Scalar>(eta: T, other: T) -> T {
    let (eta, other) = if eta > T::zero() { (-eta, -other) } else { (eta, other) };
    softplus(other) - softplus(eta) - sigmoid(eta) * (other - eta)
}
