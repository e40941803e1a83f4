//! The finite-support engine reproduces every family that can be listed.

use super::table::{cases, log_linear};
use crate::support::close::{all_close, close, near};
use natgrad::Error;
use natgrad::family::{Discrete, Expectation, Family, FiniteSupport, Natural, Poisson};
use natgrad::ndarray::{Array1, array};
use natgrad::random::{Purpose, Streams};

#[test]
fn truncated_support_reproduces_the_closed_forms() {
    for case in cases() {
        let Some(closed) = &case.discrete else { continue };
        for (_, theta) in case.each() {
            let finite = FiniteSupport::truncating(closed.as_ref(), &theta, 1e-24).unwrap();
            let eta = closed.natural_to_expectation(&theta).unwrap();
            let psi = closed.log_partition(&theta).unwrap();
            near(finite.log_partition(&theta).unwrap(), psi, 1e-13 * (1.0 + psi.abs()));
            let mean = finite.natural_to_expectation(&theta).unwrap();
            all_close(mean.values(), &eta.values().to_vec(), 1e-13);
            let g = closed.fisher_natural(&theta).unwrap();
            all_close(&finite.fisher_natural(&theta).unwrap(), &g.iter().copied().collect::<Vec<_>>(), 1e-12);
            let size = g.iter().fold(0.0f64, |m, x| m.max(x.abs()));
            let (third, same) =
                (closed.third_cumulants(&theta).unwrap(), finite.third_cumulants(&theta).unwrap());
            for (found, expected) in same.iter().zip(&third) {
                near(*found, *expected, 2e-12 * size.powf(1.5).max(expected.abs()));
            }
            let (fourth, same) =
                (closed.fourth_cumulants(&theta).unwrap(), finite.fourth_cumulants(&theta).unwrap());
            for (found, expected) in same.iter().zip(&fourth) {
                near(*found, *expected, 2e-12 * (size * size).max(expected.abs()));
            }
            close(finite.entropy(&theta).unwrap(), closed.entropy(&theta).unwrap(), 2e-13);
            for t in [1e-9, -0.01] {
                let step = Array1::from_elem(closed.dim(), t);
                let kl = closed.kullback_leibler_step(&theta, step.view()).unwrap();
                close(finite.kullback_leibler_step(&theta, step.view()).unwrap(), kl, 1e-11);
            }
            for x in closed.support(&theta, 1e-3).unwrap().outer_iter() {
                let log = closed.log_probability(&theta, x).unwrap();
                near(finite.log_probability(&theta, x).unwrap(), log, 1e-12 * (1.0 + log.abs()));
            }
        }
    }
}

/// Newton's method against the closed inverse; the truncated families, so that means are of all sizes.
#[test]
fn natural_parameters_of_means() {
    for case in cases() {
        let Some(closed) = &case.discrete else { continue };
        for (_, theta) in case.each() {
            // Newton's method starts at zero: no law for a geometric family, but one for its truncation.
            let finite = FiniteSupport::truncating(closed.as_ref(), &theta, 1e-24).unwrap();
            let eta = closed.natural_to_expectation(&theta).unwrap();
            let found = finite.expectation_to_natural(&eta).unwrap();
            for (found, expected) in found.values().iter().zip(theta.values()) {
                near(*found, *expected, 2e-12 * (1.0 + expected.abs()));
            }
        }
    }
}

/// Stated tails are kept: the mass left out is below the tail, and not by far less than needed.
#[test]
fn tails_are_what_was_asked() {
    for case in cases() {
        let Some(family) = &case.discrete else { continue };
        for (lambda, theta) in case.each() {
            let all: f64 = {
                let values = lambda.values().to_vec();
                let wide = family.support(&theta, 1e-25).unwrap();
                wide.outer_iter().map(|x| case.book.log_mass(&values, &x.to_vec()).exp()).sum()
            };
            near(all, 1.0, 1e-12);
            for tail in [0.5, 1e-2, 1e-6, 1e-10] {
                let listed = family.support(&theta, tail).unwrap();
                let mass: f64 = listed
                    .outer_iter()
                    .map(|x| case.book.log_mass(&lambda.values().to_vec(), &x.to_vec()).exp())
                    .sum();
                assert!(1.0 - mass <= tail + 1e-12, "{}: {} left out of {tail}", family.name(), 1.0 - mass);
            }
            for tail in [0.0, -0.1, 1.0, f64::NAN] {
                assert!(matches!(family.support(&theta, tail), Err(Error::Setting { .. })));
            }
        }
    }
    // Around the mode, not from zero: a rate of 10⁸ lists some 10⁵ outcomes.
    let theta = Natural::from(1e8f64.ln());
    let listed = Poisson::new().support(&theta, 1e-12).unwrap();
    assert!(listed.nrows() < 160_000 && listed[[0, 0]] > 9.9e7, "{}", listed.nrows());
    assert!(matches!(Poisson::new().support(&Natural::from(40.0), 1e-12), Err(Error::TooLarge { .. })));
}

#[test]
fn outcomes_are_indices_or_the_list() {
    let (log_h, t) = log_linear();
    let plain = FiniteSupport::new(log_h, t.clone()).unwrap();
    assert_eq!(plain.sufficient(array![2.0].view()).unwrap(), t.row(2));
    assert_eq!(plain.log_carrier(array![5.0].view()).unwrap(), f64::NEG_INFINITY);
    assert_eq!(plain.log_carrier(array![0.5].view()).unwrap(), f64::NEG_INFINITY);
    assert!(matches!(plain.sufficient(array![-1.0].view()), Err(Error::Domain { value: -1.0, .. })));
    let theta = Natural::from(3f64.ln());
    let listed = FiniteSupport::truncating(&Poisson::new(), &theta, 1e-15).unwrap();
    let mut generator = Streams::new(5, Purpose::Data).generator(0);
    let draws = listed.sample(&theta, 10_007, &mut generator).unwrap();
    let z = (draws.mean().unwrap() - 3.0) / (3.0f64 / 10_007.0).sqrt();
    assert!(z.abs() < 5.0, "{z}");
}

/// A mean outside the hull of T is an error: outside the box at once, inside the box when Newton's method has run away.
#[test]
fn means_outside_the_hull_are_refused() {
    let square = FiniteSupport::new(Array1::zeros(3), array![[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]).unwrap();
    for eta in [[1.0, 0.2], [-0.1, 0.5], [0.2, f64::NAN]] {
        assert!(square.expectation_to_natural(&Expectation::from(eta)).is_err());
    }
    assert!(square.expectation_to_natural(&Expectation::from([0.7, 0.7])).is_err());
    let inside = square.expectation_to_natural(&Expectation::from([0.7, 0.2])).unwrap();
    // ln(p_i/p_0) of (.1, .7, .2)
    all_close(inside.values(), &[7f64.ln(), 2f64.ln()], 1e-13);
    assert!(FiniteSupport::new(array![0.0], array![[f64::INFINITY]]).is_err());
    assert!(FiniteSupport::new(array![0.0, 1.0], array![[1.0]]).is_err());
}
