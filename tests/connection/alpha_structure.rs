//! Duality, torsion, symmetry and curvature of the α-connections.

use super::support::*;
use crate::support::Stream;
use natgrad::connection::{AlphaConnection, DuallyFlat, amari_chentsov};
use natgrad::family::{Family, FiniteSupport};
use natgrad::manifold::{Manifold, Point, Simplex, Tangent};
use natgrad::ndarray::{Array1, Array2, array};

const ALPHAS: [f64; 6] = [-3.0, -1.0, -0.5, 0.0, 1.0, 2.0];

fn printed() -> (Simplex, Point, [Tangent; 2]) {
    let simplex = Simplex::new(3).unwrap();
    let p = simplex.point(array![0.2, 0.3, 0.5]).unwrap();
    let v = simplex.tangent(&p, array![0.1, -0.3, 0.2]).unwrap();
    let w = simplex.tangent(&p, array![0.2, -0.1, -0.1]).unwrap();
    (simplex, p, [v, w])
}

#[test]
fn the_tensor_has_the_printed_values() -> natgrad::Result<()> {
    let (simplex, p, [v, w]) = printed();
    approx::assert_relative_eq!(amari_chentsov(&simplex, &p, &v, &v, &v)?, -0.243, max_relative = 1e-15);
    approx::assert_relative_eq!(amari_chentsov(&simplex, &p, &v, &v, &w)?, -0.066, max_relative = 1e-15);
    approx::assert_relative_eq!(
        amari_chentsov(&simplex, &p, &v, &w, &w)?,
        0.074666666666666667,
        max_relative = 1e-15
    );
    Ok(())
}

/// amari-info-geom 0.24.1 computes a 3 × 3 determinant, which changes its sign under exchanges: of (v, v, v) it would be zero.
#[test]
fn the_amari_chentsov_tensor_is_totally_symmetric() -> natgrad::Result<()> {
    let mut stream = Stream(5);
    let simplex = Simplex::new(7)?;
    for _ in 0..20 {
        let p = random_point(&mut stream, &simplex);
        let [a, b, c] = [0; 3].map(|_| random_tangent(&mut stream, &simplex, &p));
        let value = amari_chentsov(&simplex, &p, &a, &b, &c)?;
        let scale = simplex.norm(&p, &a)? * simplex.norm(&p, &b)? * simplex.norm(&p, &c)?;
        for (x, y, z) in [(&a, &c, &b), (&b, &a, &c), (&b, &c, &a), (&c, &a, &b), (&c, &b, &a)] {
            assert!((amari_chentsov(&simplex, &p, x, y, z)? - value).abs() <= 1e-14 * scale);
        }
        assert!(amari_chentsov(&simplex, &p, &a, &a, &a)?.abs() > 1e-6 * scale);
    }
    Ok(())
}

/// amari-info-geom 0.24.1 returns zero symbols for every α; the right ones vanish for α = -1 only.
#[test]
fn the_christoffel_symbols_are_not_all_zero() -> natgrad::Result<()> {
    let (simplex, p, [v, w]) = printed();
    for alpha in ALPHAS {
        let gamma = AlphaConnection::new(simplex, alpha)?.christoffel(&p, &v, &w)?;
        // v∘w/p - g(v,w) p = (.1, .1, -.04) - .16 (.2, .3, .5) = (.068, .052, -.12)
        for (found, part) in gamma.values().iter().zip([0.068, 0.052, -0.12]) {
            assert!((found + 0.5 * (1.0 + alpha) * part).abs() < 1e-16, "α = {alpha}: {found}");
        }
    }
    Ok(())
}

/// ∂_u g(V, W) = g(∇^(α)_u V, W) + g(V, ∇^(-α)_u W) for fields V, W, by central differences of slope 2.
#[test]
fn connections_of_opposite_alpha_are_dual() -> natgrad::Result<()> {
    let mut stream = Stream(8);
    let simplex = Simplex::new(4)?;
    let p = random_point(&mut stream, &simplex);
    let u = random_tangent(&mut stream, &simplex, &p);
    let coefficients = [0; 2].map(|_| Array1::from_shape_fn(4, |_| 2.0 * stream.uniform() - 1.0));
    // Fields p∘(a∘p - ⟨p, a∘p⟩), quadratic in p, and their derivatives by hand.
    let field = |a: &Array1<f64>, p: &Array1<f64>| p * &(a * p - (p * &(a * p)).sum());
    let derivative = |a: &Array1<f64>, p: &Array1<f64>, u: &Array1<f64>| {
        u * &(a * p - (p * &(a * p)).sum()) + p * &(a * u - 2.0 * (p * &(a * u)).sum())
    };
    let base = p.values().to_owned();
    let direction = u.values().to_owned();
    let pairing = |t: f64| {
        let q = &base + &(t * &direction);
        (field(&coefficients[0], &q) * field(&coefficients[1], &q) / &q).sum()
    };
    let tangent = |v: Array1<f64>| simplex.project(&p, v.view());
    let [v, w] = [0, 1].map(|k| tangent(field(&coefficients[k], &base)).unwrap());
    let [dv, dw] = [0, 1].map(|k| tangent(derivative(&coefficients[k], &base, &direction)).unwrap());
    for alpha in ALPHAS {
        let connection = AlphaConnection::new(simplex, alpha)?;
        let first = connection.covariant_derivative(&p, &u, &v, &dv)?;
        let second = connection.dual().covariant_derivative(&p, &u, &w, &dw)?;
        let exact = simplex.inner(&p, &first, &w)? + simplex.inner(&p, &v, &second)?;
        let steps: Vec<f64> = (4..10).map(|k| 0.5f64.powi(k) * 0.5).collect();
        let errors: Vec<f64> =
            steps.iter().map(|h| ((pairing(*h) - pairing(-h)) / (2.0 * h) - exact).abs()).collect();
        let order = slope(&steps, &errors);
        assert!((order - 2.0).abs() < 0.05, "α = {alpha}: slope {order}, errors {errors:?}");
        // Torsion-free: ∇_v w - ∇_w v is the bracket, so Γ is symmetric.
        let torsion = &connection.christoffel(&p, &v, &w)? - &connection.christoffel(&p, &w, &v)?;
        assert!(torsion.values().iter().all(|x| x.abs() < 1e-17));
        // g(∇^(α)_v w, z) = g(∇^(0)_v w, z) - α/2 T(v, w, z).
        let shift = &connection.christoffel(&p, &v, &w)? - &simplex.christoffel(&p, &v, &w)?;
        let expected = -0.5 * alpha * amari_chentsov(&simplex, &p, &v, &w, &u)?;
        assert!((simplex.inner(&p, &shift, &u)? - expected).abs() < 1e-15);
    }
    Ok(())
}

/// R(x, y) z from the Christoffel map alone, D Γ by central differences: Richardson's rule brings them to 1e-10.
fn curvature_from_christoffel(
    connection: &AlphaConnection,
    p: &Point,
    x: &Tangent,
    y: &Tangent,
    z: &Tangent,
) -> Tangent {
    let gamma = |p: &Point, v: &Tangent, w: &Tangent| connection.christoffel(p, v, w).unwrap();
    let along = |direction: &Tangent, v: &Tangent, w: &Tangent| {
        let moved = |t: f64| connection.simplex().point(&p.values() + &(t * &direction.values())).unwrap();
        let central = |h: f64| 0.5 / h * &(&gamma(&moved(h), v, w) - &gamma(&moved(-h), v, w));
        let h = 1e-3;
        &(4.0 / 3.0 * &central(0.5 * h)) - &(1.0 / 3.0 * &central(h))
    };
    // Their sum vanishes but for rounding over the step.
    let derivatives = connection.simplex().project(p, (&along(x, y, z) - &along(y, x, z)).values()).unwrap();
    let products = &gamma(p, x, &gamma(p, y, z)) - &gamma(p, y, &gamma(p, x, z));
    connection.simplex().project(p, (&derivatives + &products).values()).unwrap()
}

#[test]
fn the_sectional_curvature_is_a_quarter_of_one_minus_alpha_squared() -> natgrad::Result<()> {
    for trials in [1, 5] {
        let simplex = Simplex::multinomial(4, trials)?;
        let p = simplex.point(array![0.3, 0.25, 0.25, 0.2])?;
        let x = simplex.tangent(&p, array![0.1, -0.05, 0.02, -0.07])?;
        let y = simplex.tangent(&p, array![-0.03, 0.1, 0.05, -0.12])?;
        let z = simplex.tangent(&p, array![0.08, 0.01, -0.1, 0.01])?;
        for alpha in ALPHAS {
            let connection = AlphaConnection::new(simplex, alpha)?;
            let expected = (1.0 - alpha * alpha) / (4.0 * trials as f64);
            let r = |z: &Tangent| curvature_from_christoffel(&connection, &p, &x, &y, z);
            let area =
                simplex.inner(&p, &x, &x)? * simplex.inner(&p, &y, &y)? - simplex.inner(&p, &x, &y)?.powi(2);
            let sectional = simplex.inner(&p, &r(&y), &x)? / area;
            assert!((sectional - expected).abs() < 1e-9, "α = {alpha}: {sectional} against {expected}");
            approx::assert_relative_eq!(connection.curvature(), expected, max_relative = 1e-15);
            let closed = connection.riemann(&p, &x, &y, &z)?;
            let error = (&closed - &r(&z)).values().iter().fold(0.0, |m: f64, e| m.max(e.abs()));
            assert!(error < 1e-11, "α = {alpha}: {error:e}");
        }
    }
    Ok(())
}

/// Categorical laws as a dually flat family, in θ and in η, against the simplex itself.
#[test]
fn the_potential_gives_the_same_structure_in_both_coordinates() -> natgrad::Result<()> {
    let (simplex, p, [v, w]) = printed();
    let family = FiniteSupport::new(Array1::zeros(3), array![[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])?;
    let theta = [0.4f64.ln(), 0.6f64.ln()].into();
    let natural = DuallyFlat::natural(family.fisher_natural(&theta)?, family.third_cumulants(&theta)?)?;
    let expectation = natural.legendre()?;
    // The drop-last chart of the simplex is η.
    let expected: Array2<f64> = array![[7.0, 2.0], [2.0, 16.0 / 3.0]];
    assert!((expectation.metric() - &expected).iter().all(|e| e.abs() < 1e-13));
    let chart = |v: &Tangent| array![v.values()[0], v.values()[1]];
    let (x, y) = (chart(&v), chart(&w));
    approx::assert_relative_eq!(
        expectation.skewness(x.view(), x.view(), y.view())?,
        -0.066,
        max_relative = 1e-13
    );
    // θ̇ = G_η η̇.
    let (xt, yt) = (expected.dot(&x), expected.dot(&y));
    approx::assert_relative_eq!(
        natural.skewness(xt.view(), xt.view(), yt.view())?,
        -0.066,
        max_relative = 1e-13
    );
    for alpha in ALPHAS {
        let gamma = AlphaConnection::new(simplex, alpha)?.christoffel(&p, &v, &w)?;
        let found = expectation.christoffel(alpha, x.view(), y.view())?;
        assert!((&found - &chart(&gamma)).iter().all(|e| e.abs() < 1e-15), "α = {alpha}: {found}");
        for (at, x, y) in [(&natural, &xt, &yt), (&expectation, &x, &y)] {
            let k = at.sectional_curvature(alpha, x.view(), y.view())?;
            assert!((k - 0.25 * (1.0 - alpha * alpha)).abs() < 2e-14, "α = {alpha}: {k}");
        }
    }
    assert!(natural.christoffel(1.0, x.view(), y.view())?.iter().all(|e| *e == 0.0));
    Ok(())
}
