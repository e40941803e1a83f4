//! Known answers: direct sums at 60 digits (`golden/families.json`) and numbers by hand.

#![allow(clippy::excessive_precision, reason = "numbers are as printed")]

use crate::support::close::{all_close, close, near};
use natgrad::family::{
    Affinity, Bernoulli, Binomial, Categorical, Family, GeometricFailures, GeometricTrials, Multinomial,
    NegativeBinomial, Normal, Poisson, Source, Univariate,
};
use natgrad::ndarray::array;
use serde_json::Value;

/// The family of a name in the golden file.
pub fn named(name: &str) -> Box<dyn Univariate> {
    let (kind, number) = name.split_once(':').unwrap_or((name, "1"));
    match kind {
        "bernoulli" => Box::new(Bernoulli::new()),
        "binomial" => Box::new(Binomial::new(number.parse().unwrap()).unwrap()),
        "poisson" => Box::new(Poisson::new()),
        "geometric" => Box::new(GeometricFailures::new()),
        "geometric-trials" => Box::new(GeometricTrials::new()),
        "negative-binomial" => Box::new(NegativeBinomial::new(number.parse().unwrap()).unwrap()),
        "normal" => Box::new(Normal::new()),
        _ => panic!("{name} is not in the table"),
    }
}

/// The golden file.
pub fn golden() -> Value {
    serde_json::from_str(include_str!("../golden/families.json")).unwrap()
}

/// All digits of cumulants, entropy, both divergences, affinities and the Chernoff point.
#[test]
fn direct_sums_at_sixty_digits() {
    let rows = golden();
    let rows = rows["known"].as_array().unwrap();
    assert_eq!(rows.len(), 6);
    for row in rows {
        let family = named(row["family"].as_str().unwrap());
        let number = |key: &str| row[key].as_f64().unwrap();
        let first = family.source_to_natural(&Source::from(number("first"))).unwrap();
        let second = family.source_to_natural(&Source::from(number("second"))).unwrap();
        // A dozen roundings: of p, of θ, and in the formula.
        const DIGITS: f64 = 2e-15;
        for (found, expected) in
            family.cumulants(&first).unwrap().iter().zip(row["cumulants"].as_array().unwrap())
        {
            close(*found, expected.as_f64().unwrap(), 2.0 * DIGITS);
        }
        close(family.entropy(&first).unwrap(), number("entropy"), DIGITS);
        close(family.kullback_leibler(&first, &second).unwrap(), number("kl"), DIGITS);
        close(family.kullback_leibler(&second, &first).unwrap(), number("reverse_kl"), DIGITS);
        close(family.jeffreys(&first, &second).unwrap(), number("kl") + number("reverse_kl"), DIGITS);
        for (a, expected) in row["affinity"].as_object().unwrap() {
            let a: f64 = a.parse().unwrap();
            let expected = expected.as_f64().unwrap();
            close(family.log_affinity(&first, &second, a).unwrap(), expected, 5.0 * DIGITS);
            close(
                family.renyi(&first, &second, a.abs()).unwrap(),
                {
                    let log = family.log_affinity(&first, &second, a.abs()).unwrap();
                    log / (a.abs() - 1.0)
                },
                DIGITS,
            );
        }
        let point = family.chernoff(&first, &second).unwrap();
        close(point.information, number("chernoff_information"), 2.0 * DIGITS);
        close(point.exponent, number("chernoff_exponent"), 10.0 * DIGITS);
    }
}

/// Fisher information in the source parameter at round numbers, as fractions.
#[test]
fn fisher_at_round_parameters() {
    let fisher =
        |family: &dyn Family, lambda: f64| family.fisher_source(&Source::from(lambda)).unwrap()[[0, 0]];
    let binomial5 = Binomial::new(5).unwrap();
    let binomial7 = Binomial::new(7).unwrap();
    close(fisher(&binomial5, 0.5), 20.0, 1e-15);
    close(fisher(&binomial7, 0.1), 700.0 / 9.0, 1e-15);
    close(fisher(&binomial7, 0.5), 28.0, 1e-15);
    close(fisher(&binomial7, 0.4), 175.0 / 6.0, 1e-15);
    close(fisher(&Poisson::new(), 0.5), 2.0, 1e-15);
    close(fisher(&Poisson::new(), 0.2), 5.0, 1e-15);
    for geometric in [&GeometricFailures::new() as &dyn Family, &GeometricTrials::new()] {
        close(fisher(geometric, 0.5), 8.0, 1e-15);
        close(fisher(geometric, 0.2), 31.25, 1e-15);
        close(fisher(geometric, 0.4), 125.0 / 12.0, 1e-15);
    }
}

/// Three outcomes, p = (.2, .3, .5), q = (.1, .6, .3): forty-digit numbers.
#[test]
fn categorical_of_three() {
    let die = Categorical::new(3).unwrap();
    let p = die.source_to_natural(&Source::from([0.2, 0.3])).unwrap();
    let q = die.source_to_natural(&Source::from([0.1, 0.6])).unwrap();
    close(die.kullback_leibler(&p, &q).unwrap(), 0.18609809382700081, 3e-15);
    close(die.kullback_leibler(&q, &p).unwrap(), 0.19332590315017545, 3e-15);
    close(die.jeffreys(&p, &q).unwrap(), 0.37942399697717626, 3e-15);
    close(die.hellinger_squared(&p, &q).unwrap(), 0.047016240430020292, 3e-15);
    close(die.bhattacharyya(&p, &q).unwrap(), 0.048157416847768613, 3e-15);
    for (alpha, expected) in [
        (-3.0, 0.19166666666666667),
        (-1.0, 0.18609809382700081),
        (-0.5, 0.18668114160930172),
        (0.0, 0.18806496172008117),
        (0.5, 0.1902700235053299),
        (1.0, 0.19332590315017545),
        (3.0, 0.215),
    ] {
        close(die.amari(&p, &q, alpha).unwrap(), expected, 3e-15);
    }
    for (order, expected) in [
        (0.5, 0.096314833695537225),
        (1.0, 0.18609809382700081),
        (2.0, 0.32449604557449724),
        (3.0, 0.40854204089535351),
        // The limit ln max p/q = ln 2, which it approaches as ln(0.1)/a.
        (1e3, (0.1f64.ln() + 1e3 * 2f64.ln()) / 999.0),
    ] {
        close(die.renyi(&p, &q, order).unwrap(), expected, if order < 10.0 { 4e-15 } else { 1e-13 });
    }
    let point = die.chernoff(&p, &q).unwrap();
    close(point.exponent, 0.49519967548946199, 2e-14);
    close(point.information, 0.048161926241768711, 3e-15);
    close(die.entropy(&p).unwrap(), 1.0296530140645735, 2e-15);
    let g = die.fisher_source(&Source::from([0.2, 0.3])).unwrap();
    all_close(&g, &[7.0, 2.0, 2.0, 16.0 / 3.0], 1e-15);
    all_close(&die.fisher_natural(&p).unwrap(), &[0.16, -0.06, -0.06, 0.21], 2e-15);
    let third = die.third_cumulants(&p).unwrap();
    let expected = [0.096, -0.036, -0.036, -0.024, -0.036, -0.024, -0.024, 0.084];
    all_close(&third, &expected, 3e-15);
}

/// Two coins in bits, another package's stored answers.
#[test]
fn coins_in_bits() {
    let coin = Bernoulli::new();
    let half = coin.source_to_natural(&Source::from(0.5)).unwrap();
    let other = coin.source_to_natural(&Source::from(0.4)).unwrap();
    let bits = |nats: f64| nats / std::f64::consts::LN_2;
    // ½ log₂ 25/24, printed as 0.0294468445267841, and 0.6 log₂ 1.2 + 0.4 log₂ 0.8.
    close(bits(coin.kullback_leibler(&half, &other).unwrap()), bits(0.5 * (1.0 / 24.0f64).ln_1p()), 2e-15);
    close(bits(coin.kullback_leibler(&other, &half).unwrap()), 0.029049405545331419, 3e-15);
    let quarter = coin.source_to_natural(&Source::from(0.25)).unwrap();
    close((-coin.bhattacharyya(&half, &quarter).unwrap()).exp(), 0.9659258262890682, 1e-15);
}

/// KL of normal laws by hand, and their Fisher by hand.
#[test]
fn normal_laws() {
    let normal = Normal::new();
    let theta = |m: f64, s: f64| normal.source_to_natural(&Source::from([m, s])).unwrap();
    close(normal.kullback_leibler(&theta(1.0, 2.0), &theta(5.0, 1.0)).unwrap(), 8.8068528194400547, 1e-15);
    close(normal.kullback_leibler(&theta(0.0, 1.0), &theta(1.0, 2.0)).unwrap(), 2f64.ln() - 0.25, 2e-15);
    all_close(&normal.fisher_natural(&theta(0.0, 1.0)).unwrap(), &[1.0, 0.0, 0.0, 2.0], 1e-15);
    all_close(&normal.fisher_source(&Source::from([3.0, 0.5])).unwrap(), &[4.0, 0.0, 0.0, 8.0], 1e-15);
    near(normal.entropy(&theta(3.0, 1.0)).unwrap(), 1.4189385332046727, 1e-15);
    // -ln ∫√(pq) = ¼ Δμ²/(σ₁² + σ₂²) + ½ ln((σ₁² + σ₂²)/(2σ₁σ₂))
    let expected = 0.25 / 5.0 + 0.5 * 1.25f64.ln();
    close(normal.bhattacharyya(&theta(0.0, 1.0), &theta(1.0, 2.0)).unwrap(), expected, 3e-15);
}

/// Entropy of counts of three categories by the sum over all outcomes.
#[test]
fn multinomial_entropy_needs_only_the_marginals() {
    let dice = Multinomial::new(3, 4).unwrap();
    let theta = dice.source_to_natural(&Source::from([0.25, 0.25])).unwrap();
    // 4!/(a! b! c!) 2^-(a + b) 2^-4 … over the fifteen outcomes, in sixty-fourths and powers of them.
    let mut sum = 0.0;
    for a in 0..=4u32 {
        for b in 0..=(4 - a) {
            let c = 4 - a - b;
            let factorial = |k: u32| f64::from((1..=k).product::<u32>());
            let ways = 24.0 / (factorial(a) * factorial(b) * factorial(c));
            let p = ways * 0.25f64.powi((a + b) as i32) * 0.5f64.powi(c as i32);
            sum -= p * p.ln();
        }
    }
    close(dice.entropy(&theta).unwrap(), sum, 4e-15);
    let x = array![1.0, 1.0, 2.0];
    close(dice.log_probability(&theta, x.view()).unwrap().exp(), 0.1875, 1e-15);
}
