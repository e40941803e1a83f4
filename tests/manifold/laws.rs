//! Laws of every manifold of the table: maps between points.

use super::table::{Row, generator, rows};
use natgrad::manifold::{Cotangent, Manifold, Point, Tangent};
use natgrad::ndarray::Array1;
use natgrad::{Error, Result};

const EPS: f64 = f64::EPSILON;

/// ‖v - w‖, as the greatest difference of inner products with some vectors: rounding takes v - w off the tangent space of a simplex.
fn gap(row: &Row, p: &Point, v: &Tangent, w: &Tangent) -> f64 {
    let m = row.manifold.as_ref();
    let difference = |u: &Tangent| {
        (m.inner(p, v, u).unwrap() - m.inner(p, w, u).unwrap()).abs() / m.norm(p, u).unwrap()
    };
    row.tangents(p, 8).iter().chain([v]).map(difference).fold(0.0, f64::max)
}

/// How far one rounding of the coordinates moves a point: the resolution of f64 there, in the metric.
fn grain(m: &dyn Manifold, p: &Point) -> f64 {
    let moved = |sign: f64| {
        let coordinate = |(i, x): (usize, &f64)| x * (1.0 + if i % 2 == 0 { sign * EPS } else { -sign * EPS });
        let q = Point::unchecked(p.values().iter().enumerate().map(coordinate).collect());
        // Beyond the boundary, where it is no farther than that.
        m.distance(p, &q).unwrap_or(0.0)
    };
    moved(1.0).max(moved(-1.0)).max(EPS)
}

fn each_pair(row: &Row, points: &[Point], mut law: impl FnMut(&dyn Manifold, &Point, &Point)) {
    for p in points {
        for q in points {
            law(row.manifold.as_ref(), p, q);
        }
    }
}

macro_rules! worst {
    ($name:expr, $row:expr, $value:expr) => {
        println!("{:<32} {:<90} {:.2e}", $name, $row.manifold.name(), $value)
    };
}

#[test]
fn exp_undoes_log() {
    for row in rows() {
        let mut worst = 0.0f64;
        each_pair(&row, &row.all(), |m, p, q| {
            let end = m.log(p, q).and_then(|v| m.exp(p, &v));
            match end {
                Ok(end) => {
                    let d = m.distance(p, q).unwrap();
                    let off = m.distance(&end, q).unwrap() / (grain(m, p).max(grain(m, q)) + EPS * d);
                    if off > 20.0 { println!("   {:?} {:?} {off}", p.values(), q.values()); }
                    worst = worst.max(off)
                }
                Err(e) => println!("   {:?} {:?} {e}", p.values(), q.values()),
            }
        });
        worst!("exp log", row, worst);
    }
}

#[test]
fn log_undoes_exp() {
    for row in rows() {
        let (m, mut worst) = (row.manifold.as_ref(), 0.0f64);
        for p in row.inner() {
            for v in row.tangents(&p, 6) {
                for fraction in [1e-12, 1e-6, 0.1, 0.5, 0.9, 0.999] {
                    let v = row.shortened(&p, &v, fraction);
                    let q = m.exp(&p, &v).unwrap();
                    let back = m.log(&p, &q).unwrap();
                    let size = m.norm(&p, &v).unwrap();
                    let off = gap(&row, &p, &back, &v) / (grain(m, &p) + grain(m, &q) + EPS * size);
                    let d = (m.distance(&p, &q).unwrap() - size).abs() / (grain(m, &p) + grain(m, &q) + EPS * size);
                    worst = worst.max(off).max(d);
                }
            }
        }
        worst!("log exp", row, worst);
    }
}

#[test]
fn distance_is_a_metric() {
    for row in rows() {
        let (points, mut asym, mut loglen, mut tri) = (row.all(), 0.0f64, 0.0f64, 0.0f64);
        each_pair(&row, &points, |m, p, q| {
            let d = m.distance(p, q).unwrap();
            if p == q { assert_eq!(d, 0.0); return; }
            assert!(d > 0.0);
            asym = asym.max((d - m.distance(q, p).unwrap()).abs() / d / EPS);
            match m.log(p, q).and_then(|v| m.norm(p, &v)) { Ok(n) => {
            loglen = loglen.max((n - d).abs() / d / EPS); }, Err(e) => println!("  {e}") }
            for r in &points {
                let sum = m.distance(p, r).unwrap() + m.distance(r, q).unwrap();
                tri = tri.max((d - sum) / d / EPS);
            }
        });
        worst!("asym", row, asym);
        worst!("loglen", row, loglen);
        worst!("tri", row, tri);
    }
}

#[test]
fn transport_is_an_isometry_with_inverse() {
    for row in rows() {
        let (mut iso, mut inv, mut turn) = (0.0f64, 0.0f64, 0.0f64);
        each_pair(&row, &row.all(), |m, p, q| {
            if p == q { return }
            for v in row.tangents(p, 3) {
                for w in row.tangents(p, 2) {
                let (a, b) = match (m.parallel_transport(p, q, &v), m.parallel_transport(p, q, &w)) { (Ok(a), Ok(b)) => (a, b), (Err(e), _) => { println!("   {e}"); return } _ => return };
                let size = m.norm(p, &v).unwrap() * m.norm(p, &w).unwrap();
                let is = (m.inner(q, &a, &b).unwrap() - m.inner(p, &v, &w).unwrap()).abs() / size / EPS;
                if is > 100.0 { println!("   iso {:?} {:?} {is}", p.values(), q.values()); }
                iso = iso.max(is);
                let back = m.parallel_transport(q, p, &a).unwrap();
                inv = inv.max(gap(&row, p, &back, &v) / m.norm(p, &v).unwrap() / EPS);
                }
            }
            let (Ok(there), Ok(back)) = (m.log(p, q), m.log(q, p)) else { return };
            let carried = m.parallel_transport(p, q, &there).unwrap();
            turn = turn.max(gap(&row, q, &carried, &-&back) / m.norm(p, &there).unwrap() / EPS);
        });
        worst!("iso", row, iso);
        worst!("inv", row, inv);
        worst!("turn", row, turn);
    }
}

#[test]
fn transport_composes_along_a_geodesic() {
    for row in rows() {
        let mut worst = 0.0f64;
        each_pair(&row, &row.inner(), |m, p, q| {
            let middle = m.geodesic(p, q, 0.4).unwrap();
            for v in row.tangents(p, 3) {
                let once = m.parallel_transport(p, q, &v).unwrap();
                let twice = m.parallel_transport(p, &middle, &v).unwrap();
                let twice = m.parallel_transport(&middle, q, &twice).unwrap();
                worst = worst.max(gap(&row, q, &once, &twice) / m.norm(p, &v).unwrap() / EPS);
            }
        });
        worst!("compose", row, worst);
    }
}

/// Round a triangle a vector turns by curvature times area, which Heron's formula of the sphere or hyperbolic plane gives from the
/// three sides (L'Huilier): tan²(E/4) = Π tan(half the four excesses of the sides).
#[test]
fn transport_round_a_triangle_turns_by_curvature_times_area() {
    for row in rows().iter().filter(|row| row.manifold.dim() == 2) {
        let (m, Some(curvature)) = (row.manifold.as_ref(), row.curvature) else { continue };
        let points = row.inner();
        let [p, q, r] = [&points[0], &points[1], &points[2]];
        if curvature.abs() < 1e-9 { continue }
        let scale = curvature.abs().sqrt();
        let side = |a: &Point, b: &Point| scale * m.distance(a, b).unwrap();
        let (a, b, c) = (side(q, r), side(r, p), side(p, q));
        let half = 0.5 * (a + b + c);
        let tan = |x: f64| if curvature > 0.0 { (0.5 * x).tan() } else { (0.5 * x).tanh() };
        let area = 4.0 * (tan(half) * tan(half - a) * tan(half - b) * tan(half - c)).sqrt().atan();
        for v in row.tangents(p, 4) {
            let w = m.parallel_transport(p, q, &v).unwrap();
            let w = m.parallel_transport(q, r, &w).unwrap();
            let w = m.parallel_transport(r, p, &w).unwrap();
            // The angle from the chord |w - v| = 2 |v| sin(angle/2).
            let angle = 2.0 * (0.5 * gap(row, p, &v, &w) / m.norm(p, &v).unwrap()).asin();
            worst!("holonomy", row, (angle - area).abs() / area / EPS);
        }
    }
}

#[test]
fn geodesics_have_constant_speed() {
    for row in rows() {
        let mut worst = 0.0f64;
        each_pair(&row, &row.inner(), |m, p, q| {
            let at = |k: i32| m.geodesic(p, q, f64::from(k) / 100.0).unwrap();
            let d = m.distance(p, q).unwrap();
            for k in 0..100 {
                let step = m.distance(&at(k), &at(k + 1)).unwrap();
                worst = worst.max((step - d / 100.0).abs() / (d + grain(m, p).max(grain(m, q))/EPS) / EPS);
            }
        });
        worst!("speed", row, worst);
    }
}

#[test]
fn a_step_to_the_boundary_or_beyond_is_an_error() {
    for row in rows() {
        let m = row.manifold.as_ref();
        for p in row.all() {
            for v in row.tangents(&p, 4) {
                let exit = m.exit_time(&p, &v).unwrap();
                assert!(exit > 0.0);
                if exit.is_infinite() {
                    continue;
                }
                for factor in [1.0 + 1e-12, 1.001, 3.0, 1e6] {
                    match m.exp(&p, &((factor * exit) * &v)) {
                        Err(Error::BeyondExit { exit_time, .. }) => {
                            assert!((exit_time * factor - 1.0).abs() < 1e-12, "{}: {exit_time}", m.name())
                        }
                        other => panic!("{} from {:?}: {other:?}", m.name(), p.values()),
                    }
                }
            }
            for v in row.tangents(&p, 4) {
                let near = row.shortened(&p, &v, 0.999);
                match m.exp(&p, &near) { Ok(q) => m.check_point(q.values()).unwrap(), Err(e) => println!("  {} {:?} {e}", m.name(), p.values()) }
            }
        }
    }
}

#[test]
fn sharp_and_flat_are_inverse() -> Result<()> {
    for row in rows() {
        let (m, mut worst) = (row.manifold.as_ref(), 0.0f64);
        for p in row.all() {
            for v in row.tangents(&p, 3) {
                match m.flat(&p, &v) {
                    Ok(a) => {
                let size = m.norm(&p, &v)?;
                worst = worst.max(gap(&row, &p, &m.sharp(&p, &a)?, &v) / size / EPS);
                for w in row.tangents(&p, 4) {
                    let pair = a.pair(&w);
                    worst = worst.max((pair - m.inner(&p, &v, &w)?).abs() / size / m.norm(&p, &w)? / EPS);
                }
                    }
                    Err(e) => println!("  {e}"),
                }
            }
        }
        worst!("sharp flat", row, worst);
    }
    Ok(())
}

/// E⟨v, w⟩² = ⟨w, w⟩ with variance 2⟨w, w⟩², and E‖v‖² = dim with variance 2 dim.
#[test]
fn random_vectors_are_standard_normal() -> Result<()> {
    const DRAWS: usize = 1500;
    for row in rows() {
        let m = row.manifold.as_ref();
        let p = &row.inner()[0];
        let mut rng = generator(77);
        let w = m.random_tangent(p, &mut rng)?;
        let (mut length, mut along) = (0.0, 0.0);
        for _ in 0..DRAWS {
            let v = m.random_tangent(p, &mut rng)?;
            length += m.inner(p, &v, &v)?;
            along += m.inner(p, &v, &w)?.powi(2) / m.inner(p, &w, &w)?;
        }
        let n = DRAWS as f64;
        let dim = m.dim() as f64;
        let z = [(length / n - dim) / (2.0 * dim / n).sqrt(), (along / n - 1.0) / (2.0 / n).sqrt()];
        assert!(z.iter().all(|z| z.abs() < 4.0), "{}: {z:?}", m.name());
    }
    Ok(())
}

/// Whatever finite numbers come, the answer is finite or an error.
#[test]
fn no_finite_input_gives_a_nan() {
    let sizes = [0.0, 5e-324, 1e-300, 1e-160, 1e-16, 0.3, 1.0, 7.0, 1e16, 1e160, 1e300, f64::MAX];
    for row in rows() {
        let m = row.manifold.as_ref();
        let mut points = row.all();
        let n = m.coordinates();
        for a in sizes {
            for b in sizes {
                let p: Array1<f64> = (0..n).map(|i| if i % 2 == 0 { a } else { b }).collect();
                points.extend(m.point(p));
            }
        }
        for (k, p) in points.iter().enumerate() {
            let mut vectors: Vec<Tangent> = m.random_tangent(p, &mut generator(k as u64)).into_iter().collect();
            for s in sizes {
                vectors.extend(m.tangent(p, Array1::from_elem(n, -s)));
                vectors.extend(vectors.first().map(|v| s * v));
            }
            let q = &points[(k * 7 + 3) % points.len()];
            let finite = |what: &str, numbers: Result<Vec<f64>>| {
                if let Ok(x) = numbers {
                    assert!(x.iter().all(|x| x.is_finite()), "{} {what} {:?} {:?}: {x:?}", m.name(), p, q);
                }
            };
            let vector = |v: Result<Tangent>| v.map(|v| v.into_inner().to_vec());
            finite("distance", m.distance(p, q).map(|d| vec![d]));
            finite("log", vector(m.log(p, q)));
            finite("geodesic", m.geodesic(p, q, 0.5).map(|x| x.into_inner().to_vec()));
            for v in &vectors {
                finite("norm", m.norm(p, v).map(|x| vec![x]));
                finite("inner", m.inner(p, v, v).map(|x| vec![x]));
                finite("exp", m.exp(p, v).map(|x| x.into_inner().to_vec()));
                finite("transport", vector(m.parallel_transport(p, q, v)));
                finite("Γ", vector(m.christoffel(p, v, v)));
                finite("flat", m.flat(p, v).map(|a| a.into_inner().to_vec()));
                finite("sharp", vector(m.sharp(p, &Cotangent::new(v.values().to_owned()))));
                finite("riemann", vector(m.riemann(p, v, v, v)));
                assert!(!m.exit_time(p, v).is_ok_and(f64::is_nan), "{} exit {p:?} {v:?}", m.name());
            }
        }
    }
}
