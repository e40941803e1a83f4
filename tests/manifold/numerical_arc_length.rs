//! Arc lengths by quadrature against the closed forms of five families, and the two that have none.

use crate::family::golden::{relative, rows};
use natgrad::family::{Bernoulli, Binomial, Family, GeometricFailures, NegativeBinomial, Poisson, Source};
use natgrad::manifold::{ArcLength, End, Manifold, Point};
use natgrad::ndarray::array;
use natgrad::random::{Purpose, Streams};
use natgrad::{Error, Result};

const LEFT: f64 = f64::NEG_INFINITY;
const RIGHT: f64 = f64::INFINITY;

fn at<F: Family>(curve: &ArcLength<F>, lambda: f64) -> Result<Point> {
    curve.point(curve.family().source_to_natural(&Source::from(lambda))?.into_inner())
}

/// d and the round trip of `curve` between sources `a` and `b` against the closed length s(a) - s(b).
fn compare<F: Family>(
    curve: &ArcLength<F>,
    pairs: &[(f64, f64)],
    closed: impl Fn(f64, f64) -> f64,
) -> Result<()> {
    for &(a, b) in pairs {
        let (p, q) = (at(curve, a)?, at(curve, b)?);
        let d = curve.distance(&p, &q)?;
        println!("{} {a:e} {b:e}: {d} {:.1e}", curve.name(), relative(d, closed(a, b)));
        let v = curve.log(&p, &q)?;
        let back = curve.exp(&p, &v)?;
        println!(
            "    norm {:.1e} exp log {:.1e}",
            relative(curve.norm(&p, &v)?, d),
            relative(back.values()[0], q.values()[0])
        );
    }
    Ok(())
}

#[test]
fn bernoulli_and_binomial() -> Result<()> {
    // 2√n asin((p - q)/(√(p(1-q)) + √(q(1-p)))): no cancellation.
    let angle = |a: f64, b: f64| ((a - b) / ((a * (1.0 - b)).sqrt() + (b * (1.0 - a)).sqrt())).asin().abs();
    let pairs = [(0.3, 0.6), (1e-16, 0.5), (1e-300, 1.0 - 1e-16), (0.3, 0.3 + 1e-12), (0.999, 0.01)];
    let ends = (End::Finite { at: LEFT }, End::Finite { at: RIGHT });
    compare(&ArcLength::new(Bernoulli, ends.0, ends.1)?, &pairs, |a, b| 2.0 * angle(a, b))?;
    compare(&ArcLength::new(Binomial::with_trials(7)?, ends.0, ends.1)?, &pairs, |a, b| {
        2.0 * 7f64.sqrt() * angle(a, b)
    })
}

#[test]
fn poisson_and_the_waiting_times() -> Result<()> {
    let curve = ArcLength::new(Poisson, End::Finite { at: LEFT }, End::Infinite { at: RIGHT })?;
    let pairs = [(2.5, 4.0), (1e-300, 3.0), (1e-16, 1e6), (5.0, 5.0 + 1e-11)];
    compare(&curve, &pairs, |a, b| 2.0 * (a - b).abs() / (a.sqrt() + b.sqrt()))?;
    // 2√r |asinh((x - y)/(√(x(1+y)) + √(y(1+x))))| with x = (1-p)/p.
    let length = |a: f64, b: f64| {
        let (x, y) = ((1.0 - a) / a, (1.0 - b) / b);
        2.0 * ((x - y) / ((x * (1.0 + y)).sqrt() + (y * (1.0 + x)).sqrt())).asinh().abs()
    };
    let ends = (End::Finite { at: LEFT }, End::Infinite { at: 0.0 });
    let pairs = [
        (0.2, 0.5),
        (1e-12, 0.5),
        (0.25, 1.0 - 1.0 / 4503599627370496.0),
        (0.125, 0.125 + 1.0 / 1099511627776.0),
    ];
    compare(&ArcLength::new(GeometricFailures::new(), ends.0, ends.1)?, &pairs, length)?;
    compare(&ArcLength::new(NegativeBinomial::with_successes(3.5)?, ends.0, ends.1)?, &pairs, |a, b| {
        3.5f64.sqrt() * length(a, b)
    })
}

#[test]
fn lengths_without_closed_forms() -> Result<()> {
    let (zeta, series) = (ArcLength::zeta(), ArcLength::logarithmic_series());
    for row in rows("zeta_lengths") {
        let p = zeta.point(array![row[0]])?;
        let found = if row[1].is_nan() {
            zeta.exit_time(&p, &zeta.tangent(&p, array![1.0])?)?
                * zeta.norm(&p, &zeta.tangent(&p, array![1.0])?)?
        } else {
            zeta.distance(&p, &zeta.point(array![row[1]])?)?
        };
        println!("zeta {row:?} {:.1e}", relative(found, row[2]));
    }
    for row in rows("log_series_lengths") {
        let p = series.point(array![row[0]])?;
        let found = if row[1].is_nan() {
            series.exit_time(&p, &series.tangent(&p, array![-1.0])?)?
                * series.norm(&p, &series.tangent(&p, array![-1.0])?)?
        } else {
            series.distance(&p, &series.point(array![row[1]])?)?
        };
        println!("series {row:?} {:.1e}", relative(found, row[2]));
    }
    Ok(())
}
