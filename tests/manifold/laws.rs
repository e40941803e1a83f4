//! Laws of the simplex: geodesics, transport, boundary, symmetry, and no NaN for any finite input.

use super::simplex::{same, setting};
use crate::support::Stream;
use natgrad::manifold::simplex::*;
use natgrad::manifold::*;
use natgrad::ndarray::{Array1, Array2, array};
use natgrad::random::{Purpose, Streams};
use natgrad::{Error, Result};

/// p̈ = ½(ṗ²/p - ⟨ṗ, ṗ⟩p), one step of the classical Runge-Kutta method.
fn runge_kutta(x: &mut [f64], v: &mut [f64], h: f64) {
    let acceleration = |x: &[f64], v: &[f64]| -> Vec<f64> {
        let g: f64 = x.iter().zip(v).map(|(x, v)| v * v / x).sum();
        x.iter().zip(v).map(|(x, v)| 0.5 * (v * v / x - g * x)).collect()
    };
    let add =
        |x: &[f64], h: f64, d: &[f64]| -> Vec<f64> { x.iter().zip(d).map(|(x, d)| x + h * d).collect() };
    let (v1, a1) = (v.to_vec(), acceleration(x, v));
    let v2 = add(v, 0.5 * h, &a1);
    let a2 = acceleration(&add(x, 0.5 * h, &v1), &v2);
    let v3 = add(v, 0.5 * h, &a2);
    let a3 = acceleration(&add(x, 0.5 * h, &v2), &v3);
    let v4 = add(v, h, &a3);
    let a4 = acceleration(&add(x, h, &v3), &v4);
    for i in 0..x.len() {
        x[i] += h / 6.0 * (v1[i] + 2.0 * v2[i] + 2.0 * v3[i] + v4[i]);
        v[i] += h / 6.0 * (a1[i] + 2.0 * a2[i] + 2.0 * a3[i] + a4[i]);
    }
}

#[test]
fn exp_solves_the_geodesic_equation() -> Result<()> {
    let (s, p, _, v, _) = setting()?;
    let (mut x, mut velocity) = (p.values().to_vec(), v.values().to_vec());
    for _ in 0..2000 {
        runge_kutta(&mut x, &mut velocity, 1.0 / 2000.0);
    }
    let end = s.exp(&p, &v)?;
    for (x, e) in x.iter().zip(end.values()) {
        assert!((x - e).abs() < 1e-12, "{x} against {e}");
    }
    // The velocity is carried parallel along its own geodesic.
    for (x, e) in velocity.iter().zip(s.parallel_transport(&p, &end, &v)?.values()) {
        assert!((x - e).abs() < 1e-12);
    }
    let acceleration = -&s.christoffel(&p, &v, &v)?;
    let expected: Vec<f64> =
        p.values().iter().zip(v.values()).map(|(p, v)| 0.5 * (v * v / p - 0.43 * p)).collect();
    same(acceleration.values(), &expected, 8.0);
    Ok(())
}

#[test]
fn geodesics_have_constant_speed_and_logarithms_invert() -> Result<()> {
    let mut stream = Stream(5);
    for outcomes in [2, 3, 11, 101] {
        let s = Simplex::multinomial(outcomes, 7)?;
        let mut rng = Streams::new(3, Purpose::Data).generator(outcomes as u64);
        for alpha in [0.5, 1.0, 0.05] {
            let alpha = Array1::from_elem(outcomes, alpha);
            let (p, q) =
                (s.random_dirichlet(alpha.view(), &mut rng)?, s.random_dirichlet(alpha.view(), &mut rng)?);
            let d = s.distance(&p, &q)?;
            let log = s.log(&p, &q)?;
            assert!((s.norm(&p, &log)? / d - 1.0).abs() < 4e-15);
            assert!(s.distance(&s.geodesic(&p, &q, 1.0)?, &q)? < 1e-15 * d.max(1.0));
            // An entry of q below 1e-32 of p's is beyond the last bit of the logarithm, and exp says so.
            match s.exp(&p, &log) {
                Ok(end) => assert!(s.distance(&end, &q)? < 1e-14 * d.max(1.0)),
                Err(Error::BeyondExit { exit_time, .. }) => {
                    let ratio = q.values().iter().zip(p.values()).map(|(q, p)| q / p).fold(1.0, f64::min);
                    assert!(exit_time > 1.0 - 1e-15 && ratio < 1e-29, "{exit_time} {ratio:e}");
                }
                Err(other) => return Err(other),
            }
            // Symmetric to the last bit or two; and log_q p is the end velocity backwards.
            assert!((s.distance(&q, &p)? / d - 1.0).abs() < 1e-15);
            let carried = &s.parallel_transport(&p, &q, &log)? + &s.log(&q, &p)?;
            assert!(s.norm(&q, &s.project(&q, carried.values())?)? < 1e-14 * d);
            let mut last = p.clone();
            for k in 1..=100 {
                let next = s.geodesic(&p, &q, f64::from(k) / 100.0)?;
                assert!((100.0 * s.distance(&last, &next)? / d - 1.0).abs() < 1e-12);
                last = next;
            }
            let v = s.random_tangent(&p, &mut rng)?;
            let exit = s.exit_time(&p, &v)?;
            let t = exit * (0.1 + 0.8 * stream.uniform());
            let (v, end) = (t * &v, s.exp(&p, &(t * &v))?);
            let back = &s.log(&p, &end)? - &v;
            let error = s.norm(&p, &s.project(&p, back.values())?)?;
            // The end is rounded to doubles, half an ulp of every entry: with seven trials 6e-16 of the metric.
            let (length, rounding) = (s.norm(&p, &v)?, 6e-16);
            assert!(error < 1e-13 * length + rounding, "{outcomes}: {error:e}");
            assert!((s.distance(&p, &end)? - length).abs() < 1e-13 * length + rounding);
            let r = s.random_dirichlet(alpha.view(), &mut rng)?;
            assert!(s.distance(&p, &q)? <= s.distance(&p, &r)? + s.distance(&r, &q)? + 1e-14);
        }
    }
    Ok(())
}

#[test]
fn transport_is_an_isometry_that_composes_along_a_geodesic() -> Result<()> {
    let (s, p, q, v, w) = setting()?;
    let (there, other) = (s.parallel_transport(&p, &q, &v)?, s.parallel_transport(&p, &q, &w)?);
    assert!((s.inner(&q, &there, &other)? / s.inner(&p, &v, &w)? - 1.0).abs() < 1e-14);
    same(s.parallel_transport(&q, &p, &there)?.values(), &v.values().to_vec(), 6.0);
    let middle = s.geodesic(&p, &q, 0.3)?;
    let by_parts = s.parallel_transport(&middle, &q, &s.parallel_transport(&p, &middle, &v)?)?;
    same(by_parts.values(), &there.values().to_vec(), 8.0);
    let sum = s.parallel_transport(&p, &q, &(&v + &(3.0 * &w)))?;
    same(sum.values(), &(&there + &(3.0 * &other)).values().to_vec(), 8.0);
    Ok(())
}

/// Around a triangle a vector turns by curvature times area, here by the excess of the triangle's angles over π.
#[test]
fn holonomy_is_curvature_times_area() -> Result<()> {
    let (s, p, q, v, _) = setting()?;
    let r = s.point(array![0.6, 0.2, 0.2])?;
    let mut carried = v.clone();
    for (from, to) in [(&p, &q), (&q, &r), (&r, &p)] {
        carried = s.parallel_transport(from, to, &carried)?;
    }
    let turned = (s.inner(&p, &v, &carried)? / s.inner(&p, &v, &v)?).acos();
    assert!((turned - 0.067042217589086).abs() < 1e-13, "{turned}");
    let corner = |a: &Point, b: &Point, c: &Point| -> Result<f64> {
        let (first, second) = (s.log(a, b)?, s.log(a, c)?);
        Ok((s.inner(a, &first, &second)? / s.norm(a, &first)? / s.norm(a, &second)?).acos())
    };
    let excess = corner(&p, &q, &r)? + corner(&q, &r, &p)? + corner(&r, &p, &q)? - std::f64::consts::PI;
    assert!((turned - excess).abs() < 1e-12, "{turned} against {excess}");
    Ok(())
}

#[test]
fn a_step_to_the_boundary_or_beyond_is_an_error_and_never_a_reflection() -> Result<()> {
    let (s, p, _, v, w) = setting()?;
    for direction in [&v, &w, &-&v, &-&w] {
        let exit = s.exit_time(&p, direction)?;
        for fraction in [1e-12, 1e-6, 0.1, 0.5, 0.9, 0.999] {
            s.exp(&p, &(fraction * exit * direction))?;
        }
        for factor in [1.0 + 1e-13, 1.1, 2.0, 3.7, 8.0, 100.0, 1e200] {
            let beyond = s.exp(&p, &(factor * exit * direction));
            let Err(Error::BeyondExit { exit_time, .. }) = beyond else { panic!("{factor}: {beyond:?}") };
            assert!((exit_time * factor - 1.0).abs() < 1e-12);
        }
    }
    Ok(())
}

/// d(p, p + v) is ‖v‖ for steps down to 1e-150, which only entries near 1e-300 can show.
#[test]
fn short_distances_are_the_length_of_the_difference() -> Result<()> {
    let s = Simplex::new(3)?;
    for (tiny, step) in [(1e-300, 1e-303), (1e-200, 1e-203), (1e-300, 1e-310)] {
        let (p, q) = (s.point(array![tiny, 0.5, 0.5])?, s.point(array![tiny + step, 0.5, 0.5])?);
        let moved = (tiny + step) - tiny;
        let expected = 2.0 * moved / ((tiny + step).sqrt() + tiny.sqrt());
        assert!((s.distance(&p, &q)? / expected - 1.0).abs() < 1e-15, "{tiny:e} {step:e}");
    }
    Ok(())
}

#[test]
fn outcomes_may_be_relabelled() -> Result<()> {
    let (s, p, q, v, w) = setting()?;
    let turn = |x: natgrad::ndarray::ArrayView1<'_, f64>| array![x[2], x[0], x[1]];
    let (pt, qt) = (s.point(turn(p.values()))?, s.point(turn(q.values()))?);
    let (vt, wt) = (s.tangent(&pt, turn(v.values()))?, s.tangent(&pt, turn(w.values()))?);
    same(s.exp(&pt, &vt)?.values(), &turn(s.exp(&p, &v)?.values()).to_vec(), 2.3);
    same(s.log(&pt, &qt)?.values(), &turn(s.log(&p, &q)?.values()).to_vec(), 2.3);
    same(array![s.distance(&pt, &qt)?].view(), &[s.distance(&p, &q)?], 2.3);
    same(array![s.inner(&pt, &vt, &wt)?].view(), &[s.inner(&p, &v, &w)?], 2.3);
    same(array![s.exit_time(&pt, &vt)?].view(), &[s.exit_time(&p, &v)?], 2.3);
    Ok(())
}

/// Any finite numbers: what comes back is a point, a finite vector or an error.
#[test]
fn no_finite_input_gives_a_number_that_is_none() -> Result<()> {
    let mut stream = Stream(11);
    let (mut points, mut ends, mut refused) = (0, 0, 0);
    for round in 0..4000 {
        let n = [2, 3, 5, 13][round % 4];
        let s = Simplex::multinomial(n, 1 + (round % 3) as u64)?;
        let low = [-3.0, -20.0, -160.0, -320.0][round / 4 % 4];
        let mut positive =
            || -> Result<Point> { s.normalise((0..n).map(|_| stream.heavy(low, 0.0).abs()).collect()) };
        let (Ok(p), Ok(q)) = (positive(), positive()) else { continue };
        points += 1;
        let high = [0.0, 10.0, 150.0, 308.0][round % 4];
        let raw: Array1<f64> = (0..n).map(|_| stream.heavy(-300.0, high)).collect();
        let Ok(v) = s.project(&p, raw.view()).and_then(|v| s.tangent(&p, v.into_inner())) else { continue };
        let check = |vector: Result<Tangent>| {
            if let Ok(vector) = vector {
                assert!(vector.values().iter().all(|x| x.is_finite()), "{vector:?}");
            }
        };
        assert!(s.distance(&p, &q)?.is_finite());
        check(s.log(&p, &q));
        check(s.parallel_transport(&p, &q, &v));
        check(s.sharp(&p, &Cotangent::new(raw.clone())));
        check(s.christoffel(&p, &v, &v));
        assert!(s.flat(&p, &v).map_or(true, |a| a.values().iter().all(|x| x.is_finite())));
        assert!(s.norm(&p, &v).map_or(true, f64::is_finite));
        assert!(!s.exit_time(&p, &v)?.is_nan());
        let retractions: [&dyn Retraction<Simplex>; 7] = [
            &Exponential,
            &MixtureRetraction,
            &MultiplicativeRetraction,
            &AverageRetraction,
            &ProjectionRetraction,
            &QuadraticRetraction,
            &NaturalQuadraticRetraction,
        ];
        for retraction in retractions {
            assert!(retraction.exit_time(&s, &p, &v)? >= 0.0);
            match retraction.retract(&s, &p, &v) {
                Ok(end) => {
                    ends += 1;
                    s.check_point(end.values())?;
                }
                Err(error) => {
                    refused += 1;
                    assert!(!error.to_string().contains("NaN"), "{error}");
                }
            }
        }
    }
    assert!(points > 2000 && ends > 300 && refused > 300, "{points} {ends} {refused}");
    Ok(())
}

#[test]
fn batches_are_their_rows_and_name_the_row_that_fails() -> Result<()> {
    let (rows, n) = (2081, 11);
    let s = Simplex::new(n)?;
    let mut rng = Streams::new(8, Purpose::Data).generator(0);
    let (mut p, mut q, mut v) =
        (Array2::zeros((rows, n)), Array2::zeros((rows, n)), Array2::zeros((rows, n)));
    for row in 0..rows {
        let (a, b) = (s.random_point(&mut rng)?, s.random_point(&mut rng)?);
        v.row_mut(row).assign(&(0.5 * &s.log(&a, &b)?).values());
        p.row_mut(row).assign(&a.values());
        q.row_mut(row).assign(&b.values());
    }
    let (distances, ends) = (s.distances(p.view(), q.view())?, s.exps(p.view(), v.view())?);
    for row in [0, 1, 1023, 1024, 2080] {
        let (a, b) = (s.point(p.row(row).to_owned())?, s.point(q.row(row).to_owned())?);
        assert_eq!(distances[row].to_bits(), s.distance(&a, &b)?.to_bits());
        let end = s.exp(&a, &s.tangent(&a, v.row(row).to_owned())?)?;
        assert_eq!(ends.row(row), end.values());
    }
    // Columns in memory are the same rows.
    let turned = p.t().as_standard_layout().into_owned();
    assert_eq!(s.distances(turned.t(), q.view())?, distances);
    p[[1500, 3]] = -0.5;
    p[[2000, 3]] = f64::NAN;
    for error in [s.distances(p.view(), q.view()).unwrap_err(), s.exps(p.view(), v.view()).unwrap_err()] {
        assert!(error.to_string().starts_with("row 1500: point[3] = -0.5"), "{error}");
    }
    v.row_mut(7).mapv_inplace(|x| 50.0 * x);
    let error = s.exps(p.view(), v.view()).unwrap_err();
    let Error::Row { row: 7, error } = error else { panic!("{error}") };
    assert!(matches!(*error, Error::BeyondExit { .. }));
    Ok(())
}
