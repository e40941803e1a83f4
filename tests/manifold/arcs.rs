//! One-parameter families against thousand-digit numbers (`golden/arcs.json`), from 1e-300 to 1 - 1e-16 and 1e300.

use natgrad::manifold::arc::{Binomial, Logarithmic, NegativeBinomial, Poisson, Straight};
use natgrad::manifold::{Curve, Manifold};
use natgrad::ndarray::array;
use natgrad::{Error, Result};
use serde_json::Value;

/// The arc of each name in the file.
pub fn arc(name: &str) -> Result<Box<dyn Manifold>> {
    Ok(match name {
        "bernoulli probability" => Box::new(Curve::new(Binomial::probability(1)?)),
        "binomial probability" => Box::new(Curve::new(Binomial::probability(7)?)),
        "binomial mean" => Box::new(Curve::new(Binomial::mean(7)?)),
        "poisson" => Box::new(Curve::new(Poisson)),
        "geometric probability" => Box::new(Curve::new(NegativeBinomial::probability(1.0)?)),
        "geometric mean" => Box::new(Curve::new(NegativeBinomial::mean(1.0)?)),
        "negative binomial probability" => Box::new(Curve::new(NegativeBinomial::probability(3.5)?)),
        "negative binomial mean" => Box::new(Curve::new(NegativeBinomial::mean(3.5)?)),
        "normal mean" => Box::new(Curve::new(Straight::normal_mean(0.5)?)),
        "normal scale" => Box::new(Curve::new(Logarithmic::normal_scale())),
        "exponential rate" => Box::new(Curve::new(Logarithmic::exponential_rate())),
        other => panic!("{other}"),
    })
}

pub fn golden() -> Value {
    serde_json::from_str(include_str!("../golden/arcs.json")).unwrap()
}

/// The rows of a table.
pub fn rows(table: &Value) -> Vec<Vec<f64>> {
    let row =
        |row: &Value| row.as_array().unwrap().iter().map(|x| x.as_str().unwrap().parse().unwrap()).collect();
    table.as_array().unwrap().iter().map(row).collect()
}

/// Within so many roundings of the exact number; results below the least normal number are compared on their grid.
#[track_caller]
pub fn within(what: &str, found: f64, exact: f64, roundings: f64) {
    let slack = roundings * f64::EPSILON * exact.abs().max(f64::MIN_POSITIVE);
    assert!(
        found == exact || (found - exact).abs() <= slack,
        "{what}: {found:e}, exact {exact:e}, off by {:.2} roundings",
        (found - exact).abs() / exact.abs() / f64::EPSILON
    );
}

/// The worst of 383 pairs is off by 2.1 · 2.2e-16.
#[test]
fn distances_logarithms_and_transports_keep_their_digits() -> Result<()> {
    for (name, tables) in golden()["arcs"].as_object().unwrap() {
        let arc = arc(name)?;
        for row in rows(&tables["distances"]) {
            let what = format!("{name} from {:e} to {:e}", row[0], row[1]);
            let (x, y) = (arc.point(array![row[0]])?, arc.point(array![row[1]])?);
            let distance = arc.distance(&x, &y)?;
            within(&what, distance, row[2], 3.0);
            assert_eq!(distance, arc.distance(&y, &x)?, "{what}: symmetric to the last bit");
            within(&what, arc.log(&x, &y)?.values()[0], row[3], 3.0);
            // A unit vector beside p = 1e-300 may be longer than any number elsewhere: then it is an error.
            match arc.parallel_transport(&x, &y, &arc.tangent(&x, array![1.0])?) {
                Ok(carried) => within(&what, carried.values()[0], row[4], 3.0),
                Err(error) => {
                    assert!(row[4] > 1e300 && matches!(error, Error::NonFinite { .. }), "{what}: {error}")
                }
            }
        }
    }
    Ok(())
}

/// The condition of each step is in the file: what a relative change of the inputs does to the result.
#[test]
fn exponential_maps_and_exit_times_keep_their_digits() -> Result<()> {
    for (name, tables) in golden()["arcs"].as_object().unwrap() {
        let arc = arc(name)?;
        for row in rows(&tables["steps"]) {
            let what = format!("{name} from {:e} by {:e}", row[0], row[1]);
            let x = arc.point(array![row[0]])?;
            let v = arc.tangent(&x, array![row[1]])?;
            within(&what, arc.exp(&x, &v)?.values()[0], row[2], 2.0 * (1.0 + row[3]));
            within(&what, arc.exit_time(&x, &v)?, row[4], 3.0);
        }
    }
    Ok(())
}

/// v = -2 is the exit from λ = 1; the formula (2λ + v)²/(4λ) goes on beyond and gives 2.25 for v = -5, as geomstats 2.8.0 does.
#[test]
fn a_step_beyond_an_end_is_an_error_with_the_exit_time() -> Result<()> {
    let exit = |arc: &dyn Manifold, x: f64, v: f64| {
        let p = arc.point(array![x]).unwrap();
        let v = arc.tangent(&p, array![v]).unwrap();
        match arc.exp(&p, &v) {
            Err(Error::BeyondExit { exit_time, map, manifold }) => {
                assert_eq!((map, manifold), ("exponential map", arc.name()));
                assert_eq!(exit_time, arc.exit_time(&p, &v).unwrap());
                exit_time
            }
            other => panic!("{}: {other:?}", arc.name()),
        }
    };
    let (poisson, coin) = (Curve::new(Poisson), Curve::new(Binomial::probability(1)?));
    assert_eq!(exit(&poisson, 1.0, -5.0), 0.4);
    assert_eq!(exit(&poisson, 1.0, -2.0), 1.0);
    assert_eq!(exit(&poisson, 2.5, -10.0), 0.5);
    // The fair coin is a quarter of the circle's π from both ends, and its metric there is 4.
    within("coin", exit(&coin, 0.5, 1.0), std::f64::consts::FRAC_PI_4, 2.0);
    within("coin", exit(&coin, 0.5, -2.0), std::f64::consts::FRAC_PI_8, 2.0);
    assert_eq!(exit(&Curve::new(Straight::interval(-1.0, 4.0)?), 1.0, 6.0), 0.5);
    // artanh√¾ = ln(2 + √3); the speed of p = ¼ is 1/(¼√¾).
    let by_hand = 2.0 * (2.0 + 3f64.sqrt()).ln() * 0.25 * 0.75f64.sqrt();
    within("geometric", exit(&Curve::new(NegativeBinomial::probability(1.0)?), 0.25, 1.0), by_hand, 3.0);
    // Just inside is a point, and a geodesic that never ends has no exit.
    let p = poisson.point(array![1.0])?;
    let inside = poisson.exp(&p, &poisson.tangent(&p, array![-1.998])?)?;
    assert!((inside.values()[0] - 1e-6).abs() < 1e-18);
    let scale = Curve::new(Logarithmic::positive());
    assert_eq!(scale.exit_time(&p, &scale.tangent(&p, array![-700.0])?)?, f64::INFINITY);
    Ok(())
}

#[test]
fn what_f64_cannot_hold_is_an_error_with_the_number() -> Result<()> {
    let scale = Curve::new(Logarithmic::normal_scale());
    let one = scale.point(array![1.0])?;
    for (v, end) in [(1e6, f64::INFINITY), (-1e6, 0.0)] {
        let error = scale.exp(&one, &scale.tangent(&one, array![v])?).unwrap_err();
        assert!(matches!(error, Error::Domain { index: 0, value, .. } if value == end), "{error}");
    }
    // One step of a quarter of an ulp of 1 from the end p = 1: inside, but no number of f64 is.
    let coin = Curve::new(Binomial::probability(1)?);
    let p = coin.point(array![1.0 - f64::EPSILON / 2.0])?;
    let v = coin.tangent(&p, array![0.9 * f64::EPSILON])?;
    assert!(coin.exit_time(&p, &v)? > 1.0);
    let error = coin.exp(&p, &v).unwrap_err();
    assert!(matches!(error, Error::Domain { value, .. } if value == 1.0), "{error}");
    let line = Curve::new(Straight::normal_mean(1e-300)?);
    let error = line.distance(&one, &line.point(array![1e300])?).unwrap_err();
    assert!(matches!(error, Error::NonFinite { quantity: "distance", .. }), "{error}");
    Ok(())
}

#[test]
fn settings_points_and_vectors_are_checked() -> Result<()> {
    let message = |error: Error| error.to_string();
    assert_eq!(message(Binomial::mean(0).unwrap_err()), "trials = 0; it must be at least 1");
    assert_eq!(
        message(NegativeBinomial::mean(-1.5).unwrap_err()),
        "successes = -1.5; it must be positive and finite"
    );
    assert!(NegativeBinomial::probability(f64::NAN).is_err() && Straight::normal_mean(0.0).is_err());
    assert_eq!(
        message(Straight::interval(2.0, 2.0).unwrap_err()),
        "interval[1] = 2; it must be greater than the lower end of the interval"
    );
    let law = Curve::new(Binomial::mean(7)?);
    assert_eq!(
        message(law.point(array![7.0]).unwrap_err()),
        "point[0] = 7; it must be strictly between 0 and the number of trials"
    );
    for bad in [0.0, -0.5, 7.5, f64::NAN, f64::INFINITY] {
        assert!(law.point(array![bad]).is_err(), "{bad}");
    }
    assert!(law.point(array![1.0, 2.0]).is_err());
    let p = law.point(array![2.0])?;
    assert!(law.tangent(&p, array![f64::NAN]).is_err() && law.tangent(&p, array![]).is_err());
    assert_eq!(law.name(), "binomial laws of 7 trials by their mean");
    Ok(())
}
