//! G4: what is straight, and in which time.

use crate::Result;
use crate::claims::{Claim, Effort, Evidence, Expected, Group, Measurement, Source, Verdict};
use crate::linalg;
use crate::manifold::simplex::{MixtureRetraction, MultiplicativeRetraction};
use crate::manifold::{InverseRetraction, Manifold, Point, Simplex};
use ndarray::{Zip, array};

pub(crate) const AFFINE: Claim = Claim {
    id: "G4",
    group: Group::Geometry,
    statement: "The α-geodesic is the normalised straight line of the α-representations, and its weight s is the affine time",
    source: Source {
        work: "infogeom 0.2.3 (2026), documentation of its α-geodesic",
        place: "",
        evidence: Evidence::Read,
    },
    recorded: Verdict::HoldsOnlyIf("α is 1 or -1; else the curve is right and its time is not s"),
    measurements: affine,
};

/// ((1 - s) pᵐ + s qᵐ)^(1/m) over its sum; the geometric mean for m = 0.
fn line(simplex: &Simplex, p: &Point, q: &Point, m: f64, s: f64) -> Result<Point> {
    let weights = Zip::from(p.values()).and(q.values()).map_collect(|&p: &f64, &q: &f64| {
        if m > 0.0 {
            ((1.0 - s) * p.powf(m) + s * q.powf(m)).powf(1.0 / m)
        } else {
            p.powf(1.0 - s) * q.powf(s)
        }
    });
    simplex.normalise(weights)
}

fn affine(_effort: Effort) -> Result<Vec<Measurement>> {
    const ROUNDING: &str = "rounding";
    let simplex = Simplex::new(3)?;
    let (p, q) = (simplex.point(array![0.2, 0.3, 0.5])?, simplex.point(array![0.02, 0.9, 0.08])?);
    let s = 0.25;
    let total = simplex.distance(&p, &q)?;
    let middle = line(&simplex, &p, &q, 0.5, s)?;
    let time = simplex.distance(&p, &middle)? / total;
    // On the circle of the amplitudes, of angle ω: tan(tω) = s sin ω/(1 - s + s cos ω).
    let omega = 0.5 * total;
    let expected = (s * omega.sin()).atan2(1.0 - s + s * omega.cos()) / omega;
    let off_curve = simplex.distance(&middle, &simplex.geodesic(&p, &q, time)?)?;
    let straight = |log: &dyn InverseRetraction<Simplex>, m: f64| -> Result<f64> {
        let part = log.inverse(&simplex, &p, &line(&simplex, &p, &q, m, s)?)?;
        let gap = &part - &(s * &log.inverse(&simplex, &p, &q)?);
        Ok(linalg::norm(gap.values()))
    };
    Ok(vec![
        Measurement::equal(
            "α = 0: share of the length at s = 1/4",
            time,
            expected,
            1e-14,
            "an arc tangent; rounding",
        )
        .against(Expected::Equal(s), 1e-14),
        Measurement::equal(
            "α = 0: distance of that point from the geodesic",
            off_curve,
            0.0,
            1e-14,
            ROUNDING,
        )
        .context(),
        Measurement::equal(
            "α = 1: e-velocity at s = 1/4 less a quarter",
            straight(&MultiplicativeRetraction, 0.0)?,
            0.0,
            1e-15,
            ROUNDING,
        )
        .under_condition(),
        Measurement::equal(
            "α = -1: m-velocity at s = 1/4 less a quarter",
            straight(&MixtureRetraction, 1.0)?,
            0.0,
            1e-15,
            ROUNDING,
        )
        .under_condition(),
    ])
}
