//! Numbers that other packages give differently, with the right value found by another route; and what they refuse or do not.

use super::simplex::{same, setting};
use natgrad::manifold::arc::NegativeBinomial;
use natgrad::manifold::*;
use natgrad::ndarray::{Array1, array};
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

/// Manifolds.jl (the same snapshot) stores four times R(x, y)z. Here R from the metric alone, in the chart of the first two
/// probabilities: symbols ½ G⁻¹∂G by hand (∂ₖGᵢⱼ = 1/p₃² - δᵢⱼₖ/pᵢ²), their derivatives by differences of fourth order.
#[test]
fn the_curvature_tensor_follows_from_the_metric_alone() -> Result<()> {
    type Symbols = [[[f64; 2]; 2]; 2];
    let symbols = |x: [f64; 2]| -> Symbols {
        let last = 1.0 - x[0] - x[1];
        let slope =
            |m: usize, i: usize, j: usize| last.powi(-2) - if m == i && i == j { x[m].powi(-2) } else { 0.0 };
        let inverse = |l: usize, m: usize| if l == m { x[l] - x[l] * x[l] } else { -x[l] * x[m] };
        let entry = |l: usize, i: usize, j: usize| {
            0.5 * (inverse(l, 0) * slope(0, i, j) + inverse(l, 1) * slope(1, i, j))
        };
        [0, 1].map(|l| [0, 1].map(|i| [0, 1].map(|j| entry(l, i, j))))
    };
    let at = [0.1, 0.7];
    let central = |i: usize, h: f64, (l, j, k): (usize, usize, usize)| {
        let moved = |h: f64| symbols([0, 1].map(|m| at[m] + if m == i { h } else { 0.0 }))[l][j][k];
        (moved(h) - moved(-h)) / (2.0 * h)
    };
    let slope = |i: usize, entry| (4.0 * central(i, 5e-5, entry) - central(i, 1e-4, entry)) / 3.0;
    let gamma = symbols(at);
    let s = Simplex::new(3)?;
    let p = s.point(array![0.1, 0.7, 0.2])?;
    let x = s.tangent(&p, array![-0.1, 0.05, 0.05])?;
    let y = s.tangent(&p, array![0.05, 0.05, -0.1])?;
    let z = s.tangent(&p, array![-0.1, 0.15, -0.05])?;
    let found = s.riemann(&p, &x, &y, &z)?;
    for l in 0..2 {
        let mut expected = 0.0;
        for (i, j, k) in (0..8).map(|n| (n / 4, n / 2 % 2, n % 2)) {
            let products: f64 =
                (0..2).map(|m| gamma[l][i][m] * gamma[m][j][k] - gamma[l][j][m] * gamma[m][i][k]).sum();
            let entry = slope(i, (l, j, k)) - slope(j, (l, i, k)) + products;
            expected += entry * x.values()[i] * y.values()[j] * z.values()[k];
        }
        assert!((found.values()[l] / expected - 1.0).abs() < 1e-8, "{} {expected}", found.values()[l]);
    }
    Ok(())
}

/// geomstats 2.8.0 says of the categorical metric that parallel transport is not known. It is a closed form, and solves
/// v̇ = ½(ẋ∘v/x - ⟨ẋ, v⟩x) along the geodesic ẍ = ½(ẋ²/x - ⟨ẋ, ẋ⟩x).
#[test]
fn parallel_transport_solves_its_equation() -> Result<()> {
    let (s, p, q, v, _) = setting()?;
    let bend = |x: &Array1<f64>, a: &Array1<f64>, b: &Array1<f64>| 0.5 * (a * b / x - x * (a * b / x).sum());
    // Position, velocity, carried vector.
    let rate =
        |[x, a, w]: &[Array1<f64>; 3]| -> [Array1<f64>; 3] { [a.clone(), bend(x, a, a), bend(x, a, w)] };
    let moved = |y: &[Array1<f64>; 3], h: f64, k: &[Array1<f64>; 3]| -> [Array1<f64>; 3] {
        [0, 1, 2].map(|i| &y[i] + &(h * &k[i]))
    };
    let (steps, mut y) = (400, [p.values(), s.log(&p, &q)?.values(), v.values()].map(|x| x.to_owned()));
    let h = 1.0 / f64::from(steps);
    for _ in 0..steps {
        let k1 = rate(&y);
        let k2 = rate(&moved(&y, 0.5 * h, &k1));
        let k3 = rate(&moved(&y, 0.5 * h, &k2));
        let k4 = rate(&moved(&y, h, &k3));
        for (weight, k) in [(1.0, k1), (2.0, k2), (2.0, k3), (1.0, k4)] {
            y = moved(&y, weight * h / 6.0, &k);
        }
    }
    let apart = |a: &Array1<f64>, b: &Array1<f64>| (a - b).iter().fold(0.0, |m: f64, e| m.max(e.abs()));
    assert!(apart(&y[0], &q.values().to_owned()) < 1e-12);
    assert!(apart(&y[2], &s.parallel_transport(&p, &q, &v)?.values().to_owned()) < 1e-12);
    Ok(())
}

/// geomstats (2.8.0 and 1746a38b) gives general normal laws a product of metrics. Here the length of the half-ellipse
/// through (0, 1) and (1, 2), ½(μ - 7/2)² + σ² = 57/8 by hand, as an integral of √((dμ² + 2dσ²)/σ²): it bounds the distance
/// from above, and lies far below that of the product.
#[test]
fn the_distance_of_normal_laws_is_the_length_of_a_half_ellipse() -> Result<()> {
    let height = 7.125f64.sqrt();
    // μ = 7/2 + √2 h cos t, σ = h sin t: ds = √2 dt/sin t.
    let angle = |mean: f64, sigma: f64| sigma.atan2((mean - 3.5) / 2f64.sqrt());
    let (from, to, pieces) = (angle(1.0, 2.0), angle(0.0, 1.0), 400);
    let h = (to - from) / f64::from(pieces);
    let mut length = 0.0;
    for k in 0..=pieces {
        let (sin, cos) = (from + h * f64::from(k)).sin_cos();
        let (mean_speed, sigma_speed, sigma) = (-2f64.sqrt() * height * sin, height * cos, height * sin);
        let weight = if k == 0 || k == pieces { 1.0 } else { f64::from(2 + 2 * (k % 2)) };
        length += weight * h / 3.0 * (mean_speed.powi(2) + 2.0 * sigma_speed.powi(2)).sqrt() / sigma;
    }
    let plane = HalfPlane::normal();
    let distance = plane.distance(&plane.point(array![0.0, 1.0])?, &plane.point(array![1.0, 2.0])?)?;
    assert!((distance / length - 1.0).abs() < 1e-9, "{distance} {length}");
    let product = (1.0 + 2.0 * 2f64.ln().powi(2)).sqrt();
    assert!(length < 0.85 * product);
    Ok(())
}

/// The metric of four throws of three sides as a sum over the fifteen counts, Σ P(k) (Σ kᵢvᵢ/pᵢ)², and the distance as the
/// length of the geodesic in it: √4 times that of one throw, not √3.
#[test]
fn the_metric_of_trials_is_a_sum_over_counts() -> Result<()> {
    fn factorial(k: u32) -> f64 {
        (1..=k).map(f64::from).product()
    }
    let information = |p: &Array1<f64>, v: &Array1<f64>| -> f64 {
        let counts = (0..=4u32).flat_map(|a| (0..=4 - a).map(move |b| [a, b, 4 - a - b]));
        counts
            .map(|k| {
                let mass: f64 = (0..3).map(|i| p[i].powi(k[i] as i32) / factorial(k[i])).product();
                let score: f64 = (0..3).map(|i| f64::from(k[i]) * v[i] / p[i]).sum();
                24.0 * mass * score * score
            })
            .sum()
    };
    let (one, p, q, v, _) = setting()?;
    let s = Simplex::multinomial(3, 4)?;
    let sum = information(&p.values().to_owned(), &v.values().to_owned());
    assert!((s.inner(&p, &v, &v)? / sum - 1.0).abs() < 1e-14);
    let (pieces, mut length, mut last) = (64, 0.0, p.values().to_owned());
    for k in 1..=pieces {
        let next = s.geodesic(&p, &q, f64::from(k) / f64::from(pieces))?.values().to_owned();
        assert!((next.sum() - 1.0).abs() < 4e-16);
        length += information(&(0.5 * (&last + &next)), &(&next - &last)).sqrt();
        last = next;
    }
    // Chords of 64 pieces: an error of (ω/64)²/24 or so.
    assert!((s.distance(&p, &q)? / length - 1.0).abs() < 1e-5, "{length}");
    assert!((length / one.distance(&p, &q)? - 2.0).abs() < 1e-4);
    Ok(())
}

/// ExponentialFamilyManifolds.jl gives natural parameters the metric of the line. Here the negative binomial's at three laws, as
/// the sum of squared scores r/p - x/(1 - p).
#[test]
fn the_metric_of_negative_binomial_laws_is_a_sum_of_squared_scores() -> Result<()> {
    let curve = Curve::new(NegativeBinomial::probability(3.5)?);
    let mut found = Vec::new();
    for p in [0.2, 0.5, 0.9] {
        let (mut mass, mut sum): (f64, f64) = (f64::powf(p, 3.5), 0.0);
        for x in 0..2000 {
            let x = f64::from(x);
            sum += mass * (3.5 / p - x / (1.0 - p)).powi(2);
            mass *= (3.5 + x) / (x + 1.0) * (1.0 - p);
        }
        let at = curve.point(array![p])?;
        let unit = curve.tangent(&at, array![1.0])?;
        assert!((curve.inner(&at, &unit, &unit)? / sum - 1.0).abs() < 1e-13);
        // In θ = ln(1 - p) it is r(1 - p)/p².
        found.push(sum * (1.0 - p) * (1.0 - p));
    }
    for (p, g) in [0.2, 0.5, 0.9].into_iter().zip(&found) {
        assert!((g / (3.5 * (1.0 - p) / (p * p)) - 1.0).abs() < 1e-13);
    }
    assert!(found[0] / found[2] > 100.0);
    Ok(())
}
