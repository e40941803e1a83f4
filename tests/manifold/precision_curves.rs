//! Largest relative errors on one-parameter families, the half-plane and numerical arc lengths: a part of docs/precision.md, which
//! `precision` writes and compares.

use super::arcs::{arc, golden, rows};
use natgrad::family::Family;
use natgrad::manifold::{FamilyCurve, HalfPlane, Manifold};
use natgrad::ndarray::{Array1, array};
use natgrad::{Error, Result};

/// Distance, logarithm, transport, exit time: largest relative errors; exp: largest error in units of ε(1 + condition).
pub const OPERATIONS: [&str; 5] =
    ["distance", "log", "parallel transport", "exit time", "exp, units of ε·condition"];

/// Name of a manifold, and the numbers of its operations where it has them.
pub type Row = (String, [Option<f64>; 5]);

/// The larger of what is there and a relative error; numbers below the least normal one are compared on their grid.
fn see(row: &mut Row, operation: usize, found: f64, exact: f64, unit: f64) {
    let size = exact.abs().max(f64::MIN_POSITIVE) * unit;
    let error = if (found - exact).abs() > 0.0 { (found - exact).abs() / size } else { 0.0 };
    // Both infinite: the exit time of a geodesic that never ends.
    let error = if error.is_nan() && found.to_bits() == exact.to_bits() { 0.0 } else { error };
    assert!(error.is_finite(), "{}, {}: {found:e}, exact {exact:e}", row.0, OPERATIONS[operation]);
    row.1[operation] = Some(row.1[operation].unwrap_or(0.0).max(error));
}

fn arcs() -> Result<Vec<Row>> {
    let mut all = Vec::new();
    for (name, tables) in golden()["arcs"].as_object().unwrap() {
        let (m, mut row) = (arc(name)?, (name.clone(), [None; 5]));
        for r in rows(&tables["distances"]) {
            let (x, y) = (m.point(array![r[0]])?, m.point(array![r[1]])?);
            see(&mut row, 0, m.distance(&x, &y)?, r[2], 1.0);
            see(&mut row, 1, m.log(&x, &y)?.values()[0], r[3], 1.0);
            match m.parallel_transport(&x, &y, &m.tangent(&x, array![1.0])?) {
                Ok(carried) => see(&mut row, 2, carried.values()[0], r[4], 1.0),
                // Too long for a double beyond 1e300, and an error then.
                Err(error) => assert!(r[4] > 1e300 && matches!(error, Error::NonFinite { .. }), "{error}"),
            }
        }
        for r in rows(&tables["steps"]) {
            let x = m.point(array![r[0]])?;
            let v = m.tangent(&x, array![r[1]])?;
            see(&mut row, 3, m.exit_time(&x, &v)?, r[4], 1.0);
            see(&mut row, 4, m.exp(&x, &v)?.values()[0], r[2], f64::EPSILON * (1.0 + r[3]));
        }
        all.push(row);
    }
    Ok(all)
}

fn half_plane() -> Result<Row> {
    let (plane, mut row) = (HalfPlane::normal(), ("half-plane of normal laws".to_owned(), [None; 5]));
    for r in rows(&golden()["half_plane"]["pairs"]) {
        let (p, q) = (plane.point(array![r[0], r[1]])?, plane.point(array![r[2], r[3]])?);
        see(&mut row, 0, plane.distance(&p, &q)?, r[4], 1.0);
        let (log, v) = (plane.log(&p, &q)?, plane.tangent(&p, array![0.75 * r[1], -0.5 * r[1]])?);
        let carried = plane.parallel_transport(&p, &q, &v)?;
        for k in 0..2 {
            see(&mut row, 1, log.values()[k], r[5 + k], 1.0);
            see(&mut row, 2, carried.values()[k], r[7 + k], 1.0);
        }
    }
    for r in rows(&golden()["half_plane"]["steps"]) {
        let p = plane.point(array![r[0], r[1]])?;
        let q = plane.exp(&p, &plane.tangent(&p, array![r[2], r[3]])?)?;
        for k in 0..2 {
            see(&mut row, 4, q.values()[k], r[4 + k], f64::EPSILON * (1.0 + r[6 + k]));
        }
    }
    Ok(row)
}

/// Lengths by quadrature, those to the finite end too.
fn numerical<F: Family>(name: &str, curve: &FamilyCurve<F>, table: &str, outward: f64) -> Result<Row> {
    let mut row = (format!("{name}, numerical"), [None; 5]);
    for r in crate::family::golden::rows(table) {
        let p = curve.point(array![r[0]])?;
        if r[1].is_nan() {
            let v = curve.tangent(&p, Array1::from_elem(1, outward))?;
            see(&mut row, 3, curve.exit_time(&p, &v)? * curve.norm(&p, &v)?, r[2], 1.0);
        } else {
            see(&mut row, 0, curve.distance(&p, &curve.point(array![r[1]])?)?, r[2], 1.0);
        }
    }
    Ok(row)
}

pub fn measure() -> Result<Vec<Row>> {
    let mut all = arcs()?;
    all.push(half_plane()?);
    all.push(numerical(
        "logarithmic series",
        &FamilyCurve::logarithmic_series(),
        "log_series_lengths",
        -1.0,
    )?);
    all.push(numerical("zeta", &FamilyCurve::zeta(), "zeta_lengths", 1.0)?);
    Ok(all)
}
