//! Geodesics by integration against the closed forms of the simplex, the half-plane and the Poisson family.

use crate::family::golden::relative;
use natgrad::family::{
    Categorical, ConwayMaxwellPoisson, Family, GeometricFailures, LogarithmicSeries, Natural, Normal,
    Poisson, Source, Zeta,
};
use natgrad::manifold::{Cotangent, FamilyCurve, FamilyManifold, Manifold, Point, Simplex, Tangent};
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
        ([0.0, 1.0], [1.0, 2.0], 1.1893809314064118, 1e-13),
        ([1.0, 1.0], [3.0, 1.0], 1.8624597189054424, 1e-11),
        ([0.0, 1.0], [0.0, 5.0], 2f64.sqrt() * 5f64.ln(), 4e-12),
    ];
    for (a, b, exact, tolerance) in cases {
        let (p, q) = (at(a[0], a[1])?, at(b[0], b[1])?);
        let log = engine.log(&p, &q)?;
        let d = engine.norm(&p, &log)?;
        assert!(relative(d, exact) < tolerance, "{d} against {exact}");
        // What rounding made of the tolerance can be asked for.
        let achieved = engine.achieved_tolerance(&p, &log)?;
        assert!(achieved <= 1e-12, "{achieved:e}");
        let (v, w) = (engine.tangent(&p, array![1.0, 0.0])?, engine.tangent(&p, array![0.3, 1.0])?);
        let curvature = engine.sectional_curvature(&p, &v, &w)?;
        assert!(relative(curvature, -0.5) < 1e-12_f64.max(tolerance), "{curvature} at {a:?}");
        // Declared complete.
        assert!(engine.exit_time(&p, &v)?.is_infinite());
    }
    Ok(())
}

/// Pairs at distances of 5.5 to 8, where shooting amplifies the last bits of the factorisation: with faer's it arrives, with OpenBLAS's
/// it may spend its budget, and then says so. What it returns is right. Where μ/σ = 500 the correlation of x and x² is 1 - 2e-6, and
/// G⁻¹ takes six digits from Γ, of which integration makes ten times as much: nine digits are left.
#[test]
fn where_rounding_rules_the_engine_is_right_or_refuses() -> Result<()> {
    let engine = FamilyManifold::new(Normal::new()).with_horizon(0.0)?;
    let at =
        |m: f64, s: f64| engine.point(Normal::new().source_to_natural(&Source::from([m, s]))?.into_inner());
    for (a, b, exact, tolerance) in [
        ([0.0, 1.0], [0.0, 50.0], 2f64.sqrt() * 50f64.ln(), 4e-12),
        ([0.0, 1.0], [20.0, 1.0], 8f64.sqrt() * 50f64.sqrt().asinh(), 4e-12),
        ([5.0, 0.01], [5.1, 3.0], 8.067151997244174, 3e-9),
    ] {
        match engine.distance(&at(a[0], a[1])?, &at(b[0], b[1])?) {
            Ok(d) => assert!(relative(d, exact) < tolerance, "{d} against {exact}"),
            Err(error) => {
                assert!(matches!(error, Error::NotConverged { .. }), "{error}");
                assert_eq!(
                    natgrad::backend_name(),
                    "blas",
                    "with faer's last bits shooting arrives: {error}"
                );
            }
        }
    }
    Ok(())
}

/// λ → 0 is θ → -∞ at finite time: from 2.5 with a rate of -5 at time 1.
#[test]
fn poisson_reaches_its_boundary_in_finite_time() -> Result<()> {
    let engine = FamilyManifold::new(Poisson::new());
    let p = engine.point(array![2.5f64.ln()])?;
    assert!(relative(engine.exit_time(&p, &engine.tangent(&p, array![-2.0])?)?, 1.0) < 1e-14);
    let beyond = engine.exp(&p, &engine.tangent(&p, array![-3.0])?);
    assert!(
        matches!(beyond, Err(Error::BeyondExit { exit_time, .. }) if relative(exit_time, 2.0 / 3.0) < 1e-14)
    );
    let moved = engine.exp(&p, &engine.tangent(&p, array![1.2 / 2.5])?)?;
    assert!(relative(moved.values()[0].exp(), 3.844) < 1e-14);
    for (theta, exact) in [
        (4f64.ln(), 0.83772233983162067),
        (-30.0, 2.0 * (2.5f64.sqrt() - (-15f64).exp())),
        (-600.0, 10f64.sqrt()),
    ] {
        let q = engine.point(array![theta])?;
        assert!(relative(engine.distance(&p, &q)?, exact) < 4e-15);
        assert!(relative(engine.distance(&q, &p)?, exact) < 4e-15);
        let v = engine.log(&p, &q)?;
        // √λ is what is affine: θ = 2 ln √λ loses what √λ is smaller than its way, as many digits as that is.
        let allowed = 1e-15 * exact / (0.5 * theta).exp() + 4.0 * f64::EPSILON * theta.abs();
        match engine.exp(&p, &v) {
            Ok(end) => assert!((end.values()[0] - theta).abs() <= allowed, "{theta}: {end:?}"),
            // e⁻³⁰⁰ before the end, the length rounds onto it.
            Err(Error::BeyondExit { exit_time, .. }) => {
                assert!(theta < -70.0 && relative(exit_time, 1.0) < 1e-14)
            }
            Err(other) => return Err(other),
        }
        let back = engine.log(&q, &p)?;
        let carried = engine.parallel_transport(&p, &q, &v)?;
        assert!(relative(carried.values()[0], -back.values()[0]) < 4e-15);
        assert!((engine.exp(&q, &back)?.values()[0] - p.values()[0]).abs() < 4e-15);
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

/// The end of the domain of a one-dimensional family is found, and is at infinite length as far as floats can tell.
#[test]
fn one_dimension_finds_its_own_ends() -> Result<()> {
    let waiting = FamilyManifold::new(GeometricFailures::new());
    let p = waiting.point(array![0.8f64.ln()])?;
    let up = waiting.tangent(&p, array![1.0])?;
    assert!(waiting.exit_time(&p, &up)?.is_infinite());
    // s = 2 asinh √((1 - p)/p), and down it ends at p = 1.
    let down = waiting.exit_time(&p, &-&up)? * waiting.norm(&p, &up)?;
    assert!(relative(down, 2.0 * 2f64.asinh()) < 1e-14, "{down}");
    for length in [1e-9, 1.0, 30.0] {
        let q = waiting.exp(&p, &((length / waiting.norm(&p, &up)?) * &up))?;
        let sine = (0.5 * length + 2f64.asinh()).sinh();
        // (1 - p)/p = sinh²(s/2), θ = ln(1 - p) = -ln(1 + 1/sinh²).
        assert!(relative(q.values()[0], -(1.0 / (sine * sine)).ln_1p()) < 4e-14, "{length}: {q:?}");
    }
    // Declared and found ends agree; of √ψ'' ~ 1/(θ√L) at p → 1 too, where the length grows as the root of a logarithm.
    let (series, declared) = (FamilyManifold::new(LogarithmicSeries), FamilyCurve::logarithmic_series());
    let p = series.point(array![-1.25])?;
    for v in [array![1.0], array![-1.0]] {
        let v = series.tangent(&p, v)?;
        let (found, exact) =
            (series.clone().with_horizon(200.0)?.exit_time(&p, &v)?, declared.exit_time(&p, &v)?);
        assert!(found.total_cmp(&exact).is_eq() || relative(found, exact) < 1e-14, "{found} against {exact}");
    }
    let zeta = FamilyManifold::new(Zeta).with_horizon(200.0)?;
    let p = zeta.point(array![2.5])?;
    assert!(zeta.exit_time(&p, &zeta.tangent(&p, array![-1.0])?)?.is_infinite());
    assert!(
        relative(
            zeta.exit_time(&p, &zeta.tangent(&p, array![1.0])?)?,
            FamilyCurve::zeta().exit_time(&p, &zeta.tangent(&p, array![1.0])?)?
        ) < 1e-14
    );
    assert!(zeta.achieved_tolerance(&p, &zeta.zero())? <= f64::EPSILON);
    Ok(())
}

/// Velocities from (λ, ν) = (3, 1.5), exit times by `tests/golden/conway_exit.py`, and what f64 has right of them.
const EXITS: [([f64; 2], f64, f64); 2] =
    [([0.0, 1.0], 3.8300326230, 1e-9), ([-1.0, 0.0], 1.699846029943904, 1e-12)];

/// Both geodesics end where ν is infinite, on laws of two neighbouring counts: the first turns round on its way, far out, where the
/// inverse metric has lost three digits more (2.8e-10 and 2.2e-13 are seen).
#[test]
fn exit_of_conway_maxwell_poisson() -> Result<()> {
    let engine = FamilyManifold::new(ConwayMaxwellPoisson);
    let p = engine.point(array![3f64.ln(), -1.5])?;
    for (velocity, exact, tolerance) in EXITS {
        let exit = engine.exit_time(&p, &engine.tangent(&p, Array1::from(velocity.to_vec()))?)?;
        assert!(relative(exit, exact) < tolerance, "{exit} against {exact}");
    }
    Ok(())
}

/// However hard, a call ends: within the budget, with numbers.
#[test]
fn what_cannot_be_integrated_is_not_converged() -> Result<()> {
    // 1e-10 from the face that θ is relative to, G⁻¹ has lost ten digits.
    let engine = FamilyManifold::new(Categorical::new(3)?).with_budget(5000)?;
    let (p, q) = (engine.point(array![1e10f64.ln(), 1e10f64.ln()])?, engine.point(array![18f64.ln(), 0.0])?);
    let error = engine.distance(&p, &q);
    assert!(
        matches!(error, Err(Error::NotConverged { iterations, tolerance, .. }) if iterations <= 5000 && tolerance <= 1e-9),
        "{error:?}"
    );
    let spent = engine.clone().with_budget(50)?.exp(&q, &engine.tangent(&q, array![0.5, -0.5])?);
    assert!(matches!(spent, Err(Error::NotConverged { iterations: 50, .. })), "{spent:?}");
    // The tolerance rises to what rounding leaves, visibly, and not beyond the bound.
    let (engine, simplex) = (FamilyManifold::new(Categorical::new(3)?), Simplex::new(3)?);
    let (near, far) =
        (simplex.normalise(array![0.5 - 1e-8, 0.5, 1e-8])?, simplex.normalise(array![0.9, 0.05, 0.05])?);
    let p = engine.point(chart(&near))?;
    let away = engine.tangent(&p, push(&near, &simplex.log(&near, &far)?))?;
    let achieved = engine.achieved_tolerance(&p, &away)?;
    assert!(achieved > 1e-11 && achieved <= 1e-9, "{achieved:e}");
    let counts = FamilyManifold::new(ConwayMaxwellPoisson);
    let p = counts.point(array![3f64.ln(), -1.5])?;
    let lost = counts.exit_time(&p, &counts.tangent(&p, array![1.0, 1.0])?);
    assert!(
        matches!(lost, Err(Error::NotConverged { residual, tolerance, .. }) if residual > tolerance && tolerance <= 1e-9),
        "{lost:?}"
    );
    let inside = engine.point(array![0.3, -0.2])?;
    let v = engine.tangent(&inside, array![0.5, 0.5])?;
    assert!(relative(engine.achieved_tolerance(&inside, &v)?, 1e-12) < 1e-15);
    assert!(matches!(engine.clone().with_rounding(1e-13), Err(Error::Setting { .. })));
    assert!(matches!(engine.with_budget(0), Err(Error::Setting { .. })));
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
