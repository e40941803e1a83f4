//! Bad input is an error with the number in it; no finite input gives a NaN.

use super::table::cases;
use natgrad::Error;
use natgrad::family::{
    Bernoulli, Binomial, Categorical, Expectation, Family, GeometricTrials, Multinomial, Natural,
    NegativeBinomial, Normal, Poisson, Source,
};
use natgrad::ndarray::{Array1, array};
use natgrad::random::{Purpose, Streams};

#[test]
fn parameters_on_and_beyond_the_boundary() {
    let refuse = |outcome: natgrad::Result<()>, at: f64, what: &str| match outcome {
        Err(Error::Domain { value, .. }) => assert_eq!(value, at, "{what}"),
        other => panic!("{what} at {at}: {other:?}"),
    };
    for p in [0.0, 1.0, -0.25, 1.0 + f64::EPSILON] {
        let lambda = Source::from(p);
        refuse(Bernoulli::new().check_source(&lambda), p, "Bernoulli");
        refuse(Binomial::new(3).unwrap().check_source(&lambda), p, "binomial");
        refuse(GeometricTrials::new().check_source(&lambda), p, "geometric");
        refuse(NegativeBinomial::new(2.5).unwrap().check_source(&lambda), p, "negative binomial");
    }
    refuse(Poisson::new().check_source(&Source::from(0.0)), 0.0, "Poisson");
    refuse(Poisson::new().check_expectation(&Expectation::from(-1.0)), -1.0, "Poisson");
    refuse(GeometricTrials::new().check_expectation(&Expectation::from(1.0)), 1.0, "geometric");
    refuse(Normal::new().check_source(&Source::from([0.0, 0.0])), 0.0, "normal");
    refuse(Normal::new().check_natural(&Natural::from([0.0, 0.25])), 0.25, "normal");
    refuse(Normal::new().check_expectation(&Expectation::from([3.0, 9.0])), 9.0, "normal");
    let die = Categorical::new(3).unwrap();
    refuse(die.check_source(&Source::from([0.5, 0.0])), 0.0, "categorical");
    refuse(die.check_source(&Source::from([-0.5, 0.7])), -0.5, "categorical");
    refuse(die.check_source(&Source::from([0.5, 0.5])), 1.0, "categorical");
    refuse(die.check_source(&Source::from([0.75, 0.5])), 1.25, "categorical");
    refuse(
        Multinomial::new(3, 4).unwrap().check_expectation(&Expectation::from([1.0, 3.0])),
        4.0,
        "multinomial",
    );
    assert!(die.check_source(&Source::from([0.5, 0.5 - f64::EPSILON])).is_ok());
    for x in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert!(matches!(Bernoulli::new().check_natural(&Natural::from(x)), Err(Error::NonFinite { .. })));
        assert!(matches!(
            die.check_natural(&Natural::from([0.0, x])),
            Err(Error::NonFinite { index: 1, .. })
        ));
    }
}

#[test]
fn constructors_refuse() {
    assert!(Binomial::new(0).is_err());
    assert!(Binomial::new(u64::MAX).is_err());
    assert!(Categorical::new(1).is_err());
    assert!(Multinomial::new(1, 3).is_err());
    assert!(Multinomial::new(3, 0).is_err());
    for r in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(NegativeBinomial::new(r).is_err());
    }
    let die = Categorical::new(3).unwrap();
    assert!(matches!(
        die.natural_of_weights(array![1.0, -2.0, 1.0].view()),
        Err(Error::Domain { index: 1, value: -2.0, .. })
    ));
    assert!(matches!(die.natural_of_weights(array![1.0, 1.0].view()), Err(Error::Shape { .. })));
    // The last probability by itself, not as a difference: 1e-300 is a probability like any other.
    let theta = die.natural_of_weights(array![0.25, 0.75, 1e-300].view()).unwrap();
    let p = die.probabilities(&theta).unwrap();
    assert!((p[2] / 1e-300 - 1.0).abs() < 2e-13, "{p}");
}

#[test]
fn outcomes_outside_the_support() {
    for case in cases() {
        let (_, theta) = case.each().next().unwrap();
        if case.discrete.is_none() {
            continue;
        }
        let len = case.family.outcome_len();
        for bad in [-1.0, 0.5, 1e9 + 0.5] {
            let x = Array1::from_elem(len, bad);
            assert_eq!(case.family.log_probability(&theta, x.view()).unwrap(), f64::NEG_INFINITY);
            assert_eq!(case.family.log_carrier(x.view()).unwrap(), f64::NEG_INFINITY);
            assert!(matches!(case.family.sufficient(x.view()), Err(Error::Domain { .. })));
        }
        let nan = Array1::from_elem(len, f64::NAN);
        assert!(case.family.log_probability(&theta, nan.view()).is_err());
        let long = Array1::zeros(len + 1);
        assert!(matches!(case.family.sufficient(long.view()), Err(Error::Shape { .. })));
    }
}

/// Every method of every family on nasty numbers: an error or a number, never a NaN and never a panic.
#[test]
fn no_input_gives_a_nan() {
    let nasty = [
        0.0,
        -0.0,
        5e-324,
        -5e-324,
        1e-300,
        -1e-300,
        1e-16,
        -1e-16,
        0.5,
        -0.5,
        1.0,
        -1.0,
        1.0 - 1.1e-16,
        2.0,
        -37.0,
        700.0,
        -700.0,
        800.0,
        -800.0,
        1e16,
        -1e16,
        1e300,
        -1e300,
        f64::MAX,
        f64::MIN,
        f64::NAN,
        f64::INFINITY,
    ];
    let mut generator = Streams::new(9, Purpose::Data).generator(0);
    let (mut given, mut broken) = (0usize, Vec::new());
    for case in cases() {
        let (family, d) = (&case.family, case.family.dim());
        for (a, &x) in nasty.iter().enumerate() {
            for shift in [0, 1, 11] {
                let y = nasty[(a + shift) % nasty.len()];
                let point = Array1::from_shape_fn(d, |i| if i % 2 == 0 { x } else { y });
                let step = Array1::from_shape_fn(d, |i| if i % 2 == 0 { y } else { x });
                let (theta, eta, lambda) = (
                    Natural::new(point.clone()),
                    Expectation::new(point.clone()),
                    Source::new(point.clone()),
                );
                let mut numbers: Vec<Vec<f64>> = Vec::new();
                let mut take = |result: natgrad::Result<Vec<f64>>| numbers.extend(result);
                take(family.source_to_natural(&lambda).map(|v| v.values().to_vec()));
                take(family.source_to_expectation(&lambda).map(|v| v.values().to_vec()));
                take(family.natural_to_source(&theta).map(|v| v.values().to_vec()));
                take(family.natural_to_expectation(&theta).map(|v| v.values().to_vec()));
                take(family.expectation_to_natural(&eta).map(|v| v.values().to_vec()));
                take(family.expectation_to_source(&eta).map(|v| v.values().to_vec()));
                take(family.log_partition(&theta).map(|v| vec![v]));
                take(family.dual_potential(&eta).map(|v| vec![v]));
                take(family.fisher_natural(&theta).map(|v| v.iter().copied().collect()));
                take(family.fisher_source(&lambda).map(|v| v.iter().copied().collect()));
                take(family.fisher_expectation(&eta).map(|v| v.iter().copied().collect()));
                take(family.source_jacobian(&lambda).map(|v| v.iter().copied().collect()));
                take(family.third_cumulants(&theta).map(|v| v.iter().copied().collect()));
                take(family.fourth_cumulants(&theta).map(|v| v.iter().copied().collect()));
                take(family.kullback_leibler_step(&theta, step.view()).map(|v| vec![v]));
                take(family.kullback_leibler(&theta, &Natural::new(step.clone())).map(|v| vec![v]));
                if family.name() != "Poisson" && !family.name().starts_with("negative") {
                    take(family.entropy(&theta).map(|v| vec![v]));
                }
                take(family.sample(&theta, 2, &mut generator).map(|v| v.iter().copied().collect()));
                let outcome = Array1::from_elem(family.outcome_len(), x);
                if let Ok(log) = family.log_probability(&theta, outcome.view()) {
                    assert!(log < f64::INFINITY && !log.is_nan(), "{} {point}", family.name());
                }
                for (which, values) in numbers.iter().enumerate() {
                    if values.iter().any(|value| !value.is_finite()) {
                        broken.push(format!("{} at {x:e}, {y:e}: result {which}, {values:?}", family.name()));
                    }
                }
                given += numbers.len();
            }
        }
    }
    assert!(broken.is_empty(), "{}:\n{}", broken.len(), broken.join("\n"));
    assert!(given > 5_000, "only {given} results");
}
