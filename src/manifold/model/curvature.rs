/// The two curved unit spaces: they share every formula, up to the sign ε of the curvature. Between them, at ε = 0, lies the line, which
/// needs none: curves add arc lengths.
///
/// ```text
/// sphere ε = 1        |a| = 1, Euclidean product            s = sin   c = cos
/// hyperboloid ε = -1  ⟨a, a⟩ = -1, Lorentz product           s = sinh  c = cosh
///
/// exp_a(u) = c(ω) a + (s(ω)/ω) u,  ω = ‖u‖
/// log_a(b) = (ω/s(ω)) (δ + ε (|δ|²/2) a),  δ = b - a,  ω = 2 asin(|δ|/2), 2 asinh(|δ|/2)
/// transport of u from a to b: u - k (a + b),  k = ε ⟨δ, u⟩ / (2 - ε |δ|²/2)
/// ```
///
/// A metric that is L² times the unit one has lengths L times as long and curvature ε/L². Everything is a function of the
/// chord |δ|, never of the product ⟨a, b⟩: an arc cosine has no correct digit left where points are 1e-8 apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Model {
    /// ε = 1.
    Sphere,
    /// ε = -1.
    Hyperboloid,
}

impl Model {
    /// ε.
    pub(crate) fn sign(self) -> f64 {
        match self {
            Model::Sphere => 1.0,
            Model::Hyperboloid => -1.0,
        }
    }

    /// c(ω): cos, cosh.
    pub(crate) fn cosine(self, angle: f64) -> f64 {
        match self {
            Model::Sphere => angle.cos(),
            Model::Hyperboloid => angle.cosh(),
        }
    }

    /// 1 - c(ω), without cancellation: 2 sin²(ω/2), -2 sinh²(ω/2).
    pub(crate) fn versine(self, angle: f64) -> f64 {
        match self {
            Model::Sphere => 2.0 * (0.5 * angle).sin().powi(2),
            Model::Hyperboloid => -2.0 * (0.5 * angle).sinh().powi(2),
        }
    }

    /// s(ω)/ω: sin ω/ω, sinh ω/ω; one at zero.
    pub(crate) fn sinc(self, angle: f64) -> f64 {
        // sin x = x to the last bit long before the quotient could fail; only 0/0 must be kept away.
        if angle.abs() < f64::MIN_POSITIVE {
            return 1.0;
        }
        match self {
            Model::Sphere => angle.sin() / angle,
            Model::Hyperboloid => angle.sinh() / angle,
        }
    }

    /// The angle ω ≥ 0 of a chord; on the sphere chords are at most √2 here, the orthant's diameter.
    pub(crate) fn angle(self, chord: f64) -> f64 {
        match self {
            Model::Sphere => 2.0 * (0.5 * chord).min(std::f64::consts::FRAC_1_SQRT_2).asin(),
            Model::Hyperboloid => 2.0 * (0.5 * chord).asinh(),
        }
    }

    /// ω/s(ω), the factor of the logarithm.
    pub(crate) fn log_scale(self, chord: f64) -> f64 {
        1.0 / self.sinc(self.angle(chord))
    }

    /// k with transport u ↦ u - k (a + b), from the product ⟨δ, u⟩ and the chord |δ|; the denominator is at least 1.
    pub(crate) fn transport_scale(self, along: f64, chord: f64) -> f64 {
        self.sign() * along / (2.0 - self.sign() * 0.5 * chord * chord)
    }
}
