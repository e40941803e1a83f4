//! The Conway-Maxwell-Poisson family against sums of seventy digits and more.

use super::golden::{agree, relative, rows};
use natgrad::family::{
    Bernoulli, ConwayMaxwellPoisson as Cmp, Discrete, Expectation, Family, GeometricFailures, Natural,
    Poisson, Source, Univariate,
};
use natgrad::ndarray::array;
use natgrad::random::{Purpose, Streams};
use natgrad::{Error, Result};

/// ψ, η, Fisher, third and fourth cumulants, entropy, at fifteen pairs, the limits ν = 0, 1, 2 among them.
#[test]
fn sums_have_all_digits() -> Result<()> {
    for row in rows("conway") {
        let theta = Cmp.source_to_natural(&Source::from([row[0], row[1]]))?;
        let eta = Cmp.natural_to_expectation(&theta)?.into_inner();
        let (g, t) = (Cmp.fisher_natural(&theta)?, Cmp.third_cumulants(&theta)?);
        let f = Cmp.fourth_cumulants(&theta)?;
        let context = format!("λ = {:e}, ν = {}", row[0], row[1]);
        let low = [
            Cmp.log_partition(&theta)?,
            eta[0],
            eta[1],
            g[[0, 0]],
            g[[0, 1]],
            g[[1, 1]],
            Cmp.entropy(&theta)?,
        ];
        let exact = [row[2], row[3], row[4], row[5], row[6], row[7], row[17]];
        // θ₁ = ln λ is rounded before the sum begins: λ and λ², which the rarest terms are, move by its last bit.
        let rounding = f64::EPSILON * (4.0 + 2.0 * row[0].ln().abs());
        agree(&context, &low, &exact, 2.0 * rounding);
        // Terms far out carry ν ln x! with more rounding; third moments double it.
        let third = [t[[0, 0, 0]], t[[0, 0, 1]], t[[0, 1, 1]], t[[1, 1, 1]]];
        agree(&context, &third, &row[8..12], 2e-13);
        // κ₄ = m₄ - 3κ₂² loses as many digits as its two terms exceed it.
        let fourth = [f[[0, 0, 0, 0]], f[[0, 0, 0, 1]], f[[0, 0, 1, 1]], f[[0, 1, 1, 1]], f[[1, 1, 1, 1]]];
        let lost = (3.0 * row[5] * row[5] / row[12].abs()).max(3.0 * row[7] * row[7] / row[16].abs());
        agree(&context, &fourth, &row[12..17], 4e-14 * (1.0 + lost));
        let [mean, second, third, fourth] = Cmp.cumulants(&theta)?;
        agree(
            &context,
            &[mean, second, third, fourth],
            &[row[3], row[5], row[8], row[12]],
            4e-14 * (1.0 + lost),
        );
    }
    Ok(())
}

#[test]
fn the_printed_numbers() -> Result<()> {
    let at = |rate: f64, nu: f64| Cmp.source_to_natural(&Source::from([rate, nu]));
    let theta = at(3.0, 1.5)?;
    let (eta, g) = (Cmp.natural_to_expectation(&theta)?.into_inner(), Cmp.fisher_natural(&theta)?);
    let found = [Cmp.log_partition(&theta)?, eta[0], eta[1], g[[0, 0]], g[[0, 1]], g[[1, 1]]];
    let exact = [
        2.296328443039355,
        1.895003940539982,
        0.8937674601924765,
        1.402516313503559,
        1.265134874537741,
        1.294975478631373,
    ];
    agree("(3, 1.5)", &found, &exact, 1e-15);
    let theta = at(3.0, 1.0)?;
    let (eta, g) = (Cmp.natural_to_expectation(&theta)?.into_inner(), Cmp.fisher_natural(&theta)?);
    let found = [Cmp.log_partition(&theta)?, eta[0], eta[1], g[[0, 0]], g[[0, 1]], g[[1, 1]]];
    let exact = [3.0, 3.0, 2.227307064152898, 3.0, 3.843129410768832, 5.263098306587151];
    agree("(3, 1)", &found, &exact, 1e-15);
    let theta = at(0.4, 0.0)?;
    let found = [Cmp.log_partition(&theta)?, Cmp.natural_to_expectation(&theta)?.values()[0]];
    agree("(0.4, 0)", &found, &[0.5108256237659907, 0.6666666666666667], 1e-15);
    agree("(3, 2)", &[Cmp.log_partition(&at(3.0, 2.0)?)?], &[1.9683698226598291], 1e-15);
    Ok(())
}

/// ν = 0 geometric, ν = 1 Poisson, ν = ∞ Bernoulli of odds λ, ν = 2 with Z = Σ (2√λ/2)²ᵏ/(k!)² = I₀(2√λ).
#[test]
fn limits_are_the_named_families() -> Result<()> {
    let poisson = Poisson::new();
    for rate in [1e-16, 0.5, 7.0, 1009.0] {
        let (theta, twin) = (Natural::from([f64::ln(rate), -1.0]), Natural::from(rate.ln()));
        let found = [Cmp.log_partition(&theta)?, Cmp.entropy(&theta)?];
        agree("Poisson", &found, &[poisson.log_partition(&twin)?, poisson.entropy(&twin)?], 1e-13);
    }
    let geometric = GeometricFailures::new();
    for rate in [1e-16, 0.5, 0.96875] {
        let (theta, twin) = (Natural::from([f64::ln(rate), 0.0]), Natural::from(rate.ln()));
        let found = [Cmp.log_partition(&theta)?, Cmp.entropy(&theta)?, Cmp.fisher_natural(&theta)?[[0, 0]]];
        let exact = [
            geometric.log_partition(&twin)?,
            geometric.entropy(&twin)?,
            geometric.fisher_natural(&twin)?[[0, 0]],
        ];
        agree("geometric", &found, &exact, 1e-13);
    }
    for rate in [1e-3, 1.0, 50.0] {
        // x = 2 has λ/2ᵛ of the mass of x = 1: less than 1e-58 here.
        let (theta, twin) = (Natural::from([f64::ln(rate), -200.0]), Natural::from(rate.ln()));
        let found = [Cmp.log_partition(&theta)?, Cmp.fisher_natural(&theta)?[[0, 0]]];
        let exact = [Bernoulli::new().log_partition(&twin)?, Bernoulli::new().fisher_natural(&twin)?[[0, 0]]];
        agree("Bernoulli", &found, &exact, 1e-14);
    }
    Ok(())
}

/// θ → η → θ; what η's last bit moves is G⁻¹ of it, times the size of η.
#[test]
fn natural_parameters_come_back() -> Result<()> {
    for row in rows("conway").iter().filter(|row| row[1] > 0.0 && row[0] > 1e-100) {
        let theta = Cmp.source_to_natural(&Source::from([row[0], row[1]]))?;
        let back = Cmp.expectation_to_natural(&Expectation::from([row[3], row[4]]))?;
        // Standard error of ν given η, from the residual variance of ln x! on x.
        let rest = row[7] - row[6] * row[6] / row[5];
        let allowed = 1e-14 + 8.0 * f64::EPSILON * row[4].max(1e-3) / rest;
        let gap = (back.values()[1] - theta.values()[1]).abs() / row[1].max(1.0);
        // In relative terms of η₂ where it is small: ν = 40 has E ln x! = 1e-12.
        assert!(gap <= allowed.min(1e-10), "λ = {}, ν = {}: {gap:e}, allowed {allowed:e}", row[0], row[1]);
        let again = Cmp.natural_to_expectation(&back)?;
        agree("η", &[again.values()[0], again.values()[1]], &[row[3], row[4]], 1e-13);
    }
    Ok(())
}

#[test]
fn divergence_is_the_sum_and_its_own_limit() -> Result<()> {
    let (first, second) = (Natural::from([0.5, -0.75]), Natural::from([1.5, -1.25]));
    let mut sum = 0.0;
    for x in Cmp.support(&first, 1e-25)?.outer_iter() {
        let (p, q) = (Cmp.log_probability(&first, x)?, Cmp.log_probability(&second, x)?);
        // Deviance by term: every one positive.
        sum += p.exp() * (p - q) - p.exp() + q.exp();
    }
    assert!(relative(Cmp.kullback_leibler(&first, &second)?, sum) < 1e-13);
    let g = Cmp.fisher_natural(&first)?;
    for step in [1e-7, 1e-11, 1e-100] {
        let step = array![step, -0.5 * step];
        let near = Cmp.kullback_leibler_step(&first, step.view())?;
        assert!(relative(near, 0.5 * step.dot(&g.dot(&step))) < 1e-6, "{near:e}");
    }
    Ok(())
}

#[test]
fn draws_and_their_estimate() -> Result<()> {
    let theta = Natural::from([3.0, -1.25]);
    let draws = Cmp.sample(&theta, 20_011, &mut Streams::new(11, Purpose::Data).generator(0))?;
    let eta = Cmp.maximum_likelihood(draws.view())?;
    let (exact, g) = (Cmp.natural_to_expectation(&theta)?, Cmp.fisher_natural(&theta)?);
    for k in 0..2 {
        let z = (eta.values()[k] - exact.values()[k]) / (g[[k, k]] / 20_011.0).sqrt();
        assert!(z.abs() < 5.0, "z = {z}");
    }
    // The estimate of ν: asymptotic standard error from G⁻¹.
    let estimate = Cmp.expectation_to_natural(&eta)?;
    let variance = g[[0, 0]] / (g[[0, 0]] * g[[1, 1]] - g[[0, 1]] * g[[0, 1]]) / 20_011.0;
    let z = (estimate.values()[1] + 1.25) / variance.sqrt();
    assert!(z.abs() < 5.0, "z = {z}");
    Ok(())
}

#[test]
fn what_is_outside_is_refused() {
    let refused =
        |theta: [f64; 2]| matches!(Cmp.log_partition(&Natural::from(theta)), Err(Error::Domain { .. }));
    assert!(refused([0.0, 0.0]) && refused([0.5, 0.0]) && refused([-1.0, 1e-300]));
    let size = Cmp.log_partition(&Natural::from([1.0, -0.01]));
    assert!(matches!(size, Err(Error::TooLarge { .. })), "{size:?}");
    let eta = |a: f64, b: f64| Cmp.expectation_to_natural(&Expectation::from([a, b]));
    // On the polygon of (x, ln x!), and above the geometric law.
    assert!(matches!(eta(1.5, 0.5 * 2f64.ln()), Err(Error::Domain { index: 1, .. })));
    assert!(matches!(eta(1.5, 2.0), Err(Error::Domain { index: 1, .. })));
    assert!(Cmp.maximum_likelihood(array![[2.0], [3.0], [2.0]].view()).is_err());
    assert!(Cmp.maximum_likelihood(array![[0.0], [0.0], [40.0]].view()).is_err());
    assert!(matches!(Cmp.sufficient(array![-1.0].view()), Err(Error::Domain { .. })));
}
