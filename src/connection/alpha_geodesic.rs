use crate::connection::AlphaConnection;
use crate::connection::double_exponential::double_exponential;
use crate::divergence::{log_ratio, scaled_exp_m1, scaled_ln_1p};
use crate::manifold::{Manifold, Point, Simplex, Tangent};
use crate::{Error, Result, check};
use ndarray::Array1;

/// A geodesic of an α-connection of the simplex, in its affine parameter.
///
/// ```text
/// P(u) = normalise[((1-u) p^m + u q^m)^{1/m}],   m = (1-α)/2,   dt/du ∝ Z(u)^{-2m},
/// Z(u) = Σ ((1-u) pᵢ^m + u qᵢ^m)^{1/m}
/// ```
///
/// u is the parameter in which the curve is easy to write, t the affine time, in which ∇_ṗ ṗ = 0. They agree
/// only for α = ±1. [`at`](AlphaGeodesic::at) takes t; [`curve_parameter`](AlphaGeodesic::curve_parameter) tells u.
///
/// # Cost
/// Some 100 to 300 evaluations of Z for the length, as many for each step of Newton's method (about six per time).
///
/// # Numerical notes
/// The quadrature is doubly exponential, so that entries of 1e-300, for which Z is all but singular at an end, cost no digits.
///
/// # Example
/// ```
/// use natgrad::{connection::{AlphaConnection, AlphaGeodesic}, manifold::{Manifold, Simplex}, ndarray::array};
/// let simplex = Simplex::new(3)?;
/// let (p, q) = (simplex.point(array![0.2, 0.3, 0.5])?, simplex.point(array![0.1, 0.6, 0.3])?);
/// let curve = AlphaGeodesic::between(&AlphaConnection::new(simplex, 0.0)?, &p, &q)?;
/// // α = 0 is the great circle, whose middle the simplex knows in closed form.
/// let middle = simplex.geodesic(&p, &q, 0.5)?;
/// assert!((curve.at(0.5)?.values()[1] - middle.values()[1]).abs() < 1e-15);
/// # Ok::<(), natgrad::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct AlphaGeodesic {
    simplex: Simplex,
    exponent: f64,
    start: Array1<f64>,
    entries: Vec<Entry>,
    /// dt/du at u = 0, so that t = scale · ∫ Z^{-2m} du.
    scale: f64,
    /// The time at u = 1; infinite where the integral diverges.
    end: f64,
    /// Whether u = 1 is a point (and not the boundary).
    closed: bool,
}

/// Where what the quadrature leaves out at the ends is below rounding of what it counts.
const SHORTEST: f64 = 1e-45;

/// One outcome of the line: base^m (1 + u m rate), which is base^m · ratio at u = 1; from the other end if reversed.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Entry {
    base: f64,
    rate: f64,
    ratio: f64,
    reversed: bool,
}

impl Entry {
    /// The m-th root at u, with rest = 1 - u.
    fn at(self, m: f64, u: f64, rest: f64) -> f64 {
        let (u, rest) = if self.reversed { (rest, u) } else { (u, rest) };
        let z = u * self.rate;
        let log = if m * z > -0.5 { scaled_ln_1p(m, z) } else { (rest + u * self.ratio).ln() / m };
        self.base * log.exp()
    }
}

impl AlphaGeodesic {
    /// From p at time 0 to q at time 1.
    ///
    /// # Errors
    /// [`Error::Domain`] where α > 1 and the curve passes so near to a vertex that its affine time is beyond the floats.
    pub fn between(connection: &AlphaConnection, p: &Point, q: &Point) -> Result<Self> {
        let (simplex, m) = (*connection.simplex(), connection.exponent());
        simplex.check_point(p.values())?;
        simplex.check_point(q.values())?;
        let entry = |(&p, &q): (&f64, &f64)| {
            let x = log_ratio(p, q);
            let reversed = m * x > 0.0;
            let (base, x) = if reversed { (q, -x) } else { (p, x) };
            Entry { base, rate: scaled_exp_m1(m, x), ratio: (m * x).exp(), reversed }
        };
        let entries = p.values().iter().zip(q.values()).map(entry).collect();
        let start = p.values().to_owned();
        let mut curve =
            AlphaGeodesic { simplex, exponent: m, start, entries, scale: 1.0, end: 1.0, closed: true };
        // Z ≤ 1 for α > -1: what the quadrature leaves out at the ends, u < 1e-60, is less than that.
        let length = curve.integral(1.0, 0.0);
        if !(length > SHORTEST && length.is_finite()) {
            return Err(Error::Domain {
                quantity: "length of the alpha-geodesic in its curve parameter",
                index: 0,
                value: length,
                requirement: "above 1e-45 and finite: so near to the vertices its time is spent in layers at its ends that are too \
                              thin for floats; use an α nearer to 1 or points nearer to the middle",
            });
        }
        curve.scale = 1.0 / length;
        Ok(curve)
    }

    /// From p at time 0 with velocity v in affine time; u = 1 is where it meets the boundary (u = t for α = 1).
    pub fn from_velocity(connection: &AlphaConnection, p: &Point, v: &Tangent) -> Result<Self> {
        let (simplex, m) = (*connection.simplex(), connection.exponent());
        simplex.check_point(p.values())?;
        simplex.check_tangent(p, v.values())?;
        let start = p.values().to_owned();
        // The parameter at which 1 + m u v/p first vanishes.
        let vanishing = |(p, v): (&f64, &f64)| if m * v < 0.0 { -p / (m * v) } else { f64::INFINITY };
        let exit = start.iter().zip(v.values()).map(vanishing).fold(f64::INFINITY, f64::min);
        let scale = if exit.is_finite() { exit } else { 1.0 };
        let entry = |(&base, &v): (&f64, &f64)| {
            let rate = scale * (v / base);
            Entry { base, rate, ratio: (1.0 + m * rate).max(0.0), reversed: false }
        };
        let entries = start.iter().zip(v.values()).map(entry).collect();
        let mut curve =
            AlphaGeodesic { simplex, exponent: m, start, entries, scale, end: f64::INFINITY, closed: false };
        if m > 0.0 && exit.is_finite() {
            curve.end = scale * curve.integral(1.0, 0.0);
        }
        Ok(curve)
    }

    /// The affine time at which the curve reaches the boundary, for a geodesic from a velocity.
    pub fn exit_time(&self) -> Result<f64> {
        if self.closed {
            let reason = "it is known between two points only; build it from the velocity";
            return Err(Error::Unsupported { what: "exit time of a geodesic between points", reason });
        }
        Ok(self.end)
    }

    /// The point at affine time t: from 0 to 1 between two points, from 0 to the exit time with a velocity.
    ///
    /// # Errors
    /// [`Error::Setting`] for another t; [`BeyondExit`](Error::BeyondExit) at the exit time.
    pub fn at(&self, t: f64) -> Result<Point> {
        let (u, rest) = self.parameters(t)?;
        if u == 0.0 {
            return self.simplex.point(self.start.clone());
        }
        let weights = self.entries.iter().map(|entry| entry.at(self.exponent, u, rest));
        self.simplex.normalise(weights.collect())
    }

    /// The u of the formula at affine time t.
    pub fn curve_parameter(&self, t: f64) -> Result<f64> {
        Ok(self.parameters(t)?.0)
    }

    /// dP/dt at time 0.
    pub fn velocity(&self) -> Result<Tangent> {
        // Z(0) = 1, and the derivative of an entry there is base · rate, or from the other end q (-rate) (p/q)^{1-m}.
        let derivative = |(entry, &p): (&Entry, &f64)| {
            if entry.reversed { -p * entry.rate / entry.ratio } else { entry.base * entry.rate }
        };
        let raw: Array1<f64> = self.entries.iter().zip(&self.start).map(derivative).collect();
        let p = Point::unchecked(self.start.clone());
        let v = self.simplex.project(&p, (raw / self.scale).view())?;
        self.simplex.project(&p, v.values())
    }

    /// ∫₀ᵘ Z^{-2m}.
    fn integral(&self, u: f64, rest: f64) -> f64 {
        let m = self.exponent;
        if m == 0.0 {
            return u;
        }
        u * double_exponential(|node, gap| self.total(u * node, rest + u * gap).powf(-2.0 * m))
    }

    /// Z.
    fn total(&self, u: f64, rest: f64) -> f64 {
        self.entries.iter().map(|entry| entry.at(self.exponent, u, rest)).sum()
    }

    /// u and 1 - u at affine time t.
    fn parameters(&self, t: f64) -> Result<(f64, f64)> {
        check::at_least_zero("geodesic time", t)?;
        if self.closed {
            check::setting("geodesic time", t, t <= 1.0, "between 0 and 1; beyond, use exp")?;
            if t >= 1.0 {
                return Ok((1.0, 0.0));
            }
        } else if t >= self.end {
            let manifold = self.simplex.name();
            return Err(Error::BeyondExit { map: "alpha-geodesic", manifold, exit_time: self.end / t });
        }
        let target = t / self.scale;
        if self.exponent == 0.0 || target == 0.0 {
            return Ok((target, 1.0 - target));
        }
        // Newton's method for ln t in λ = -ln(1-u), which keeps the digits at both ends, inside a bracket: ln t is concave in λ, with a
        // slope that neither vanishes nor grows where the time diverges.
        let (mut low, mut high) = (0.0, f64::INFINITY);
        let mut lambda = -(-target.min(0.5)).ln_1p();
        let mut residual = f64::INFINITY;
        for _ in 0..200 {
            let (u, rest) = (-(-lambda).exp_m1(), (-lambda).exp());
            let time = self.integral(u, rest);
            let gap = time - target;
            if gap < 0.0 {
                low = lambda
            } else {
                high = lambda
            }
            let rate = self.total(u, rest).powf(-2.0 * self.exponent) * rest;
            residual = gap.abs() / target;
            if residual <= 2e-16 {
                return Ok((u, rest));
            }
            let newton = lambda - time * (gap / target).ln_1p() / rate;
            let next = match (newton >= low && newton <= high, high.is_finite()) {
                (true, _) => newton,
                (false, true) => 0.5 * (low + high),
                (false, false) => 2.0 * lambda + 1.0,
            };
            let step = (next - lambda).abs();
            lambda = next;
            if step <= 4e-16 * lambda {
                break;
            }
        }
        if residual <= 1e-13 {
            return Ok((-(-lambda).exp_m1(), (-lambda).exp()));
        }
        Err(Error::NotConverged {
            solver: "Newton's method for the affine time",
            iterations: 200,
            residual,
            tolerance: 1e-13,
            condition: f64::NAN,
            backward_error: f64::NAN,
            at_rounding: false,
        })
    }
}
