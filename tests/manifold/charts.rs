//! Charts, faces, means, Hessian and random points of the simplex.

use super::simplex::{same, setting};
use natgrad::family::{Natural, Source};
use natgrad::manifold::simplex::*;
use natgrad::manifold::*;
use natgrad::ndarray::{Array1, Array2, array};
use natgrad::random::{Purpose, Streams};
use natgrad::{Error, Result};
use std::f64::consts::{FRAC_PI_2, PI};

/// The metric in every chart gives the inner product, its inverse inverts, its determinant is that of another library, and
/// velocities are those of the coordinates along a curve.
fn chart_laws<C: SimplexChart>(
    chart: &C,
    numbers: impl Fn(&C::Coordinates) -> Array1<f64>,
    redundant: bool,
) -> Result<()> {
    let s = Simplex::multinomial(5, 7)?;
    let mut rng = Streams::new(2, Purpose::Data).generator(9);
    let p = s.random_point(&mut rng)?;
    let (v, w) = (s.random_tangent(&p, &mut rng)?, s.random_tangent(&p, &mut rng)?);
    let (metric, inverse) = (chart.metric(&s, &p)?, chart.inverse_metric(&s, &p)?);
    let (x, y) = (chart.velocity(&s, &p, &v)?, chart.velocity(&s, &p, &w)?);
    assert!((x.dot(&metric.dot(&y)) - s.inner(&p, &v, &w)?).abs() < 1e-13);
    same(chart.tangent(&s, &p, x.view())?.values(), &v.values().to_vec(), 10.0);
    let back = chart.point(&s, &chart.coordinates(&s, &p)?)?;
    same(back.values(), &p.values().to_vec(), 10.0);
    let m = metric.nrows();
    let centre = if redundant { 1.0 / m as f64 } else { 0.0 };
    let product = metric.dot(&inverse) - (Array2::<f64>::eye(m) - centre);
    assert!(product.iter().all(|e| e.abs() < 1e-11), "{product}");
    // Of a redundant chart G + N 11ᵀ/m has the determinant N times that of the rest.
    let shift = if redundant { 7.0 * centre } else { 0.0 };
    let full = nalgebra::DMatrix::from_fn(m, m, |i, j| metric[[i, j]] + shift);
    let expected = full.determinant().ln() - if redundant { 7f64.ln() } else { 0.0 };
    assert!((chart.log_determinant(&s, &p)? - expected).abs() < 1e-10);
    let h = 1e-5;
    let ahead = numbers(&chart.coordinates(&s, &s.exp(&p, &(h * &v))?)?);
    let behind = numbers(&chart.coordinates(&s, &s.exp(&p, &(-h * &v))?)?);
    let mut slope = (ahead - behind) / (2.0 * h);
    let mut exact = x.clone();
    if redundant {
        // Only differences of logits count.
        let (a, b) = (slope[0], exact[0]);
        slope -= a;
        exact -= b;
    }
    assert!((slope - exact).iter().all(|e| e.abs() < 1e-7));
    Ok(())
}

#[test]
fn charts_agree_with_the_simplex() -> Result<()> {
    chart_laws(&DropLast, |x| x.values().to_owned(), false)?;
    chart_laws(&LogRatios, |x| x.values().to_owned(), false)?;
    chart_laws(&RedundantLogits, |x| x.0.clone(), true)?;
    let (s, p, ..) = setting()?;
    assert!(
        (DropLast.metric(&s, &p)? - array![[7.0, 2.0], [2.0, 16.0 / 3.0]]).iter().all(|e| e.abs() < 1e-15)
    );
    let inverse = DropLast.inverse_metric(&s, &p)? - array![[0.16, -0.06], [-0.06, 0.21]];
    assert!(inverse.iter().all(|e| e.abs() < 1e-16));
    assert!((DropLast.log_determinant(&s, &p)? - (100.0_f64 / 3.0).ln()).abs() < 1e-15);
    // Logits of ±800 are points as long as the doubles hold them, and refused beyond.
    let point = LogRatios.point(&s, &Natural::from([-700.0, 0.0]))?;
    assert!((point.values()[0] / (0.5 * (-700f64).exp()) - 1.0).abs() < 1e-13);
    assert!(LogRatios.point(&s, &Natural::from([-800.0, 0.0])).is_err());
    assert!(DropLast.point(&s, &Source::from([0.5, 0.6])).is_err());
    assert!(RedundantLogits.point(&s, &Logits(array![1e4, 1e4 + 1.0, 1e4])).is_ok());
    // The natural gradient in logits is the ordinary gradient with respect to p, up to a constant.
    let a = array![0.7, -0.2, 1.1];
    let (mean, b) = (p.values().dot(&a), s.sharp(&p, &Cotangent::new(a.clone()))?);
    let step = RedundantLogits.inverse_metric(&s, &p)?.dot(&b.values());
    let expected: Vec<f64> = a.iter().map(|x| x - a.sum() / 3.0).collect();
    same(step.view(), &expected, 10.0);
    assert!(mean > 0.0);
    Ok(())
}

#[test]
fn gradients_do_not_see_a_constant() -> Result<()> {
    let (s, p, ..) = setting()?;
    let plain = s.gradient(&p, array![0.75, -0.25, 1.125])?;
    let shifted = s.gradient(&p, array![0.75, -0.25, 1.125] + 2f64.powi(40))?;
    same(shifted.values(), &plain.values().to_vec(), 1.0);
    let flat = s.flat(&p, &plain)?;
    same(s.sharp(&p, &flat)?.values(), &plain.values().to_vec(), 4.0);
    Ok(())
}

#[test]
fn faces_and_vertices_have_the_printed_distances() -> Result<()> {
    let (s, p, q, v, _) = setting()?;
    same(array![s.boundary_distance(&p)?].view(), &[0.92729521800161223], 3.0);
    let vertices: Array1<f64> = (0..3).map(|i| s.vertex_distance(&p, i)).collect::<Result<_>>()?;
    same(vertices.view(), &[2.214297435588181, 1.9823131728623846, FRAC_PI_2], 3.0);
    assert!(s.vertex_distance(&p, 3).is_err());
    assert!(
        (Simplex::multinomial(3, 4)?.face_distance(&p, 1)? - 2.0 * s.face_distance(&p, 1)?).abs() < 1e-15
    );
    assert!((s.diameter() - PI).abs() < 1e-15);
    // A vertex 1e-300 away is 2e-150 away, and its face almost π.
    let close = s.point(array![1.0 - 1e-16, 1e-300, 1e-16])?;
    assert!((s.vertex_distance(&close, 0)? / 2e-8 - 1.0).abs() < 1e-15);
    assert!((s.face_distance(&close, 1)? / 2e-150 - 1.0).abs() < 1e-15);
    // The closed simplex.
    let (first, second) = (array![1.0, 0.0, 0.0], array![0.0, 1.0, 0.0]);
    assert!((s.closed_distance(first.view(), second.view())? - PI).abs() < 1e-15);
    assert!((s.closed_distance(p.values(), q.values())? - s.distance(&p, &q)?).abs() < 1e-16);
    let half = array![0.0, 0.5, 0.5];
    let (a, b) = (array![0.0, 1.0, -1.0], array![0.0, 2.0, -2.0]);
    assert!((s.closed_inner(half.view(), a.view(), b.view())? - 8.0).abs() < 1e-14);
    let error = s.closed_inner(half.view(), v.values(), b.view()).unwrap_err();
    assert!(matches!(error, Error::Domain { index: 0, .. }));
    Ok(())
}

#[test]
fn means_give_the_printed_numbers() -> Result<()> {
    let (s, p, q, ..) = setting()?;
    let points = [p.clone(), q.clone(), s.point(array![0.4, 0.4, 0.2])?];
    let mean = s.frechet_mean(&points, &[2.0; 3], 1e-15, 50)?;
    same(mean.point.values(), &[0.224885145146707, 0.4409546789507297, 0.3341601759025634], 8.0);
    assert!(mean.iterations <= 12 && mean.residual <= 1e-15, "{mean:?}");
    let geometric = s.geometric_mean(&points, &[1.0; 3])?;
    same(geometric.values(), &[0.2158102560787703, 0.448903422518139, 0.3352863214030907], 8.0);
    same(s.mixture_mean(&points, &[1.0; 3])?.values(), &[0.7 / 3.0, 1.3 / 3.0, 1.0 / 3.0], 4.0);
    // Two points: the geodesic's interior point.
    let between = s.frechet_mean(&[p.clone(), q.clone()], &[3.0, 1.0], 1e-14, 50)?;
    same(between.point.values(), &s.geodesic(&p, &q, 0.25)?.values().to_vec(), 40.0);
    assert!(matches!(s.frechet_mean(&points, &[1.0; 3], 1e-15, 1), Err(Error::NotConverged { .. })));
    assert!(s.frechet_mean(&points, &[1.0, -1.0, 1.0], 1e-15, 9).is_err());
    assert!(s.frechet_mean(&[], &[], 1e-15, 9).is_err());
    // Points near different vertices: unit steps stay inside all the same.
    let corners: Vec<Point> = (0..3)
        .map(|i| s.normalise(Array1::from_shape_fn(3, |j| if i == j { 1.0 } else { 1e-12 })))
        .collect::<Result<_>>()?;
    let centre = s.frechet_mean(&corners, &[1.0; 3], 1e-13, 200)?;
    same(centre.point.values(), &[1.0 / 3.0; 3], 1000.0);
    Ok(())
}

/// f = Σ cᵢ pᵢ ln pᵢ + p₁p₂ with seven trials: third-order remainder of the second-order model along geodesics.
#[test]
fn the_hessian_is_the_second_derivative_along_geodesics() -> Result<()> {
    let s = Simplex::multinomial(3, 7)?;
    let (_, p, _, v, w) = setting()?;
    let c = array![1.0, -2.0, 0.5];
    let f = |p: &Point| {
        let p = p.values();
        p.iter().zip(&c).map(|(p, c)| c * p * p.ln()).sum::<f64>() + p[0] * p[1]
    };
    let x = p.values();
    let partials = &c * &(x.mapv(f64::ln) + 1.0) + array![x[1], x[0], 0.0];
    let partials = Cotangent::new(partials);
    let second = |v: &Tangent| &c * &v.values() / x + array![v.values()[1], v.values()[0], 0.0];
    let hessian = |v: &Tangent| s.hessian(&p, &partials, &Cotangent::new(second(v)), v);
    let (hv, hw) = (hessian(&v)?, hessian(&w)?);
    assert!((s.inner(&p, &hv, &w)? - s.inner(&p, &v, &hw)?).abs() < 1e-14);
    let model = |t: f64| -> Result<f64> {
        let slope = s.inner(&p, &s.sharp(&p, &partials)?, &v)?;
        Ok(f(&s.exp(&p, &(t * &v))?) - f(&p) - t * slope - 0.5 * t * t * s.inner(&p, &hv, &v)?)
    };
    let found = (model(1e-2)? / model(1e-3)?).abs().log10();
    assert!((found - 3.0).abs() < 0.05, "{found}");
    // Even part: the second derivative itself.
    let h = 1e-3;
    let difference = (f(&s.exp(&p, &(h * &v))?) - 2.0 * f(&p) + f(&s.exp(&p, &(-h * &v))?)) / (h * h);
    assert!((difference - s.inner(&p, &hv, &v)?).abs() < 1e-5);
    Ok(())
}

/// Moments of 20,000 draws: E pᵢ = 1/m and E pᵢ² = 3/(m(m + 2)) for the Fisher-Rao uniform law of m outcomes, which a
/// Dirichlet law of ½ repeats by another sampler; E⟨v, w⟩² = ⟨w, w⟩ for random tangents.
#[test]
fn random_points_and_tangents_have_their_moments() -> Result<()> {
    let (m, draws) = (3.0, 20_000);
    let (s, p, _, _, w) = setting()?;
    let mut rng = Streams::new(17, Purpose::Data).generator(1);
    let half = Array1::from_elem(3, 0.5);
    let (mut uniform, mut dirichlet, mut tangent) = ([0.0; 2], [0.0; 2], 0.0);
    for _ in 0..draws {
        let (x, y) = (s.random_point(&mut rng)?, s.random_dirichlet(half.view(), &mut rng)?);
        for (sums, x) in [(&mut uniform, x.values()[1]), (&mut dirichlet, y.values()[1])] {
            sums[0] += x;
            sums[1] += x * x;
        }
        tangent += s.inner(&p, &s.random_tangent(&p, &mut rng)?, &w)?.powi(2);
    }
    let n = f64::from(draws);
    // Moments of Beta(½, 1): mean 1/3, E x² = 1/5, E x⁴ = 1/9.
    let (first, second) = (1.0 / m, 3.0 / (m * (m + 2.0)));
    for sums in [uniform, dirichlet] {
        let z = (sums[0] / n - first) / ((second - first * first) / n).sqrt();
        let zz = (sums[1] / n - second) / ((1.0 / 9.0 - second * second) / n).sqrt();
        assert!(z.abs() < 4.0 && zz.abs() < 4.0, "{z} {zz}");
    }
    let expected = s.inner(&p, &w, &w)?;
    let z = (tangent / n / expected - 1.0) / (2.0 / n).sqrt();
    assert!(z.abs() < 4.0, "{z}");
    assert!(s.random_dirichlet(array![1.0, 0.0, 1.0].view(), &mut rng).is_err());
    Ok(())
}
