//! Numbers that other packages give differently, found by sums over the outcomes.

use crate::support::close::close;
use natgrad::Result;
use natgrad::family::*;
use natgrad::ndarray::array;

/// Σ h(x) e^(θx) and Σ x h(x) e^(θx) over the counts, h(x) = r(r + 1)…(r + x - 1)/x!.
fn series(r: f64, theta: f64, terms: u32) -> (f64, f64) {
    let (mut term, mut total, mut first) = (1.0, 0.0, 0.0);
    for x in 0..terms {
        let x = f64::from(x);
        total += term;
        first += x * term;
        term *= (r + x) / (x + 1.0) * theta.exp();
    }
    (total, first)
}

/// A quadrature over a continuous support has no value for counts (geomstats 2.8.0 returns NaN on Poisson): the information is a
/// sum, Σ P(x)(x/λ - 1)², and that is 1/λ.
#[test]
fn the_poisson_information_is_a_sum_over_counts() -> Result<()> {
    for rate in [0.01, 0.5, 2.5, 41.0] {
        let (mut mass, mut sum) = (f64::exp(-rate), 0.0);
        for x in 0..200 {
            sum += mass * (f64::from(x) / rate - 1.0).powi(2);
            mass *= rate / f64::from(x + 1);
        }
        close(Poisson::new().fisher_source(&Source::from(rate))?[[0, 0]], sum, 1e-13);
        close(sum, 1.0 / rate, 1e-13);
    }
    Ok(())
}

/// ExponentialFamily.jl 2.5.1 has -r ln(1 - p) for ψ in terms of p, and no gradient.
#[test]
fn the_negative_binomial_log_partition_is_the_logarithm_of_its_series() -> Result<()> {
    for (r, p) in [(3.5, 0.2), (3.5, 0.9), (0.25, 0.3)] {
        let family = NegativeBinomial::new(r)?;
        let lambda = Source::from(p);
        let theta = family.source_to_natural(&lambda)?;
        let (total, first) = series(r, (1.0 - p).ln(), 2000);
        close(family.log_partition(&theta)?, total.ln(), 1e-13);
        close(total.ln(), -r * p.ln(), 1e-13);
        close(family.natural_to_expectation(&theta)?.values()[0], first / total, 1e-13);
        // ∂ψ/∂p term by term: dθ/dp = -1/(1 - p).
        let slope = -first / total / (1.0 - p);
        close(
            family.natural_to_expectation(&theta)?.values()[0] * family.source_jacobian(&lambda)?[[0, 0]],
            slope,
            1e-13,
        );
        close(slope, -r / p, 1e-12);
    }
    Ok(())
}

/// The same package's gradient for geometric laws: here term by term, counting failures or trials.
#[test]
fn geometric_gradients_are_the_slopes_of_their_series() -> Result<()> {
    for p in [0.2, 0.5, 0.93] {
        let lambda = Source::from(p);
        let (total, first) = series(1.0, (1.0 - p).ln(), 2000);
        for (family, shift) in
            [(&GeometricFailures::new() as &dyn Family, 0.0), (&GeometricTrials::new(), 1.0)]
        {
            let eta = family.source_to_expectation(&lambda)?.values()[0];
            let slope = -(first / total + shift) / (1.0 - p);
            close(eta * family.source_jacobian(&lambda)?[[0, 0]], slope, 1e-13);
            // ln Σ e^(θx), whose sum starts at the shift.
            let psi = total.ln() + shift * (1.0 - p).ln();
            close(family.log_partition(&family.source_to_natural(&lambda)?)?, psi, 1e-12);
        }
    }
    Ok(())
}

/// ExponentialFamilyManifolds.jl lets θ be any number. The series converges to (1 - e^θ)^-r below zero; at zero its first M terms
/// grow as M^r, so that twice the terms are 2^r times the sum.
#[test]
fn the_negative_binomial_series_converges_for_negative_parameters_only() -> Result<()> {
    let family = NegativeBinomial::new(3.5)?;
    let (total, _) = series(3.5, -0.125, 2000);
    close(total, (-(-0.125f64).exp_m1()).powf(-3.5), 1e-13);
    close(family.log_partition(&Natural::from(-0.125))?, total.ln(), 1e-13);
    for theta in [0.0, 0.001] {
        let ratio = series(3.5, theta, 20_000).0 / series(3.5, theta, 10_000).0;
        assert!(ratio > 11.3, "{ratio}");
        assert!(family.check_natural(&Natural::from(theta)).is_err());
        assert!(family.log_partition(&Natural::from(theta)).is_err());
    }
    Ok(())
}

/// With one logit for each of three sides the information is singular, and ExponentialFamily.jl 2.5.1 keeps all three: (1, 1, 1) is
/// in its kernel. The family has two parameters, and the sum of its scores' squares is regular.
#[test]
fn one_logit_too_many_is_a_kernel() -> Result<()> {
    let die = Categorical::new(3)?;
    let p = [0.2, 0.3, 0.5];
    let theta = die.source_to_natural(&Source::from([0.2, 0.3]))?;
    // Scores e_x - p of all three logits, enumerated.
    let score = |x: usize, i: usize| if x == i { 1.0 - p[i] } else { -p[i] };
    let entry = |i: usize, j: usize| (0..3).map(|x| p[x] * score(x, i) * score(x, j)).sum::<f64>();
    for i in 0..3 {
        assert!((entry(i, 0) + entry(i, 1) + entry(i, 2)).abs() < 1e-16);
    }
    let found = die.fisher_natural(&theta)?;
    assert_eq!(found.dim(), (2, 2));
    for (i, j) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        close(found[[i, j]], entry(i, j), 1e-15);
    }
    let determinant = entry(0, 0) * entry(1, 1) - entry(0, 1) * entry(1, 0);
    close(determinant, 0.2 * 0.3 * 0.5, 1e-14);
    Ok(())
}

/// efax sends the expectation 1 to +∞. The mean Σ p^x/Σ p^x/x falls to 1 as p = e^θ falls to 0, that is θ → -∞.
#[test]
fn the_logarithmic_mean_falls_to_one_as_theta_falls() -> Result<()> {
    for theta in [-0.5, -2.0, -8.0, -20.0] {
        let (mut above, mut below, mut power) = (0.0, 0.0, 1.0);
        for x in 1..200 {
            power *= f64::exp(theta);
            // mean - 1 = Σ p^x (1 - 1/x)/Σ p^x/x.
            above += power * (1.0 - 1.0 / f64::from(x));
            below += power / f64::from(x);
        }
        let eta = LogarithmicSeries.natural_to_expectation(&Natural::from(theta))?;
        assert!((eta.values()[0] - 1.0 - above / below).abs() < 4e-15 * eta.values()[0]);
        let back = LogarithmicSeries.expectation_to_natural(&eta)?.values()[0];
        // η - 1 has lost as many digits as it is small.
        let lost = f64::EPSILON / (above / below);
        assert!((back - theta).abs() < 4.0 * lost + 1e-14, "{back} {theta}");
    }
    assert!(LogarithmicSeries.log_probability(&Natural::from(-2.0), array![0.0].view())? < f64::MIN);
    Ok(())
}
