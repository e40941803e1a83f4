//! Laws that are all but sure, exponents next to 0 and 1, and lists that are too long. Numbers without a note: mpmath 1.3, 50
//! digits, direct sums.

use crate::support::close::close;
use natgrad::Error;
use natgrad::family::*;
use natgrad::ndarray::{Array1, ArrayView1};

fn entropy(family: &dyn Family, lambda: f64) -> f64 {
    family.entropy(&family.source_to_natural(&Source::from(lambda)).unwrap()).unwrap()
}

/// The entropy is in the rare outcomes: -p ln p of an outcome of 1e-300 is 691 times the surprise of the sure one.
#[test]
fn entropies_of_laws_that_are_all_but_sure() {
    for (rate, expected) in [
        (1e-300, 6.91775527898213723e-298),
        (1e-30, 7.00775527898213763e-29),
        (1e-19, 4.47491167668868669e-18),
    ] {
        close(entropy(&Poisson::new(), rate), expected, 1e-13);
    }
    let coins = |n| Binomial::new(n).unwrap();
    close(entropy(&coins(7), 1e-300), 4.82880732424410886e-297, 1e-13);
    close(entropy(&coins(7), 1e-25), 3.96331020230570817e-23, 1e-13);
    close(entropy(&coins(1_000_003), 1e-25), 4.47492480142326703e-18, 1e-12);
    let waits = |r| NegativeBinomial::new(r).unwrap();
    close(entropy(&waits(1e-100), 0.25), 3.22170994564271825e-98, 1e-12);
    close(entropy(&waits(1e-10), 0.25), 3.48855288245166333e-9, 1e-12);
    close(entropy(&waits(3.5), 1.0 - f64::EPSILON / 2.0), 1.41768965016426753e-14, 1e-12);
    // A rate below the floats: no entropy, and no search for one.
    assert_eq!(Poisson::new().entropy(&Natural::from(-800.0)).unwrap(), 0.0);
}

/// 1 - a has lost the digits of a next to 1: the two exponents of α = ∓1 ± 1e-13 are taken from α.
#[test]
fn amari_divergences_of_families_next_to_the_limits() {
    let law = |rate: f64| Natural::from(rate.ln());
    let at = |alpha: f64| Poisson::new().amari(&law(3.0), &law(5.0), alpha).unwrap();
    close(at(-1.0 + 1e-13), 0.467523128702026291, 1e-14);
    close(at(1.0 - 1e-13), 0.554128118829940824, 1e-14);
}

/// Every outcome of three draws from four categories, by three loops.
#[test]
fn the_outcomes_of_a_multinomial_law_are_in_lexical_order() {
    let family = Multinomial::new(4, 3).unwrap();
    let found = family.support(&Natural::new(Array1::zeros(3)), 0.1).unwrap();
    let mut expected = Vec::new();
    for i in 0..=3 {
        for j in 0..=3 - i {
            for k in 0..=3 - i - j {
                expected.push([i, j, k, 3 - i - j - k].map(f64::from));
            }
        }
    }
    assert_eq!(found.nrows(), 20);
    for (found, expected) in found.outer_iter().zip(&expected) {
        assert_eq!(found, ArrayView1::from(expected));
    }
}

#[test]
fn long_lists_of_outcomes_are_refused_or_quick() {
    let wide = Multinomial::new(1009, 1).unwrap();
    assert_eq!(wide.support(&Natural::new(Array1::zeros(1008)), 0.1).unwrap().dim(), (1009, 1009));
    let many = Categorical::new(SUPPORT_LIMIT + 1).unwrap();
    let refused = many.support(&Natural::new(Array1::zeros(SUPPORT_LIMIT)), 0.1);
    assert!(matches!(refused, Err(Error::TooLarge { needed, .. }) if needed == 10_000_001.0), "{refused:?}");
}

/// Counts in the millions of millions: the entropy is ½ ln(2πe npq) + O(1/npq), and comes at once.
#[test]
fn entropies_of_many_trials() {
    let normal = |variance: f64| 0.5 * (2.0 * std::f64::consts::PI * std::f64::consts::E * variance).ln();
    // The next term of the series is of the order 1/npq.
    close(entropy(&Binomial::new(1_000_000_000_000).unwrap(), 0.3), normal(2.1e11), 1e-11);
    // Beyond, only that there is one.
    close(entropy(&Binomial::new(1_000_000_000_000_000).unwrap(), 0.37), normal(0.37 * 0.63e15), 1e-8);
    // One million tosses by all their terms: the sum of forty digits.
    close(entropy(&Binomial::new(1_000_003).unwrap(), 0.3), 7.54637137456011808, 2e-13);
    // A mean of 1e12 is rounded by 1e-4, a part 1e-10 of the deviation.
    close(entropy(&NegativeBinomial::new(1e12).unwrap(), 0.3), normal(1e12 * 0.7 / 0.09), 1e-11);
    // det Cov = N² Π p: ln(2πe) + ½ ln(N² · .2 · .3 · .5).
    let dice = Multinomial::new(3, 1_000_000_000_000).unwrap();
    let theta = dice.source_to_natural(&Source::from([0.2, 0.3])).unwrap();
    let expected = 2.0 * normal(1.0) + 0.5 * (1e24f64 * 0.03).ln();
    close(dice.entropy(&theta).unwrap(), expected, 1e-13);
}

/// Two rare categories: entropies of some 1e-24 and 1e-15, where the surprise of the sure one is two.
#[test]
fn entropies_of_dice_that_nearly_always_fall_the_same_way() {
    for (trials, theta, expected) in [
        (4, [-300.0, -60.0], 2.08803222012430369e-24),
        (10_000_000_000, [-300.0, -60.0], 3.32521045036218449e-15),
        (7, [2.0, 40.0], 9.30364885877522478e-15),
        (7, [1.0, 2.0], 2.52793232289874449),
    ] {
        let dice = Multinomial::new(3, trials).unwrap();
        close(dice.entropy(&Natural::from(theta)).unwrap(), expected, 1e-12);
    }
}

/// The order of Rényi's divergence without a bound: ln max p/q for a coin, μ₁ - ... = 2 for the Poisson laws of 3 and 5.
#[test]
fn renyi_divergences_of_families_of_large_order() {
    let (p, q) = ([3.0f64, 5.0], [0.2f64, 0.7]);
    let counts =
        |a: f64| Poisson::new().renyi(&Natural::from(p[0].ln()), &Natural::from(p[1].ln()), a).unwrap();
    let logit = |p: f64| Natural::from((p / (1.0 - p)).ln());
    let coins = |a: f64| Bernoulli::new().renyi(&logit(q[0]), &logit(q[1]), a).unwrap();
    // (3ᵃ5¹⁻ᵃ - 3a - 5(1-a))/(a-1), whose power vanishes; (ln .8ᵃ.3¹⁻ᵃ)/(a-1).
    for a in [1e4, 1e6, 1e12, 1e300] {
        close(counts(a), (2.0 * a - 5.0) / (a - 1.0), 1e-12);
        close(coins(a), (a * (0.8f64 / 0.3).ln() + 0.3f64.ln()) / (a - 1.0), 1e-12);
    }
}

/// A mean of 10⁶ with the spread of nearly a geometric law needs series of millions of terms: refused within seconds.
#[test]
fn a_search_through_endless_series_is_given_up() {
    let found = ConwayMaxwellPoisson.expectation_to_natural(&Expectation::from([1e6, 1.3e7]));
    assert!(matches!(found, Err(Error::NotConverged { .. })), "{found:?}");
}

/// From a rate of 10⁴ by a series, of which the last term is the last digit but one.
#[test]
fn the_entropy_of_a_poisson_law_of_large_rate_has_all_digits() {
    close(entropy(&Poisson::new(), 10_007.0), 6.02445026882968368, 3e-15);
}

/// r = 1e-9, p = 1e-6: P(k) = r qᵏ/k but for 1e-8, whose ratios rise from ½ to q, so that the first terms say little of the
/// tail: beyond the first outcome it is 13.8 r, and one ratio would make it r.
#[test]
fn tails_of_a_law_of_few_successes_are_bounded_by_the_limit_of_its_ratios() {
    let (r, p, tail) = (1e-9, 1e-6f64, 4e-9);
    let family = NegativeBinomial::new(r).unwrap();
    let theta = family.source_to_natural(&Source::from(p)).unwrap();
    let support = family.support(&theta, tail).unwrap();
    let kept: f64 = (1..support.nrows()).rev().map(|k| r * (k as f64 * (-p).ln_1p()).exp() / k as f64).sum();
    let left = -(r * p.ln()).exp_m1() - kept;
    assert!(left < tail && left > 0.0, "{left:e} is left out of {} outcomes", support.nrows());
}
