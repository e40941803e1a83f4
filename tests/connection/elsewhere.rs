//! Numbers that other packages give differently, by another route.

use natgrad::Result;
use natgrad::connection::{AlphaConnection, amari_chentsov};
use natgrad::manifold::{Manifold, Simplex, Tangent};
use natgrad::ndarray::{Array1, array};

/// amari-info-geom 0.24.1 has a determinant, which changes sign under exchange. The tensor is minus the derivative of the metric
/// in p, where the entries of vectors stay as they are: T(u, v, w) = -d/dt ⟨v, w⟩ at p + tu. Differences of fourth order.
#[test]
fn the_tensor_is_the_derivative_of_the_metric() -> Result<()> {
    let s = Simplex::new(3)?;
    let p = s.point(array![0.2, 0.3, 0.5])?;
    let v = s.tangent(&p, array![0.1, -0.3, 0.2])?;
    let w = s.tangent(&p, array![0.2, -0.1, -0.1])?;
    let slope = |u: &Tangent, v: &Tangent, w: &Tangent| -> Result<f64> {
        let at = |t: f64| s.inner(&s.point(&p.values() + &(t * &u.values()))?, v, w);
        let central = |h: f64| -> Result<f64> { Ok((at(h)? - at(-h)?) / (2.0 * h)) };
        Ok((4.0 * central(5e-4)? - central(1e-3)?) / 3.0)
    };
    for (a, b, c) in [(&v, &v, &v), (&v, &v, &w), (&v, &w, &v), (&w, &v, &v), (&v, &w, &w), (&w, &w, &v)] {
        let (found, expected) = (amari_chentsov(&s, &p, a, b, c)?, -slope(a, b, c)?);
        assert!((found - expected).abs() < 1e-11, "{found} {expected}");
        assert!(expected.abs() > 0.05);
    }
    Ok(())
}

/// The symbols of ∇^(α) are those of the metric less α/2 T raised: from differences of the metric alone, for every α.
#[test]
fn the_symbols_follow_from_derivatives_of_the_metric() -> Result<()> {
    let s = Simplex::new(3)?;
    let p = s.point(array![0.2, 0.3, 0.5])?;
    let fields = [array![0.1, -0.3, 0.2], array![0.2, -0.1, -0.1]];
    let [v, w] = fields.map(|x| s.tangent(&p, x).unwrap());
    let slope = |u: &Tangent, v: &Tangent, w: &Tangent| -> Result<f64> {
        let at = |t: f64| s.inner(&s.point(&p.values() + &(t * &u.values()))?, v, w);
        let central = |h: f64| -> Result<f64> { Ok((at(h)? - at(-h)?) / (2.0 * h)) };
        Ok((4.0 * central(5e-4)? - central(1e-3)?) / 3.0)
    };
    for alpha in [-1.0, -0.5, 0.0, 0.5, 1.0, 3.0] {
        let gamma = AlphaConnection::new(s, alpha)?.christoffel(&p, &v, &w)?;
        for z in [&v, &w] {
            // Koszul: 2⟨Γ(v, w), z⟩ = ∂_v⟨w, z⟩ + ∂_w⟨v, z⟩ - ∂_z⟨v, w⟩, and T is minus any of the three.
            let (a, b, c) = (slope(&v, &w, z)?, slope(&w, &v, z)?, slope(z, &v, &w)?);
            let expected = 0.5 * (a + b - c) + 0.5 * alpha * a;
            let found = s.inner(&p, &gamma, z)?;
            assert!((found - expected).abs() < 1e-11, "α = {alpha}: {found} {expected}");
            if alpha > -1.0 {
                assert!(found.abs() > 0.01);
            }
        }
    }
    Ok(())
}

/// infogeom 0.2.3 documents the normalised mixture of powers as affine in t for every α. It is at α = ±1. At α = 0 the mixture
/// walks along the chord between √p and √q, where the geodesic's time at t is the angle atan2(t sin ω, 1 - t + t cos ω)/ω.
#[test]
fn normalised_mixtures_of_powers_keep_time_at_the_ends_only() -> Result<()> {
    let s = Simplex::new(3)?;
    let (p, q) = (s.point(array![0.2, 0.3, 0.5])?, s.point(array![0.1, 0.6, 0.3])?);
    let angle = p.values().iter().zip(q.values()).map(|(p, q)| (p * q).sqrt()).sum::<f64>().acos();
    let normalised = |x: Array1<f64>| &x / x.sum();
    for t in [0.1, 0.3, 0.9] {
        let mix = |power: fn(f64) -> f64, back: fn(f64) -> f64| {
            normalised(((1.0 - t) * p.values().mapv(power) + t * q.values().mapv(power)).mapv(back))
        };
        let time = f64::atan2(t * angle.sin(), 1.0 - t + t * angle.cos()) / angle;
        assert!((time - t).abs() > 1e-4, "{time} {t}");
        for (alpha, mixture, time) in [
            (-1.0, mix(|x| x, |x| x), t),
            (0.0, mix(f64::sqrt, |x| x * x), time),
            (1.0, mix(f64::ln, f64::exp), t),
        ] {
            let found = AlphaConnection::new(s, alpha)?.geodesic(&p, &q, time)?;
            let error = (&found.values() - &mixture).iter().fold(0.0, |m: f64, e| m.max(e.abs()));
            assert!(error < 1e-14, "α = {alpha}, t = {t}: {error:e}");
        }
    }
    Ok(())
}
