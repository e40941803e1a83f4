//! G1 to G3: the probability simplex.

use crate::Result;
use crate::claims::{Claim, Effort, Evidence, Expected, Group, Measurement, Source, Verdict};
use crate::manifold::simplex::MultiplicativeRetraction;
use crate::manifold::{Manifold, Point, Retraction, Simplex, Tangent};
use ndarray::{Array1, array};

pub(crate) const CURVATURE: Claim = Claim {
    id: "G1",
    group: Group::Geometry,
    statement: "The simplex with the Fisher metric is an orthant of a sphere of radius 2: its curvature is 1/4",
    source: Source {
        work: "Åström, Petra, Schmitzer & Schnörr 2017 (arXiv 1603.05285)",
        place: "",
        evidence: Evidence::Reported,
    },
    recorded: Verdict::Confirmed,
    measurements: curvature,
};

/// The angle by which a vector turns around the triangle, and the angles of the triangle itself.
fn around(simplex: &Simplex, corners: [&Point; 3], v: &Tangent) -> Result<(f64, f64)> {
    let mut carried = v.clone();
    let mut excess = -std::f64::consts::PI;
    for i in 0..3 {
        let (from, to, last) = (corners[i], corners[(i + 1) % 3], corners[(i + 2) % 3]);
        carried = simplex.parallel_transport(from, to, &carried)?;
        let (a, b) = (simplex.log(from, to)?, simplex.log(from, last)?);
        let cosine = simplex.inner(from, &a, &b)? / (simplex.norm(from, &a)? * simplex.norm(from, &b)?);
        excess += cosine.acos();
    }
    let p = corners[0];
    let cosine = simplex.inner(p, &carried, v)? / simplex.inner(p, v, v)?;
    Ok((cosine.acos(), excess))
}

fn curvature(_effort: Effort) -> Result<Vec<Measurement>> {
    let simplex = Simplex::new(3)?;
    let (p, q) = (simplex.point(array![0.2, 0.3, 0.5])?, simplex.point(array![0.1, 0.6, 0.3])?);
    let r = simplex.point(array![0.6, 0.2, 0.2])?;
    let v = simplex.tangent(&p, array![0.1, -0.3, 0.2])?;
    let w = simplex.tangent(&p, array![0.2, -0.1, -0.1])?;
    let (turned, excess) = around(&simplex, [&p, &q, &r], &v)?;
    // Geodesics that part at a right angle: d² = 2s² - K s⁴/3 + O(s⁵).
    let s = 1e-2;
    let unit = |v: &Tangent| -> Result<Tangent> { Ok(1.0 / simplex.norm(&p, v)? * v) };
    let first = unit(&v)?;
    let second = unit(&(&w - &(simplex.inner(&p, &first, &w)? * &first)))?;
    let legs = [s, -s]
        .map(|s| simplex.distance(&simplex.exp(&p, &(s * &first))?, &simplex.exp(&p, &(s * &second))?));
    let [forth, back] = legs;
    let squared = 0.5 * (forth?.powi(2) + back?.powi(2));
    Ok(vec![
        Measurement::equal(
            "3 (2s² - d²)/s⁴ of two geodesics at right angles",
            3.0 * (2.0 * s * s - squared) / s.powi(4),
            0.25,
            1e-4,
            "the next order of s = 0.01",
        ),
        Measurement::equal(
            "angle a vector turns around a triangle",
            turned,
            0.067_042_217_589_086,
            1e-13,
            "forty-digit spherical excess of the amplitudes; the arc cosine",
        ),
        Measurement::equal(
            "the same less the excess of its angles",
            turned - excess,
            0.0,
            1e-13,
            "Gauss and Bonnet; arc cosines",
        )
        .context(),
        Measurement::equal(
            "volume for three outcomes",
            simplex.volume(),
            std::f64::consts::TAU,
            1e-14,
            "an eighth of 16π",
        ),
    ])
}

pub(crate) const EMBEDDING: Claim = Claim {
    id: "G2",
    group: Group::Geometry,
    statement: "The Fisher metric and the Amari-Chentsov tensor do not change when outcomes are split in fixed proportions",
    source: Source {
        work: "Chentsov 1982; Ay, Jost, Lê & Schwachhöfer 2017",
        place: "Chentsov's theorem",
        evidence: Evidence::Unconfirmed,
    },
    recorded: Verdict::Confirmed,
    measurements: embedding,
};

/// The first outcome split 1 : 3, the third 2 : 3.
fn split(x: &Array1<f64>) -> Array1<f64> {
    array![0.25 * x[0], 0.75 * x[0], x[1], 0.4 * x[2], 0.6 * x[2]]
}

/// Σ v³/p².
fn cubic(p: &Array1<f64>, v: &Array1<f64>) -> f64 {
    p.iter().zip(v).map(|(p, v)| v * (v / p) * (v / p)).sum()
}

fn embedding(_effort: Effort) -> Result<Vec<Measurement>> {
    let (coarse, fine) = (Simplex::new(3)?, Simplex::new(5)?);
    let [p, q, v, w] =
        [array![0.2, 0.3, 0.5], array![0.1, 0.6, 0.3], array![0.1, -0.3, 0.2], array![0.2, -0.1, -0.1]];
    let products = |simplex: &Simplex, map: fn(&Array1<f64>) -> Array1<f64>| -> Result<(f64, f64)> {
        let (base, other) = (simplex.point(map(&p))?, simplex.point(map(&q))?);
        let (v, w) = (simplex.tangent(&base, map(&v))?, simplex.tangent(&base, map(&w))?);
        Ok((simplex.inner(&base, &v, &w)?, simplex.distance(&base, &other)?))
    };
    let (inner, distance) = products(&coarse, Array1::clone)?;
    let (split_inner, split_distance) = products(&fine, split)?;
    Ok(vec![
        Measurement::equal("⟨v, w⟩ after the split", split_inner, 0.16, 1e-15, "by hand; rounding"),
        Measurement::equal("⟨v, w⟩ before", inner, 0.16, 1e-15, "by hand; rounding").context(),
        Measurement::equal(
            "T(v, v, v) after the split",
            cubic(&split(&p), &split(&v)),
            -0.243,
            1e-15,
            "by hand; rounding",
        ),
        Measurement::equal("distance, after less before", split_distance - distance, 0.0, 1e-15, "rounding"),
    ])
}

pub(crate) const SOFTMAX: Claim = Claim {
    id: "G3",
    group: Group::Geometry,
    statement: "p∘eᵛ/Z is a retraction on the simplex",
    source: Source {
        work: "Manifolds.jl (2026), ProbabilitySimplex, SoftmaxRetraction",
        place: "",
        evidence: Evidence::Read,
    },
    recorded: Verdict::HoldsOnlyIf("the exponent is v/p, the score, not v"),
    measurements: softmax,
};

/// The slope of ln d(R(tv), exp(tv)) against ln t between t = 0.002 and 0.001.
fn slope(retract: impl Fn(&Simplex, &Point, &Tangent) -> Result<Point>) -> Result<f64> {
    let simplex = Simplex::new(3)?;
    let p = simplex.point(array![0.2, 0.3, 0.5])?;
    let v = simplex.tangent(&p, array![0.1, -0.3, 0.2])?;
    let error = |t: f64| -> Result<f64> {
        simplex.distance(&retract(&simplex, &p, &(t * &v))?, &simplex.exp(&p, &(t * &v))?)
    };
    Ok((error(2e-3)? / error(1e-3)?).log2())
}

fn softmax(_effort: Effort) -> Result<Vec<Measurement>> {
    const SLOPE: &str = "the next order of t = 0.002";
    let of_v = |simplex: &Simplex, p: &Point, v: &Tangent| {
        simplex.normalise(&p.values() * &v.values().mapv(f64::exp))
    };
    let of_score =
        |simplex: &Simplex, p: &Point, v: &Tangent| MultiplicativeRetraction.retract(simplex, p, v);
    Ok(vec![
        Measurement::equal("p∘eᵛ/Z: order of its error in t", slope(of_v)?, 1.0, 0.01, SLOPE)
            .against(Expected::AtLeast(2.0), 0.01),
        Measurement::equal("p∘e^(v/p)/Z: order of its error in t", slope(of_score)?, 2.0, 0.01, SLOPE)
            .under_condition(),
    ])
}
