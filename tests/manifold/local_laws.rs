//! Laws of every manifold of the table: connection and curvature against differences and differential equations.

use super::table::{Row, rows};
use natgrad::manifold::{
    Exponential, Linear, Manifold, Order, Point, QuadraticCorrection, Retraction, Tangent,
};
use natgrad::ndarray::Array1;

/// p + t v, in coordinates.
fn moved(p: &Point, t: f64, v: &Tangent) -> Point {
    Point::unchecked(&p.values() + &(t * &v.values()))
}

fn combined(terms: &[(f64, &Tangent)]) -> Tangent {
    terms.iter().skip(1).fold(terms[0].0 * terms[0].1, |sum, (c, v)| &sum + &(*c * *v))
}

/// The derivative at zero of a function of one variable with values in vectors: two central differences and one step of
/// Richardson, error O(h⁴).
fn derivative(h: f64, f: impl Fn(f64) -> Tangent) -> Tangent {
    let central = |h: f64| combined(&[(0.5 / h, &f(h)), (-0.5 / h, &f(-h))]);
    combined(&[(4.0 / 3.0, &central(0.5 * h)), (-1.0 / 3.0, &central(h))])
}

/// A step of the coordinates that is small beside the way to the boundary.
fn small(m: &dyn Manifold, p: &Point, v: &Tangent) -> f64 {
    let way = |v: &Tangent| Linear.exit_time(m, p, v).unwrap();
    2e-3 * way(v).min(way(&-v)).min(1.0 / m.norm(p, v).unwrap())
}

/// Size of a coordinate vector that need not be tangent to rounding.
fn size(v: &Tangent) -> f64 {
    v.values().dot(&v.values()).sqrt()
}

fn for_each(law: impl Fn(&Row, &dyn Manifold, &Point)) {
    for row in rows() {
        for p in row.inner() {
            law(&row, row.manifold.as_ref(), &p);
        }
    }
}

/// ẍ = -Γ(ẋ, ẋ) by the classical Runge-Kutta method in 64 and 128 steps, extrapolated.
#[test]
fn geodesics_solve_their_equation() {
    for_each(|row, m, p| {
        for v in row.tangents(p, 3) {
            let v = row.shortened(p, &v, 0.4);
            let run = |steps: i32| {
                let h = 1.0 / f64::from(steps);
                let slope = |x: &Point, v: &Tangent| -&m.christoffel(x, v, v).unwrap();
                let (mut x, mut v) = (p.clone(), v.clone());
                for _ in 0..steps {
                    let a1 = slope(&x, &v);
                    let v2 = combined(&[(1.0, &v), (0.5 * h, &a1)]);
                    let a2 = slope(&moved(&x, 0.5 * h, &v), &v2);
                    let v3 = combined(&[(1.0, &v), (0.5 * h, &a2)]);
                    let a3 = slope(&moved(&x, 0.5 * h, &v2), &v3);
                    let v4 = combined(&[(1.0, &v), (h, &a3)]);
                    let a4 = slope(&moved(&x, h, &v3), &v4);
                    let velocity = combined(&[(1.0, &v), (2.0, &v2), (2.0, &v3), (1.0, &v4)]);
                    let force = combined(&[(1.0, &a1), (2.0, &a2), (2.0, &a3), (1.0, &a4)]);
                    x = moved(&x, h / 6.0, &velocity);
                    v = combined(&[(1.0, &v), (h / 6.0, &force)]);
                }
                x.into_inner()
            };
            let (coarse, fine) = (run(64), run(128));
            let extrapolated = &fine + &((&fine - &coarse) / 15.0);
            let off = (&extrapolated - &m.exp(p, &v).unwrap().values()).mapv(f64::abs).sum();
            // Measured: 1.6e-10, what the extrapolation of a fourth-order method leaves.
            assert!(off <= 1e-9 * p.values().mapv(f64::abs).sum(), "{}: {off:e}", m.name());
        }
    });
}

/// d/dt ⟨v, w⟩ = ⟨Γ(u, v), w⟩ + ⟨v, Γ(u, w)⟩ along p + t u, components constant.
#[test]
fn the_connection_keeps_the_metric_and_is_symmetric() {
    for_each(|row, m, p| {
        let vectors = row.tangents(p, 3);
        let [u, v, w] = [&vectors[0], &vectors[1], &vectors[2]];
        let inner =
            |t: f64| Tangent::unchecked(Array1::from_elem(1, m.inner(&moved(p, t, u), v, w).unwrap()));
        let found = derivative(small(m, p, u), inner).values()[0];
        let gamma = |a, b| m.christoffel(p, a, b).unwrap();
        let exact = m.inner(p, &gamma(u, v), w).unwrap() + m.inner(p, v, &gamma(u, w)).unwrap();
        let scale: f64 = vectors.iter().map(|v| m.norm(p, v).unwrap()).product();
        // Measured: 2.4e-11, the h⁴ of the differences.
        assert!((found - exact).abs() <= 1e-10 * scale, "{}: {found:e}, {exact:e}", m.name());
        assert!(size(&(&gamma(u, v) - &gamma(v, u))) <= 1e-15 * size(&gamma(u, v)));
    });
}

/// R(x, y) z = DΓ[x](y, z) - DΓ[y](x, z) + Γ(x, Γ(y, z)) - Γ(y, Γ(x, z)).
#[test]
fn curvature_is_what_the_christoffel_symbols_say() {
    for_each(|row, m, p| {
        let vectors = row.tangents(p, 3);
        let [x, y, z] = [&vectors[0], &vectors[1], &vectors[2]];
        let gamma = |a: &Tangent, b: &Tangent| m.christoffel(p, a, b).unwrap();
        let slope = |a: &Tangent, b: &Tangent| {
            derivative(small(m, p, a), |t| m.christoffel(&moved(p, t, a), b, z).unwrap())
        };
        let found = combined(&[
            (1.0, &slope(x, y)),
            (-1.0, &slope(y, x)),
            (1.0, &gamma(x, &gamma(y, z))),
            (-1.0, &gamma(y, &gamma(x, z))),
        ]);
        let exact = m.riemann(p, x, y, z).unwrap();
        let scale = size(&slope(x, y)) + size(&gamma(x, &gamma(y, z))) + size(z);
        // Measured: 1.1e-12.
        assert!(size(&(&found - &exact)) <= 1e-11 * scale, "{}: {found:?}, {exact:?}", m.name());
    });
}

/// Antisymmetries, the first Bianchi identity, and the constant where there is one.
#[test]
fn the_curvature_tensor_has_its_symmetries() {
    for_each(|row, m, p| {
        let t = row.tangents(p, 4);
        let r = |i: usize, j: usize, k: usize, l: usize| {
            m.inner(p, &m.riemann(p, &t[i], &t[j], &t[k]).unwrap(), &t[l]).unwrap()
        };
        let scale: f64 = t.iter().map(|v| m.norm(p, v).unwrap()).product();
        let pairs = [r(1, 0, 2, 3), r(0, 1, 3, 2), -r(2, 3, 0, 1), r(1, 2, 0, 3) + r(2, 0, 1, 3)];
        for other in pairs {
            assert!((r(0, 1, 2, 3) + other).abs() <= 2e-15 * scale, "{}", m.name());
        }
        if let (Some(curvature), true) = (row.curvature, m.dim() > 1) {
            let found = m.sectional_curvature(p, &t[0], &t[1]).unwrap();
            assert!((found - curvature).abs() <= 4e-15 * curvature.abs(), "{}: {found}", m.name());
        }
    });
}

/// d(R(tv), exp(tv)) falls with the declared order, and that of the line with the coefficient ½‖Γ(v, v)‖.
#[test]
fn retractions_along_lines_and_parabolas_have_their_order() {
    for_each(|row, m, p| {
        for v in row.tangents(p, 2) {
            let v = &row.shortened(p, &v, 0.5);
            let error = |r: &dyn Retraction<dyn Manifold>, t: f64| {
                let v = t * v;
                m.distance(&r.retract(m, p, &v).unwrap(), &Exponential.retract(m, p, &v).unwrap()).unwrap()
            };
            let half_gamma = 0.5 * m.norm(p, &m.christoffel(p, v, v).unwrap()).unwrap();
            for (r, order) in [(&Linear as &dyn Retraction<dyn Manifold>, 2.0), (&QuadraticCorrection, 3.0)] {
                assert_eq!(r.order(), if order < 2.5 { Order::First } else { Order::Second });
                let (a, b) = (error(r, 2e-3), error(r, 1e-3));
                if half_gamma < 1e-14 || (order > 2.5 && m.name().starts_with("Poisson")) {
                    assert!(a < 1e-15, "{}: straight in these coordinates, {a:e}", m.name());
                    continue;
                }
                assert!(((a / b).log2() - order).abs() < 0.01, "{}: {a:e}, {b:e}", m.name());
                if order < 2.5 {
                    assert!(
                        (b / (1e-6 * half_gamma) - 1.0).abs() < 0.01,
                        "{}: {b:e}, {half_gamma:e}",
                        m.name()
                    );
                }
            }
        }
    });
}
