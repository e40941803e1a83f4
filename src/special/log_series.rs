use crate::Result;
use crate::special::jet::Jet;
use crate::special::log1p_minus;
use crate::special::quadrature::integrate;
use crate::special::zeta::EULER_MACLAURIN;

/// What the logarithmic-series law p(x) = pˣ/(x L), L = -ln(1 - p), needs of its log-partition ψ = ln L at θ = ln p.
///
/// As p → 0 all mass goes to x = 1: ψ - θ and η - 1 are then of the size of p, and kept to full relative accuracy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct LogSeries {
    /// ψ - θ = ln(L/p).
    pub(crate) reduced: f64,
    /// η - 1 = E[x] - 1.
    pub(crate) excess: f64,
    /// κ₂, κ₃, κ₄.
    pub(crate) cumulants: [f64; 3],
}

/// (L - p)/p = p/2 + p²/3 + …
fn log_excess(p: f64, q: f64) -> f64 {
    if p < 1e-5 {
        return p * (1.0 / 2.0 + p * (1.0 / 3.0 + p * (1.0 / 4.0 + p / 5.0)));
    }
    if p <= 0.5 { -log1p_minus(-p) / p } else { (-q.ln() - p) / p }
}

/// At θ < 0.
///
/// With a = 1/q, q = 1 - p, and d = a - η, e = d' the derivatives are η' = ηd, η'' = η(d² + e), and so on: sums in
/// which nothing cancels by more than a factor of three, given d = (L - p)/(qL).
pub(crate) fn log_series(theta: f64) -> LogSeries {
    let (p, q) = (theta.exp(), -theta.exp_m1());
    let ratio = log_excess(p, q);
    let (a, odds) = (1.0 / q, p / q);
    let eta = a / (1.0 + ratio);
    let d = a * ratio / (1.0 + ratio);
    let e = a * odds - eta * d;
    let f = a * odds * (a + odds) - eta * (d * d + e);
    let third = eta * (d * d + e);
    LogSeries {
        reduced: ratio.ln_1p(),
        excess: (p - q * ratio) / (q * (1.0 + ratio)),
        cumulants: [eta * d, third, d * third + eta * (2.0 * d * e + f)],
    }
}

/// Σ e^(θ(x - 1)) ln x/xᵃ over x ≥ 2, a = 0 or 1, at θ < 0; the far terms by the Euler-Maclaurin formula.
pub(crate) fn sum_of_logs(theta: f64, a: i32) -> Result<f64> {
    const CUT: u8 = 40;
    let (start, mut sum) = (f64::from(CUT), 0.0);
    if theta * (start - 1.0) > -45.0 {
        // In y = ln x the integrand is smooth over however many decades.
        let end = (45.0 / -theta + 1.0).ln();
        let rate = f64::from(1 - a);
        sum += integrate(|y| Ok(y * (theta * y.exp_m1() + rate * y).exp()), start.ln(), end.max(start.ln()))?;
        let variable = Jet::<8>::variable(start);
        let power = if a == 0 { Jet::<8>::variable(0.0).scaled(0.0).exp() } else { variable.reciprocal() };
        let decay = Jet(std::array::from_fn(|k| match k {
            0 => theta * (start - 1.0),
            1 => theta,
            _ => 0.0,
        }));
        let term = (Jet::variable(start - 1.0).ln_1p() * power * decay.exp()).derivatives();
        sum += 0.5 * term[0];
        for (order, weight) in [1, 3, 5, 7].into_iter().zip(EULER_MACLAURIN) {
            sum -= weight * term[order];
        }
    }
    Ok((2..CUT).rev().map(f64::from).fold(sum, |sum, x| sum + (theta * (x - 1.0)).exp() * x.ln() / x.powi(a)))
}

/// E[ln x] at θ < 0, by terms divided by p: the first, x = 2, keeps its digits where p² does not exist.
pub(crate) fn log_series_mean_log(theta: f64) -> Result<f64> {
    Ok(sum_of_logs(theta, 1)? / (1.0 + log_excess(theta.exp(), -theta.exp_m1())))
}

/// The θ at which E[x] - 1 is `excess` > 0.
///
/// ln(η - 1) is close to linear in z = ln(p/(1 - p)), so that Newton's method in z needs a handful of steps.
pub(crate) fn log_series_inverse(excess: f64) -> f64 {
    let target = excess.ln();
    let mut z = target + (2.0 + excess.ln_1p()).ln();
    for _ in 0..60 {
        let theta = log_odds_to_log(z);
        let at = log_series(theta);
        // dθ/dz = q.
        let slope = at.cumulants[0] / at.excess * -theta.exp_m1();
        let step = (target - at.excess.ln()) / slope;
        z += step;
        if step.abs() <= 1e-15 * z.abs().max(1.0) {
            break;
        }
    }
    log_odds_to_log(z)
}

/// ln p from ln(p/(1 - p)).
fn log_odds_to_log(z: f64) -> f64 {
    if z > 0.0 { -(-z).exp().ln_1p() } else { z - z.exp().ln_1p() }
}
