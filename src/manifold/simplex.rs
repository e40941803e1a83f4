use crate::manifold::{Cotangent, Manifold, Point, Tangent};
use crate::{Error, Result, check};
use ndarray::{Array1, ArrayView1, Zip};
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

/// How far the sum of a point may be from one, and that of a tangent vector from zero relative to Σ|vᵢ|.
const MASS_TOLERANCE: f64 = 1e-12;

/// The open probability simplex with the Fisher-Rao metric of N trials.
///
/// ```text
/// {p : pᵢ > 0, Σ pᵢ = 1},   T_p = {v : Σ vᵢ = 0},   ⟨v, w⟩ = N Σ vᵢwᵢ/pᵢ
/// ```
///
/// p ↦ 2√N √p is an isometry onto the positive orthant of a sphere of radius 2√N: curvature 1/(4N).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Simplex {
    outcomes: usize,
    trials: f64,
}

impl Simplex {
    /// Laws of one trial with `outcomes` ≥ 2 outcomes.
    pub fn new(outcomes: usize) -> Result<Self> {
        Simplex::multinomial(outcomes, 1)
    }

    /// Laws of `trials` ≥ 1 trials: the metric is N times that of one.
    pub fn multinomial(outcomes: usize, trials: u64) -> Result<Self> {
        check::setting("outcomes", outcomes as f64, outcomes >= 2, "at least 2")?;
        check::setting("trials", trials as f64, trials >= 1, "at least 1")?;
        Ok(Simplex { outcomes, trials: trials as f64 })
    }

    /// The weights divided by their sum.
    pub fn normalise(&self, weights: Array1<f64>) -> Result<Point> {
        check::vector("weights", self.outcomes, &weights.view())?;
        let sum = weights.sum();
        self.point(weights / sum)
    }

    /// The Fisher-Rao-orthogonal projection a ↦ a - (Σa)p of a vector onto the tangent space.
    pub fn project(&self, p: &Point, a: ArrayView1<'_, f64>) -> Result<Tangent> {
        self.check_point(p.values())?;
        check::vector("vector", self.outcomes, &a)?;
        Ok(tangential(p, a.to_owned()))
    }

    /// The number of trials N.
    pub fn trials(&self) -> f64 {
        self.trials
    }

    fn check_vector(&self, p: &Point, v: &Tangent) -> Result<()> {
        self.check_point(p.values())?;
        self.check_tangent(p, v.values())
    }
}

/// v - (Σv) p: takes away what rounding left of the sum.
fn tangential(p: &Point, v: Array1<f64>) -> Tangent {
    let sum = v.sum();
    Tangent::unchecked(Zip::from(&v).and(p.values()).map_collect(|&v, &p| v - sum * p))
}

/// δ = (q - p)/(√q + √p) = √q - √p without cancellation, and the chord ‖δ‖.
fn chord(p: &Point, q: &Point) -> (Array1<f64>, f64) {
    let delta = Zip::from(p.values()).and(q.values()).map_collect(|&p, &q| (q - p) / (q.sqrt() + p.sqrt()));
    let length = crate::linalg::norm(delta.view());
    (delta, length)
}

/// The angle ω of a chord of the unit sphere.
fn angle(chord: f64) -> f64 {
    2.0 * (0.5 * chord).min(std::f64::consts::FRAC_1_SQRT_2).asin()
}

fn sinc(x: f64) -> f64 {
    if x.abs() < 1e-8 { 1.0 } else { x.sin() / x }
}

/// u = v/(2√p), the velocity of √p.
fn amplitude(p: &Point, v: &Tangent) -> Array1<f64> {
    Zip::from(p.values()).and(v.values()).map_collect(|&p, &v| 0.5 * v / p.sqrt())
}

impl Manifold for Simplex {
    fn name(&self) -> String {
        format!("probability simplex ({} outcomes, {} trials)", self.outcomes, self.trials)
    }

    fn dim(&self) -> usize {
        self.outcomes - 1
    }

    fn coordinates(&self) -> usize {
        self.outcomes
    }

    fn bounds(&self) -> Option<Vec<(f64, f64)>> {
        Some(vec![(0.0, f64::INFINITY); self.outcomes])
    }

    fn check_point(&self, p: ArrayView1<'_, f64>) -> Result<()> {
        check::vector("point", self.outcomes, &p)?;
        if let Some((index, &value)) = p.iter().enumerate().find(|(_, x)| **x <= 0.0) {
            let requirement = "positive (the open simplex has no boundary points)";
            return Err(Error::Domain { quantity: "point", index, value, requirement });
        }
        let sum = p.sum();
        check::setting(
            "sum of the point",
            sum,
            (sum - 1.0).abs() <= MASS_TOLERANCE,
            "1 within 1e-12; normalise the weights",
        )
    }

    fn check_tangent(&self, _: &Point, v: ArrayView1<'_, f64>) -> Result<()> {
        check::vector("tangent vector", self.outcomes, &v)?;
        let (sum, size) = v.iter().fold((0.0, 0.0), |(s, a), x| (s + x, a + x.abs()));
        check::setting(
            "sum of the tangent vector",
            sum,
            sum.abs() <= MASS_TOLERANCE * size,
            "0 within 1e-12 Σ|vᵢ|; project the vector",
        )
    }

    fn inner(&self, p: &Point, v: &Tangent, w: &Tangent) -> Result<f64> {
        self.check_vector(p, v)?;
        self.check_vector(p, w)?;
        let (v, w) = (amplitude(p, v), amplitude(p, w));
        Ok(4.0 * self.trials * v.dot(&w))
    }

    fn sharp(&self, p: &Point, a: &Cotangent) -> Result<Tangent> {
        self.check_point(p.values())?;
        check::vector("covector", self.outcomes, &a.values())?;
        let mean = p.values().dot(&a.values());
        let v = Zip::from(p.values()).and(a.values()).map_collect(|&p, &a| p * (a - mean) / self.trials);
        Ok(tangential(p, v))
    }

    fn flat(&self, p: &Point, v: &Tangent) -> Result<Cotangent> {
        self.check_vector(p, v)?;
        Ok(Cotangent::new(self.trials * &(&v.values() / &p.values())))
    }

    fn exit_time(&self, p: &Point, v: &Tangent) -> Result<f64> {
        self.check_vector(p, v)?;
        let u = amplitude(p, v);
        let speed = crate::linalg::norm(u.view());
        if speed.total_cmp(&0.0).is_eq() {
            return Ok(f64::INFINITY);
        }
        let angle =
            u.iter().zip(p.values()).map(|(u, p)| p.sqrt().atan2(-u / speed)).fold(f64::INFINITY, f64::min);
        Ok(angle / speed)
    }

    fn exp(&self, p: &Point, v: &Tangent) -> Result<Point> {
        let exit_time = self.exit_time(p, v)?;
        if exit_time <= 1.0 {
            return Err(Error::BeyondExit { map: "exponential map", manifold: self.name(), exit_time });
        }
        let u = amplitude(p, v);
        let speed = crate::linalg::norm(u.view());
        let (cos, sinc) = (speed.cos(), sinc(speed));
        let q = Zip::from(p.values()).and(&u).map_collect(|&p, &u| (cos * p.sqrt() + sinc * u).powi(2));
        let sum = q.sum();
        Ok(Point::unchecked(q / sum))
    }

    fn log(&self, p: &Point, q: &Point) -> Result<Tangent> {
        self.check_point(p.values())?;
        self.check_point(q.values())?;
        let (delta, chord) = chord(p, q);
        let scale = 2.0 / sinc(angle(chord));
        let v = Zip::from(p.values())
            .and(&delta)
            .map_collect(|&p, &d| scale * p.sqrt() * (d + 0.5 * chord * chord * p.sqrt()));
        Ok(tangential(p, v))
    }

    fn distance(&self, p: &Point, q: &Point) -> Result<f64> {
        self.check_point(p.values())?;
        self.check_point(q.values())?;
        Ok(2.0 * self.trials.sqrt() * angle(chord(p, q).1))
    }

    fn parallel_transport(&self, p: &Point, q: &Point, v: &Tangent) -> Result<Tangent> {
        self.check_vector(p, v)?;
        self.check_point(q.values())?;
        let (a, b, u) = (p.values().mapv(f64::sqrt), q.values().mapv(f64::sqrt), amplitude(p, v));
        let along = b.dot(&u) / (1.0 + a.dot(&b));
        let w = Zip::from(&a).and(&b).and(&u).map_collect(|&a, &b, &u| 2.0 * b * (u - along * (a + b)));
        Ok(tangential(q, w))
    }

    fn christoffel(&self, p: &Point, v: &Tangent, w: &Tangent) -> Result<Tangent> {
        let g = self.inner(p, v, w)? / self.trials;
        let gamma = Zip::from(p.values())
            .and(v.values())
            .and(w.values())
            .map_collect(|&p, &v, &w| -0.5 * (v / p * w - g * p));
        Ok(Tangent::unchecked(gamma))
    }

    fn riemann(&self, p: &Point, x: &Tangent, y: &Tangent, z: &Tangent) -> Result<Tangent> {
        let curvature = 0.25 / self.trials;
        Ok(curvature * &(&(self.inner(p, y, z)? * x) - &(self.inner(p, x, z)? * y)))
    }

    fn random_tangent(&self, p: &Point, rng: &mut dyn Rng) -> Result<Tangent> {
        self.check_point(p.values())?;
        let a = p.values().mapv(f64::sqrt);
        let z = Array1::from_shape_fn(self.outcomes, |_| StandardNormal.sample(rng));
        let along = a.dot(&z);
        let v = Zip::from(&a).and(&z).map_collect(|&a, &z: &f64| a * (z - along * a) / self.trials.sqrt());
        Ok(tangential(p, v))
    }
}
