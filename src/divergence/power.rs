//! The weighted means' deficit, which all power divergences sum (private).

/// ln(q/p) for p, q > 0, with a relative error of a few ulps also where they are nearly equal.
pub(crate) fn log_ratio(p: f64, q: f64) -> f64 {
    let t = (q - p) / p;
    if t.abs() <= 0.5 {
        return t.ln_1p();
    }
    let ratio = q / p;
    if ratio.is_normal() { ratio.ln() } else { q.ln() - p.ln() }
}

/// (e^{bx} - 1)/b, which is x at b = 0.
pub(crate) fn scaled_exp_m1(b: f64, x: f64) -> f64 {
    let y = b * x;
    if y.abs() < 1e-8 { x * (1.0 + 0.5 * y) } else { y.exp_m1() / b }
}

/// ln(1 + bz)/b, which is z at b = 0: the inverse of [`scaled_exp_m1`].
pub(crate) fn scaled_ln_1p(b: f64, z: f64) -> f64 {
    let y = b * z;
    if y.abs() < 1e-8 { z * (1.0 - 0.5 * y) } else { y.ln_1p() / b }
}

/// (e^y - 1 - y)/y², which is ½ at 0.
pub(crate) fn second_remainder(y: f64) -> f64 {
    if y.abs() > 1.0 {
        return (y.exp_m1() - y) / (y * y);
    }
    // Horner of Σ y^k/(k + 2)!; the twentieth term is below 1e-20.
    (0..19).rev().fold(0.0, |sum, k| 1.0 + sum * y / f64::from(k + 3)) / 2.0
}

/// (a p + b q - p^a q^b)/(ab) ≥ 0 for p, q ≥ 0 and any real a with b = 1 - a, and its limits p ln(p/q) - p + q at b = 0 and
/// q ln(q/p) - q + p at a = 0. Both exponents are given, for the smaller one has digits that 1 minus the other has lost.
///
/// With b ≤ ½ (the laws change places otherwise) and x = ln(q/p), it is
///
/// ```text
/// p (φ(x) - φ(bx)/b)/a,   φ(x) = eˣ - 1 - x
/// ```
///
/// which is continuous at b = 0 and subtracts nothing large from anything as large.
pub(crate) fn power_deviance(a: f64, b: f64, p: f64, q: f64) -> f64 {
    if p <= 0.0 && q <= 0.0 {
        return 0.0;
    }
    if p <= 0.0 {
        return if a > 0.0 { q / a } else { f64::INFINITY };
    }
    if q <= 0.0 {
        return if b > 0.0 { p / b } else { f64::INFINITY };
    }
    let (a, b, p, q) = if b <= 0.5 { (a, b, p, q) } else { (b, a, q, p) };
    let x = log_ratio(p, q);
    if (b * x).abs() > 2.0 {
        // Far apart the differences are harmless, and powers are more accurate than exponentials of logarithms.
        let (first, second) = (p.powf(a), q.powf(b));
        let usable = first.is_normal() && second.is_normal() && (first * second).is_normal();
        let product = if usable { first * second } else { (p.ln() + b * x).exp() };
        return ((q - p) - (product - p) / b) / a;
    }
    if x.abs() > 2.0 {
        return ((q - p) - p * scaled_exp_m1(b, x)) / a;
    }
    p * x * x * (second_remainder(x) - b * second_remainder(b * x)) / a
}
