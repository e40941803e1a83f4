//! Draws: their frequencies, the mean and covariance of T, and the efficiency of its mean.

use super::table::{Case, cases};
use crate::support::close::close;
use natgrad::Error;
use natgrad::family::{
    Binomial, Discrete, Family, GeometricFailures, Multinomial, Natural, NegativeBinomial, Normal, Poisson,
    Source,
};
use natgrad::ndarray::{Array1, Array2, Axis, array};
use natgrad::random::{Purpose, Streams};
use std::collections::HashMap;

/// Half-width of the bands in standard deviations.
const BAND: f64 = 5.0;

/// Pearson's statistic on cells pooled to at least ten expected draws, in units of its exact deviation.
fn chi_square(family: &dyn Discrete, theta: &Natural, draws: usize, seed: u64) -> f64 {
    let mut generator = Streams::new(seed, Purpose::Data).generator(0);
    let sample = family.sample(theta, draws, &mut generator).unwrap();
    let mut counts: HashMap<Vec<u64>, f64> = HashMap::new();
    for x in sample.outer_iter() {
        *counts.entry(x.iter().map(|x| x.to_bits()).collect()).or_default() += 1.0;
    }
    let n = draws as f64;
    let (mut cells, mut pooled): (Vec<(f64, f64)>, (f64, f64)) = (Vec::new(), (0.0, 0.0));
    let (mut seen, mut mass) = (0.0, 0.0);
    for x in family.support(theta, 1e-12).unwrap().outer_iter() {
        let p = family.log_probability(theta, x).unwrap().exp();
        let count = counts.get(&x.iter().map(|x| x.to_bits()).collect::<Vec<u64>>()).copied().unwrap_or(0.0);
        pooled = (pooled.0 + p, pooled.1 + count);
        seen += count;
        mass += p;
        if pooled.0 * n >= 10.0 {
            cells.push(pooled);
            pooled = (0.0, 0.0);
        }
    }
    assert!((mass - 1.0).abs() < 1e-11);
    assert_eq!(seen, n, "draws outside the support of {}", family.name());
    if let Some(last) = cells.last_mut() {
        *last = (last.0 + pooled.0, last.1 + pooled.1);
    }
    let statistic: f64 = cells.iter().map(|(p, count)| (count - n * p).powi(2) / (n * p)).sum();
    let k = cells.len() as f64;
    // 2(k-1) + (Σ 1/p - k² - 2k + 2)/n
    let variance =
        2.0 * (k - 1.0) + (cells.iter().map(|(p, _)| 1.0 / p).sum::<f64>() - k * k - 2.0 * k + 2.0) / n;
    (statistic - (k - 1.0)) / variance.sqrt()
}

#[test]
fn frequencies_are_the_probabilities() {
    for case in cases() {
        let Some(family) = &case.discrete else { continue };
        for (seed, (_, theta)) in case.each().enumerate() {
            let z = chi_square(family.as_ref(), &theta, 20_011, 17 + seed as u64);
            assert!(z.abs() < BAND, "{}: z = {z}", family.name());
        }
    }
}

/// The parameters at which samplers change their method, and those where they are weak: rates of 11.9, 12.1 and 1000, 10⁴
/// coins, small and large shapes of the gamma law.
#[test]
fn frequencies_across_the_samplers_own_branches() {
    let poisson = |rate: f64| (Box::new(Poisson::new()) as Box<dyn Discrete>, rate);
    let binomial = |n: u64, p: f64| (Box::new(Binomial::new(n).unwrap()) as Box<dyn Discrete>, p);
    let waiting = |r: f64, p: f64| (Box::new(NegativeBinomial::new(r).unwrap()) as Box<dyn Discrete>, p);
    let all = [
        poisson(0.05),
        poisson(11.9),
        poisson(12.1),
        poisson(1000.0),
        binomial(10_007, 0.5),
        binomial(10_007, 0.997),
        binomial(29, 0.34),
        waiting(0.01, 0.1),
        waiting(41.0, 0.3),
        (Box::new(GeometricFailures::new()), 0.01),
    ];
    for (seed, (family, lambda)) in all.into_iter().enumerate() {
        let theta = family.source_to_natural(&Source::from(lambda)).unwrap();
        let z = chi_square(family.as_ref(), &theta, 50_021, 101 + seed as u64);
        println!("{} at {lambda}: z = {z:.2}", family.name());
        assert!(z.abs() < BAND, "{} at {lambda}: z = {z}", family.name());
    }
}

fn statistics(case: &Case, theta: &Natural, draws: usize, seed: u64) -> Array2<f64> {
    let mut generator = Streams::new(seed, Purpose::Data).generator(1);
    let sample = case.family.sample(theta, draws, &mut generator).unwrap();
    let rows: Vec<f64> =
        sample.outer_iter().flat_map(|x| case.family.sufficient(x).unwrap().to_vec()).collect();
    Array2::from_shape_vec((draws, case.family.dim()), rows).unwrap()
}

/// Mean of T and of (T - η)(T - η)ᵀ, with variances from second and fourth cumulants.
#[test]
fn mean_and_covariance_of_the_statistic() {
    const DRAWS: usize = 10_007;
    for case in cases() {
        for (seed, (_, theta)) in case.each().enumerate() {
            let eta = case.family.natural_to_expectation(&theta).unwrap();
            let (g, fourth) =
                (case.family.fisher_natural(&theta).unwrap(), case.family.fourth_cumulants(&theta).unwrap());
            let centred = statistics(&case, &theta, DRAWS, 31 + seed as u64) - eta.values();
            let (mean, covariance) =
                (centred.mean_axis(Axis(0)).unwrap(), centred.t().dot(&centred) / DRAWS as f64);
            for i in 0..case.family.dim() {
                let z = mean[i] / (g[[i, i]] / DRAWS as f64).sqrt();
                assert!(z.abs() < BAND, "{}: mean of T_{i}, z = {z}", case.family.name());
                for j in 0..case.family.dim() {
                    let variance = fourth[[i, j, i, j]] + g[[i, i]] * g[[j, j]] + g[[i, j]] * g[[i, j]];
                    let off = covariance[[i, j]] - g[[i, j]];
                    if variance < 1e-12 * g[[i, i]] * g[[j, j]] {
                        // A fair coin: its square deviation is always ¼.
                        assert!(off.abs() < 1e-12 * g[[i, i]], "{}: {off}", case.family.name());
                        continue;
                    }
                    let z = off / (variance / DRAWS as f64).sqrt();
                    assert!(z.abs() < BAND, "{}: Cov(T) at {i}, {j}: z = {z}", case.family.name());
                }
            }
        }
    }
}

/// The maximum-likelihood η of N draws has variance G_η⁻¹/N exactly: the Cramér-Rao bound is attained at N = 13, not only in
/// the limit. Its fourth cumulant is that of T over N³.
#[test]
fn maximum_likelihood_attains_the_cramer_rao_bound() {
    const SIZE: usize = 13;
    const REPEATS: usize = 1009;
    for case in cases() {
        let (_, theta) = case.each().next().unwrap();
        let eta = case.family.natural_to_expectation(&theta).unwrap();
        let inverse = case.family.fisher_expectation(&eta).unwrap();
        let fourth = case.family.fourth_cumulants(&theta).unwrap();
        let d = case.family.dim();
        let all = statistics(&case, &theta, SIZE * REPEATS, 71);
        let mut covariance = Array2::<f64>::zeros((d, d));
        for group in all.axis_chunks_iter(Axis(0), SIZE) {
            let off = group.mean_axis(Axis(0)).unwrap() - eta.values();
            for ((i, j), entry) in covariance.indexed_iter_mut() {
                *entry += SIZE as f64 * off[i] * off[j] / REPEATS as f64;
            }
        }
        let bound = natgrad::linalg::Cholesky::factor(inverse.view())
            .unwrap()
            .solve_columns(Array2::eye(d).view())
            .unwrap();
        for ((i, j), found) in covariance.indexed_iter() {
            let kurtosis = fourth[[i, j, i, j]] / SIZE as f64;
            let variance = kurtosis + bound[[i, i]] * bound[[j, j]] + bound[[i, j]] * bound[[i, j]];
            let z = (found - bound[[i, j]]) / (variance / REPEATS as f64).sqrt();
            assert!(z.abs() < BAND, "{}: entry {i}, {j}: z = {z}", case.family.name());
        }
    }
}

/// The mean of T by hand, and errors where it is on the boundary, naming the boundary.
#[test]
fn maximum_likelihood_is_the_mean_inside_the_domain() {
    let column = |values: &[f64]| Array1::from(values.to_vec()).insert_axis(Axis(1));
    let found = Poisson::new().maximum_likelihood(column(&[3.0, 0.0, 5.0]).view()).unwrap();
    close(found.values()[0], 8.0 / 3.0, 1e-15);
    let found = Normal::new().maximum_likelihood(column(&[1.0, 2.0, 6.0]).view()).unwrap();
    assert_eq!(found.values(), array![3.0, 41.0 / 3.0]);
    let dice = Multinomial::new(3, 4).unwrap();
    let found = dice.maximum_likelihood(array![[1.0, 1.0, 2.0], [0.0, 3.0, 1.0]].view()).unwrap();
    assert_eq!(found.values(), array![0.5, 2.0]);

    let boundary = |family: &dyn Family, outcomes: Array2<f64>, at: f64| match family
        .maximum_likelihood(outcomes.view())
    {
        Err(Error::Domain { value, requirement, .. }) => {
            assert_eq!(value, at, "{}", family.name());
            assert!(requirement.contains("boundary"), "{requirement}");
        }
        other => panic!("{}: {other:?}", family.name()),
    };
    boundary(&Poisson::new(), column(&[0.0, 0.0]), 0.0);
    boundary(&Binomial::new(5).unwrap(), column(&[5.0, 5.0]), 5.0);
    boundary(&GeometricFailures::new(), column(&[0.0]), 0.0);
    boundary(&dice, array![[4.0, 0.0, 0.0]], 4.0);
    boundary(&dice, array![[0.0, 3.0, 1.0]], 0.0);
    boundary(&dice, array![[1.0, 3.0, 0.0]], 4.0);
    boundary(&Normal::new(), column(&[2.0, 2.0]), 4.0);

    let outside = Poisson::new().maximum_likelihood(column(&[3.0, 0.5]).view());
    assert!(matches!(outside, Err(Error::Domain { value: 0.5, index: 1, quantity: "outcomes", .. })));
    assert!(matches!(
        Poisson::new().maximum_likelihood(Array2::zeros((0, 1)).view()),
        Err(Error::Empty { .. })
    ));
}

/// Where p is below 2⁻⁵³ a uniform does not see it; the exponential law does.
#[test]
fn geometric_draws_at_tiny_probabilities() {
    let family = GeometricFailures::new();
    let theta = family.source_to_natural(&Source::from(1e-30)).unwrap();
    let mut generator = Streams::new(3, Purpose::Data).generator(0);
    let draws = family.sample(&theta, 10_007, &mut generator).unwrap();
    // In units of 1e30 an exponential law: mean one, variance one.
    let z = (draws.mean().unwrap() * 1e-30 - 1.0) * 10_007f64.sqrt();
    assert!(z.abs() < BAND, "{z}");
    let rate = Natural::from(-800.0);
    assert_eq!(Poisson::new().sample(&rate, 3, &mut generator).unwrap(), Array2::<f64>::zeros((3, 1)));
    let rate = Natural::from(100.0);
    assert!(matches!(Poisson::new().sample(&rate, 3, &mut generator), Err(Error::TooLarge { .. })));
}
