use crate::manifold::model::Model;
use crate::manifold::{Cotangent, Manifold, Point, Tangent};
use crate::{Error, Result, check};
use ndarray::{Array1, ArrayView1, array};
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

/// The half-plane of location and scale, (μ, σ) with σ > 0: a hyperbolic plane.
///
/// ```text
/// ⟨v, w⟩ = (a v₁w₁ + b v₂w₂)/σ²,   curvature -1/b
/// sinh²(d/(2√b)) = ((a/b) Δμ² + Δσ²)/(4 σ₁σ₂)
/// ```
///
/// For the normal law a = 1, b = 2, curvature -1/2. Every location-scale family whose density is symmetric has such a
/// metric: the Cauchy law has a = b = 1/2. It is complete: no geodesic reaches σ = 0 in finite time.
///
/// # Shapes
/// Points and vectors have two coordinates, location first.
///
/// # Errors
/// A result that leaves the range of f64 (σ below 1e-308, say) is an error with the number.
///
/// # Numerical notes
/// Location and scale act on the plane by isometries, so everything is computed from (Δμ/σ₁, Δσ/σ₁), as seen from (0, 1), by
/// the formulas of the hyperboloid with their cancelling terms combined: σ = 1e-150 costs no digits, nor do two points at a
/// distance of 1e-150 or with |Δμ|/σ = 1e100. Transport needs no trigonometry: it turns the frame (σ∂μ, σ∂σ) by twice
/// the angle whose tangent is √(a/b) Δμ/(σ₁ + σ₂).
///
/// # Example
/// ```
/// use natgrad::manifold::{HalfPlane, Manifold};
/// use natgrad::ndarray::array;
///
/// let normal = HalfPlane::normal();
/// let (p, q) = (normal.point(array![0.0, 1.0])?, normal.point(array![0.0, 4.0])?);
/// assert!((normal.distance(&p, &q)? - 2f64.sqrt() * 4f64.ln()).abs() < 1e-15);   // √2 |ln(σ₁/σ₂)| at equal means
/// # Ok::<(), natgrad::Error>(())
/// ```
///
/// # Checked by
/// `manifold::half_plane` (hyperboloid and quadrature twins, within 4 roundings), `manifold::every_manifold`, `manifold::local_laws`.
///
/// # References
/// Atkinson and Mitchell (1981); Costa, Santos and Strapasson, "Fisher information distance: a geometrical reading", Discrete
/// Applied Mathematics 197 (2015).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HalfPlane {
    name: &'static str,
    /// L² = b: the metric is L² times that of curvature -1 in (μ/c, σ).
    squared_radius: f64,
    /// c = √(b/a).
    stretch: f64,
}

/// The curve that a geodesic of a [`HalfPlane`] lies on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum GeodesicShape {
    /// The vertical half line over this location: only the scale changes.
    Vertical(f64),
    /// The half-ellipse (a/b)(μ - centre)² + σ² = height².
    HalfEllipse {
        /// The location of the greatest scale.
        centre: f64,
        /// The greatest scale.
        height: f64,
    },
}

impl HalfPlane {
    /// Univariate normal laws by mean and standard deviation: a = 1, b = 2.
    pub fn normal() -> Self {
        HalfPlane { name: "normal laws", squared_radius: 2.0, stretch: std::f64::consts::SQRT_2 }
    }

    /// The half-plane of Poincaré: a = b = 1, curvature -1.
    pub fn hyperbolic() -> Self {
        HalfPlane { name: "hyperbolic plane", squared_radius: 1.0, stretch: 1.0 }
    }

    /// A family with Fisher information diag(a, b)/σ².
    pub fn location_scale(a: f64, b: f64) -> Result<Self> {
        check::setting("information of location", a, a > 0.0 && a.is_finite(), "positive and finite")?;
        check::setting("information of scale", b, b > 0.0 && b.is_finite(), "positive and finite")?;
        Ok(HalfPlane { name: "location-scale laws", squared_radius: b, stretch: b.sqrt() / a.sqrt() })
    }

    /// The curvature -1/b.
    pub fn curvature(&self) -> f64 {
        Model::Hyperboloid.sign() / self.squared_radius
    }

    /// The area 2πb (cosh(r/√b) - 1) of a geodesic ball of radius r.
    pub fn ball_volume(&self, radius: f64) -> Result<f64> {
        check::at_least_zero("radius", radius)?;
        let fall = Model::Hyperboloid.versine(radius / self.squared_radius.sqrt());
        within_range("volume", 0, -2.0 * std::f64::consts::PI * self.squared_radius * fall)
    }

    /// The curve on which the geodesic through two different points lies.
    pub fn geodesic_shape(&self, p: &Point, q: &Point) -> Result<GeodesicShape> {
        let ((x, y), (u, w)) = (self.at(p)?, self.at(q)?);
        let across = (u - x) / self.stretch;
        if across.abs() < f64::MIN_POSITIVE {
            return Ok(GeodesicShape::Vertical(x));
        }
        let half = 0.5 * (across + (w - y) / across * (w + y));
        let centre = within_range("centre of the geodesic", 0, x + self.stretch * half)?;
        Ok(GeodesicShape::HalfEllipse { centre, height: half.hypot(y) })
    }

    fn at(&self, p: &Point) -> Result<(f64, f64)> {
        self.check_point(p.values())?;
        pair("point", &p.values())
    }

    /// Components in the frame (cσ∂μ, σ∂σ), whose vectors have length √b.
    fn framed(&self, scale: f64, v: &Tangent) -> Result<(f64, f64)> {
        let (x, y) = pair("tangent vector", &v.values())?;
        Ok((
            within_range("tangent vector over σ", 0, x / self.stretch / scale)?,
            within_range("tangent vector over σ", 1, y / scale)?,
        ))
    }

    fn unframed(&self, quantity: &'static str, scale: f64, (x, y): (f64, f64)) -> Result<Tangent> {
        let v = [self.stretch * scale * x, scale * y];
        Ok(Tangent::unchecked(array![within_range(quantity, 0, v[0])?, within_range(quantity, 1, v[1])?]))
    }

    /// Distance over √b.
    fn angle(&self, (x, y): (f64, f64), (u, w): (f64, f64)) -> f64 {
        let (across, up) = ((u - x) / self.stretch, w - y);
        let scale = y.sqrt() * w.sqrt();
        let chord = (across / scale).hypot(up / scale);
        if chord.is_finite() {
            return Model::Hyperboloid.angle(chord);
        }
        // asinh z = ln 2z for such z.
        2.0 * across.hypot(up).ln() - y.ln() - w.ln()
    }
}

fn pair(quantity: &'static str, values: &ArrayView1<'_, f64>) -> Result<(f64, f64)> {
    check::vector(quantity, 2, values)?;
    Ok((values.iter().take(1).sum(), values.iter().skip(1).sum()))
}

fn within_range(quantity: &'static str, index: usize, value: f64) -> Result<f64> {
    if value.is_finite() { Ok(value) } else { Err(Error::NonFinite { quantity, index, value }) }
}

/// The end, as seen from (0, 1), of the geodesic of curvature -1 with velocity (a, b): location, logarithm of the scale.
///
/// On the hyperboloid 1/σ = cosh r - (b/r) sinh r, r = ‖(a, b)‖; for b > 0 that is e⁻ʳ + sinh r · a²/(r(r + b)).
fn travelled((a, b): (f64, f64)) -> (f64, f64) {
    let r = a.hypot(b);
    if r <= 700.0 {
        let sinc = Model::Hyperboloid.sinc(r);
        let reciprocal = if b > 0.0 { (-r).exp() + sinc * a * (a / (r + b)) } else { r.cosh() - sinc * b };
        return (sinc * a / reciprocal, 1.0 / reciprocal);
    }
    // Beyond, sinh and cosh are e^r/2, which is divided out.
    let cosine = if b > 0.0 { (a / r) * (a / (r + b)) } else { 1.0 - b / r };
    if cosine < f64::MIN_POSITIVE {
        if a == 0.0 {
            return (0.0, b.exp());
        }
        // The square is out of range, its logarithm is not: ln σ = r - ln(1 + e^z).
        let slope = (a.abs() / r).ln();
        let z = 2.0 * (r + slope) - (2.0 * (1.0 + b / r)).ln();
        let growth = r - z.max(0.0) - (-z.abs()).exp().ln_1p();
        return (0.5 * a.signum() * (r + slope + growth).exp(), growth.exp());
    }
    let reciprocal = cosine + 2.0 * (-2.0 * r).exp();
    // In halves, for e^-r alone may be subnormal where the result is not.
    let half = (-0.5 * r).exp();
    (a / r / reciprocal, 2.0 * half / reciprocal * half)
}

impl Manifold for HalfPlane {
    fn name(&self) -> String {
        format!("half-plane of {} (curvature {})", self.name, self.curvature())
    }

    fn dim(&self) -> usize {
        2
    }

    fn coordinates(&self) -> usize {
        2
    }

    fn bounds(&self) -> Option<Vec<(f64, f64)>> {
        Some(vec![(f64::NEG_INFINITY, f64::INFINITY), (0.0, f64::INFINITY)])
    }

    fn check_point(&self, p: ArrayView1<'_, f64>) -> Result<()> {
        let (_, value) = pair("point", &p)?;
        if value > 0.0 {
            return Ok(());
        }
        Err(Error::Domain { quantity: "point", index: 1, value, requirement: "positive (a scale)" })
    }

    fn check_tangent(&self, _: &Point, v: ArrayView1<'_, f64>) -> Result<()> {
        check::vector("tangent vector", 2, &v)
    }

    fn inner(&self, p: &Point, v: &Tangent, w: &Tangent) -> Result<f64> {
        let (_, scale) = self.at(p)?;
        let (v, w) = (self.framed(scale, v)?, self.framed(scale, w)?);
        within_range("inner product", 0, self.squared_radius * (v.0 * w.0 + v.1 * w.1))
    }

    fn norm(&self, p: &Point, v: &Tangent) -> Result<f64> {
        let (_, scale) = self.at(p)?;
        let (x, y) = self.framed(scale, v)?;
        within_range("norm", 0, self.squared_radius.sqrt() * x.hypot(y))
    }

    fn sharp(&self, p: &Point, a: &Cotangent) -> Result<Tangent> {
        let (_, scale) = self.at(p)?;
        let (x, y) = pair("covector", &a.values())?;
        let framed = (x * scale * self.stretch / self.squared_radius, y * scale / self.squared_radius);
        self.unframed("gradient", scale, framed)
    }

    fn flat(&self, p: &Point, v: &Tangent) -> Result<Cotangent> {
        let (_, scale) = self.at(p)?;
        let (x, y) = self.framed(scale, v)?;
        let (x, y) = (self.squared_radius * x / scale / self.stretch, self.squared_radius * y / scale);
        Ok(Cotangent::new(array![within_range("covector", 0, x)?, within_range("covector", 1, y)?]))
    }

    fn exit_time(&self, p: &Point, v: &Tangent) -> Result<f64> {
        self.framed(self.at(p)?.1, v)?;
        Ok(f64::INFINITY)
    }

    fn exp(&self, p: &Point, v: &Tangent) -> Result<Point> {
        let (location, scale) = self.at(p)?;
        let (across, growth) = travelled(self.framed(scale, v)?);
        let quantity = "end point of the geodesic";
        let x = within_range(quantity, 0, location + self.stretch * scale * across)?;
        let y = within_range(quantity, 1, scale * growth)?;
        let q = array![x, y];
        self.check_point(q.view())?;
        Ok(Point::unchecked(q))
    }

    fn log(&self, p: &Point, q: &Point) -> Result<Tangent> {
        let (from, to) = (self.at(p)?, self.at(q)?);
        let across = within_range("Δμ/σ", 0, (to.0 - from.0) / self.stretch / from.1)?;
        let (up, sum) = ((to.1 - from.1) / from.1, within_range("σ₂/σ₁", 0, to.1 / from.1)? + 1.0);
        // The direction (2x, x² + y² - 1) of (x, y) as seen from (0, 1), divided by the square of its size.
        let size = across.abs().max(sum);
        let (x, y) = (2.0 * across / size / size, (across / size).powi(2) + (up / size) * (sum / size));
        let length = x.hypot(y);
        if length < f64::MIN_POSITIVE {
            return Ok(self.zero());
        }
        let angle = self.angle(from, to);
        self.unframed("logarithm", from.1, (angle * (x / length), angle * (y / length)))
    }

    fn distance(&self, p: &Point, q: &Point) -> Result<f64> {
        let angle = self.angle(self.at(p)?, self.at(q)?);
        within_range("distance", 0, self.squared_radius.sqrt() * angle)
    }

    fn parallel_transport(&self, p: &Point, q: &Point, v: &Tangent) -> Result<Tangent> {
        let (from, to) = (self.at(p)?, self.at(q)?);
        let (x, y) = self.framed(from.1, v)?;
        // Halved, so that neither the difference nor the sum overflows.
        let (across, sum) = ((0.5 * to.0 - 0.5 * from.0) / self.stretch, 0.5 * from.1 + 0.5 * to.1);
        let length = across.hypot(sum);
        let (sin, cos) = (across / length, sum / length);
        let (double_sin, double_cos) = (2.0 * sin * cos, (cos - sin) * (cos + sin));
        let turned = (double_cos * x + double_sin * y, double_cos * y - double_sin * x);
        self.unframed("transported vector", to.1, turned)
    }

    fn christoffel(&self, p: &Point, v: &Tangent, w: &Tangent) -> Result<Tangent> {
        let (_, scale) = self.at(p)?;
        let (v, w) = (self.framed(scale, v)?, self.framed(scale, w)?);
        self.unframed("Γ(v, w)", scale, (-(v.0 * w.1 + v.1 * w.0), v.0 * w.0 - v.1 * w.1))
    }

    fn riemann(&self, p: &Point, x: &Tangent, y: &Tangent, z: &Tangent) -> Result<Tangent> {
        let (_, scale) = self.at(p)?;
        let (x, y, z) = (self.framed(scale, x)?, self.framed(scale, y)?, self.framed(scale, z)?);
        // Curvature -1/b times the metric, b times that of the frame.
        let (yz, xz) = (y.0 * z.0 + y.1 * z.1, x.0 * z.0 + x.1 * z.1);
        self.unframed("curvature", scale, (xz * y.0 - yz * x.0, xz * y.1 - yz * x.1))
    }

    fn random_tangent(&self, p: &Point, rng: &mut dyn Rng) -> Result<Tangent> {
        let (_, scale) = self.at(p)?;
        let z = Array1::from_shape_fn(2, |_| StandardNormal.sample(rng)) / self.squared_radius.sqrt();
        self.unframed("random vector", scale, pair("random vector", &z.view())?)
    }
}
