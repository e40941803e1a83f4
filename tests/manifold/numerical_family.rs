//! Geodesics by integration against the closed forms of the simplex, the half-plane and the Poisson family.

use natgrad::family::{Categorical, ConwayMaxwellPoisson, Family, Normal, Poisson, Source};
use natgrad::manifold::{ArcLength, End, FamilyManifold, Manifold, Point, Simplex, Tangent};
use natgrad::ndarray::{Array1, array};
use natgrad::{Error, Result};

/// θ of a point of the simplex, and the image of a tangent vector: θ̇ᵢ = vᵢ/pᵢ - vₙ/pₙ.
fn chart(p: &Point) -> Array1<f64> {
    let (p, last) = (p.values(), p.values()[p.values().len() - 1]);
    Array1::from_shape_fn(p.len() - 1, |i| (p[i] / last).ln())
}

fn push(p: &Point, v: &Tangent) -> Array1<f64> {
    let score = &v.values() / &p.values();
    let last = score[score.len() - 1];
    Array1::from_shape_fn(score.len() - 1, |i| score[i] - last)
}

fn gap(a: &Array1<f64>, b: &Array1<f64>) -> f64 {
    (a - b).mapv(f64::abs).iter().fold(0.0, |m: f64, x| m.max(*x)) / b.mapv(f64::abs).iter().fold(0.0, |m: f64, x| m.max(*x))
}

#[test]
fn categorical() -> Result<()> {
    let (simplex, engine) = (Simplex::new(3)?, FamilyManifold::new(Categorical::with_sides(3)?));
    let points = [
        (array![0.2, 0.3, 0.5], array![0.1, 0.6, 0.3], array![0.1, -0.3, 0.2]),
        (array![0.98, 0.01, 0.01], array![0.01, 0.01, 0.98], array![0.001, -0.003, 0.002]),
        (array![1e-6, 0.5, 0.5 - 1e-6], array![0.9, 0.05, 0.05], array![1e-6, -0.3, 0.3 - 1e-6]),
        (array![0.25, 0.25, 0.5], array![0.25 + 1e-10, 0.25 - 1e-10, 0.5], array![0.1, -0.3, 0.2]),
    ];
    for (p, q, v) in points {
        let (p, q) = (simplex.point(p)?, simplex.normalise(q)?);
        let v = simplex.tangent(&p, v)?;
        let w = simplex.project(&p, array![0.3, -0.1, 0.05].view())?;
        let (tp, tq) = (engine.point(chart(&p))?, engine.point(chart(&q))?);
        let (tv, tw) = (engine.tangent(&tp, push(&p, &v))?, engine.tangent(&tp, push(&p, &w))?);
        println!("inner {:.1e}", engine.inner(&tp, &tv, &tw)? / simplex.inner(&p, &v, &w)? - 1.0);
        println!("distance {:.1e}", engine.distance(&tp, &tq)? / simplex.distance(&p, &q)? - 1.0);
        println!("log {:.1e}", gap(&engine.log(&tp, &tq)?.into_inner(), &push(&p, &simplex.log(&p, &q)?)));
        let closed=simplex.exit_time(&p, &v)?; let exit=engine.exit_time(&tp, &tv).unwrap_or_else(|e| {println!("{e}"); f64::NAN});
        println!("exit {exit} {closed} {:.1e}", exit / closed - 1.0);
        for t in [1e-12, 1e-6, 0.1, 0.5, 0.9, 0.999] {
            let (tv, v) = ((t * closed) * &tv, (t * closed) * &v);
            let s = simplex.exp(&p, &v)?;
            match engine.exp(&tp, &tv) {
                Ok(e) => println!("exp {t} {:.1e}", gap(&e.into_inner(), &chart(&s))),
                Err(e) => println!("exp {t} {e}"),
            }
        }
        println!("beyond {:?}", engine.exp(&tp, &((1.001 * closed) * &tv)));
        println!("carry {:.1e}", gap(&engine.parallel_transport(&tp, &tq, &tv)?.into_inner(), &push(&q, &simplex.parallel_transport(&p, &q, &v)?)));
        println!("K {:.1e}", engine.sectional_curvature(&tp, &tv, &tw)? - 0.25);
    }
    Ok(())
}

#[test]
fn normal() -> Result<()> {
    let engine = FamilyManifold::new(Normal);
    let at = |m: f64, s: f64| engine.point(Normal.source_to_natural(&Source::from([m, s]))?.into_inner());
    let length = |a: [f64; 2], b: [f64; 2]| {
        let square = ((a[0] - b[0]).powi(2) / 2.0 + (a[1] - b[1]).powi(2)) / (4.0 * a[1] * b[1]);
        2.0 * 2f64.sqrt() * square.sqrt().asinh()
    };
    for (a, b) in [([0.0, 1.0], [1.0, 2.0]), ([1.0, 1.0], [3.0, 1.0]), ([0.0, 1.0], [1e-9, 1.0]), ([0.0, 1.0], [0.0, 50.0]), ([0.0, 1.0], [20.0, 1.0])] {
        let (p, q) = (at(a[0], a[1])?, at(b[0], b[1])?);
        match engine.distance(&p, &q) { Ok(d) => println!("{a:?} {b:?} {d} {:.1e}", d / length(a, b) - 1.0), Err(e) => println!("{a:?} {b:?} {} {e}", length(a,b)) }
        let (v, w) = (engine.tangent(&p, array![1.0, 0.0])?, engine.tangent(&p, array![0.3, 1.0])?);
        println!("K {:.1e}", engine.sectional_curvature(&p, &v, &w)? + 0.5);
        println!("exit {:?}", engine.exit_time(&p, &v));
    }
    Ok(())
}

#[test]
fn poisson() -> Result<()> {
    let engine = FamilyManifold::new(Poisson);
    let p = engine.point(array![2.5f64.ln()])?;
    // λ velocity -5 is θ velocity -2: exit at time one exactly.
    println!("exit {:?}", engine.exit_time(&p, &engine.tangent(&p, array![-2.0])?));
    println!("exp {:?}", engine.exp(&p, &engine.tangent(&p, array![-2.0])?));
    println!("exp {:?}", engine.exp(&p, &engine.tangent(&p, array![1.2 / 2.5])?)?.values()[0].exp());
    let q = engine.point(array![4f64.ln()])?;
    println!("d {:.1e}", engine.distance(&p, &q)? / 0.83772233983162067 - 1.0);
    let far = engine.point(array![-600.0])?;
    println!("d {:.1e}", engine.distance(&p, &far)? / (2.0 * 2.5f64.sqrt()) - 1.0);
    Ok(())
}

#[test]
fn conway() -> Result<()> {
    let engine = FamilyManifold::new(ConwayMaxwellPoisson);
    let at = |a: f64, b: f64| engine.point(array![a.ln(), -b]);
    for (a, b) in [((3.0, 1.5), (3.0, 1.0)), ((2.5, 1.0), (4.0, 1.0)), ((0.4, 0.5), (30.0, 3.0)), ((200.0, 1.0), (250.0, 1.1))] {
        let (p, q) = (at(a.0, a.1)?, at(b.0, b.1)?);
        let start = std::time::Instant::now();
        let d = engine.distance(&p, &q);
        println!("{a:?} {b:?} {d:?} {:?} {:?}", engine.distance(&q, &p), start.elapsed());
        let v = engine.tangent(&p, array![0.0, 1.0])?;
        println!("exit {:?}", engine.exit_time(&p, &v));
        println!("K {:?}", engine.sectional_curvature(&p, &v, &engine.tangent(&p, array![1.0, 0.0])?));
    }
    Ok(())
}
