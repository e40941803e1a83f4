use super::kernel::{self, Motion, Pair};
use super::{DIFFERENCE_TOLERANCE, MASS_TOLERANCE, Simplex, contiguous};
use crate::manifold::model::Model;
use crate::manifold::{Cotangent, Manifold, Point, Tangent};
use crate::{Error, Result, check};
use ndarray::{Array1, ArrayView1, Zip};
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

impl Simplex {
    /// Both points checked, and what their chord needs.
    pub(super) fn pair(&self, p: &Point, q: &Point) -> Result<Pair> {
        self.check_point(p.values())?;
        self.check_point(q.values())?;
        let (p, q) = (p.values(), q.values());
        Ok(Pair::new(&contiguous(&p), &contiguous(&q)))
    }

    /// Point and vector checked, and the motion they define.
    pub(super) fn motion(&self, p: &Point, v: &Tangent) -> Result<Motion> {
        self.check_point(p.values())?;
        self.check_tangent(p, v.values())?;
        let (p, v) = (p.values(), v.values());
        Ok(Motion::new(&contiguous(&p), &contiguous(&v)))
    }

    /// w - (Σw) p: takes away what rounding left of the sum; an error if a component is out of range.
    pub(super) fn tangential(&self, p: &Point, w: Array1<f64>) -> Result<Tangent> {
        let mut w = w.to_vec();
        kernel::project(&contiguous(&p.values()), &mut w);
        let w = Array1::from(w);
        check::finite("result", &w)?;
        Ok(Tangent::unchecked(w))
    }

    /// A step that left the manifold: when it did.
    pub(super) fn beyond(&self, map: &'static str, exit_time: f64) -> Error {
        Error::BeyondExit { map, manifold: self.name(), exit_time: exit_time.min(1.0) }
    }

    /// ½‖v‖ for one trial.
    fn angle(&self, p: &Point, v: &Tangent) -> Result<f64> {
        let motion = self.motion(p, v)?;
        let (p, v) = (p.values(), v.values());
        Ok(motion.careful_angle(&contiguous(&p), &contiguous(&v)))
    }
}

impl Manifold for Simplex {
    fn name(&self) -> String {
        // Of one trial nobody says that there is one.
        let trials = if self.trials > 1.0 { format!(", {} trials", self.trials) } else { String::new() };
        format!("probability simplex ({} outcomes{trials})", self.outcomes)
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
        let sum = kernel::sum(&contiguous(&p));
        let requirement = "1 within 1e-12; normalise the weights";
        check::setting("sum of the point", sum, (sum - 1.0).abs() <= MASS_TOLERANCE, requirement)
    }

    fn check_tangent(&self, _: &Point, v: ArrayView1<'_, f64>) -> Result<()> {
        check::vector("tangent vector", self.outcomes, &v)?;
        // Divided by the largest entry, so that entries of 1e308 do not overflow their sum.
        let largest = v.iter().fold(f64::MIN_POSITIVE, |m, x| m.max(x.abs()));
        let (sum, size) = v.iter().fold((0.0, 0.0), |(s, a), x| (s + x / largest, a + (x / largest).abs()));
        let requirement = "0 within 1e-12 Σ|vᵢ| + 1e-14; project the vector";
        let tolerance = MASS_TOLERANCE * size + DIFFERENCE_TOLERANCE / largest;
        check::setting("sum of the tangent vector", sum * largest, sum.abs() <= tolerance, requirement)
    }

    fn inner(&self, p: &Point, v: &Tangent, w: &Tangent) -> Result<f64> {
        let (first, second) = (self.motion(p, v)?, self.motion(p, w)?);
        let amplitudes = |m: Motion, v: &Tangent| -> Vec<f64> {
            p.values().iter().zip(v.values()).map(|(&p, &v)| m.amplitude(p, v)).collect()
        };
        let inner = 4.0 * self.trials * kernel::dot(&amplitudes(first, v), &amplitudes(second, w));
        check::setting(
            "inner product",
            inner,
            inner.is_finite(),
            "a finite number; the vectors are too long",
        )?;
        Ok(inner)
    }

    fn norm(&self, p: &Point, v: &Tangent) -> Result<f64> {
        let norm = 2.0 * self.trials.sqrt() * self.angle(p, v)?;
        check::setting("length of the tangent vector", norm, norm.is_finite(), "a finite number")?;
        Ok(norm)
    }

    /// p∘(a - ⟨p, a⟩)/N. A constant added to `a` changes nothing: differences from the largest outcome's derivative are
    /// what is averaged.
    fn sharp(&self, p: &Point, a: &Cotangent) -> Result<Tangent> {
        self.check_point(p.values())?;
        check::vector("covector", self.outcomes, &a.values())?;
        let v = kernel::centred(&contiguous(&p.values()), &contiguous(&a.values()));
        self.tangential(p, Zip::from(p.values()).and(&v).map_collect(|&p, &a| p * a / self.trials))
    }

    fn flat(&self, p: &Point, v: &Tangent) -> Result<Cotangent> {
        let motion = self.motion(p, v)?;
        let map = |&p: &f64, &v: &f64| self.trials * motion.score(p, v);
        let a = Zip::from(p.values()).and(v.values()).map_collect(map);
        check::finite("covector", &a)?;
        Ok(Cotangent::new(a))
    }

    fn exit_time(&self, p: &Point, v: &Tangent) -> Result<f64> {
        self.check_point(p.values())?;
        self.check_tangent(p, v.values())?;
        // Of v/max|v|, so that no finite vector overflows in the metric.
        let largest = v.values().iter().fold(0.0, |m: f64, x| m.max(x.abs()));
        if largest <= 0.0 {
            return Ok(f64::INFINITY);
        }
        let (p, v) = (p.values(), v.values().mapv(|x| x / largest));
        let (p, v) = (contiguous(&p), v.to_vec());
        let motion = Motion::new(&p, &v);
        let speed = motion.careful_angle(&p, &v);
        if speed < f64::MIN_POSITIVE {
            return Ok(f64::INFINITY);
        }
        // Entry i vanishes at the angle atan2(√pᵢ, -uᵢ/ϑ).
        let angle = |(&p, &v): (&f64, &f64)| (p / motion.mass).sqrt().atan2(-motion.amplitude(p, v) / speed);
        let least = p.iter().zip(&v).map(angle).fold(f64::INFINITY, f64::min);
        Ok(least / speed / largest)
    }

    fn exp(&self, p: &Point, v: &Tangent) -> Result<Point> {
        let motion = self.motion(p, v)?;
        let mut q = vec![0.0; self.outcomes];
        let inside = {
            let (p, v) = (p.values(), v.values());
            motion.exp_into(&contiguous(&p), &contiguous(&v), &mut q)
        };
        if inside {
            Ok(Point::unchecked(q.into()))
        } else {
            Err(self.beyond("exponential map", self.exit_time(p, v)?))
        }
    }

    fn log(&self, p: &Point, q: &Point) -> Result<Tangent> {
        let pair = self.pair(p, q)?;
        let scale = 2.0 * Model::Sphere.log_scale(pair.chord);
        let cosine = pair.coefficient(&contiguous(&p.values()), &contiguous(&q.values()));
        let v = Zip::from(p.values()).and(q.values()).map_collect(|&p, &q| {
            let (_, a, _) = pair.step(p, q);
            scale * a * pair.rejection(cosine, p, q)
        });
        self.tangential(p, v)
    }

    /// [sin((1 - t)ω)√p + sin(tω)√q]²/sin² ω between the ends, where no term is subtracted: entries of q far below those of p
    /// keep their digits, which exp(t log) has lost. Beyond the ends it is exp(t log).
    fn geodesic(&self, p: &Point, q: &Point, t: f64) -> Result<Point> {
        check::setting("geodesic time", t, t.is_finite(), "finite")?;
        if !(0.0..=1.0).contains(&t) {
            return self.exp(p, &(t * &self.log(p, q)?));
        }
        let (pair, model) = (self.pair(p, q)?, Model::Sphere);
        let angle = pair.angle();
        let weight = |part: f64| part * model.sinc(part * angle) / model.sinc(angle);
        let (near, far) = (weight(1.0 - t), weight(t));
        let mut middle: Vec<f64> = p
            .values()
            .iter()
            .zip(q.values())
            .map(|(&p, &q)| {
                let (_, a, b) = pair.step(p, q);
                (near * a + far * b).powi(2)
            })
            .collect();
        kernel::normalise(&mut middle);
        self.point(middle.into())
    }

    fn distance(&self, p: &Point, q: &Point) -> Result<f64> {
        Ok(2.0 * self.trials.sqrt() * self.pair(p, q)?.angle())
    }

    fn parallel_transport(&self, p: &Point, q: &Point, v: &Tangent) -> Result<Tangent> {
        let (pair, motion) = (self.pair(p, q)?, self.motion(p, v)?);
        let mut u = Array1::zeros(self.outcomes);
        let mut along = Vec::with_capacity(self.outcomes);
        Zip::from(&mut u).and(p.values()).and(q.values()).and(v.values()).for_each(|u, &p, &q, &v| {
            *u = motion.amplitude(p, v);
            along.push(pair.step(p, q).0 * *u);
        });
        let k = Model::Sphere.transport_scale(kernel::sum(&along), pair.chord);
        Zip::from(&mut u).and(p.values()).and(q.values()).for_each(|u, &p, &q| {
            let (_, a, b) = pair.step(p, q);
            *u = 2.0 * b * (*u - k * (a + b));
        });
        self.tangential(q, u)
    }

    fn christoffel(&self, p: &Point, v: &Tangent, w: &Tangent) -> Result<Tangent> {
        let g = self.inner(p, v, w)? / self.trials;
        let (first, second) = (self.motion(p, v)?, self.motion(p, w)?);
        let gamma = Zip::from(p.values())
            .and(v.values())
            .and(w.values())
            .map_collect(|&p, &v, &w| -2.0 * first.amplitude(p, v) * second.amplitude(p, w) + 0.5 * g * p);
        self.tangential(p, gamma)
    }

    /// ```text
    /// Hess f[v] = (1/N) Π(p∘h + ½ v∘(a - ⟨p, a⟩)),   Π(w) = w - (Σw) p,   a = ∂f,   h = ∂²f v
    /// ```
    ///
    /// f may be any extension to positive vectors: a constant added to a, or to h, changes nothing.
    fn hessian(&self, p: &Point, partials: &Cotangent, second: &Cotangent, v: &Tangent) -> Result<Tangent> {
        self.motion(p, v)?;
        check::vector("partial derivatives", self.outcomes, &partials.values())?;
        check::vector("Hessian-vector product", self.outcomes, &second.values())?;
        let points = p.values();
        let a = kernel::centred(&contiguous(&points), &contiguous(&partials.values()));
        let h = kernel::centred(&contiguous(&points), &contiguous(&second.values()));
        let w = Zip::from(points)
            .and(v.values())
            .and(&a)
            .and(&h)
            .map_collect(|&p, &v, &a, &h| (p * h + 0.5 * v * a) / self.trials);
        // Twice: where large entries cancel against p, the first projection leaves their rounding beside a small result.
        self.tangential(p, self.tangential(p, w)?.into_inner())
    }

    fn riemann(&self, p: &Point, x: &Tangent, y: &Tangent, z: &Tangent) -> Result<Tangent> {
        let curvature = 0.25 / self.trials;
        self.tangential(p, {
            let (first, second) = (self.inner(p, y, z)?, self.inner(p, x, z)?);
            Zip::from(x.values()).and(y.values()).map_collect(|&x, &y| curvature * (first * x - second * y))
        })
    }

    fn random_tangent(&self, p: &Point, rng: &mut dyn Rng) -> Result<Tangent> {
        self.check_point(p.values())?;
        let a = p.values().mapv(f64::sqrt);
        let z = Array1::from_shape_fn(self.outcomes, |_| StandardNormal.sample(rng));
        let along = a.dot(&z);
        let v = Zip::from(&a).and(&z).map_collect(|&a, &z: &f64| a * (z - along * a) / self.trials.sqrt());
        self.tangential(p, v)
    }
}
