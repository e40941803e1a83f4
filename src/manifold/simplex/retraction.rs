use super::kernel::{Motion, Pair};
use super::steps::{
    AverageRetraction, MixtureRetraction, MultiplicativeRetraction, NaturalQuadraticRetraction,
    ProjectionRetraction, QuadraticRetraction,
};
use super::{Simplex, contiguous};
use crate::manifold::{InverseRetraction, Manifold, Order, Point, Retraction, Tangent};
use crate::{Error, Result};
use ndarray::{Array1, Zip};

/// The least of sᵢ = vᵢ/pᵢ, from which every exit time but the geodesic's follows, and the length ‖v‖ of one trial, both of
/// v/m; and m = max|v|.
fn slowest(manifold: &Simplex, p: &Point, v: &Tangent) -> Result<(f64, f64, f64)> {
    manifold.check_point(p.values())?;
    manifold.check_tangent(p, v.values())?;
    let largest = v.values().iter().fold(0.0, |m: f64, x| m.max(x.abs()));
    if largest <= 0.0 {
        return Ok((0.0, 0.0, 1.0));
    }
    let (p, v) = (p.values(), v.values().mapv(|x| x / largest).to_vec());
    let p = contiguous(&p);
    let motion = Motion::new(&p, &v);
    let least = p.iter().zip(&v).map(|(&p, &v)| motion.score(p, v)).fold(0.0, f64::min);
    Ok((least, 2.0 * motion.careful_angle(&p, &v), largest))
}

/// `reach`/(-s m) for the least score s < 0 of v/m; infinite if there is none.
fn linear_exit(manifold: &Simplex, p: &Point, v: &Tangent, reach: f64) -> Result<f64> {
    let (least, _, largest) = slowest(manifold, p, v)?;
    Ok(if least < 0.0 { reach / -least / largest } else { f64::INFINITY })
}

/// The point with entries `map(pᵢ, sᵢ, v's motion)`, divided by their sum, or an error with the exit time.
fn step(
    manifold: &Simplex,
    (name, p, v): (&'static str, &Point, &Tangent),
    map: impl Fn(f64, f64, &Motion) -> f64,
    exit_time: impl Fn() -> Result<f64>,
) -> Result<Point> {
    let motion = manifold.motion(p, v)?;
    let mut q = vec![0.0; manifold.outcomes()];
    let (points, vectors) = (p.values(), v.values());
    if motion.fill(&contiguous(&points), &contiguous(&vectors), &mut q, |p, s| map(p, s, &motion)) {
        Ok(Point::unchecked(q.into()))
    } else {
        Err(manifold.beyond(name, exit_time()?))
    }
}

/// p∘exp(x)/Z with x = `exponent(sᵢ)`.
fn tilt(manifold: &Simplex, p: &Point, v: &Tangent, exponent: impl Fn(f64) -> f64) -> Result<Point> {
    let motion = manifold.motion(p, v)?;
    let exponents = Zip::from(p.values()).and(v.values()).map_collect(|&p, &v| exponent(motion.score(p, v)));
    let top = exponents.fold(f64::NEG_INFINITY, |m, &x| m.max(x));
    let bottom = exponents.fold(f64::INFINITY, |m, &x| m.min(x));
    if !top.is_finite() {
        let requirement = "a finite number; the vector is too long in the metric";
        return Err(Error::Setting { option: "largest log-ratio of the step", value: top, requirement });
    }
    // A short step is added to p, so that none of its digits is lost; a long one is scaled by its largest weight.
    let q: Array1<f64> = if top < 1.0 && bottom > -1.0 {
        let grown = Zip::from(p.values()).and(&exponents).map_collect(|&p, &x| p * x.exp_m1());
        let total = super::kernel::sum(&contiguous(&grown.view()));
        Zip::from(p.values()).and(&grown).map_collect(|&p, &g| p + (g - p * total) / (1.0 + total))
    } else {
        let heaviest =
            Zip::from(p.values()).and(&exponents).fold(f64::NEG_INFINITY, |m, &p, &x| m.max(p.ln() + x));
        // In two halves, for exp(x) alone may overflow where p is tiny.
        Zip::from(p.values()).and(&exponents).map_collect(|&p, &x| {
            let half = (0.5 * (x - heaviest)).exp();
            p * half * half
        })
    };
    positive(q)
}

/// The weights divided by their sum; an error where one is zero.
fn positive(weights: Array1<f64>) -> Result<Point> {
    let mut q = weights.to_vec();
    super::kernel::normalise(&mut q);
    match q.iter().position(|q| q.is_nan() || *q <= 0.0) {
        None => Ok(Point::unchecked(q.into())),
        Some(index) => {
            let requirement = "positive, and it underflows; shorten the step";
            let value = q.get(index).copied().unwrap_or(f64::NAN);
            Err(Error::Domain { quantity: "point of the multiplicative step", index, value, requirement })
        }
    }
}

/// p + p c, the form that keeps the digits of a short step.
fn grown(p: f64, change: f64) -> f64 {
    p + p * change
}

impl Retraction<Simplex> for MixtureRetraction {
    fn name(&self) -> &'static str {
        "mixture retraction"
    }

    fn order(&self) -> Order {
        Order::First
    }

    fn exit_time(&self, manifold: &Simplex, p: &Point, v: &Tangent) -> Result<f64> {
        linear_exit(manifold, p, v, 1.0)
    }

    fn retract(&self, manifold: &Simplex, p: &Point, v: &Tangent) -> Result<Point> {
        step(manifold, (self.name(), p, v), |p, s, _| grown(p, s), || self.exit_time(manifold, p, v))
    }
}

impl InverseRetraction<Simplex> for MixtureRetraction {
    /// q - p.
    fn inverse(&self, manifold: &Simplex, p: &Point, q: &Point) -> Result<Tangent> {
        manifold.pair(p, q)?;
        manifold.tangential(p, &q.values() - &p.values())
    }
}

impl Retraction<Simplex> for MultiplicativeRetraction {
    fn name(&self) -> &'static str {
        "multiplicative retraction"
    }

    fn order(&self) -> Order {
        Order::First
    }

    fn exit_time(&self, manifold: &Simplex, p: &Point, v: &Tangent) -> Result<f64> {
        manifold.motion(p, v).map(|_| f64::INFINITY)
    }

    fn retract(&self, manifold: &Simplex, p: &Point, v: &Tangent) -> Result<Point> {
        tilt(manifold, p, v, |s| s)
    }
}

impl InverseRetraction<Simplex> for MultiplicativeRetraction {
    /// p∘(ln(q/p) + KL(p‖q)).
    fn inverse(&self, manifold: &Simplex, p: &Point, q: &Point) -> Result<Tangent> {
        manifold.pair(p, q)?;
        let logs = Zip::from(p.values()).and(q.values()).map_collect(|&p, &q| log_ratio(p, q));
        let centred = super::kernel::centred(&contiguous(&p.values()), &contiguous(&logs.view()));
        manifold.tangential(p, &p.values() * &Array1::from(centred))
    }
}

/// ln(q/p).
pub(super) fn log_ratio(p: f64, q: f64) -> f64 {
    let change = (q - p) / p;
    if change.abs() < 0.5 {
        return change.ln_1p();
    }
    let ratio = q / p;
    // Subnormal entries have ratios outside the doubles.
    if ratio > 0.0 && ratio.is_finite() { ratio.ln() } else { q.ln() - p.ln() }
}

impl Retraction<Simplex> for AverageRetraction {
    fn name(&self) -> &'static str {
        "average of the mixture and the multiplicative retraction"
    }

    fn order(&self) -> Order {
        Order::Second
    }

    /// The entry of the least score s leaves first, for 1 + x + exp(x)/Z grows with x = ts, and once: where s < 0 both
    /// terms fall with t.
    fn exit_time(&self, manifold: &Simplex, p: &Point, v: &Tangent) -> Result<f64> {
        let (least, _, largest) = slowest(manifold, p, v)?;
        if least >= 0.0 {
            return Ok(f64::INFINITY);
        }
        let scaled = v.values().mapv(|x| x / largest);
        let motion = manifold.motion(p, &Tangent::unchecked(scaled.clone()))?;
        let points = p.values();
        let height = |x: f64| {
            let t = x / least;
            let partition = points.iter().zip(&scaled).map(|(&p, &v)| p * (t * motion.score(p, v)).exp());
            1.0 + x + x.exp() / partition.sum::<f64>()
        };
        // The root lies where exp(x)/Z is between 0 and exp(x).
        let (mut outside, mut inside) = (-1.28, -1.0);
        for _ in 0..56 {
            let middle = 0.5 * (outside + inside);
            if height(middle) > 0.0 { inside = middle } else { outside = middle }
        }
        Ok(inside / least / largest)
    }

    fn retract(&self, manifold: &Simplex, p: &Point, v: &Tangent) -> Result<Point> {
        let tilted = match MultiplicativeRetraction.retract(manifold, p, v) {
            Ok(tilted) => tilted,
            Err(error) => {
                let exit_time = self.exit_time(manifold, p, v)?;
                return Err(if exit_time <= 1.0 { manifold.beyond(self.name(), exit_time) } else { error });
            }
        };
        let map = |p: f64, q: f64, v: f64| p + 0.5 * ((q - p) + v);
        let q =
            Zip::from(p.values()).and(tilted.values()).and(v.values()).map_collect(|&p, &q, &v| map(p, q, v));
        if q.iter().any(|q| *q <= 0.0) {
            return Err(manifold.beyond(self.name(), self.exit_time(manifold, p, v)?));
        }
        positive(q)
    }
}

impl Retraction<Simplex> for ProjectionRetraction {
    fn name(&self) -> &'static str {
        "sphere-projection retraction"
    }

    fn order(&self) -> Order {
        Order::Second
    }

    fn exit_time(&self, manifold: &Simplex, p: &Point, v: &Tangent) -> Result<f64> {
        linear_exit(manifold, p, v, 2.0)
    }

    fn retract(&self, manifold: &Simplex, p: &Point, v: &Tangent) -> Result<Point> {
        let map = |p: f64, s: f64, motion: &Motion| {
            let (factor, square) = (1.0 + 0.5 * s, motion.angle * motion.angle);
            if factor <= 0.0 {
                return -1.0;
            }
            let change = if s > -1.0 { s + 0.25 * s * s } else { factor * factor - 1.0 };
            if change > -0.5 {
                grown(p, (change - square) / (1.0 + square))
            } else {
                p * factor * factor / (1.0 + square)
            }
        };
        step(manifold, (self.name(), p, v), map, || self.exit_time(manifold, p, v))
    }
}

impl InverseRetraction<Simplex> for ProjectionRetraction {
    /// 2√p∘(√q/BC - √p), BC = Σ√(pq).
    fn inverse(&self, manifold: &Simplex, p: &Point, q: &Point) -> Result<Tangent> {
        let pair: Pair = manifold.pair(p, q)?;
        // For orthogonal roots the vector has infinite length.
        let cosine = pair.coefficient(&contiguous(&p.values()), &contiguous(&q.values()));
        let v = Zip::from(p.values()).and(q.values()).map_collect(|&p, &q| {
            let (_, a, _) = pair.step(p, q);
            2.0 * a * pair.rejection(cosine, p, q) / cosine
        });
        manifold.tangential(p, v)
    }
}

impl Retraction<Simplex> for QuadraticRetraction {
    fn name(&self) -> &'static str {
        "quadratic retraction"
    }

    fn order(&self) -> Order {
        Order::Second
    }

    /// Entry i is p((1 + ts/2)² - t²⟨v, v⟩/4), which is zero first at t = 2/(‖v‖ - s).
    fn exit_time(&self, manifold: &Simplex, p: &Point, v: &Tangent) -> Result<f64> {
        let (least, length, largest) = slowest(manifold, p, v)?;
        Ok(if length > least { 2.0 / (length - least) / largest } else { f64::INFINITY })
    }

    fn retract(&self, manifold: &Simplex, p: &Point, v: &Tangent) -> Result<Point> {
        let map = |p: f64, s: f64, motion: &Motion| {
            let (less, more) = (1.0 + 0.5 * s - motion.angle, 1.0 + 0.5 * s + motion.angle);
            let change = s + 0.25 * s * s - motion.angle * motion.angle;
            match () {
                // Beyond the first zero the parabola may come back.
                () if less <= 0.0 => -1.0,
                () if change < -0.5 => p * less * more,
                () => grown(p, change),
            }
        };
        step(manifold, (self.name(), p, v), map, || self.exit_time(manifold, p, v))
    }
}

impl Retraction<Simplex> for NaturalQuadraticRetraction {
    fn name(&self) -> &'static str {
        "quadratic retraction in natural parameters"
    }

    fn order(&self) -> Order {
        Order::Second
    }

    fn exit_time(&self, manifold: &Simplex, p: &Point, v: &Tangent) -> Result<f64> {
        manifold.motion(p, v).map(|_| f64::INFINITY)
    }

    fn retract(&self, manifold: &Simplex, p: &Point, v: &Tangent) -> Result<Point> {
        // A product, not a difference: infinite scores of overlong vectors must not become NaN.
        tilt(manifold, p, v, |s| s * (1.0 - 0.25 * s))
    }
}
