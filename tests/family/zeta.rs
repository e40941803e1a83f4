//! The zeta family against two hundred digits.

use super::golden::{agree, relative, rows};
use natgrad::family::{Discrete, Expectation, Family, Natural, Zeta};
use natgrad::ndarray::{Axis, array};
use natgrad::random::{Purpose, Streams};
use natgrad::{Error, Result};

/// From s = 1 + 1e-8 to s = 300, where ζ is 1 + 5e-91: the largest error seen is 7e-16.
#[test]
fn four_derivatives_of_log_zeta_have_all_digits() -> Result<()> {
    for row in rows("zeta") {
        let theta = Natural::from(row[0]);
        let found = [
            Zeta.log_partition(&theta)?,
            Zeta.natural_to_expectation(&theta)?.values()[0],
            Zeta.fisher_natural(&theta)?[[0, 0]],
            Zeta.third_cumulants(&theta)?[[0, 0, 0]],
            Zeta.fourth_cumulants(&theta)?[[0, 0, 0, 0]],
        ];
        agree(&format!("zeta at {}", row[0]), &found, &row[1..], 2e-15);
    }
    Ok(())
}

/// θ(η) moves by the rounding of η over the variance.
#[test]
fn the_exponent_comes_back() -> Result<()> {
    for row in rows("zeta") {
        let back = Zeta.expectation_to_natural(&Expectation::from(row[2]))?.values()[0];
        let allowed = 4.0 * f64::EPSILON * (row[0] + row[2].abs() / row[3]);
        assert!((back - row[0]).abs() <= allowed, "{back} against {}", row[0]);
    }
    Ok(())
}

/// A printed number for each: entropy at 2.5, divergence from 2.5 to 4.
#[test]
fn entropy_and_divergence() -> Result<()> {
    let (first, second) = (Natural::from(2.5), Natural::from(4.0));
    agree("entropy", &[Zeta.entropy(&first)?], &[1.0156306058527449], 1e-15);
    agree("divergence", &[Zeta.kullback_leibler(&first, &second)?], &[0.21844200944736314], 2e-15);
    // Near equality: half the variance times the square of the step.
    for step in [1e-6, 1e-9, 1e-150] {
        let near = Zeta.kullback_leibler_step(&first, array![step].view())?;
        assert!(relative(near, 0.5 * 0.35045248787741275 * step * step) < step + 1e-14, "{near:e}");
    }
    Ok(())
}

/// The list of outcomes against the closed functions, at an exponent where lists are short.
#[test]
fn the_support_is_the_law() -> Result<()> {
    let theta = Natural::from(7.3125);
    let (mut mass, mut mean, mut entropy) = (0.0, 0.0, 0.0);
    for x in Zeta.support(&theta, 1e-17)?.outer_iter().rev() {
        let log = Zeta.log_probability(&theta, x)?;
        mass += log.exp();
        mean += log.exp() * Zeta.sufficient(x)?[0];
        entropy -= log.exp() * log;
    }
    // What the list leaves out weighs 1e-17, and ln x of it 6e-17: 1.2e-14 of the mean.
    agree("mass", &[mass, mean], &[1.0, Zeta.natural_to_expectation(&theta)?.values()[0]], 2e-14);
    agree("entropy", &[entropy], &[Zeta.entropy(&theta)?], 1e-13);
    Ok(())
}

/// Mean of T within five standard errors, and the estimate of s from it.
#[test]
fn draws_and_their_estimate() -> Result<()> {
    let theta = Natural::from(2.5);
    let draws = Zeta.sample(&theta, 20_011, &mut Streams::new(5, Purpose::Data).generator(0))?;
    let eta = Zeta.maximum_likelihood(draws.view())?;
    let error = (0.35045248787741275f64 / 20_011.0).sqrt();
    let z = (eta.values()[0] + 0.2887406855581931) / error;
    assert!(z.abs() < 5.0, "z = {z}");
    let ones = draws.sum_axis(Axis(1)).mapv(|x| f64::from(u8::from(x < 1.5))).sum();
    // P(1) = 1/ζ(2.5).
    let p = (-0.29377889195726214f64).exp();
    let z = (ones / 20_011.0 - p) / (p * (1.0 - p) / 20_011.0).sqrt();
    assert!(z.abs() < 5.0, "z = {z}");
    Ok(())
}

#[test]
fn what_is_outside_is_refused() {
    assert!(matches!(Zeta.log_partition(&Natural::from(1.0)), Err(Error::Domain { index: 0, .. })));
    assert!(matches!(Zeta.log_partition(&Natural::from(f64::NAN)), Err(Error::NonFinite { .. })));
    assert!(matches!(Zeta.expectation_to_natural(&Expectation::from(0.0)), Err(Error::Domain { .. })));
    // All outcomes one: no maximum.
    assert!(Zeta.maximum_likelihood(array![[1.0], [1.0], [1.0]].view()).is_err());
    assert!(Zeta.maximum_likelihood(array![[1.0], [0.5], [1.0]].view()).is_err());
    assert!(matches!(Zeta.support(&Natural::from(1.5), 1e-9), Err(Error::TooLarge { .. })));
}
