//! Geometric and negative-binomial laws, where conventions and signs go wrong.

use super::dual::{Number, gradient};
use crate::support::close::close;
use natgrad::Error;
use natgrad::family::{
    Expectation, Family, GeometricFailures, GeometricTrials, Natural, NegativeBinomial, Source,
};
use natgrad::ndarray::array;

/// ψ in terms of p is -r ln p (not -r ln(1-p)), and its derivative -r/p.
#[test]
fn negative_binomial_log_partition_in_source_space() {
    let family = NegativeBinomial::new(3.5).unwrap();
    for p in [0.2, 0.5, 0.93, 1e-12] {
        let lambda = Source::from(p);
        let theta = family.source_to_natural(&lambda).unwrap();
        close(family.log_partition(&theta).unwrap(), -3.5 * p.ln(), 4e-15);
        let slope = gradient(&[p], |p| -(p[0].ln() * Number::of(3.5)))[0];
        close(slope, -3.5 / p, 1e-15);
        // The chain rule through θ: ∂ψ/∂λ = η ∂θ/∂λ.
        let chained = family.natural_to_expectation(&theta).unwrap().values()[0]
            * family.source_jacobian(&lambda).unwrap()[[0, 0]];
        close(chained, slope, 4e-15);
    }
}

/// ∂ψ/∂p is -1/p counting failures, -1/(p(1-p)) counting trials; both by the chain rule and by the mass at 0 or 1.
#[test]
fn geometric_source_space_gradient() {
    for p in [0.2, 0.5, 0.93, 1e-12] {
        let lambda = Source::from(p);
        for (family, expected) in [
            (&GeometricFailures::new() as &dyn Family, -1.0 / p),
            (&GeometricTrials::new(), -1.0 / (p * (1.0 - p))),
        ] {
            let eta = family.source_to_expectation(&lambda).unwrap().values()[0];
            close(eta * family.source_jacobian(&lambda).unwrap()[[0, 0]], expected, 4e-15);
        }
    }
}

#[test]
fn negative_binomial_natural_parameter_must_be_negative() {
    let family = NegativeBinomial::new(3.5).unwrap();
    for theta in [0.0, 1e-300, 0.7, 800.0] {
        match family.check_natural(&Natural::from(theta)) {
            Err(Error::Domain { value, index: 0, requirement, .. }) => {
                assert_eq!(value, theta);
                assert!(requirement.contains("negative"));
            }
            other => panic!("{theta}: {other:?}"),
        }
        for refused in [
            family.natural_to_expectation(&Natural::from(theta)).is_err(),
            family.fisher_natural(&Natural::from(theta)).is_err(),
            family.log_partition(&Natural::from(theta)).is_err(),
            family.kullback_leibler(&Natural::from(-1.0), &Natural::from(theta)).is_err(),
            family.kullback_leibler_step(&Natural::from(-1.0), array![theta + 1.0].view()).is_err(),
        ] {
            assert!(refused);
        }
    }
    assert!(family.check_natural(&Natural::from(-5e-324)).is_ok());
}

/// Trials are failures and one: mean shifted, all else equal.
#[test]
fn trials_are_failures_and_one() {
    let (failures, trials) = (GeometricFailures::new(), GeometricTrials::new());
    for p in [0.03, 0.5, 0.93] {
        let theta = failures.source_to_natural(&Source::from(p)).unwrap();
        let other = Natural::from(-1.25);
        assert_eq!(theta, trials.source_to_natural(&Source::from(p)).unwrap());
        let mean = |family: &dyn Family| family.natural_to_expectation(&theta).unwrap().values()[0];
        close(mean(&trials), mean(&failures) + 1.0, 1e-15);
        close(mean(&trials), 1.0 / p, 2e-15);
        assert_eq!(trials.fisher_natural(&theta).unwrap(), failures.fisher_natural(&theta).unwrap());
        assert_eq!(trials.entropy(&theta).unwrap(), failures.entropy(&theta).unwrap());
        assert_eq!(
            trials.kullback_leibler(&theta, &other).unwrap(),
            failures.kullback_leibler(&theta, &other).unwrap()
        );
        for x in [0.0, 1.0, 7.0] {
            assert_eq!(
                trials.log_probability(&theta, array![x + 1.0].view()).unwrap(),
                failures.log_probability(&theta, array![x].view()).unwrap()
            );
        }
        assert_eq!(trials.log_probability(&theta, array![0.0].view()).unwrap(), f64::NEG_INFINITY);
    }
    // A mean next to the least outcome: θ = ln((η - 1)/η).
    let eta = Expectation::from(1.0 + 1e-12);
    let tiny = eta.values()[0] - 1.0;
    close(trials.expectation_to_natural(&eta).unwrap().values()[0], tiny.ln() - tiny.ln_1p(), 1e-15);
}

/// r need not be whole, and may be tiny: P(0) = p^r, P(1) = r(1-p)p^r.
#[test]
fn successes_need_not_be_whole() {
    for r in [1e-100, 1e-9, 0.25, 1e9] {
        let family = NegativeBinomial::new(r).unwrap();
        let theta = family.source_to_natural(&Source::from(0.4)).unwrap();
        let log = |x: f64| family.log_probability(&theta, array![x].view()).unwrap();
        close(log(0.0), r * 0.4f64.ln(), 1e-15);
        close(log(1.0), r.ln() + 0.6f64.ln() + r * 0.4f64.ln(), 1e-14);
        // P(2)/P(1) = (r+1)(1-p)/2
        let size = 1e-14 * log(1.0).abs().max(1.0);
        crate::support::close::near(log(2.0) - log(1.0), (0.3 * (r + 1.0)).ln(), size);
    }
}
