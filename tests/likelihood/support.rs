//! Lists of labels against statrs, and what they leave out.

use crate::support::cases::{LIKELIHOODS, vector};
use crate::support::close::{all_close, close, near, rounding};
use crate::support::naive;
use natgrad::likelihood::{SUPPORT_LIMIT, named};
use natgrad::{Error, Scalar};
use ndarray::Array1;
use statrs::distribution::{Categorical, Discrete, DiscreteCDF, Poisson};

/// Probabilities sum to one and are those of the textbook, label by label; no label occurs twice.
fn probabilities_are_the_textbook<T: Scalar>() {
    for case in LIKELIHOODS {
        let support = case.likelihood::<T>().support(case.eta().view()).unwrap();
        let total: f64 = support.probabilities.iter().map(|p| p.as_f64()).sum();
        close(total, 1.0, rounding::<T>(8.0));
        assert_eq!(support.labels.nrows(), support.probabilities.len());
        assert_eq!(support.quadrature, case.name.starts_with("gaussian"));
        let mut rows: Vec<Vec<u64>> = Vec::new();
        for (y, p) in support.labels.outer_iter().zip(&support.probabilities) {
            let y = y.mapv(T::as_f64).to_vec();
            rows.push(y.iter().map(|y| y.to_bits()).collect());
            if !support.quadrature {
                let exact = naive::probability(case.name, case.eta, &y);
                // Rare counts lose a few digits in the logarithms of the textbook: 32 ulp of |log p|.
                let slack = f64::from(T::min_positive_value().to_f32().unwrap_or(0.0));
                near(p.as_f64(), exact, rounding::<T>(8.0) * exact * (1.0 + exact.ln().abs()) + slack);
            }
        }
        let listed = rows.len();
        rows.sort();
        rows.dedup();
        assert_eq!(rows.len(), listed, "{}: a label occurs twice", case.name);
    }
}

/// The statrs twins.
#[test]
fn statrs_agrees() {
    let eta = [0.5, -3.0, 1.125, 0.0, -0.625];
    let twin = Categorical::new(&naive::softmax(&eta)).unwrap();
    let support = named::<f64>("categorical").unwrap().support(vector(&eta).view()).unwrap();
    assert_eq!(support.labels.column(0), Array1::from_iter((0..5).map(f64::from)));
    for (c, p) in support.probabilities.iter().enumerate() {
        close(*p, twin.pmf(c as u64), 1e-14);
    }
    for log_rate in [-20.0, -1.5, 0.0, 0.625, 3.0, 5.0, 9.0] {
        let rate = f64::exp(log_rate);
        let twin = Poisson::new(rate).unwrap();
        let support = named::<f64>("poisson").unwrap().support(vector(&[log_rate]).view()).unwrap();
        for (y, p) in support.labels.column(0).iter().zip(&support.probabilities) {
            // statrs takes the exponential of a sum of numbers as large as y log y and y log λ.
            let size = 1.0 + y * ((y + 1.0).ln() + log_rate.abs()) + rate;
            near(*p, twin.pmf(*y as u64), 4e-16 * size * p);
        }
    }
}

/// What is left out, by summing the textbook on both sides of the list: never more than the bound, and the bound
/// is below 1e-20. Consecutive counts, no gaps.
#[test]
fn omitted_mass_is_a_bound() {
    let poisson = named::<f64>("poisson").unwrap();
    for log_rate in [-700.0, -20.0, -1.5, 0.0, 0.625, 1.25, 3.0, 5.0, 7.5, 9.0] {
        let support = poisson.support(vector(&[log_rate]).view()).unwrap();
        let labels = support.labels.column(0);
        let (first, last) = (labels[0] as u64, labels[labels.len() - 1] as u64);
        assert!(labels.iter().enumerate().all(|(k, y)| *y as u64 == first + k as u64));
        let log_p = |y: u64, log_factorial: f64| y as f64 * log_rate - f64::exp(log_rate) - log_factorial;
        let (mut omitted, mut log_factorial) = (0.0, 0.0);
        for y in 0..last + 500 {
            log_factorial += f64::from(u8::from(y > 0)) * (y.max(1) as f64).ln();
            if y < first || y > last {
                omitted += log_p(y, log_factorial).exp();
            }
        }
        assert!(omitted <= support.omitted_mass * (1.0 + 1e-9), "rate e^{log_rate}: {omitted:e}");
        assert!(support.omitted_mass < 1e-20, "rate e^{log_rate}: bound {:e}", support.omitted_mass);
        let twin = Poisson::new(f64::exp(log_rate)).unwrap();
        // The regularised gamma function of statrs flushes the smallest tails to zero or to its own rounding.
        assert!(twin.sf(last) <= support.omitted_mass + 1e-18);
        // Mean and variance over the list are the rate: the moments are not cut either.
        let moment = |power: i32| -> f64 {
            let terms = labels.iter().zip(&support.probabilities);
            terms.map(|(y, p)| p * (y - f64::exp(log_rate)).powi(power)).sum()
        };
        let rate = f64::exp(log_rate);
        near(moment(1), 0.0, 1e-12 * rate.max(rate.sqrt()));
        close(moment(2), rate, 1e-12);
        close(moment(4), rate * (1.0 + 3.0 * rate), 1e-12);
    }
    // Several outputs: the union bound.
    let one = |eta: f64| poisson.support(vector(&[eta]).view()).unwrap().omitted_mass;
    let two = poisson.support(vector(&[0.625, 1.25]).view()).unwrap();
    close(two.omitted_mass, one(0.625) + one(1.25), 1e-15);
    let rest: f64 = 1.0 - one(0.625) - one(1.25);
    assert!(rest <= 1.0);
}

/// The last output runs fastest.
#[test]
fn order_of_a_product() {
    let support = named::<f64>("bernoulli").unwrap().support(vector(&[0.5, 1.0, -1.0]).view()).unwrap();
    let expected: Vec<f64> = (0..8).flat_map(|k| [k >> 2 & 1, k >> 1 & 1, k & 1]).map(f64::from).collect();
    all_close(&support.labels, &expected, 0.0);
}

/// The Gaussian rule integrates y⁰ … y⁵ exactly: moments of N(η, σ²) about its mean 0, σ², 0, 3σ⁴, 0.
fn gaussian_rule_is_exact_to_degree_five<T: Scalar>() {
    let support = named::<T>("gaussian:0.37").unwrap().support(vector(&[2.25]).view()).unwrap();
    let moment = |power: i32| -> f64 {
        let terms = support.labels.column(0).into_iter().zip(&support.probabilities);
        terms.map(|(y, p)| p.as_f64() * (y.as_f64() - 2.25).powi(power)).sum()
    };
    for (power, exact) in [(0, 1.0), (1, 0.0), (2, 0.37), (3, 0.0), (4, 3.0 * 0.37 * 0.37), (5, 0.0)] {
        near(moment(power), exact, rounding::<T>(16.0));
    }
    assert!(support.quadrature && support.omitted_mass.abs() <= 0.0);
}

/// 2²⁰ labels are listed, 2²¹ are refused; so are rates whose list would be endless.
#[test]
fn too_many_labels() {
    let bernoulli = named::<f64>("bernoulli").unwrap();
    assert_eq!(SUPPORT_LIMIT, 1 << 20);
    let full = bernoulli.support(Array1::zeros(20).view()).unwrap();
    assert_eq!(full.labels.dim(), (1 << 20, 20));
    assert!(full.probabilities.iter().all(|p| p.to_bits() == 2f64.powi(-20).to_bits()));
    let error = bernoulli.support(Array1::zeros(21).view()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "labels of one datum would need 2097152, more than the limit of 1048576; use the estimator `Exact`, which \
         needs no enumeration"
    );
    // Many outputs must not overflow the count.
    assert!(matches!(bernoulli.support(Array1::zeros(5000).view()), Err(Error::TooLarge { .. })));
    let poisson = named::<f64>("poisson").unwrap();
    let eta = vector(&[1.01e9f64.ln()]);
    for error in [poisson.support(eta.view()).unwrap_err(), poisson.sample(eta.view(), 0.5).unwrap_err()] {
        let Error::TooLarge { quantity: "a Poisson rate", needed, limit, .. } = error else {
            panic!("{error}");
        };
        close(needed, 1.01e9, 1e-13);
        close(limit, 1e9, 0.0);
    }
    let large = poisson.support(vector(&[9.9e8f64.ln()]).view()).unwrap();
    assert!(large.labels.nrows() < SUPPORT_LIMIT);
}

on_both!(probabilities_are_the_textbook, gaussian_rule_is_exact_to_degree_five);
