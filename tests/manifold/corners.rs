//! Between the corners of the simplex, and next to them: entries far smaller than the rounding of one.
//!
//! Expected numbers: mpmath 1.3.0, 360 digits, from the doubles given, p/Σp.

use natgrad::Result;
use natgrad::manifold::simplex::{ProjectionRetraction, ProjectionTransport};
use natgrad::manifold::*;
use natgrad::ndarray::array;

const CORNERS: [[f64; 3]; 6] = [
    [1e-300, 1.0, 1e-16],
    [1.0, 1e-300, 1e-16],
    [1e-16, 1.0, 1e-300],
    [1e-16, 1e-300, 1.0],
    [1e-200, 1e-100, 1.0],
    [1.0, 1e-308, 1e-308],
];

/// Logarithms, and vectors carried to a corner, are tangent vectors by the simplex's own test, and sum to zero beside their own
/// entries, not beside the rounding of one.
#[test]
fn vectors_between_corners_are_tangent() -> Result<()> {
    let s = Simplex::new(3)?;
    for p in CORNERS {
        for q in CORNERS {
            let (p, q) = (s.normalise(p.to_vec().into())?, s.normalise(q.to_vec().into())?);
            let v = s.log(&p, &q)?;
            let w = s.project(&p, p.values().mapv(f64::sqrt).view())?;
            for (at, v) in [(&p, &v), (&p, &w), (&q, &s.parallel_transport(&p, &q, &w)?)] {
                let (sum, size) = v.values().iter().fold((0.0, 0.0), |(s, a), x| (s + x, a + x.abs()));
                assert!(sum.abs() <= 1e-13 * size, "{p:?} {q:?} {v:?}: {sum:e}");
                s.tangent(at, v.values().to_owned())?;
            }
            let (length, distance) = (s.norm(&p, &v)?, s.distance(&p, &q)?);
            assert!((length - distance).abs() <= 4.0 * f64::EPSILON * distance, "{length} {distance}");
            s.geodesic(&p, &q, 0.5)?;
            // Not at time 1: the end is nearer to the boundary than the rounding of an exit time.
            s.exp(&p, &(0.999 * &v))?;
        }
    }
    Ok(())
}

/// Roots that are orthogonal but for 2e-15: every entry, where the cosine of their angle has one digit.
#[test]
fn entries_between_far_points_have_their_digits() -> Result<()> {
    let s = Simplex::new(3)?;
    let power = |k: i32| 2f64.powi(k);
    let p = s.point(array![power(-100), 1.0, power(-400)])?;
    let q = s.point(array![1.0, power(-300), power(-120)])?;
    let v = s.tangent(&p, array![power(-101), -power(-101), 0.0])?;
    let rows = [
        (s.log(&p, &q)?, [2.7902947984069039e-15, -2.7902947984069039e-15, 1.695707730490492e-78]),
        (ProjectionRetraction.inverse(&s, &p, &q)?, [2.0, -2.0, 1.2154326714572542e-63]),
        (
            ProjectionTransport.transport(&s, &p, &q, &v)?,
            [2.9673649205499371e-67, -2.4545467326488633e-91, -2.9673649205499371e-67],
        ),
    ];
    for (found, expected) in rows {
        for (x, e) in found.values().iter().zip(expected) {
            assert!((x - e).abs() <= 8.0 * f64::EPSILON * e.abs(), "{found:?} {expected:?}");
        }
    }
    Ok(())
}

/// A name that says nothing of a single trial.
#[test]
fn names_count_trials_from_two() -> Result<()> {
    assert_eq!(Simplex::new(3)?.name(), "probability simplex (3 outcomes)");
    assert_eq!(Simplex::multinomial(11, 7)?.name(), "probability simplex (11 outcomes, 7 trials)");
    Ok(())
}
