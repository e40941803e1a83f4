//! Constraints that no law satisfies: an error with a direction that proves it, and at once.

use crate::support::Stream;
use natgrad::connection::{Marginal, e_projection, fit_marginals};
use natgrad::manifold::{Manifold, Simplex};
use natgrad::ndarray::{Array1, Array2, ArrayView2, array};
use natgrad::{Error, Result};

/// The proof, checked from outside: no row goes as far in the direction as the mean does.
fn proven<T: std::fmt::Debug>(
    found: Result<T>,
    rows: ArrayView2<'_, f64>,
    mean: &Array1<f64>,
    what: &str,
) -> f64 {
    match found {
        Err(Error::OutsideHull { quantity, direction, value, bound }) => {
            assert_eq!(quantity, what);
            let direction = Array1::from(direction);
            assert!((direction.dot(mean) - value).abs() < 1e-14);
            let farthest = rows.dot(&direction).fold(f64::NEG_INFINITY, |m, x| m.max(*x));
            assert!((farthest - bound).abs() < 1e-14, "{farthest} against {bound}");
            assert!(direction.iter().any(|d| (d.abs() - 1.0).abs() < 1e-15), "{direction}");
            value - bound
        }
        other => panic!("no proof but {other:?}"),
    }
}

#[test]
fn moments_beyond_the_hull_come_with_the_direction() -> Result<()> {
    let triangle = array![[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]];
    let base = Simplex::new(3)?.point(array![0.2, 0.3, 0.5])?;
    // x + y ≤ 1 on the triangle: by hand the direction is (1, 1).
    let mean = array![0.6, 0.7];
    let found = e_projection(&base, triangle.view(), mean.view());
    match &found {
        Err(Error::OutsideHull { direction, value, .. }) => {
            assert!(
                direction.iter().all(|d| (d - 1.0).abs() < 1e-12) && (value - 1.3).abs() < 1e-12,
                "{found:?}"
            );
        }
        other => panic!("{other:?}"),
    }
    assert!((proven(found, triangle.view(), &mean, "moments") - 0.3).abs() < 1e-12);
    // As near to the boundary as that the third cell has 1e-9: the answer is the law itself.
    let near = array![0.5, 0.5 - 1e-9];
    let found = e_projection(&base, triangle.view(), near.view())?.point;
    for (found, expected) in found.values().iter().zip([1e-9, 0.5, 0.5 - 1e-9]) {
        assert!((found - expected).abs() < 1e-15, "{found}");
    }
    // On the boundary: value and bound are the same.
    let mean = array![0.5, 0.5];
    let gap = proven(e_projection(&base, triangle.view(), mean.view()), triangle.view(), &mean, "moments");
    assert!(gap.abs() < 1e-15, "{gap}");
    Ok(())
}

#[test]
fn means_on_either_side_of_a_random_hull() -> Result<()> {
    let mut stream = Stream(17);
    for _ in 0..40 {
        let rows = Array2::from_shape_fn((11, 3), |(_, k)| {
            10f64.powi(3 * k as i32) * (2.0 * stream.uniform() - 1.0)
        });
        let base = Simplex::new(11)?.normalise(Array1::from_shape_fn(11, |_| stream.uniform() + 0.01))?;
        let weights =
            Simplex::new(11)?.normalise(Array1::from_shape_fn(11, |_| stream.uniform().powi(4) + 1e-9))?;
        let inside = rows.t().dot(&weights.values());
        let fitted = e_projection(&base, rows.view(), inside.view())?.point;
        let back = rows.t().dot(&fitted.values());
        assert!(back.iter().zip(&inside).zip([1.0, 1e3, 1e6]).all(|((a, b), s)| (a - b).abs() < 1e-12 * s));
        // From the middle through the farthest row, and a little beyond: outside the hull or on a face seen from there.
        let middle = rows.mean_axis(natgrad::ndarray::Axis(0)).unwrap();
        let outside = &middle + &(40.0 * (&inside - &middle));
        let found = e_projection(&base, rows.view(), outside.view());
        if !matches!(found, Err(Error::Domain { .. })) {
            assert!(proven(found, rows.view(), &outside, "moments") > 0.0);
        }
    }
    Ok(())
}

#[test]
fn a_redundant_statistic_is_named() -> Result<()> {
    let base = Simplex::new(3)?.point(array![0.2, 0.3, 0.5])?;
    let twice = array![[0.0, 0.0], [1.0, 2.0], [2.0, 4.0]];
    let found = e_projection(&base, twice.view(), array![0.6, 1.2].view());
    assert!(matches!(found, Err(Error::Unsupported { .. } | Error::OutsideHull { .. })), "{found:?}");
    // Off the line, which is all the hull there is.
    let mean = array![0.6, 1.3];
    // By hand: the direction is (-1, ½).
    let gap = proven(e_projection(&base, twice.view(), mean.view()), twice.view(), &mean, "moments");
    assert!((gap - 0.05).abs() < 1e-12, "{gap}");
    Ok(())
}

/// Zeros of the base that contradict the marginals, in the middle of a table of 23 × 29: rows 0..10 meet columns 0..12 only,
/// which weigh less.
#[test]
fn impossible_marginals_are_refused_at_once() -> Result<()> {
    let (n, m) = (23, 29);
    let mut base =
        Array1::from_shape_fn(n * m, |cell| if cell / m < 10 && cell % m >= 12 { 0.0 } else { 1.0 });
    base /= base.sum();
    let rows =
        Marginal::axis(&[n, m], 0, Array1::from_shape_fn(n, |i| if i < 10 { 0.06 } else { 0.4 / 13.0 }))?;
    let columns = Marginal::axis(
        &[n, m],
        1,
        Array1::from_shape_fn(m, |j| if j < 12 { 0.5 / 12.0 } else { 0.5 / 17.0 }),
    )?;
    match fit_marginals(base.view(), &[rows, columns]) {
        Err(Error::OutsideHull { quantity: "masses of the marginals", direction, value, bound }) => {
            assert_eq!(direction.len(), n + m);
            // The ten rows want .6 of what the twelve columns have, .5.
            let mean = |from: usize, to: usize| direction[from..to].iter().sum::<f64>() / (to - from) as f64;
            assert!(mean(0, 10) > mean(10, n) && mean(n, n + 12) < mean(n + 12, n + m));
            assert!(value > bound + 1e-3, "{value} against {bound}");
        }
        other => panic!("{other:?}"),
    }
    Ok(())
}

/// Slow is not impossible: entries of 1e-300 that must grow to .2, and a start far from the marginals.
#[test]
fn possible_marginals_are_not_refused() -> Result<()> {
    let rows = || Marginal::axis(&[2, 2], 0, array![0.5, 0.5]);
    let columns = || Marginal::axis(&[2, 2], 1, array![0.3, 0.7]);
    let q = fit_marginals(array![1e-300, 0.3, 0.7, 1e-300].view(), &[rows()?, columns()?])?;
    // Only three cells matter: the odds ratio 1e-600 leaves cell 0 empty.
    for (found, expected) in q.iter().zip([0.0, 0.5, 0.3, 0.2]) {
        assert!((found - expected).abs() < 1e-13, "{q}");
    }
    Ok(())
}
