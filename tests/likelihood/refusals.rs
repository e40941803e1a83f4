//! Labels and parameters out of their domain: the exact error, and its text.

use crate::support::cases::vector;
use natgrad::likelihood::{Gaussian, named};
use natgrad::{Error, Labels, Scalar};
use ndarray::{Array1, Array2, array};

const CLASS: &str = "a class index: a whole number from 0 to the number of outputs less one";
const COUNT: &str = "a whole number, at least 0";

const TRIALS: &str = "a whole number from 0 to the number of trials";

/// Every method that takes a label says the same.
fn refusals_of<T: Scalar>(name: &str, eta: &[f64], y: &[f64]) -> Vec<Error> {
    let likelihood = named::<T>(name).unwrap();
    let (eta, y) = (vector::<T>(eta), vector::<T>(y));
    vec![
        likelihood.check(eta.view(), Some(y.view())).unwrap_err(),
        likelihood.nll(eta.view(), y.view()).unwrap_err(),
        likelihood.score(eta.view(), y.view()).unwrap_err(),
        likelihood.hessian(eta.view(), y.view()).unwrap_err(),
    ]
}

fn labels_out_of_range<T: Scalar>() {
    let three = [0.5, -1.0, 2.0];
    let table: [(&str, &[f64], usize, f64, &str); 16] = [
        ("categorical", &[3.0], 0, 3.0, CLASS),
        ("categorical", &[-1.0], 0, -1.0, CLASS),
        ("categorical", &[1.5], 0, 1.5, CLASS),
        ("categorical", &[f64::INFINITY], 0, f64::INFINITY, CLASS),
        ("bernoulli", &[0.0, 2.0, 1.0], 1, 2.0, "0 or 1"),
        ("bernoulli", &[0.0, 1.0, 0.5], 2, 0.5, "0 or 1"),
        ("bernoulli", &[-1.0, 1.0, 0.0], 0, -1.0, "0 or 1"),
        ("poisson", &[0.0, 1.0, -2.0], 2, -2.0, COUNT),
        ("poisson", &[0.0, 0.25, 3.0], 1, 0.25, COUNT),
        ("poisson", &[-0.5, 0.0, 3.0], 0, -0.5, COUNT),
        ("poisson", &[1.0, -0.125, 3.0], 1, -0.125, COUNT),
        ("binomial:5", &[5.0, 0.0, 6.0], 2, 6.0, TRIALS),
        ("binomial:5", &[0.0, -1.0, 2.0], 1, -1.0, TRIALS),
        ("binomial:5", &[4.5, 1.0, 2.0], 0, 4.5, TRIALS),
        ("geometric", &[0.0, 1.0, -2.0], 2, -2.0, COUNT),
        ("negative-binomial:2.5", &[0.0, 2.5, 1.0], 1, 2.5, COUNT),
    ];
    for (name, y, index, value, requirement) in table {
        for error in refusals_of::<T>(name, &three, y) {
            assert_eq!(error, Error::Domain { quantity: "label", index, value, requirement }, "{name} {y:?}");
            assert_eq!(error.to_string(), format!("label[{index}] = {value}; it must be {requirement}"));
        }
    }
}

fn labels_of_the_wrong_length<T: Scalar>() {
    for (name, expected, y) in [
        ("categorical", 1, vec![0.0, 1.0]),
        ("categorical", 1, vec![]),
        ("bernoulli", 3, vec![1.0]),
        ("poisson", 3, vec![1.0, 2.0, 3.0, 4.0]),
        ("gaussian:0.37", 3, vec![]),
    ] {
        for error in refusals_of::<T>(name, &[0.5, -1.0, 2.0], &y) {
            let found = vec![y.len()];
            assert_eq!(error, Error::Shape { quantity: "label", expected: vec![expected], found }, "{name}");
        }
    }
}

fn not_a_number<T: Scalar>() {
    for error in refusals_of::<T>("categorical", &[0.5, -1.0], &[f64::NAN]) {
        assert!(matches!(error, Error::Domain { quantity: "label", index: 0, value, .. } if value.is_nan()));
    }
    for name in ["bernoulli", "binomial:5", "poisson", "geometric", "negative-binomial:2.5", "gaussian:0.37"]
    {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            for error in refusals_of::<T>(name, &[0.5, -1.0], &[1.0, bad]) {
                assert!(
                    matches!(error, Error::NonFinite { quantity: "label", index: 1, .. }),
                    "{name}: {error}"
                );
            }
        }
    }
    for name in [
        "categorical",
        "bernoulli",
        "binomial:5",
        "poisson",
        "geometric",
        "negative-binomial:2.5",
        "gaussian:0.37",
    ] {
        let likelihood = named::<T>(name).unwrap();
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let eta = vector::<T>(&[0.5, 1.0, bad]);
            for error in [
                likelihood.check(eta.view(), None).unwrap_err(),
                likelihood.fisher(eta.view()).unwrap_err(),
                likelihood.root(eta.view()).unwrap_err(),
                likelihood.support(eta.view()).unwrap_err(),
                likelihood.sample(eta.view(), 0.5).unwrap_err(),
            ] {
                assert!(
                    matches!(error, Error::NonFinite { quantity: "eta", index: 2, .. }),
                    "{name}: {error}"
                );
            }
        }
        let none = Array1::<T>::zeros(0);
        assert_eq!(likelihood.fisher(none.view()).unwrap_err(), Error::Empty { quantity: "eta" });
        assert_eq!(likelihood.sample(none.view(), 0.5).unwrap_err(), Error::Empty { quantity: "eta" });
        assert_eq!(likelihood.support(none.view()).unwrap_err(), Error::Empty { quantity: "eta" });
        assert_eq!(likelihood.nll(none.view(), none.view()).unwrap_err(), Error::Empty { quantity: "eta" });
    }
}

/// A rate that overflows is refused with its log rate, in the first place where it stands.
#[test]
fn overflowing_rates() {
    let requirement = "a log rate whose rate is finite (below 709.78 in f64, 88.72 in f32)";
    let poisson = named::<f64>("poisson").unwrap();
    let error = poisson.fisher(array![0.5, 710.0].view()).unwrap_err();
    assert_eq!(error, Error::Domain { quantity: "eta", index: 1, value: 710.0, requirement });
    assert_eq!(error.to_string(), format!("eta[1] = 710; it must be {requirement}"));
    assert!(poisson.nll(array![710.0].view(), array![3.0].view()).is_err());
    assert!(poisson.fisher(array![709.78].view()).is_ok() && poisson.fisher(array![709.79].view()).is_err());
    let single = named::<f32>("poisson").unwrap();
    assert!(
        single.fisher(array![88.72f32].view()).is_ok() && single.fisher(array![88.73f32].view()).is_err()
    );
}

#[test]
fn names_nobody_knows() {
    for name in [
        "",
        "softmax",
        "Categorical",
        "categorical:2",
        "gaussian",
        "gaussian:",
        "gaussian:one",
        "gaussian:1:2",
        "poisson ",
        ":",
        "bernoulli:0.5",
        "binomial",
        "binomial:-1",
        "binomial:2.5",
        "geometric:2",
        "negative-binomial",
        "negative-binomial:two",
    ] {
        let error = named::<f64>(name).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "unknown likelihood '{name}'; known: categorical, bernoulli, binomial:TRIALS, poisson, geometric, \
                 negative-binomial:FAILURES, gaussian:VARIANCE"
            )
        );
    }
    for (name, value) in [("gaussian:0", 0.0), ("gaussian:-1", -1.0), ("gaussian:inf", f64::INFINITY)] {
        let expected = Error::Setting {
            option: "variance",
            value,
            requirement: "positive and finite, with a finite reciprocal",
        };
        assert_eq!(named::<f32>(name).unwrap_err(), expected);
    }
    let error = named::<f64>("binomial:0").unwrap_err();
    assert_eq!(error.to_string(), "trials = 0; it must be a whole number from 1 to 2^53");
    assert!(named::<f64>("binomial:9007199254740993").is_err());
    for name in
        ["negative-binomial:0", "negative-binomial:-2", "negative-binomial:inf", "negative-binomial:nan"]
    {
        let error = named::<f64>(name).unwrap_err();
        assert!(matches!(error, Error::Setting { option: "failures", .. }), "{name}: {error}");
    }
    assert!(named::<f64>("gaussian:nan").is_err() && Gaussian::with_variance(1e-310).is_err());
    for name in ["gaussian:0.37", "gaussian:1e-3", "gaussian:+2"] {
        assert!(named::<f64>(name).is_ok());
    }
}

#[test]
fn labels_refuse_what_is_no_label() {
    assert_eq!(Labels::<f64>::new(Array2::zeros((0, 3))).unwrap_err(), Error::Empty { quantity: "labels" });
    assert_eq!(Labels::<f64>::new(Array2::zeros((3, 0))).unwrap_err(), Error::Empty { quantity: "labels" });
    assert_eq!(Labels::<f64>::classes(&[]).unwrap_err(), Error::Empty { quantity: "labels" });
    let error = Labels::new(array![[1.0, 2.0], [3.0, f64::INFINITY]]).unwrap_err();
    assert_eq!(error, Error::NonFinite { quantity: "labels", index: 3, value: f64::INFINITY });
    let labels = Labels::<f32>::classes(&[2, 0, 5]).unwrap();
    assert_eq!((labels.len(), labels.is_empty(), labels.values().dim()), (3, false, (3, 1)));
    assert_eq!(labels.row(2), array![5.0f32]);
}

on_both!(labels_out_of_range, labels_of_the_wrong_length, not_a_number);
