//! The loops over entries: one pass each, no allocation, and sums by halves, so that a thousand outcomes cost no digits.

use crate::manifold::model::Model;

/// Accumulators side by side: independent chains of additions, which the compiler makes vector instructions of.
const LANES: usize = 8;

/// Above this length a sum is the sum of its halves.
const BLOCK: usize = 128;

/// Σ over the entries of several quantities at once, by lanes and by halves.
fn sums<const K: usize>(p: &[f64], q: &[f64], term: &impl Fn(f64, f64) -> [f64; K]) -> [f64; K] {
    let length = p.len().min(q.len());
    if length > BLOCK {
        let middle = (length / 2).next_multiple_of(LANES);
        let ((p, p_rest), (q, q_rest)) = (p.split_at(middle), q.split_at(middle));
        let (mut total, rest) = (sums(p, q, term), sums(p_rest, q_rest, term));
        total.iter_mut().zip(rest).for_each(|(t, r)| *t += r);
        return total;
    }
    let mut lanes = [[0.0; LANES]; K];
    let (p_chunks, q_chunks) = (p.chunks_exact(LANES), q.chunks_exact(LANES));
    let (p_rest, q_rest) = (p_chunks.remainder(), q_chunks.remainder());
    for (p, q) in p_chunks.zip(q_chunks) {
        for (lane, (&p, &q)) in p.iter().zip(q).enumerate() {
            let terms = term(p, q);
            for (lanes, term) in lanes.iter_mut().zip(terms) {
                lanes[lane] += term;
            }
        }
    }
    for (lane, (&p, &q)) in p_rest.iter().zip(q_rest).enumerate() {
        let terms = term(p, q);
        for (lanes, term) in lanes.iter_mut().zip(terms) {
            lanes[lane] += term;
        }
    }
    lanes.map(|[a, b, c, d, e, f, g, h]| ((a + b) + (c + d)) + ((e + f) + (g + h)))
}

/// Σ xᵢ.
pub(super) fn sum(x: &[f64]) -> f64 {
    sums(x, x, &|x, _| [x])[0]
}

/// Σ xᵢyᵢ.
pub(super) fn dot(x: &[f64], y: &[f64]) -> f64 {
    sums(x, y, &|x, y| [x * y])[0]
}

/// Σ xᵢ - 1 as if summed exactly: Neumaier's compensation, so that normalising twice is normalising once.
///
/// Four chains of additions side by side, for each addition waits for the one before.
pub(super) fn excess(x: &[f64]) -> f64 {
    let add = |(total, lost): (f64, f64), x: f64| {
        let next = total + x;
        let part = next - total;
        (next, lost + ((total - (next - part)) + (x - part)))
    };
    let mut chains = [(0.0, 0.0); 4];
    let chunks = x.chunks_exact(4);
    let rest = chunks.remainder();
    for chunk in chunks {
        for (chain, &x) in chains.iter_mut().zip(chunk) {
            *chain = add(*chain, x);
        }
    }
    for (chain, &x) in chains.iter_mut().zip(rest) {
        *chain = add(*chain, x);
    }
    let (total, lost) = chains.iter().fold((-1.0, 0.0), |sum, chain| add(sum, chain.0));
    total + (lost + chains.iter().map(|chain| chain.1).sum::<f64>())
}

/// Divides by the sum; entries of a vector whose sum is one within half an ulp stay as they are.
pub(super) fn normalise(x: &mut [f64]) {
    let mut excess = excess(x);
    if excess.is_nan() || excess.abs() >= 1e-3 {
        let total = sum(x);
        x.iter_mut().for_each(|x| *x /= total);
        excess = self::excess(x);
    }
    let scale = excess / (1.0 + excess);
    x.iter_mut().for_each(|x| *x -= scale * *x);
}

/// Two points on their rays: sums and the chord of the unit vectors √(p/Σp), √(q/Σq).
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair {
    /// Σ pᵢ.
    pub(super) mass: f64,
    /// Σ (qᵢ - pᵢ): what the sums differ by, which at distance 1e-15 is no small part of the difference.
    pub(super) drift: f64,
    /// ‖√(q/Σq) - √(p/Σp)‖.
    pub(super) chord: f64,
    /// Whether every entry is positive (false for NaN).
    pub(super) positive: bool,
}

impl Pair {
    /// Sums over the entries of two rows.
    ///
    /// With a = √p and b = √q the term (√q - √p)² is (q - p)²/(p + q + 2√(pq)): one root and one division an entry. The
    /// chord of the unit vectors is then (‖a - b‖² - (‖a‖ - ‖b‖)²)/(‖a‖‖b‖).
    pub(super) fn new(p: &[f64], q: &[f64]) -> Pair {
        let term = |p: f64, q: f64| {
            let step = q - p;
            let square = step * step / (p + q + 2.0 * (p * q).sqrt());
            [p, step, square, if p > 0.0 && q > 0.0 { 0.0 } else { 1.0 }]
        };
        let [mass, drift, square, refused] = sums(p, q, &term);
        let roots = (mass * (mass + drift)).sqrt();
        // (‖b‖ - ‖a‖)² = drift²/(‖a‖ + ‖b‖)².
        let radial = drift * drift / (2.0 * (mass + roots) + drift);
        let positive = refused < 0.5;
        // Where the squares underflow, or where the points differ mostly by their sums, entry by entry.
        let chord = if positive && (square < 1e-200 || radial > 1e-2 * square) {
            let pair = Pair { mass, drift, chord: 0.0, positive };
            pair.careful_chord(p, q)
        } else {
            ((square - radial) / roots).sqrt()
        };
        Pair { mass, drift, chord, positive }
    }

    /// δ = b - a without cancellation, a = √(p/Σp) and b = √(q/Σq): b is not a + δ, which has no digits where q ≪ p.
    pub(super) fn step(&self, p: f64, q: f64) -> (f64, f64, f64) {
        let other = self.mass + self.drift;
        let (a, b) = ((p / self.mass).sqrt(), (q / other).sqrt());
        (((q - p) * self.mass - p * self.drift) / (self.mass * other) / (a + b), a, b)
    }

    fn careful_chord(&self, p: &[f64], q: &[f64]) -> f64 {
        let largest = p.iter().zip(q).fold(0.0, |most: f64, (&p, &q)| most.max(self.step(p, q).0.abs()));
        if largest < f64::MIN_POSITIVE {
            return 0.0;
        }
        largest * sums(p, q, &|p, q| [(self.step(p, q).0 / largest).powi(2)])[0].sqrt()
    }

    /// The Bhattacharyya coefficient Σ√(pq) of the normalised points: cos ω, from terms of one sign, which has its digits
    /// where ω is near π/2 and the cosine of it has none.
    pub(super) fn coefficient(&self, p: &[f64], q: &[f64]) -> f64 {
        sums(p, q, &|p, q| [p.sqrt() * q.sqrt()])[0] / (self.mass * (self.mass + self.drift)).sqrt()
    }

    /// b - a cos ω of one entry: as δ + a(1 - cos ω) for near points, where b and a cancel, and as it stands for far ones,
    /// where δ and a would.
    pub(super) fn rejection(&self, coefficient: f64, p: f64, q: f64) -> f64 {
        let (delta, a, b) = self.step(p, q);
        if coefficient > 0.5 { delta + 0.5 * self.chord * self.chord * a } else { b - coefficient * a }
    }

    /// The angle ω between √p and √q.
    pub(super) fn angle(&self) -> f64 {
        Model::Sphere.angle(self.chord)
    }
}

/// The velocity v at p, split from what rounding put beside the tangent space.
///
/// With p̃ = p/Σp, the score of the projected vector is sᵢ = vᵢ/p̃ᵢ - Σv, and ϑ = ½‖v‖ (one trial) is the angle that √p turns by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Motion {
    /// Σ pᵢ.
    pub(super) mass: f64,
    /// Σ vᵢ.
    pub(super) sum: f64,
    /// Σ |vᵢ|.
    pub(super) size: f64,
    /// ϑ; infinite or zero where the squares leave the range of doubles.
    pub(super) angle: f64,
    /// Whether every entry of p is positive.
    pub(super) positive: bool,
}

impl Motion {
    pub(super) fn new(p: &[f64], v: &[f64]) -> Motion {
        let term = |p: f64, v: f64| [p, v, v.abs(), v * (v / p), if p > 0.0 { 0.0 } else { 1.0 }];
        let [mass, sum, size, square, refused] = sums(p, v, &term);
        let angle = 0.5 * (mass * square - sum * sum).max(0.0).sqrt();
        Motion { mass, sum, size, angle, positive: refused < 0.5 }
    }

    /// ϑ, whatever the size of v: where the squares under- or overflow, entry by entry.
    pub(super) fn careful_angle(&self, p: &[f64], v: &[f64]) -> f64 {
        if self.angle > 1e-140 && self.angle < 1e140 {
            return self.angle;
        }
        let largest = p.iter().zip(v).fold(0.0, |most: f64, (&p, &v)| most.max(self.amplitude(p, v).abs()));
        if largest < f64::MIN_POSITIVE || !largest.is_finite() {
            return largest;
        }
        largest * sums(p, v, &|p, v| [(self.amplitude(p, v) / largest).powi(2)])[0].sqrt()
    }

    /// sᵢ.
    pub(super) fn score(&self, p: f64, v: f64) -> f64 {
        self.mass * (v / p) - self.sum
    }

    /// uᵢ = ½√p̃ᵢ sᵢ, the velocity of √p̃.
    pub(super) fn amplitude(&self, p: f64, v: f64) -> f64 {
        let a = (p / self.mass).sqrt();
        0.5 * (v / a - self.sum * a)
    }

    /// Writes the geodesic at time 1, p∘(cos ϑ + ½ (sin ϑ/ϑ) s)²; false if it has left the open simplex.
    ///
    /// Entry i stays positive up to time 1 if and only if ϑ < π and its factor is positive: the factor is a sine, and
    /// squaring would reflect.
    pub(super) fn exp_into(&self, p: &[f64], v: &[f64], out: &mut [f64]) -> bool {
        let model = Model::Sphere;
        if self.angle.is_nan() || self.angle >= std::f64::consts::PI {
            return false;
        }
        let (cosine, versine) = (model.cosine(self.angle), model.versine(self.angle));
        let half = 0.5 * model.sinc(self.angle);
        self.fill(p, v, out, |p, s| {
            let change = half * s - versine;
            let factor = half * s + cosine;
            // A small change is added to p, so that no digit of a short step is lost; a large one is squared.
            let q = if change > -0.5 { p + p * change * (2.0 + change) } else { p * factor * factor };
            if factor > 0.0 { q } else { -1.0 }
        })
    }

    /// Writes `map(pᵢ, sᵢ)` and divides by the sum; false if an entry is not positive.
    pub(super) fn fill(&self, p: &[f64], v: &[f64], out: &mut [f64], map: impl Fn(f64, f64) -> f64) -> bool {
        let mut inside = true;
        for (out, (&p, &v)) in out.iter_mut().zip(p.iter().zip(v)) {
            *out = map(p, self.score(p, v));
            inside &= *out > 0.0;
        }
        if inside {
            normalise(out);
            inside = out.iter().all(|q| *q > 0.0);
        }
        inside
    }
}

/// w - (Σw) p/Σp: takes away what rounding left of the sum.
///
/// Where the entries are small beside the rounding of the one at the largest p, subtraction of a multiple of p leaves that
/// rounding; this entry is then minus the sum of the others.
pub(super) fn project(p: &[f64], w: &mut [f64]) {
    let scale = sum(w) / sum(p);
    w.iter_mut().zip(p).for_each(|(w, &p)| *w -= scale * p);
    let [left, size] = sums(w, w, &|w, _| [w, w.abs()]);
    if left.abs() <= 1e-13 * size {
        return;
    }
    let largest =
        p.iter().enumerate().fold((0, 0.0), |best, (i, &p)| if p > best.1 { (i, p) } else { best }).0;
    if let Some(entry) = w.get_mut(largest) {
        *entry = 0.0;
    }
    let others = sum(w);
    if let Some(entry) = w.get_mut(largest) {
        *entry = -others;
    }
}

/// aᵢ - E_p[a], from differences to the entry where p is largest: a constant added to a is taken away exactly.
pub(super) fn centred(p: &[f64], a: &[f64]) -> Vec<f64> {
    let base = p.iter().zip(a).fold((0.0, 0.0), |best, (&p, &a)| if p > best.0 { (p, a) } else { best }).1;
    let differences: Vec<f64> = a.iter().map(|a| a - base).collect();
    let mean = dot(p, &differences) / sum(p);
    differences.iter().map(|d| d - mean).collect()
}
