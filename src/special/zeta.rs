use crate::special::jet::Jet;

/// B₂ⱼ/(2j)!, j = 1, 2, …: the weights of the Euler-Maclaurin formula.
pub(crate) const EULER_MACLAURIN: [f64; 12] = [
    0.08333333333333333,
    -0.001388888888888889,
    3.306878306878307e-5,
    -8.267195767195768e-7,
    2.08767569878681e-8,
    -5.284190138687493e-10,
    1.3382536530684679e-11,
    -3.3896802963225827e-13,
    8.586062056277845e-15,
    -2.174868698558062e-16,
    5.509002858360229e-18,
    -1.3954464685812522e-19,
];

/// (-1)ᵏ γₖ/k!, γₖ the Stieltjes constants: t ζ(1 + t) = 1 + Σ of these times tᵏ⁺¹, for every t.
const STIELTJES: [f64; 24] = [
    0.5772156649015329,
    0.07281584548367673,
    -0.00484518159643616,
    -0.00034230573671722433,
    9.689041939447084e-5,
    -6.6110318108421895e-6,
    -3.316240908752772e-7,
    1.0462094584479188e-7,
    -8.733218100273798e-9,
    9.47827778276236e-11,
    5.658421927608708e-11,
    -6.768689863513697e-12,
    3.4921159366720317e-13,
    4.4104247417577536e-15,
    -2.3997862217709992e-15,
    2.1677312200726828e-16,
    -9.544466076366965e-18,
    -7.387676660538637e-20,
    4.800850782488065e-20,
    -4.139956737713306e-21,
    1.9168201593991233e-22,
    -2.0441543122262165e-24,
    -4.818498501107353e-25,
    4.8118570515125666e-26,
];

/// First term that is left to the integral of the Euler-Maclaurin formula.
const CUT: f64 = 12.0;

/// ln ζ(s) and its first four derivatives, s > 1, to a few ulps each.
///
/// Up to s = 2 from the Laurent series at 1, whose pole -ln t is differentiated exactly; beyond, from ζ(s) - 1 by
/// the Euler-Maclaurin formula, so that the digits of 2⁻ˢ survive where ζ(s) rounds to one.
pub(crate) fn log_zeta(s: f64) -> [f64; 5] {
    if s < 2.0 {
        let t = s - 1.0;
        let variable = Jet::<5>::variable(t);
        let constant = |c: f64| Jet([c, 0.0, 0.0, 0.0, 0.0]);
        let regular = STIELTJES.iter().rev().fold(constant(0.0), |sum, &c| sum * variable + constant(c));
        let [a, b, c, d, e] = (regular * variable).ln_1p().derivatives();
        let r = 1.0 / t;
        return [a - t.ln(), b - r, c + r * r, d - 2.0 * r * r * r, e + 6.0 * (r * r) * (r * r)];
    }
    zeta_minus_one(s).ln_1p().derivatives()
}

/// The jet of ζ(s) - 1, s ≥ 2; all leading terms of a coefficient have one sign.
fn zeta_minus_one(s: f64) -> Jet<5> {
    let variable = Jet::<5>::variable(s);
    // n⁻ˢ by one power: exp(-s ln n) would multiply the rounding of ln n by s.
    let power = |n: f64| Jet([0.0, -n.ln(), 0.0, 0.0, 0.0]).exp().scaled(n.powf(-s));
    let edge = power(CUT);
    let tail = edge * Jet::variable(s - 1.0).reciprocal().scaled(CUT) + edge.scaled(0.5);
    // (s)₂ⱼ₋₁ N^(-s-2j+1), each from the one before.
    let mut term = edge * variable.scaled(1.0 / CUT);
    let mut sum = term.scaled(EULER_MACLAURIN[0]);
    for (j, weight) in (1u8..).zip(&EULER_MACLAURIN[1..]) {
        let first = Jet::variable(s + f64::from(2 * j) - 1.0);
        let second = Jet::variable(s + f64::from(2 * j));
        term = term * (first * second).scaled(1.0 / (CUT * CUT));
        sum = sum + term.scaled(*weight);
    }
    (2..CUT as u8).rev().fold(sum + tail, |sum, n| sum + power(f64::from(n)))
}
