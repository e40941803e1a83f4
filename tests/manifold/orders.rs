//! Every retraction and vector transport of the simplex keeps its declared order, by slope and by leading coefficient.

use super::simplex::setting;
use natgrad::Result;
use natgrad::manifold::simplex::*;
use natgrad::manifold::*;
use natgrad::ndarray::Array1;

/// Least-squares slope of ln error over ln t, t from 10^low to 10^high.
fn slope(low: f64, high: f64, error: impl Fn(f64) -> Result<f64>) -> Result<f64> {
    let points: Vec<(f64, f64)> = (0..=30)
        .map(|k| {
            let t = 10f64.powf(low + (high - low) * f64::from(k) / 30.0);
            Ok((t.ln(), error(t)?.ln()))
        })
        .collect::<Result<_>>()?;
    let n = points.len() as f64;
    let (x, y) = points.iter().fold((0.0, 0.0), |(a, b), (x, y)| (a + x / n, b + y / n));
    let (top, bottom) =
        points.iter().fold((0.0, 0.0), |(t, b), (u, w)| (t + (u - x) * (w - y), b + (u - x) * (u - x)));
    Ok(top / bottom)
}

fn retractions() -> [&'static dyn Retraction<Simplex>; 6] {
    [
        &MixtureRetraction,
        &MultiplicativeRetraction,
        &AverageRetraction,
        &ProjectionRetraction,
        &QuadraticRetraction,
        &NaturalQuadraticRetraction,
    ]
}

#[test]
fn retractions_keep_their_order() -> Result<()> {
    let (s, p, _, v, w) = setting()?;
    for retraction in retractions() {
        let expected = match retraction.order() {
            Order::First => 2.0,
            Order::Second => 3.0,
            Order::Exact => continue,
        };
        // One generic direction: along w the third-order term of the average nearly vanishes against the fourth.
        let error = |t: f64| s.distance(&retraction.retract(&s, &p, &(t * &v))?, &s.exp(&p, &(t * &v))?);
        let found = slope(-4.0, -1.0, error)?;
        assert!((found - expected).abs() < 0.05, "{}: slope {found}", retraction.name());
        // R(0) = p, and the velocity is v: by a central difference of an odd-step pair.
        let still = retraction.retract(&s, &p, &s.zero())?;
        assert_eq!(still, p, "{}", retraction.name());
        let h = 1e-5;
        let ahead = retraction.retract(&s, &p, &(h * &w))?;
        let back = retraction.retract(&s, &p, &(-h * &w))?;
        for ((a, b), w) in ahead.values().iter().zip(back.values()).zip(w.values()) {
            assert!(((a - b) / (2.0 * h) - w).abs() < 1e-9, "{}", retraction.name());
        }
    }
    Ok(())
}

#[test]
fn retractions_have_their_leading_coefficients() -> Result<()> {
    let (s, p, _, v, _) = setting()?;
    let error = |r: &dyn Retraction<Simplex>, t: f64| {
        s.distance(&r.retract(&s, &p, &(t * &v))?, &s.exp(&p, &(t * &v))?)
    };
    // ¼‖v²/p - ⟨v, v⟩p‖, and ‖v‖³/12, from a forty-digit program.
    let t = 1e-3;
    let first = error(&MixtureRetraction, t)? / t.powi(2) / 0.093674969975975973;
    let other = error(&MultiplicativeRetraction, t)? / t.powi(2) / 0.093674969975975973;
    let third = error(&ProjectionRetraction, t)? / t.powi(3) / 0.023497488045415502;
    for ratio in [first, other, third] {
        assert!((ratio - 1.0).abs() < 0.01, "{ratio}");
    }
    // The two first-order errors are opposite: the geodesic runs in the middle.
    let (m, e, g) = (
        MixtureRetraction.retract(&s, &p, &(t * &v))?,
        MultiplicativeRetraction.retract(&s, &p, &(t * &v))?,
        s.exp(&p, &(t * &v))?,
    );
    for ((m, e), g) in m.values().iter().zip(e.values()).zip(g.values()) {
        assert!(((m - g) + (e - g)).abs() < 0.02 * (m - g).abs());
    }
    Ok(())
}

/// p∘exp(v)/Z, stored as the softmax retraction in Manifolds.jl (snapshot of July 2026): its error against exp is of first
/// order, so it is no retraction; with v/p in the exponent it is one.
#[test]
fn the_softmax_of_v_is_no_retraction_and_that_of_the_score_is() -> Result<()> {
    let (s, p, _, v, _) = setting()?;
    let softmax = |t: f64| {
        let weights: Array1<f64> =
            p.values().iter().zip(v.values()).map(|(p, v)| p * (t * v).exp()).collect();
        s.distance(&s.normalise(weights)?, &s.exp(&p, &(t * &v))?)
    };
    let found = slope(-4.0, -1.0, softmax)?;
    assert!((found - 1.0).abs() < 0.05, "{found}");
    let ours =
        |t: f64| s.distance(&MultiplicativeRetraction.retract(&s, &p, &(t * &v))?, &s.exp(&p, &(t * &v))?);
    let found = slope(-4.0, -1.0, ours)?;
    assert!((found - 2.0).abs() < 0.05, "{found}");
    Ok(())
}

#[test]
fn inverse_retractions_go_there_and_back() -> Result<()> {
    let (s, p, q, v, _) = setting()?;
    let inverses: [&dyn InverseRetraction<Simplex>; 4] =
        [&Exponential, &MixtureRetraction, &MultiplicativeRetraction, &ProjectionRetraction];
    for retraction in inverses {
        let there = retraction.retract(&s, &p, &retraction.inverse(&s, &p, &q)?)?;
        super::simplex::same(there.values(), &q.values().to_vec(), 6.0);
        let short = 0.7 * &v;
        let back = retraction.inverse(&s, &p, &retraction.retract(&s, &p, &short)?)?;
        super::simplex::same(back.values(), &short.values().to_vec(), 10.0);
        let nothing = retraction.inverse(&s, &p, &p)?;
        assert!(nothing.values().iter().all(|x| x.abs() <= 0.0), "{}", retraction.name());
        let error = |t: f64| {
            let q = s.exp(&p, &(t * &v))?;
            s.norm(&p, &(&retraction.inverse(&s, &p, &q)? - &s.log(&p, &q)?))
        };
        if retraction.order() != Order::Exact {
            let expected = if retraction.order() == Order::First { 2.0 } else { 3.0 };
            let found = slope(-3.5, -1.0, error)?;
            assert!((found - expected).abs() < 0.05, "{}: {found}", retraction.name());
        }
    }
    Ok(())
}

#[test]
fn retractions_report_when_they_leave() -> Result<()> {
    let (s, p, _, v, w) = setting()?;
    for retraction in retractions() {
        for direction in [&v, &w] {
            let exit = retraction.exit_time(&s, &p, direction)?;
            if exit.is_infinite() {
                retraction.retract(&s, &p, &(9.0 * direction))?;
                continue;
            }
            retraction.retract(&s, &p, &((1.0 - 1e-12) * exit * direction))?;
            for factor in [1.0 + 1e-12, 1.5, 2.0, 3.0, 17.0, 1e9] {
                let beyond = retraction.retract(&s, &p, &(factor * exit * direction));
                let Err(natgrad::Error::BeyondExit { exit_time, .. }) = beyond else {
                    panic!("{} at {factor} exit times: {beyond:?}", retraction.name());
                };
                assert!((exit_time * factor - 1.0).abs() < 1e-11, "{}: {exit_time}", retraction.name());
            }
        }
    }
    Ok(())
}

#[test]
fn transports_keep_their_order() -> Result<()> {
    let (s, p, q, v, w) = setting()?;
    let transports: [&dyn VectorTransport<Simplex>; 4] =
        [&MixtureTransport, &MultiplicativeTransport, &AverageTransport, &ProjectionTransport];
    for transport in transports {
        let error = |t: f64| {
            let q = s.exp(&p, &(t * &v))?;
            let parallel = s.parallel_transport(&p, &q, &w)?;
            s.norm(&q, &(&transport.transport(&s, &p, &q, &w)? - &parallel))
        };
        let expected = if transport.order() == Order::First { 1.0 } else { 2.0 };
        let found = slope(-4.0, -1.0, error)?;
        assert!((found - expected).abs() < 0.05, "{}: slope {found}", transport.name());
        assert!(!transport.is_isometric());
    }
    assert!(VectorTransport::<Simplex>::is_isometric(&LeviCivita));
    // Duality of the two flat ones, and the derivative of the projection retraction by differences.
    let e = MultiplicativeTransport.transport(&s, &p, &q, &v)?;
    let dual = s.inner(&q, &e, &MixtureTransport.transport(&s, &p, &q, &w)?)?;
    assert!((dual / s.inner(&p, &v, &w)? - 1.0).abs() < 1e-14);
    let (step, h) = (ProjectionRetraction.inverse(&s, &p, &q)?, 1e-5);
    let ahead = ProjectionRetraction.retract(&s, &p, &(&step + &(h * &w)))?;
    let back = ProjectionRetraction.retract(&s, &p, &(&step - &(h * &w)))?;
    let found = ProjectionTransport.transport(&s, &p, &q, &w)?;
    for ((a, b), f) in ahead.values().iter().zip(back.values()).zip(found.values()) {
        assert!(((a - b) / (2.0 * h) - f).abs() < 1e-9);
    }
    Ok(())
}
