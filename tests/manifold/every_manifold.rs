//! Laws of every manifold of the table: maps between points.

use super::table::{Row, generator, rows};
use natgrad::manifold::{Cotangent, Manifold, Point, Tangent};
use natgrad::ndarray::Array1;
use natgrad::{Error, Result};

const EPS: f64 = f64::EPSILON;

/// ‖v - w‖, as the greatest difference of inner products with some vectors: rounding takes v - w off the tangent space of a simplex.
fn gap(row: &Row, p: &Point, v: &Tangent, w: &Tangent) -> f64 {
    let m = row.manifold.as_ref();
    let difference =
        |u: &Tangent| (m.inner(p, v, u).unwrap() - m.inner(p, w, u).unwrap()).abs() / m.norm(p, u).unwrap();
    row.tangents(p, 8).iter().chain([v]).map(difference).fold(0.0, f64::max)
}

/// How far one rounding of the coordinates moves a point: the resolution of f64 there, in the metric.
fn grain(m: &dyn Manifold, p: &Point) -> f64 {
    let moved = |sign: f64| {
        let coordinate =
            |(i, x): (usize, &f64)| x * (1.0 + if i % 2 == 0 { sign * EPS } else { -sign * EPS });
        let q = Point::unchecked(p.values().iter().enumerate().map(coordinate).collect());
        // Beyond the boundary, where it is no farther than that.
        m.distance(p, &q).unwrap_or(0.0)
    };
    moved(1.0).max(moved(-1.0)).max(EPS)
}

fn each_pair(points: &[Point], mut law: impl FnMut(&Point, &Point)) {
    for p in points {
        for q in points.iter().filter(|q| *q != p) {
            law(p, q);
        }
    }
}

#[track_caller]
fn at_most(row: &Row, roundings: f64, limit: f64) {
    assert!(roundings <= limit, "{}: {roundings:.2} roundings", row.manifold.name());
}

/// Whether a point is so near to a bound that that many roundings carry it over.
fn beside_the_boundary(m: &dyn Manifold, p: &Point, roundings: f64) -> bool {
    let size = p.values().iter().fold(1.0, |size: f64, x| size.max(x.abs()));
    m.bounds()
        .unwrap()
        .iter()
        .zip(p.values())
        .any(|((low, high), x)| (x - low).min(high - x) < roundings * EPS * size)
}

/// In the metric, in units of what f64 resolves at the two points and in the length of the vector. Measured: 1.3 (one
/// dimension), 1.0 (half-plane), 2.4 (simplex).
#[test]
fn exp_undoes_log() {
    for row in rows() {
        let (m, mut worst) = (row.manifold.as_ref(), 0.0f64);
        each_pair(&row.all(), |p, q| {
            let end = m.log(p, q).and_then(|v| m.exp(p, &v)).and_then(|q| m.point(q.into_inner()));
            match end {
                Ok(end) => {
                    let resolved = grain(m, p).max(grain(m, q)) + EPS * m.distance(p, q).unwrap();
                    worst = worst.max(m.distance(&end, q).unwrap() / resolved);
                }
                Err(Error::BeyondExit { exit_time, .. }) => assert!(exit_time > 1.0 - 4.0 * EPS),
                Err(error) => assert!(beside_the_boundary(m, q, 8.0), "{error}"),
            }
        });
        at_most(&row, worst, 4.0);
    }
}

/// Step by step out to 0.999 of the way to the boundary; lengths too.
#[test]
fn log_undoes_exp() {
    for row in rows() {
        let (m, mut worst) = (row.manifold.as_ref(), 0.0f64);
        for p in row.inner() {
            for v in row.tangents(&p, 6) {
                for fraction in [1e-12, 1e-6, 0.1, 0.5, 0.9, 0.999] {
                    let v = row.shortened(&p, &v, fraction);
                    let (q, size) = (m.exp(&p, &v).unwrap(), m.norm(&p, &v).unwrap());
                    let resolved = grain(m, &p) + grain(m, &q) + EPS * size;
                    worst = worst.max(gap(&row, &p, &m.log(&p, &q).unwrap(), &v) / resolved);
                    worst = worst.max((m.distance(&p, &q).unwrap() - size).abs() / resolved);
                }
            }
        }
        at_most(&row, worst, 4.0);
    }
}

#[test]
fn distance_is_a_metric_and_the_length_of_log() {
    for row in rows() {
        let (m, points, mut worst) = (row.manifold.as_ref(), row.all(), 0.0f64);
        each_pair(&points, |p, q| {
            let d = m.distance(p, q).unwrap();
            assert!(d > 0.0);
            worst = worst.max((d - m.distance(q, p).unwrap()).abs() / d / EPS);
            worst = worst.max((m.norm(p, &m.log(p, q).unwrap()).unwrap() - d).abs() / d / EPS);
            for r in &points {
                let detour = m.distance(p, r).unwrap() + m.distance(r, q).unwrap();
                worst = worst.max((d - detour) / d / EPS);
            }
        });
        for p in &points {
            assert_eq!(m.distance(p, p).unwrap(), 0.0);
            assert_eq!(m.log(p, p).unwrap(), m.zero());
        }
        at_most(&row, worst, 4.0);
    }
}

#[test]
fn transport_is_an_isometry_with_inverse_and_turns_logarithms() {
    for row in rows() {
        let (m, mut worst) = (row.manifold.as_ref(), 0.0f64);
        each_pair(&row.all(), |p, q| {
            let carry = |v: &Tangent| m.parallel_transport(p, q, v).unwrap();
            for v in row.tangents(p, 3) {
                for w in row.tangents(p, 2) {
                    let (nv, nw) = (m.norm(p, &v).unwrap(), m.norm(p, &w).unwrap());
                    let change = m.inner(q, &carry(&v), &carry(&w)).unwrap() - m.inner(p, &v, &w).unwrap();
                    worst = worst.max(change.abs() / nv / nw / EPS);
                    let sum = carry(&(&(0.3 * &v) + &(-2.0 * &w)));
                    let parts = &(0.3 * &carry(&v)) + &(-2.0 * &carry(&w));
                    worst = worst.max(gap(&row, q, &sum, &parts) / (nv + nw) / EPS);
                }
                let back = m.parallel_transport(q, p, &carry(&v)).unwrap();
                worst = worst.max(gap(&row, p, &back, &v) / m.norm(p, &v).unwrap() / EPS);
            }
            let (there, back) = (m.log(p, q).unwrap(), m.log(q, p).unwrap());
            worst = worst.max(gap(&row, q, &carry(&there), &-&back) / m.norm(p, &there).unwrap() / EPS);
        });
        at_most(&row, worst, 8.0);
    }
}

#[test]
fn transport_composes_along_a_geodesic() {
    for row in rows() {
        let (m, mut worst) = (row.manifold.as_ref(), 0.0f64);
        each_pair(&row.inner(), |p, q| {
            let middle = m.geodesic(p, q, 0.4).unwrap();
            for v in row.tangents(p, 3) {
                let once = m.parallel_transport(p, q, &v).unwrap();
                let twice = m.parallel_transport(p, &middle, &v).unwrap();
                let twice = m.parallel_transport(&middle, q, &twice).unwrap();
                worst = worst.max(gap(&row, q, &once, &twice) / m.norm(p, &v).unwrap() / EPS);
            }
        });
        at_most(&row, worst, 8.0);
    }
}

/// Round a triangle a vector turns by curvature times area, which the three sides give (L'Huilier; with hyperbolic tangents in the
/// hyperbolic plane): tan²(E/4) = tan(s/2) Π tan((s - side)/2). Subtracting the sides costs a digit.
#[test]
fn transport_round_a_triangle_turns_by_curvature_times_area() {
    let mut triangles = 0;
    for row in rows().iter().filter(|row| row.manifold.dim() == 2) {
        let (m, curvature) = (row.manifold.as_ref(), row.curvature.unwrap());
        let points = row.inner();
        let [p, q, r] = [&points[0], &points[1], &points[2]];
        let side = |a: &Point, b: &Point| curvature.abs().sqrt() * m.distance(a, b).unwrap();
        let (a, b, c) = (side(q, r), side(r, p), side(p, q));
        let s = 0.5 * (a + b + c);
        let tan = |x: f64| if curvature > 0.0 { (0.5 * x).tan() } else { (0.5 * x).tanh() };
        let area = 4.0 * (tan(s) * tan(s - a) * tan(s - b) * tan(s - c)).sqrt().atan();
        for v in row.tangents(p, 4) {
            let w = m.parallel_transport(p, q, &v).unwrap();
            let w = m.parallel_transport(q, r, &w).unwrap();
            let w = m.parallel_transport(r, p, &w).unwrap();
            let cos = m.inner(p, &v, &w).unwrap() / m.inner(p, &v, &v).unwrap();
            at_most(row, (cos - area.cos()).abs() / EPS, 16.0);
            triangles += 1;
        }
    }
    assert_eq!(triangles, 20);
}

#[test]
fn geodesics_have_constant_speed() {
    for row in rows() {
        let (m, mut worst) = (row.manifold.as_ref(), 0.0f64);
        each_pair(&row.inner(), |p, q| {
            let at = |k: i32| m.geodesic(p, q, f64::from(k) / 100.0).unwrap();
            let d = m.distance(p, q).unwrap();
            let resolved = EPS * d + grain(m, p).max(grain(m, q));
            for k in 0..100 {
                let step = m.distance(&at(k), &at(k + 1)).unwrap();
                worst = worst.max((step - d / 100.0).abs() / resolved);
            }
        });
        at_most(&row, worst, 4.0);
    }
}

#[test]
fn a_step_to_the_boundary_or_beyond_is_an_error() {
    let mut exits = 0;
    for row in rows() {
        let m = row.manifold.as_ref();
        for p in row.all() {
            for v in row.tangents(&p, 4) {
                let exit = m.exit_time(&p, &v).unwrap();
                for factor in [1.0 + 1e-12, 1.001, 3.0, 1e6] {
                    if exit.is_infinite() {
                        continue;
                    }
                    exits += 1;
                    match m.exp(&p, &((factor * exit) * &v)) {
                        Err(Error::BeyondExit { exit_time, .. }) => {
                            assert!((exit_time * factor - 1.0).abs() < 1e-12, "{}: {exit_time}", m.name())
                        }
                        other => panic!("{} from {:?}: {other:?}", m.name(), p.values()),
                    }
                }
                // Short of the boundary there is a point, unless f64 has none there: a thousandth of the way is a millionth in p.
                match m.exp(&p, &row.shortened(&p, &v, 0.999)).and_then(|q| m.point(q.into_inner())) {
                    Ok(_) => (),
                    Err(error) => assert!(beside_the_boundary(m, &p, 1e6), "{}: {error}", m.name()),
                }
            }
        }
    }
    assert!(exits > 400, "{exits}");
}

#[test]
fn sharp_and_flat_are_inverse() -> Result<()> {
    for row in rows() {
        let (m, mut worst) = (row.manifold.as_ref(), 0.0f64);
        for p in row.all() {
            for v in row.tangents(&p, 3) {
                let a = m.flat(&p, &v)?;
                let size = m.norm(&p, &v)?;
                worst = worst.max(gap(&row, &p, &m.sharp(&p, &a)?, &v) / size / EPS);
                for w in row.tangents(&p, 4) {
                    let difference = a.pair(&w) - m.inner(&p, &v, &w)?;
                    worst = worst.max(difference.abs() / size / m.norm(&p, &w)? / EPS);
                }
            }
        }
        at_most(&row, worst, 4.0);
    }
    Ok(())
}

/// E⟨v, w⟩² = ⟨w, w⟩ with variance 2⟨w, w⟩², and E‖v‖² = dim with variance 2 dim.
#[test]
fn random_vectors_are_standard_normal() -> Result<()> {
    const DRAWS: usize = 1500;
    for row in rows() {
        let m = row.manifold.as_ref();
        let (p, mut rng) = (&row.inner()[0], generator(77));
        let w = m.random_tangent(p, &mut rng)?;
        let (mut length, mut along) = (0.0, 0.0);
        for _ in 0..DRAWS {
            let v = m.random_tangent(p, &mut rng)?;
            length += m.inner(p, &v, &v)?;
            along += m.inner(p, &v, &w)?.powi(2) / m.inner(p, &w, &w)?;
        }
        let (n, dim) = (DRAWS as f64, m.dim() as f64);
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
            let mut vectors: Vec<Tangent> =
                m.random_tangent(p, &mut generator(k as u64)).into_iter().collect();
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
