//! Geodesics by integration against the closed forms of the simplex, the half-plane and the Poisson family.

use crate::family::golden::relative;
use natgrad::family::{Categorical, ConwayMaxwellPoisson, Family, Natural, Normal, Poisson, Source};
use natgrad::manifold::{Cotangent, FamilyManifold, Manifold, Point, Simplex, Tangent};
use natgrad::ndarray::{Array1, Array2, array};
use natgrad::random::{Purpose, Streams};
use natgrad::{Error, Result};

/// θᵢ = ln(pᵢ/pₙ), and θ̇ᵢ = vᵢ/pᵢ - vₙ/pₙ.
fn chart(p: &Point) -> Array1<f64> {
    let (p, last) = (p.values(), p.values()[p.values().len() - 1]);
    Array1::from_shape_fn(p.len() - 1, |i| (p[i] / last).ln())
}

fn push(p: &Point, v: &Tangent) -> Array1<f64> {
    let score = &v.values() / &p.values();
    let last = score[score.len() - 1];
    Array1::from_shape_fn(score.len() - 1, |i| score[i] - last)
}

/// ‖a - b‖ in the metric at p, relative to ‖b‖.
fn gap<F: Family>(engine: &FamilyManifold<F>, p: &Point, a: &Tangent, b: Array1<f64>) -> Result<f64> {
    let b = engine.tangent(p, b)?;
    Ok(engine.norm(p, &(a - &b))? / engine.norm(p, &b)?)
}

/// Inner product, distance, logarithm, exit, exponential map at fractions of it, transport, curvature.
#[test]
fn the_engine_agrees_with_the_simplex() -> Result<()> {
    let (simplex, engine) = (Simplex::new(3)?, FamilyManifold::new(Categorical::new(3)?));
    let cases = [
        (array![0.2, 0.3, 0.5], array![0.1, 0.6, 0.3], array![0.1, -0.3, 0.2]),
        (array![0.98, 0.01, 0.01], array![0.01, 0.01, 0.98], array![0.001, -0.003, 0.002]),
        (array![1e-6, 0.5, 0.5 - 1e-6], array![0.9, 0.05, 0.05], array![1e-6, -0.3, 0.3 - 1e-6]),
    ];
    for (p, q, v) in cases {
        let (p, q) = (simplex.point(p)?, simplex.normalise(q)?);
        let (v, w) = (simplex.tangent(&p, v)?, simplex.project(&p, array![0.3, -0.1, 0.05].view())?);
        let (a, b) = (engine.point(chart(&p))?, engine.point(chart(&q))?);
        let (tv, tw) = (engine.tangent(&a, push(&p, &v))?, engine.tangent(&a, push(&p, &w))?);
        assert!(relative(engine.inner(&a, &tv, &tw)?, simplex.inner(&p, &v, &w)?) < 1e-14);
        assert!(relative(engine.distance(&a, &b)?, simplex.distance(&p, &q)?) < 1e-11);
        assert!(gap(&engine, &a, &engine.log(&a, &b)?, push(&p, &simplex.log(&p, &q)?))? < 1e-11);
        let exit = simplex.exit_time(&p, &v)?;
        assert!(relative(engine.exit_time(&a, &tv)?, exit) < 1e-11);
        for t in [1e-12, 1e-6, 0.1, 0.5, 0.9, 0.999] {
            let found = engine.exp(&a, &((t * exit) * &tv))?;
            let exact = chart(&simplex.exp(&p, &((t * exit) * &v))?);
            let miss = (found.into_inner() - &exact).iter().fold(0.0, |m: f64, x| m.max(x.abs()));
            // θ is twice a logarithm of what is left of √p.
            assert!(miss < 1e-11 / (1.0 - t), "{t}: {miss:e}");
        }
        for t in [1.001, 2.0, 100.0] {
            let beyond = engine.exp(&a, &((t * exit) * &tv));
            let right = matches!(beyond, Err(Error::BeyondExit { exit_time, .. }) if relative(exit_time, 1.0 / t) < 1e-11);
            assert!(right, "{beyond:?}");
        }
        let carried = engine.parallel_transport(&a, &b, &tv)?;
        assert!(gap(&engine, &b, &carried, push(&q, &simplex.parallel_transport(&p, &q, &v)?))? < 1e-11);
        assert!(relative(engine.sectional_curvature(&a, &tv, &tw)?, 0.25) < 1e-11);
    }
    Ok(())
}

/// Short geodesics: θ - θ₀ is integrated, not θ.
#[test]
fn close_points() -> Result<()> {
    let engine = FamilyManifold::new(Normal::new());
    let p = engine.point(array![3.0, -2.0])?;
    for size in [1e-6, 1e-12, 1e-100] {
        let v = engine.tangent(&p, array![size, -0.5 * size])?;
        let moved = engine.exp(&p, &v)?;
        let straight = &p.values() + &v.values();
        let miss = (&moved.values() - &straight).mapv(f64::abs).sum();
        assert!(miss <= 4.0 * size * size + 1e-15, "{miss:e}");
    }
    let q = engine.point(array![3.0 + 0.5f64.powi(40), -2.0])?;
    let v = engine.tangent(&p, array![0.5f64.powi(40), 0.0])?;
    assert!(relative(engine.distance(&p, &q)?, engine.norm(&p, &v)?) < 1e-11);
    assert!(engine.distance(&p, &p)?.abs() <= 0.0);
    Ok(())
}

/// d = 2√2 asinh√((Δμ²/2 + Δσ²)/(4σσ')), K = -½.
#[test]
fn the_engine_agrees_with_the_half_plane() -> Result<()> {
    let engine = FamilyManifold::new(Normal::new()).with_horizon(0.0)?;
    let at =
        |m: f64, s: f64| engine.point(Normal::new().source_to_natural(&Source::from([m, s]))?.into_inner());
    let cases = [
        ([0.0, 1.0], [1.0, 2.0], 1.1893809314064118),
        ([1.0, 1.0], [3.0, 1.0], 1.8624597189054424),
        ([0.0, 1.0], [0.0, 5.0], 2f64.sqrt() * 5f64.ln()),
    ];
    for (a, b, exact) in cases {
        let (p, q) = (at(a[0], a[1])?, at(b[0], b[1])?);
        let d = engine.distance(&p, &q)?;
        assert!(relative(d, exact) < 1e-11, "{d} against {exact}");
        let (v, w) = (engine.tangent(&p, array![1.0, 0.0])?, engine.tangent(&p, array![0.3, 1.0])?);
        assert!(relative(engine.sectional_curvature(&p, &v, &w)?, -0.5) < 1e-12);
        // Declared complete.
        assert!(engine.exit_time(&p, &v)?.is_infinite());
    }
    Ok(())
}

/// λ → 0 is θ → -∞ at finite time: from 2.5 with a rate of -5 at time 1.
#[test]
fn poisson_reaches_its_boundary_in_finite_time() -> Result<()> {
    let engine = FamilyManifold::new(Poisson::new());
    let p = engine.point(array![2.5f64.ln()])?;
    assert!(relative(engine.exit_time(&p, &engine.tangent(&p, array![-2.0])?)?, 1.0) < 1e-11);
    let beyond = engine.exp(&p, &engine.tangent(&p, array![-3.0])?);
    assert!(
        matches!(beyond, Err(Error::BeyondExit { exit_time, .. }) if relative(exit_time, 2.0 / 3.0) < 1e-11)
    );
    let moved = engine.exp(&p, &engine.tangent(&p, array![1.2 / 2.5])?)?;
    assert!(relative(moved.values()[0].exp(), 3.844) < 1e-11);
    for (theta, exact) in [(4f64.ln(), 0.83772233983162067), (-30.0, 2.0 * (2.5f64.sqrt() - (-15f64).exp()))]
    {
        let q = engine.point(array![theta])?;
        assert!(relative(engine.distance(&p, &q)?, exact) < 1e-11);
        assert!(relative(engine.distance(&q, &p)?, exact) < 1e-11);
    }
    assert!(engine.exit_time(&p, &engine.tangent(&p, array![1.0])?)?.is_infinite());
    Ok(())
}

/// No closed form: Γ against differences of the metric, geodesics against exp, log and symmetry, and the Poisson curve
/// inside, which is longer.
#[test]
fn conway_maxwell_poisson_geodesics() -> Result<()> {
    let engine = FamilyManifold::new(ConwayMaxwellPoisson);
    let (p, q) = (engine.point(array![2.5f64.ln(), -1.0])?, engine.point(array![4f64.ln(), -1.0])?);
    let d = engine.distance(&p, &q)?;
    assert!(d < 0.83772233983162067 && d > 0.8, "{d}");
    assert!(relative(engine.distance(&q, &p)?, d) < 1e-11);
    let v = engine.log(&p, &q)?;
    let arrived = engine.exp(&p, &v)?;
    assert!((&arrived.values() - &q.values()).iter().all(|x| x.abs() < 1e-11));
    // A third of the way and the rest add up.
    let third = engine.geodesic(&p, &q, 1.0 / 3.0)?;
    assert!(relative(engine.distance(&p, &third)?, d / 3.0) < 1e-11);
    assert!(relative(engine.distance(&third, &q)?, 2.0 / 3.0 * d) < 1e-11);
    let carried = engine.parallel_transport(&p, &q, &v)?;
    assert!(engine.norm(&q, &(&carried + &engine.log(&q, &p)?))? < 1e-10 * d);
    // Γₖ = ½ (∂ᵢgⱼₖ + ∂ⱼgᵢₖ - ∂ₖgᵢⱼ), by differences of G.
    let h = 1e-4;
    let metric = |i: usize, sign: f64| -> Result<Array2<f64>> {
        let mut theta = p.values().to_owned();
        theta[i] += sign * h;
        engine.family().fisher_natural(&Natural::new(theta))
    };
    let slope = |i| -> Result<Array2<f64>> { Ok((metric(i, 1.0)? - metric(i, -1.0)?) / (2.0 * h)) };
    let slopes = [slope(0)?, slope(1)?];
    let w = engine.tangent(&p, array![0.3, -0.7])?;
    let flat = engine.flat(&p, &engine.christoffel(&p, &v, &w)?)?;
    for k in 0..2 {
        let mut sum = 0.0;
        for i in 0..2 {
            for j in 0..2 {
                let symbol = 0.5 * (slopes[i][[j, k]] + slopes[j][[i, k]] - slopes[k][[i, j]]);
                sum += symbol * v.values()[i] * w.values()[j];
            }
        }
        assert!((flat.values()[k] - sum).abs() < 1e-6, "{} against {sum}", flat.values()[k]);
    }
    Ok(())
}

/// ν = 0 is an edge of the domain at finite length with a metric that is regular there: the error says when.
#[test]
fn a_geodesic_that_leaves_the_domain_is_an_error() -> Result<()> {
    let engine = FamilyManifold::new(ConwayMaxwellPoisson);
    let p = engine.point(array![0.4f64.ln(), -0.5])?;
    let v = engine.tangent(&p, array![0.0, 1.0])?;
    let exit = engine.exit_time(&p, &v)?;
    let near = engine.exp(&p, &((1.0 - 1e-9) * exit * &v))?;
    assert!(near.values()[1] < 0.0 && near.values()[1] > -1e-8, "{near:?}");
    let beyond = engine.exp(&p, &(2.0 * &v));
    assert!(
        matches!(beyond, Err(Error::BeyondExit { exit_time, .. }) if relative(exit_time, 0.5 * exit) < 1e-9)
    );
    Ok(())
}

#[test]
fn random_vectors_and_settings() -> Result<()> {
    let engine = FamilyManifold::new(Categorical::new(3)?);
    let p = engine.point(array![-3.0, 1.0])?;
    let w = engine.sharp(&p, &Cotangent::from([1.0, 0.5]))?;
    assert!(relative(engine.inner(&p, &w, &w)?, Cotangent::from([1.0, 0.5]).pair(&w)) < 1e-14);
    let mut rng = Streams::new(3, Purpose::Directions).generator(1);
    let mut sum = 0.0;
    for _ in 0..2003 {
        sum += engine.norm(&p, &engine.random_tangent(&p, &mut rng)?)?.powi(2);
    }
    let z = (sum - 2.0 * 2003.0) / (4.0f64 * 2003.0).sqrt();
    assert!(z.abs() < 4.0, "z = {z}");
    assert!(matches!(engine.clone().with_tolerance(0.0), Err(Error::Setting { .. })));
    assert!(matches!(engine.clone().with_horizon(f64::NAN), Err(Error::Setting { .. })));
    assert!(matches!(engine.point(array![0.0]), Err(Error::Shape { .. })));
    Ok(())
}
