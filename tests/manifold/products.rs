//! Products of manifolds.

use super::arcs::within;
use natgrad::manifold::arc::Poisson;
use natgrad::manifold::{
    Curve, Euclidean, Exponential, Factorwise, HalfPlane, InverseRetraction, LeviCivita, Linear, Manifold,
    Order, Product, Retraction, Simplex, Tangent, VectorTransport,
};
use natgrad::ndarray::{Array1, array, s};
use natgrad::{Error, Result};

fn mixed() -> Product<Box<dyn Manifold>> {
    let factors: Vec<Box<dyn Manifold>> = vec![
        Box::new(Simplex::new(3).unwrap()),
        Box::new(HalfPlane::normal()),
        Box::new(Curve::new(Poisson)),
        Box::new(Euclidean::new(2).unwrap()),
    ];
    Product::new(factors).unwrap()
}

const P: [f64; 8] = [0.2, 0.3, 0.5, 0.0, 1.0, 2.5, -1.0, 4.0];
const Q: [f64; 8] = [0.1, 0.6, 0.3, 1.0, 2.0, 4.0, 2.0, 0.0];

#[test]
fn everything_is_factor_by_factor() -> Result<()> {
    let product = mixed();
    assert_eq!((product.dim(), product.coordinates()), (7, 8));
    let (p, q) = (product.point(Array1::from_iter(P))?, product.point(Array1::from_iter(Q))?);
    // Distances of the factors as printed elsewhere; the last by hand.
    let parts = [0.61572300076480524, 1.1893809314064118, 0.83772233983162067, 5.0];
    for (found, exact) in product.distances(&p, &q)?.iter().zip(parts) {
        within("factor", *found, exact, 2.0);
    }
    let sum: f64 = parts.iter().map(|d| d * d).sum();
    within("distance", product.distance(&p, &q)?, sum.sqrt(), 2.0);
    let log = product.log(&p, &q)?;
    for (found, exact) in product.norms(&p, &log)?.iter().zip(parts) {
        within("norm of the factor", *found, exact, 2.0);
    }
    within("log", log.values()[0], -0.099921737013439386, 4.0);
    within("log", log.values()[4], 0.7797701134447457, 2.0);
    assert_eq!(log.values().slice(s![6..]), array![3.0, -4.0]);

    let split = product.split(&p)?;
    assert_eq!(split.iter().map(|p| p.values().len()).collect::<Vec<_>>(), [3, 2, 1, 2]);
    assert_eq!(product.join(&split)?, p);
    assert_eq!(product.join_tangent(&p, &product.split_tangent(&log)?)?, log);
    assert_eq!(product.ranges(), [0..3, 3..5, 5..6, 6..8]);
    // The factors' own answers, concatenated.
    let gamma = product.christoffel(&p, &log, &log)?;
    for (factor, range) in product.factors().iter().zip(product.ranges()) {
        let part = |x: &[f64; 8]| Array1::from_iter(x[range.clone()].iter().copied());
        let (p, q) = (factor.point(part(&P))?, factor.point(part(&Q))?);
        let v = factor.log(&p, &q)?;
        assert_eq!(gamma.values().slice(s![range.clone()]), factor.christoffel(&p, &v, &v)?.values());
    }
    Ok(())
}

/// Between factors the curvature is zero, within one it is that factor's.
#[test]
fn planes_across_factors_are_flat() -> Result<()> {
    let product = Product::power(HalfPlane::normal(), 2)?;
    let p = product.point(array![0.0, 1.0, 3.0, 2.0])?;
    let vector = |v: [f64; 4]| product.tangent(&p, Array1::from_iter(v));
    let within_first = (vector([1.0, 0.0, 0.0, 0.0])?, vector([0.3, 1.0, 0.0, 0.0])?);
    within("curvature", product.sectional_curvature(&p, &within_first.0, &within_first.1)?, -0.5, 2.0);
    assert_eq!(product.sectional_curvature(&p, &within_first.0, &vector([0.0, 0.0, 1.0, 2.0])?)?, 0.0);
    assert_eq!(product.name(), "(half-plane of normal laws (curvature -0.5))^2");
    Ok(())
}

#[test]
fn errors_say_where_in_the_product() -> Result<()> {
    let product = mixed();
    let mut bad = P;
    bad[4] = -1.0;
    let error = product.point(Array1::from_iter(bad)).unwrap_err();
    assert!(
        matches!(error, Error::Domain { quantity: "point", index: 4, value, .. } if value == -1.0),
        "{error}"
    );
    bad[4] = 1.0;
    bad[7] = f64::NAN;
    let error = product.point(Array1::from_iter(bad)).unwrap_err();
    assert!(matches!(error, Error::NonFinite { index: 7, .. }), "{error}");
    assert!(matches!(product.point(array![0.5, 0.5]), Err(Error::Shape { .. })));
    assert_eq!(Product::<HalfPlane>::new(vec![]).unwrap_err(), Error::Empty { quantity: "factors" });

    let p = product.point(Array1::from_iter(P))?;
    let short = Tangent::unchecked(array![1.0]);
    assert!(
        product.norm(&p, &short).is_err()
            && product.exp(&p, &short).is_err()
            && product.flat(&p, &short).is_err()
    );
    // The simplex is left at time 1.77, the Poisson law at 5/20.
    let v = product.tangent(&p, array![0.1, -0.3, 0.2, 0.0, 0.0, -20.0, 1e9, 0.0])?;
    assert_eq!(product.exit_time(&p, &v)?, 0.25);
    let expected = Error::BeyondExit {
        map: "exponential map",
        manifold: "Poisson laws by their mean (factor 2 of 4)".to_owned(),
        exit_time: 0.25,
    };
    assert_eq!(product.exp(&p, &v).unwrap_err(), expected);
    // An end that f64 cannot hold, in the second factor's second coordinate.
    let v = product.tangent(&p, array![0.0, 0.0, 0.0, 0.0, -800.0, 0.0, 0.0, 0.0])?;
    assert!(matches!(product.exp(&p, &v), Err(Error::Domain { index: 4, .. })));
    Ok(())
}

#[test]
fn retractions_and_transports_are_lifted() -> Result<()> {
    let product = mixed();
    let (p, q) = (product.point(Array1::from_iter(P))?, product.point(Array1::from_iter(Q))?);
    let v = product.log(&p, &q)?;
    assert_eq!(Factorwise(Exponential).retract(&product, &p, &v)?, product.exp(&p, &v)?);
    let carried = Factorwise(LeviCivita).transport(&product, &p, &q, &v)?;
    assert_eq!(carried, product.parallel_transport(&p, &q, &v)?);
    let lifted: &dyn VectorTransport<Product<Box<dyn Manifold>>> = &Factorwise(LeviCivita);
    assert!(lifted.is_isometric() && lifted.order() == Order::Exact && lifted.name() == "parallel transport");
    assert_eq!(Factorwise(Exponential).inverse(&product, &p, &q)?, v);
    assert_eq!(Factorwise(Linear).inverse(&product, &p, &q)?.values(), &q.values() - &p.values());
    // A line is a line in the factors and in the product.
    let v = &(0.5 * &v);
    assert_eq!(Factorwise(Linear).retract(&product, &p, v)?, Linear.retract(&product, &p, v)?);
    assert_eq!(Factorwise(Linear).exit_time(&product, &p, v)?, Linear.exit_time(&product, &p, v)?);
    let far = product.tangent(&p, array![0.0, 0.0, 0.0, 0.0, -4.0, -5.0, 0.0, 0.0])?;
    let expected = Error::BeyondExit {
        map: "linear retraction",
        manifold: "half-plane of normal laws (curvature -0.5) (factor 1 of 4)".to_owned(),
        exit_time: 0.25,
    };
    assert_eq!(Factorwise(Linear).retract(&product, &p, &far).unwrap_err(), expected);
    Ok(())
}

/// A simplex to the power of k keeps its factors apart: k scalars for Adam, not one.
#[test]
fn norms_of_many_factors() -> Result<()> {
    let k = 5;
    let simplices = Product::power(Simplex::new(3)?, k)?;
    let p = simplices.point(Array1::from_iter([0.2, 0.3, 0.5].into_iter().cycle().take(3 * k)))?;
    let v = Array1::from_iter((0..k).flat_map(|i| [0.1, -0.3, 0.2].map(|x| x * i as f64)));
    let norms = simplices.norms(&p, &simplices.tangent(&p, v)?)?;
    for (i, norm) in norms.iter().enumerate() {
        within("norm", *norm, i as f64 * 0.43f64.sqrt(), 3.0);
    }
    Ok(())
}
