use crate::{Error, Result};

/// Positive nodes and weights of the Gauss-Legendre rule of twenty points on [-1, 1].
const RULE: [(f64, f64); 10] = [
    (0.9931285991850949, 0.017614007139152118),
    (0.9639719272779138, 0.04060142980038694),
    (0.912234428251326, 0.06267204833410907),
    (0.8391169718222188, 0.08327674157670475),
    (0.7463319064601508, 0.10193011981724044),
    (0.636053680726515, 0.11819453196151841),
    (0.5108670019508271, 0.13168863844917664),
    (0.37370608871541955, 0.14209610931838204),
    (0.22778585114164507, 0.14917298647260374),
    (0.07652652113349734, 0.15275338713072584),
];

/// Bisections of an interval before the integral is given up.
const DEPTH: usize = 200;

/// Bisections in all: 40 values of f each. Noise above the tolerance would ask for 2²⁰⁰.
const BISECTIONS: usize = 4000;

/// ∫ f over [a, b] by the rule of twenty points, exact for polynomials of degree 39, and what rounding of the nodes may make of
/// it: their last bits times the change of f.
fn gauss_legendre(f: &mut impl FnMut(f64) -> Result<f64>, a: f64, b: f64) -> Result<(f64, f64)> {
    let (centre, half) = (0.5 * (a + b), 0.5 * (b - a));
    let (mut sum, mut least, mut most) = (0.0, f64::INFINITY, f64::NEG_INFINITY);
    for (node, weight) in RULE {
        let (left, right) = (f(centre - half * node)?, f(centre + half * node)?);
        sum += weight * (left + right);
        (least, most) = (least.min(left).min(right), most.max(left).max(right));
    }
    Ok((half * sum, 4.0 * f64::EPSILON * a.abs().max(b.abs()) * (most - least)))
}

/// ∫ f over [a, b] for an f of one sign that is analytic inside: intervals are halved until both halves together repeat
/// the whole to 1e-13 of the running integral, or to what rounding of the nodes leaves (next to an end that is not at zero).
///
/// The rule of twenty points gains so many digits by a halving that the sum of the halves is then right to rounding.
pub(crate) fn integrate(mut f: impl FnMut(f64) -> Result<f64>, a: f64, b: f64) -> Result<f64> {
    let mut done = 0.0;
    let mut open = vec![(a, b, gauss_legendre(&mut f, a, b)?.0, 0)];
    let mut bisections = 0;
    while let Some((a, b, whole, depth)) = open.pop() {
        bisections += 1;
        let middle = 0.5 * (a + b);
        let ((left, left_noise), (right, right_noise)) =
            (gauss_legendre(&mut f, a, middle)?, gauss_legendre(&mut f, middle, b)?);
        let halves = left + right;
        let rest: f64 = open.iter().map(|(_, _, part, _)| part).sum();
        if (halves - whole).abs() <= 1e-13 * (done + rest + halves).abs() + left_noise + right_noise {
            done += halves;
        } else if depth < DEPTH && bisections < BISECTIONS && middle > a.min(b) && middle < a.max(b) {
            open.push((middle, b, right, depth + 1));
            open.push((a, middle, left, depth + 1));
        } else {
            return Err(Error::NotConverged {
                solver: "Gauss-Legendre quadrature",
                iterations: bisections,
                residual: ((halves - whole) / halves).abs(),
                tolerance: 1e-13,
                condition: f64::NAN,
                backward_error: f64::NAN,
                at_rounding: false,
            });
        }
    }
    Ok(done)
}
