//! Projections, and the law of Pythagoras.

use super::support::*;
use crate::support::{Stream, distance};
use natgrad::Error;
use natgrad::connection::{AlphaConnection, Marginal, Pythagoras, e_projection, fit_marginals, m_projection};
use natgrad::divergence::{Divergence, KullbackLeibler};
use natgrad::family::FiniteSupport;
use natgrad::manifold::{Manifold, Simplex};
use natgrad::ndarray::{Array1, Array2, array};

fn joint() -> Array1<f64> {
    array![0.3, 0.2, 0.1, 0.4]
}

/// Row and column indicators of the 2 × 2 table.
fn cells() -> Array2<f64> {
    array![[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
}

#[test]
fn the_mutual_information_is_a_leg_of_a_right_triangle() -> natgrad::Result<()> {
    let independent = FiniteSupport::new(Array1::zeros(4), cells())?;
    let r = array![0.1, 0.4, 0.1, 0.4];
    let q = m_projection(joint().view(), &independent)?.point;
    assert!(distance(q.values().as_slice().unwrap(), &[0.2, 0.3, 0.2, 0.3]) < 2e-16);
    let triangle = Pythagoras::of(joint().view(), q.values(), r.view())?;
    let close = |a: f64, b: f64| approx::assert_relative_eq!(a, b, max_relative = 1e-15);
    close(triangle.hypotenuse, 0.1909542504884438);
    close(triangle.mixture_leg, 0.08630462173553419);
    close(triangle.exponential_leg, 0.10464962875290958);
    assert!(triangle.inner.abs() < 1e-15 && triangle.defect().abs() < 1e-15);
    Ok(())
}

#[test]
fn two_routes_to_the_closest_table_with_given_marginals() -> natgrad::Result<()> {
    let expected = [0.2354248688935409, 0.264575131106459, 0.0645751311064591, 0.435424868893541];
    let base = Simplex::new(4)?.point(joint())?;
    // Newton's: the second row holds .5, the second column .7.
    let newton = e_projection(&base, cells().view(), array![0.5, 0.7].view())?.point;
    assert!(distance(newton.values().as_slice().unwrap(), &expected) < 3e-16, "{newton:?}");
    let rows = Marginal::axis(&[2, 2], 0, array![0.5, 0.5])?;
    let columns = Marginal::axis(&[2, 2], 1, array![0.3, 0.7])?;
    let fitted = fit_marginals(joint().view(), &[rows, columns])?;
    // Linear convergence at 1e-14 leaves a few 1e-15.
    assert!(distance(fitted.as_slice().unwrap(), &expected) < 1e-14, "{fitted}");
    let s = array![0.15, 0.35, 0.15, 0.35];
    let triangle = Pythagoras::of(s.view(), newton.values(), joint().view())?;
    approx::assert_relative_eq!(triangle.hypotenuse, 0.10597722749104777, max_relative = 1e-15);
    assert!(triangle.inner.abs() < 1e-15 && triangle.defect().abs() < 1e-15);
    Ok(())
}

#[test]
fn pythagoras_both_ways_on_random_triples() -> natgrad::Result<()> {
    let mut stream = Stream(3);
    let simplex = Simplex::new(7)?;
    for _ in 0..20 {
        let statistics = Array2::from_shape_fn((7, 3), |_| 2.0 * stream.uniform() - 1.0);
        let [p, r] = [0; 2].map(|_| random_point(&mut stream, &simplex));
        // p on an m-flat family, r beside it: q the e-projection of r.
        let moments = statistics.t().dot(&p.values());
        let q = e_projection(&r, statistics.view(), moments.view())?.point;
        let first = Pythagoras::of(p.values(), q.values(), r.values())?;
        // r in an e-flat family, p beside it: q the m-projection of p.
        let family = FiniteSupport::new(r.values().mapv(f64::ln), statistics)?;
        let member = m_projection(p.values(), &family)?;
        let second = Pythagoras::of(p.values(), member.point.values(), r.values())?;
        for triangle in [first, second] {
            assert!(triangle.inner.abs() < 1e-12 && triangle.defect().abs() < 1e-14, "{triangle:?}");
            assert!((triangle.hypotenuse - triangle.mixture_leg - triangle.exponential_leg).abs() < 1e-12);
            assert!(triangle.mixture_leg > 1e-6 && triangle.exponential_leg > 1e-6);
        }
        // Any triple: the three-point law, and the inner product as that of the two velocities at q.
        let q = random_point(&mut stream, &simplex);
        let any = Pythagoras::of(p.values(), q.values(), r.values())?;
        assert!(any.defect().abs() < 1e-14);
        let to_p = AlphaConnection::new(simplex, -1.0)?.log(&q, &p)?;
        let to_r = AlphaConnection::new(simplex, 1.0)?.log(&q, &r)?;
        assert!((simplex.inner(&q, &to_p, &to_r)? - any.inner).abs() < 1e-13);
    }
    Ok(())
}

/// No feasible law beside the projection is closer: along 200 directions that keep the moments.
#[test]
fn the_projection_is_a_minimum() -> natgrad::Result<()> {
    let mut stream = Stream(4);
    let simplex = Simplex::new(5)?;
    let r = random_point(&mut stream, &simplex);
    let statistics = array![[0.0], [1.0], [2.0], [3.0], [4.0]];
    let q = e_projection(&r, statistics.view(), array![2.5].view())?.point;
    let least = KullbackLeibler.of(q.values(), r.values())?;
    for _ in 0..200 {
        let [a, b, c] = [0; 3].map(|_| 1e-2 * (2.0 * stream.uniform() - 1.0));
        // Second differences have no mass and no mean.
        let move_by = array![a, b - 2.0 * a, a - 2.0 * b + c, b - 2.0 * c, c];
        let beside = &q.values() + &move_by;
        if beside.iter().all(|x| *x > 0.0) {
            assert!(KullbackLeibler.of(beside.view(), r.values())? > least);
        }
    }
    Ok(())
}

#[test]
fn infeasible_constraints_are_refused_with_numbers() -> natgrad::Result<()> {
    let base = Simplex::new(4)?.point(joint())?;
    let beyond = e_projection(&base, cells().view(), array![0.5, 1.25].view());
    assert!(
        matches!(beyond, Err(Error::Domain { quantity: "moments", index: 1, value: 1.25, .. })),
        "{beyond:?}"
    );
    // Inside the box, outside the hull: cells 0 and 3 only.
    let two = array![[0.0, 0.0], [1.0, 1.0], [0.5, 0.75]];
    let thirds = Simplex::new(3)?.normalise(array![1.0, 1.0, 1.0])?;
    let off = e_projection(&thirds, two.view(), array![0.75, 0.25].view());
    assert!(matches!(off, Err(Error::OutsideHull { value, bound, .. }) if value > bound + 0.1), "{off:?}");
    let rows = Marginal::axis(&[2, 2], 0, array![0.5, 0.5])?;
    let missing = fit_marginals(array![0.0, 0.0, 0.5, 0.5].view(), std::slice::from_ref(&rows));
    assert!(matches!(missing, Err(Error::Domain { index: 0, value: 0.5, .. })), "{missing:?}");
    // A diagonal table cannot have different row and column sums.
    let columns = Marginal::axis(&[2, 2], 1, array![0.3, 0.7])?;
    let diagonal = fit_marginals(array![0.5, 0.0, 0.0, 0.5].view(), &[rows, columns]);
    assert!(
        matches!(diagonal, Err(Error::OutsideHull { value, bound, .. }) if value > bound + 0.1),
        "{diagonal:?}"
    );
    assert!(matches!(Marginal::new(vec![0, 2], array![0.5, 0.5]), Err(Error::Domain { index: 1, .. })));
    assert!(Marginal::axis(&[2, 2], 2, array![1.0]).is_err());
    Ok(())
}
