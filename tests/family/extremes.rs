//! Where probabilities leave the floats and parameters differ in the last digit (`golden/families.json`).

use super::known::{golden, named};
use crate::support::close::close;
use natgrad::Error;
use natgrad::family::{Categorical, Family, Natural, Poisson};
use natgrad::ndarray::{Array1, array};
use serde_json::Value;

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

/// Whether a number is beyond the floats, where the library has to say so.
fn beyond(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(|entries| entries.iter().any(Value::is_null))
}

/// Entry by entry, relatively; numbers below the normal floats within a few of the smallest.
fn entry(found: f64, expected: f64, what: &str) -> f64 {
    assert!(found.is_finite(), "{what}: {found}");
    if expected.abs() < 1e-290 {
        assert!(
            (found - expected).abs() <= 1e-12 * expected.abs() + 4e-323,
            "{what}: {found:e} not {expected:e}"
        );
        return 0.0;
    }
    let off = ((found - expected) / expected).abs();
    assert!(off <= 1e-12, "{what}: {found:e} is not {expected:e}, off by {off:.2e}");
    off
}

#[test]
fn two_thousand_digits() {
    let rows = golden();
    let (mut worst, mut count) = (0.0f64, 0);
    for row in rows["extreme"].as_array().unwrap() {
        let name = row["family"].as_str().unwrap();
        let die = Categorical::new(3).unwrap();
        let univariate = if name == "categorical:3" { None } else { Some(named(name)) };
        let family: &dyn Family = match &univariate {
            None => &die,
            Some(family) => family.as_ref(),
        };
        let (values, step) = (numbers(&row["theta"]), numbers(&row["step"]));
        let theta = Natural::new(values.clone());
        let what = |which: &str| format!("{which} of {name} at {values:?}, step {step:?}");
        let direction = Array1::from(step.clone());
        let refused = |key: &str, error: Option<Error>| {
            let right = matches!(error, Some(Error::NonFinite { .. }));
            assert_eq!(beyond(&row[key]), right, "{}: {error:?}", what(key));
            right
        };
        let eta = family.natural_to_expectation(&theta);
        if !refused("eta", eta.as_ref().err().cloned()) {
            for (found, expected) in eta.unwrap().values().iter().zip(numbers(&row["eta"])) {
                worst = worst.max(entry(*found, expected, &what("η")));
            }
        }
        let fisher = family.fisher_natural(&theta);
        if !refused("fisher", fisher.as_ref().err().cloned()) {
            for (found, expected) in fisher.unwrap().iter().zip(numbers(&row["fisher"])) {
                worst = worst.max(entry(*found, expected, &what("G")));
            }
        }
        let found = family.log_partition(&theta);
        if !refused("psi", found.as_ref().err().cloned()) {
            let (found, psi) = (found.unwrap(), row["psi"].as_f64().unwrap());
            if name == "normal" {
                // ψ of a normal law crosses zero: relative to one there.
                assert!((found - psi).abs() <= 1e-14 * (1.0 + psi.abs()), "{}", what("ψ"));
            } else {
                worst = worst.max(entry(found, psi, &what("ψ")));
            }
        }
        let found = family.kullback_leibler_step(&theta, direction.view());
        if !refused("kl", found.as_ref().err().cloned()) {
            let found = found.unwrap();
            assert!(found >= 0.0);
            worst = worst.max(entry(found, row["kl"].as_f64().unwrap(), &what("KL")));
        }
        count += 1;
    }
    assert_eq!(count, 264);
    assert!(worst > 0.0);
    println!("worst relative error {worst:.2e}");
}

/// Logits of 800 beside each other and beside zero: gradient and Fisher are numbers, and the right ones.
#[test]
fn categorical_gradient_and_fisher_at_logits_near_800() {
    let die = Categorical::new(3).unwrap();
    let theta = Natural::from([800.0, 799.5]);
    // The third side has e^-800; the first two are a coin of logit ½.
    let p = 1.0 / (1.0 + (-0.5f64).exp());
    let eta = die.natural_to_expectation(&theta).unwrap();
    close(eta.values()[0], p, 1e-15);
    close(eta.values()[1], 1.0 - p, 1e-15);
    let g = die.fisher_natural(&theta).unwrap();
    for ((i, j), entry) in g.indexed_iter() {
        close(*entry, if i == j { p * (1.0 - p) } else { -p * (1.0 - p) }, 2e-15);
    }
    let far = die.kullback_leibler(&theta, &Natural::from([-800.0, 799.5])).unwrap();
    // p of the law falls on a side of probability e^-1599.5.
    let entropy = -p * p.ln() - (1.0 - p) * (1.0 - p).ln();
    close(far, p * 1599.5 - entropy, 1e-15);
    let sure = die.natural_to_expectation(&Natural::from([-800.0, -800.0])).unwrap();
    assert_eq!(sure.values(), array![0.0, 0.0]);
    assert_eq!(die.log_partition(&Natural::from([-800.0, -800.0])).unwrap(), 0.0);
}

/// Two laws one unit in the last place apart: KL is the half of G δ², not zero and not negative.
#[test]
fn one_unit_in_the_last_place() {
    for case in super::table::cases() {
        for (_, theta) in case.each() {
            let mut next = theta.values().to_owned();
            next[0] = next[0] + next[0].abs().max(1e-3) * f64::EPSILON;
            let step = next[0] - theta.values()[0];
            let found = case.family.kullback_leibler(&theta, &Natural::new(next)).unwrap();
            let g = case.family.fisher_natural(&theta).unwrap()[[0, 0]];
            close(found, 0.5 * g * step * step, 1e-12);
        }
    }
}

/// A million and more: neither factorials nor powers overflow, and the mass at the mode is Stirling's.
#[test]
fn large_counts_keep_their_digits() {
    let poisson = Poisson::new();
    for rate in [1e6f64, 1e12] {
        let log = poisson.log_probability(&Natural::from(rate.ln()), array![rate].view()).unwrap();
        // e^-λ λ^λ/λ! = exp(-1/(12λ) + …)/√(2πλ); λ = e^θ is rounded, but at the mode that costs nothing.
        let expected = -0.5 * (std::f64::consts::TAU * rate).ln() - 1.0 / (12.0 * rate);
        close(log, expected, 1e-14);
    }
}
