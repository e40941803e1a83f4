//! The half-plane of the normal laws.

use super::arcs::{golden, rows, within};
use natgrad::manifold::{Curve, Euclidean, GeodesicShape, HalfPlane, Manifold, Product, arc::Logarithmic};
use natgrad::ndarray::array;
use natgrad::{Error, Result};

/// Thousand-digit numbers of the hyperboloid, which the library does not use: σ = 1e-150, |Δμ|/σ = 1e100, points 1e-12 and 1e-140
/// apart.
#[test]
fn distances_logarithms_and_transports_keep_their_digits() -> Result<()> {
    let plane = HalfPlane::normal();
    for r in rows(&golden()["half_plane"]["pairs"]) {
        let what = format!("{:?}", &r[..4]);
        let (p, q) = (plane.point(array![r[0], r[1]])?, plane.point(array![r[2], r[3]])?);
        within(&what, plane.distance(&p, &q)?, r[4], 2.0);
        assert_eq!(plane.distance(&p, &q)?, plane.distance(&q, &p)?, "{what}: symmetric to the last bit");
        let log = plane.log(&p, &q)?;
        let carried =
            plane.parallel_transport(&p, &q, &plane.tangent(&p, array![0.75 * r[1], -0.5 * r[1]])?)?;
        for k in 0..2 {
            within(&what, log.values()[k], r[5 + k], 3.0);
            within(&what, carried.values()[k], r[7 + k], 4.0);
        }
    }
    Ok(())
}

#[test]
fn exponential_maps_keep_their_digits() -> Result<()> {
    let plane = HalfPlane::normal();
    for r in rows(&golden()["half_plane"]["steps"]) {
        let p = plane.point(array![r[0], r[1]])?;
        let q = plane.exp(&p, &plane.tangent(&p, array![r[2], r[3]])?)?;
        for k in 0..2 {
            within(&format!("{:?}", &r[..4]), q.values()[k], r[4 + k], 1.0 + r[6 + k]);
        }
    }
    Ok(())
}

/// Three forms of the distance, and numbers of a thirty-digit program.
#[test]
fn the_printed_normal_numbers() -> Result<()> {
    let plane = HalfPlane::normal();
    let point = |mean: f64, sigma: f64| plane.point(array![mean, sigma]);
    let (p, q) = (point(0.0, 1.0)?, point(1.0, 2.0)?);
    within("distance", plane.distance(&p, &q)?, 1.1893809314064118, 1.0);
    within("distance", plane.distance(&point(1.0, 1.0)?, &point(3.0, 1.0)?)?, 1.8624597189054244, 1.0);
    let exp = plane.exp(&p, &plane.tangent(&p, array![1.0, 0.5])?)?;
    within("exp", exp.values()[0], 1.354406805448090, 3.0);
    within("exp", exp.values()[1], 1.198831893188549, 3.0);
    let w = plane.parallel_transport(&p, &q, &plane.tangent(&p, array![1.0, 0.0])?)?;
    within("transport", w.values()[0], 34.0 / 19.0, 2.0);
    within("transport", w.values()[1], -12.0 / 19.0, 2.0);
    within("norm", plane.norm(&q, &w)?, 1.0, 2.0);
    for (a, b) in [((0.5, 0.25), (-3.0, 7.0)), ((10.0, 2.0), (11.0, 0.125))] {
        let (across, up, sum) = (b.0 - a.0, b.1 - a.1, b.1 + a.1);
        let square = 0.5f64 * across * across + up * up;
        let by_cosh = 2f64.sqrt() * (1.0 + square / (2.0 * a.1 * b.1)).acosh();
        let by_tanh = 8f64.sqrt() * (2.0 * square / (across * across + 2.0 * sum * sum)).sqrt().atanh();
        let found = plane.distance(&point(a.0, a.1)?, &point(b.0, b.1)?)?;
        within("cosh", found, by_cosh, 8.0);
        within("tanh", found, by_tanh, 8.0);
    }
    Ok(())
}

/// The metric is the information matrix E\[score scoreᵀ\] of the density, by a trapezoidal sum (exact to rounding for analytic
/// densities on the line).
#[test]
fn the_metric_is_the_fisher_information_of_the_density() -> Result<()> {
    let (mean, sigma) = (1.75, 0.375);
    let h = 1.0 / 16.0;
    let (mut total, mut sums) = (0.0, [0.0; 3]);
    for k in -192..=192 {
        let z = f64::from(k) * h;
        let weight = h * (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt();
        let score = [z / sigma, (z * z - 1.0) / sigma];
        total += weight;
        for (sum, product) in
            sums.iter_mut().zip([score[0] * score[0], score[0] * score[1], score[1] * score[1]])
        {
            *sum += weight * product;
        }
    }
    within("mass", total, 1.0, 8.0);
    let plane = HalfPlane::normal();
    let p = plane.point(array![mean, sigma])?;
    let (v, w) = (plane.tangent(&p, array![1.0, 0.0])?, plane.tangent(&p, array![0.0, 1.0])?);
    within("mean", plane.inner(&p, &v, &v)?, sums[0], 16.0);
    within("sigma", plane.inner(&p, &w, &w)?, sums[2], 16.0);
    assert!(plane.inner(&p, &v, &w)?.abs() + sums[1].abs() < 1e-13);
    Ok(())
}

/// Points of a geodesic satisfy the equation of its shape.
#[test]
fn geodesics_are_half_ellipses() -> Result<()> {
    for plane in [HalfPlane::normal(), HalfPlane::hyperbolic(), HalfPlane::location_scale(0.5, 0.5)?] {
        let stretch = if plane == HalfPlane::normal() { 2.0 } else { 1.0 };
        let (p, q) = (plane.point(array![-1.0, 0.5])?, plane.point(array![4.0, 2.0])?);
        let GeodesicShape::HalfEllipse { centre, height } = plane.geodesic_shape(&p, &q)? else { panic!() };
        for k in 0..=8 {
            let x = plane.geodesic(&p, &q, f64::from(k) / 4.0 - 0.5)?;
            let sum = (x.values()[0] - centre).powi(2) / stretch + x.values()[1].powi(2);
            within("height²", sum, height * height, 16.0);
        }
        let above = plane.point(array![-1.0, 3.0])?;
        assert_eq!(plane.geodesic_shape(&p, &above)?, GeodesicShape::Vertical(-1.0));
    }
    Ok(())
}

/// The area of a ball as the integral of σ⁻² √(ab) over it: cuts through the half-disc (c = centre, R = radius in Euclid's sense).
#[test]
fn ball_volumes_are_areas() -> Result<()> {
    let (plane, r) = (HalfPlane::normal(), 1.5);
    // A hyperbolic ball of radius ρ about (0, 1) is the Euclidean disc about (0, cosh ρ) with radius sinh ρ.
    let rho = r / 2f64.sqrt();
    let (centre, radius) = (rho.cosh(), rho.sinh());
    // dA = b dx dy/y² in (x, y) = (μ/c, σ); the substitution y = centre + radius sin t leaves a smooth periodic integrand.
    let n = 256;
    let sum: f64 = (0..n)
        .map(|k| 2.0 * std::f64::consts::PI * f64::from(k) / f64::from(n))
        .map(|t| (radius * t.cos()).powi(2) / (centre + radius * t.sin()).powi(2))
        .sum();
    within("area", plane.ball_volume(r)?, 2.0 * sum * 2.0 * std::f64::consts::PI / f64::from(n), 16.0);
    within("small ball", plane.ball_volume(1e-9)?, std::f64::consts::PI * 1e-18, 4.0);
    assert!(plane.ball_volume(-1.0).is_err() && plane.ball_volume(f64::NAN).is_err());
    assert!(matches!(plane.ball_volume(1e4), Err(Error::NonFinite { .. })));
    Ok(())
}

/// Mean and covariance as independent factors, ℝ × positive variances with half the affine-invariant metric, agree with
/// Fisher-Rao on the mean alone at σ = 1 and on the variance alone; but not together.
#[test]
fn a_product_of_mean_and_covariance_is_not_fisher_rao() -> Result<()> {
    let normal = HalfPlane::normal();
    // ½ (dσ²/σ²)² = 2 dσ²/σ²: the affine-invariant half is the scale family.
    let factors: Vec<Box<dyn Manifold>> =
        vec![Box::new(Euclidean::new(1)?), Box::new(Curve::new(Logarithmic::normal_scale()))];
    let product = Product::new(factors)?;
    let both = |a: [f64; 2], b: [f64; 2]| -> Result<(f64, f64)> {
        let (p, q) = (normal.point(array![a[0], a[1]])?, normal.point(array![b[0], b[1]])?);
        Ok((normal.distance(&p, &q)?, product.distance(&p, &q)?))
    };
    let (right, other) = both([0.0, 1.0], [0.0, 2.0])?;
    within("scale alone", right, other, 2.0);
    let (right, other) = both([0.0, 1.0], [1.0, 2.0])?;
    within("Fisher-Rao", right, 1.1893809314064118, 1.0);
    within("product", other, (1.0 + 2.0 * 2f64.ln().powi(2)).sqrt(), 2.0); // 1.4002
    assert!(other - right > 0.21);
    Ok(())
}

#[test]
fn the_ends_of_the_range_are_errors_with_numbers() -> Result<()> {
    let plane = HalfPlane::normal();
    let (p, far) = (plane.point(array![0.0, 1e-300])?, plane.point(array![1e300, 1e-300])?);
    // The distance is a number, 2√2 ln(1e600/√2); the logarithm's direction is not.
    within("distance", plane.distance(&p, &far)?, 8f64.sqrt() * (600.0 * 10f64.ln() - 0.5 * 2f64.ln()), 2.0);
    let error = plane.log(&p, &far).unwrap_err();
    assert!(matches!(error, Error::NonFinite { quantity: "Δμ/σ", .. }), "{error}");
    let one = plane.point(array![0.0, 1.0])?;
    for (v, at_zero) in [([0.0, 800.0], false), ([0.0, -800.0], true), ([1e200, 1e200], true)] {
        match plane.exp(&one, &plane.tangent(&one, array![v[0], v[1]])?).unwrap_err() {
            Error::Domain { index: 1, value, .. } => assert!(at_zero && value == 0.0),
            Error::NonFinite { index: 1, value, .. } => assert!(!at_zero && value == f64::INFINITY),
            other => panic!("{other}"),
        }
    }
    for bad in [[0.0, 0.0], [0.0, -1.0], [f64::NAN, 1.0], [0.0, f64::INFINITY]] {
        assert!(plane.point(array![bad[0], bad[1]]).is_err());
    }
    assert!(
        HalfPlane::location_scale(0.0, 1.0).is_err() && HalfPlane::location_scale(1.0, f64::NAN).is_err()
    );
    Ok(())
}
