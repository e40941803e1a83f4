//! α-geodesics against the differential equation p̈ = (1+α)/2 (ṗ²/p - g(ṗ,ṗ) p), integrated by Runge and Kutta, and against closed forms.

use super::support::*;
use crate::support::{Stream, distance};
use natgrad::Error;
use natgrad::connection::{AlphaConnection, AlphaGeodesic};
use natgrad::manifold::{Manifold, Simplex};
use natgrad::ndarray::{Array1, array};

fn acceleration(alpha: f64, p: &Array1<f64>, v: &Array1<f64>) -> Array1<f64> {
    let g: f64 = (v * v / p).sum();
    0.5 * (1.0 + alpha) * (v * v / p - g * p)
}

/// Position at time 1, by 1000 classical steps: error below 1e-12 where no entry comes near zero (the equation is stiff there).
fn integrate(alpha: f64, mut p: Array1<f64>, mut v: Array1<f64>) -> Array1<f64> {
    let steps = 1000;
    let h = 1.0 / f64::from(steps);
    for _ in 0..steps {
        let (p1, v1) = (v.clone(), acceleration(alpha, &p, &v));
        let (p2, v2) =
            (&v + &(0.5 * h * &v1), acceleration(alpha, &(&p + &(0.5 * h * &p1)), &(&v + &(0.5 * h * &v1))));
        let (p3, v3) =
            (&v + &(0.5 * h * &v2), acceleration(alpha, &(&p + &(0.5 * h * &p2)), &(&v + &(0.5 * h * &v2))));
        let (p4, v4) = (&v + &(h * &v3), acceleration(alpha, &(&p + &(h * &p3)), &(&v + &(h * &v3))));
        p = &p + &(h / 6.0 * (&p1 + &(2.0 * &p2) + 2.0 * &p3 + &p4));
        v = &v + &(h / 6.0 * (&v1 + &(2.0 * &v2) + 2.0 * &v3 + &v4));
    }
    p
}

const ALPHAS: [f64; 9] = [-3.0, -1.0, -0.5, 0.0, 0.5, 1.0 - 1e-9, 1.0, 2.0, 5.0];

fn slices(a: &Array1<f64>, b: natgrad::ndarray::ArrayView1<'_, f64>) -> f64 {
    distance(a.as_slice().unwrap(), b.as_slice().unwrap())
}

#[test]
fn exp_and_log_agree_with_the_differential_equation() -> natgrad::Result<()> {
    let mut stream = Stream(31);
    let mut worst: f64 = 0.0;
    for outcomes in [2, 4] {
        let simplex = Simplex::new(outcomes)?;
        for alpha in ALPHAS {
            let connection = AlphaConnection::new(simplex, alpha)?;
            let mut inner = || simplex.normalise(Array1::from_shape_fn(outcomes, |_| 0.3 + stream.uniform()));
            let (p, q) = (inner()?, inner()?);
            // Interpolation: the equation, started with the velocity of log, is at q at time 1.
            let v = connection.log(&p, &q)?;
            let arrived = integrate(alpha, p.values().to_owned(), v.values().to_owned());
            worst = worst.max(slices(&arrived, q.values()));
            // Affine time between the ends.
            let middle = integrate(alpha, p.values().to_owned(), 0.3 * &v.values());
            worst = worst.max(slices(&middle, connection.geodesic(&p, &q, 0.3)?.values()));
            // The initial-value problem.
            let w = 0.3 * &random_tangent(&mut stream, &simplex, &p);
            let w = if connection.exit_time(&p, &w)? < 2.0 { 0.1 * &w } else { w };
            let there = integrate(alpha, p.values().to_owned(), w.values().to_owned());
            worst = worst.max(slices(&there, connection.exp(&p, &w)?.values()));
            // exp and log are inverse.
            worst = worst.max(slices(&connection.exp(&p, &v)?.into_inner(), q.values()));
        }
    }
    println!("{worst:e}");
    assert!(worst < 1e-12, "{worst:e}");
    Ok(())
}

#[test]
fn the_closed_forms_are_met_at_minus_one_zero_and_one() -> natgrad::Result<()> {
    let simplex = Simplex::new(3)?;
    let (p, q) = (simplex.point(array![0.2, 0.3, 0.5])?, simplex.point(array![0.1, 0.6, 0.3])?);
    let v = simplex.tangent(&p, array![0.1, -0.3, 0.2])?;
    let at = |alpha| AlphaConnection::new(simplex, alpha);
    let close = |found: natgrad::ndarray::ArrayView1<'_, f64>, expected: [f64; 3], tolerance: f64| {
        let error = distance(found.as_slice().unwrap(), &expected);
        assert!(error <= tolerance, "{found} against {expected:?}: {error:e}");
    };
    let ulp = 3e-16;
    close(
        at(0.0)?.geodesic(&p, &q, 0.5)?.values(),
        [0.14921852514609568, 0.44765557543828705, 0.40312589941561726],
        ulp,
    );
    close(
        at(1.0)?.geodesic(&p, &q, 0.5)?.values(),
        [0.1483984955851964, 0.44519548675558921, 0.40640601765921438],
        ulp,
    );
    close(at(-1.0)?.geodesic(&p, &q, 0.5)?.values(), [0.15, 0.45, 0.4], ulp);
    close(
        at(0.0)?.log(&p, &q)?.values(),
        [-0.099921737013439386, 0.28115818342242275, -0.18123644640898336],
        ulp,
    );
    close(at(1.0)?.log(&p, &q)?.values(), [-0.1014098173465889, 0.2637735823160838, -0.162363764969495], ulp);
    close(at(-1.0)?.log(&p, &q)?.values(), [-0.1, 0.3, -0.2], ulp);
    close(
        at(0.0)?.exp(&p, &v)?.values(),
        [0.28430376135656122, 0.06228236848627905, 0.65341387015715973],
        1e-15,
    );
    close(
        at(1.0)?.exp(&p, &v)?.values(),
        [0.27802577790597309, 0.093053904524327339, 0.62892031756969957],
        ulp,
    );
    close(at(-1.0)?.exp(&p, &(0.5 * &v))?.values(), [0.25, 0.15, 0.6], 1e-15);
    approx::assert_relative_eq!(at(0.0)?.exit_time(&p, &v)?, 1.7702109877647107, max_relative = 1e-15);
    approx::assert_relative_eq!(at(-1.0)?.exit_time(&p, &v)?, 1.0, max_relative = 1e-15);
    assert!(at(1.0)?.exit_time(&p, &v)?.is_infinite());
    Ok(())
}

/// Errors against α = ±1 fall in proportion to the distance from it, down to rounding.
#[test]
fn geodesics_are_continuous_at_both_ends() -> natgrad::Result<()> {
    let simplex = Simplex::new(3)?;
    let (p, q) = (simplex.point(array![0.2, 0.3, 0.5])?, simplex.point(array![0.1, 0.6, 0.3])?);
    let v = simplex.tangent(&p, array![0.05, -0.15, 0.1])?;
    for end in [-1.0, 1.0] {
        let exact = AlphaConnection::new(simplex, end)?;
        for exponent in [3, 6, 9, 12, 15] {
            for side in [-1.0, 1.0] {
                let gap = 10f64.powi(-exponent);
                let near = AlphaConnection::new(simplex, end + side * gap)?;
                let bound = 0.2 * gap + 1e-15;
                let middle =
                    slices(&near.geodesic(&p, &q, 0.3)?.into_inner(), exact.geodesic(&p, &q, 0.3)?.values());
                let there = slices(&near.exp(&p, &v)?.into_inner(), exact.exp(&p, &v)?.values());
                let back = slices(&near.log(&p, &q)?.into_inner(), exact.log(&p, &q)?.values());
                assert!(
                    middle < bound && there < bound && back < bound,
                    "{end} {gap:e}: {middle:e} {there:e} {back:e}"
                );
            }
        }
    }
    Ok(())
}

/// (sin((1-t)ω) √p + sin(tω) √q)²/sin²ω.
fn great_circle(p: &Array1<f64>, q: &Array1<f64>, t: f64) -> Array1<f64> {
    let (a, b) = (p.mapv(f64::sqrt), q.mapv(f64::sqrt));
    let omega = 2.0 * (0.5 * (&a - &b).mapv(|d| d * d).sum().sqrt()).asin();
    let point = (((1.0 - t) * omega).sin() * a + (t * omega).sin() * b).mapv(|x| x * x);
    let sum = point.sum();
    point / sum
}

/// The closed great circle and the quadrature of α = 0 agree where entries are 1e-300 and 1 - 1e-16.
#[test]
fn affine_time_keeps_its_digits_at_the_boundary() -> natgrad::Result<()> {
    let simplex = Simplex::new(3)?;
    let connection = AlphaConnection::new(simplex, 0.0)?;
    let corners = [array![1e-300, 1.0, 1e-16], array![1.0 - 1e-16, 1e-16, 1e-300], array![1e-16, 0.5, 0.5]];
    let mut worst: f64 = 0.0;
    for p in &corners {
        for q in corners.iter().filter(|q| *q != p) {
            let (p, q) = (simplex.point(p.clone())?, simplex.point(q.clone())?);
            let curve = AlphaGeodesic::between(&connection, &p, &q)?;
            for t in [1e-12, 1e-6, 0.1, 0.5, 0.9, 0.999] {
                let expected = great_circle(&p.values().to_owned(), &q.values().to_owned(), t);
                worst = worst.max(slices(&curve.at(t)?.into_inner(), expected.view()));
            }
        }
    }
    println!("{worst:e}");
    assert!(worst < 1e-14, "{worst:e}");
    Ok(())
}

#[test]
fn a_step_as_long_as_the_exit_time_is_refused() -> natgrad::Result<()> {
    let simplex = Simplex::new(3)?;
    let p = simplex.point(array![0.2, 0.3, 0.5])?;
    let v = simplex.tangent(&p, array![0.1, -0.3, 0.2])?;
    for alpha in [-3.0, -1.0, -0.5, 0.0, 0.5] {
        let connection = AlphaConnection::new(simplex, alpha)?;
        let exit = connection.exit_time(&p, &v)?;
        for fraction in [1e-12, 1e-6, 0.1, 0.5, 0.9, 0.999] {
            let there = connection.exp(&p, &(fraction * exit * &v))?;
            let back = connection.log(&p, &there)?;
            let error =
                slices(&back.into_inner(), (fraction * exit * &v.values()).view()) / (fraction * exit);
            // At 1e-12 the point itself is rounded to 1e-16/1e-12 of the step.
            let tolerance = 2e-14 + 3e-16 / (fraction * exit);
            assert!(error < tolerance, "α = {alpha}, {fraction} of the exit time: {error:e}");
        }
        for fraction in [1.0 + 1e-9, 1.5, 10.0] {
            match connection.exp(&p, &(fraction * exit * &v)) {
                Err(Error::BeyondExit { exit_time, .. }) => {
                    approx::assert_relative_eq!(exit_time, 1.0 / fraction, max_relative = 1e-12);
                }
                other => panic!("{other:?}"),
            }
        }
    }
    assert!(matches!(AlphaConnection::new(simplex, f64::NAN), Err(Error::Setting { option: "alpha", .. })));
    let curve = AlphaGeodesic::between(&AlphaConnection::new(simplex, 0.3)?, &p, &p)?;
    assert!(matches!(curve.at(1.5), Err(Error::Setting { .. })));
    assert!(slices(&curve.at(0.4)?.into_inner(), p.values()) < 1e-16);
    Ok(())
}

/// From an entry of 1e-300, which p^m for α > 1 makes the largest by far: mpmath 1.3 with 40 digits, the time by piecewise
/// quadrature in the logit of u, and the root by the secant.
#[test]
fn curves_beyond_the_exponential_keep_entries_of_1e_minus_300() -> natgrad::Result<()> {
    let simplex = Simplex::new(3)?;
    let p = simplex.normalise(array![1e-300, 0.4, 0.6])?;
    let q = simplex.normalise(array![0.5, 0.3, 0.2])?;
    for (alpha, time, expected) in [
        (3.0, 0.25, [1.36509067425566467e-300, 0.448974387136814932, 0.551025612863185068]),
        (3.0, 0.9, [1.05532146340925884e-299, 0.58077398116684587, 0.41922601883315413]),
        (9.0, 0.25, [1.13225440276341223e-300, 0.447399535999078055, 0.552600464000921945]),
        (1.5, 0.9, [1.03425234428462359e-296, 0.58048599551024139, 0.41951400448975861]),
    ] {
        let found = AlphaConnection::new(simplex, alpha)?.geodesic(&p, &q, time)?;
        for (found, expected) in found.values().iter().zip(expected) {
            // For α = 1.5 the entry is the fourth power of 1/(1 - u), of which two roundings remain.
            approx::assert_relative_eq!(*found, expected, max_relative = 1.5e-14);
        }
    }
    // From vertex to vertex its time is spent where u or 1 - u is 1e-1200: the middle of the time, not of u.
    let (p, q) =
        (simplex.normalise(array![1e-300, 1e-300, 1.0])?, simplex.normalise(array![1.0, 1e-300, 1e-300])?);
    for alpha in [3.0, 9.0, 101.0] {
        let refused = AlphaConnection::new(simplex, alpha)?.geodesic(&p, &q, 0.9);
        assert!(matches!(refused, Err(Error::Domain { value, .. }) if value < 1e-45), "{alpha}: {refused:?}");
    }
    Ok(())
}
