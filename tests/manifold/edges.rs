//! Numbers at the edges of what is accepted, and factors that other tests leave at one.

use natgrad::Result;
use natgrad::manifold::*;
use natgrad::ndarray::array;

/// Sums off by 5e-13 are rounding, by 2e-12 they are not; what is accepted changes the result by no more than rounding.
#[test]
fn tolerances_of_sums() -> Result<()> {
    let s = Simplex::new(3)?;
    let p = s.point(array![0.2, 0.3, 0.5])?;
    assert!(s.point(array![0.2, 0.3, 0.5 + 5e-13]).is_ok());
    assert!(s.point(array![0.2, 0.3, 0.5 + 2e-12]).is_err());
    assert!(s.tangent(&p, array![1.0, 2.0, -3.0 + 3e-12]).is_ok());
    assert!(s.tangent(&p, array![1.0, 2.0, -3.0 + 9e-12]).is_err());
    assert!(s.tangent(&p, array![1e-10, -1e-10 + 8e-15, 0.0]).is_ok());
    assert!(s.tangent(&p, array![1e-10, -1e-10 + 2e-14, 0.0]).is_err());
    // v + cp stands for v: to a rounding of v, not of c.
    let tiny = s.point(array![0.2, 0.3, 0.5])?;
    let v = s.tangent(&p, array![1e-14, -2e-14, 1e-14])?;
    let off = s.tangent(&p, &v.values() + &(8e-15 * &p.values()))?;
    let score = s.flat(&tiny, &off)?;
    for (found, expected) in score.values().iter().zip([5e-14, -2e-14 / 0.3, 2e-14]) {
        assert!((found - expected).abs() < 1e-27, "{score:?}");
    }
    Ok(())
}

/// Seven trials on a face, and the nearest face where it is not the first.
#[test]
fn faces_of_seven_trials() -> Result<()> {
    let s = Simplex::multinomial(3, 7)?;
    let v = array![0.125, -0.125, 0.0];
    // 7·2·(1/64)/(1/2).
    let inner = s.closed_inner(array![0.5, 0.5, 0.0].view(), v.view(), v.view())?;
    assert!((inner - 0.4375).abs() < 2e-16, "{inner}");
    let p = s.point(array![0.5, 0.25, 0.25])?;
    // The angle of √¼ is 30 degrees.
    assert!((s.boundary_distance(&p)? - 7f64.sqrt() * std::f64::consts::FRAC_PI_3).abs() < 1e-15);
    Ok(())
}

/// The Hessian that manifolds inherit, on the half-plane: f = μ²σ along geodesics by second differences.
#[test]
fn the_inherited_hessian_is_the_second_derivative_along_geodesics() -> Result<()> {
    let m = HalfPlane::normal();
    let (x, y) = (0.75, 1.5);
    let p = m.point(array![x, y])?;
    let v = m.tangent(&p, array![0.5, -0.75])?;
    let (a, b) = (v.values()[0], v.values()[1]);
    let partials = Cotangent::from([2.0 * x * y, x * x]);
    let second = Cotangent::from([2.0 * y * a + 2.0 * x * b, 2.0 * x * a]);
    let found = m.inner(&p, &m.hessian(&p, &partials, &second, &v)?, &v)?;
    let f = |t: f64| -> Result<f64> {
        let q = m.exp(&p, &(t * &v))?;
        Ok(q.values()[0].powi(2) * q.values()[1])
    };
    let h = 1e-3;
    let difference = (f(h)? - 2.0 * f(0.0)? + f(-h)?) / (h * h);
    assert!((found - difference).abs() < 1e-5 * found.abs(), "{found} {difference}");
    // The term of the connection is no small part of it.
    assert!((found - second.pair(&v)).abs() > 0.1 * found.abs());
    Ok(())
}

/// Steps longer than 700: exp(log q) for a point that lies so far, hundreds of powers of e to the side; e^-r and the square of
/// the direction's slope are subnormal there, or zero.
#[test]
fn the_half_plane_is_walked_far() -> Result<()> {
    let m = HalfPlane::hyperbolic();
    let p = m.point(array![0.0, 1.0])?;
    for q in [
        array![2e153, 1e-10],
        array![-3e152, 7e-3],
        array![1e150, 1e-30],
        array![1e160, 1e-10],
        array![-1e300, 1e-200],
        array![0.0, 1e306],
    ] {
        let q = m.point(q)?;
        let v = m.log(&p, &q)?;
        assert!(m.norm(&p, &v)? > 700.0);
        let end = m.exp(&p, &v)?;
        // A unit in the last place of a length of 700 is 1e-13 of what it is the logarithm of.
        for (found, expected) in end.values().iter().zip(q.values()) {
            assert!((found - expected).abs() <= 2e-12 * expected.abs(), "{end:?} {q:?}");
        }
    }
    Ok(())
}
