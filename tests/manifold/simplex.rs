//! The simplex against numbers from a forty-digit program, for p = (.2, .3, .5), q = (.1, .6, .3).

use natgrad::Result;
use natgrad::manifold::simplex::*;
use natgrad::manifold::*;
use natgrad::ndarray::{ArrayView1, array};

/// The simplex of three outcomes, p, q, v, w.
pub fn setting() -> Result<(Simplex, Point, Point, Tangent, Tangent)> {
    let simplex = Simplex::new(3)?;
    let (p, q) = (simplex.point(array![0.2, 0.3, 0.5])?, simplex.point(array![0.1, 0.6, 0.3])?);
    let v = simplex.tangent(&p, array![0.1, -0.3, 0.2])?;
    let w = simplex.tangent(&p, array![0.2, -0.1, -0.1])?;
    Ok((simplex, p, q, v, w))
}

/// Equal to `digits` units of 1e-16, relative to the largest entry expected.
pub fn same(found: ArrayView1<'_, f64>, expected: &[f64], units: f64) {
    assert_eq!(found.len(), expected.len());
    let scale = expected.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
    for (i, (f, e)) in found.iter().zip(expected).enumerate() {
        assert!(
            (f - e).abs() <= units * 1e-16 * scale,
            "entry {i}: {f:e} against {e:e}, {:e}",
            (f - e) / scale
        );
    }
}

fn number(found: f64, expected: f64) {
    same(array![found].view(), &[expected], 4.0);
}

#[test]
fn the_metric_and_the_maps_give_the_printed_numbers() -> Result<()> {
    let (s, p, q, v, w) = setting()?;
    number(s.inner(&p, &v, &v)?, 0.43);
    number(s.inner(&p, &v, &w)?, 0.16);
    number(s.inner(&p, &w, &w)?, 0.25333333333333333);
    number(s.distance(&p, &q)?, 0.61572300076480524);
    number(s.distance(&q, &p)?, 0.61572300076480524);
    same(s.log(&p, &q)?.values(), &[-0.099921737013439386, 0.28115818342242275, -0.18123644640898336], 4.0);
    same(s.log(&q, &p)?.values(), &[0.093719394474140915, -0.29976521104031816, 0.20604581656617724], 4.0);
    same(s.exp(&p, &v)?.values(), &[0.28430376135656122, 0.06228236848627905, 0.65341387015715973], 4.0);
    same(
        s.geodesic(&p, &q, 0.5)?.values(),
        &[0.14921852514609568, 0.44765557543828705, 0.40312589941561726],
        4.0,
    );
    let (pv, pw) = (s.parallel_transport(&p, &q, &v)?, s.parallel_transport(&p, &q, &w)?);
    same(pv.values(), &[0.09526515950607294, -0.32008822692655492, 0.22482306742048198], 4.0);
    same(pw.values(), &[0.15099666261191844, -0.10079677182076097, -0.050199890791157473], 4.0);
    number(s.inner(&q, &pv, &pv)?, 0.43);
    number(s.inner(&q, &pv, &pw)?, 0.16);
    number(s.exit_time(&p, &v)?, 1.7702109877647107);
    Ok(())
}

#[test]
fn retractions_and_transports_give_the_printed_numbers() -> Result<()> {
    let (s, p, q, v, w) = setting()?;
    let tilted = MultiplicativeRetraction.retract(&s, &p, &v)?;
    same(tilted.values(), &[0.27802577790597309, 0.093053904524327339, 0.62892031756969957], 4.0);
    let projected = ProjectionRetraction.retract(&s, &p, &v)?;
    same(projected.values(), &[0.28216704288939052, 0.067720090293453725, 0.65011286681715576], 4.0);
    let tenth = 0.1 * &v;
    same(QuadraticRetraction.retract(&s, &p, &tenth)?.values(), &[0.20991, 0.2704275, 0.5196625], 4.0);
    same(s.exp(&p, &tenth)?.values(), &[0.2099028671193867, 0.2704488422124284, 0.5196482906681847], 4.0);
    let straight = MixtureRetraction.retract(&s, &p, &tenth)?;
    same(straight.values(), &[0.21, 0.27, 0.52], 4.0);
    let average = AverageRetraction.retract(&s, &p, &v)?;
    same(average.values(), &[0.28901288895298655, 0.04652695226216367, 0.66446015878484978], 4.0);
    same(
        MultiplicativeRetraction.inverse(&s, &p, &q)?.values(),
        &[-0.1014098173465889, 0.2637735823160838, -0.162363764969495],
        4.0,
    );
    same(
        ProjectionRetraction.inverse(&s, &p, &q)?.values(),
        &[-0.1032030088296072, 0.2903909735111785, -0.1871879646815713],
        4.0,
    );
    number(MixtureRetraction.exit_time(&s, &p, &v)?, 1.0);
    number(ProjectionRetraction.exit_time(&s, &p, &v)?, 2.0);
    let carried = MultiplicativeTransport.transport(&s, &p, &q, &v)?;
    same(carried.values(), &[0.093, -0.342, 0.249], 4.0);
    number(s.inner(&q, &carried, &MixtureTransport.transport(&s, &p, &q, &w)?)?, 0.16);
    Ok(())
}

/// One step of ∂f = (.7, -.2, 1.1) with h = .3, along three retractions.
#[test]
fn gradient_steps_give_the_printed_numbers() -> Result<()> {
    let (s, p, ..) = setting()?;
    let v = -0.3 * &s.gradient(&p, array![0.7, -0.2, 1.1])?;
    let e = MultiplicativeRetraction.retract(&s, &p, &v)?;
    same(e.values(), &[0.1929664587238803, 0.3791688016682515, 0.4278647396078681], 4.0);
    same(s.exp(&p, &v)?.values(), &[0.1944139709017379, 0.3768410132173998, 0.4287450158808623], 4.0);
    same(MixtureRetraction.retract(&s, &p, &v)?.values(), &[0.1958, 0.3747, 0.4295], 4.0);
    Ok(())
}

/// Stored elsewhere: amplitude and representer of Manifolds.jl, recomputed.
#[test]
fn the_gradient_of_the_mean_logarithm_points_to_the_centre() -> Result<()> {
    let s = Simplex::new(5)?;
    let p = s.point(array![0.1, 0.15, 0.2, 0.25, 0.3])?;
    let partials = p.values().mapv(|x| 0.2 / x);
    same(s.gradient(&p, partials)?.values(), &[0.1, 0.05, 0.0, -0.05, -0.1], 8.0);
    Ok(())
}

#[test]
fn the_curvature_tensor_is_that_of_a_sphere_of_radius_two() -> Result<()> {
    let s = Simplex::new(3)?;
    let p = s.point(array![0.1, 0.7, 0.2])?;
    let x = s.tangent(&p, array![-0.1, 0.05, 0.05])?;
    let y = s.tangent(&p, array![0.05, 0.05, -0.1])?;
    let z = s.tangent(&p, array![-0.1, 0.15, -0.05])?;
    // R(x, y)z; Manifolds.jl (snapshot of July 2026) stores four times this.
    same(
        s.riemann(&p, &x, &y, &z)?.values(),
        &[-0.00087053571428571, -0.00140625, 0.00227678571428571],
        30.0,
    );
    number(s.sectional_curvature(&p, &x, &y)?, 0.25);
    number(Simplex::multinomial(3, 7)?.sectional_curvature(&p, &x, &y)?, 0.25 / 7.0);
    Ok(())
}
