//! Steps along lines and parabolas of the coordinates: exits, and what cannot be stepped on.

use super::arcs::within;
use natgrad::manifold::arc::{Binomial, Logarithmic, Poisson, Straight};
use natgrad::manifold::{
    Curve, Euclidean, HalfPlane, Linear, Manifold, QuadraticCorrection, Retraction, Simplex,
};
use natgrad::ndarray::{Array1, array};
use natgrad::{Error, Result};

fn exit<'a>(r: &dyn Retraction<dyn Manifold + 'a>, m: &(dyn Manifold + 'a), p: &[f64], v: &[f64]) -> f64 {
    let p = m.point(p.to_vec().into()).unwrap();
    let v = m.tangent(&p, v.to_vec().into()).unwrap();
    let exit = r.exit_time(m, &p, &v).unwrap();
    if exit.is_finite() {
        // Short of it a point, beyond it an error that says so; a double root has half of the digits.
        for fraction in [1e-12, 1e-6, 0.1, 0.5, 0.9, 0.999] {
            m.check_point(r.retract(m, &p, &((fraction * exit) * &v)).unwrap().values()).unwrap();
        }
        match r.retract(m, &p, &((exit * (1.0 + 1e-6)) * &v)) {
            Err(Error::BeyondExit { map, exit_time, .. }) => {
                assert_eq!(map, r.name());
                assert!((exit_time - 1.0).abs() < 2e-6, "{exit_time}");
            }
            other => panic!("{other:?}"),
        }
    }
    exit
}

#[test]
fn lines_leave_where_a_coordinate_reaches_its_bound() -> Result<()> {
    let (poisson, coin) = (Curve::new(Poisson), Curve::new(Binomial::mean(7)?));
    assert_eq!(exit(&Linear, &poisson, &[2.5], &[-10.0]), 0.25);
    assert_eq!(exit(&Linear, &poisson, &[2.5], &[10.0]), f64::INFINITY);
    assert_eq!(exit(&Linear, &coin, &[5.0], &[0.5]), 4.0);
    assert_eq!(exit(&Linear, &coin, &[5.0], &[-2.0]), 2.5);
    assert_eq!(exit(&Linear, &HalfPlane::normal(), &[1.0, 3.0], &[9.0, -2.0]), 1.5);
    assert_eq!(exit(&Linear, &HalfPlane::normal(), &[1.0, 3.0], &[9.0, 0.0]), f64::INFINITY);
    // p = (.2, .3, .5), v = (.1, -.3, .2): the second entry vanishes at time 1.
    within("simplex", exit(&Linear, &Simplex::new(3)?, &[0.2, 0.3, 0.5], &[0.1, -0.3, 0.2]), 1.0, 1.0);
    assert_eq!(exit(&Linear, &Curve::new(Straight::interval(-1.0, 5.0)?), &[0.0], &[-0.25]), 4.0);
    assert_eq!(exit(&Linear, &Euclidean::new(2)?, &[0.0, 1.0], &[1e300, -1.0]), f64::INFINITY);
    Ok(())
}

#[test]
fn parabolas_leave_where_they_meet_the_bound() -> Result<()> {
    // (2λ + v)²/(4λ) touches zero at v = -2λ and would come back: that is the exit, on both sides of rounding.
    for mean in [1.0, 2.5, 0.3, 1e-300, 1e300, 7.7e-5] {
        let found = exit(&QuadraticCorrection, &Curve::new(Poisson), &[mean], &[-mean]);
        // A double root: half of the digits.
        assert!((found - 2.0).abs() < 1e-7, "{mean}: {found}");
    }
    for k in 1..200 {
        let (mean, v) = (0.137 * f64::from(k), -0.0713 * f64::from(k * k % 97 + 1));
        let found = exit(&QuadraticCorrection, &Curve::new(Poisson), &[mean], &[v]);
        assert!((found * v / mean + 2.0).abs() < 1e-7, "{mean}, {v}: {found}");
    }
    // σ + v + v²/(2σ) has no real root: this curve never leaves, nor does the geodesic.
    assert_eq!(
        exit(&QuadraticCorrection, &Curve::new(Logarithmic::normal_scale()), &[2.0], &[-9.0]),
        f64::INFINITY
    );
    // The normal law at (0, 1), v = (2, 0): σ - v₁²/4 = 1 - t², gone at t = 1; the geodesic goes on for ever.
    within("normal", exit(&QuadraticCorrection, &HalfPlane::normal(), &[0.0, 1.0], &[2.0, 0.0]), 1.0, 2.0);
    // p + tv + t²(v²/p - g p)/4 by hand: entries with v²/p = .05, .3, .08, g = .43; .3 - .3 t + .04275 t² = 0.
    let by_hand = (0.3 - (0.09f64 - 4.0 * 0.3 * 0.04275).sqrt()) / (2.0 * 0.04275);
    let found = exit(&QuadraticCorrection, &Simplex::new(3)?, &[0.2, 0.3, 0.5], &[0.1, -0.3, 0.2]);
    within("simplex", found, by_hand, 16.0);
    Ok(())
}

/// 0.1 v from p, and the geodesic beside it, as a forty-digit program prints them.
#[test]
fn the_parabola_on_the_simplex() -> Result<()> {
    let simplex = Simplex::new(3)?;
    let p = simplex.point(array![0.2, 0.3, 0.5])?;
    let v = simplex.tangent(&p, array![0.01, -0.03, 0.02])?;
    let q = QuadraticCorrection.retract(&simplex, &p, &v)?;
    for (found, exact) in q.values().iter().zip([0.20991, 0.2704275, 0.5196625]) {
        within("parabola", *found, exact, 2.0);
    }
    Ok(())
}

/// The geodesic-corrected step is the exponential map where √λ is affine.
#[test]
fn on_poisson_means_the_parabola_is_the_geodesic() -> Result<()> {
    let poisson = Curve::new(Poisson);
    for (mean, v) in [(2.5, 1.2), (0.7, -1.1), (1e-200, 3e-200), (4e100, -7e100)] {
        let p = poisson.point(array![mean])?;
        let v = poisson.tangent(&p, array![v])?;
        let (a, b) = (QuadraticCorrection.retract(&poisson, &p, &v)?, poisson.exp(&p, &v)?);
        within("Poisson", a.values()[0], b.values()[0], 64.0);
    }
    Ok(())
}

#[test]
fn bad_vectors_are_refused() -> Result<()> {
    let simplex = Simplex::new(3)?;
    let p = simplex.point(array![0.2, 0.3, 0.5])?;
    let stray = natgrad::manifold::Tangent::unchecked(array![0.1, 0.1, 0.1]);
    let long = natgrad::manifold::Tangent::unchecked(Array1::zeros(4));
    for v in [&stray, &long] {
        assert!(Linear.retract(&simplex, &p, v).is_err() && Linear.exit_time(&simplex, &p, v).is_err());
        assert!(QuadraticCorrection.retract(&simplex, &p, v).is_err());
    }
    Ok(())
}
