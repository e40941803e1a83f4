//! Labels from uniforms: the inverse distribution function, and independence of the outputs that share one uniform.

use crate::support::cases::{LIKELIHOODS, vector};
use crate::support::close::{close, in_band};
use crate::support::naive;
use natgrad::likelihood::named;
use natgrad::random::{Purpose, Streams};
use natgrad::{Error, Scalar};
use ndarray::{Array2, array};
use statrs::distribution::{ContinuousCDF, Normal};

/// One draw for each of `n` data.
fn draws<T: Scalar>(name: &str, eta: &[f64], n: usize) -> Array2<f64> {
    let likelihood = named::<T>(name).unwrap();
    let streams = Streams::new(0, Purpose::Labels);
    let eta = vector::<T>(eta);
    let mut labels = Array2::zeros((n, likelihood.label_width(eta.len())));
    for (datum, mut row) in labels.outer_iter_mut().enumerate() {
        let u = streams.uniforms(datum as u64).next().unwrap();
        row.assign(&likelihood.sample(eta.view(), u).unwrap().mapv(T::as_f64));
    }
    labels
}

/// The label of u is the first at which the cumulated textbook probabilities, in the order of the support, pass u.
/// For several outputs too: the chain of conditional inversions is the joint inversion in lexicographic order.
fn sample_inverts_the_distribution_function<T: Scalar>() {
    for case in LIKELIHOODS.iter().filter(|case| !case.name.starts_with("gaussian")) {
        let likelihood = case.likelihood::<T>();
        let support = likelihood.support(case.eta().view()).unwrap();
        let mut cumulated = Vec::new();
        let mut sum = 0.0;
        for y in support.labels.outer_iter() {
            sum += naive::probability(case.name, case.eta, &y.mapv(T::as_f64).to_vec());
            cumulated.push(sum);
        }
        let mut hit = 0;
        for k in 0..10_007 {
            let u = (f64::from(k) + 0.5) / 10_007.0;
            let row = cumulated.iter().position(|&c| u < c).unwrap();
            let edge = cumulated.iter().map(|c| (c - u).abs()).fold(1.0, f64::min);
            if edge < 1e-13 {
                continue;
            }
            let label = likelihood.sample(case.eta().view(), u).unwrap();
            assert_eq!(label, support.labels.row(row), "{} at u = {u}", case.name);
            hit += 1;
        }
        assert!(hit > 10_000);
    }
}

/// The Gaussian label lies inside the quantiles of its stratum of 2⁻¹⁶, and every stratum is reached in order.
fn gaussian_sample_inverts_by_strata<T: Scalar>() {
    let likelihood = named::<T>("gaussian:0.37").unwrap();
    let normal = Normal::new(2.25, 0.37f64.sqrt()).unwrap();
    for k in 0..1009 {
        let u = (f64::from(k) + 0.5) / 1009.0;
        let stratum = (u * 65536.0).floor();
        let (low, high) =
            (normal.inverse_cdf(stratum / 65536.0), normal.inverse_cdf((stratum + 1.0) / 65536.0));
        let y = likelihood.sample(vector(&[2.25]).view(), u).unwrap()[0].as_f64();
        let slack = 8.0 * T::epsilon().as_f64();
        assert!(low - slack <= y && y <= high + slack, "u = {u}: {low} {y} {high}");
    }
}

/// Means, pair products and the sum of their squares for many yes/no outputs from one uniform each.
fn check_independence(labels: &Array2<f64>, p: &[f64]) {
    let (n, outputs) = labels.dim();
    let centred =
        Array2::from_shape_fn((n, outputs), |(k, c)| (labels[[k, c]] - p[c]) / (p[c] * (1.0 - p[c])).sqrt());
    let columns: Vec<Vec<f64>> = centred.columns().into_iter().map(|column| column.to_vec()).collect();
    let mean = |terms: &mut dyn Iterator<Item = f64>| terms.sum::<f64>() / n as f64;
    let mut squares = 0.0;
    for i in 0..outputs {
        in_band(&format!("output {i}"), mean(&mut columns[i].iter().copied()), 0.0, 1.0, n);
        for j in 0..i {
            let product = mean(&mut columns[i].iter().zip(&columns[j]).map(|(a, b)| a * b));
            in_band(&format!("outputs {i} and {j}"), product, 0.0, 1.0, n);
            squares += product * product * n as f64;
        }
    }
    // z² of the pairs: mean 1 exactly, variance 2 up to O(1/n); pairs are uncorrelated.
    let pairs = (outputs * (outputs - 1) / 2) as f64;
    in_band("all pairs", squares / pairs, 1.0, 2.0, pairs as usize);
}

/// 40 outputs of unequal probability from one uniform of 52 bits: the bits run out and must be replaced.
fn bernoulli_outputs_are_independent<T: Scalar>() {
    let eta: Vec<f64> = (0..40).map(|c| f64::from(c * 7 % 13) / 4.0 - 1.5).collect();
    let p: Vec<f64> = eta.iter().map(|x| 1.0 / (1.0 + (-x).exp())).collect();
    check_independence(&draws::<T>("bernoulli", &eta, 20_000), &p);
}

/// Fair coins use one bit each, so that the last of 61 sees none of the 52 bits of the uniform.
#[test]
fn fair_coins_outlast_their_uniform() {
    check_independence(&draws::<f64>("bernoulli", &[0.0; 61], 20_000), &[0.5; 61]);
}

/// After 50 fair coins two of the 52 bits are left: unless the rest are replaced, the next output sees a grid of
/// four places, and 0.3 becomes 0.25.
#[test]
fn the_last_bits_are_replaced() {
    let mut eta = vec![0.0; 50];
    eta.extend([f64::ln(3.0 / 7.0); 3]);
    let labels = draws::<f64>("bernoulli", &eta, 20_000);
    for c in 50..53 {
        in_band(&format!("output {c}"), labels.column(c).mean().unwrap(), 0.3, 0.21, 20_000);
    }
}

/// Uniforms of one stratum of the Gaussian spread over the whole stratum: their places there are uniform.
#[test]
fn strata_have_an_inside() {
    let likelihood = named::<f64>("gaussian:0.37").unwrap();
    let normal = Normal::new(0.0, 0.37f64.sqrt()).unwrap();
    let n = 4001;
    let places: Vec<f64> = (0..n)
        .map(|k| {
            let u = (40_009.0 + (f64::from(k) + 0.5) / f64::from(n)) / 65536.0;
            normal.cdf(likelihood.sample(vector(&[0.0]).view(), u).unwrap()[0]) * 65536.0 - 40_009.0
        })
        .collect();
    let mean = |f: &dyn Fn(f64) -> f64| places.iter().map(|&x| f(x - 0.5)).sum::<f64>() / f64::from(n);
    in_band("place", mean(&|x| x), 0.0, 1.0 / 12.0, n as usize);
    in_band("square of the place", mean(&|x| x * x), 1.0 / 12.0, 1.0 / 180.0, n as usize);
}

/// The last of 40 outputs given the first three: all eight corners.
#[test]
fn the_fortieth_output_forgets_the_first() {
    let eta: Vec<f64> = (0..40).map(|c| f64::from(c % 5) / 2.0 - 1.0).collect();
    let labels = draws::<f64>("bernoulli", &eta, 20_000);
    let p = 1.0 / (1.0 + (-eta[39]).exp());
    for corner in 0..8 {
        let wanted = [corner >> 2 & 1, corner >> 1 & 1, corner & 1].map(f64::from);
        let rows = labels.outer_iter().filter(|row| (0..3).all(|c| (row[c] - wanted[c]).abs() <= 0.0));
        let last: Vec<f64> = rows.map(|row| row[39]).collect();
        let mean = last.iter().sum::<f64>() / last.len() as f64;
        in_band(&format!("corner {corner}"), mean, p, p * (1.0 - p), last.len());
    }
}

/// Frequencies of every class.
fn categorical_frequencies<T: Scalar>() {
    let eta = [0.5, -3.0, 1.125, 0.0, -0.625];
    let labels = draws::<T>("categorical", &eta, 20_000);
    for (c, p) in naive::softmax(&eta).into_iter().enumerate() {
        let share = labels.iter().filter(|y| (**y - c as f64).abs() <= 0.0).count() as f64 / 20_000.0;
        in_band(&format!("class {c}"), share, p, p * (1.0 - p), 20_000);
    }
}

/// Three Poisson outputs: frequencies, E(y-λ)² = λ with variance λ + 2λ², and products of pairs with variance λμ.
fn poisson_outputs_are_independent<T: Scalar>() {
    let eta = [-1.5, 1.25, 3.0];
    let n = 20_000;
    let labels = draws::<T>("poisson", &eta, n);
    for (c, eta) in eta.into_iter().enumerate() {
        let column = labels.column(c);
        let rate = eta.exp();
        let mean = |f: &dyn Fn(f64) -> f64| column.iter().map(|&y| f(y)).sum::<f64>() / n as f64;
        in_band("mean", mean(&|y| y), rate, rate, n);
        in_band("variance", mean(&|y| (y - rate).powi(2)), rate, rate + 2.0 * rate * rate, n);
        for count in 0..40 {
            let p = naive::probability("poisson", &[eta], &[f64::from(count)]);
            if p > 1e-3 {
                let share = mean(&|y| f64::from(u8::from((y - f64::from(count)).abs() <= 0.0)));
                in_band(&format!("output {c}, count {count}"), share, p, p * (1.0 - p), n);
            }
        }
    }
    for (i, j) in [(0, 1), (0, 2), (1, 2)] {
        let (a, b) = (eta[i].exp(), eta[j].exp());
        let product: f64 = labels.outer_iter().map(|row| (row[i] - a) * (row[j] - b)).sum();
        in_band(&format!("outputs {i} and {j}"), product / n as f64, 0.0, a * b, n);
        let squares: f64 = labels.outer_iter().map(|row| (row[i] - a).powi(2) * (row[j] - b).powi(2)).sum();
        // E z₁⁴ z₂⁴ - (ab)², with E z⁴ = λ + 3λ².
        let fourth = |rate: f64| rate + 3.0 * rate * rate;
        let variance = fourth(a) * fourth(b) - (a * b).powi(2);
        in_band(&format!("squares of {i} and {j}"), squares / n as f64, a * b, variance, n);
    }
}

/// Two Gaussian outputs: moments one to four of each, and mixed ones; variances from the even moments 1, 3, 15, 105.
fn gaussian_outputs_are_independent<T: Scalar>() {
    let eta = [0.5, -2.25];
    let n = 20_000;
    let labels = draws::<T>("gaussian:0.37", &eta, n);
    let z = Array2::from_shape_fn((n, 2), |(k, c)| (labels[[k, c]] - eta[c]) / 0.37f64.sqrt());
    for column in z.columns() {
        for (power, exact, variance) in [(1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0)] {
            let mean = column.iter().map(|z: &f64| z.powi(power)).sum::<f64>() / n as f64;
            in_band(&format!("moment {power}"), mean, exact, variance, n);
        }
    }
    for (i, j, exact, variance) in
        [(1, 1, 0.0, 1.0), (2, 1, 0.0, 3.0), (1, 2, 0.0, 3.0), (2, 2, 1.0, 8.0), (3, 1, 0.0, 15.0)]
    {
        let mean = z.outer_iter().map(|row| row[0].powi(i) * row[1].powi(j)).sum::<f64>() / n as f64;
        in_band(&format!("mixed moment {i}, {j}"), mean, exact, variance, n);
    }
}

/// A sample is the same number in f32 and f64 when η is, for a label is not a rounding matter.
#[test]
fn both_scalars_draw_the_same_labels() {
    for case in LIKELIHOODS.iter().filter(|case| !case.name.starts_with("gaussian")) {
        assert_eq!(draws::<f32>(case.name, case.eta, 499), draws::<f64>(case.name, case.eta, 499));
    }
}

/// A rare label is as frequent as it should be: u in its cell of width 1e-9 finds it, u beside it does not.
#[test]
fn rare_labels_have_their_cells() {
    let eta = array![0.0, -20.0, 0.0];
    let categorical = named::<f64>("categorical").unwrap();
    let rare = (-20f64).exp();
    let first = 1.0 / (2.0 + rare);
    let at = |u: f64| categorical.sample(eta.view(), u).unwrap()[0];
    close(at(first - 1e-12), 0.0, 0.0);
    close(at(first + 0.01 * rare), 1.0, 0.0);
    close(at(first + 0.49 * rare), 1.0, 0.0);
    close(at(first + 0.51 * rare), 2.0, 0.0);
}

#[test]
fn u_must_be_inside() {
    for name in [
        "categorical",
        "bernoulli",
        "binomial:5",
        "poisson",
        "geometric",
        "negative-binomial:2.5",
        "gaussian:0.37",
    ] {
        let likelihood = named::<f64>(name).unwrap();
        for u in [0.0, 1.0, -0.5, f64::INFINITY] {
            assert_eq!(
                likelihood.sample(array![0.5, 0.25].view(), u).unwrap_err(),
                Error::Setting { option: "u", value: u, requirement: "strictly between 0 and 1" }
            );
        }
        assert!(likelihood.sample(array![0.5].view(), f64::NAN).is_err());
    }
}

on_both!(
    sample_inverts_the_distribution_function,
    gaussian_sample_inverts_by_strata,
    bernoulli_outputs_are_independent,
    categorical_frequencies,
    poisson_outputs_are_independent,
    gaussian_outputs_are_independent,
);
