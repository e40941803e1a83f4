//! Fréchet means of manifolds other than the simplex, and of the simplex by the general road.

use crate::support::close::{all_close, close, near};
use natgrad::manifold::{Curve, HalfPlane, Manifold, Point, Product, Simplex, arc, frechet_mean};
use natgrad::ndarray::array;
use natgrad::{Error, Result};

/// Where the derivative of Σ wᵢ d² along some directions vanishes, by differences of distances alone.
fn is_stationary(m: &dyn Manifold, points: &[Point], weights: &[f64], mean: &Point, directions: &[[f64; 2]]) {
    let total: f64 = weights.iter().sum();
    let cost = |c: &Point| -> f64 {
        points.iter().zip(weights).map(|(p, w)| w / total * m.distance(c, p).unwrap().powi(2)).sum()
    };
    for direction in directions {
        let at = |t: f64| Point::unchecked(&mean.values() + &(t * &array![direction[0], direction[1]]));
        let h = 1e-5;
        near((cost(&at(h)) - cost(&at(-h))) / (2.0 * h), 0.0, 1e-9);
    }
}

#[test]
fn on_an_arc_it_is_the_mean_of_the_arc_lengths() -> Result<()> {
    let coins = Curve::new(arc::Binomial::probability(7)?);
    let points = [coins.point(array![0.1])?, coins.point(array![0.5])?, coins.point(array![0.97])?];
    let weights = [2.0, 3.0, 5.0];
    let mean = frechet_mean(&coins, &points, &weights, &points[0], 1e-13, 50)?;
    let angle: f64 = points.iter().zip(weights).map(|(p, w)| w / 10.0 * p.values()[0].sqrt().asin()).sum();
    close(mean.point.values()[0], angle.sin().powi(2), 1e-14);
    Ok(())
}

/// In a hyperbolic plane unit steps overshoot for points far apart: halving must bring them in.
#[test]
fn in_the_half_plane_far_points_have_their_mean() -> Result<()> {
    let plane = HalfPlane::normal();
    let points =
        [plane.point(array![-40.0, 0.5])?, plane.point(array![60.0, 0.1])?, plane.point(array![3.0, 20.0])?];
    let weights = [1.0, 2.0, 3.0];
    let mean = frechet_mean(&plane, &points, &weights, &points[1], 1e-12, 200)?;
    is_stationary(&plane, &points, &weights, &mean.point, &[[1.0, 0.0], [0.0, 1.0], [0.6, -0.8]]);
    Ok(())
}

/// p, q and (.4, .4, .2): forty digits from a separate program.
#[test]
fn on_the_simplex_it_is_the_one_of_the_simplex() -> Result<()> {
    let simplex = Simplex::new(3)?;
    let points =
        [array![0.2, 0.3, 0.5], array![0.1, 0.6, 0.3], array![0.4, 0.4, 0.2]].map(|p| simplex.point(p));
    let points = points.into_iter().collect::<Result<Vec<_>>>()?;
    let mean = frechet_mean(&simplex, &points, &[1.0; 3], &points[2], 1e-14, 50)?;
    let printed = array![0.224885145146707, 0.4409546789507297, 0.3341601759025634];
    all_close(mean.point.values(), &printed, 2e-15);
    Ok(())
}

#[test]
fn of_a_product_it_is_the_mean_of_each_factor() -> Result<()> {
    let plane = HalfPlane::normal();
    let pair = Product::power(plane, 2)?;
    let (a, b) = (array![0.0, 1.0, 3.0, 2.0], array![1.0, 2.0, -1.0, 0.3]);
    let points = [pair.point(a)?, pair.point(b)?];
    let mean = frechet_mean(&pair, &points, &[1.0, 3.0], &points[0], 1e-13, 50)?;
    for (k, found) in pair.split(&mean.point)?.iter().enumerate() {
        let ends = [pair.split(&points[0])?.swap_remove(k), pair.split(&points[1])?.swap_remove(k)];
        all_close(found.values(), &plane.geodesic(&ends[0], &ends[1], 0.75)?.into_inner(), 1e-12);
    }
    Ok(())
}

#[test]
fn bad_weights_and_no_points_are_errors() -> Result<()> {
    let line = Curve::new(arc::Poisson);
    let p = line.point(array![2.0])?;
    let mean = |points: &[Point], weights: &[f64]| frechet_mean(&line, points, weights, &p, 1e-10, 20);
    assert_eq!(mean(&[], &[]).unwrap_err(), Error::Empty { quantity: "points" });
    let refused = mean(&[p.clone(), p.clone()], &[1.0, -2.0]).unwrap_err();
    assert_eq!(refused.to_string(), "weights[1] = -2; it must be positive and finite");
    assert!(matches!(mean(std::slice::from_ref(&p), &[1.0, 2.0]), Err(Error::Shape { .. })));
    let far = line.point(array![1e6])?;
    let stopped = frechet_mean(&line, &[far], &[1.0], &p, 1e-30, 0).unwrap_err();
    assert!(matches!(stopped, Error::NotConverged { iterations: 0, .. }), "{stopped}");
    Ok(())
}
