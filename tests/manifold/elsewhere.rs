//! Numbers that other packages give differently, with the right value found by another route; and what they refuse or do not.

use super::simplex::{same, setting};
use natgrad::manifold::*;
use natgrad::ndarray::array;
use natgrad::{Error, Result};
use std::f64::consts::PI;

/// Manifolds.jl (snapshot of July 2026) stores 0.986956111346216, that of curvature 1. Here the Jacobian of exp by
/// differences, in orthonormal frames.
#[test]
fn the_volume_density_is_that_of_curvature_one_quarter() -> Result<()> {
    let s = Simplex::new(3)?;
    let p = s.point(array![0.1, 0.7, 0.2])?;
    let v = s.tangent(&p, array![0.05, 0.05, -0.1])?;
    let density = s.volume_density(&p, &v)?;
    assert!((density - 0.996729404321463).abs() < 4e-16 * 3.0, "{density}");
    // ⟨d exp(e₁), d exp(e₂)⟩ for a g-orthonormal frame e.
    let e1 = (1.0 / s.norm(&p, &v)?) * &v;
    let other = s.project(&p, array![1.0, 0.0, 0.0].view())?;
    let other = &other - &(s.inner(&p, &other, &e1)? * &e1);
    let e2 = (1.0 / s.norm(&p, &other)?) * &other;
    let (end, h) = (s.exp(&p, &v)?, 1e-4);
    let derivative = |e: &Tangent| -> Result<Tangent> {
        let (a, b) = (s.exp(&p, &(&v + &(h * e)))?, s.exp(&p, &(&v - &(h * e)))?);
        s.project(&end, ((&a.values() - &b.values()) / (2.0 * h)).view())
    };
    let (d1, d2) = (derivative(&e1)?, derivative(&e2)?);
    let (a, b, c) = (s.inner(&end, &d1, &d1)?, s.inner(&end, &d2, &d2)?, s.inner(&end, &d1, &d2)?);
    assert!(((a * b - c * c).sqrt() - density).abs() < 1e-6);
    Ok(())
}

/// π/2 in Manifolds.jl (the same snapshot): the octant of a sphere of radius one, not two.
#[test]
fn the_volume_of_the_triangle_is_two_pi() -> Result<()> {
    assert!((Simplex::new(2)?.volume() - PI).abs() < 1e-15);
    assert!((Simplex::new(3)?.volume() - 2.0 * PI).abs() < 1e-15);
    assert!((Simplex::new(4)?.volume() - PI * PI).abs() < 4e-15);
    // ∫∫ √det G dp₁dp₂ by the midpoint rule.
    let steps = 2000;
    let mut total = 0.0;
    for i in 0..steps {
        // p₁ = sin² a: √det G dp₁dp₂ = dp₁dp₂/√(p₁p₂p₃) = 2 cos a·2 da db with p₂ = cos² a sin² b.
        let a = (f64::from(i) + 0.5) * PI / 2.0 / f64::from(steps);
        total += 4.0 * a.cos() * (PI / 2.0 / f64::from(steps)) * (PI / 2.0);
    }
    assert!((total - 2.0 * PI).abs() < 1e-6);
    // Larger ones: Γ from another library, and the metric of seven trials.
    for outcomes in [5, 12, 101] {
        let half = outcomes as f64 / 2.0;
        let expected = half * PI.ln() - statrs::function::gamma::ln_gamma(half);
        let s = Simplex::new(outcomes)?;
        assert!((s.log_volume() - expected).abs() < 1e-12 * expected.abs().max(1.0));
        assert!((s.volume().ln() - expected).abs() < 1e-12 * expected.abs().max(1.0));
        let scaled =
            Simplex::multinomial(outcomes, 7)?.volume().ln() - (outcomes as f64 - 1.0) / 2.0 * 7f64.ln();
        assert!((scaled - expected).abs() < 1e-12 * expected.abs().max(1.0));
    }
    Ok(())
}

/// geomstats 2.8.0 returns 2.0 and other values for the categorical metric.
#[test]
fn the_sectional_curvature_is_one_quarter() -> Result<()> {
    let (s, p, _, v, w) = setting()?;
    assert!((s.sectional_curvature(&p, &v, &w)? - 0.25).abs() < 1e-15);
    // By another route: the excess of a small triangle over its area.
    let (a, b) = (s.exp(&p, &(0.01 * &v))?, s.exp(&p, &(0.01 * &w))?);
    let angle = |x: &Point, y: &Point, z: &Point| -> Result<f64> {
        let (f, g) = (s.log(x, y)?, s.log(x, z)?);
        Ok((s.inner(x, &f, &g)? / s.norm(x, &f)? / s.norm(x, &g)?).acos())
    };
    let excess = angle(&p, &a, &b)? + angle(&a, &b, &p)? + angle(&b, &p, &a)? - PI;
    let (g11, g12, g22) = (s.inner(&p, &v, &v)?, s.inner(&p, &v, &w)?, s.inner(&p, &w, &w)?);
    let area = 0.5 * 1e-4 * (g11 * g22 - g12 * g12).sqrt();
    assert!((excess / area - 0.25).abs() < 1e-4, "{}", excess / area);
    Ok(())
}

/// geomstats 2.8.0 accepts (-.5, .7, .8), whose sum is one.
#[test]
fn a_point_with_a_negative_entry_is_refused() -> Result<()> {
    let error = Simplex::new(3)?.point(array![-0.5, 0.7, 0.8]).unwrap_err();
    assert!(matches!(error, Error::Domain { index: 0, value, .. } if (value + 0.5).abs() < 1e-15));
    Ok(())
}

/// pyBregMan multiplies by the root of the number of categories, and its midpoint sums to 1.0493.
#[test]
fn trials_scale_distances_by_their_root_and_leave_midpoints_alone() -> Result<()> {
    let (one, p, q, ..) = setting()?;
    let d = one.distance(&p, &q)?;
    for trials in [1_u32, 4, 7, 1000] {
        let s = Simplex::multinomial(3, u64::from(trials))?;
        same(array![s.distance(&p, &q)?].view(), &[f64::from(trials).sqrt() * d], 4.0);
        let middle = s.geodesic(&p, &q, 0.5)?;
        same(middle.values(), &[0.14921852514609568, 0.44765557543828705, 0.40312589941561726], 4.0);
        assert!((middle.values().sum() - 1.0).abs() < 3e-16);
        same(
            s.geodesic(&p, &q, 0.25)?.values(),
            &one.exp(&p, &(0.25 * &one.log(&p, &q)?))?.values().to_vec(),
            4.0,
        );
    }
    Ok(())
}

/// infogeom 0.2.3: the logarithm of points 1e-9 apart is zero while their distance is not.
#[test]
fn the_logarithm_of_near_points_is_as_long_as_their_distance() -> Result<()> {
    let s = Simplex::new(3)?;
    let p = s.point(array![0.2, 0.3, 0.5])?;
    let q = s.point(array![0.2 + 1e-9, 0.3, 0.5 - 1e-9])?;
    let log = s.log(&p, &q)?;
    assert!((log.values()[0] / 1e-9 - 1.0).abs() < 1e-7, "{log:?}");
    assert!((s.norm(&p, &log)? / s.distance(&p, &q)? - 1.0).abs() < 1e-15);
    // And a step of 1e-13 is taken, not dropped.
    let moved = s.exp(&p, &s.tangent(&p, array![1e-13, 0.0, -1e-13])?)?;
    assert!(((moved.values()[0] - 0.2) / 1e-13 - 1.0).abs() < 1e-3);
    Ok(())
}

/// Where 2 arccos Σ√(pq) has no digit left, or is not a number: (q - p)/(√p + √q) entry by entry has all.
#[test]
fn near_points_have_a_distance_with_all_its_digits() -> Result<()> {
    let s = Simplex::new(2)?;
    for step in [1e-3, 1e-8, 1e-12, 1e-15] {
        let (p, q) = (s.point(array![0.25, 0.75])?, s.point(array![0.25 + step, 0.75 - step])?);
        // 2(arcsin √(¼ + h) - arcsin √¼) = h/√(3/16) (1 - (2/3) h + …), h as the doubles have it.
        let h = (0.25 + step) - 0.25;
        if step < 1e-7 {
            let other = 0.75 - (0.75 - step);
            // The entries' own roundings move the sums; the point is the ray.
            let expected = (h * 0.75 + other * 0.25) / (3.0f64 / 16.0).sqrt();
            assert!((s.distance(&p, &q)? / expected - 1.0).abs() < step + 4e-16, "{step:e}");
        } else {
            let expected = 2.0 * ((0.25 + h).sqrt().asin() - PI / 6.0);
            assert!((s.distance(&p, &q)? / expected - 1.0).abs() < 1e-12);
        }
    }
    Ok(())
}

/// Manopt's clamp after normalising loses the sum, and its logarithm at p = q is 0/0.
#[test]
fn steps_sum_to_one_and_the_logarithm_of_a_point_at_itself_is_zero() -> Result<()> {
    let s = Simplex::new(3)?;
    let p = s.point(array![1e-17, 1e-5, 1.0 - 1e-5])?;
    let v = s.project(&p, array![3.0, -1e-6, 0.5].view())?;
    let t = 0.999 * s.exit_time(&p, &v)?;
    let end = s.exp(&p, &(t * &v))?;
    assert!((end.values().sum() - 1.0).abs() < 2.3e-16);
    assert!(s.log(&p, &p)?.values().iter().all(|x| x.abs() <= 0.0));
    assert!(s.distance(&p, &p)?.abs() <= 0.0);
    Ok(())
}
