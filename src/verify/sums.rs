//! A family against sums over its outcomes, and against its own samples (private).

use crate::Result;
use crate::family::{Family, Natural};
use crate::verify::family::{apart, flattened};
use crate::verify::{Law, Report};
use ndarray::{Array1, Array2, Array3, ArrayView2, Axis};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

const DRAWS: usize = 500;

/// Probabilities that are not negligible, with the statistics of their outcomes.
fn weighted<F: Family + ?Sized>(
    family: &F,
    theta: &Natural,
    outcomes: ArrayView2<'_, f64>,
) -> Result<Vec<(f64, Array1<f64>)>> {
    let mut list = Vec::with_capacity(outcomes.nrows());
    for x in outcomes.axis_iter(Axis(0)) {
        list.push((family.log_probability(theta, x)?.exp(), family.sufficient(x)?));
    }
    Ok(list)
}

/// Σp = 1, and mean, covariance and third central moments of T by direct sums.
pub(crate) fn sums<F: Family + ?Sized>(
    report: &mut Report,
    family: &F,
    theta: &Natural,
    outcomes: ArrayView2<'_, f64>,
    at: &str,
) {
    let list = weighted(family, theta, outcomes);
    let total = list.as_ref().map(|list| (list.iter().map(|(p, _)| p).sum::<f64>() - 1.0).abs());
    report.laws.push(Law::within(format!("Σp = 1 {at}"), 1e-12, total.map_err(Clone::clone)));
    let Ok(list) = list else { return };
    let d = family.dim();
    let mut mean = Array1::<f64>::zeros(d);
    for (p, t) in list.iter().filter(|(_, t)| t.len() == d) {
        mean.scaled_add(*p, t);
    }
    let mut covariance = Array2::<f64>::zeros((d, d));
    let mut third = Array3::<f64>::zeros((d, d, d));
    for (p, t) in list.iter().filter(|(_, t)| t.len() == d) {
        let u = t - &mean;
        for ((i, j), entry) in covariance.indexed_iter_mut() {
            *entry += p * u[i] * u[j];
        }
        for ((i, j, k), entry) in third.indexed_iter_mut() {
            *entry += p * u[i] * u[j] * u[k];
        }
    }
    let eta = family.natural_to_expectation(theta);
    let law = eta.and_then(|eta| apart(&eta.into_inner(), &mean));
    report.laws.push(Law::within(format!("η = Σ p T {at}"), 1e-11, law));
    let law = family.fisher_natural(theta).and_then(|g| apart(&flattened(&g), &flattened(&covariance)));
    report.laws.push(Law::within(format!("G = Σ p (T - η)(T - η)ᵀ {at}"), 1e-10, law));
    // A third moment that vanishes by symmetry is compared on the scale of the variances.
    let law = family.third_cumulants(theta).and_then(|t| {
        let scale = covariance.diag().iter().fold(0.0, |m: f64, v| m.max(v.powf(1.5)));
        let (t, third) = (flattened(&t), flattened(&third));
        let size = t.iter().chain(&third).fold(scale, |m: f64, x| m.max(x.abs()));
        crate::check::shape("third cumulants", third.shape(), t.shape())?;
        Ok(t.iter().zip(&third).fold(0.0, |m: f64, (a, b)| m.max((a - b).abs())) / size)
    });
    report.laws.push(Law::within(format!("T = Σ p (T - η)³ {at}"), 1e-10, law));
    let entropy = -list.iter().filter(|(p, _)| *p > 0.0).map(|(p, _)| p * p.ln()).sum::<f64>();
    let sides = family.entropy(theta).map(|claimed| (claimed, entropy));
    report.laws.push(Law::equal(format!("entropy = -Σ p ln p {at}"), 1e-11, 0.0, sides));
}

/// The mean of T over draws of fixed number and seed, and whether they have positive probability.
pub(crate) fn sampled<F: Family + ?Sized>(report: &mut Report, family: &F, theta: &Natural, at: &str) {
    let mut rng = ChaCha8Rng::seed_from_u64(20);
    let mut error = || -> Result<f64> {
        let draws = family.sample(theta, DRAWS, &mut rng)?;
        crate::check::shape("sample", &[DRAWS, family.outcome_len()], draws.shape())?;
        let (eta, fisher) = (family.natural_to_expectation(theta)?, family.fisher_natural(theta)?);
        let mut mean = Array1::<f64>::zeros(family.dim());
        for x in draws.axis_iter(Axis(0)) {
            let log_probability = family.log_probability(theta, x)?;
            crate::check::setting(
                "log-probability of a draw",
                log_probability,
                log_probability.is_finite(),
                "finite",
            )?;
            mean.scaled_add(1.0 / DRAWS as f64, &family.sufficient(x)?);
        }
        let eta = eta.into_inner();
        let z = mean.iter().zip(&eta).zip(fisher.diag()).map(|((mean, eta), variance)| {
            let apart = (mean - eta).abs();
            if apart <= 0.0 { 0.0 } else { apart / (variance / DRAWS as f64).sqrt() }
        });
        Ok(z.fold(0.0, |m: f64, z| if z.is_nan() { z } else { m.max(z) }))
    };
    report.laws.push(Law::within(format!("mean of T over draws = η, in standard errors {at}"), 5.0, error()));
}
