//! Arc lengths by quadrature against the closed forms of five families, and the two that have none.

use crate::family::golden::{relative, rows};
use natgrad::family::{
    Bernoulli, Binomial, Categorical, Family, GeometricFailures, NegativeBinomial, Normal, Poisson, Source,
};
use natgrad::manifold::{Cotangent, End, FamilyCurve, Manifold, Point};
use natgrad::ndarray::array;
use natgrad::random::{Purpose, Streams};
use natgrad::{Error, Result};

const LEFT: End = End::Finite { at: f64::NEG_INFINITY };

fn at<F: Family>(curve: &FamilyCurve<F>, lambda: f64) -> Result<Point> {
    curve.point(curve.family().source_to_natural(&Source::from(lambda))?.into_inner())
}

/// Distance against the closed arc coordinate s; log, exp and transport against what follows from it.
fn compare<F: Family>(curve: &FamilyCurve<F>, sources: &[f64], arc: impl Fn(f64) -> f64) -> Result<()> {
    for (&a, &b) in sources.iter().zip(&sources[1..]) {
        let (p, q) = (at(curve, a)?, at(curve, b)?);
        let (d, closed) = (curve.distance(&p, &q)?, (arc(a) - arc(b)).abs());
        let context = format!("{} from {a:e} to {b:e}", curve.name());
        assert!(relative(d, closed) < 4e-15, "{context}: {d} against {closed}");
        let v = curve.log(&p, &q)?;
        assert!(relative(curve.norm(&p, &v)?, d) < 1e-15, "{context}");
        // Where exp(log) ends, measured along the curve.
        // (1e-150 before a finite end it rounds onto it, and is refused.)
        if b > 1e-100 {
            let miss = curve.distance(&curve.exp(&p, &v)?, &q)?;
            // Newton's method ends within four roundings of θ, which are this long; the way there is a sum of some ten
            // quadratures that count, each rounded.
            let theta = q.values()[0].abs();
            let metric = curve.norm(&q, &curve.tangent(&q, array![1.0])?)?;
            let allowed = 4.0 * f64::EPSILON * (theta * metric + 2.0 * d);
            assert!(miss <= allowed, "{context}: exp(log) misses by {miss:e}, {allowed:e} allowed");
        }
        let carried = curve.parallel_transport(&p, &q, &v)?;
        assert!(relative(curve.norm(&q, &carried)?, d) < 1e-15, "{context}");
        let back = curve.log(&q, &p)?;
        assert!(relative(carried.values()[0], -back.values()[0]) < 2e-15, "{context}");
    }
    Ok(())
}

#[test]
fn bernoulli_and_binomial() -> Result<()> {
    let angle = |p: f64| 2.0 * p.sqrt().atan2((1.0 - p).sqrt());
    let sources = [0.3, 0.6, 1e-16, 0.75, 1e-300, 1.0 - 1e-15, 0.01];
    compare(&FamilyCurve::new(Bernoulli::new(), LEFT, End::Finite { at: f64::INFINITY })?, &sources, angle)?;
    let binomial = FamilyCurve::new(Binomial::new(7)?, LEFT, End::Finite { at: f64::INFINITY })?;
    compare(&binomial, &sources, |p| 7f64.sqrt() * angle(p))?;
    assert!(
        relative(binomial.distance(&at(&binomial, 0.3)?, &at(&binomial, 0.6)?)?, 1.6215142179324794) < 1e-15
    );
    // Both ends: their distances add to π√7.
    let p = at(&binomial, 0.3)?;
    let both = [-1.0, 1.0].map(|v| -> Result<f64> {
        let v = binomial.tangent(&p, array![v])?;
        Ok(binomial.exit_time(&p, &v)? * binomial.norm(&p, &v)?)
    });
    let [down, up] = both;
    assert!(relative(down? + up?, std::f64::consts::PI * 7f64.sqrt()) < 1e-14);
    Ok(())
}

#[test]
fn poisson_and_the_waiting_times() -> Result<()> {
    let poisson = FamilyCurve::new(Poisson::new(), LEFT, End::Infinite { at: f64::INFINITY })?;
    compare(&poisson, &[2.5, 4.0, 1e-300, 3.0, 1e-16, 1e6], |rate| 2.0 * rate.sqrt())?;
    let length = |p: f64| 2.0 * ((1.0 - p) / p).sqrt().asinh();
    let sources = [0.2, 0.5, 1e-12, 0.75, 0.125, 1.0 - 1e-9];
    compare(&FamilyCurve::new(GeometricFailures::new(), LEFT, End::Infinite { at: 0.0 })?, &sources, length)?;
    let many = FamilyCurve::new(NegativeBinomial::new(3.5)?, LEFT, End::Infinite { at: 0.0 })?;
    compare(&many, &sources, |p| 3.5f64.sqrt() * length(p))
}

/// Newton's first step from far out goes a hundred lengths too far; of its rounding nothing may stay (1e-13 of the length did).
#[test]
fn steps_beyond_the_answer_leave_no_rounding() -> Result<()> {
    let poisson = FamilyCurve::new(Poisson::new(), LEFT, End::Infinite { at: f64::INFINITY })?;
    let p = at(&poisson, 1e-300)?;
    for k in 0..41 {
        let rate = 0.5 * 1.125f64.powi(k);
        // From √λ = 1e-150, which is nothing: s = 2√λ.
        let speed = 2.0 * rate.sqrt();
        let v = poisson.tangent(&p, array![speed / poisson.norm(&p, &poisson.tangent(&p, array![1.0])?)?])?;
        let found = poisson.exp(&p, &v)?.values()[0];
        // ds = √λ dθ: relative to s, half of an error of θ.
        let miss = 0.5 * (found - rate.ln()).abs();
        assert!(miss <= 4.0 * f64::EPSILON * (2.0 + 0.5 * rate.ln().abs()), "{rate}: {miss:e}");
    }
    Ok(())
}

/// Points 1e-12 and 1e-150 apart: d/|Δθ| is √ψ''.
#[test]
fn distances_of_close_points() -> Result<()> {
    let zeta = FamilyCurve::zeta();
    let p = zeta.point(array![2.5])?;
    let q = zeta.point(array![2.5 + 0.5f64.powi(40)])?;
    assert!(relative(zeta.distance(&p, &q)?, 0.35045248787741273f64.sqrt() * 0.5f64.powi(40)) < 1e-11);
    let series = FamilyCurve::logarithmic_series();
    let (p, q) = (series.point(array![-1e-140])?, series.point(array![-1e-140 - 1e-150])?);
    // p → 1: √ψ'' = √(L - 1)/(|θ| L), L = -ln|θ|.
    let length = 140.0 * 10f64.ln();
    let exact = (length - 1.0).sqrt() / length * 1e-10;
    assert!(relative(series.distance(&p, &q)?, exact) < 2e-6);
    assert!(series.distance(&p, &p)?.abs() <= 0.0);
    Ok(())
}

/// Against quadrature of forty digits and more, the lengths to the finite ends too.
#[test]
fn lengths_without_closed_forms() -> Result<()> {
    fn found<F: Family>(curve: &FamilyCurve<F>, row: &[f64], outward: f64) -> Result<f64> {
        let p = curve.point(array![row[0]])?;
        if !row[1].is_nan() {
            return curve.distance(&p, &curve.point(array![row[1]])?);
        }
        let v = curve.tangent(&p, array![outward])?;
        Ok(curve.exit_time(&p, &v)? * curve.norm(&p, &v)?)
    }
    for row in rows("zeta_lengths") {
        let length = found(&FamilyCurve::zeta(), &row, 1.0)?;
        assert!(relative(length, row[2]) < 4e-15, "{length} against {row:?}");
    }
    for row in rows("log_series_lengths") {
        let length = found(&FamilyCurve::logarithmic_series(), &row, -1.0)?;
        assert!(relative(length, row[2]) < 4e-15, "{length} against {row:?}");
    }
    assert!(relative(rows("zeta_lengths")[0][2], 0.56155606187495849) < 1e-15);
    assert!(relative(rows("log_series_lengths")[0][2], 0.74881468994222967) < 1e-15);
    Ok(())
}

/// Poisson from 2.5 with θ̇ = -2 (a rate of -5): √λ goes to zero linearly, at time 1 exactly.
#[test]
fn steps_as_fractions_of_the_exit_time() -> Result<()> {
    let curve = FamilyCurve::new(Poisson::new(), LEFT, End::Infinite { at: f64::INFINITY })?;
    let p = at(&curve, 2.5)?;
    let v = curve.tangent(&p, array![-2.0])?;
    assert!(relative(curve.exit_time(&p, &v)?, 1.0) < 1e-14);
    for t in [1e-12, 1e-6, 0.1, 0.5, 0.9, 0.999] {
        let q = curve.exp(&p, &(t * &v))?.values()[0];
        let moved = 2.0 * (-t).ln_1p();
        // Close to the end the rounding of the length is divided by what is left of it.
        let allowed = 1e-15 / (1.0 - t) + f64::EPSILON / moved.abs();
        assert!(
            relative(q - p.values()[0], moved) < 4.0 * allowed,
            "{t}: {} against {moved}",
            q - p.values()[0]
        );
    }
    for t in [1.0 + 1e-12, 2.0, 1e9] {
        let beyond = curve.exp(&p, &(t * &v));
        assert!(
            matches!(beyond, Err(Error::BeyondExit { exit_time, .. }) if relative(exit_time, 1.0 / t) < 1e-13)
        );
    }
    assert!(curve.exit_time(&p, &curve.tangent(&p, array![1.0])?)?.is_infinite());
    assert!(curve.exit_time(&p, &curve.zero())?.is_infinite());
    Ok(())
}

/// Γ = ½ (ln ψ'')' by differences; sharp and flat; the law of random vectors.
#[test]
fn the_rest_of_the_manifold() -> Result<()> {
    let curve = FamilyCurve::logarithmic_series();
    let (p, h) = (curve.point(array![-1.25])?, 1e-4);
    let metric = |theta: f64| curve.family().fisher_natural(&theta.into()).map(|g| g[[0, 0]].ln());
    let slope = (metric(-1.25 + h)? - metric(-1.25 - h)?) / (2.0 * h);
    let (v, w) = (curve.tangent(&p, array![3.0])?, curve.tangent(&p, array![0.5])?);
    assert!(relative(curve.christoffel(&p, &v, &w)?.values()[0], 0.5 * slope * 1.5) < 1e-7);
    let a = Cotangent::from([0.7]);
    assert!(relative(curve.inner(&p, &curve.sharp(&p, &a)?, &v)?, a.pair(&v)) < 1e-15);
    assert!(relative(curve.flat(&p, &curve.sharp(&p, &a)?)?.values()[0], 0.7) < 1e-15);
    assert!(curve.riemann(&p, &v, &w, &v)?.values()[0].abs() <= 0.0);
    assert!(curve.sectional_curvature(&p, &v, &w).is_err());
    let mut rng = Streams::new(3, Purpose::Directions).generator(0);
    let mut sum = 0.0;
    for _ in 0..2003 {
        sum += curve.norm(&p, &curve.random_tangent(&p, &mut rng)?)?.powi(2);
    }
    // χ² with 2003 degrees of freedom.
    let z = (sum - 2003.0) / (2.0f64 * 2003.0).sqrt();
    assert!(z.abs() < 4.0, "z = {z}");
    Ok(())
}

#[test]
fn what_is_no_curve_is_refused() -> Result<()> {
    let right = End::Infinite { at: f64::INFINITY };
    assert!(matches!(FamilyCurve::new(Normal::new(), LEFT, right), Err(Error::Setting { .. })));
    assert!(matches!(FamilyCurve::new(Categorical::new(3)?, LEFT, right), Err(Error::Setting { .. })));
    assert!(matches!(FamilyCurve::new(Poisson::new(), right, LEFT), Err(Error::Setting { .. })));
    let curve = FamilyCurve::zeta();
    assert!(matches!(curve.point(array![1.0]), Err(Error::Domain { .. })));
    assert!(matches!(curve.point(array![2.0, 3.0]), Err(Error::Shape { .. })));
    let p = curve.point(array![2.0])?;
    assert!(matches!(curve.tangent(&p, array![f64::NAN]), Err(Error::NonFinite { .. })));
    Ok(())
}
